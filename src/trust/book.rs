//! The fold of all trust events: who may speak, what counts, and what a voided event leaves behind: nothing.

use std::sync::Arc;

use imbl::{HashMap, OrdMap, Vector};

use super::account::{Account, Change, Effect, decayed};
use super::event::{Event, Kind, MAX_BONUS, MAX_SOURCE_NAME, SATURATED};
use super::{Dimension, Gauge, Points, Rules, Strengths};
use crate::identity::Did;
use crate::time::Time;

/// The most agents that contagion counts as neighbours of one.
pub const MAX_NEIGHBOURS: usize = 128;

/// All accounts of a mesh; a clone shares what does not change.
///
/// A score is a function of the events taken and of *now*: reading changes nothing, and costs one look-up.
/// The memory is linear in the events, which sources' caps bound per agent and hour.
#[derive(Clone, Default)]
pub struct Book {
    pub(super) accounts: HashMap<Did, Arc<Account>>,
    pub(super) names: Vector<Did>,
    /// By account and log index.
    pub(super) effects: OrdMap<(u32, u64), Effect>,
    pub(super) entries: OrdMap<u64, Arc<Entry>>,
    /// Interactions of two accounts, under both orders.
    pub(super) edges: OrdMap<(u32, u32), u8>,
    budgets: HashMap<(u32, Arc<str>), Budget>,
    began: Option<Time>,
    last: Option<(u64, Time)>,
}

/// An event as it was taken.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub event: Event,
    strengths: Arc<Strengths>,
    /// The accounts that it has an effect on.
    touched: Vec<u32>,
    voided: bool,
}

/// Events of one source about one agent within one clock hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Budget {
    hour: i64,
    spent: u32,
}

/// The score of one agent at one instant, lineage left aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The points.
    pub points: Points,
    /// Whether anybody ever scored it: its record or an event.
    pub scored: bool,
}

/// Why an event is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Policy registers no such source.
    #[error("{0:?} is no registered source of trust signals")]
    UnknownSource(String),
    /// The source is the agent itself.
    #[error("an agent never scores itself")]
    OwnScore,
    /// The source has said enough about this agent in this hour.
    #[error("the source may record {0} events about one agent within an hour")]
    OverCap(u32),
    /// The event is not later in the log than the last one.
    #[error("the event is not later than the last one taken")]
    OutOfOrder,
    /// A number of the event is out of bounds.
    #[error("the event gives more than one event may")]
    OutOfBounds,
    /// One of the two deals with [`MAX_NEIGHBOURS`] others already.
    #[error("more than {MAX_NEIGHBOURS} agents to deal with are not kept")]
    TooManyNeighbours,
}

/// Why an event cannot be voided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VoidError {
    /// No event has this index.
    #[error("no trust event has the log index {0}")]
    Unknown(u64),
    /// It was voided before.
    #[error("the trust event {0} is void already")]
    Already(u64),
}

impl RecordError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownSource(_) => "trust_source_unknown",
            Self::OwnScore => "trust_own_score",
            Self::OverCap(_) => "trust_source_over_cap",
            Self::OutOfOrder => "trust_event_out_of_order",
            Self::OutOfBounds => "trust_event_out_of_bounds",
            Self::TooManyNeighbours => "trust_too_many_neighbours",
        }
    }
}

impl VoidError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "trust_event_unknown",
            Self::Already(_) => "trust_event_void_already",
        }
    }
}

impl Book {
    /// Says when the scores of records began to count here: decay of agents without events starts then.
    pub const fn begin(&mut self, at: Time) {
        self.began = Some(at);
    }

    /// Says when an agent was first scored by its record, if not at [`Book::begin`]; who comes back grows no younger.
    pub fn introduce(&mut self, did: &Did, at: Time) {
        let number = self.number(did);
        self.edit(number, |account| account.introduced = account.introduced.or(Some(at)));
    }

    /// Takes one event under the rules that are in force at its place in the log.
    ///
    /// # Errors
    /// [`RecordError`]; the book is as it was.
    pub fn record(&mut self, event: Event, rules: &Rules) -> Result<(), RecordError> {
        let charged = self.admit(&event, rules)?;
        for (did, budget) in charged {
            let number = self.number(&did);
            self.budgets.insert((number, Arc::from(event.source.as_str())), budget);
        }
        self.last = Some((event.index, event.at));
        let strengths = self.shared(&rules.strengths);
        let touched = self.apply(&event, &strengths);
        self.entries.insert(event.index, Arc::new(Entry { event, strengths, touched, voided: false }));
        Ok(())
    }

    /// Takes back all that an event did, here and by contagion; what its source spent stays spent.
    ///
    /// Only the accounts that it touched are folded again; an interaction takes a fold of everything, since it
    /// carried the contagion of others.
    ///
    /// # Errors
    /// [`VoidError`].
    pub fn void(&mut self, index: u64) -> Result<(), VoidError> {
        let entry = self.entries.get_mut(&index).ok_or(VoidError::Unknown(index))?;
        if entry.voided {
            return Err(VoidError::Already(index));
        }
        let entry = Arc::make_mut(entry);
        entry.voided = true;
        if matches!(entry.event.kind, Kind::Interaction(..)) {
            self.fold_again();
            return Ok(());
        }
        for number in std::mem::take(&mut entry.touched) {
            self.effects.remove(&(number, index));
            self.settle(number);
        }
        Ok(())
    }

    /// The score of an agent whose record says `base`, without ceilings.
    pub fn read(&self, did: &Did, base: Option<u16>, rules: &Rules, now: Time) -> Reading {
        let account = self.accounts.get(did).map(AsRef::as_ref);
        let start = Points::whole(i32::from(base.unwrap_or(rules.default_score)));
        let points = account.map_or(start, |account| account.shift.apply(start));
        let points = points.minus(decayed(points, self.anchor(account), rules, now));
        Reading { points, scored: base.is_some() || account.is_some_and(|account| account.first.is_some()) }
    }

    /// A dimension of an agent; the middle when nobody measured it.
    pub fn gauge(&self, did: &Did, dimension: Dimension) -> Gauge {
        self.accounts.get(did).map_or_else(Gauge::default, |account| account.gauge(dimension))
    }

    /// Whether the event with this index is void; none when there is no such event.
    pub fn is_void(&self, index: u64) -> Option<bool> {
        self.entries.get(&index).map(|entry| entry.voided)
    }

    /// The agents that have an account.
    pub fn dids(&self) -> impl Iterator<Item = &Did> {
        self.accounts.keys()
    }

    /// How many events were taken, void ones included.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no event was taken.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Since when decay counts.
    pub(super) fn anchor(&self, account: Option<&Account>) -> Option<Time> {
        let Some(account) = account else { return self.began };
        let before = account.introduced.or(self.began);
        account.fresh.or_else(|| [before, account.first].into_iter().flatten().min())
    }

    /// Whether the event may be taken, and what it costs its source.
    fn admit(&self, event: &Event, rules: &Rules) -> Result<Vec<(Did, Budget)>, RecordError> {
        if self.last.is_some_and(|(index, at)| event.index <= index || event.at < at) {
            return Err(RecordError::OutOfOrder);
        }
        let source = (event.source.len() <= MAX_SOURCE_NAME).then(|| rules.source(&event.source)).flatten();
        let source = source.ok_or_else(|| {
            RecordError::UnknownSource(event.source.chars().take(MAX_SOURCE_NAME).collect())
        })?;
        let mut about = vec![&event.subject];
        match &event.kind {
            Kind::Interaction(with, times) => {
                if *with == event.subject || *times == 0 || *times > SATURATED {
                    return Err(RecordError::OutOfBounds);
                }
                self.room_for(&event.subject, with)?;
                about.push(with);
            }
            Kind::Positive(bonus) if *bonus > MAX_BONUS || *bonus < MAX_BONUS.negated() => {
                return Err(RecordError::OutOfBounds);
            }
            _ => {}
        }
        if source.agent.as_ref().is_some_and(|agent| about.contains(&agent)) {
            return Err(RecordError::OwnScore);
        }
        let hour = event.at.micros().div_euclid(3_600_000_000);
        let spend = |did: &Did| {
            let spent = self.spent(did, &event.source, hour);
            let within = spent < source.per_hour;
            within.then(|| (did.clone(), Budget { hour, spent: spent.saturating_add(1) }))
        };
        let spending: Option<Vec<_>> = about.into_iter().map(spend).collect();
        spending.ok_or(RecordError::OverCap(source.per_hour))
    }

    fn spent(&self, did: &Did, source: &str, hour: i64) -> u32 {
        let number = self.accounts.get(did).map(|account| account.number);
        let budget = number.and_then(|number| self.budgets.get(&(number, Arc::from(source))));
        budget.filter(|budget| budget.hour == hour).map_or(0, |budget| budget.spent)
    }

    fn room_for(&self, one: &Did, other: &Did) -> Result<(), RecordError> {
        let number = |did| self.accounts.get(did).map(|account| account.number);
        let (one, other) = (number(one), number(other));
        if let (Some(one), Some(other)) = (one, other)
            && self.edges.contains_key(&(one, other))
        {
            return Ok(());
        }
        let full = |number: u32| {
            self.edges.range((number, 0)..=(number, u32::MAX)).nth(MAX_NEIGHBOURS.saturating_sub(1)).is_some()
        };
        if [one, other].into_iter().flatten().any(full) {
            Err(RecordError::TooManyNeighbours)
        } else {
            Ok(())
        }
    }

    /// Does what the event says; the accounts on which it had an effect.
    fn apply(&mut self, event: &Event, strengths: &Strengths) -> Vec<u32> {
        let subject = self.number(&event.subject);
        let change = match &event.kind {
            Kind::Interaction(with, times) => {
                let with = self.number(with);
                self.tie(subject, with, *times);
                return Vec::new();
            }
            Kind::Assessed(points) => Change::Assessed(*points),
            Kind::Positive(points) => Change::Positive(*points),
            Kind::Signal(dimension, value) => {
                Change::Signal { dimension: *dimension, value: *value, weight: strengths.weight(*dimension) }
            }
            Kind::Violation(severity) => Change::Violation(Points::whole(-100).part(*severity)),
        };
        let mut changes = vec![(subject, change)];
        if let Kind::Violation(severity) = &event.kind {
            changes.extend(self.contagion(subject, *severity, strengths).map(|(number, hops, points)| {
                (number, Change::Contagion { from: event.subject.clone(), hops, points })
            }));
        }
        let touched = changes.iter().map(|(number, _)| *number).collect();
        for (number, change) in changes {
            let effect = Effect { at: event.at, change };
            self.edit(number, |account| account.take(&effect));
            self.effects.insert((number, event.index), effect);
        }
        touched
    }

    fn tie(&mut self, one: u32, other: u32, times: u8) {
        for key in [(one, other), (other, one)] {
            let ties = self.edges.get(&key).copied().unwrap_or(0).saturating_add(times).min(SATURATED);
            self.edges.insert(key, ties);
        }
    }

    fn number(&mut self, did: &Did) -> u32 {
        if let Some(account) = self.accounts.get(did) {
            return account.number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push_back(did.clone());
        self.accounts.insert(did.clone(), Arc::new(Account::new(number)));
        number
    }

    fn edit(&mut self, number: u32, change: impl FnOnce(&mut Account)) {
        let did = self.names.get(number as usize);
        if let Some(account) = did.and_then(|did| self.accounts.get_mut(did)) {
            change(Arc::make_mut(account));
        }
    }

    /// Folds one account again from its effects.
    fn settle(&mut self, number: u32) {
        let effects = self.effects.clone();
        self.edit(number, |account| {
            *account = account.emptied();
            for (_, effect) in effects.range((number, 0)..=(number, u64::MAX)) {
                account.take(effect);
            }
        });
    }

    fn fold_again(&mut self) {
        self.effects.clear();
        self.edges.clear();
        for number in 0..u32::try_from(self.names.len()).unwrap_or(u32::MAX) {
            self.edit(number, |account| *account = account.emptied());
        }
        for (index, entry) in self.entries.clone() {
            if !entry.voided {
                let touched = self.apply(&entry.event, &entry.strengths);
                self.entries.insert(index, Arc::new(Entry { touched, ..(*entry).clone() }));
            }
        }
    }

    /// The strengths, shared with the last event when they are the same.
    fn shared(&self, strengths: &Arc<Strengths>) -> Arc<Strengths> {
        let last = self.entries.get_max().map(|(_, entry)| &entry.strengths);
        last.filter(|last| *last == strengths).unwrap_or(strengths).clone()
    }
}
