//! Every action by name: type a part of it, and run it.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::window;
use crate::tui::action::{Action, RoomName};
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
    /// The action is there, and not here: why.
    Refuse(String),
}

impl State {
    /// Actions whose words hold every typed word; those of other rooms come last.
    fn choices(&self) -> Vec<&'static Binding> {
        let typed = self.typed.text().to_lowercase();
        let matches = |binding: &&Binding| {
            let words = format!("{} {}", binding.short, binding.words).to_lowercase();
            typed.split_whitespace().all(|word| words.contains(word))
        };
        let mut found: Vec<&'static Binding> = BINDINGS.iter().filter(matches).collect();
        found.sort_by_key(|binding| !binding.holds_in(self.room));
        found
    }

    pub(in crate::tui) fn key(&mut self, key: &KeyEvent) -> Outcome {
        let choices = self.choices();
        match key.code {
            KeyCode::Esc => return Outcome::Close,
            KeyCode::Up => {
                self.cursor.act(Action::Up, choices.len(), 1);
            }
            KeyCode::Down => {
                self.cursor.act(Action::Down, choices.len(), 1);
            }
            KeyCode::Enter => {
                return match choices.get(self.cursor.at) {
                    None => Outcome::Stay,
                    Some(choice) if choice.holds_in(self.room) => Outcome::Run(choice.action),
                    Some(choice) => Outcome::Refuse(format!("{}: not in this room", choice.words)),
                };
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
    let choices = state.choices();
    let window = state.cursor.window(choices.len(), usize::from(body.height), top);
    for (index, y) in window.zip(body.y..body.bottom()) {
        let Some(choice) = choices.get(index) else { break };
        let refused = refusal(choice, state, session);
        let style = if refused.is_none() { theme.text() } else { theme.dim() };
        let keys = if refused.is_none() { theme.key() } else { theme.dim() };
        let spans =
            Spans::default().own(format!(" {:<12}", choice.keys.join(" ")), keys).own(choice.words, style);
        let left = usize::from(body.width).saturating_sub(spans.columns() + 4);
        let line = match &refused {
            Some(why) => spans.own("  (", style).foreign(why, left, style).own(")", style).line(),
            None => spans.line(),
        };
        let place = Rect { y, height: 1, ..body };
        frame.render_widget(line, place);
        if index == state.cursor.at {
            frame.buffer_mut().set_style(place, theme.selected());
        }
    }
}
