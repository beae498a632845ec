//! Reads a whole store again and says what is the first thing wrong with it.

use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;

use super::forgotten::Forgotten;
use super::{EntryRow, Head, RecordRow, StoreError, View};
use crate::audit::{Entry, EntryError, Frontier, LogName, leaf_hash, record_leaf};
use crate::change::{ChangeError, ChangeId};
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

/// The first thing wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("entry {index}: {rule}")]
pub struct Fault {
    /// The entry; for what is wrong with the end of the log, the place after the last entry.
    pub index: u64,
    /// The record, if one is at fault.
    pub row: Option<u32>,
    /// The rule that does not hold.
    pub rule: Rule,
}

/// The rules of a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rule {
    /// The places have no gap.
    #[error("is missing")]
    EntryMissing,
    /// An entry is the canonical bytes of one.
    #[error("{0}")]
    EntryUnreadable(EntryError),
    /// An entry says its own place.
    #[error("says that it is entry {0}")]
    EntryMisplaced(u64),
    /// An entry says its own log.
    #[error("belongs to another log")]
    EntryOfAnotherLog,
    /// An entry hashes to its leaf.
    #[error("does not hash to the stored leaf")]
    EntryChanged,
    /// Time does not go backwards.
    #[error("is older than the entry before it")]
    TimeBackwards,
    /// A change can be read.
    #[error("holds a change that {0}")]
    ChangeUnreadable(ChangeError),
    /// A change is stored under its own id.
    #[error("is stored under the id of another change")]
    ChangeMisfiled,
    /// A change is in the log once.
    #[error("repeats a change")]
    ChangeRepeated,
    /// Whoever looks for a change finds its entry.
    #[error("is not where its change is looked for")]
    ChangeLost,
    /// The list of facts is that of the entries.
    #[error("is a fact that the list of facts leaves out, or is none and in it")]
    FactsListed,
    /// The rows have no gap, and an import has as many as it says.
    #[error("has fewer records than it says")]
    RecordMissing,
    /// A record hashes to its stored hash.
    #[error("has a record that does not hash to the stored hash")]
    RecordChanged,
    /// A record belongs to the import whose turn it is.
    #[error("has a record that is not of this import")]
    RecordMisplaced,
    /// An import's records hash to its root.
    #[error("has records that do not hash to its root")]
    ImportRoot,
    /// A record's texts are forgotten by an entry alone.
    #[error("has a record whose texts are gone, and no entry says that they are forgotten")]
    RecordForgotten,
    /// What an entry says is forgotten is gone.
    #[error("has a record whose texts are there, and a later entry says that they are forgotten")]
    RecordKept,
    /// A text is that of its commitment.
    #[error("has a text that does not open its commitment")]
    TextChanged,
    /// A text is forgotten by an entry alone.
    #[error("has a text that is gone, and no entry says that it is forgotten")]
    TextForgotten,
    /// What an entry says is forgotten is gone.
    #[error("has a text that is there, and a later entry says that it is forgotten")]
    TextKept,
    /// A text beside the log is an entry's.
    #[error("is none, and a text lies beside the log that no entry has")]
    TextUnknown,
    /// The head counts the entries.
    #[error("the head counts {0} entries")]
    HeadSize(u64),
    /// The head has the root of the entries.
    #[error("the head has another root")]
    HeadRoot,
    /// The head has the time of the last entry.
    #[error("the head has another time")]
    HeadTime,
    /// The head counts the records.
    #[error("the head counts {0} records")]
    HeadRecords(u32),
    /// The head knows where the registry begins.
    #[error("the head begins the registry at row {0}")]
    HeadFirstRow(u32),
}

impl Rule {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::EntryMissing => "entry_missing",
            Self::EntryUnreadable(error) => error.code(),
            Self::EntryMisplaced(_) => "entry_misplaced",
            Self::EntryOfAnotherLog => "entry_other_log",
            Self::EntryChanged => "entry_changed",
            Self::TimeBackwards => "entry_time_backwards",
            Self::ChangeUnreadable(error) => error.code(),
            Self::ChangeMisfiled => "change_misfiled",
            Self::ChangeRepeated => "change_repeated",
            Self::ChangeLost => "change_lost",
            Self::FactsListed => "facts_differ",
            Self::RecordMissing => "record_missing",
            Self::RecordChanged => "record_changed",
            Self::RecordMisplaced => "record_misplaced",
            Self::ImportRoot => "import_root_differs",
            Self::RecordForgotten => "record_forgotten",
            Self::RecordKept => "record_not_forgotten",
            Self::TextChanged => "text_changed",
            Self::TextForgotten => "text_forgotten",
            Self::TextKept => "text_not_forgotten",
            Self::TextUnknown => "text_unknown",
            Self::HeadSize(_) => "head_size_differs",
            Self::HeadRoot => "head_root_differs",
            Self::HeadTime => "head_time_differs",
            Self::HeadRecords(_) => "head_records_differ",
            Self::HeadFirstRow(_) => "head_first_row_differs",
        }
    }
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

pub(super) fn holds(condition: bool, rule: Rule) -> Result<(), Rule> {
    if condition { Ok(()) } else { Err(rule) }
}
