//! The last look before anything that is signed, beside the containment of agents: what exactly, its digest, and one
//! deliberate key.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

pub(in crate::tui) use super::confirm::Focus;
use super::confirm::REASONS;
use crate::change::{ChangeId, OnCase, Target, What};
use crate::encoding::Digest32;
use crate::registry::CaseId;
use crate::tui::effect::{Effect, Ticket, Why, Wish};
use crate::tui::widgets::Field;
use crate::warden::Drafted;

/// What was pressed before a frame could tell what it is about.
const UNSEEN: &str = "not shown yet: wait, or enlarge the screen";

/// One of several things that can be ordered.
#[derive(Debug, Clone)]
pub(in crate::tui) struct Choice {
    pub words: String,
    /// The agent that it is about, as it is shown.
    pub about: Option<Target>,
    pub what: What,
}

/// What is ordered.
#[derive(Debug)]
pub(in crate::tui) enum Deed {
    /// One of these.
    Say(Vec<Choice>),
    /// The approval of a change that waits, with the digest of its bytes.
    Approve(ChangeId, Digest32),
}

/// Under which case it is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tui) enum Under {
    /// The one that is worked under.
    Current,
    /// This one, or none.
    This(Option<CaseId>),
}

/// How far it is.
#[derive(Debug)]
pub(in crate::tui) enum Phase {
    /// Its bytes are being fixed.
    Drafting,
    /// What is signed is shown; an approval signs what is there already.
    Ready(Option<Arc<Drafted>>),
    /// It was confirmed, and is being written.
    Ordering,
}

/// An order that waits for its confirmation.
#[derive(Debug)]
pub(in crate::tui) struct State {
    pub title: &'static str,
    /// About whom or what.
    pub about: String,
    /// What it means.
    pub lines: Vec<String>,
    pub deed: Deed,
    pub chosen: usize,
    /// Under which case.
    pub under: Under,
    /// Whether a reason is asked for.
    pub wants_reason: bool,
    pub reason: Field,
    /// What must be typed, when one key is too little.
    pub phrase_wanted: Option<String>,
    pub phrase: Field,
    pub focus: Focus,
    pub phase: Phase,
    pub ticket: Ticket,
    pub seen: bool,
    /// Another one each time that it asks again.
    pub confirm_key: char,
    pub failure: Option<String>,
    pub missing: Option<&'static str>,
}

/// What a key did.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::tui) enum Outcome {
    Stay,
    Close,
    /// What was confirmed goes on without the dialog.
    Leave,
    /// What would be signed is another: fix its bytes again.
    Draft,
    Commit,
}

impl State {
    /// One of several things, each said with a reason.
    pub(in crate::tui) fn say(
        title: &'static str,
        about: String,
        lines: Vec<String>,
        choices: Vec<Choice>,
    ) -> Self {
        Self::new(title, about, lines, Deed::Say(choices))
    }

    /// The approval of what waits.
    pub(in crate::tui) fn approve(
        about: String,
        lines: Vec<String>,
        (id, digest): (ChangeId, Digest32),
    ) -> Self {
        let mut state = Self::new(" APPROVE ", about, lines, Deed::Approve(id, digest));
        (state.wants_reason, state.phase) = (false, Phase::Ready(None));
        state
    }

    /// A step of a case; only the last one needs a reason.
    pub(in crate::tui) fn of_case(about: String, step: OnCase, case: Option<CaseId>) -> Self {
        let words = format!("{} {about}", step.verb());
        let closes = matches!(step, OnCase::Close { .. });
        let choice = Choice { words, about: None, what: What::Case(step) };
        let mut state = Self::new(" CASE ", about, Vec::new(), Deed::Say(vec![choice]));
        state.wants_reason = closes;
        state.under = Under::This(case);
        state
    }

    fn new(title: &'static str, about: String, lines: Vec<String>, deed: Deed) -> Self {
        Self {
            title,
            about,
            lines,
            deed,
            chosen: 0,
            under: Under::Current,
            wants_reason: true,
            reason: Field::default(),
            phrase_wanted: None,
            phrase: Field::default(),
            focus: Focus::Choices,
            phase: Phase::Drafting,
            ticket: 0,
            seen: false,
            confirm_key: 'y',
            failure: None,
            missing: None,
        }
    }

    pub(in crate::tui) fn choices(&self) -> &[Choice] {
        match &self.deed {
            Deed::Say(choices) => choices,
            Deed::Approve(..) => &[],
        }
    }

    /// Asks for the bytes of what is chosen; an approval has them.
    pub(in crate::tui) fn draft(&mut self, ticket: Ticket, current: Option<CaseId>) -> Option<Effect> {
        let choice = self.choices().get(self.chosen)?.clone();
        self.phase = Phase::Drafting;
        self.seen = false;
        self.ticket = ticket;
        let reason = self.reason.text().trim().to_owned();
        if self.wants_reason && reason.is_empty() {
            return None;
        }
        let case = match self.under {
            Under::Current => current,
            Under::This(case) => case,
        };
        let why = Why { reason, case: case.map(|case| case.to_string()), break_glass: false };
        Some(Effect::Draft(
            ticket,
            Wish::Say(choice.about.map(|target| target.did), Box::new(choice.what)),
            why,
        ))
    }

    /// Takes the bytes of what is chosen; those of an agent that changed since it was shown are not what was asked for.
    pub(in crate::tui) fn drafted(&mut self, drafted: Arc<Drafted>) {
        self.seen = false;
        let shown = self.choices().get(self.chosen).and_then(|choice| choice.about.as_ref());
        match (shown, drafted.about()) {
            (Some(shown), Some(now)) if shown != now => {
                let (before, now) = (shown.version, now.version);
                self.failure =
                    Some(format!("it changed meanwhile, by entry {now} (was {before}): esc, and look again"));
            }
            _ => self.phase = Phase::Ready(Some(drafted)),
        }
    }

    /// Signs what is shown.
    pub(in crate::tui) fn commit(&mut self, ticket: Ticket) -> Option<Effect> {
        let effect = match (&self.deed, &self.phase) {
            (Deed::Approve(id, digest), Phase::Ready(_)) => Effect::Approve(ticket, *id, *digest),
            (Deed::Say(_), Phase::Ready(Some(drafted))) => Effect::Order(ticket, drafted.clone()),
            _ => return None,
        };
        (self.phase, self.ticket, self.failure) = (Phase::Ordering, ticket, None);
        Some(effect)
    }

    /// It failed: says why, and asks again with another key.
    pub(in crate::tui) fn ask_again(&mut self, why: String) {
        self.failure = Some(why);
        self.focus = Focus::Choices;
        self.phrase = Field::default();
        self.phase =
            if matches!(self.deed, Deed::Approve(..)) { Phase::Ready(None) } else { Phase::Drafting };
        self.seen = false;
        self.confirm_key = if self.confirm_key == 'y' { 'Y' } else { 'y' };
    }

    /// Reads a key.
    pub(in crate::tui) fn key(&mut self, key: &KeyEvent) -> Outcome {
        self.missing = None;
        // Over a slow line an Esc and the letter after it arrive as one key, Alt and the letter: no answer.
        let chord = key.modifiers.intersects(KeyModifiers::ALT | KeyModifiers::CONTROL);
        if matches!(self.phase, Phase::Ordering) {
            return match key.code {
                KeyCode::Esc => Outcome::Leave,
                _ => Outcome::Stay,
            };
        }
        if chord && self.focus == Focus::Choices {
            return Outcome::Stay;
        }
        match self.focus {
            Focus::Choices => self.choose(key),
            Focus::Reason => match key.code {
                KeyCode::Esc | KeyCode::Enter | KeyCode::Tab => {
                    self.focus = Focus::Choices;
                    Outcome::Draft
                }
                _ => {
                    self.reason.edit(key);
                    Outcome::Stay
                }
            },
            Focus::Phrase => self.type_phrase(key),
        }
    }

    fn choose(&mut self, key: &KeyEvent) -> Outcome {
        match key.code {
            KeyCode::Esc | KeyCode::Char('q' | 'n') => Outcome::Close,
            KeyCode::Char('r') if self.wants_reason => {
                self.focus = Focus::Reason;
                Outcome::Stay
            }
            KeyCode::Char(digit @ '1'..='4') if self.wants_reason => {
                let at = usize::try_from(digit.to_digit(10).unwrap_or(1)).unwrap_or(1);
                self.reason.set(REASONS.get(at.saturating_sub(1)).copied().unwrap_or(""));
                self.failure = None;
                Outcome::Draft
            }
            KeyCode::Char('c') | KeyCode::Down | KeyCode::Up if self.choices().len() > 1 => {
                let count = self.choices().len();
                let step = if key.code == KeyCode::Up { count - 1 } else { 1 };
                self.chosen = (self.chosen + step) % count;
                self.failure = None;
                Outcome::Draft
            }
            KeyCode::Char(letter) if letter == self.confirm_key => self.confirm(),
            _ => Outcome::Stay,
        }
    }

    fn confirm(&mut self) -> Outcome {
        if self.wants_reason && self.reason.text().trim().is_empty() {
            self.missing = Some("a reason is missing: 1 to 4 choose one, r types one");
            return Outcome::Stay;
        }
        if !matches!(self.phase, Phase::Ready(_)) || !self.seen {
            self.missing = Some(UNSEEN);
            return Outcome::Stay;
        }
        if self.phrase_wanted.is_some() {
            self.focus = Focus::Phrase;
            return Outcome::Stay;
        }
        Outcome::Commit
    }

    fn type_phrase(&mut self, key: &KeyEvent) -> Outcome {
        match key.code {
            KeyCode::Esc => {
                self.focus = Focus::Choices;
                self.phrase = Field::default();
            }
            KeyCode::Enter if !self.seen => self.missing = Some(UNSEEN),
            KeyCode::Enter if self.phrase_wanted.as_deref() == Some(self.phrase.text()) => {
                return Outcome::Commit;
            }
            KeyCode::Enter => self.missing = Some("what you typed is not what it asks for"),
            _ => {
                self.phrase.edit(key);
            }
        }
        Outcome::Stay
    }

    /// Pasted text goes where a reason is typed, and nowhere else.
    pub(in crate::tui) fn paste(&mut self, text: &str) -> bool {
        if self.focus == Focus::Reason {
            self.reason.push(text);
        }
        self.focus == Focus::Reason
    }
}
