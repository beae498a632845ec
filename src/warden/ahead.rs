//! Entries in their order, each read before its turn: by two threads where there are many.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::audit::{Entry, LogName};
use crate::change::operators::{Consent, OperatorError, Operators};
use crate::change::{Fact, Payload, SignedChange, What};
use crate::ingest::Batch;
use crate::policy::Policy;
use crate::store::{EntryRow, View};
use crate::time::Time;

use super::WardenError;
use super::fold::{Newcomer, State, read_entry};

/// So many registrations are folded together at most.
const ADMITTED_AT_ONCE: usize = 4096;

/// By whom and what signatures count, at one moment of the fold.
pub(super) struct Ground {
    log: LogName,
    operators: Arc<Operators>,
    policy: Arc<Policy>,
}

/// An entry that was read before its turn, and who stands behind it.
pub(super) struct Read {
    pub index: u64,
    pub time: Time,
    pub change: SignedChange,
    pub payload: Payload,
    pub consent: Result<Consent, OperatorError>,
}

impl Ground {
    fn of(state: &State) -> Self {
        Self { log: state.log, operators: state.operators.clone(), policy: state.policy.clone() }
    }

    /// Whether the same people and rules count in `state`.
    pub(super) fn is_of(&self, state: &State) -> bool {
        Arc::ptr_eq(&self.operators, &state.operators) && Arc::ptr_eq(&self.policy, &state.policy)
    }

    /// Reads an entry that was judged when it was new.
    pub(super) fn again(&self, row: &EntryRow<'_>) -> Result<Read, WardenError> {
        let (Entry { time, change, .. }, payload) = read_entry(row.index, row.bytes)?;
        let of_operators = payload.order.fact().is_some_and(|fact| fact.what.is_of_operators());
        let consent = if of_operators { Consent::as_said(&change) } else { Consent::default() };
        Ok(Read { index: row.index, time, change, payload, consent: Ok(consent) })
    }

    /// Reads an entry, and verifies its signatures.
    pub(super) fn strictly(&self, row: &EntryRow<'_>) -> Result<Read, WardenError> {
        read_entry(row.index, row.bytes).map(|read| self.judge(row.index, read))
    }

    /// Verifies the signatures of an entry.
    pub(super) fn judge(&self, index: u64, (entry, payload): (Entry, Payload)) -> Read {
        let Entry { time, change, .. } = entry;
        let consent = consent_of_all((&self.operators, &self.policy), self.log, (&change, &payload), time);
        Read { index, time, change, payload, consent }
    }
}

/// Who stands behind an entry: all who must, or it would not be one.
pub(super) fn consent_of_all(
    (operators, policy): (&Operators, &Policy),
    log: LogName,
    (change, payload): (&SignedChange, &Payload),
    time: Time,
) -> Result<Consent, OperatorError> {
    let consent = operators.consent(change, payload, (&log.to_string(), &policy.approvals), time)?;
    if consent.complete() {
        return Ok(consent);
    }
    Err(OperatorError::TooFew { needed: consent.needed, found: consent.signers.len() })
}

/// A fold under way. Registrations wait for those behind them: what is rebuilt for each is rebuilt once for all.
pub(super) struct Fold<'v> {
    view: &'v dyn View,
    newcomers: Vec<Newcomer>,
    strictly: bool,
}

impl<'v> Fold<'v> {
    pub(super) const fn new(view: &'v dyn View, strictly: bool) -> Self {
        Self { view, newcomers: Vec::new(), strictly }
    }

    /// Folds the next entry, read on a ground that may be gone.
    pub(super) fn take(&mut self, state: &mut State, ground: &Ground, read: Read) -> Result<(), WardenError> {
        let Read { index, time, change, payload, consent } = read;
        let consent = match self.strictly && !ground.is_of(state) {
            true => state.consent_of_all(&change, &payload, time),
            false => consent,
        };
        let consent = consent.map_err(|error| WardenError::Fold { index, error: error.into() })?;
        if self.strictly {
            state.has_its_own_id(self.view, &change, &payload, index)?;
        }
        state.head.last_time = Some(time);
        let registers = |fact: &Fact| matches!(fact.what, What::Register(_));
        if payload.order.fact().is_some_and(registers) {
            self.newcomers.push((index, time, payload));
            // Somebody who comes back is welcomed at their own entry.
            let most = if state.absent.is_empty() { ADMITTED_AT_ONCE } else { 1 };
            let few = self.newcomers.len() < most;
            return if few { Ok(()) } else { state.admit(self.view, &mut self.newcomers) };
        }
        state.admit(self.view, &mut self.newcomers)?;
        if self.strictly {
            state.counts_whom_it_revokes(self.view, &payload, &consent, index)?;
            state.may_undo(self.view, &payload, index)?;
        }
        state.fold(self.view, (index, time), &payload, &consent)
    }

    /// Folds what waits, and makes the lineage whole.
    pub(super) fn finish(&mut self, state: &mut State) -> Result<(), WardenError> {
        state.admit(self.view, &mut self.newcomers)?;
        state.registry.relink();
        Ok(())
    }
}

impl State {
    /// Hands out the entries from here up to the place `end`, itself excluded, until one is refused.
    ///
    /// `judge` may run on another thread, before the entries ahead are folded: on a ground that may be gone then.
    pub(super) fn each_ahead<T: Send>(
        &mut self,
        view: &dyn View,
        end: u64,
        judge: impl Fn(&Ground, &EntryRow<'_>) -> T + Sync,
        mut take: impl FnMut(&mut Self, &Ground, &EntryRow<'_>, T) -> Result<(), WardenError>,
    ) -> Result<(), WardenError> {
        let mut batch = Batch::default();
        let mut outcome = Ok(());
        view.entries(self.head.size, &mut |row| {
            if row.index >= end {
                return ControlFlow::Break(());
            }
            let text = std::str::from_utf8(row.bytes);
            if text.is_err() || batch.is_full() {
                outcome = self.drain(&mut batch, &judge, &mut take);
            }
            match (&outcome, text) {
                (Err(_), _) => {}
                (Ok(()), Ok(text)) => batch.push(text, with_bytes(&row, "")),
                // What is no text is read by itself, and found to be none.
                (Ok(()), Err(_)) => {
                    let ground = Ground::of(self);
                    outcome = take(self, &ground, &row, judge(&ground, &row));
                }
            }
            if outcome.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        outcome.and_then(|()| self.drain(&mut batch, &judge, &mut take))
    }

    fn drain<T: Send>(
        &mut self,
        batch: &mut Batch<EntryRow<'static>>,
        judge: &(impl Fn(&Ground, &EntryRow<'_>) -> T + Sync),
        take: &mut impl FnMut(&mut Self, &Ground, &EntryRow<'_>, T) -> Result<(), WardenError>,
    ) -> Result<(), WardenError> {
        let ground = Ground::of(self);
        batch.each(
            |text, row| judge(&ground, &with_bytes(row, text)),
            |text, row, judged| take(self, &ground, &with_bytes(row, text), judged),
        )?;
        batch.clear();
        Ok(())
    }
}

const fn with_bytes<'t>(row: &EntryRow<'_>, text: &'t str) -> EntryRow<'t> {
    EntryRow { index: row.index, change: row.change, leaf: row.leaf, bytes: text.as_bytes() }
}
