//! How many verdicts there were, minute by minute.

use std::ops::ControlFlow;

use super::super::super::{Damage, StoreError};
use super::Decisions;
use super::index::{ALLOWED, DENIED};
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
        let mut minutes: Vec<Minute> = Vec::new();
        self.scan(|_, page| {
            for line in page.lines().rev() {
                if line.time() < since.micros() {
                    return Ok(ControlFlow::Break(()));
                }
                let begin = begin_of(line.time()).ok_or_else(|| Damage::Value("indexes").of(&self.path))?;
                if minutes.last().is_none_or(|minute| minute.begin != begin) {
                    minutes.push(Minute { begin, allowed: 0, denied: 0, strangers: 0 });
                }
                let Some(minute) = minutes.last_mut() else { continue };
                let counted = match line.result() {
                    ALLOWED => &mut minute.allowed,
                    DENIED => &mut minute.denied,
                    _ => &mut minute.strangers,
                };
                *counted = counted.saturating_add(1);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        minutes.reverse();
        if minutes.iter().all(|minute| minute.strangers == 0) {
            return Ok(minutes);
        }
        // Strangers are counted by the minute before they are kept: an entry stands for many.
        minutes.iter_mut().for_each(|minute| minute.strangers = 0);
        let search = Search { result: Some(Outcome::Unknown), from: Some(since), ..Search::default() };
        for decision in self.find(&search, MOST)? {
            let Told::Refusals(refusals) = &decision.told else { continue };
            let begin = begin_of(decision.time.micros());
            let kept = minutes.iter_mut().find(|minute| Some(minute.begin) == begin);
            if let Some(minute) = kept {
                minute.strangers = minute.strangers.saturating_add(refusals.total());
            }
        }
        Ok(minutes)
    }
}

/// When the minute of a time began.
const fn begin_of(micros: i64) -> Option<Time> {
    Time::from_micros(micros.div_euclid(MINUTE).saturating_mul(MINUTE))
}
