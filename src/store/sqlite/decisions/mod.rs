//! The decision log: a file of its own, so that nothing that happens to it stops a change.
//!
//! Entries lie in segments. A segment ends by size or age with a signed head; when the file grows beyond its quota, the
//! oldest ended segments are dropped and their heads stay. Proofs that were seen are known as long as they count,
//! whatever is dropped.

mod calls;
mod index;
mod marked;
mod migrate;
mod minutes;
mod page;
mod parts;
mod read;
mod record;
mod schema;
mod seen;
mod verify;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::{Connection, Row, params};

use super::super::{Damage, Obstacle, StoreError};
use super::{PATIENCE, connect, guard, publish, resolve, sync_directory, translate};
use crate::audit::{Frontier, LogName};
use crate::time::{Span, Time};

pub use calls::{Call, Calls, Way};
pub use index::Mark;
pub use minutes::Minute;
pub use record::Recording;
pub use verify::{DecisionFault, DecisionRule, DecisionsReport};

/// The decision log's name within its directory.
pub const DECISIONS: &str = "decisions.db";

/// The log file has so many pages, 8 MiB, before they are moved into the database: as many as take so little time that
/// nobody is kept waiting meanwhile.
const CHECKPOINT_PAGES: u32 = 1024;

/// After a burst it is cut to so many bytes.
const MAX_WAL_BYTES: u32 = 32 << 20;

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keeping {
    /// A segment ends when its entries have so many bytes.
    pub segment_bytes: u64,
    /// A segment ends so long after it began.
    pub segment_age: Span,
    /// The file has at most so many bytes, a segment more or less.
    pub quota: u64,
}

/// A handle on the decision log of a directory.
pub struct Decisions {
    connection: Connection,
    path: PathBuf,
    patience: Duration,
    keeping: Keeping,
    known: parts::Known,
    seen: seen::Seen,
}

/// The end of the decision log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tail {
    /// The log that it belongs to.
    pub log: LogName,
    /// Its right edge: how many entries there were, and their root.
    pub frontier: Frontier,
    /// The time of the last one.
    pub last_time: Option<Time>,
    /// When the segment that is not ended began; none before its first entry.
    pub opened: Option<Time>,
    /// How many bytes its entries have.
    pub bytes: u64,
}

impl Default for Keeping {
    fn default() -> Self {
        Self { segment_bytes: 4 << 20, segment_age: Span::seconds(86_400), quota: 256 << 20 }
    }
}

impl Decisions {
    /// Opens the decision log of `directory`, or makes it if there is none.
    ///
    /// # Errors
    /// [`StoreError`]; a damaged file, or one of another log, is never replaced.
    pub fn open_or_create(directory: &Path, log: LogName, keeping: Keeping) -> Result<Self, StoreError> {
        let directory = resolve(directory)?;
        guard::check_directory(&directory)?;
        let path = directory.join(DECISIONS);
        if fs::symlink_metadata(&path).is_err() {
            create(&directory, &path, log)?;
        }
        Self::open_file(path, log, keeping)
    }

    /// Opens the decision log of `directory`; none when there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(directory: &Path, log: LogName, keeping: Keeping) -> Result<Option<Self>, StoreError> {
        let directory = resolve(directory)?;
        guard::check_directory(&directory)?;
        let path = directory.join(DECISIONS);
        if fs::symlink_metadata(&path).is_err() {
            return Ok(None);
        }
        Self::open_file(path, log, keeping).map(Some)
    }

    fn open_file(path: PathBuf, log: LogName, keeping: Keeping) -> Result<Self, StoreError> {
        guard::check_files(&path)?;
        let connection = connect(&path)?;
        let mut this = Self {
            connection,
            path,
            patience: PATIENCE,
            keeping,
            known: parts::Known::default(),
            seen: seen::Seen::default(),
        };
        if this.pragma("application_id")? != schema::APPLICATION_ID {
            return Err(Damage::Foreign.of(&this.path));
        }
        if (1..schema::VERSION).contains(&this.pragma("user_version")?) {
            this.migrate()?;
        }
        let found = this.pragma("user_version")?;
        if found != schema::VERSION {
            return Err(Obstacle::TooNew { path: this.path, found, known: schema::VERSION }.into());
        }
        super::schema::use_wal(&this.connection, &this.path)?;
        // A page that many verdicts touch is moved from the log file into the database once for all of them.
        this.connection
            .pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)
            // The file keeps its length: to grow it anew each time costs more than to write it.
            .and_then(|()| this.connection.pragma_update(None, "journal_size_limit", MAX_WAL_BYTES))
            .map_err(|error| this.fail(&error))?;
        if this.tail()?.log != log {
            return Err(Damage::Foreign.of(&this.path));
        }
        Ok(this)
    }

    /// The same handle, waiting this long for another writer.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn with_patience(mut self, patience: Duration) -> Result<Self, StoreError> {
        self.patience = patience;
        self.connection.busy_timeout(patience).map_err(|error| self.fail(&error))?;
        Ok(self)
    }

    /// The end of the log.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn tail(&self) -> Result<Tail, StoreError> {
        let sql = "SELECT log, size, peaks, last_time, opened, bytes FROM head WHERE one = 1";
        let read = self
            .connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_one((), |row| Ok(read_tail(row))));
        let tail = read.map_err(|error| self.fail(&error))?;
        tail.ok_or_else(|| Damage::Value("head").of(&self.path))
    }

    fn pragma(&self, name: &str) -> Result<i64, StoreError> {
        let read = self.connection.pragma_query_value(None, name, |row| row.get(0));
        read.map_err(|error| self.fail(&error))
    }

    pub(super) fn fail(&self, error: &rusqlite::Error) -> StoreError {
        translate(&self.path, self.patience, error)
    }
}

fn read_tail(row: &Row<'_>) -> Option<Tail> {
    let unsigned = |at: usize| -> Option<u64> { row.get::<_, i64>(at).ok()?.try_into().ok() };
    let time = |at: usize| -> Option<Option<Time>> {
        match row.get::<_, Option<i64>>(at).ok()? {
            None => Some(None),
            Some(micros) => Time::from_micros(micros).map(Some),
        }
    };
    let log: [u8; 16] = row.get::<_, Vec<u8>>(0).ok()?.try_into().ok()?;
    Some(Tail {
        log: LogName::from_bits(u128::from_be_bytes(log)),
        frontier: frontier(unsigned(1)?, &row.get::<_, Vec<u8>>(2).ok()?)?,
        last_time: time(3)?,
        opened: time(4)?,
        bytes: unsigned(5)?,
    })
}

fn frontier(size: u64, peaks: &[u8]) -> Option<Frontier> {
    let (peaks, rest) = peaks.as_chunks::<32>();
    if rest.is_empty() { Frontier::from_parts(size, peaks.to_vec()) } else { None }
}

/// Makes an empty decision log; it appears whole or not at all, and whoever was faster made it.
fn create(directory: &Path, path: &Path, log: LogName) -> Result<(), StoreError> {
    static DRAFTS: AtomicU64 = AtomicU64::new(0);
    let (process, number) = (std::process::id(), DRAFTS.fetch_add(1, Ordering::Relaxed));
    let draft = directory.join(format!(".{DECISIONS}-{process}-{number}.new"));
    let made = write_draft(&draft, log).and_then(|()| publish(&draft, path));
    for leftover in guard::siblings(&draft) {
        let _ = fs::remove_file(leftover);
    }
    match made {
        Ok(()) => sync_directory(directory),
        Err(StoreError::Obstacle(Obstacle::Exists { .. })) if path.exists() => Ok(()),
        Err(error) => Err(error),
    }
}

fn write_draft(draft: &Path, log: LogName) -> Result<(), StoreError> {
    let fail = |error: rusqlite::Error| translate(draft, PATIENCE, &error);
    for leftover in guard::siblings(draft) {
        let _ = fs::remove_file(leftover);
    }
    guard::make_file(draft)?;
    let mut connection = connect(draft)?;
    connection.execute_batch("PRAGMA page_size = 8192").map_err(fail)?;
    let transaction = connection.transaction().map_err(fail)?;
    transaction.execute_batch(schema::TABLES).map_err(fail)?;
    let sql = "INSERT INTO head (one, log, size, peaks, bytes) VALUES (1, ?1, 0, x'', 0)";
    transaction.execute(sql, params![log.bits().to_be_bytes()]).map_err(fail)?;
    let (id, version) = (schema::APPLICATION_ID, schema::VERSION);
    transaction
        .execute_batch(&format!("PRAGMA application_id = {id}; PRAGMA user_version = {version}"))
        .map_err(fail)?;
    transaction.commit().map_err(fail)?;
    // Before anybody else opens it: two that switch at once would be in each other's way.
    super::schema::use_wal(&connection, draft)?;
    connection.close().map_err(|(_, error)| fail(error))
}
