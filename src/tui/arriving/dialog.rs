//! The last look before a suspension on what was told.

use std::mem::take;

use crossterm::event::{KeyCode, KeyEvent};

use super::state::Ask;
use crate::backend::Offer;
use crate::text::short_id;
use crate::tui::widgets::Field;

/// A suspension that is to be confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dialog {
    pub offer: Offer,
    pub reason: Field,
    pub word: Field,
    /// Whether the word is typed now, and not the reason.
    pub confirming: bool,
    /// It was signed and sent.
    pub sent: bool,
}

impl Dialog {
    pub(super) fn new(offer: Offer) -> Self {
        let (reason, word) = (Field::default(), Field::default());
        Self { offer, reason, word, confirming: false, sent: false }
    }

    /// What is typed to confirm.
    pub(super) fn phrase(&self) -> String {
        let did = &self.offer.impact.did;
        let digits = short_id(did);
        if self.offer.impact.count > 1 && !digits.is_empty() { digits.to_owned() } else { "y".to_owned() }
    }

    /// Takes a key; where the place is `locked`, nothing confirms.
    pub(super) fn key(&mut self, key: &KeyEvent, locked: bool) -> Typed {
        match key.code {
            // What is sent cannot be called back.
            _ if self.sent => {}
            KeyCode::Esc => return Typed::Away,
            KeyCode::Enter | KeyCode::Tab if !self.confirming => {
                self.confirming = !self.reason.text().trim().is_empty();
            }
            KeyCode::Tab | KeyCode::BackTab => self.confirming = false,
            // What may have been typed before somebody unlocked it confirms nothing.
            _ if self.confirming && locked => drop(take(&mut self.word)),
            KeyCode::Enter if self.word.text() == self.phrase() => {
                self.sent = true;
                let offer = Box::new(self.offer.clone());
                return Typed::Order(Ask::Order(offer, self.reason.text().trim().to_owned()));
            }
            _ if self.confirming => drop(self.word.edit(key)),
            _ => drop(self.reason.edit(key)),
        }
        Typed::Nothing
    }
}

/// What a key did to a dialog.
pub(super) enum Typed {
    Nothing,
    Away,
    Order(Ask),
}
