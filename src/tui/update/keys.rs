//! What a key or a paste means where one is.

use crossterm::event::{KeyCode, KeyEvent};

use super::dialog::{
    LOCKED, commit, commit_order, draft, lock as ask_lock, open_marked, replan, seal as ask_seal,
};
use super::{asked, case, contexts, past};
use crate::change::Verb;
use crate::identity::Did;
use crate::registry::Row;
use crate::tui::action::{Action, RoomName};
use crate::tui::effect::{Effect, Moment};
use crate::tui::keymap::{action_for, key_name};
use crate::tui::listing::Selection;
use crate::tui::model::Model;
use crate::tui::overlays::{Overlay, confirm, filter as query, order, palette, pick, prompt};
use crate::tui::rooms::{
    agents, approvals, inspect, lineage, locks, log, operators, overview, policy, tiers,
};

pub(super) fn on_key(model: &mut Model, key: &KeyEvent) -> Vec<Effect> {
    let control_c = key_name(key).is_some_and(|name| name == "ctrl-c");
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
            confirm::Outcome::Spare => asked::whom_to_spare(model),
            confirm::Outcome::Draft => draft(model),
            confirm::Outcome::Unlock => contexts::unlock(&mut model.session),
            confirm::Outcome::Commit => commit(model),
        },
        Some(Overlay::Order(order)) => match order.key(key) {
            order::Outcome::Stay => Vec::new(),
            order::Outcome::Close => close(model),
            order::Outcome::Draft => draft(model),
            order::Outcome::Unlock => contexts::unlock(&mut model.session),
            order::Outcome::Commit => commit_order(model),
        },
        Some(Overlay::Prompt(prompt)) => match prompt.key(key) {
            prompt::Outcome::Stay => Vec::new(),
            prompt::Outcome::Close => close(model),
            prompt::Outcome::Done => typed(model),
        },
        Some(Overlay::Pick(picked)) => match picked.key(key, model.session.page) {
            pick::Outcome::Stay => Vec::new(),
            pick::Outcome::Close => asked::picked(model, false),
            pick::Outcome::Done => asked::picked(model, true),
        },
        Some(Overlay::Entry(_)) => on_entry_key(model, key),
        Some(Overlay::Cases(cases)) => {
            let outcome = cases.key(key, model.session.page);
            case::chosen(model, outcome)
        }
        Some(Overlay::Compared(compared)) => {
            if matches!(key.code, KeyCode::Esc | KeyCode::Char('q' | '=')) {
                return close(model);
            }
            if let Some(action) = action_for(RoomName::Log, key) {
                compared.cursor.act(action, compared.count(), model.session.page);
            }
            Vec::new()
        }
        Some(Overlay::Changed(changed)) if !changed.taking => match key.code {
            KeyCode::Esc | KeyCode::Char('q' | 'n') => close(model),
            KeyCode::Char('!') => contexts::unlock(&mut model.session),
            KeyCode::Char('y') if model.session.bar.locked(model.session.now) => {
                changed.failure = Some(LOCKED.to_owned());
                Vec::new()
            }
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
        Some(Overlay::Palette(palette)) => match palette.key(key, &model.session.contexts) {
            palette::Outcome::Stay => Vec::new(),
            palette::Outcome::Close => close(model),
            palette::Outcome::Run(action) => {
                model.overlays.pop();
                act(model, action)
            }
            palette::Outcome::Go(name) => {
                model.overlays.pop();
                contexts::open(model, name)
            }
            palette::Outcome::Refuse(why) => {
                model.overlays.pop();
                vec![Effect::Say(why)]
            }
        },
        Some(Overlay::Filter(state)) => {
            let outcome = state.key(key, model.session.view.registry(), &model.asked);
            let text = state.typed.text().to_owned();
            match outcome {
                query::Outcome::Stay => Vec::new(),
                query::Outcome::Ask => filter(model, text),
                query::Outcome::Close => {
                    model.asked.remember(&text);
                    close(model)
                }
                query::Outcome::Clear => {
                    model.overlays.pop();
                    filter(model, String::new())
                }
            }
        }
        None => Vec::new(),
    }
}

/// Moves over the lines of an entry, goes to its agent, or back to its time.
fn on_entry_key(model: &mut Model, key: &KeyEvent) -> Vec<Effect> {
    let Some(Overlay::Entry(entry)) = model.overlays.last_mut() else { return Vec::new() };
    let index = entry.index;
    match key.code {
        KeyCode::Esc | KeyCode::Char('q') => close(model),
        KeyCode::Char('t') => {
            model.overlays.pop();
            past::travel(model, Moment::Size(index.saturating_add(1)))
        }
        KeyCode::Enter => {
            let line =
                entry.details.as_ref().and_then(|details| details.as_ref().ok()).map(|details| &details.line);
            let did = line.and_then(|line| Did::parse(&line.subject).ok());
            let row = did.and_then(|did| model.session.view.registry().find(&did));
            if row.is_some() {
                model.overlays.pop();
            }
            row.map(Effect::Inspect).into_iter().collect()
        }
        _ => {
            let lines = entry.lines(model.session.theme).len();
            if let Some(action) = action_for(RoomName::Log, key) {
                entry.cursor.act(action, lines, model.session.page);
            }
            Vec::new()
        }
    }
}

/// What follows from the line that was typed; one that is of no use stays, and the prompt says why.
fn typed(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Prompt(prompt)) = model.overlays.last_mut() else { return Vec::new() };
    let (purpose, text) = (prompt.purpose.clone(), prompt.typed.text().trim().to_owned());
    if let prompt::Purpose::About(did, wanted) = &purpose {
        return match asked::typed(&model.session, did, wanted, &text) {
            Ok(effect) => {
                model.overlays.pop();
                vec![effect]
            }
            Err(why) => {
                prompt.wrong = Some(why);
                Vec::new()
            }
        };
    }
    model.overlays.pop();
    match purpose {
        prompt::Purpose::PolicyFile => read_policy(model, text),
        purpose => case::typed(model, purpose, text),
    }
}

fn read_policy(model: &mut Model, path: String) -> Vec<Effect> {
    let ticket = model.ticket();
    let state = &mut model.rooms.policy;
    state.ticket = ticket;
    state.proposed = Some(policy::Proposed { name: path.clone(), policy: None, run: None, running: false });
    state.rebuild(&model.session);
    vec![Effect::LoadPolicy(ticket, path.into())]
}

fn close(model: &mut Model) -> Vec<Effect> {
    model.overlays.pop();
    Vec::new()
}

pub(super) fn on_paste(model: &mut Model, text: &str) -> Vec<Effect> {
    let taken = match model.overlays.last_mut() {
        Some(Overlay::Confirm(dialog)) => dialog.paste(text),
        Some(Overlay::Order(order)) => order.paste(text),
        Some(Overlay::Prompt(prompt)) => {
            prompt.typed.push(text);
            true
        }
        Some(Overlay::Palette(palette)) => {
            palette.typed.push(text);
            true
        }
        Some(Overlay::Filter(state)) => {
            state.paste(text, model.session.view.registry());
            let text = state.typed.text().to_owned();
            return filter(model, text);
        }
        Some(
            Overlay::Help(_)
            | Overlay::Compared(_)
            | Overlay::Changed(_)
            | Overlay::Entry(_)
            | Overlay::Cases(_)
            | Overlay::Pick(_),
        )
        | None => false,
    };
    if taken {
        return Vec::new();
    }
    vec![Effect::Say(format!("pasted {} characters ignored: nothing here takes text", text.chars().count()))]
}

/// Carries out what a key or the palette asked for.
fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    if let Some(why) = action.orders().and_then(|kind| model.session.refusal(kind)) {
        return vec![Effect::Refuse(why)];
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
        Action::Background => vec![Effect::Background],
        Action::Refresh => vec![Effect::Follow, Effect::ReadLog],
        Action::Filter => {
            if let Some(text) = model.filter_text() {
                model.overlays.push(Overlay::Filter(query::State::new(text)));
                return Vec::new();
            }
            vec![Effect::Say("nothing to filter here: agents (2), lineage (3) and tiers (4) can be".into())]
        }
        Action::Suspend => contain(model, selected, Verb::Suspend { until: None }),
        Action::Revoke => contain(model, selected, Verb::Revoke),
        Action::Reactivate => contain(model, selected, Verb::Reactivate { override_security: false }),
        Action::Pick | Action::PickRange | Action::PickAll => pick_agents(model, action),
        Action::Cases => case::open(model),
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
            None => vec![Effect::Say("no agent is selected".into())],
        },
        Action::Lock => ask_about(selected, |row| ask_lock(&model.session, row)),
        Action::Mark => past::mark(model),
        Action::Compare => past::compare(model),
        Action::Earlier | Action::Later | Action::DayEarlier | Action::DayLater => past::step(model, action),
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
                RoomName::Log => log::update(&mut rooms.log, action, session, ticket),
                RoomName::Inspect => inspect::update(&mut rooms.inspect, action, session),
                RoomName::Approvals => approvals::update(&mut rooms.approvals, action, session, ticket),
                RoomName::Operators => operators::update(&mut rooms.operators, action, session),
                RoomName::Locks => locks::update(&mut rooms.locks, action, session),
                RoomName::Policy => policy::update(&mut rooms.policy, action, session, ticket),
            }
        }
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
        return vec![Effect::Say("no agent is selected".into())];
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
    vec![selected.map_or_else(|| Effect::Say("no agent is selected".into()), effect)]
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
