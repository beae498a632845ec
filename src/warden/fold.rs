//! The registry as the fold of the log: loaded from its cache, caught up entry by entry, or folded anew.

use std::ops::ControlFlow;

use crate::audit::Entry;
use crate::change::{Payload, apply, import_of};
use crate::identity::{Identity, Reading};
use crate::registry::{Intake, Registry, Row};
use crate::store::{Head, RecordRow, View};
use crate::time::Time;

use super::WardenError;

/// A registry and the end of the log that made it.
#[derive(Clone)]
pub(super) struct State {
    pub registry: Registry,
    pub head: Head,
    /// The stored row of the registry's first agent: imports that replace leave older rows behind.
    pub base: u32,
}

/// Reads records and standings as the last writer cached them.
pub(super) fn load(view: &dyn View) -> Result<State, WardenError> {
    let head = view.head()?;
    let base = head.first_row;
    let mut registry = with_records(view, Registry::default(), base)?;
    view.standings(&mut |row, standing| {
        if let Some(row) = row.checked_sub(base).and_then(|row| registry.row(row)) {
            registry.set_standing(row, &standing);
        }
        ControlFlow::Continue(())
    })?;
    Ok(State { registry, head, base })
}

/// Folds the whole log from nothing, looking at no cache.
pub(super) fn from_nothing(view: &dyn View) -> Result<State, WardenError> {
    let empty = Head { size: 0, records: 0, first_row: 0, last_time: None, root: crate::audit::empty_root() };
    let mut state = State { registry: Registry::default(), head: empty, base: 0 };
    state.catch_up(view)?;
    Ok(state)
}

impl State {
    /// Folds the entries that were appended since; on an error the state is as before.
    pub(super) fn catch_up(&mut self, view: &dyn View) -> Result<bool, WardenError> {
        let head = view.head()?;
        if head.size == self.head.size {
            return Ok(false);
        }
        let mut next = self.clone();
        let mut outcome = Ok(());
        view.entries(self.head.size, &mut |row| match next.fold(view, row.index, row.bytes) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                outcome = Err(error);
                ControlFlow::Break(())
            }
        })?;
        outcome?;
        next.head = head;
        *self = next;
        Ok(true)
    }

    fn fold(&mut self, view: &dyn View, index: u64, bytes: &[u8]) -> Result<(), WardenError> {
        let (entry, payload) = read_entry(index, bytes)?;
        match import_of(&payload) {
            Some(import) if import.replaces => self.replace(view, index, import.count),
            Some(import) => {
                let from = self.next_row();
                self.registry = with_some_records(
                    view,
                    std::mem::take(&mut self.registry),
                    from,
                    Some((index, import.count)),
                )?;
                Ok(())
            }
            None => apply(&mut self.registry, &payload, index, entry.time)
                .map(drop)
                .map_err(|error| WardenError::Fold { index, error }),
        }
    }

    /// Takes the records of the import `index` in place of all others; what changes made of an agent stays.
    fn replace(&mut self, view: &dyn View, index: u64, count: u64) -> Result<(), WardenError> {
        let mut base = None;
        view.records(self.next_row(), &mut |record| {
            if record.entry == index {
                base = Some(record.row);
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })?;
        let base = base.unwrap_or_else(|| self.next_row());
        let fresh = with_some_records(view, Registry::default(), base, Some((index, count)))?;
        self.registry = carry_over(&self.registry, fresh);
        self.base = base;
        Ok(())
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

/// Gives the agents of `fresh` what changes had made of them in `old`.
pub(super) fn carry_over(old: &Registry, mut fresh: Registry) -> Registry {
    for row in old.rows() {
        let standing = old.standing(row);
        if standing.put_by.is_none() && standing.sealed_at.is_none() {
            continue;
        }
        if let Some(now) = fresh.find(&old.agent(row).did()) {
            fresh.set_standing(now, &standing);
        }
    }
    fresh
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

fn with_records(view: &dyn View, registry: Registry, from: u32) -> Result<Registry, WardenError> {
    with_some_records(view, registry, from, None)
}

/// Registers stored records from the row `from` on: all of them, or `count` of one import.
fn with_some_records(
    view: &dyn View,
    registry: Registry,
    from: u32,
    only: Option<(u64, u64)>,
) -> Result<Registry, WardenError> {
    let mut intake = registry.intake(false);
    let mut outcome = Ok(());
    let mut left = only.map_or(u64::MAX, |(_, count)| count);
    view.records(from, &mut |record| {
        if left == 0 || only.is_some_and(|(entry, _)| entry != record.entry) {
            return ControlFlow::Break(());
        }
        left = left.saturating_sub(1);
        match register(&mut intake, &record) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                outcome = Err(error);
                ControlFlow::Break(())
            }
        }
    })?;
    let registry = intake.settle();
    outcome.map(|()| registry)
}

fn register(intake: &mut Intake, record: &RecordRow<'_>) -> Result<(), WardenError> {
    const STORED: Reading = Reading { now: Time::MIN, assume_utc: false };
    let damaged = |error| WardenError::Record { row: record.row, error };
    let text = std::str::from_utf8(record.bytes)
        .map_err(|_| damaged(crate::identity::RecordError::Syntax { line: 1, column: 1 }))?;
    let parsed = Identity::from_json(text, &STORED).map_err(damaged)?;
    intake
        .register(&parsed.identity, false, record.entry)
        .map(drop)
        .map_err(|_| WardenError::RepeatedRecord { row: record.row })
}
