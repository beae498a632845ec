//! Every action by name: type a part of it, and run it.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::window;
use crate::tui::action::{Action, RoomName};
use crate::tui::contexts::Destination;
use crate::tui::keymap::{BINDINGS, Binding};
use crate::tui::session::Session;
use crate::tui::widgets::{Cursor, Field, Spans};

/// What was typed, and the action under the cursor.
#[derive(Debug)]
pub(in crate::tui) struct State {
    pub room: RoomName,
    pub typed: Field,
    pub cursor: Cursor,
}

/// What a key did.
pub(in crate::tui) enum Outcome {
    Stay,
    Close,
    Run(Action),
    /// Go to the context of this name.
    Go(String),
    /// The action is there, and not here: why.
    Refuse(String),
}

/// One line to choose.
#[derive(Clone, Copy)]
enum Choice<'c> {
    Action(&'static Binding),
    Context(&'c Destination),
}

impl State {
    pub(in crate::tui) fn new(room: RoomName) -> Self {
        Self { room, typed: Field::default(), cursor: Cursor::default() }
    }

    /// Behind `ctx` the contexts; else the actions whose words hold every typed word, those of other rooms last.
    fn choices<'c>(&self, contexts: &'c [Destination]) -> Vec<Choice<'c>> {
        let typed = self.typed.text().to_lowercase();
        if let Some(name) = typed.strip_prefix("ctx ") {
            let begins = |there: &&Destination| there.name.to_lowercase().starts_with(name.trim());
            return contexts.iter().filter(begins).map(Choice::Context).collect();
        }
        let matches = |binding: &&Binding| {
            let words = format!("{} {}", binding.short, binding.words).to_lowercase();
            typed.split_whitespace().all(|word| words.contains(word))
        };
        let mut found: Vec<&'static Binding> = BINDINGS.iter().filter(matches).collect();
        found.sort_by_key(|binding| !binding.holds_in(self.room));
        found.into_iter().map(Choice::Action).collect()
    }

    pub(in crate::tui) fn key(&mut self, key: &KeyEvent, contexts: &[Destination]) -> Outcome {
        let choices = self.choices(contexts);
        match (key.code, choices.get(self.cursor.at)) {
            (KeyCode::Esc, _) => return Outcome::Close,
            (KeyCode::Up, _) => {
                self.cursor.act(Action::Up, choices.len(), 1);
            }
            (KeyCode::Down, _) => {
                self.cursor.act(Action::Down, choices.len(), 1);
            }
            (KeyCode::Tab, Some(Choice::Context(there))) => {
                self.typed.set(&format!("ctx {}", there.name));
                self.cursor = Cursor::default();
            }
            (KeyCode::Enter, None) => {}
            (KeyCode::Enter, Some(Choice::Context(there))) => return Outcome::Go(there.name.clone()),
            (KeyCode::Enter, Some(Choice::Action(choice))) if choice.holds_in(self.room) => {
                return Outcome::Run(choice.action);
            }
            (KeyCode::Enter, Some(Choice::Action(choice))) => {
                return Outcome::Refuse(format!("{}: not in this room", choice.words));
            }
            _ => {
                if self.typed.edit(key) {
                    self.cursor = Cursor::default();
                }
            }
        }
        Outcome::Stay
    }
}

/// Why an action cannot be run here and now.
fn refusal(choice: &Binding, state: &State, session: &Session) -> Option<String> {
    if !choice.holds_in(state.room) {
        return Some("not in this room".to_owned());
    }
    choice.action.orders().and_then(|kind| session.refusal(kind))
}

/// A context, and where it is.
fn context(there: &Destination, session: &Session, columns: usize) -> Line<'static> {
    let theme = session.theme;
    let here = if there.name == session.place() { "▸" } else { " " };
    let line = Spans::default().own(format!(" {here} {:<24} ", there.name), theme.key());
    line.foreign(&there.words, columns.saturating_sub(28), theme.text()).line()
}

/// An action with its keys, and why it cannot be run.
fn action(choice: &Binding, state: &State, session: &Session, columns: usize) -> Line<'static> {
    let theme = session.theme;
    let refused = refusal(choice, state, session);
    let style = if refused.is_none() { theme.text() } else { theme.dim() };
    let keys = if refused.is_none() { theme.key() } else { theme.dim() };
    let spans =
        Spans::default().own(format!(" {:<12}", choice.keys.join(" ")), keys).own(choice.words, style);
    let left = columns.saturating_sub(spans.columns() + 4);
    match &refused {
        Some(why) => spans.own("  (", style).foreign(why, left, style).own(")", style).line(),
        None => spans.line(),
    }
}

pub(in crate::tui) fn view(
    state: &State,
    session: &Session,
    top: &mut usize,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let theme = session.theme;
    let inside = window(frame, area, (76, 18), " Palette: every action by name ", theme);
    let [head, body] = crate::tui::widgets::split_top(inside, 1);
    let prompt = Spans::default()
        .own(":", theme.key())
        .foreign(state.typed.text(), usize::from(head.width).saturating_sub(3), theme.text())
        .own("▏", theme.key())
        .line();
    frame.render_widget(prompt, head);
    let choices = state.choices(&session.contexts);
    let window = state.cursor.window(choices.len(), usize::from(body.height), top);
    for (index, y) in window.zip(body.y..body.bottom()) {
        let line = match choices.get(index) {
            None => break,
            Some(Choice::Context(there)) => context(there, session, usize::from(body.width)),
            Some(Choice::Action(choice)) => action(choice, state, session, usize::from(body.width)),
        };
        let place = Rect { y, height: 1, ..body };
        frame.render_widget(line, place);
        if index == state.cursor.at {
            frame.buffer_mut().set_style(place, theme.selected());
        }
    }
}
