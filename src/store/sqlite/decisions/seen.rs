//! The proofs that were seen and still count: on the disk in the order in which they came, and in memory by name.

use std::collections::HashMap;

use rusqlite::params;

use super::super::super::{Damage, StoreError};
use super::{Decisions, Recording};
use crate::encoding::Digest32;
use crate::time::Time;

/// Below so many, nobody looks which ones have ended.
const FEW: usize = 1024;

/// What this handle has read.
#[derive(Default)]
pub(super) struct Seen {
    by_name: HashMap<Digest32, (Time, bool)>,
    /// The last row that was read.
    last: i64,
    /// Ended ones are looked for when there are so many.
    look_at: usize,
}

impl Seen {
    /// Reads all again the next time.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    fn put(&mut self, proof: Digest32, until: Time, allowed: bool) {
        let known = self.by_name.entry(proof).or_insert((until, allowed));
        known.1 |= allowed;
    }

    /// Forgets those that have ended, now and then.
    fn forget_ended(&mut self, now: Time) {
        if self.by_name.len() < self.look_at.max(FEW) {
            return;
        }
        self.by_name.retain(|_, (until, _)| *until > now);
        self.look_at = self.by_name.len().saturating_mul(2);
    }
}

impl Decisions {
    /// Reads what other handles saw meanwhile.
    pub(super) fn follow_seen(&mut self) -> Result<(), StoreError> {
        let sql = "SELECT number, proof, until, allowed FROM proofs WHERE number > ?1 ORDER BY number";
        let read = self.connection.prepare_cached(sql).and_then(|mut statement| {
            let mut rows = statement.query(params![self.seen.last])?;
            while let Some(row) = rows.next()? {
                let (number, proof, until) = (row.get(0)?, row.get::<_, Digest32>(1)?, row.get(2)?);
                let Some(until) = Time::from_micros(until) else { return Ok(false) };
                self.seen.put(proof, until, row.get(3)?);
                self.seen.last = number;
            }
            Ok(true)
        });
        match read {
            Ok(true) => Ok(()),
            Ok(false) => Err(Damage::Value("proofs").of(&self.path)),
            Err(error) => Err(self.fail(&error)),
        }
    }
}

impl Recording<'_> {
    /// Notes that a proof was seen, which counts until `until`, and whether it led to an allow.
    ///
    /// Answers whether an earlier use of it did; none when it was never seen.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn see(&mut self, proof: &Digest32, until: Time, allowed: bool) -> Result<Option<bool>, StoreError> {
        let before = self.decisions.seen.by_name.get(proof).map(|(_, allowed)| *allowed);
        if before.is_none() || allowed {
            let sql = "INSERT INTO proofs (proof, until, allowed) VALUES (?1, ?2, ?3)";
            self.execute(sql, params![proof, until.micros(), allowed])?;
            self.decisions.seen.last = self.decisions.connection.last_insert_rowid();
            self.decisions.seen.put(*proof, until, allowed);
        }
        Ok(before)
    }

    /// Drops the proofs that have ended by the time of the last entry, which stays: they never count again.
    pub(super) fn forget_ended(&mut self) -> Result<(), StoreError> {
        let Some(last) = self.tail.last_time else { return Ok(()) };
        // The last row stays, so that no number comes a second time.
        let sql = "DELETE FROM proofs WHERE number < coalesce(
            (SELECT number FROM proofs WHERE until > ?1 ORDER BY number LIMIT 1), (SELECT max(number) FROM proofs))";
        self.execute(sql, params![last.micros()])?;
        self.decisions.seen.forget_ended(last);
        Ok(())
    }
}
