//! Reading within one SQLite transaction.

use std::ffi::OsString;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::ledger::Ledger;
use super::super::{Damage, EntryRow, Head, Meta, Origin, RecordRow, StoreError, TextRow, View};
use super::translate;
use crate::audit::{Frontier, LogName, Personal};
use crate::change::ChangeId;
use crate::encoding::Digest32;
use crate::encoding::commitment::{commitment, opened};
use crate::identity::Status;
use crate::registry::Standing;
use crate::time::Time;

/// A transaction of SQLite; dropped while it is open, it is rolled back.
pub(super) struct SqliteView<'c> {
    pub(super) connection: &'c Connection,
    pub(super) path: &'c Path,
    patience: Duration,
}

impl<'c> SqliteView<'c> {
    pub(super) fn begin(
        connection: &'c Connection,
        path: &'c Path,
        how: &str,
        patience: Duration,
    ) -> Result<Self, StoreError> {
        let view = Self { connection, path, patience };
        connection.execute_batch(how).map_err(|error| view.fail(&error))?;
        Ok(view)
    }

    pub(super) fn fail(&self, error: &rusqlite::Error) -> StoreError {
        translate(self.path, self.patience, error)
    }

    pub(super) fn ledger(&self, log: LogName) -> Result<Ledger, StoreError> {
        let damaged = || Damage::Value("head").of(self.path);
        let (size, peaks, last_time, records, first_row) = self
            .connection
            .prepare_cached("SELECT size, peaks, last_time, records, first_row FROM head WHERE one = 1")
            .and_then(|mut statement| {
                statement.query_one((), |row| {
                    Ok((
                        row.get::<_, i64>(0)?,
                        row.get::<_, Vec<u8>>(1)?,
                        row.get::<_, Option<i64>>(2)?,
                        row.get::<_, i64>(3)?,
                        row.get::<_, i64>(4)?,
                    ))
                })
            })
            .map_err(|error| self.fail(&error))?;
        let (peaks, rest) = peaks.as_chunks::<32>();
        let size = u64::try_from(size).ok().filter(|_| rest.is_empty());
        let frontier =
            size.and_then(|size| Frontier::from_parts(size, peaks.to_vec())).ok_or_else(damaged)?;
        let last_time = optional(last_time, Time::from_micros).ok_or_else(damaged)?;
        let records = u32::try_from(records).map_err(|_| damaged())?;
        let first_row = u32::try_from(first_row).map_err(|_| damaged())?;
        Ok(Ledger::resume(log, frontier, last_time, records, first_row))
    }

    fn check_tail(&self, head: u64) -> Result<(), StoreError> {
        let last: Option<i64> = self
            .connection
            .prepare_cached("SELECT max(number) FROM entries")
            .and_then(|mut statement| statement.query_one((), |row| row.get(0)))
            .map_err(|error| self.fail(&error))?;
        let entries = last.map_or(0, |last| u64::try_from(last).map_or(0, |last| last.saturating_add(1)));
        if entries == head { Ok(()) } else { Err(Damage::Tail { entries, head }.of(self.path)) }
    }

    /// Visits rows until the visitor breaks; a row that `read` cannot make sense of is damage.
    fn each(
        &self,
        sql: &str,
        from: u64,
        table: &'static str,
        mut read: impl FnMut(&Row<'_>) -> Option<ControlFlow<()>>,
    ) -> Result<(), StoreError> {
        let Ok(from) = i64::try_from(from) else {
            return Ok(());
        };
        let mut statement = self.connection.prepare_cached(sql).map_err(|error| self.fail(&error))?;
        let mut rows = statement.query(params![from]).map_err(|error| self.fail(&error))?;
        while let Some(row) = rows.next().map_err(|error| self.fail(&error))? {
            match read(row) {
                Some(ControlFlow::Continue(())) => {}
                Some(ControlFlow::Break(())) => break,
                None => return Err(Damage::Value(table).of(self.path)),
            }
        }
        Ok(())
    }
}

impl SqliteView<'_> {
    fn each_entry(
        &self,
        sql: &str,
        from: u64,
        visit: &mut dyn FnMut(EntryRow<'_>) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.each(sql, from, "entries", |row| {
            Some(visit(EntryRow {
                index: unsigned(row, 0)?,
                change: ChangeId::from_bits(u128::from_be_bytes(array(row, 1)?)),
                leaf: array(row, 2)?,
                bytes: blob(row, 3)?,
            }))
        })
    }
}

impl Drop for SqliteView<'_> {
    fn drop(&mut self) {
        if !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }
}

impl View for SqliteView<'_> {
    fn head(&self) -> Result<Head, StoreError> {
        // The log's name is no part of the head.
        let head = self.ledger(LogName::from_bits(0))?.head();
        self.check_tail(head.size)?;
        Ok(head)
    }

    fn entries(
        &self,
        from: u64,
        visit: &mut dyn FnMut(EntryRow<'_>) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let sql = "SELECT number, change, leaf, bytes FROM entries WHERE number >= ?1 ORDER BY number";
        self.each_entry(sql, from, visit)
    }

    fn facts(&self, visit: &mut dyn FnMut(EntryRow<'_>) -> ControlFlow<()>) -> Result<(), StoreError> {
        let sql = "SELECT number, change, leaf, bytes FROM facts JOIN entries ON number = entry
            WHERE entry >= ?1 ORDER BY entry";
        self.each_entry(sql, 0, visit)
    }

    fn records(
        &self,
        from: u32,
        visit: &mut dyn FnMut(RecordRow<'_>) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let sql = "SELECT number, entry, hash, bytes, opening, commitment FROM records WHERE number >= ?1 ORDER BY number";
        self.each(sql, from.into(), "records", |row| {
            Some(visit(RecordRow {
                row: unsigned(row, 0)?.try_into().ok()?,
                entry: unsigned(row, 1)?,
                hash: array(row, 2)?,
                bytes: blob(row, 3)?,
                personal: match (blob_or_null(row, 4)?, blob_or_null(row, 5)?) {
                    (Some(opening), None) => Personal::Beside(opening),
                    (None, Some(commitment)) => Personal::Forgotten(commitment.try_into().ok()?),
                    (None, None) => Personal::Within,
                    (Some(_), Some(_)) => return None,
                },
            }))
        })
    }

    fn texts(&self, visit: &mut dyn FnMut(TextRow<'_>) -> ControlFlow<()>) -> Result<(), StoreError> {
        let sql = "SELECT commitment, opening FROM texts WHERE number >= ?1 ORDER BY number";
        self.each(sql, 0, "texts", |row| {
            Some(visit(TextRow { commitment: array(row, 0)?, opening: blob_or_null(row, 1)? }))
        })
    }

    fn standings(&self, visit: &mut dyn FnMut(u32, Standing) -> ControlFlow<()>) -> Result<(), StoreError> {
        let sql =
            "SELECT record, status, reason, updated_at, version, put_by, until, sealed_at FROM standings
            WHERE record >= ?1 ORDER BY record";
        self.each(sql, 0, "standings", |row| {
            let number = unsigned(row, 0)?.try_into().ok()?;
            Some(visit(number, standing(row)?))
        })
    }

    fn opening(&self, sought: &Digest32) -> Result<Option<Vec<u8>>, StoreError> {
        let opening: Option<Option<Vec<u8>>> = self
            .connection
            .prepare_cached("SELECT opening FROM texts WHERE commitment = ?1")
            .and_then(|mut statement| statement.query_one(params![sought], |row| row.get(0)).optional())
            .map_err(|error| self.fail(&error))?;
        let Some(opening) = opening.flatten() else { return Ok(None) };
        let text = opened(&opening).filter(|_| commitment(&opening) == *sought);
        let whole = text.is_some_and(|text| std::str::from_utf8(text).is_ok());
        if whole { Ok(Some(opening)) } else { Err(Damage::Value("texts").of(self.path)) }
    }

    fn changes(&self, visit: &mut dyn FnMut(ChangeId, u64) -> ControlFlow<()>) -> Result<(), StoreError> {
        // The order makes SQLite read the index that look-ups use, and nothing else.
        let sql = "SELECT change, number FROM entries WHERE length(change) >= ?1 ORDER BY change";
        self.each(sql, 0, "entries", |row| {
            Some(visit(ChangeId::from_bits(u128::from_be_bytes(array(row, 0)?)), unsigned(row, 1)?))
        })
    }

    fn mentions(&self, visit: &mut dyn FnMut(u64, u64) -> ControlFlow<()>) -> Result<(), StoreError> {
        let sql = "SELECT number, entry FROM mentions WHERE number >= ?1 ORDER BY number, entry";
        self.each(sql, 0, "mentions", |row| Some(visit(unsigned(row, 0)?, unsigned(row, 1)?)))
    }

    fn mentioned(&self, number: u64, before: u64, most: usize) -> Result<Vec<u64>, StoreError> {
        let bound = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let sql = "SELECT entry FROM mentions WHERE number = ?1 AND entry < ?2 ORDER BY entry DESC LIMIT ?3";
        let params = params![bound(number), bound(before), i64::try_from(most).unwrap_or(i64::MAX)];
        let found = self.connection.prepare_cached(sql).and_then(|mut statement| {
            statement.query_map(params, |row| row.get::<_, i64>(0))?.collect::<Result<Vec<i64>, _>>()
        });
        let found = found.map_err(|error| self.fail(&error))?;
        let places: Option<Vec<u64>> = found.into_iter().map(|entry| u64::try_from(entry).ok()).collect();
        places.ok_or_else(|| Damage::Value("mentions").of(self.path))
    }

    fn find_change(&self, id: ChangeId) -> Result<Option<u64>, StoreError> {
        let found: Option<i64> = self
            .connection
            .prepare_cached("SELECT number FROM entries WHERE change = ?1")
            .and_then(|mut statement| {
                statement.query_one(params![id.bits().to_be_bytes()], |row| row.get(0)).optional()
            })
            .map_err(|error| self.fail(&error))?;
        optional(found, |index| u64::try_from(index).ok())
            .ok_or_else(|| Damage::Value("entries").of(self.path))
    }
}

pub(super) fn meta(connection: &Connection, path: &Path) -> Result<Meta, StoreError> {
    let sql = "SELECT log, created, origin_path, origin_digest, origin_size, origin_modified, origin_imported
        FROM meta WHERE one = 1";
    let read = connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.query_one((), |row| Ok(read_meta(row))))
        .map_err(|error| translate(path, Duration::ZERO, &error))?;
    read.ok_or_else(|| Damage::Value("meta").of(path))
}

fn read_meta(row: &Row<'_>) -> Option<Meta> {
    let origin = match row.get_ref(2).ok()? {
        ValueRef::Null => None,
        _ => Some(Origin {
            path: PathBuf::from(OsString::from_vec(blob(row, 2)?.to_vec())),
            digest: array(row, 3)?,
            size: unsigned(row, 4)?,
            modified: time(row, 5)?,
            imported: time(row, 6)?,
        }),
    };
    Some(Meta {
        log: LogName::from_bits(u128::from_be_bytes(array(row, 0)?)),
        created: time(row, 1)?,
        origin,
    })
}

fn standing(row: &Row<'_>) -> Option<Standing> {
    Some(Standing {
        status: Status::parse(row.get_ref(1).ok()?.as_str().ok()?)?,
        reason: row.get(2).ok()?,
        updated_at: time(row, 3)?,
        version: unsigned(row, 4)?,
        put_by: optional(row.get(5).ok()?, |index: i64| index.try_into().ok())?,
        until: optional(row.get(6).ok()?, Time::from_micros)?,
        sealed_at: optional(row.get(7).ok()?, |index: i64| index.try_into().ok())?,
    })
}

fn unsigned(row: &Row<'_>, column: usize) -> Option<u64> {
    row.get_ref(column).ok()?.as_i64().ok()?.try_into().ok()
}

fn time(row: &Row<'_>, column: usize) -> Option<Time> {
    Time::from_micros(row.get_ref(column).ok()?.as_i64().ok()?)
}

fn blob<'r>(row: &'r Row<'_>, column: usize) -> Option<&'r [u8]> {
    row.get_ref(column).ok()?.as_blob().ok()
}

/// Outer `None` when there is a value and it is no blob.
#[allow(clippy::option_option, reason = "NULL is no unreadable value")]
fn blob_or_null<'r>(row: &'r Row<'_>, column: usize) -> Option<Option<&'r [u8]>> {
    row.get_ref(column).ok()?.as_blob_or_null().ok()
}

fn array<const N: usize>(row: &Row<'_>, column: usize) -> Option<[u8; N]> {
    blob(row, column)?.try_into().ok()
}

/// `None` only when there is a value and it cannot be read.
fn optional<A, B>(value: Option<A>, read: impl FnOnce(A) -> Option<B>) -> Option<Option<B>> {
    value.map_or(Some(None), |value| read(value).map(Some))
}
