//! What is typed before a change: why it is ordered, and the phrase that confirms it.

use crossterm::event::{KeyCode, KeyEvent};

use super::confirm::{Focus, Outcome, REASONS, State, UNSEEN};
use crate::tui::widgets::Field;

impl State {
    /// The next reason of the list, or the one before.
    pub(super) fn step_reason(&mut self, down: bool) {
        let at = REASONS.iter().position(|words| *words == self.reason.text());
        let last = REASONS.len() - 1;
        let next = match (at, down) {
            (None, true) => 0,
            (None, false) => last,
            (Some(at), true) => {
                if at == last {
                    0
                } else {
                    at + 1
                }
            }
            (Some(at), false) => at.checked_sub(1).unwrap_or(last),
        };
        self.reason.set(REASONS.get(next).copied().unwrap_or(""));
    }

    pub(super) fn type_reason(&mut self, key: &KeyEvent) -> Outcome {
        match key.code {
            KeyCode::Esc | KeyCode::Enter | KeyCode::Tab => {
                self.focus = Focus::Choices;
                self.redraft()
            }
            _ => {
                self.reason.edit(key);
                Outcome::Stay
            }
        }
    }

    pub(super) fn type_phrase(&mut self, key: &KeyEvent) -> Outcome {
        match key.code {
            KeyCode::Esc => {
                self.focus = Focus::Choices;
                self.phrase = Field::default();
            }
            KeyCode::Enter if !self.seen => self.missing = Some(UNSEEN),
            KeyCode::Enter => {
                let wanted = self.phrase_wanted();
                if wanted.is_some_and(|wanted| !wanted.is_empty() && wanted == self.phrase.text()) {
                    return Outcome::Commit;
                }
                self.missing = Some(match self.is_list() {
                    true => "what you typed is not how many they are",
                    false => "what you typed is not the short DID",
                });
            }
            _ => {
                self.phrase.edit(key);
            }
        }
        Outcome::Stay
    }

    /// Pasted text goes where a reason is typed, and nowhere else: a phrase is never pasted.
    pub(in crate::tui) fn paste(&mut self, text: &str) -> bool {
        if self.focus == Focus::Reason {
            self.reason.push(text);
        }
        self.focus == Focus::Reason
    }
}
