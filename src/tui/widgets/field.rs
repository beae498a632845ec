//! One line of typed text.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use unicode_segmentation::UnicodeSegmentation;

/// A field holds at most so many bytes.
const MOST: usize = 512;

/// One line of typed text; editing happens at its end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::tui) struct Field(String);

impl Field {
    pub(in crate::tui) fn text(&self) -> &str {
        &self.0
    }

    pub(in crate::tui) fn set(&mut self, text: &str) {
        self.0.clear();
        self.push(text);
    }

    /// Adds text, line breaks and other controls made blanks, up to the limit.
    pub(in crate::tui) fn push(&mut self, text: &str) {
        for grapheme in text.graphemes(true) {
            let grapheme = if grapheme.chars().any(char::is_control) { " " } else { grapheme };
            if self.0.len() + grapheme.len() > MOST {
                return;
            }
            self.0.push_str(grapheme);
        }
    }

    /// Edits as `key` says; answers whether the key was for a field.
    pub(in crate::tui) fn edit(&mut self, key: &KeyEvent) -> bool {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        match key.code {
            KeyCode::Char('u') if control => self.0.clear(),
            KeyCode::Char('w') if control => {
                let kept = self.0.trim_end().rfind(' ').map_or(0, |at| at + 1);
                self.0.truncate(kept);
            }
            KeyCode::Char(letter) if !control && !alt => self.push(letter.encode_utf8(&mut [0; 4])),
            KeyCode::Backspace => {
                let kept = self.0.grapheme_indices(true).next_back().map_or(0, |(at, _)| at);
                self.0.truncate(kept);
            }
            _ => return false,
        }
        true
    }
}
