//! One event in, the next state and some effects out; nothing slow, nothing from outside.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent};

use super::action::{Action, RoomName};
use super::effect::{Effect, Reply, Ticket};
use super::event::Event;
use super::keymap::action_for;
use super::listing::Selection;
use super::model::{Model, Tone};
use super::overlays::{Overlay, confirm, help, palette};
use super::rooms::{agents, inspect, lineage, log, overview, tiers};
use super::session::View;
use super::widgets::{Cursor, Field};
use crate::change::{Plan, Verb};
use crate::registry::Row;
use crate::text::short_did;
use crate::time::Time;
use crate::warden::{Receipt, Rejection, Snapshot};

/// Takes an event; the effects that come back are for the loop to carry out.
pub(super) fn update(model: &mut Model, event: Event) -> Vec<Effect> {
    let effects = match event {
        Event::Key(key) => on_key(model, &key),
        Event::Paste(text) => on_paste(model, &text),
        Event::Reply(reply) => on_reply(model, *reply),
        Event::Terminate | Event::InputClosed => vec![Effect::Quit],
        Event::Stopped => vec![Effect::Background],
        Event::Resize | Event::Tick | Event::Continued => Vec::new(),
    };
    settle(model, effects)
}

/// Goes to the room that the console begins in.
pub(super) fn start_in(model: &mut Model, room: RoomName) -> Vec<Effect> {
    let effects = settle(model, vec![Effect::Go(room)]);
    model.history.clear();
    effects
}

/// Takes the time; an expiry that has come makes the judgement old.
pub(super) fn pass_time(model: &mut Model, now: Time) -> Vec<Effect> {
    model.session.now = now;
    let next = model.session.view.judgement.next_change();
    if next.is_some_and(|next| now >= next) {
        return vec![Effect::Judge(model.session.view.snapshot.clone())];
    }
    Vec::new()
}

fn on_key(model: &mut Model, key: &KeyEvent) -> Vec<Effect> {
    let control_c = super::keymap::key_name(key).is_some_and(|name| name == "ctrl-c");
    if control_c {
        return vec![Effect::Quit];
    }
    if model.overlays.is_empty() {
        model.said = None;
        return action_for(model.room, key).map_or_else(Vec::new, |action| act(model, action));
    }
    on_overlay_key(model, key)
}

fn on_overlay_key(model: &mut Model, key: &KeyEvent) -> Vec<Effect> {
    match model.overlays.last_mut() {
        Some(Overlay::Confirm(dialog)) => match dialog.key(key) {
            confirm::Outcome::Stay => Vec::new(),
            confirm::Outcome::Close => close(model),
            confirm::Outcome::Replan => replan(model),
            confirm::Outcome::Commit => commit(model),
        },
        Some(Overlay::Changed(changed)) if !changed.taking => match key.code {
            KeyCode::Esc | KeyCode::Char('q' | 'n') => close(model),
            KeyCode::Char('y') => {
                changed.taking = true;
                changed.failure = None;
                vec![Effect::TakeFile]
            }
            _ => Vec::new(),
        },
        Some(Overlay::Changed(_)) => Vec::new(),
        Some(Overlay::Help(help)) => {
            let lines = help.lines(model.session.theme).len();
            let action = action_for(RoomName::Log, key);
            match (key.code, action) {
                (KeyCode::Esc | KeyCode::Char('q' | '?') | KeyCode::F(1), _) => return close(model),
                (_, Some(action)) => {
                    help.cursor.act(action, lines, model.session.page);
                }
                _ => {}
            }
            Vec::new()
        }
        Some(Overlay::Palette(palette)) => match palette.key(key) {
            palette::Outcome::Stay => Vec::new(),
            palette::Outcome::Close => close(model),
            palette::Outcome::Run(action) => {
                model.overlays.pop();
                act(model, action)
            }
            palette::Outcome::Refuse(why) => {
                model.overlays.pop();
                vec![Effect::Say(why)]
            }
        },
        Some(Overlay::Filter(field)) => match key.code {
            KeyCode::Enter | KeyCode::Down | KeyCode::Up => close(model),
            KeyCode::Esc => {
                model.overlays.pop();
                filter(model, String::new())
            }
            _ => {
                if !field.edit(key) {
                    return Vec::new();
                }
                let text = field.text().to_owned();
                filter(model, text)
            }
        },
        None => Vec::new(),
    }
}

fn close(model: &mut Model) -> Vec<Effect> {
    model.overlays.pop();
    Vec::new()
}

fn on_paste(model: &mut Model, text: &str) -> Vec<Effect> {
    let taken = match model.overlays.last_mut() {
        Some(Overlay::Confirm(dialog)) => dialog.paste(text),
        Some(Overlay::Palette(palette)) => {
            palette.typed.push(text);
            true
        }
        Some(Overlay::Filter(field)) => {
            field.push(text.trim());
            let text = field.text().to_owned();
            return filter(model, text);
        }
        Some(Overlay::Help(_) | Overlay::Changed(_)) | None => false,
    };
    if taken {
        return Vec::new();
    }
    vec![Effect::Say(format!("pasted {} characters ignored: nothing here takes text", text.chars().count()))]
}

/// Carries out what a key or the palette asked for.
fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let selected = model.selected();
    match action {
        Action::Go(room) => vec![Effect::Go(room)],
        Action::Back => back(model),
        Action::Escape => escape(model),
        Action::Quit if model.room == RoomName::Inspect => back(model),
        Action::Quit | Action::Leave => vec![Effect::Quit],
        Action::Help => vec![Effect::Help],
        Action::Palette => vec![Effect::Palette],
        Action::Background => vec![Effect::Background],
        Action::Refresh => vec![Effect::Follow, Effect::ReadLog],
        Action::Filter => {
            if let Some(text) = model.filter_text() {
                let mut field = Field::default();
                field.set(text);
                model.overlays.push(Overlay::Filter(field));
                return Vec::new();
            }
            vec![Effect::Say("nothing to filter here: agents (2), lineage (3) and tiers (4) can be".into())]
        }
        Action::Suspend => ask(selected, Verb::Suspend { until: None }),
        Action::Revoke => ask(selected, Verb::Revoke),
        Action::Reactivate => ask(selected, Verb::Reactivate { override_security: false }),
        Action::ShowInLineage => selected.map(Effect::ShowInLineage).into_iter().collect(),
        Action::Copy => selected
            .map(|row| Effect::Copy(model.session.view.agent(row).did().to_string()))
            .into_iter()
            .collect(),
        _ => {
            let ticket = model.ticket();
            let (rooms, session) = (&mut model.rooms, &model.session);
            match model.room {
                RoomName::Overview => overview::update(&mut rooms.overview, action, session),
                RoomName::Agents => agents::update(&mut rooms.agents, action, session, ticket),
                RoomName::Lineage => lineage::update(&mut rooms.lineage, action, session),
                RoomName::Tiers => tiers::update(&mut rooms.tiers, action, session, ticket),
                RoomName::Log => log::update(&mut rooms.log, action, session),
                RoomName::Inspect => inspect::update(&mut rooms.inspect, action, session),
            }
        }
    }
}

fn ask(selected: Option<Row>, verb: Verb) -> Vec<Effect> {
    match selected {
        Some(row) => vec![Effect::Ask(verb, row)],
        None => vec![Effect::Say("no agent is selected".into())],
    }
}

/// One level back: the filter first, then the room.
fn escape(model: &mut Model) -> Vec<Effect> {
    let narrowed = match model.room {
        RoomName::Agents => model.rooms.agents.rows.selection.narrows(),
        RoomName::Lineage => model.rooms.lineage.filtered.selection.narrows(),
        RoomName::Tiers => !model.rooms.tiers.table.rows.selection.text.is_empty(),
        _ => false,
    };
    if narrowed {
        model.rooms.agents.rows.selection.facet = None;
        return filter(model, String::new());
    }
    back(model)
}

fn back(model: &mut Model) -> Vec<Effect> {
    if let Some(room) = model.history.pop() {
        model.room = room;
    }
    Vec::new()
}

/// Asks for the rows of the room under another text.
fn filter(model: &mut Model, text: String) -> Vec<Effect> {
    let ticket = model.ticket();
    let rooms = &mut model.rooms;
    match model.room {
        RoomName::Agents => {
            let keep = rooms.agents.selected();
            let selection = Selection { text, keep, ..rooms.agents.rows.selection.clone() };
            vec![rooms.agents.ask(RoomName::Agents, selection, ticket)]
        }
        RoomName::Lineage => {
            let keep = if text.is_empty() { rooms.lineage.selected() } else { None };
            let selection = Selection { text, keep, ..Selection::default() };
            rooms.lineage.ask(selection, ticket).into_iter().collect()
        }
        RoomName::Tiers => vec![rooms.tiers.ask(text, ticket)],
        _ => Vec::new(),
    }
}

/// Carries out the effects that only change the model; the others are for the loop.
fn settle(model: &mut Model, effects: Vec<Effect>) -> Vec<Effect> {
    let mut outside = Vec::new();
    for effect in effects {
        match effect {
            Effect::Go(room) => outside.extend(go(model, room)),
            Effect::Inspect(row) => {
                model.rooms.inspect.show(row, &model.session);
                outside.extend(go(model, RoomName::Inspect));
            }
            Effect::ShowInLineage(row) => {
                model.rooms.lineage.reveal(row, &model.session.view);
                outside.extend(go(model, RoomName::Lineage));
            }
            Effect::ListAgents(selection) => {
                let ticket = model.ticket();
                enter(model, RoomName::Agents);
                outside.push(model.rooms.agents.ask(RoomName::Agents, selection, ticket));
            }
            Effect::Ask(verb, row) => outside.extend(open_dialog(model, verb, row)),
            Effect::Say(words) => model.say(words, Tone::Plain),
            Effect::Help => {
                model
                    .overlays
                    .push(Overlay::Help(help::State { room: model.room, cursor: Cursor::default() }));
            }
            Effect::Palette => model.overlays.push(Overlay::Palette(palette::State {
                room: model.room,
                typed: Field::default(),
                cursor: Cursor::default(),
            })),
            Effect::Quit => {
                model.leaving = true;
                outside.push(Effect::Quit);
            }
            other => outside.push(other),
        }
    }
    outside
}

fn enter(model: &mut Model, room: RoomName) {
    if model.room != room {
        model.history.push(model.room);
        if model.history.len() > 100 {
            model.history.remove(0);
        }
        model.room = room;
    }
}

/// Goes to a room; one that was never looked at asks for its rows.
fn go(model: &mut Model, room: RoomName) -> Vec<Effect> {
    if room == RoomName::Inspect
        && let Some(row) = model.selected()
    {
        model.rooms.inspect.show(row, &model.session);
    }
    enter(model, room);
    let ticket = model.ticket();
    match room {
        RoomName::Agents if model.rooms.agents.rows.ticket == 0 => {
            vec![model.rooms.agents.ask(RoomName::Agents, Selection::default(), ticket)]
        }
        RoomName::Tiers if model.rooms.tiers.table.rows.ticket == 0 => {
            vec![model.rooms.tiers.ask(String::new(), ticket)]
        }
        RoomName::Log => vec![Effect::ReadLog],
        _ => Vec::new(),
    }
}

fn open_dialog(model: &mut Model, verb: Verb, row: Row) -> Vec<Effect> {
    let view = &model.session.view;
    let agent = view.agent(row);
    let subtree = view.registry().lineage().subtree(row).len();
    let dialog = confirm::State::new(verb, agent.did(), agent.name().to_owned(), subtree);
    model.overlays.push(Overlay::Confirm(Box::new(dialog)));
    replan(model)
}

/// Freezes the wish of the dialog on top against what is on the screen now.
fn replan(model: &mut Model) -> Vec<Effect> {
    let ticket = model.ticket();
    let now = model.session.now;
    let rows_shown = model.session.view.registry().row_count();
    let Some(Overlay::Confirm(dialog)) = model.overlays.last_mut() else { return Vec::new() };
    dialog.ticket = ticket;
    dialog.phase = confirm::Phase::Planning;
    dialog.rows_shown = rows_shown;
    dialog.phrase = Field::default();
    vec![Effect::Plan(ticket, dialog.request(now))]
}

fn commit(model: &mut Model) -> Vec<Effect> {
    let ticket = model.ticket();
    let Some(Overlay::Confirm(dialog)) = model.overlays.last_mut() else { return Vec::new() };
    let confirm::Phase::Shown(plan) = &dialog.phase else { return Vec::new() };
    let plan = plan.clone();
    dialog.ticket = ticket;
    dialog.phase = confirm::Phase::Committing(plan.clone());
    dialog.failure = None;
    let (rows_shown, reason) = (dialog.rows_shown, dialog.reason.text().trim().to_owned());
    model.unanswered += 1;
    vec![Effect::Commit(ticket, plan, rows_shown, reason)]
}

fn on_reply(model: &mut Model, reply: Reply) -> Vec<Effect> {
    match reply {
        Reply::Listed(room, ticket, listed) => {
            match room {
                RoomName::Agents => model.rooms.agents.listed(ticket, listed),
                RoomName::Tiers => model.rooms.tiers.table.listed(ticket, listed),
                RoomName::Lineage => model.rooms.lineage.listed(ticket, listed, &model.session.view),
                _ => {}
            }
            Vec::new()
        }
        Reply::Planned(ticket, plan) => {
            if let Some(Overlay::Confirm(dialog)) = model.overlays.last_mut()
                && dialog.ticket == ticket
            {
                dialog.phase = match plan {
                    Ok(plan) => confirm::Phase::Shown(Arc::new(plan)),
                    Err(error) => confirm::Phase::Refused(error),
                };
            }
            Vec::new()
        }
        Reply::Committed(ticket, outcome, snapshot) => on_committed(model, ticket, outcome, snapshot),
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
            vec![Effect::Judge(snapshot), Effect::ReadLog]
        }
        Reply::Log(Ok(lines)) => {
            model.rooms.log.take(lines);
            Vec::new()
        }
        Reply::Log(Err(why)) => {
            model.say(format!("the log cannot be read: {why}"), Tone::Bad);
            Vec::new()
        }
        Reply::Followed(snapshot) => {
            if snapshot.head == model.session.view.snapshot.head {
                return Vec::new();
            }
            vec![Effect::Judge(snapshot), Effect::ReadLog]
        }
        Reply::FollowFailed(why) => {
            model.session.warning = Some(format!("STALE: {why}"));
            Vec::new()
        }
        Reply::Judged(view) => on_judged(model, view),
    }
}

fn on_committed(
    model: &mut Model,
    ticket: Ticket,
    outcome: Result<Receipt, Rejection>,
    snapshot: Snapshot,
) -> Vec<Effect> {
    model.unanswered = model.unanswered.saturating_sub(1);
    let dialog = match model.overlays.last_mut() {
        Some(Overlay::Confirm(dialog)) if dialog.ticket == ticket => Some(dialog),
        _ => None,
    };
    match (outcome, dialog) {
        (Ok(receipt), dialog) => {
            if dialog.is_some() {
                model.overlays.pop();
            }
            let words = receipt_words(&receipt, model.session.caveat());
            model.say(words, Tone::Good);
        }
        (Err(Rejection::Stale(differences)), Some(dialog)) => {
            dialog.stale = Some(differences);
            dialog.phase = confirm::Phase::Planning;
            dialog.focus = confirm::Focus::Choices;
        }
        (Err(Rejection::Failed(error)), Some(dialog)) => {
            dialog.failure = Some(error.to_string());
            dialog.focus = confirm::Focus::Choices;
            if let confirm::Phase::Committing(plan) = &dialog.phase {
                dialog.phase = confirm::Phase::Shown(Arc::<Plan>::clone(plan));
            }
        }
        (Err(rejection), None) => model.say(format!("NOT DONE: {rejection}"), Tone::Bad),
    }
    vec![Effect::Judge(snapshot), Effect::ReadLog]
}

fn receipt_words(receipt: &Receipt, caveat: Option<&'static str>) -> String {
    let agents = if receipt.count == 1 { "1 agent".to_owned() } else { format!("{} agents", receipt.count) };
    let newcomers = match receipt.newcomers.len() {
        0 => String::new(),
        count => format!(", {count} of them newcomers below the sealed top"),
    };
    let force = caveat.map_or_else(String::new, |caveat| format!("; {caveat}"));
    let did = short_did(&receipt.did.to_string(), 20);
    format!("entry {}: {} {agents} with {did}{newcomers}{force}", receipt.index, past(receipt.verb))
}

fn past(verb: &str) -> &'static str {
    match verb {
        "suspend" => "SUSPENDED",
        "revoke" => "REVOKED",
        _ => "REACTIVATED",
    }
}

/// Every room looks at the new state; cursors stay on their agents.
fn on_judged(model: &mut Model, view: Arc<View>) -> Vec<Effect> {
    if view.snapshot.head.size < model.session.view.snapshot.head.size {
        return Vec::new();
    }
    let mut effects = Vec::new();
    model.session.view = view;
    let (tables, trees, tiers) = (model.ticket(), model.ticket(), model.ticket());
    let rooms = &mut model.rooms;
    rooms.lineage.rebuild(&model.session.view);
    rooms.inspect.rebuild(&model.session);
    if rooms.agents.rows.ticket != 0 {
        let keep = rooms.agents.selected();
        let selection = Selection { keep, ..rooms.agents.rows.selection.clone() };
        effects.push(rooms.agents.ask(RoomName::Agents, selection, tables));
    }
    if rooms.tiers.table.rows.ticket != 0 {
        let text = rooms.tiers.table.rows.selection.text.clone();
        effects.push(rooms.tiers.ask(text, tiers));
    }
    if rooms.lineage.filtered.selection.narrows() {
        let keep = rooms.lineage.selected();
        let selection = Selection { keep, ..rooms.lineage.filtered.selection.clone() };
        effects.extend(rooms.lineage.ask(selection, trees));
    }
    if let Some(Overlay::Confirm(dialog)) = model.overlays.last()
        && matches!(dialog.phase, confirm::Phase::Planning)
    {
        effects.extend(replan(model));
    }
    effects
}
