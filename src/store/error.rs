//! What can go wrong in a store, sorted by who must act.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::audit::{DecisionError, EntryError};
use crate::change::ChangeError;

/// Why a store did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The caller asked for what must not be.
    #[error(transparent)]
    Misuse(#[from] Misuse),
    /// Somebody must change permissions, the disk, or wait.
    #[error(transparent)]
    Obstacle(#[from] Obstacle),
    /// What is stored is not what was written.
    #[error("{}: {damage}; keep the file, and restore the directory from a copy", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        damage: Damage,
    },
}

/// The caller asked for what must not be; nothing of it was kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Misuse {
    /// The bytes are no entry.
    #[error("the entry {0}")]
    Entry(#[from] EntryError),
    /// The entry's payload is no change that this program knows.
    #[error("the change {0}")]
    Change(#[from] ChangeError),
    /// What was decided has no form that is kept.
    #[error("the decision {0}")]
    Decision(DecisionError),
    /// The entry belongs to another log.
    #[error("the entry belongs to another log")]
    OtherLog,
    /// The entry is not the next one.
    #[error("the entry is for place {asked}, the next is {next}")]
    NotNext {
        /// Its index.
        asked: u64,
        /// The index that it must have.
        next: u64,
    },
    /// The entry is older than the last one.
    #[error("the entry is older than the last one")]
    TimeBackwards,
    /// The change is in the log.
    #[error("the change is in the log at place {index}")]
    Repeated {
        /// Where.
        index: u64,
    },
    /// The entry does not import exactly the records that were put.
    #[error("the entry does not import exactly the records that were put")]
    OtherRecords,
    /// Records were put, and no entry imports them.
    #[error("records were put, and no entry imports them")]
    Unfinished,
    /// No such record was put.
    #[error("there is no row {row}")]
    UnknownRow {
        /// The row.
        row: u32,
    },
    /// The record was stored before there were commitments.
    #[error(
        "row {row} was stored as a whole, before there were commitments: its hash would not hold without its texts"
    )]
    Whole {
        /// The row.
        row: u32,
    },
    /// The rows are used up.
    #[error("there is no row left")]
    TooManyRecords,
    /// An integer is above 2^63 - 1.
    #[error("an integer is too large to be stored")]
    IntegerTooLarge,
    /// The transaction failed before.
    #[error("the transaction failed before; begin again")]
    Aborted,
    /// SQLite refused a statement that this program must not send.
    #[error("SQLite refused a statement (result code {code})")]
    Refused {
        /// The extended result code.
        code: i32,
    },
}

/// Something outside this program is in the way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// There is no store in the directory.
    #[error("{} does not exist", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// There is a store in the directory.
    #[error("{} exists", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The data directory is a file.
    #[error("{} is not a directory", path.display())]
    NotADirectory {
        /// The path.
        path: PathBuf,
    },
    /// A file of the store is a link, a directory, a pipe or a device.
    #[error("{} is not a regular file; put the file itself there", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// A file or directory belongs to another user.
    #[error("{} belongs to user {owner}; run as that user, or chown it", path.display())]
    OtherOwner {
        /// The path.
        path: PathBuf,
        /// The user id of its owner.
        owner: u32,
    },
    /// Other users can write a file or directory, and so could rewrite history.
    #[error("{} can be written by others (mode {mode:04o}); chmod go-w it", path.display())]
    WritableByOthers {
        /// The path.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Another process holds the lock.
    #[error(
        "{}: another process has been writing for more than {} ms; try again, or end it",
        path.display(),
        waited.as_millis()
    )]
    Busy {
        /// The file.
        path: PathBuf,
        /// How long this one waited.
        waited: Duration,
    },
    /// Another process serves the directory.
    #[error("{}: another verifier serves this directory", path.display())]
    Served {
        /// The file.
        path: PathBuf,
    },
    /// The disk is full.
    #[error("{}: the disk is full", path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// The file or its file system is read-only.
    #[error("{} is read-only", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// A newer program made the store.
    #[error("{} is of version {found}; this program knows up to {known}: use a newer one", path.display())]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// The file holds as much as it may, and no part of it has ended, so that it could be dropped.
    #[error("{} holds its quota of {quota} bytes, and no segment of it has ended", path.display())]
    OverQuota {
        /// The file.
        path: PathBuf,
        /// How much it may hold.
        quota: u64,
    },
    /// The operating system refused.
    #[error("{}: {kind}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        kind: io::ErrorKind,
    },
    /// The operating system refused SQLite.
    #[error("{}: reading or writing failed (SQLite result code {code})", path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// The extended result code.
        code: i32,
    },
}

/// How stored data are damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The file is empty.
    #[error("is empty")]
    Empty,
    /// The file is no SQLite database.
    #[error("is not a SQLite database")]
    NotADatabase,
    /// The database is another program's.
    #[error("is a database of another program")]
    Foreign,
    /// SQLite found pages that do not fit together, or are missing.
    #[error("is corrupt or cut short")]
    Corrupt,
    /// The tables are not those of the version that the file says it has (SQLite's extended result code).
    #[error("has not the tables that it should have (result code {0})")]
    Schema(i32),
    /// A table's value is not what this program writes there.
    #[error("holds a value in table {0} that this program does not write")]
    Value(&'static str),
    /// The head tells another number of entries than there are.
    #[error("has {entries} entries and a head of {head}")]
    Tail {
        /// One more than the last index.
        entries: u64,
        /// The size in the head.
        head: u64,
    },
}

impl StoreError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Misuse(misuse) => misuse.code(),
            Self::Obstacle(obstacle) => obstacle.code(),
            Self::Damaged { damage, .. } => damage.code(),
        }
    }
}

impl Misuse {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Entry(error) => error.code(),
            Self::Change(error) => error.code(),
            Self::Decision(error) => error.code(),
            Self::OtherLog => "entry_other_log",
            Self::NotNext { .. } => "entry_not_next",
            Self::TimeBackwards => "entry_time_backwards",
            Self::Repeated { .. } => "change_repeated",
            Self::OtherRecords => "import_other_records",
            Self::Unfinished => "import_unfinished",
            Self::UnknownRow { .. } => "row_unknown",
            Self::Whole { .. } => "record_whole",
            Self::TooManyRecords => "too_many_records",
            Self::IntegerTooLarge => "integer_too_large",
            Self::Aborted => "transaction_aborted",
            Self::Refused { .. } => "statement_refused",
        }
    }
}

impl Obstacle {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "store_missing",
            Self::Exists { .. } => "store_exists",
            Self::NotADirectory { .. } => "store_not_a_directory",
            Self::NotAFile { .. } => "store_not_a_file",
            Self::OtherOwner { .. } => "store_other_owner",
            Self::WritableByOthers { .. } => "store_writable_by_others",
            Self::Busy { .. } => "store_busy",
            Self::Served { .. } => "store_served",
            Self::Full { .. } => "disk_full",
            Self::ReadOnly { .. } => "store_read_only",
            Self::TooNew { .. } => "store_too_new",
            Self::OverQuota { .. } => "store_over_quota",
            Self::Io { .. } => "store_io",
            Self::Disk { .. } => "store_disk",
        }
    }

    pub(super) fn io(path: &Path, error: &io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing { path },
            io::ErrorKind::AlreadyExists => Self::Exists { path },
            io::ErrorKind::NotADirectory => Self::NotADirectory { path },
            io::ErrorKind::StorageFull => Self::Full { path },
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path },
            kind => Self::Io { path, kind },
        }
    }
}

impl Damage {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "store_empty",
            Self::NotADatabase => "store_not_a_database",
            Self::Foreign => "store_foreign",
            Self::Corrupt => "store_corrupt",
            Self::Schema(_) => "store_schema",
            Self::Value(_) => "store_value",
            Self::Tail { .. } => "store_tail",
        }
    }

    pub(super) fn of(self, path: &Path) -> StoreError {
        StoreError::Damaged { path: path.to_owned(), damage: self }
    }
}
