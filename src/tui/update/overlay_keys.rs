//! What a key or a paste means to an overlay.

use crossterm::event::{KeyCode, KeyEvent};

use super::dialog::{LOCKED, commit, commit_order, draft, replan};
use super::keys::{act, filter};
use super::{asked, case, columns, contexts, export, past, paths, tasks};
use crate::identity::Did;
use crate::tui::action::{Action, RoomName};
use crate::tui::effect::{Effect, Moment};
use crate::tui::listing::Selection;
use crate::tui::model::Model;
use crate::tui::overlays::{Overlay, confirm, filter as query, journal, order, palette, pick, prompt};
use crate::tui::rooms::policy;

/// What a key means to the overlay on top.
pub(super) fn on_key(model: &mut Model, key: &KeyEvent) -> Vec<Effect> {
    match aside(model, key) {
        Some(Action::Unlock) => {
            match model.overlays.last_mut() {
                Some(Overlay::Confirm(dialog)) => dialog.missing = None,
                Some(Overlay::Order(order)) => order.missing = None,
                Some(Overlay::Changed(changed)) => changed.failure = None,
                _ => {}
            }
            return contexts::unlock(&mut model.session);
        }
        Some(_) => return watch(model),
        None => {}
    }
    match model.overlays.last_mut() {
        Some(Overlay::Confirm(dialog)) => match dialog.key(key) {
            confirm::Outcome::Stay => Vec::new(),
            confirm::Outcome::Close => close(model),
            confirm::Outcome::Leave => leave(model),
            confirm::Outcome::Replan => replan(model),
            confirm::Outcome::Spare => asked::whom_to_spare(model),
            confirm::Outcome::Draft => draft(model),
            confirm::Outcome::Commit => commit(model),
        },
        Some(Overlay::Order(order)) => match order.key(key) {
            order::Outcome::Stay => Vec::new(),
            order::Outcome::Close => close(model),
            order::Outcome::Leave => leave(model),
            order::Outcome::Draft => draft(model),
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
            if let Some(action) = model.session.keymap.action_for(RoomName::Log, key) {
                compared.cursor.act(action, compared.count(), model.session.page);
            }
            Vec::new()
        }
        Some(Overlay::Slider(slider)) => {
            let outcome = slider.key(key);
            past::slid(model, outcome)
        }
        Some(Overlay::Reading(reading)) => match (key.code, reading.about()) {
            (KeyCode::Esc | KeyCode::Char('q'), _) => close(model),
            (KeyCode::Char('l'), _) if reading.list.is_some() => {
                let text = reading.list.take().unwrap_or_default();
                model.overlays.pop();
                vec![Effect::ListAgents(Selection { text, ..Selection::default() })]
            }
            (KeyCode::Enter, Some(did)) => {
                let did = did.clone();
                inspect(model, &did)
            }
            _ => {
                if let Some(action) = model.session.keymap.action_for(RoomName::Log, key) {
                    reading.cursor.act(action, reading.count(), model.session.page);
                }
                Vec::new()
            }
        },
        Some(Overlay::Changed(changed)) if !changed.taking => match key.code {
            KeyCode::Esc | KeyCode::Char('q' | 'n') => close(model),
            KeyCode::Char('y') if model.session.bar.locked(model.session.now) => {
                let key = model.session.keymap.key_of(Action::Unlock);
                changed.failure = Some(format!("{LOCKED}: {key}"));
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
            let keymap = &model.session.keymap;
            let lines = keymap.holding_in(help.room).count();
            match (key.code, keymap.action_for(RoomName::Log, key)) {
                (KeyCode::Esc | KeyCode::Char('q' | '?') | KeyCode::F(1), _) => return close(model),
                (KeyCode::Enter, _) => {
                    let chosen = help.chosen(keymap);
                    model.overlays.pop();
                    return chosen.map_or_else(Vec::new, |action| act(model, action));
                }
                (_, Some(action)) => {
                    help.cursor.act(action, lines, model.session.page);
                }
                _ => {}
            }
            Vec::new()
        }
        Some(Overlay::Palette(palette)) => {
            let outcome = palette.key(key, &model.session.contexts, &model.session.queries);
            chosen(model, outcome)
        }
        Some(Overlay::Aftermath(state)) => {
            let count = state.lines(&model.session, usize::MAX).len();
            match (key.code, model.session.keymap.action_for(RoomName::Log, key)) {
                (KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q' | 'N'), _) => return close(model),
                (_, Some(action)) => drop(state.cursor.act(action, count, model.session.page)),
                _ => {}
            }
            Vec::new()
        }
        Some(Overlay::Journal(journal)) => {
            let outcome = journal.key(key, &model.journal, &model.session);
            on_journal(model, outcome)
        }
        Some(Overlay::Columns(_)) => columns::on_key(model, key),
        Some(Overlay::Copying(menu)) => {
            let text = menu.chosen(key);
            model.overlays.pop();
            text.map(Effect::Copy).into_iter().collect()
        }
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

/// What a key means in the dialog of an order as it does everywhere: it unlocks the place that holds the order up, or
/// lists what is under way once the order is.
fn aside(model: &Model, key: &KeyEvent) -> Option<Action> {
    let session = &model.session;
    let (asks, ordered) = match model.overlays.last()? {
        Overlay::Confirm(dialog) => {
            let ordered = matches!(dialog.phase, confirm::Phase::Committing(_));
            (dialog.focus == confirm::Focus::Choices && !ordered, ordered)
        }
        Overlay::Order(order) => {
            let ordered = matches!(order.phase, order::Phase::Ordering);
            (order.focus == order::Focus::Choices && !ordered, ordered)
        }
        Overlay::Changed(changed) => (!changed.taking, false),
        _ => return None,
    };
    session.keymap.action_for(model.room, key).filter(|action| match action {
        Action::Unlock => asks && session.bar.locked(session.now),
        Action::Journal => ordered,
        _ => false,
    })
}

/// What follows from what the palette was asked for.
fn chosen(model: &mut Model, outcome: palette::Outcome) -> Vec<Effect> {
    match outcome {
        palette::Outcome::Stay => return Vec::new(),
        palette::Outcome::Look => {
            let ticket = model.ticket();
            let Some(Overlay::Palette(palette)) = model.overlays.last_mut() else { return Vec::new() };
            palette.asked = ticket;
            return vec![Effect::Recognize(ticket, palette.text().to_owned())];
        }
        _ => {}
    }
    model.overlays.pop();
    match outcome {
        palette::Outcome::Run(action) => act(model, action),
        palette::Outcome::Inspect(did) => match model.session.view.registry().find(&did) {
            Some(row) => vec![Effect::Inspect(row)],
            None => vec![Effect::Refuse("it is not registered here any more".to_owned())],
        },
        palette::Outcome::List(text) => {
            vec![Effect::ListAgents(Selection { text, ..Selection::default() })]
        }
        palette::Outcome::Go(name) => contexts::open(model, name),
        palette::Outcome::Refuse(why) => vec![Effect::Say(why)],
        palette::Outcome::Stay | palette::Outcome::Look | palette::Outcome::Close => Vec::new(),
    }
}

/// What was confirmed goes on without its dialog; whoever answers late finds somebody who can act.
fn leave(model: &mut Model) -> Vec<Effect> {
    model.overlays.pop();
    let key = model.session.keymap.key_of(Action::Journal);
    vec![Effect::Say(format!(
        "it goes on without the dialog: {key} lists what is under way, and how it ended"
    ))]
}

fn watch(model: &mut Model) -> Vec<Effect> {
    model.overlays.pop();
    model.overlays.push(Overlay::Journal(journal::State::default()));
    Vec::new()
}

fn on_journal(model: &mut Model, outcome: journal::Outcome) -> Vec<Effect> {
    match outcome {
        journal::Outcome::Stay => Vec::new(),
        journal::Outcome::Close => close(model),
        journal::Outcome::Copy(text) => vec![Effect::Copy(text)],
        journal::Outcome::Cancel(at) => tasks::give_up(model, at),
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
            did.map_or_else(Vec::new, |did| inspect(model, &did))
        }
        _ => {
            let lines = entry.lines(model.session.theme).len();
            if let Some(action) = model.session.keymap.action_for(RoomName::Log, key) {
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
    let effect = match &purpose {
        prompt::Purpose::About(did, wanted) => Some(asked::typed(&model.session, did, wanted, &text)),
        prompt::Purpose::Sheet(rows, view) => Some(export::typed(rows, view, &text)),
        _ => None,
    };
    if let Some(effect) = effect {
        return match effect {
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
        prompt::Purpose::Paths(did) => paths::open(model, did, text),
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

/// Goes to the agent, if it is registered here.
fn inspect(model: &mut Model, did: &Did) -> Vec<Effect> {
    let Some(row) = model.session.view.registry().find(did) else { return Vec::new() };
    model.overlays.pop();
    vec![Effect::Inspect(row)]
}

fn close(model: &mut Model) -> Vec<Effect> {
    model.overlays.pop();
    Vec::new()
}

/// What a paste means: text where text is taken, else nothing.
pub(super) fn on_paste(model: &mut Model, text: &str) -> Vec<Effect> {
    let taken = match model.overlays.last_mut() {
        Some(Overlay::Confirm(dialog)) => dialog.paste(text),
        Some(Overlay::Order(order)) => order.paste(text),
        Some(Overlay::Prompt(prompt)) => {
            prompt.typed.push(text);
            true
        }
        Some(Overlay::Palette(palette)) => {
            let outcome = palette.paste(text);
            return chosen(model, outcome);
        }
        Some(Overlay::Filter(state)) => {
            state.paste(text, model.session.view.registry());
            let text = state.typed.text().to_owned();
            return filter(model, text);
        }
        Some(
            Overlay::Help(_)
            | Overlay::Compared(_)
            | Overlay::Reading(_)
            | Overlay::Slider(_)
            | Overlay::Changed(_)
            | Overlay::Entry(_)
            | Overlay::Cases(_)
            | Overlay::Journal(_)
            | Overlay::Aftermath(_)
            | Overlay::Copying(_)
            | Overlay::Columns(_)
            | Overlay::Pick(_),
        )
        | None => false,
    };
    if taken {
        return Vec::new();
    }
    vec![Effect::Say(format!("pasted {} characters ignored: nothing here takes text", text.chars().count()))]
}
