//! Writing decisions: the lock of the file, entries, the end of a segment, and room for more.

use rusqlite::{OptionalExtension as _, Params, params};

use super::super::super::{Damage, Misuse, Obstacle, StoreError};
use super::{Decisions, Tail, index};
use crate::audit::{Decision, Note, Refusals, SegmentHead, Told, Tree, leaf_hash};
use crate::encoding::Digest32;
use crate::time::Time;

/// The write lock of the decision log, and what was written under it; dropped without a commit, nothing of it lasts.
pub struct Recording<'d> {
    decisions: &'d Decisions,
    tail: Tail,
    open: bool,
}

impl Decisions {
    /// Takes the write lock; what is committed is on the disk.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn begin(&mut self) -> Result<Recording<'_>, StoreError> {
        self.begin_with("FULL")
    }

    /// Takes the write lock for what no answer depends on: it may be lost with the power, and no disk is waited for.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn begin_counting(&mut self) -> Result<Recording<'_>, StoreError> {
        self.begin_with("NORMAL")
    }

    fn begin_with(&mut self, synchronous: &str) -> Result<Recording<'_>, StoreError> {
        let how = format!("PRAGMA synchronous = {synchronous}; BEGIN IMMEDIATE");
        self.connection.execute_batch(&how).map_err(|error| self.fail(&error))?;
        match self.tail() {
            Ok(tail) => Ok(Recording { decisions: self, tail, open: true }),
            Err(error) => {
                let _ = self.connection.execute_batch("ROLLBACK");
                Err(error)
            }
        }
    }
}

impl Recording<'_> {
    /// The end of the log, with what was appended here.
    pub const fn tail(&self) -> &Tail {
        &self.tail
    }

    /// Notes that a proof was seen, which counts until `until`, and whether it led to an allow.
    ///
    /// Answers whether an earlier use of it did; none when it was never seen.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn see(&mut self, proof: &Digest32, until: Time, allowed: bool) -> Result<Option<bool>, StoreError> {
        let sql = "SELECT allowed FROM proofs WHERE proof = ?1";
        let before = self.decisions.connection.prepare_cached(sql);
        let before = before.and_then(|mut each| each.query_one(params![proof], |row| row.get(0)).optional());
        let before: Option<bool> = before.map_err(|error| self.decisions.fail(&error))?;
        if before.is_none() || allowed {
            let sql = "INSERT OR REPLACE INTO proofs (proof, until, allowed) VALUES (?1, ?2, ?3)";
            self.execute(sql, params![proof, until.micros(), allowed])?;
        }
        Ok(before)
    }

    /// Appends what was decided at `now`, or at the time of the last entry if that is later, and answers its place.
    ///
    /// # Errors
    /// [`Misuse::Decision`] when it has no such form; [`StoreError`].
    pub fn append(&mut self, told: Told, now: Time) -> Result<u64, StoreError> {
        let time = self.tail.last_time.map_or(now, |last| last.max(now));
        let index = self.tail.frontier.size();
        let decision = Decision { log: self.tail.log, index, time, told };
        let bytes = decision.to_bytes().map_err(Misuse::Decision)?;
        let number = i64::try_from(index).map_err(|_| Misuse::IntegerTooLarge)?;
        let leaf = leaf_hash(&bytes);
        let (row, marks) = index::of(&decision);
        self.execute(
            "INSERT INTO entries (number, leaf, bytes) VALUES (?1, ?2, ?3)",
            params![number, leaf, bytes],
        )?;
        self.execute(
            "INSERT INTO verdicts (number, time, result, caller, callee, audience, action, resource)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                number,
                row.time,
                row.result,
                row.caller,
                row.callee,
                row.audience,
                row.action,
                row.resource
            ],
        )?;
        for (mark, name) in marks {
            let sql = "INSERT INTO marks (kind, name, number) VALUES (?1, ?2, ?3)";
            self.execute(sql, params![mark as i64, name, number])?;
        }
        // The time of this entry stays, so what has ended by it never counts again.
        self.execute("DELETE FROM proofs WHERE until <= ?1", params![row.time])?;
        self.tail.frontier.push(leaf);
        self.tail.last_time = Some(time);
        self.tail.opened.get_or_insert(time);
        self.tail.bytes = self.tail.bytes.saturating_add(bytes.len() as u64);
        Ok(index)
    }

    /// The denials of strangers in a minute that was not over when they were counted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn draft(&self) -> Result<Option<Refusals>, StoreError> {
        self.decisions.draft()
    }

    /// Keeps the denials of a minute that is not over.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn set_draft(&mut self, refusals: Option<&Refusals>) -> Result<(), StoreError> {
        let draft = refusals.map(Refusals::to_draft);
        self.execute("UPDATE head SET draft = ?1 WHERE one = 1", params![draft])
    }

    /// The head that the segment should end with, if it is large or old enough at `now`.
    pub fn due(&self, now: Time) -> Option<SegmentHead> {
        let keeping = &self.decisions.keeping;
        let opened = self.tail.opened?;
        let old = opened.plus(keeping.segment_age) <= now;
        (old || self.tail.bytes >= keeping.segment_bytes).then(|| self.tail.head())
    }

    /// Ends the segment with the signed head that [`Recording::due`] gave.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn end_segment(&mut self, note: &Note) -> Result<(), StoreError> {
        let head = self.tail.head();
        let end = i64::try_from(head.tree.size).map_err(|_| Misuse::IntegerTooLarge)?;
        self.execute(
            "INSERT INTO segments (end, peaks, ended, note, dropped) VALUES (?1, ?2, ?3, ?4, 0)",
            params![end, self.tail.frontier.peaks().concat(), head.time.micros(), note.to_string()],
        )?;
        (self.tail.opened, self.tail.bytes) = (None, 0);
        Ok(())
    }

    /// Drops the oldest ended segments until the file is within its quota.
    ///
    /// # Errors
    /// [`Obstacle::OverQuota`] when no segment is left that has ended; [`StoreError`].
    pub fn make_room(&mut self) -> Result<(), StoreError> {
        let quota = self.decisions.keeping.quota;
        while self.decisions.used()? > quota {
            let sql = "SELECT min(end) FROM segments WHERE dropped = 0";
            let oldest = self.decisions.connection.prepare_cached(sql);
            let oldest = oldest.and_then(|mut each| each.query_one((), |row| row.get::<_, Option<i64>>(0)));
            let Some(end) = oldest.map_err(|error| self.decisions.fail(&error))? else {
                return Err(Obstacle::OverQuota { path: self.decisions.path.clone(), quota }.into());
            };
            for sql in [
                "DELETE FROM marks WHERE number < ?1",
                "DELETE FROM verdicts WHERE number < ?1",
                "DELETE FROM entries WHERE number < ?1",
                "UPDATE segments SET dropped = 1 WHERE end <= ?1",
            ] {
                self.execute(sql, params![end])?;
            }
        }
        Ok(())
    }

    /// Makes everything last; when it returns, the disk has it.
    ///
    /// # Errors
    /// [`StoreError`]; nobody knows then whether the disk has it.
    pub fn commit(mut self) -> Result<(), StoreError> {
        let tail = self.tail.clone();
        let size = i64::try_from(tail.frontier.size()).map_err(|_| Misuse::IntegerTooLarge)?;
        let bytes = i64::try_from(tail.bytes).map_err(|_| Misuse::IntegerTooLarge)?;
        let micros = |time: Option<Time>| time.map(Time::micros);
        self.execute(
            "UPDATE head SET size = ?1, peaks = ?2, last_time = ?3, opened = ?4, bytes = ?5 WHERE one = 1",
            params![size, tail.frontier.peaks().concat(), micros(tail.last_time), micros(tail.opened), bytes],
        )?;
        let done = self.decisions.connection.execute_batch("COMMIT");
        done.map_err(|error| self.decisions.fail(&error))?;
        self.open = false;
        Ok(())
    }

    fn execute(&mut self, sql: &str, params: impl Params) -> Result<(), StoreError> {
        // After a failure SQLite may have rolled back by itself: what is sent then would last on its own.
        if self.decisions.connection.is_autocommit() {
            return Err(Misuse::Aborted.into());
        }
        let sent = self.decisions.connection.prepare_cached(sql).and_then(|mut each| each.execute(params));
        sent.map(drop).map_err(|error| self.decisions.fail(&error))
    }
}

impl Drop for Recording<'_> {
    fn drop(&mut self) {
        if self.open && !self.decisions.connection.is_autocommit() {
            let _ = self.decisions.connection.execute_batch("ROLLBACK");
        }
    }
}

impl Decisions {
    /// The denials of strangers in a minute that is not in the log yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn draft(&self) -> Result<Option<Refusals>, StoreError> {
        let read = self
            .connection
            .prepare_cached("SELECT draft FROM head WHERE one = 1")
            .and_then(|mut statement| statement.query_one((), |row| row.get::<_, Option<Vec<u8>>>(0)));
        let draft = read.map_err(|error| self.fail(&error))?;
        let draft = draft.map(|bytes| Refusals::from_draft(&bytes)).transpose();
        draft.map_err(|_| Damage::Value("head").of(&self.path))
    }

    /// How many bytes of the file are in use.
    fn used(&self) -> Result<u64, StoreError> {
        let pragma = |name| -> Result<i64, StoreError> {
            let read = self.connection.pragma_query_value(None, name, |row| row.get(0));
            read.map_err(|error| self.fail(&error))
        };
        let pages = pragma("page_count")?.saturating_sub(pragma("freelist_count")?);
        Ok(u64::try_from(pages.saturating_mul(pragma("page_size")?)).unwrap_or(u64::MAX))
    }
}

impl Tail {
    /// The head of the log as it is, to be signed.
    pub fn head(&self) -> SegmentHead {
        let tree = Tree { size: self.frontier.size(), root: self.frontier.root() };
        SegmentHead { log: self.log, tree, time: self.last_time.unwrap_or(Time::MIN) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::LogName;
    use crate::store::Keeping;

    #[test]
    fn every_decision_waits_for_the_disk_and_counting_strangers_does_not() {
        let place = tempfile::TempDir::new().unwrap();
        let log = LogName::from_bits(1);
        let mut decisions = Decisions::open_or_create(place.path(), log, Keeping::default()).unwrap();
        let synchronous = |decisions: &Decisions| -> i64 {
            decisions.connection.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap()
        };
        for _ in 0..2 {
            decisions.begin_counting().unwrap().commit().unwrap();
            assert_eq!(synchronous(&decisions), 1, "as the system likes");
            decisions.begin().unwrap().commit().unwrap();
            assert_eq!(synchronous(&decisions), 2, "at every commit");
        }
    }
}
