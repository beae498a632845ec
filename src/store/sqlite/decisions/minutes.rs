//! How many verdicts there were, minute by minute.

use rusqlite::{Row, params};

use super::super::super::{Damage, StoreError};
use super::Decisions;
use super::index::{ALLOWED, DENIED, UNKNOWN};
use crate::audit::{Outcome, Search, Told};
use crate::time::Time;

/// A minute, in microseconds.
const MINUTE: i64 = 60_000_000;
/// So many minutes with strangers in them are looked at.
const MOST: usize = 1000;

/// The verdicts of one minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Minute {
    /// When it began.
    pub begin: Time,
    /// Allows.
    pub allowed: u64,
    /// Denials of callers who are known.
    pub denied: u64,
    /// Denials of callers whom nobody knows; they are kept a minute later than they happened.
    pub strangers: u64,
}

impl Decisions {
    /// How many verdicts were kept in each minute from `since` on, as far as they are kept still, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn minutes(&self, since: Time) -> Result<Vec<Minute>, StoreError> {
        let sql = "SELECT time / 60000000, sum(result = ?2), sum(result = ?3), sum(result = ?4) FROM verdicts
            WHERE time >= ?1 GROUP BY 1 ORDER BY 1";
        let read = self.connection.prepare_cached(sql).and_then(|mut statement| {
            let rows = statement
                .query_map(params![since.micros(), ALLOWED, DENIED, UNKNOWN], |row| Ok(minute(row)))?;
            rows.collect::<Result<Option<Vec<_>>, _>>()
        });
        let mut minutes = read
            .map_err(|error| self.fail(&error))?
            .ok_or_else(|| Damage::Value("verdicts").of(&self.path))?;
        if minutes.iter().all(|minute| minute.strangers == 0) {
            return Ok(minutes);
        }
        // Strangers are counted by the minute before they are kept: an entry stands for many.
        minutes.iter_mut().for_each(|minute| minute.strangers = 0);
        let search = Search { result: Some(Outcome::Unknown), from: Some(since), ..Search::default() };
        for decision in self.find(&search, MOST)? {
            let Told::Refusals(refusals) = &decision.told else { continue };
            let micros = decision.time.micros().div_euclid(MINUTE).saturating_mul(MINUTE);
            let kept = minutes.iter_mut().find(|minute| minute.begin.micros() == micros);
            if let Some(minute) = kept {
                minute.strangers = minute.strangers.saturating_add(refusals.total());
            }
        }
        Ok(minutes)
    }
}

fn minute(row: &Row<'_>) -> Option<Minute> {
    let count = |at: usize| u64::try_from(row.get::<_, i64>(at).ok()?).ok();
    let begin = Time::from_micros(row.get::<_, i64>(0).ok()?.checked_mul(MINUTE)?)?;
    Some(Minute { begin, allowed: count(1)?, denied: count(2)?, strangers: count(3)? })
}
