//! Every action by name: type a part of it, and run it.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::window;
use crate::tui::action::{Action, RoomName};
use crate::tui::keymap::{BINDINGS, Binding};
use crate::tui::theme::Theme;
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

pub(in crate::tui) fn view(state: &State, theme: Theme, top: &mut usize, frame: &mut Frame<'_>, area: Rect) {
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
        let here = choice.holds_in(state.room);
        let line = Spans::default()
            .own(format!(" {:<12}", choice.keys.join(" ")), if here { theme.key() } else { theme.dim() })
            .own(choice.words, if here { theme.text() } else { theme.dim() })
            .own(if here { "" } else { "  (not in this room)" }, theme.dim())
            .line();
        let place = Rect { y, height: 1, ..body };
        frame.render_widget(line, place);
        if index == state.cursor.at {
            frame.buffer_mut().set_style(place, theme.selected());
        }
    }
}
