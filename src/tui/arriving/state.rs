//! What is shown of a verifier whose log is on its way, and what keys do to it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::dialog::{Dialog, Typed};
use super::{Carried, Told};
use crate::backend::{Offer, Seen};
use crate::identity::Did;
use crate::registry::query::Query;
use crate::time::Time;
use crate::tui::action::{Action, RoomName};
use crate::tui::caution::Bar;
use crate::tui::focus::EARLY_KEY;
use crate::tui::keymap::Keymap;
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

/// Where this is, and how it looks.
pub(super) struct Here {
    pub url: String,
    /// Who asks.
    pub name: String,
    /// What giving up leads back to.
    pub back: Option<String>,
    pub keymap: Keymap,
    pub theme: Theme,
}

/// The way on from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Where one came from.
    Back,
    /// Out of the program.
    Out,
    /// Until somebody continues the program.
    Background,
}

/// All of it.
pub(super) struct State {
    pub here: Here,
    pub bar: Bar,
    pub now: Time,
    pub seen: Seen,
    pub text: Field,
    /// Whom the text means, and whether there are more; none until somebody told.
    pub found: Option<(Vec<ToldAgent>, bool)>,
    pub at: usize,
    pub focus: Focus,
    pub said: Option<(String, Tone)>,
    /// What was done, in words.
    pub deeds: Vec<String>,
    pub way: Option<Way>,
}

impl State {
    pub(super) fn new(here: Here, bar: Bar, now: Time, seen: Seen) -> Self {
        Self {
            here,
            bar,
            now,
            seen,
            text: Field::default(),
            found: None,
            at: 0,
            focus: Focus::List,
            said: None,
            deeds: Vec::new(),
            way: None,
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
        let (text, deeds) = (self.text.text().to_owned(), self.deeds.clone());
        Carried { text, did: self.did(), bar: self.bar, deeds }
    }

    /// So many orders are sent and not answered.
    pub(super) fn unanswered(&self) -> usize {
        usize::from(matches!(&self.focus, Focus::Dialog(dialog) if dialog.sent))
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
            // Whoever has gone on to something else is not torn from it.
            Told::Shown(Ok(detail)) => {
                if self.focus == Focus::List {
                    self.focus = Focus::Detail(detail);
                }
                None
            }
            Told::Offered(Ok(offer)) if self.asks_about(&offer.impact.did) => {
                self.focus = Focus::Dialog(Box::new(Dialog::new(*offer)));
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
                self.deeds.push(words.clone());
                self.say(words, if receipt.proved.is_ok() { Tone::Good } else { Tone::Warning });
                Some(self.search())
            }
            Told::Found(_, Err(why)) | Told::Shown(Err(why)) => self.refused(why),
            Told::Offered(Err(why)) => {
                if matches!(self.focus, Focus::Asking(_)) {
                    self.focus = Focus::List;
                }
                self.refused(why)
            }
            Told::Ordered(Err(why)) | Told::Broken(why) => {
                self.focus = Focus::List;
                self.refused(why)
            }
        }
    }

    /// Whether what would stop with this agent is waited for.
    fn asks_about(&self, did: &str) -> bool {
        matches!(&self.focus, Focus::Asking(asked) if asked == did)
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
        let action = self.here.keymap.action_for(RoomName::Agents, key);
        match (&mut self.focus, action) {
            (_, Some(Action::Leave)) => self.way = Some(Way::Out),
            (_, Some(Action::Background)) => self.way = Some(Way::Background),
            (Focus::Search, _) => return self.search_key(key),
            (Focus::Dialog(dialog), Some(Action::Unlock))
                if dialog.confirming && !dialog.sent && self.bar.locked(self.now) =>
            {
                self.unlock()
            }
            (Focus::Dialog(dialog), _) => match dialog.key(key, self.bar.locked(self.now)) {
                Typed::Nothing => {}
                Typed::Away => self.focus = Focus::List,
                Typed::Order(order) => return Some(order),
            },
            (Focus::Detail(_) | Focus::Asking(_), Some(Action::Escape | Action::Quit)) => {
                self.focus = Focus::List;
            }
            (Focus::Detail(detail), Some(Action::Suspend)) => {
                let did = Did::parse(&detail.agent.did).ok()?;
                return Some(self.offer(did));
            }
            (Focus::Detail(_), Some(Action::Unlock)) => self.unlock(),
            (Focus::List, Some(action)) => return self.act(action),
            (Focus::Detail(_) | Focus::Asking(_), _) | (Focus::List, None) => {}
        }
        None
    }

    fn search_key(&mut self, key: &KeyEvent) -> Option<Ask> {
        match key.code {
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
        }
    }

    fn offer(&mut self, did: Did) -> Ask {
        self.focus = Focus::Asking(did.to_string());
        Ask::Offer(did)
    }

    /// Unlocks the place for a while, or locks it again.
    fn unlock(&mut self) {
        self.bar.toggle(self.now);
        let words = self.lock_words().map_or("nothing is locked here".to_owned(), |(words, _)| words);
        self.say(words, Tone::Plain);
    }

    /// Whether anything can be ordered here, and for how long.
    pub(super) fn lock_words(&self) -> Option<(String, bool)> {
        self.bar.words(self.now, &self.here.keymap.key_of(Action::Unlock))
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

    fn act(&mut self, action: Action) -> Option<Ask> {
        let last = self.found.as_ref().map_or(0, |(found, _)| found.len().saturating_sub(1));
        match action {
            Action::Up => self.at = self.at.saturating_sub(1),
            Action::Down => self.at = self.at.saturating_add(1).min(last),
            Action::PageUp | Action::HalfUp => self.at = self.at.saturating_sub(20),
            Action::PageDown | Action::HalfDown => self.at = self.at.saturating_add(20).min(last),
            Action::Top => self.at = 0,
            Action::Bottom => self.at = last,
            Action::Filter => self.focus = Focus::Search,
            Action::Refresh => return Some(self.search()),
            Action::Open | Action::Go(RoomName::Inspect) => return self.did().map(Ask::Show),
            Action::Unlock => self.unlock(),
            Action::Suspend => {
                let did = self.did()?;
                return Some(self.offer(did));
            }
            Action::Escape if !self.text.text().is_empty() => {
                self.text.set("");
                return Some(self.search());
            }
            Action::Escape => self.way = self.here.back.is_some().then_some(Way::Back),
            Action::Quit => self.way = Some(if self.here.back.is_some() { Way::Back } else { Way::Out }),
            other => self.say(format!("{}: once its log is here", other.name()), Tone::Plain),
        }
        None
    }
}
