//! The store in a private directory: one SQLite database in WAL mode.
//!
//! The write lock is SQLite's own (`BEGIN IMMEDIATE`), held per transaction, so any number of processes share
//! a directory. Every commit is on the disk when it returns (`synchronous=FULL`).

mod decisions;
mod guard;
mod notices;
mod reserve;
mod schema;
mod served;
mod transaction;
mod view;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

pub use decisions::{
    Call, Calls, DECISIONS, DecisionFault, DecisionRule, Decisions, DecisionsReport, Keeping, Mark, Minute,
    Recording, Tail, Way,
};

use super::{Damage, Meta, Misuse, Obstacle, Store, StoreError, Transaction, View};
pub use notices::{NOTICES, Notices, Told};
pub use reserve::{RESERVE, RESERVED};
pub use served::{SERVED, Served};

use reserve::Reserve;
use transaction::SqliteTransaction;
use view::SqliteView;

/// The database's name within its directory.
pub const FILE: &str = "authority.db";

/// How long a writer waits for another one, unless told otherwise.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// A handle on the store in a directory.
#[derive(Debug)]
pub struct Sqlite {
    connection: Connection,
    path: PathBuf,
    seen: i64,
    patience: Duration,
    /// Room that is given back when the disk is full, if this directory keeps one.
    reserve: Option<Reserve>,
}

impl Sqlite {
    /// Opens the store in `directory`.
    ///
    /// # Errors
    /// [`Obstacle::Missing`] when there is none; [`StoreError`] when it is not private, not whole, or too new.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        let directory = resolve(directory)?;
        guard::check_directory(&directory)?;
        let path = directory.join(FILE);
        guard::check_files(&path)?;
        let mut connection = connect(&path)?;
        schema::migrate(&mut connection, &path)?;
        schema::use_wal(&connection, &path)?;
        let mut store = Self { connection, path, seen: 0, patience: PATIENCE, reserve: None };
        store.meta()?;
        store.read()?.head()?;
        store.changed()?;
        Ok(store)
    }

    /// Makes an empty store in `directory`, and the directory itself if need be, both private.
    ///
    /// The store appears whole or not at all.
    ///
    /// # Errors
    /// [`Obstacle::Exists`] when there is a database already.
    pub fn create(directory: &Path, meta: &Meta) -> Result<Self, StoreError> {
        guard::make_directory(directory)?;
        let directory = resolve(directory)?;
        guard::check_directory(&directory)?;
        let path = directory.join(FILE);
        if fs::symlink_metadata(&path).is_ok() {
            return Err(Obstacle::Exists { path }.into());
        }
        let draft = directory.join(format!(".{FILE}-{}.new", meta.log));
        let made = write_draft(&draft, meta).and_then(|()| publish(&draft, &path));
        for leftover in guard::siblings(&draft) {
            let _ = fs::remove_file(leftover);
        }
        made?;
        sync_directory(&directory)?;
        Self::open(&directory)
    }

    /// Opens the store in `directory`, or makes it if there is none.
    ///
    /// # Errors
    /// [`StoreError`]; a damaged store is never replaced.
    pub fn open_or_create(directory: &Path, meta: &Meta) -> Result<Self, StoreError> {
        match Self::open(directory) {
            Err(StoreError::Obstacle(Obstacle::Missing { .. })) => {}
            other => return other,
        }
        match Self::create(directory, meta) {
            Err(StoreError::Obstacle(Obstacle::Exists { .. })) => Self::open(directory),
            other => other,
        }
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

    /// Opens, or makes, the store in `directory`, and keeps 16 MiB of the disk for the day when it is full: then a part is
    /// given back at once, since opening takes room, too.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open_with_reserve(directory: &Path, meta: &Meta) -> Result<Self, StoreError> {
        let reserve = Reserve::of(directory);
        let mut opened = Self::open_or_create(directory, meta);
        while opened.as_ref().is_err_and(is_obstacle) && reserve.disk_is_full() && reserve.give() {
            opened = Self::open_or_create(directory, meta);
        }
        let mut store = opened?;
        // Without it everything works but a full disk, and doctor says so.
        let _ = reserve.restock();
        store.reserve = Some(reserve);
        Ok(store)
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn fail(&self, error: &rusqlite::Error) -> StoreError {
        translate(&self.path, self.patience, error)
    }
}

impl Store for Sqlite {
    fn meta(&self) -> Result<Meta, StoreError> {
        view::meta(&self.connection, &self.path)
    }

    fn changed(&mut self) -> Result<bool, StoreError> {
        let version = self
            .connection
            .pragma_query_value(None, "data_version", |row| row.get(0))
            .map_err(|error| self.fail(&error))?;
        Ok(std::mem::replace(&mut self.seen, version) != version)
    }

    fn read(&mut self) -> Result<Box<dyn View + '_>, StoreError> {
        let view = SqliteView::begin(&self.connection, &self.path, "BEGIN", self.patience)?;
        // A deferred transaction sees nothing before it reads, so it reads at once.
        view.head()?;
        Ok(Box::new(view))
    }

    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, StoreError> {
        if let Some(reserve) = self.reserve.as_ref().filter(|reserve| reserve.held() < RESERVED) {
            let _ = reserve.restock();
        }
        let view = SqliteView::begin(&self.connection, &self.path, "BEGIN IMMEDIATE", self.patience)?;
        Ok(Box::new(SqliteTransaction::new(view)?))
    }

    fn another(&self) -> Result<Box<dyn Store>, StoreError> {
        let directory = self.path.parent().unwrap_or(&self.path);
        Ok(Box::new(Self::open(directory)?.with_patience(self.patience)?))
    }

    fn make_room(&mut self, error: &StoreError) -> bool {
        let Some(reserve) = &self.reserve else { return false };
        let told = matches!(error, StoreError::Obstacle(Obstacle::Full { .. }));
        (told || is_obstacle(error) && reserve.disk_is_full()) && reserve.give()
    }

    fn purge(&mut self) -> Result<(), StoreError> {
        let fail = |error: rusqlite::Error| self.fail(&error);
        self.connection.execute_batch("VACUUM").map_err(fail)?;
        // Readers that still need the log file are waited for as a writer is.
        let busy: bool = self
            .connection
            .query_one("PRAGMA wal_checkpoint(TRUNCATE)", (), |row| row.get(0))
            .map_err(|error| self.fail(&error))?;
        if busy {
            return Err(Obstacle::Busy { path: self.path.clone(), waited: self.patience }.into());
        }
        Ok(())
    }
}

/// Whether a full disk may be behind it: SQLite does not always say so.
const fn is_obstacle(error: &StoreError) -> bool {
    matches!(error, StoreError::Obstacle(Obstacle::Full { .. } | Obstacle::Disk { .. } | Obstacle::Io { .. }))
}

/// Writes a database anew to `to`, which must not exist, as one commit left it; others go on meanwhile. Nothing comes
/// along that was forgotten or dropped.
///
/// # Errors
/// [`StoreError`].
pub fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    guard::check_files(from)?;
    guard::make_file(to)?;
    let fail = |error: rusqlite::Error| translate(to, PATIENCE, &error);
    let name =
        to.to_str().ok_or_else(|| Obstacle::Io { path: to.to_owned(), kind: ErrorKind::InvalidInput })?;
    // It writes into a file that is empty, and so keeps its mode.
    connect(from)?.execute("VACUUM INTO ?1", [name]).map_err(fail)?;
    let synced = fs::File::open(to).and_then(|file| file.sync_all());
    Ok(synced.map_err(|error| Obstacle::io(to, &error))?)
}

/// How much room a directory has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Bytes that this user may still write; none when the system does not say.
    pub free: Option<u64>,
    /// Bytes that are kept for a full disk.
    pub reserved: u64,
}

/// The room that a directory has.
pub fn room(directory: &Path) -> Room {
    let reserve = Reserve::of(directory);
    Room { free: reserve.free(), reserved: reserve.held() }
}

/// The directory without links in it, so that SQLite can be told to follow none.
fn resolve(directory: &Path) -> Result<PathBuf, StoreError> {
    Ok(fs::canonicalize(directory).map_err(|error| Obstacle::io(directory, &error))?)
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let fail = |error: rusqlite::Error| translate(path, PATIENCE, &error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW
        | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let connection = Connection::open_with_flags(path, flags).map_err(fail)?;
    connection.busy_timeout(PATIENCE).map_err(fail)?;
    for (option, on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true),
    ] {
        connection.set_db_config(option, on).map_err(fail)?;
    }
    connection.execute_batch(schema::SETTINGS).map_err(fail)?;
    Ok(connection)
}

fn write_draft(draft: &Path, meta: &Meta) -> Result<(), StoreError> {
    guard::make_file(draft)?;
    let mut connection = connect(draft)?;
    schema::create(&mut connection, draft, meta)?;
    connection.close().map_err(|(_, error)| translate(draft, PATIENCE, &error))
}

/// Gives the draft its name, if nobody else took it meanwhile.
fn publish(draft: &Path, path: &Path) -> Result<(), StoreError> {
    Ok(fs::hard_link(draft, path).map_err(|error| Obstacle::io(path, &error))?)
}

fn sync_directory(directory: &Path) -> Result<(), StoreError> {
    Ok(fs::File::open(directory)
        .and_then(|open| open.sync_all())
        .map_err(|error| Obstacle::io(directory, &error))?)
}

/// Whose turn it is after an error of SQLite.
fn translate(path: &Path, waited: Duration, error: &rusqlite::Error) -> StoreError {
    let owned = || path.to_owned();
    let rusqlite::Error::SqliteFailure(failure, _) = error else {
        return match error {
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::QueryReturnedNoRows => Damage::Schema(0).of(path),
            _ => Misuse::Refused { code: 0 }.into(),
        };
    };
    let code = failure.extended_code;
    match failure.code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            Obstacle::Busy { path: owned(), waited }.into()
        }
        ErrorCode::DiskFull => Obstacle::Full { path: owned() }.into(),
        ErrorCode::ReadOnly => Obstacle::ReadOnly { path: owned() }.into(),
        ErrorCode::NotADatabase => Damage::NotADatabase.of(path),
        ErrorCode::DatabaseCorrupt => Damage::Corrupt.of(path),
        ErrorCode::ConstraintViolation
        | ErrorCode::ApiMisuse
        | ErrorCode::TooBig
        | ErrorCode::OperationAborted
        | ErrorCode::OperationInterrupted => Misuse::Refused { code }.into(),
        ErrorCode::Unknown | ErrorCode::TypeMismatch | ErrorCode::SchemaChanged => {
            Damage::Schema(code).of(path)
        }
        _ => Obstacle::Disk { path: owned(), code }.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{LogName, Personal};
    use crate::time::Time;

    fn meta() -> Meta {
        Meta { log: LogName::from_bits(1), created: Time::MIN, origin: None }
    }

    #[test]
    fn after_a_full_disk_nothing_more_is_written_and_nothing_lasts() {
        let place = tempfile::TempDir::new().unwrap();
        let mut store = Sqlite::create(place.path(), &meta()).unwrap();
        let before = store.read().unwrap().head();
        store.connection.execute_batch("PRAGMA max_page_count = 20").unwrap();
        let mut writing = store.begin().unwrap();
        let full = (0..1000).find_map(|_| writing.put_record(&[b'x'; 4000], Personal::Within).err());
        assert_eq!(full.unwrap().code(), "disk_full");
        assert_eq!(writing.put_record(b"x", Personal::Within).unwrap_err().code(), "transaction_aborted");
        assert_eq!(writing.commit().unwrap_err().code(), "transaction_aborted");
        let view = store.read().unwrap();
        assert_eq!(view.head(), before);
        let mut records = 0;
        view.records(0, &mut |_| {
            records += 1;
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
        assert_eq!(records, 0);
    }

    #[test]
    fn every_commit_waits_for_the_disk_and_readers_wait_for_nobody() {
        let place = tempfile::TempDir::new().unwrap();
        drop(Sqlite::create(place.path(), &meta()).unwrap());
        let store = Sqlite::open(place.path()).unwrap();
        let pragma = |name| -> String {
            let read = |row: &rusqlite::Row<'_>| row.get::<_, rusqlite::types::Value>(0);
            format!("{:?}", store.connection.pragma_query_value(None, name, read).unwrap())
        };
        assert_eq!(pragma("journal_mode"), "Text(\"wal\")");
        assert_eq!(pragma("synchronous"), "Integer(2)");
        assert_eq!(pragma("foreign_keys"), "Integer(1)");
        assert_eq!(pragma("trusted_schema"), "Integer(0)");
        assert_eq!(pragma("busy_timeout"), "Integer(10000)");
    }
}
