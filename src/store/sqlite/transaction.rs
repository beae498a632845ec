//! Writing within one SQLite transaction.

use std::ops::ControlFlow;
use std::time::Duration;

use rusqlite::{Connection, Params, params};

use super::super::ledger::Ledger;
use super::super::{Head, Misuse, Origin, Pending, StoreError, Transaction, View};
use super::schema;
use super::view::{SqliteView, meta};
use crate::audit::Personal;
use crate::encoding::Digest32;
use crate::encoding::commitment::commitment;
use crate::registry::Standing;

/// After this many records, a commit moves its log file into the database at once.
const LARGE_IMPORT: u32 = 10_000;

/// The write lock of a directory.
pub(super) struct SqliteTransaction<'c> {
    view: SqliteView<'c>,
    ledger: Ledger,
    records_before: u32,
    failed: bool,
}

impl<'c> SqliteTransaction<'c> {
    pub(super) fn new(view: SqliteView<'c>) -> Result<Self, StoreError> {
        view.head()?;
        let ledger = view.ledger(meta(view.connection, view.path)?.log)?;
        Ok(Self { view, records_before: ledger.records(), ledger, failed: false })
    }

    fn check_alive(&self) -> Result<(), Misuse> {
        if self.failed { Err(Misuse::Aborted) } else { Ok(()) }
    }

    /// Sends a statement. After a failure SQLite may have rolled everything back by itself, and what is sent
    /// then would last on its own: so nothing is.
    fn execute(&mut self, sql: &str, params: impl Params) -> Result<(), StoreError> {
        let sent =
            self.view.connection.prepare_cached(sql).and_then(|mut statement| statement.execute(params));
        sent.map(drop).map_err(|error| {
            self.failed = true;
            self.view.fail(&error)
        })
    }

    fn write_head(&mut self) -> Result<(), StoreError> {
        let head = self.ledger.head();
        let peaks = self.ledger.frontier().peaks().concat();
        self.execute(
            "UPDATE head SET size = ?1, peaks = ?2, last_time = ?3, records = ?4, first_row = ?5 WHERE one = 1",
            params![signed(head.size)?, peaks, head.last_time.map(|time| time.micros()), head.records, head.first_row],
        )
    }
}

impl Transaction for SqliteTransaction<'_> {
    fn view(&self) -> &dyn View {
        &self.view
    }

    fn put_record(&mut self, bytes: &[u8], personal: Personal<'_>) -> Result<u32, StoreError> {
        self.check_alive()?;
        let next = self.ledger.take_record(bytes, personal)?;
        let (opening, commitment) = match personal {
            Personal::Within => (None, None),
            Personal::Beside(opening) => (Some(opening), None),
            Personal::Forgotten(commitment) => (None, Some(commitment)),
        };
        self.execute(
            "INSERT INTO records (number, entry, hash, bytes, opening, commitment) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![next.row, signed(next.entry)?, next.hash, bytes, opening, commitment],
        )?;
        Ok(next.row)
    }

    fn put_text(&mut self, opening: &[u8]) -> Result<(), StoreError> {
        self.check_alive()?;
        self.execute(
            "INSERT OR IGNORE INTO texts (commitment, opening) VALUES (?1, ?2)",
            params![commitment(opening), opening],
        )
    }

    fn forget_record(&mut self, row: u32) -> Result<(), StoreError> {
        self.check_alive()?;
        let mut left = Err(Misuse::UnknownRow { row });
        self.view.records(row, &mut |record| {
            if record.row == row {
                left = match record.personal {
                    Personal::Within => Err(Misuse::Whole { row }),
                    Personal::Beside(opening) => Ok(commitment(opening)),
                    Personal::Forgotten(commitment) => Ok(commitment),
                };
            }
            ControlFlow::Break(())
        })?;
        self.execute(
            "UPDATE records SET opening = NULL, commitment = ?2 WHERE number = ?1",
            params![row, left?],
        )
    }

    fn forget_text(&mut self, commitment: &Digest32) -> Result<(), StoreError> {
        self.check_alive()?;
        self.execute("UPDATE texts SET opening = NULL WHERE commitment = ?1", params![commitment])
    }

    fn pending(&self) -> Pending {
        self.ledger.pending()
    }

    fn append(&mut self, bytes: &[u8]) -> Result<Digest32, StoreError> {
        self.check_alive()?;
        let next = self.ledger.judge(bytes)?;
        match self.view.find_change(next.change) {
            Ok(None) => {}
            Ok(Some(index)) => return Err(Misuse::Repeated { index }.into()),
            Err(error) => {
                self.failed = true;
                return Err(error);
            }
        }
        self.execute(
            "INSERT INTO entries (number, change, leaf, bytes) VALUES (?1, ?2, ?3, ?4)",
            params![signed(next.index)?, next.change.bits().to_be_bytes(), next.leaf, bytes],
        )?;
        if next.is_fact {
            self.execute("INSERT INTO facts (entry) VALUES (?1)", params![signed(next.index)?])?;
        }
        for number in &next.mentions {
            let sql = "INSERT INTO mentions (number, entry) VALUES (?1, ?2)";
            self.execute(sql, params![signed(*number)?, signed(next.index)?])?;
        }
        if next.replaces {
            self.execute("DELETE FROM standings", ())?;
        }
        self.ledger.take_entry(&next);
        self.write_head()?;
        Ok(next.leaf)
    }

    fn put_standing(&mut self, row: u32, standing: &Standing) -> Result<(), StoreError> {
        self.check_alive()?;
        self.ledger.check_row(row)?;
        self.execute(
            "INSERT OR REPLACE INTO standings
                (record, status, reason, updated_at, version, put_by, until, sealed_at)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                row,
                standing.status.as_str(),
                standing.reason,
                standing.updated_at.micros(),
                signed(standing.version)?,
                standing.put_by.map(signed).transpose()?,
                standing.until.map(|until| until.micros()),
                standing.sealed_at.map(signed).transpose()?,
            ],
        )
    }

    fn set_origin(&mut self, origin: &Origin) -> Result<(), StoreError> {
        self.check_alive()?;
        schema::set_origin(self.view.connection, self.view.path, origin).inspect_err(|error| {
            self.failed = !matches!(error, StoreError::Misuse(Misuse::IntegerTooLarge));
        })
    }

    fn commit(self: Box<Self>) -> Result<Head, StoreError> {
        self.check_alive()?;
        self.ledger.check_finished()?;
        self.view.connection.execute_batch("COMMIT").map_err(|error| self.view.fail(&error))?;
        if self.ledger.records().saturating_sub(self.records_before) >= LARGE_IMPORT {
            shrink_log_file(self.view.connection);
        }
        Ok(self.ledger.head())
    }
}

/// Moves the log file into the database and cuts it to nothing, if no reader needs it now; else a later commit does.
fn shrink_log_file(connection: &Connection) {
    let patience: Result<u32, _> = connection.pragma_query_value(None, "busy_timeout", |row| row.get(0));
    let Ok(patience) = patience else { return };
    let _ = connection.busy_timeout(Duration::ZERO);
    let _ = connection.query_one("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(()));
    let _ = connection.busy_timeout(Duration::from_millis(patience.into()));
}

fn signed(value: u64) -> Result<i64, Misuse> {
    i64::try_from(value).map_err(|_| Misuse::IntegerTooLarge)
}
