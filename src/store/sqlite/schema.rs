//! The tables, and how each version became the next.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, TransactionBehavior, params};

use super::super::ledger::numbers;
use super::super::{Damage, Meta, Misuse, Obstacle, Origin, StoreError};
use super::{PATIENCE, translate};
use crate::audit::Entry;

/// Marks the file as this program's: "mshw".
const APPLICATION_ID: i64 = 0x6d73_6877;

/// What every connection is told.
///
/// `fullfsync` matters on Apple's systems only. The log file is cut back to 16 MiB after a large import.
pub(super) const SETTINGS: &str = "
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = ON;
    PRAGMA checkpoint_fullfsync = ON;
    PRAGMA cell_size_check = ON;
    PRAGMA temp_store = MEMORY;
    PRAGMA secure_delete = ON;
    PRAGMA cache_size = -16384;
    PRAGMA journal_size_limit = 16777216;
";

/// Each brings the database from the version of its place to the next.
const MIGRATIONS: [&str; 4] = [VERSION_1, VERSION_2, VERSION_3, VERSION_4];

/// `records.entry` is no foreign key: the entry comes after its records, and SQLite would look through all
/// records for those that waited for it.
const VERSION_1: &str = "
    CREATE TABLE meta (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        log BLOB NOT NULL CHECK (length(log) = 16),
        created INTEGER NOT NULL,
        origin_path BLOB,
        origin_digest BLOB CHECK (length(origin_digest) = 32),
        origin_size INTEGER,
        origin_modified INTEGER,
        origin_imported INTEGER
    ) STRICT;
    CREATE TABLE head (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        size INTEGER NOT NULL,
        peaks BLOB NOT NULL,
        last_time INTEGER,
        records INTEGER NOT NULL,
        first_row INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE entries (
        number INTEGER PRIMARY KEY,
        change BLOB NOT NULL UNIQUE CHECK (length(change) = 16),
        leaf BLOB NOT NULL CHECK (length(leaf) = 32),
        bytes BLOB NOT NULL
    ) STRICT;
    CREATE TABLE records (
        number INTEGER PRIMARY KEY,
        entry INTEGER NOT NULL,
        hash BLOB NOT NULL CHECK (length(hash) = 32),
        bytes BLOB NOT NULL
    ) STRICT;
    CREATE TABLE standings (
        record INTEGER PRIMARY KEY REFERENCES records (number),
        status TEXT NOT NULL,
        reason TEXT,
        updated_at INTEGER NOT NULL,
        version INTEGER NOT NULL,
        put_by INTEGER,
        until INTEGER,
        sealed_at INTEGER
    ) STRICT;
    CREATE TRIGGER entries_stay BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'entries stay'); END;
    CREATE TRIGGER entries_last BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'entries last'); END;
    INSERT INTO head (one, size, peaks, last_time, records, first_row) VALUES (1, 0, x'', NULL, 0, 0);
";

/// Which entries are read again at every opening: those that no cached row stands for.
const VERSION_2: &str = "
    CREATE TABLE facts (entry INTEGER PRIMARY KEY REFERENCES entries (number)) STRICT;
";

/// Texts that name people, beside what is hashed. A record has an opening, or what is left of it, or was stored whole.
const VERSION_3: &str = "
    ALTER TABLE records ADD COLUMN opening BLOB CHECK (length(opening) >= 16);
    ALTER TABLE records ADD COLUMN commitment BLOB CHECK (commitment IS NULL OR length(commitment) = 32 AND opening IS NULL);
    CREATE TABLE texts (
        number INTEGER PRIMARY KEY,
        commitment BLOB NOT NULL UNIQUE CHECK (length(commitment) = 32),
        opening BLOB CHECK (length(opening) >= 16)
    ) STRICT;
";

/// Whom entries mention, so that nobody reads the whole log for what became of one agent.
const VERSION_4: &str = "
    CREATE TABLE mentions (
        number INTEGER NOT NULL,
        entry INTEGER NOT NULL REFERENCES entries (number),
        PRIMARY KEY (number, entry)
    ) STRICT, WITHOUT ROWID;
";

/// From this version on entries are indexed as they come.
const INDEXED: usize = 4;

/// Fills an empty file.
pub(super) fn create(connection: &mut Connection, path: &Path, meta: &Meta) -> Result<(), StoreError> {
    let fail = |error: rusqlite::Error| translate(path, PATIENCE, &error);
    connection.execute_batch("PRAGMA page_size = 8192").map_err(fail)?;
    let transaction = connection.transaction().map_err(fail)?;
    for migration in MIGRATIONS {
        transaction.execute_batch(migration).map_err(fail)?;
    }
    transaction
        .execute(
            "INSERT INTO meta (one, log, created) VALUES (1, ?1, ?2)",
            params![meta.log.bits().to_be_bytes(), meta.created.micros()],
        )
        .map_err(fail)?;
    if let Some(origin) = &meta.origin {
        set_origin(&transaction, path, origin)?;
    }
    let known = known();
    transaction
        .execute_batch(&format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {known}"))
        .map_err(fail)?;
    transaction.commit().map_err(fail)?;
    use_wal(connection, path)
}

/// Readers do not wait for writers, on a file system that can do that.
pub(super) fn use_wal(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let mode: String = connection
        .pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))
        .map_err(|error| translate(path, PATIENCE, &error))?;
    if mode == "wal" {
        return Ok(());
    }
    Err(Obstacle::Io { path: path.to_owned(), kind: std::io::ErrorKind::Unsupported }.into())
}

/// Brings a database of this program to the newest version.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let fail = |error: rusqlite::Error| translate(path, PATIENCE, &error);
    let pragma = |connection: &Connection, name| -> Result<i64, StoreError> {
        connection.pragma_query_value(None, name, |row| row.get(0)).map_err(fail)
    };
    if pragma(connection, "application_id")? != APPLICATION_ID {
        return Err(Damage::Foreign.of(path));
    }
    let found = pragma(connection, "user_version")?;
    if found > known() {
        return Err(Obstacle::TooNew { path: path.to_owned(), found, known: known() }.into());
    }
    if found == known() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(fail)?;
    // Another process may have been faster.
    let found = pragma(&transaction, "user_version")?;
    let from = usize::try_from(found).ok().filter(|from| *from > 0);
    let missing = from.ok_or_else(|| Damage::Schema(0).of(path))?;
    for migration in MIGRATIONS.iter().skip(missing) {
        transaction.execute_batch(migration).map_err(fail)?;
    }
    if missing < INDEXED {
        index(&transaction).map_err(fail)?;
    }
    transaction.execute_batch(&format!("PRAGMA user_version = {}", known())).map_err(fail)?;
    transaction.commit().map_err(fail)
}

/// Indexes the entries that were there before the index was; what cannot be read names nobody, and is told elsewhere.
fn index(connection: &Connection) -> rusqlite::Result<()> {
    let mut put = connection.prepare("INSERT INTO mentions (number, entry) VALUES (?1, ?2)")?;
    let mut entries = connection.prepare("SELECT number, bytes FROM entries ORDER BY number")?;
    let mut rows = entries.query(())?;
    while let Some(row) = rows.next()? {
        let (entry, bytes) = (row.get::<_, i64>(0)?, row.get_ref(1)?.as_blob().unwrap_or_default());
        let payload = Entry::from_bytes(bytes).ok().and_then(|entry| entry.change.payload().ok());
        for number in payload.iter().flat_map(numbers) {
            put.execute(params![i64::try_from(number).unwrap_or(i64::MAX), entry])?;
        }
    }
    Ok(())
}

pub(super) fn set_origin(connection: &Connection, path: &Path, origin: &Origin) -> Result<(), StoreError> {
    let size = i64::try_from(origin.size).map_err(|_| Misuse::IntegerTooLarge)?;
    connection
        .execute(
            "UPDATE meta SET origin_path = ?1, origin_digest = ?2, origin_size = ?3, origin_modified = ?4,
                origin_imported = ?5",
            params![
                Value::Blob(origin.path.as_os_str().as_bytes().to_vec()),
                origin.digest,
                size,
                origin.modified.micros(),
                origin.imported.micros()
            ],
        )
        .map(drop)
        .map_err(|error| translate(path, PATIENCE, &error))
}

fn known() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}
