//! The last look before a change: exactly whom it touches, and one deliberate key.
//!
//! The key that confirms is never the key that opened the dialog, and Enter alone does nothing. A
//! revocation of more than one agent wants the short DID typed.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::change::{Difference, Exception, Plan, PlanError, Request, Verb};
use crate::identity::Did;
use crate::registry::{Row, Scope};
use crate::text::short_id;
use crate::time::{Span, Time};
use crate::tui::effect::{Ticket, Why};
use crate::tui::session::View;
use crate::tui::widgets::Field;
use crate::warden::Drafted;

/// The reasons that one key chooses; another key types one.
pub(in crate::tui) const REASONS: [&str; 4] = [
    "security: suspected compromise",
    "unexpected behaviour, under investigation",
    "requested by the sponsor",
    "maintenance",
];

/// What was pressed before a frame could tell whom it is about; on a tiny screen none ever can.
pub(super) const UNSEEN: &str = "not shown yet: wait, or enlarge the screen";

/// How long a suspension lasts.
const TERMS: [(&str, Option<Span>); 4] = [
    ("until lifted", None),
    ("for 1 hour", Some(Span::seconds(3600))),
    ("for 8 hours", Some(Span::seconds(8 * 3600))),
    ("for 3 days", Some(Span::seconds(3 * 86_400))),
];

/// More than so many agents at once want their number typed.
const FEW: usize = 25;

/// Where typed letters go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tui) enum Focus {
    /// Nowhere: letters are commands of the dialog.
    Choices,
    /// Into the reason.
    Reason,
    /// Into the phrase that confirms.
    Phrase,
}

/// How far the change is.
#[derive(Debug)]
pub(in crate::tui) enum Phase {
    /// The targets are being frozen.
    Planning,
    /// The targets are shown.
    Shown(Arc<Plan>),
    /// It cannot be done; nothing is asked.
    Refused(PlanError),
    /// It was confirmed and is being written.
    Committing(Arc<Plan>),
}

/// A change that waits.
#[derive(Debug)]
pub(in crate::tui) struct State {
    pub verb: Verb,
    pub did: Did,
    pub name: String,
    pub scope: Scope,
    /// Who else is meant, each alone.
    pub others: Vec<Did>,
    /// How many of them the list behind does not show.
    pub hidden: usize,
    pub reason: Field,
    pub phrase: Field,
    pub focus: Focus,
    pub term: usize,
    pub phase: Phase,
    pub ticket: Ticket,
    /// Whether a frame has shown the targets; what nobody saw cannot be confirmed.
    pub seen: bool,
    /// What the targets were frozen against: rows of theirs mean agents of this view, and of no later one.
    pub view: Arc<View>,
    /// Rows of the registry when the targets were frozen.
    pub rows_shown: usize,
    /// The key that confirms: another one each time that the dialog asks again, so that a key that is held
    /// or pressed twice never answers a question that nobody has read.
    pub confirm_key: char,
    /// Who does not fall.
    pub except: Vec<Exception>,
    /// How many targets lie above the first one shown.
    pub scrolled: usize,
    /// What changed since the last look, when it did.
    pub stale: Option<Vec<Difference>>,
    /// Whether operators hold the log: then what is signed is shown before it is.
    pub held: bool,
    /// What is signed, once its bytes are fixed.
    pub drafted: Option<Arc<Drafted>>,
    /// Whether it is not to wait for the approval that policy asks for.
    pub break_glass: bool,
    /// Why the last try failed.
    pub failure: Option<String>,
    /// What is still missing, said after a vain try.
    pub missing: Option<&'static str>,
}

/// What a key did.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::tui) enum Outcome {
    Stay,
    Close,
    /// What was confirmed goes on without the dialog.
    Leave,
    /// The wish is another: freeze again.
    Replan,
    /// Ask whom to spare.
    Spare,
    /// What would be signed is another: fix its bytes again.
    Draft,
    /// Confirmed.
    Commit,
}

impl State {
    pub(in crate::tui) fn new(verb: Verb, row: Row, view: Arc<View>) -> Self {
        let agent = view.agent(row);
        let subtree = view.registry().lineage().subtree(row).len();
        // What a containment leaves alone goes on spawning, so a subtree falls whole unless told otherwise.
        let scope = if subtree > 1 { Scope::Subtree } else { Scope::One };
        Self {
            verb,
            did: agent.did(),
            name: agent.name().to_owned(),
            scope,
            others: Vec::new(),
            hidden: 0,
            reason: Field::default(),
            phrase: Field::default(),
            focus: Focus::Choices,
            term: 0,
            phase: Phase::Planning,
            ticket: 0,
            seen: false,
            rows_shown: 0,
            confirm_key: 'y',
            except: Vec::new(),
            scrolled: 0,
            stale: None,
            held: view.snapshot.operators.held(),
            view,
            drafted: None,
            break_glass: false,
            failure: None,
            missing: None,
        }
    }

    /// The same about several agents, each alone, of which the list behind does not show `hidden`.
    pub(in crate::tui) fn listed(verb: Verb, rows: &[Row], hidden: usize, view: Arc<View>) -> Option<Self> {
        let others = rows.iter().skip(1).map(|row| view.agent(*row).did()).collect();
        let name = format!("{} marked agents", rows.len());
        let state = Self::new(verb, *rows.first()?, view);
        Some(Self { name, scope: Scope::One, others, hidden, ..state })
    }

    /// Whether several agents are meant, each alone.
    pub(in crate::tui) const fn is_list(&self) -> bool {
        !self.others.is_empty()
    }

    /// The wish as the dialog stands.
    pub(in crate::tui) fn request(&self, now: Time) -> Request {
        let verb = match self.verb {
            Verb::Suspend { .. } => Verb::Suspend { until: self.span().map(|span| now.plus(span)) },
            other => other,
        };
        let others = self.others.clone();
        let all = others.into_iter().chain([self.did.clone()]).collect();
        let listed = if self.is_list() { Request::listed(verb, all) } else { None };
        listed.unwrap_or_else(|| Request::of(verb, self.did.clone(), self.scope))
    }

    /// Whether somebody could be spared: only a containment with everybody below spares anybody.
    pub(in crate::tui) fn spares(&self) -> bool {
        self.verb.contains() && self.scope == Scope::Subtree
    }

    fn span(&self) -> Option<Span> {
        TERMS.get(self.term).and_then(|(_, span)| *span)
    }

    pub(in crate::tui) fn term_words(&self) -> &'static str {
        TERMS.get(self.term).map_or("", |(words, _)| words)
    }

    /// The phrase to be typed, when one key is too little.
    pub(in crate::tui) fn phrase_wanted(&self) -> Option<String> {
        let Phase::Shown(plan) = &self.phase else { return None };
        let short = match self.is_list() {
            true => plan.count().to_string(),
            false => short_id(&self.did.to_string()).to_owned(),
        };
        let revoked = self.verb == Verb::Revoke && plan.count() > 1;
        let many = revoked || (self.is_list() && plan.count() > FEW);
        if self.break_glass { Some(format!("break {short}")) } else { many.then_some(short) }
    }

    /// How many more must sign before it is done; nobody as long as that is not known.
    pub(in crate::tui) fn waits_for(&self) -> usize {
        self.drafted.as_ref().map_or(0, |drafted| drafted.needed().saturating_sub(1))
    }

    /// Why it is ordered, and how.
    pub(in crate::tui) fn why(&self, case: Option<String>) -> Why {
        Why { reason: self.reason.text().trim().to_owned(), case, break_glass: self.break_glass }
    }

    /// Its bytes are others now.
    pub(super) fn redraft(&mut self) -> Outcome {
        if !self.held {
            return Outcome::Stay;
        }
        self.drafted = None;
        self.seen = false;
        Outcome::Draft
    }

    /// Breaks the glass, or not; there must be some.
    fn toggle_glass(&mut self) -> Outcome {
        if !self.break_glass && (self.verb != Verb::Revoke || self.waits_for() == 0) {
            self.missing = Some("no glass to break: it waits for nobody");
            return Outcome::Stay;
        }
        self.break_glass = !self.break_glass;
        self.redraft()
    }

    /// Others changed something: says what, and asks again.
    pub(in crate::tui) fn ask_again(&mut self, differences: Vec<Difference>) {
        self.stale = Some(differences);
        self.phase = Phase::Planning;
        self.focus = Focus::Choices;
        self.confirm_key = if self.confirm_key == 'y' { 'Y' } else { 'y' };
    }

    /// Reads a key.
    pub(in crate::tui) fn key(&mut self, key: &KeyEvent) -> Outcome {
        self.missing = None;
        // Over a slow line an Esc and the letter after it arrive as one key, Alt and the letter: no answer.
        let chord = key.modifiers.intersects(KeyModifiers::ALT | KeyModifiers::CONTROL);
        if matches!(self.phase, Phase::Committing(_)) {
            return match key.code {
                KeyCode::Esc => Outcome::Leave,
                _ => Outcome::Stay,
            };
        }
        if chord && self.focus == Focus::Choices {
            return Outcome::Stay;
        }
        if matches!(self.phase, Phase::Refused(_)) {
            return match key.code {
                KeyCode::Char('o') => self.toggle_override(),
                KeyCode::Char('c') => self.toggle_scope(),
                KeyCode::Char('e') if self.spares() => Outcome::Spare,
                KeyCode::Esc | KeyCode::Char('q' | 'n') => Outcome::Close,
                _ => Outcome::Stay,
            };
        }
        match self.focus {
            Focus::Choices => self.choose(key),
            Focus::Reason => self.type_reason(key),
            Focus::Phrase => self.type_phrase(key),
        }
    }

    fn choose(&mut self, key: &KeyEvent) -> Outcome {
        match key.code {
            KeyCode::Esc | KeyCode::Char('q' | 'n') => Outcome::Close,
            KeyCode::PageDown | KeyCode::PageUp => {
                self.scroll(key.code == KeyCode::PageDown);
                Outcome::Stay
            }
            KeyCode::Char('r') if self.verb.contains() => {
                self.focus = Focus::Reason;
                Outcome::Stay
            }
            KeyCode::Char(digit @ '1'..='4') if self.verb.contains() => {
                let at = usize::try_from(digit.to_digit(10).unwrap_or(1)).unwrap_or(1);
                self.reason.set(REASONS.get(at.saturating_sub(1)).copied().unwrap_or(""));
                self.redraft()
            }
            KeyCode::Down | KeyCode::Up if self.verb.contains() => {
                self.step_reason(key.code == KeyCode::Down);
                self.redraft()
            }
            KeyCode::Char('t') | KeyCode::Right if matches!(self.verb, Verb::Suspend { .. }) => {
                self.term = (self.term + 1) % TERMS.len();
                Outcome::Replan
            }
            KeyCode::Left if matches!(self.verb, Verb::Suspend { .. }) => {
                self.term = self.term.checked_sub(1).unwrap_or(TERMS.len() - 1);
                Outcome::Replan
            }
            KeyCode::Char('c') => self.toggle_scope(),
            KeyCode::Char('o') => self.toggle_override(),
            KeyCode::Char('e') if self.spares() => Outcome::Spare,
            KeyCode::Char('B') => self.toggle_glass(),
            KeyCode::Char(letter) if letter == self.confirm_key => self.confirm(),
            _ => Outcome::Stay,
        }
    }

    /// Some targets further down, or up; the last one stays in sight.
    fn scroll(&mut self, down: bool) {
        const STEP: usize = 5;
        let Phase::Shown(plan) = &self.phase else { return };
        let last = plan.count().saturating_sub(1);
        self.scrolled =
            if down { (self.scrolled + STEP).min(last) } else { self.scrolled.saturating_sub(STEP) };
    }

    fn toggle_scope(&mut self) -> Outcome {
        if self.is_list() {
            return Outcome::Stay;
        }
        self.scope = match self.scope {
            Scope::One => Scope::Subtree,
            Scope::Subtree => Scope::One,
        };
        self.except.clear();
        Outcome::Replan
    }

    fn toggle_override(&mut self) -> Outcome {
        let Verb::Reactivate { override_security } = self.verb else { return Outcome::Stay };
        self.verb = Verb::Reactivate { override_security: !override_security };
        Outcome::Replan
    }

    fn confirm(&mut self) -> Outcome {
        if !matches!(self.phase, Phase::Shown(_)) || !self.seen {
            self.missing = Some(UNSEEN);
            return Outcome::Stay;
        }
        if self.verb.contains() && self.reason.text().trim().is_empty() {
            self.missing = Some("a reason is missing: 1 to 4 choose one, r types one");
            return Outcome::Stay;
        }
        if self.held && self.drafted.is_none() {
            self.missing = Some(UNSEEN);
            return Outcome::Stay;
        }
        if self.phrase_wanted().is_some() {
            self.focus = Focus::Phrase;
            return Outcome::Stay;
        }
        Outcome::Commit
    }
}
