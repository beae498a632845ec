//! The registry as the fold of the log: loaded from its cache, caught up entry by entry, or folded anew.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::audit::{Entry, LogName};
use crate::change::operators::{Consent, Operators};
use crate::change::{
    FoldError, Order, Payload, Place, apply, judge_case, recall, recall_spared, record_case, settle,
};
use crate::identity::{Did, Status};
use crate::policy::Policy;
use crate::registry::{Registry, Row, Standing};
use crate::store::{EntryRow, Head, View};
use crate::time::Time;

use super::WardenError;
use super::ahead::{Fold, Ground};
use super::stored::with_records;

/// A registry and the end of the log that made it.
#[derive(Clone)]
pub(super) struct State {
    pub registry: Registry,
    pub policy: Arc<Policy>,
    pub operators: Arc<Operators>,
    /// The name of the log.
    pub log: LogName,
    pub head: Head,
    /// The stored row of the registry's first agent: imports that replace leave older rows behind.
    pub base: u32,
    /// What changes made of agents that a later import left out: it counts again when they come back.
    pub absent: Arc<BTreeMap<Did, Standing>>,
}

/// Reads records and standings as the last writer cached them.
pub(super) fn load(view: &dyn View, log: LogName) -> Result<State, WardenError> {
    load_on(view, log, Registry::default())
}

/// The same on top of the first records, of which `registry` says what they say and no more.
pub(super) fn load_on(view: &dyn View, log: LogName, registry: Registry) -> Result<State, WardenError> {
    let head = view.head()?;
    let base = head.first_row;
    let mut state = if base > 0 {
        // Only the log remembers whom a replacing import left out, and what it says of those that it brought.
        State { head, ..at(view, head.size, log)? }
    } else {
        let known = u32::try_from(registry.row_count()).unwrap_or(u32::MAX);
        let registry = with_records(view, registry, (known, head.records))?.settle();
        let mut state = State { registry, head, base, ..nothing(log) };
        // Before the standings: what is recalled reaches whoever was registered before it.
        state.recall_facts(view)?;
        state
    };
    view.standings(&mut |row, standing| {
        if let Some(row) = row.checked_sub(base).and_then(|row| state.registry.row(row)) {
            state.registry.set_standing(row, &standing);
        }
        ControlFlow::Continue(())
    })?;
    Ok(state)
}

pub(super) fn nothing(log: LogName) -> State {
    let head = Head { size: 0, records: 0, first_row: 0, last_time: None, root: crate::audit::empty_root() };
    let (registry, policy, operators, absent) = Default::default();
    State { registry, policy, operators, log, head, base: 0, absent }
}

/// The state after the first `size` entries; its head says no more than that. Their hashes vouch for entries that were
/// judged when they were new: no signature is verified again.
pub(super) fn at(view: &dyn View, size: u64, log: LogName) -> Result<State, WardenError> {
    let head = view.head()?;
    if size > head.size {
        return Err(WardenError::NotYet { asked: size, size: head.size });
    }
    let mut state = nothing(log);
    state.go_on(view, size)?;
    Ok(state)
}

/// A registration that waits: its index, its time, and what it says.
pub(super) type Newcomer = (u64, Time, Payload);

impl State {
    /// Folds the entries that were appended since; on an error the state is as before.
    pub(super) fn catch_up(&mut self, view: &dyn View) -> Result<bool, WardenError> {
        let head = view.head()?;
        if head.size == self.head.size {
            return Ok(false);
        }
        let mut next = self.clone();
        next.follow(view, head.size, true)?;
        next.head = head;
        *self = next;
        Ok(true)
    }

    /// Folds on to the first `size` entries, of which there are as many.
    pub(super) fn go_on(&mut self, view: &dyn View, size: u64) -> Result<(), WardenError> {
        self.follow(view, size, false)?;
        self.head.size = size;
        Ok(())
    }

    /// Folds the entries from here up to the place `end`, itself excluded.
    fn follow(&mut self, view: &dyn View, end: u64, strictly: bool) -> Result<(), WardenError> {
        let mut fold = Fold::new(view, strictly);
        let judge = |ground: &Ground, row: &EntryRow<'_>| match strictly {
            true => ground.strictly(row),
            false => ground.again(row),
        };
        self.each_ahead(view, end, judge, |state, ground, _, read| fold.take(state, ground, read?))?;
        fold.finish(self)
    }

    /// Registers those who wait, and judges each by its own entry: nothing that one of them says changes what counts
    /// for the one before.
    pub(super) fn admit(
        &mut self,
        view: &dyn View,
        newcomers: &mut Vec<Newcomer>,
    ) -> Result<(), WardenError> {
        let Some(place) = newcomers.first().map(|(index, time, _)| (*index, *time)) else { return Ok(()) };
        let count = u32::try_from(newcomers.len()).unwrap_or(u32::MAX);
        let (first, next) = (self.registry.row_count(), self.next_row());
        let rows = (next, next.saturating_add(count));
        self.registry = with_records(view, std::mem::take(&mut self.registry), rows)?.settle_later();
        self.welcome_back(first, place);
        newcomers.drain(..).try_for_each(|(index, time, payload)| {
            let payload = revealed(view, &payload)?;
            let carried = self.carry_out(&payload, (index, time), &Consent::default());
            carried.map(drop).map_err(|error| WardenError::Fold { index, error })
        })
    }

    pub(super) fn fold(
        &mut self,
        view: &dyn View,
        (index, time): (u64, Time),
        payload: &Payload,
        consent: &Consent,
    ) -> Result<(), WardenError> {
        let Order::Import(import) = &payload.order else {
            let carried = self.carry_out(&*revealed(view, payload)?, (index, time), consent);
            return carried.map(drop).map_err(|error| WardenError::Fold { index, error });
        };
        let from = if import.replaces { first_of(view, index, self.next_row())? } else { self.next_row() };
        let count = u32::try_from(import.count).unwrap_or(u32::MAX);
        let rows = (from, from.saturating_add(count));
        if import.replaces {
            let fresh = with_records(view, Registry::default(), rows)?.settle();
            self.replace(fresh, (index, time), from);
        } else {
            let first = self.registry.row_count();
            self.registry = with_records(view, std::mem::take(&mut self.registry), rows)?.settle_later();
            self.welcome_back(first, (index, time));
        }
        Ok(())
    }

    /// Carries out a change that is no import, and answers whom it touched, the root first; the record of a
    /// registration is there already, and the lineage is not relinked yet.
    pub(super) fn carry_out(
        &mut self,
        payload: &Payload,
        (index, time): (u64, Time),
        consent: &Consent,
    ) -> Result<Vec<Row>, FoldError> {
        let place = Place::of(payload, index, time);
        judge_case(&self.registry, payload)?;
        // What held its agents while it waited does not stand against it.
        self.let_go(payload.id);
        let touched = match payload.order.fact() {
            Some(fact) if self.settle_operators(fact, place, &consent.signers, true)? => Vec::new(),
            Some(fact) => settle(&mut self.registry, &mut self.policy, fact, place)?,
            None => apply(&mut self.registry, payload, index, time)?,
        };
        record_case(&mut self.registry, payload, index);
        Ok(touched)
    }

    /// Writes again what entries said beside records and standings.
    fn recall_facts(&mut self, view: &dyn View) -> Result<(), WardenError> {
        let mut outcome = Ok(());
        view.facts(&mut |row| {
            outcome = read_entry(row.index, row.bytes).and_then(|(entry, payload)| {
                let payload = revealed(view, &payload)?;
                let place = Place::of(&payload, row.index, entry.time);
                record_case(&mut self.registry, &payload, row.index);
                let Some(fact) = payload.order.fact() else {
                    recall_spared(&mut self.registry, &payload.order, place);
                    return Ok(());
                };
                let signers = Consent::as_said(&entry.change).signers;
                let of_operators = self.settle_operators(fact, place, &signers, false);
                if of_operators
                    .map_err(|error| WardenError::Fold { index: row.index, error: error.into() })?
                {
                    return Ok(());
                }
                recall(&mut self.registry, &mut self.policy, fact, place)
                    .map(drop)
                    .map_err(|error| WardenError::Fold { index: row.index, error: error.into() })
            });
            if outcome.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        self.registry.relink();
        outcome?;
        self.forget_settled(view)
    }

    /// Takes `fresh` in place of all agents; what changes made of an agent stays, and of one that is left
    /// out it is remembered.
    pub(super) fn replace(&mut self, mut fresh: Registry, (index, time): (u64, Time), base: u32) {
        let old = std::mem::take(&mut self.registry);
        // Where there was nobody, nobody was replaced: who loads the cache can tell no other.
        if base > 0 {
            fresh.set_generation(index);
        }
        fresh.take_facts(old.facts().clone());
        fresh.forget_evidence_unlike(&old);
        let absent = Arc::make_mut(&mut self.absent);
        for row in old.rows() {
            let standing = old.standing(row);
            if standing.put_by.is_some() || standing.sealed_at.is_some() {
                absent.insert(old.agent(row).did(), standing);
            }
        }
        self.registry = fresh;
        self.base = base;
        self.welcome_back(0, (index, time));
    }

    /// Gives agents that came back, from the row `first` on, what changes had made of them.
    pub(super) fn welcome_back(&mut self, first: usize, (index, time): (u64, Time)) {
        self.registry.restore(first);
        if self.absent.is_empty() {
            return;
        }
        let absent = Arc::make_mut(&mut self.absent);
        absent.retain(|did, standing| {
            let Some(row) = self.registry.find(did).filter(|row| row.index() >= first) else { return true };
            let held = standing.put_by.is_some_and(|by| self.registry.facts().cases.behind(by).is_some());
            let merged = stricter(standing, self.registry.standing(row), (index, time), held);
            self.registry.set_standing(row, &merged);
            false
        });
        // An agent that nobody holds back needs no memory of its own.
        absent.retain(|_, standing| standing.status != Status::Active || standing.sealed_at.is_some());
    }

    /// The stored row that the next import begins with.
    fn next_row(&self) -> u32 {
        let count = u32::try_from(self.registry.row_count()).unwrap_or(u32::MAX);
        self.base.saturating_add(count)
    }

    /// The stored row of an agent.
    pub(super) fn stored_row(&self, row: Row) -> u32 {
        self.base.saturating_add(row.number())
    }
}

/// What holds of an agent whose record came again: the stricter of what changes and what the record say; an open case may
/// have held it.
fn stricter(known: &Standing, record: Standing, (index, time): (u64, Time), held: bool) -> Standing {
    let lapsed = !held && known.until.is_some_and(|until| time >= until);
    let held = if lapsed && known.status == Status::Suspended { Status::Active } else { known.status };
    if record.status > held {
        return Standing { sealed_at: known.sealed_at, version: index, ..record };
    }
    Standing { version: index, ..known.clone() }
}

/// The stored row where the records of the import `index` begin.
fn first_of(view: &dyn View, index: u64, from: u32) -> Result<u32, WardenError> {
    let mut first = from;
    view.records(from, &mut |record| {
        if record.entry == index {
            first = record.row;
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    Ok(first)
}

/// Reads an entry and the payload inside it.
pub(super) fn read_entry(index: u64, bytes: &[u8]) -> Result<(Entry, Payload), WardenError> {
    let entry = Entry::from_bytes(bytes).map_err(|error| WardenError::Entry { index, error })?;
    let payload = entry
        .change
        .payload()
        .map_err(|error| WardenError::Fold { index, error: crate::change::FoldError::Order(error) })?;
    Ok((entry, payload))
}

/// A payload with every text in clear that is kept.
pub(super) fn revealed<'p>(view: &dyn View, payload: &'p Payload) -> Result<Cow<'p, Payload>, WardenError> {
    if payload.commitments().is_empty() {
        return Ok(Cow::Borrowed(payload));
    }
    let mut payload = payload.clone();
    if let Order::Fact(fact) = &mut payload.order {
        fact.what.reveal(|commitment| view.text(commitment))?;
    }
    Ok(Cow::Owned(payload))
}
