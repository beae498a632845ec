//! Why an input is refused: where, what is wrong, what to do; never what the input said.

use std::fmt;
use std::io;

use crate::identity::{Did, RecordError};

/// Where a record starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line of the file, from 1.
    pub line: u64,
    /// How many records came before it.
    pub index: u64,
}

/// What is wrong with an input, sorted by who must act: the file's author, the record's, the machine's owner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// There is nothing, or nothing but white space.
    #[error("the input is empty")]
    Empty,
    /// There is JSON, but no records where records can be.
    #[error("the input holds no list of records")]
    NoRecords,
    /// The wrapping object holds two lists of records.
    #[error("the input holds a second list of records")]
    SecondList,
    /// The bytes are not UTF-8.
    #[error("the text is not UTF-8")]
    NotUtf8,
    /// The input ends inside a record or a list.
    #[error("the input ends too early")]
    Truncated,
    /// The brackets, commas and quotes around or in a record do not fit together.
    #[error("the JSON is broken: {expected} was expected")]
    Structure {
        /// What should have stood there.
        expected: &'static str,
    },
    /// Something follows the end of the list.
    #[error("text follows the end of the list")]
    TrailingText,
    /// Arrays and objects nest deeper than 64 levels, the wrapper not counted.
    #[error("the record nests deeper than 64 levels")]
    TooDeep,
    /// A record is longer than [`super::MAX_RECORD`].
    #[error("the record is longer than 1 MiB")]
    TooLong,
    /// The record itself is refused.
    #[error("{}", Plain(.0))]
    Record(RecordError),
    /// An earlier record has the same DID; only a registry can know that.
    #[error("the DID is that of record {} in line {} already", .first.index.saturating_add(1), .first.line)]
    Duplicate {
        /// The earlier record.
        first: Place,
    },
    /// The input could not be read on.
    #[error("the input cannot be read: {0}")]
    Read(io::ErrorKind),
    /// The refused records could not be written beside.
    #[error("the refused records cannot be written: {0}")]
    Sink(io::ErrorKind),
    /// Whoever took the records wants no more of them.
    #[error("the reading was stopped")]
    Stopped,
}

/// An input refused at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IngestError(Box<Detail>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Detail {
    place: Place,
    did: Option<Did>,
    fault: Fault,
    recoverable: bool,
}

/// The members of the record format; other names come from outside and are not repeated.
const KNOWN: [&str; 19] = [
    "did",
    "name",
    "description",
    "public_key",
    "verification_key_id",
    "sponsor_email",
    "sponsor_verified",
    "organization",
    "organization_id",
    "capabilities",
    "created_at",
    "updated_at",
    "expires_at",
    "status",
    "revocation_reason",
    "parent_did",
    "delegation_depth",
    "max_initial_trust_score",
    "trust_score",
];

struct Plain<'e>(&'e RecordError);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0, self.0.field()) {
            (error, Some(field)) if KNOWN.contains(&field) => write!(out, "field {error}"),
            (RecordError::Duplicate { .. }, _) => out.write_str("a field of its own is named twice"),
            (RecordError::Unknown { fault, .. }, _) => write!(out, "a field of its own: {fault}"),
            (error, _) => write!(out, "the record {error}"),
        }
    }
}

impl Fault {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "input_empty",
            Self::NoRecords => "input_no_records",
            Self::SecondList => "input_second_list",
            Self::NotUtf8 => "input_not_utf8",
            Self::Truncated => "input_truncated",
            Self::Structure { .. } => "input_broken",
            Self::TrailingText => "input_trailing_text",
            Self::TooDeep => "record_too_deep",
            Self::TooLong => "record_too_long",
            Self::Record(error) => error.code(),
            Self::Duplicate { .. } => "duplicate_did",
            Self::Read(_) => "input_unreadable",
            Self::Sink(_) => "refused_unwritable",
            Self::Stopped => "input_stopped",
        }
    }

    /// What to do about it.
    pub const fn fix(&self) -> &'static str {
        match self {
            Self::Empty | Self::NoRecords => {
                "give a JSON array of records, {\"identities\": [...]}, {\"agents\": [...]}, or one record per line"
            }
            Self::SecondList => "keep one of \"identities\" and \"agents\"",
            Self::NotUtf8 => "save the file as UTF-8",
            Self::Truncated => "fetch the whole file again",
            Self::Structure { .. } => "write the file again with a JSON library",
            Self::TrailingText => "remove what follows, or write one record per line",
            Self::TooDeep => "flatten it",
            Self::TooLong => "shorten it; a record has a few hundred bytes",
            Self::Record(error) => error.fix(),
            Self::Duplicate { .. } => "keep one of the two",
            Self::Read(_) => "check the path, its permissions and the disk",
            Self::Sink(_) => "check the disk and the directory's permissions",
            Self::Stopped => "see the reason beside",
        }
    }

    /// Whether one record is at fault, not the input around it.
    pub const fn is_of_a_record(&self) -> bool {
        matches!(
            self,
            Self::NotUtf8
                | Self::Truncated
                | Self::Structure { .. }
                | Self::TooDeep
                | Self::TooLong
                | Self::Record(_)
                | Self::Duplicate { .. }
        )
    }
}

impl IngestError {
    pub(super) fn new(fault: Fault, place: Place, did: Option<Did>, recoverable: bool) -> Self {
        Self(Box::new(Detail { place, did, fault, recoverable }))
    }

    /// Where the record at fault starts, or where the input breaks.
    pub fn place(&self) -> Place {
        self.0.place
    }

    /// The DID of the record, if that much of it could be read.
    pub fn did(&self) -> Option<&Did> {
        self.0.did.as_ref()
    }

    /// What is wrong.
    pub fn fault(&self) -> &Fault {
        &self.0.fault
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.0.fault.code()
    }

    /// Whether the reading can go on at the next record, because it is known where that starts.
    pub fn recoverable(&self) -> bool {
        self.0.recoverable
    }
}

/// `12: record 3 (did:mesh:ab): field name is blank. Fix: name the agent.` with records counted from 1;
/// the caller puts the file's name and a colon before it.
impl fmt::Display for IngestError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Detail { place, did, fault, .. } = self.0.as_ref();
        write!(out, "{}: ", place.line)?;
        if fault.is_of_a_record() {
            write!(out, "record {}", place.index.saturating_add(1))?;
            if let Some(did) = did {
                write!(out, " ({did})")?;
            }
            out.write_str(": ")?;
        }
        write!(out, "{fault}. Fix: {}.", fault.fix())
    }
}

impl std::error::Error for IngestError {}
