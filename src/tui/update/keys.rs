//! What a key means in a room.

use crossterm::event::KeyEvent;

use super::dialog::{lock as ask_lock, open_marked, seal as ask_seal};
use super::{
    aftermath, asked, case, columns, contexts, export, frozen, history, overlay_keys, past, paths, pointer,
};
use crate::change::Verb;
use crate::registry::{Row, State};
use crate::tui::action::{Action, RoomName};
use crate::tui::effect::Effect;
use crate::tui::focus::EARLY_KEY;
use crate::tui::keymap::key_name;
use crate::tui::listing::Selection;
use crate::tui::model::Model;
use crate::tui::overlays::{Overlay, copying, filter as query, journal};
use crate::tui::rooms::{
    agents, approvals, inspect, lineage, locks, log, operators, overview, policy, tiers,
};

/// What is said where an action is about an agent.
const NOBODY: &str = "no agent is selected";
const WAKE: Verb = Verb::Reactivate { override_security: false };

pub(super) fn on_key(model: &mut Model, key: &KeyEvent) -> Vec<Effect> {
    let control_c = key_name(key).is_some_and(|name| name == "ctrl-c");
    if control_c {
        return vec![Effect::Quit];
    }
    if model.overlays.is_empty() {
        model.said = None;
        let action = model.session.keymap.action_for(model.room, key);
        return action.map_or_else(Vec::new, |action| act(model, action));
    }
    overlay_keys::on_key(model, key)
}

/// A key right after the focus came back: where something is about to be signed, it may have been meant for another window.
pub(super) fn on_early_key(model: &mut Model, key: &KeyEvent) -> Vec<Effect> {
    let leaves = key_name(key).is_some_and(|name| name == "ctrl-c");
    let signs =
        |overlay: &Overlay| matches!(overlay, Overlay::Confirm(_) | Overlay::Order(_) | Overlay::Changed(_));
    if !leaves && model.overlays.last().is_some_and(signs) {
        return vec![Effect::Say(EARLY_KEY.to_owned())];
    }
    on_key(model, key)
}

/// Carries out what a key or the palette asked for.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    if let Some(why) = action.orders().and_then(|kind| model.session.refusal(kind)) {
        return vec![Effect::Refuse(why)];
    }
    // What is ordered is planned on how things stand now, and whoever orders it sees that.
    if action.orders().is_some() && model.session.frozen.is_some() {
        let mut effects = frozen::catch_up(model);
        effects.extend(act(model, action));
        return effects;
    }
    let selected = model.selected();
    match action {
        Action::Go(room) => vec![Effect::Go(room)],
        Action::Back => back(model),
        Action::Escape => escape(model),
        Action::Quit if model.room == RoomName::Inspect => back(model),
        Action::Quit | Action::Leave => vec![Effect::Quit],
        Action::Help => vec![Effect::Help],
        Action::Palette => vec![Effect::Palette],
        Action::Contexts => contexts::choose(model),
        Action::Unlock => contexts::unlock(&mut model.session),
        Action::HistoryBack => history::walk(model, true),
        Action::HistoryForward => history::walk(model, false),
        Action::Columns => columns::choose(model),
        Action::Mouse => pointer::switch(model),
        Action::Background => vec![Effect::Background],
        Action::Refresh => vec![Effect::Follow, Effect::ReadLog],
        Action::Filter => {
            if let Some(text) = model.filter_text() {
                let typed = query::State::new(text);
                history::leave(model);
                model.overlays.push(Overlay::Filter(typed));
                return Vec::new();
            }
            let key = |room| model.session.keymap.key_of(Action::Go(room));
            let (agents, lineage) = (key(RoomName::Agents), key(RoomName::Lineage));
            let tiers = key(RoomName::Tiers);
            vec![Effect::Say(format!(
                "nothing to filter here: agents ({agents}), lineage ({lineage}) and tiers ({tiers}) can be"
            ))]
        }
        Action::Suspend => contain(model, selected, Verb::Suspend { until: None }),
        Action::Revoke => contain(model, selected, Verb::Revoke),
        Action::Reactivate => contain(model, selected, WAKE),
        Action::Pick | Action::PickRange | Action::PickAll => pick_agents(model, action),
        Action::Cases => case::open(model),
        Action::Paths => vec![paths::begin(model)],
        Action::Seal => ask_about(selected, |row| ask_seal(&model.session, row)),
        Action::Adopt
        | Action::Grant
        | Action::Narrow
        | Action::Rekey
        | Action::Tag
        | Action::Untag
        | Action::VerifySponsor
        | Action::Transfer
        | Action::Deputy => match selected {
            Some(row) => asked::begin(&model.session, action, row).into_iter().collect(),
            None => vec![Effect::Say(NOBODY.to_owned())],
        },
        Action::Lock => ask_about(selected, |row| ask_lock(&model.session, row)),
        Action::Freeze => frozen::toggle(model),
        Action::Slider => past::slide(model),
        Action::Mark => past::mark(model),
        Action::Compare => past::compare(model),
        Action::Earlier | Action::Later | Action::DayEarlier | Action::DayLater => past::step(model, action),
        Action::ShowInLineage => selected.map(Effect::ShowInLineage).into_iter().collect(),
        Action::Copy => {
            let menu = copying::State::new(model);
            model.overlays.push(Overlay::Copying(menu));
            Vec::new()
        }
        Action::Aftermath => aftermath::open(model),
        Action::Undo => undo(model, selected),
        Action::Export => export::ask(model),
        Action::Journal => {
            model.overlays.push(Overlay::Journal(journal::State::default()));
            Vec::new()
        }
        _ => {
            let ticket = model.ticket();
            let (rooms, session) = (&mut model.rooms, &model.session);
            match model.room {
                RoomName::Overview => overview::update(&mut rooms.overview, action, session),
                RoomName::Agents => agents::update(&mut rooms.agents, action, session, ticket),
                RoomName::Lineage => lineage::update(&mut rooms.lineage, action, session),
                RoomName::Tiers => tiers::update(&mut rooms.tiers, action, session, ticket),
                RoomName::Log => log::update(&mut rooms.log, action, session, ticket),
                RoomName::Inspect => inspect::update(&mut rooms.inspect, action, session, ticket),
                RoomName::Approvals => approvals::update(&mut rooms.approvals, action, session, ticket),
                RoomName::Operators => operators::update(&mut rooms.operators, action, session),
                RoomName::Locks => locks::update(&mut rooms.locks, action, session),
                RoomName::Policy => policy::update(&mut rooms.policy, action, session, ticket),
            }
        }
    }
}

/// Undoing is addressed by the agent; what nothing undoes is said.
fn undo(model: &mut Model, selected: Option<Row>) -> Vec<Effect> {
    let Some(row) = selected else { return vec![Effect::Say(NOBODY.to_owned())] };
    let view = model.session.view.clone();
    let agent = view.agent(row);
    match view.judgement.state(row) {
        State::Active if agent.sealed_at().is_some() => ask(selected, WAKE),
        State::Suspended => contain(model, selected, WAKE),
        State::Revoked => vec![Effect::Refuse(
            "a revocation is for good: nothing undoes it; whoever should go on is registered anew".to_owned(),
        )],
        State::Expired => {
            vec![Effect::Refuse("it has expired: nobody stopped it, and nothing undoes that".to_owned())]
        }
        State::CutOff => {
            let by = view.cut_off_by(row).unwrap_or_default();
            vec![Effect::Refuse(format!("it is cut off by {by}: that has to be undone, not this"))]
        }
        State::Active => vec![Effect::Say("nothing stops it: there is nothing to undo".to_owned())],
    }
}

/// Asks about the marked agents where one sees them, else about the selected one.
fn contain(model: &mut Model, selected: Option<Row>, verb: Verb) -> Vec<Effect> {
    let marked = model.session.marks.sorted();
    match marked.as_slice() {
        _ if model.room == RoomName::Inspect => ask(selected, verb),
        [] => ask(selected, verb),
        [row] => ask(Some(*row), verb),
        _ if model.filter_wrong().is_some() => {
            let words = "the filter has a mistake: mend it, or end it with esc";
            vec![Effect::Refuse(words.to_owned())]
        }
        _ => open_marked(model, verb, &marked),
    }
}

/// Marks agents of the room.
fn pick_agents(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(row) = model.selected().filter(|_| model.room != RoomName::Inspect) else {
        return vec![Effect::Say(NOBODY.to_owned())];
    };
    let shown = model.shown();
    let marks = &mut model.session.marks;
    match action {
        Action::PickRange => marks.range(&shown, row),
        Action::PickAll => marks.all(&shown),
        _ => {
            marks.toggle(row);
            return act(model, Action::Down);
        }
    }
    Vec::new()
}

fn ask(selected: Option<Row>, verb: Verb) -> Vec<Effect> {
    ask_about(selected, |row| Effect::Ask(verb, row))
}

fn ask_about(selected: Option<Row>, effect: impl FnOnce(Row) -> Effect) -> Vec<Effect> {
    vec![selected.map_or_else(|| Effect::Say(NOBODY.to_owned()), effect)]
}

/// One level back: the past first, then the filter, the marks, the room.
fn escape(model: &mut Model) -> Vec<Effect> {
    let narrowed = match model.room {
        RoomName::Agents => model.rooms.agents.rows.selection.narrows(),
        RoomName::Lineage => model.rooms.lineage.filtered.selection.narrows(),
        RoomName::Tiers => !model.rooms.tiers.table.rows.selection.text.is_empty(),
        _ => false,
    };
    if model.session.past.is_some() {
        return past::come_back(model);
    }
    if narrowed {
        return filter(model, String::new());
    }
    if !model.session.marks.is_empty() {
        model.session.marks.clear();
        return Vec::new();
    }
    back(model)
}

fn back(model: &mut Model) -> Vec<Effect> {
    if let Some(room) = model.history.pop() {
        history::leave(model);
        model.room = room;
    }
    Vec::new()
}

/// Asks for the rows of the room under another text.
pub(super) fn filter(model: &mut Model, text: String) -> Vec<Effect> {
    let ticket = model.ticket();
    let rooms = &mut model.rooms;
    match model.room {
        RoomName::Agents => {
            let keep = rooms.agents.selected();
            let selection = rooms.agents.rows.selection.asking(text, keep);
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
