//! The whole log, checked: every entry is read once, and hashed and folded as it passes.

use crate::audit::LogName;
use crate::change::Order;
use crate::encoding::Digest32;
use crate::registry::{Facts, Registry};
use crate::store::{Check, EntryRow, Fault, Rule, Verification, View};

use super::ahead::{Fold, Ground};
use super::fold::{State, load_on, nothing};
use super::{Warden, WardenError};

/// What checking the whole log came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogReport {
    /// The log's name.
    pub log: LogName,
    /// Entries checked.
    pub entries: u64,
    /// Their root.
    pub root: Digest32,
    /// Records checked.
    pub records: u32,
    /// The first thing that is wrong, in words; none when everything holds.
    pub fault: Option<String>,
    /// Its code.
    pub code: Option<&'static str>,
}

impl Warden {
    /// Recomputes every hash, folds the whole log again, verifies every signature in it, and compares with the cache.
    ///
    /// # Errors
    /// [`WardenError`] when the store cannot be read; what is wrong with the log is in the report.
    pub fn verify_log(&mut self) -> Result<LogReport, WardenError> {
        let log = self.meta.log;
        let view = self.store.read()?;
        let head = view.head()?;
        let mut report = LogReport {
            log,
            entries: head.size,
            root: head.root,
            records: head.records,
            fault: None,
            code: None,
        };
        match whole(&*view, log)? {
            Err(Wrong::Stored(fault)) => report.blame(fault.to_string(), fault.rule.code()),
            Err(Wrong::Folded(error)) => report.blame(error.to_string(), error.code()),
            Ok((folded, first)) => {
                if let Some(words) = first_departure(&folded, &load_on(&*view, log, first)?) {
                    report.blame(words, "cache_differs");
                }
            }
        }
        Ok(report)
    }
}

/// The first thing wrong with a log.
enum Wrong {
    Stored(Fault),
    Folded(WardenError),
}

/// Folds the whole log from nothing, looking at no cache, and checks all that lies beside it. Answers the fold, and
/// what the records of the first import say by themselves.
fn whole(view: &dyn View, log: LogName) -> Result<Result<(State, Registry), Wrong>, WardenError> {
    let (mut state, mut fold, mut check) = (nothing(log), Fold::new(view, true), Check::default());
    let (mut first, mut untouched, mut odd) = (Registry::default(), true, None);
    let judge = |ground: &Ground, row: &EntryRow<'_>| {
        let (entry, payload) = row.judge(log)?;
        Ok::<_, Rule>(ground.judge(row.index, (entry, payload)))
    };
    state.each_ahead(view, u64::MAX, judge, |state, ground, row, judged| {
        let seen = judged.as_ref().map(|read| (read.time, &read.payload)).map_err(Clone::clone);
        let sound = check.follow(row, seen);
        let Some(read) = judged.ok().filter(|_| sound && odd.is_none()) else { return Ok(()) };
        let imports = matches!(read.payload.order, Order::Import(_));
        let of_operators = read.payload.order.fact().is_some_and(|fact| fact.what.is_of_operators());
        odd = fold.take(state, ground, read).err().map(|error| (row.index, error));
        if untouched && imports {
            first = state.registry.clone();
        }
        untouched &= of_operators;
        Ok(())
    })?;
    let odd = odd.or_else(|| fold.finish(&mut state).err().map(|error| (u64::MAX, error)));
    first.take_facts(Facts::default());
    Ok(match (check.finish(view)?, odd) {
        (Verification::Broken(fault), Some((index, error))) if index < fault.index => {
            Err(Wrong::Folded(error))
        }
        (Verification::Broken(fault), _) => Err(Wrong::Stored(fault)),
        (Verification::Sound(_), Some((_, error))) => Err(Wrong::Folded(error)),
        (Verification::Sound(head), None) => Ok((State { head, ..state }, first)),
    })
}

impl LogReport {
    fn blame(&mut self, words: String, code: &'static str) {
        self.fault = Some(words);
        self.code = Some(code);
    }
}

/// The first agent about whom the fold and the cache disagree.
fn first_departure(folded: &super::fold::State, cached: &super::fold::State) -> Option<String> {
    if folded.registry.row_count() != cached.registry.row_count() || folded.base != cached.base {
        return Some("the cached records are not those of the log".to_owned());
    }
    if folded.operators != cached.operators {
        return Some("the cached operators, or what waits for them, are not those of the log".to_owned());
    }
    folded.registry.rows().find_map(|row| {
        let (folded, cached) = (folded.registry.standing(row), cached.registry.standing(row));
        (folded != cached)
            .then(|| format!("agent {}: the log says {folded:?}, the cache {cached:?}", row.index()))
    })
}
