//! Reads a whole store again and says what is the first thing wrong with it.

use std::ops::ControlFlow;

use super::forgotten::Forgotten;
use super::ledger::numbers;
use super::rule::{Fault, Rule, holds};
use super::{EntryRow, Head, RecordRow, StoreError, View};
use crate::audit::{Entry, Frontier, LogName, leaf_hash, record_leaf};
use crate::change::{ChangeId, Payload};
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
    let mut check = Check::default();
    view.entries(0, &mut |row| {
        let judged = row.judge(log);
        let judged = judged.as_ref().map(|(entry, payload)| (entry.time, payload)).map_err(Clone::clone);
        if check.follow(&row, judged) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    check.finish(view)
}

impl EntryRow<'_> {
    /// Reads an entry, and judges what can be judged without those before it.
    ///
    /// # Errors
    /// The first [`Rule`] that does not hold.
    pub fn judge(&self, log: LogName) -> Result<(Entry, Payload), Rule> {
        holds(leaf_hash(self.bytes) == self.leaf, Rule::EntryChanged)?;
        let entry = Entry::from_bytes(self.bytes).map_err(Rule::EntryUnreadable)?;
        holds(entry.index == self.index, Rule::EntryMisplaced(entry.index))?;
        holds(entry.log == log, Rule::EntryOfAnotherLog)?;
        let payload = entry.change.payload().map_err(Rule::ChangeUnreadable)?;
        holds(payload.id == self.change, Rule::ChangeMisfiled)?;
        Ok((entry, payload))
    }
}

/// A verification under way: whoever reads the entries for more than that reads each but once.
#[derive(Default)]
pub struct Check {
    fault: Option<Fault>,
    frontier: Frontier,
    last_time: Option<Time>,
    changes: Vec<(ChangeId, u64)>,
    imports: Vec<(u64, Brought)>,
    facts: Vec<u64>,
    mentions: Vec<(u64, u64)>,
    forgotten: Forgotten,
    rows: u64,
    first_row: u64,
}

impl Check {
    /// Follows the next entry, as [`EntryRow::judge`] judged it; false from the first on with which something is wrong.
    pub fn follow(&mut self, row: &EntryRow<'_>, judged: Result<(Time, &Payload), Rule>) -> bool {
        if self.fault.is_some() {
            return false;
        }
        let index = self.frontier.size();
        let in_order = holds(row.index == index, Rule::EntryMissing).and(judged).and_then(|read| {
            holds(self.last_time.is_none_or(|last| last <= read.0), Rule::TimeBackwards)?;
            Ok(read)
        });
        match in_order {
            Ok((time, payload)) => self.take(index, (row.leaf, time), payload),
            Err(rule) => self.fault = Some(Fault { index, row: None, rule }),
        }
        self.fault.is_none()
    }

    fn take(&mut self, index: u64, (leaf, time): (Digest32, Time), payload: &Payload) {
        self.changes.push((payload.id, index));
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
        self.mentions.extend(numbers(payload).into_iter().map(|number| (number, index)));
        self.frontier.push(leaf);
        self.last_time = Some(time);
    }

    /// Checks the head, the lists and the records against the entries that were followed, all that there are.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub fn finish(mut self, view: &dyn View) -> Result<Verification, StoreError> {
        let head = view.head()?;
        let lost = self.check_changes(view)?;
        let listed = self.check_facts(view)?;
        let mentioned = self.check_mentions(view)?;
        let fault = self.fault.take().or(lost);
        let fault = fault.or_else(|| self.check_head(&head).err()).or(listed).or(mentioned);

        let text_fault = self.forgotten.check_texts(view)?;
        let mut records = Records::new(std::mem::take(&mut self.imports), &self.forgotten);
        let mut record_fault = None;
        view.records(0, &mut |row| stop_at(&mut record_fault, records.check(row)))?;
        let whole = fault.is_none();
        let record_fault = record_fault.or_else(|| records.check_end(&head, whole).err());

        Ok(match [fault, record_fault, text_fault].into_iter().flatten().min_by_key(|fault| fault.index) {
            Some(fault) => Verification::Broken(fault),
            None => Verification::Sound(head),
        })
    }

    /// A change that is not found where it is looked for would be carried out a second time.
    fn check_changes(&mut self, view: &dyn View) -> Result<Option<Fault>, StoreError> {
        // The list is sorted too: one walk along both.
        self.changes.sort_unstable();
        let twice = self.changes.windows(2).filter_map(|pair| match pair {
            [(one, _), (other, again)] if one == other => Some(*again),
            _ => None,
        });
        let fault = |rule| move |index| Fault { index, row: None, rule };
        let repeated = twice.min().map(fault(Rule::ChangeRepeated));
        let mut told = self.changes.iter();
        let mut lost = None;
        view.changes(&mut |change, index| match told.next() {
            Some(told) if *told == (change, index) => ControlFlow::Continue(()),
            told => {
                // Whichever comes first is not in the other.
                lost = Some(told.filter(|told| **told < (change, index)).map_or(index, |(_, index)| *index));
                ControlFlow::Break(())
            }
        })?;
        let lost = lost.or_else(|| told.next().map(|(_, index)| *index));
        Ok(repeated.or_else(|| lost.map(fault(Rule::ChangeLost))))
    }

    /// Whoever opens the store without folding it reads the listed entries and no others.
    fn check_facts(&self, view: &dyn View) -> Result<Option<Fault>, StoreError> {
        let mut told = self.facts.iter().copied();
        let mut wrong = None;
        view.facts(&mut |row| {
            let next = told.next();
            wrong = (next != Some(row.index)).then(|| next.map_or(row.index, |next| next.min(row.index)));
            if wrong.is_none() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        let wrong = wrong.or_else(|| told.next());
        Ok(wrong.map(|index| Fault { index, row: None, rule: Rule::FactsListed }))
    }

    /// Whoever asks what became of an agent reads the entries under its mentions and no others.
    fn check_mentions(&mut self, view: &dyn View) -> Result<Option<Fault>, StoreError> {
        self.mentions.sort_unstable();
        let mut told = self.mentions.iter().copied();
        let mut wrong = None;
        view.mentions(&mut |number, index| {
            let next = told.next();
            let lost = next.filter(|next| *next < (number, index));
            wrong = (next != Some((number, index))).then(|| lost.map_or(index, |(_, index)| index));
            if wrong.is_none() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        let wrong = wrong.or_else(|| told.next().map(|(_, index)| index));
        Ok(wrong.map(|index| Fault { index, row: None, rule: Rule::MentionsListed }))
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

fn stop_at(fault: &mut Option<Fault>, checked: Result<(), Fault>) -> ControlFlow<()> {
    match checked {
        Ok(()) => ControlFlow::Continue(()),
        Err(found) => {
            *fault = Some(found);
            ControlFlow::Break(())
        }
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
