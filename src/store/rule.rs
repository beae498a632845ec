//! The rules of a log, and the first of them that does not hold.

use crate::audit::EntryError;
use crate::change::ChangeError;

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
    /// Whoever looks for what became of an agent finds every entry that mentions it.
    #[error("mentions an agent that the index of mentions leaves out, or none that is in it")]
    MentionsListed,
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
            Self::MentionsListed => "mentions_differ",
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

pub(super) fn holds(condition: bool, rule: Rule) -> Result<(), Rule> {
    if condition { Ok(()) } else { Err(rule) }
}
