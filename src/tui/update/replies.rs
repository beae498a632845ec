//! What comes back from the store and from arithmetic.

use std::sync::Arc;

use super::dialog::{draft, replan};
use super::{aftermath, case, committed, looked, novelty, orders, past, rekey, tasks};
use crate::registry::Row;
use crate::text::plural;
use crate::tui::action::RoomName;
use crate::tui::effect::{Effect, Reply};
use crate::tui::listing::Selection;
use crate::tui::model::Model;
use crate::tui::overlays::{Overlay, confirm};
use crate::tui::rooms::log;
use crate::tui::session::View;
use crate::tui::theme::Tone;

/// What a warning begins with when looking for changes by others fails.
const STALE: &str = "STALE: ";

pub(super) fn on_reply(model: &mut Model, reply: Reply) -> Vec<Effect> {
    tasks::end(model, &reply);
    match reply {
        Reply::Listed(room, ticket, listed) => {
            if room == RoomName::Agents && ticket == model.rooms.agents.rows.ticket {
                novelty::say_gone(model, &listed);
            }
            match room {
                RoomName::Agents => model.rooms.agents.listed(ticket, listed),
                RoomName::Tiers => model.rooms.tiers.table.listed(ticket, listed),
                RoomName::Lineage => model.rooms.lineage.listed(ticket, listed),
                _ => {}
            }
            Vec::new()
        }
        Reply::Called(room, ticket, selection) => vec![Effect::List(room, ticket, selection)],
        Reply::Planned(ticket, plan) => {
            if let Some(Overlay::Confirm(dialog)) = model.overlays.last_mut()
                && dialog.ticket == ticket
            {
                dialog.phase = match plan {
                    Ok(plan) => confirm::Phase::Shown(Arc::new(plan)),
                    Err(error) => confirm::Phase::Refused(error),
                };
                return draft(model);
            }
            Vec::new()
        }
        Reply::Weighed(ticket, id, plan) => {
            let size = model.session.view.snapshot.head.size;
            model.rooms.approvals.take(ticket, id, size, plan);
            Vec::new()
        }
        Reply::Drafted(ticket, outcome) => orders::on_drafted(model, ticket, outcome),
        Reply::Ordered(ticket, outcome, snapshot) => orders::on_ordered(model, ticket, outcome, snapshot),
        Reply::Told(failures) => {
            model.untold = model.untold.saturating_sub(1);
            match failures.first() {
                None => model.say("everybody whom the configuration names was told", Tone::Good),
                Some(first) => {
                    model.say(format!("WARNING: it stands, but not everybody was told: {first}"), Tone::Bad);
                }
            }
            Vec::new()
        }
        Reply::Entry(ticket, details) => {
            if let Some(Overlay::Entry(entry)) = model.overlays.last_mut()
                && entry.ticket == ticket
            {
                entry.details = Some(details);
            }
            Vec::new()
        }
        Reply::Verified(outcome) => {
            model.rooms.log.checked = Some(log::Checked::Done(outcome));
            Vec::new()
        }
        Reply::Aftermath(ticket, found) => aftermath::read(model, ticket, found),
        Reply::Enforced(ticket, enforced) => {
            aftermath::answered(model, ticket, enforced);
            Vec::new()
        }
        Reply::Acting(ticket, below) => {
            aftermath::counted(model, ticket, below);
            Vec::new()
        }
        Reply::Recognized(ticket, agents) => {
            let Some(Overlay::Palette(palette)) = model.overlays.last_mut() else { return Vec::new() };
            match palette.recognized(ticket, agents) {
                true => Vec::new(),
                false => vec![Effect::RecognizeCallers(ticket, palette.text().to_owned())],
            }
        }
        Reply::RecognizedCallers(ticket, callers) => {
            if let Some(Overlay::Palette(palette)) = model.overlays.last_mut() {
                palette.recognized_callers(ticket, callers);
            }
            Vec::new()
        }
        Reply::Compared(ticket, found) => {
            if let Some(Overlay::Compared(state)) = model.overlays.last_mut()
                && state.ticket == ticket
            {
                state.compared = Some(found);
            }
            Vec::new()
        }
        Reply::Written(Ok((to, count))) => {
            model.say(
                format!("{} written to {}", plural(count, "agent was", "agents were"), to.display()),
                Tone::Good,
            );
            Vec::new()
        }
        Reply::Written(Err(why)) => {
            model.say(format!("NOT WRITTEN: {why}"), Tone::Bad);
            Vec::new()
        }
        Reply::Exported(Ok(to)) => {
            let command = tasks::written(model);
            model.say_of(format!("the case was written to {}", to.display()), Tone::Good, command);
            Vec::new()
        }
        Reply::Exported(Err(why)) => {
            tasks::written(model);
            model.say(format!("NOT WRITTEN: {why}"), Tone::Bad);
            Vec::new()
        }
        Reply::NewKey(key, outcome) => rekey::spoken(model, *key, outcome),
        found @ (Reply::Beat(..)
        | Reply::Dossier(..)
        | Reply::Paths(..)
        | Reply::Verdicts(..)
        | Reply::Stop(..)) => {
            looked::take(model, found);
            Vec::new()
        }
        Reply::Travelled(ticket, outcome) => past::arrived(model, ticket, outcome),
        Reply::PolicyLoaded(ticket, outcome) => {
            let room = &mut model.rooms.policy;
            if let Some(proposed) = room.proposed.as_mut().filter(|_| room.ticket == ticket) {
                proposed.policy = Some(outcome);
                room.rebuild(&model.session);
            }
            Vec::new()
        }
        Reply::DryRan(ticket, outcome) => {
            let room = &mut model.rooms.policy;
            if let Some(proposed) = room.proposed.as_mut().filter(|_| room.ticket == ticket) {
                (proposed.run, proposed.running) = (Some(outcome), false);
                room.rebuild(&model.session);
            }
            Vec::new()
        }
        Reply::Committed(ticket, outcome, snapshot) => {
            committed::on_committed(model, ticket, *outcome, snapshot)
        }
        Reply::Taken(outcome, snapshot) => {
            if let Some(Overlay::Changed(changed)) = model.overlays.last_mut() {
                match outcome {
                    Ok(()) => {
                        model.overlays.pop();
                        model.session.warning = None;
                        model.say("the file was taken as it is now", Tone::Good);
                    }
                    Err(why) => {
                        changed.taking = false;
                        changed.failure = Some(why);
                    }
                }
            }
            vec![Effect::Judge(Box::new(snapshot)), Effect::ReadLog]
        }
        Reply::Log(Ok(mut lines)) => {
            if model.session.frozen.is_some() {
                let shown = model.session.view.snapshot.head.size;
                lines.retain(|line| line.index < shown);
            }
            model.rooms.log.take(lines);
            if let Some(past) = &model.session.past {
                model.rooms.log.go_to(past.size);
            }
            Vec::new()
        }
        Reply::Log(Err(why)) => {
            model.say(format!("the log cannot be read: {why}"), Tone::Bad);
            Vec::new()
        }
        Reply::Followed(snapshot) => {
            if model.session.warning.as_ref().is_some_and(|warning| warning.starts_with(STALE)) {
                model.session.warning = None;
            }
            let known = &model.session.present().snapshot;
            if snapshot.head == known.head && snapshot.kind == known.kind {
                return Vec::new();
            }
            vec![Effect::Judge(Box::new(snapshot)), Effect::ReadLog]
        }
        Reply::FollowFailed(why) => {
            model.session.warning = Some(format!("{STALE}{why}"));
            Vec::new()
        }
        Reply::Remembered(Ok(())) => Vec::new(),
        Reply::Remembered(Err(why)) => {
            model.say(format!("the columns are not remembered: {why}"), Tone::Warning);
            Vec::new()
        }
        Reply::Judged(view) => on_judged(model, view),
    }
}

/// Every room looks at the new state; cursors stay on their agents.
fn on_judged(model: &mut Model, view: Arc<View>) -> Vec<Effect> {
    if view.snapshot.head.size < model.session.present().snapshot.head.size {
        return Vec::new();
    }
    if let Some(past) = &mut model.session.past {
        past.present = view;
        case::drop_closed(model);
        return Vec::new();
    }
    if let Some(frozen) = &mut model.session.frozen {
        frozen.present = view;
        case::drop_closed(model);
        return Vec::new();
    }
    let replaced = view.snapshot.head.first_row != model.session.view.snapshot.head.first_row;
    novelty::note(model, &view);
    let effects = show(model, view, replaced);
    case::drop_closed(model);
    effects
}

/// Every room shows another state; when its rows may mean other agents, all are found again by DID.
pub(super) fn show(model: &mut Model, view: Arc<View>, replaced: bool) -> Vec<Effect> {
    let mut effects = Vec::new();
    let before = std::mem::replace(&mut model.session.view, view);
    if replaced {
        renumber(model, &before);
    }
    let (tables, trees, tiers) = (model.ticket(), model.ticket(), model.ticket());
    let weight = model.ticket();
    let rooms = &mut model.rooms;
    rooms.lineage.rebuild(&model.session.view);
    rooms.inspect.rebuild(&model.session);
    rooms.rebuild_small(&model.session);
    if rooms.agents.rows.ticket != 0 {
        let keep = rooms.agents.kept();
        let was =
            model.session.recent.shows(&model.session.view.fresh).then(|| rooms.agents.rows.shown.clone());
        let selection = Selection { keep, was, ..rooms.agents.rows.selection.clone() };
        effects.push(rooms.agents.ask(RoomName::Agents, selection, tables));
    }
    if rooms.tiers.table.rows.ticket != 0 {
        let text = rooms.tiers.table.rows.selection.text.clone();
        effects.push(rooms.tiers.ask(text, tiers));
    }
    if rooms.lineage.filtered.selection.narrows() {
        let keep = rooms.lineage.kept();
        let selection = Selection { keep, ..rooms.lineage.filtered.selection.clone() };
        effects.extend(rooms.lineage.ask(selection, trees));
    }
    if model.room == RoomName::Inspect {
        let ticket = model.ticket();
        effects.extend(model.rooms.inspect.ask(&model.session, ticket));
    }
    effects.extend(aftermath::count_again(model));
    if model.room == RoomName::Approvals {
        effects.extend(model.rooms.approvals.weigh(&model.session, weight));
    }
    if let Some(Overlay::Confirm(dialog)) = model.overlays.last()
        && matches!(dialog.phase, confirm::Phase::Planning)
    {
        effects.extend(replan(model));
    }
    effects
}

/// All agents were replaced: whoever was selected, open or inspected is found again by DID, or forgotten.
fn renumber(model: &mut Model, before: &View) {
    let view = &model.session.view;
    let meaning = |row: Row| view.registry().find(&before.agent(row).did());
    let rooms = &mut model.rooms;
    model.session.marks.renumber(meaning);
    rooms.inspect.row = rooms.inspect.row.and_then(meaning);
    rooms.agents.renumber(meaning);
    rooms.tiers.table.renumber(meaning);
    rooms.lineage.renumber(before, view, meaning);
    if let Some(Overlay::Confirm(dialog)) = model.overlays.last_mut()
        && !matches!(dialog.phase, confirm::Phase::Committing(_))
    {
        dialog.ask_again(Vec::new());
    }
}
