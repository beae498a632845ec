//! The rules of appending, the same for every kind of store.

use super::{Head, Misuse, Pending};
use crate::audit::{Entry, Frontier, LogName, Personal, leaf_hash, record_leaf};
use crate::change::{ChangeId, Mention, Payload};
use crate::encoding::Digest32;
use crate::time::Time;

/// The end of a log while a transaction writes it.
#[derive(Debug, Clone)]
pub(super) struct Ledger {
    log: LogName,
    entries: Frontier,
    last_time: Option<Time>,
    records: u32,
    first_row: u32,
    pending: Frontier,
}

/// An entry that may be appended.
pub(super) struct NextEntry {
    pub(super) index: u64,
    pub(super) change: ChangeId,
    pub(super) leaf: Digest32,
    pub(super) replaces: bool,
    /// Whether the entry says something beside records and standings.
    pub(super) is_fact: bool,
    /// The numbers of whom it mentions.
    pub(super) mentions: Vec<u64>,
    time: Time,
}

/// A record that has its place.
pub(super) struct NextRecord {
    pub(super) row: u32,
    pub(super) entry: u64,
    pub(super) hash: Digest32,
}

/// The numbers of the mentions of an entry, sorted, none twice.
pub(super) fn numbers(payload: &Payload) -> Vec<u64> {
    let mut numbers: Vec<u64> = payload.mentions().iter().map(Mention::number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

impl Ledger {
    pub(super) const fn new(log: LogName) -> Self {
        Self::resume(log, Frontier::new(), None, 0, 0)
    }

    pub(super) const fn resume(
        log: LogName,
        entries: Frontier,
        last_time: Option<Time>,
        records: u32,
        first_row: u32,
    ) -> Self {
        Self { log, entries, last_time, records, first_row, pending: Frontier::new() }
    }

    pub(super) fn head(&self) -> Head {
        Head {
            size: self.entries.size(),
            root: self.entries.root(),
            last_time: self.last_time,
            records: self.records,
            first_row: self.first_row,
        }
    }

    pub(super) const fn frontier(&self) -> &Frontier {
        &self.entries
    }

    pub(super) const fn records(&self) -> u32 {
        self.records
    }

    pub(super) fn pending(&self) -> Pending {
        Pending { count: self.pending.size(), root: self.pending.root() }
    }

    pub(super) fn take_record(&mut self, bytes: &[u8], personal: Personal<'_>) -> Result<NextRecord, Misuse> {
        let row = self.records;
        self.records = row.checked_add(1).ok_or(Misuse::TooManyRecords)?;
        let hash = record_leaf(bytes, personal);
        self.pending.push(hash);
        Ok(NextRecord { row, entry: self.entries.size(), hash })
    }

    /// Judges an entry without taking it.
    pub(super) fn judge(&self, bytes: &[u8]) -> Result<NextEntry, Misuse> {
        let entry = Entry::from_bytes(bytes)?;
        let next = self.entries.size();
        if entry.log != self.log {
            return Err(Misuse::OtherLog);
        }
        if entry.index != next {
            return Err(Misuse::NotNext { asked: entry.index, next });
        }
        if self.last_time.is_some_and(|last| entry.time < last) {
            return Err(Misuse::TimeBackwards);
        }
        let payload = entry.change.payload()?;
        let (count, root, replaces) =
            payload.order.brings().unwrap_or_else(|| (0, Frontier::new().root(), false));
        if self.pending() != (Pending { count, root }) {
            return Err(Misuse::OtherRecords);
        }
        Ok(NextEntry {
            index: next,
            change: payload.id,
            leaf: leaf_hash(bytes),
            replaces,
            is_fact: payload.is_recalled(),
            mentions: numbers(&payload),
            time: entry.time,
        })
    }

    pub(super) fn take_entry(&mut self, entry: &NextEntry) {
        self.entries.push(entry.leaf);
        self.last_time = Some(entry.time);
        if entry.replaces {
            let pending = u32::try_from(self.pending.size()).unwrap_or(u32::MAX);
            self.first_row = self.records.saturating_sub(pending);
        }
        self.pending = Frontier::new();
    }

    pub(super) const fn check_row(&self, row: u32) -> Result<(), Misuse> {
        if row >= self.first_row && row < self.records { Ok(()) } else { Err(Misuse::UnknownRow { row }) }
    }

    pub(super) const fn check_finished(&self) -> Result<(), Misuse> {
        match self.pending.size() {
            0 => Ok(()),
            _ => Err(Misuse::Unfinished),
        }
    }
}
