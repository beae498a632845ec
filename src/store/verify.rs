//! Reads a whole store again and says what is the first thing wrong with it.

use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;

use super::forgotten::Forgotten;
use super::rule::{Fault, Rule, holds};
use super::{EntryRow, Head, RecordRow, StoreError, View};
use crate::audit::{Entry, Frontier, LogName, leaf_hash, record_leaf};
use crate::change::ChangeId;
use crate::encoding::Digest32;
use crate::time::Time;

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verification {
    /// Every entry and every record is what the head says.
    Sound(Head),
    /// Something is not.
    Broken(Fault),
}

/// Reads every entry and every record of the log named `log`, and checks them against each other and the head.
///
/// Whether the cached standings are the fold of the entries is for the warden to say.
///
/// # Errors
/// [`StoreError`] when the store cannot be read.
pub fn verify(view: &dyn View, log: LogName) -> Result<Verification, StoreError> {
    let head = view.head()?;
    let mut entries = Entries::new(log);
    let mut fault = None;
    view.entries(0, &mut |row| stop_at(&mut fault, entries.check(row)))?;
    let mut listed = Vec::with_capacity(entries.facts.len());
    view.facts(&mut |row| {
        listed.push(row.index);
        ControlFlow::Continue(())
    })?;
    let mut looked_for = Vec::with_capacity(entries.changes.len());
    view.changes(&mut |change, index| {
        looked_for.push((change, index));
        ControlFlow::Continue(())
    })?;
    let fault = fault.or_else(|| entries.check_changes(&looked_for).err());
    let fault = fault.or_else(|| entries.check_head(&head).and_then(|()| entries.check_facts(&listed)).err());

    let text_fault = entries.forgotten.check_texts(view)?;
    let mut records = Records::new(std::mem::take(&mut entries.imports), &entries.forgotten);
    let mut record_fault = None;
    view.records(0, &mut |row| stop_at(&mut record_fault, records.check(row)))?;
    let whole = fault.is_none();
    let record_fault = record_fault.or_else(|| records.check_end(&head, whole).err());

    Ok(match [fault, record_fault, text_fault].into_iter().flatten().min_by_key(|fault| fault.index) {
        Some(fault) => Verification::Broken(fault),
        None => Verification::Sound(head),
    })
}

fn stop_at(fault: &mut Option<Fault>, checked: Result<(), Fault>) -> ControlFlow<()> {
    match checked {
        Ok(()) => ControlFlow::Continue(()),
        Err(found) => {
            *fault = Some(found);
            ControlFlow::Break(())
        }
    }
}

struct Entries {
    log: LogName,
    frontier: Frontier,
    last_time: Option<Time>,
    changes: HashMap<ChangeId, u64>,
    imports: Vec<(u64, Brought)>,
    facts: Vec<u64>,
    forgotten: Forgotten,
    rows: u64,
    first_row: u64,
}

impl Entries {
    fn new(log: LogName) -> Self {
        Self {
            log,
            frontier: Frontier::new(),
            last_time: None,
            changes: HashMap::new(),
            imports: Vec::new(),
            facts: Vec::new(),
            forgotten: Forgotten::default(),
            rows: 0,
            first_row: 0,
        }
    }

    fn check(&mut self, row: EntryRow<'_>) -> Result<(), Fault> {
        let index = self.frontier.size();
        self.follow(index, row).map_err(|rule| Fault { index, row: None, rule })
    }

    fn follow(&mut self, index: u64, row: EntryRow<'_>) -> Result<(), Rule> {
        holds(row.index == index, Rule::EntryMissing)?;
        holds(leaf_hash(row.bytes) == row.leaf, Rule::EntryChanged)?;
        let entry = Entry::from_bytes(row.bytes).map_err(Rule::EntryUnreadable)?;
        holds(entry.index == index, Rule::EntryMisplaced(entry.index))?;
        holds(entry.log == self.log, Rule::EntryOfAnotherLog)?;
        holds(self.last_time.is_none_or(|last| last <= entry.time), Rule::TimeBackwards)?;
        let payload = entry.change.payload().map_err(Rule::ChangeUnreadable)?;
        holds(payload.id == row.change, Rule::ChangeMisfiled)?;
        holds(self.changes.insert(payload.id, index).is_none(), Rule::ChangeRepeated)?;
        if let Some((count, root, replaces)) = payload.order.brings() {
            if replaces {
                self.first_row = self.rows;
            }
            self.rows = self.rows.saturating_add(count);
            self.imports.push((index, Brought { count, root }));
        }
        if let Some(fact) = payload.order.fact() {
            self.forgotten.follow(index, fact);
        }
        if payload.is_recalled() {
            self.facts.push(index);
        }
        self.frontier.push(row.leaf);
        self.last_time = Some(entry.time);
        Ok(())
    }

    /// A change that is not found where it is looked for would be carried out a second time.
    fn check_changes(&self, looked_for: &[(ChangeId, u64)]) -> Result<(), Fault> {
        let wrong = looked_for.iter().find(|(change, index)| self.changes.get(change) != Some(index));
        let missing = looked_for.len() != self.changes.len();
        match wrong.map(|(_, index)| *index).or_else(|| missing.then_some(self.frontier.size())) {
            None => Ok(()),
            Some(index) => Err(Fault { index, row: None, rule: Rule::ChangeLost }),
        }
    }

    /// Whoever opens the store without folding it reads the listed entries and no others.
    fn check_facts(&self, listed: &[u64]) -> Result<(), Fault> {
        let told: BTreeSet<&u64> = self.facts.iter().collect();
        match told.symmetric_difference(&listed.iter().collect()).next() {
            None => Ok(()),
            Some(index) => Err(Fault { index: **index, row: None, rule: Rule::FactsListed }),
        }
    }

    fn check_head(&self, head: &Head) -> Result<(), Fault> {
        let at_the_end = |rule| Fault { index: self.frontier.size(), row: None, rule };
        holds(head.size == self.frontier.size(), Rule::HeadSize(head.size)).map_err(at_the_end)?;
        holds(head.root == self.frontier.root(), Rule::HeadRoot).map_err(at_the_end)?;
        holds(head.last_time == self.last_time, Rule::HeadTime).map_err(at_the_end)?;
        holds(u64::from(head.first_row) == self.first_row, Rule::HeadFirstRow(head.first_row))
            .map_err(at_the_end)
    }
}

/// The records that an entry says it brings.
struct Brought {
    count: u64,
    root: Digest32,
}

/// The records against the imports that the entries told of.
struct Records<'f> {
    forgotten: &'f Forgotten,
    imports: std::vec::IntoIter<(u64, Brought)>,
    open: Option<(u64, Brought)>,
    grown: Frontier,
    next_row: u32,
}

impl<'f> Records<'f> {
    fn new(imports: Vec<(u64, Brought)>, forgotten: &'f Forgotten) -> Self {
        Self { forgotten, imports: imports.into_iter(), open: None, grown: Frontier::new(), next_row: 0 }
    }

    fn check(&mut self, row: RecordRow<'_>) -> Result<(), Fault> {
        while self.open.as_ref().is_none_or(|(_, import)| self.grown.size() >= import.count) {
            self.close()?;
            self.open = self.imports.next();
            self.grown = Frontier::new();
            if self.open.is_none() {
                return Err(self.fault(row.entry, Rule::RecordMisplaced));
            }
        }
        let index = self.open.as_ref().map_or(row.entry, |(index, _)| *index);
        holds(row.row == self.next_row, Rule::RecordMissing).map_err(|rule| self.fault(index, rule))?;
        holds(row.entry == index, Rule::RecordMisplaced).map_err(|rule| self.fault(index, rule))?;
        holds(record_leaf(row.bytes, row.personal) == row.hash, Rule::RecordChanged)
            .and_then(|()| self.forgotten.check_record(&row))
            .map_err(|rule| self.fault(index, rule))?;
        self.grown.push(row.hash);
        self.next_row = self.next_row.saturating_add(1);
        Ok(())
    }

    fn close(&self) -> Result<(), Fault> {
        let Some((index, import)) = &self.open else {
            return Ok(());
        };
        let rule = if self.grown.size() < import.count {
            Rule::RecordMissing
        } else if self.grown.root() != import.root {
            Rule::ImportRoot
        } else {
            return Ok(());
        };
        Err(Fault { index: *index, row: None, rule })
    }

    /// After the last record; the head is compared only when the entries were `whole`.
    fn check_end(&mut self, head: &Head, whole: bool) -> Result<(), Fault> {
        loop {
            self.close()?;
            self.grown = Frontier::new();
            self.open = self.imports.next();
            if self.open.is_none() {
                break;
            }
        }
        holds(!whole || head.records == self.next_row, Rule::HeadRecords(head.records))
            .map_err(|rule| Fault { index: head.size, row: None, rule })
    }

    fn fault(&self, index: u64, rule: Rule) -> Fault {
        Fault { index, row: Some(self.next_row), rule }
    }
}
