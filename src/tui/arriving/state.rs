//! What is shown of a verifier whose log is on its way, and what keys do to it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{Carried, Told};
use crate::backend::{Offer, Seen};
use crate::identity::Did;
use crate::registry::query::Query;
use crate::text::short_id;
use crate::tui::focus::EARLY_KEY;
use crate::tui::theme::{Theme, Tone};
use crate::tui::widgets::Field;
use crate::wire::{ToldAgent, ToldDetail};

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::tui) enum Ask {
    /// Who is meant by this text.
    Search(String),
    /// One of them.
    Show(Did),
    /// What suspending it would do.
    Offer(Did),
    /// Do that, for this reason.
    Order(Box<Offer>, String),
    /// Whatever has to be done now and then.
    Tend,
}

impl Ask {
    /// Whose turn it is: an order goes before everything.
    pub(super) const fn rank(&self) -> u8 {
        match self {
            Self::Tend => 0,
            Self::Search(_) => 1,
            Self::Show(_) => 2,
            Self::Offer(_) => 3,
            Self::Order(..) => 4,
        }
    }
}

/// What keys go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Focus {
    /// The list.
    List,
    /// The text that is sought.
    Search,
    /// One agent.
    Detail(Box<ToldDetail>),
    /// What would be done is asked for.
    Asking(String),
    /// A suspension.
    Dialog(Box<Dialog>),
}

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
    /// What is typed to confirm.
    pub(super) fn phrase(&self) -> String {
        let did = &self.offer.impact.did;
        let digits = short_id(did);
        if self.offer.impact.count > 1 && !digits.is_empty() { digits.to_owned() } else { "y".to_owned() }
    }
}

/// All of it.
pub(super) struct State {
    pub url: String,
    pub name: String,
    pub theme: Theme,
    pub seen: Seen,
    pub text: Field,
    /// Whom the text means, and whether there are more; none until somebody told.
    pub found: Option<(Vec<ToldAgent>, bool)>,
    pub at: usize,
    pub focus: Focus,
    pub said: Option<(String, Tone)>,
    pub leaving: bool,
}

impl State {
    pub(super) fn new(url: &str, name: &str, theme: Theme, seen: Seen) -> Self {
        Self {
            url: url.to_owned(),
            name: name.to_owned(),
            theme,
            seen,
            text: Field::default(),
            found: None,
            at: 0,
            focus: Focus::List,
            said: None,
            leaving: false,
        }
    }

    /// Asks for whom the text means.
    pub(super) fn search(&self) -> Ask {
        Ask::Search(self.text.text().to_owned())
    }

    /// The agent under the cursor.
    pub(super) fn selected(&self) -> Option<&ToldAgent> {
        self.found.as_ref().and_then(|(found, _)| found.get(self.at))
    }

    fn did(&self) -> Option<Did> {
        Did::parse(&self.selected()?.did).ok()
    }

    /// What goes over to the rooms.
    pub(super) fn carried(&self) -> Carried {
        Carried { text: self.text.text().to_owned(), did: self.did() }
    }

    /// Takes what was told.
    pub(super) fn told(&mut self, told: Told) -> Option<Ask> {
        match told {
            // An answer to what is not sought any more.
            Told::Found(text, _) if text != self.text.text() => None,
            Told::Found(_, Ok((found, more))) => {
                let kept = self.did().map(|did| did.to_string());
                let at = kept.and_then(|did| found.iter().position(|agent| agent.did == did));
                self.at = at.unwrap_or(0);
                self.found = Some((found, more));
                None
            }
            Told::Shown(Ok(detail)) => {
                self.focus = Focus::Detail(detail);
                None
            }
            Told::Offered(Ok(offer)) if matches!(self.focus, Focus::Asking(_)) => {
                let (reason, word) = (Field::default(), Field::default());
                let dialog = Dialog { offer: *offer, reason, word, confirming: false, sent: false };
                self.focus = Focus::Dialog(Box::new(dialog));
                None
            }
            // Nobody waits for it any more.
            Told::Offered(Ok(_)) | Told::Here(..) => None,
            Told::Ordered(Ok(receipt)) => {
                self.focus = Focus::List;
                let held =
                    if receipt.waits.is_some() { "held back, waits for approval" } else { "suspended" };
                let proof = match &receipt.proved {
                    Ok(()) => "in the log, proved under the pinned key".to_owned(),
                    Err(why) => format!("as told, NOT PROVED: {why}"),
                };
                let words = format!("{held}: {}, entry {}, {proof}", receipt.count, receipt.index);
                self.say(words, if receipt.proved.is_ok() { Tone::Good } else { Tone::Warning });
                Some(self.search())
            }
            Told::Found(_, Err(why)) => self.refused(why),
            Told::Shown(Err(why)) | Told::Offered(Err(why)) | Told::Ordered(Err(why)) | Told::Broken(why) => {
                self.focus = Focus::List;
                self.refused(why)
            }
        }
    }

    fn refused(&mut self, why: String) -> Option<Ask> {
        self.say(why, Tone::Bad);
        None
    }

    fn say(&mut self, words: impl Into<String>, tone: Tone) {
        self.said = Some((words.into(), tone));
    }

    /// Takes pasted text.
    pub(super) fn paste(&mut self, text: &str) -> Option<Ask> {
        match &mut self.focus {
            Focus::Search => {
                self.text.push(text);
                self.sought()
            }
            Focus::Dialog(dialog) if !dialog.confirming && !dialog.sent => {
                dialog.reason.push(text);
                None
            }
            _ => None,
        }
    }

    /// A key right after the focus came back; in a dialog it may have been meant for another window.
    pub(super) fn early_key(&mut self, key: &KeyEvent) -> Option<Ask> {
        if matches!(self.focus, Focus::Dialog(_)) && !key.modifiers.contains(KeyModifiers::CONTROL) {
            self.say(EARLY_KEY, Tone::Warning);
            return None;
        }
        self.key(key)
    }

    /// Takes a key.
    pub(super) fn key(&mut self, key: &KeyEvent) -> Option<Ask> {
        if key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL) {
            self.leaving = true;
            return None;
        }
        match &mut self.focus {
            Focus::Search => match key.code {
                KeyCode::Enter | KeyCode::Down => {
                    self.focus = Focus::List;
                    None
                }
                KeyCode::Esc => {
                    self.text.set("");
                    self.focus = Focus::List;
                    Some(self.search())
                }
                _ if self.text.edit(key) => self.sought(),
                _ => None,
            },
            Focus::Dialog(dialog) => match typed(dialog, key) {
                Typed::Nothing => None,
                Typed::Away => {
                    self.focus = Focus::List;
                    None
                }
                Typed::Order(order) => Some(order),
            },
            Focus::Detail(_) | Focus::Asking(_) if matches!(key.code, KeyCode::Esc | KeyCode::Char('q')) => {
                self.focus = Focus::List;
                None
            }
            Focus::List | Focus::Detail(_) => self.on_list(key.code),
            Focus::Asking(_) => None,
        }
    }

    fn sought(&mut self) -> Option<Ask> {
        match Query::parse(self.text.text()) {
            Ok(_) => {
                self.said = None;
                Some(self.search())
            }
            // Whoever types is not done.
            Err(error) => {
                self.say(error.to_string(), Tone::Plain);
                None
            }
        }
    }

    fn on_list(&mut self, code: KeyCode) -> Option<Ask> {
        let last = self.found.as_ref().map_or(0, |(found, _)| found.len().saturating_sub(1));
        match code {
            KeyCode::Up | KeyCode::Char('k') => self.at = self.at.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => self.at = self.at.saturating_add(1).min(last),
            KeyCode::PageUp => self.at = self.at.saturating_sub(20),
            KeyCode::PageDown => self.at = self.at.saturating_add(20).min(last),
            KeyCode::Home | KeyCode::Char('g') => self.at = 0,
            KeyCode::End | KeyCode::Char('G') => self.at = last,
            KeyCode::Char('/') => self.focus = Focus::Search,
            KeyCode::Char('q') => self.leaving = true,
            KeyCode::Char('r') => return Some(self.search()),
            KeyCode::Enter | KeyCode::Char('i') => return self.did().map(Ask::Show),
            KeyCode::Char('s') => {
                let did = self.did()?;
                self.focus = Focus::Asking(did.to_string());
                return Some(Ask::Offer(did));
            }
            _ => {}
        }
        None
    }
}

/// What a key did to a dialog.
enum Typed {
    Nothing,
    Away,
    Order(Ask),
}

fn typed(dialog: &mut Dialog, key: &KeyEvent) -> Typed {
    match key.code {
        // What is sent cannot be called back.
        _ if dialog.sent => {}
        KeyCode::Esc => return Typed::Away,
        KeyCode::Enter | KeyCode::Tab if !dialog.confirming => {
            dialog.confirming = !dialog.reason.text().trim().is_empty();
        }
        KeyCode::Tab | KeyCode::BackTab => dialog.confirming = false,
        KeyCode::Enter if dialog.word.text() == dialog.phrase() => {
            dialog.sent = true;
            let offer = Box::new(dialog.offer.clone());
            return Typed::Order(Ask::Order(offer, dialog.reason.text().trim().to_owned()));
        }
        _ if dialog.confirming => drop(dialog.word.edit(key)),
        _ => drop(dialog.reason.edit(key)),
    }
    Typed::Nothing
}
