//! What somebody else changed in the last seconds: new agents, changed ones, and whom a list lost.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use super::session::View;
use crate::registry::Row;
use crate::time::{Span, Time};

/// So long a change is shown.
const SHOWN: Span = Span::seconds(8);
/// So many changes are remembered at a time.
const MOST: usize = 16;

/// How a row is new to whoever looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Novelty {
    /// It was not there.
    New,
    /// It stands otherwise.
    Changed,
}

impl Novelty {
    /// The mark before the name.
    pub(super) const fn mark(self) -> &'static str {
        match self {
            Self::New => "+",
            Self::Changed => "~",
        }
    }
}

/// The rows that differ between two views of one registry.
#[derive(Debug, Default)]
pub(super) struct Fresh {
    rows: HashMap<Row, Novelty>,
    new: usize,
}

impl Fresh {
    /// What `after` has that `before` had not; nothing when all rows mean other agents, or only time passed.
    pub(super) fn between(before: &View, after: &View) -> Self {
        let (old, new) = (before.snapshot.head, after.snapshot.head);
        if old.first_row != new.first_row || new.size <= old.size {
            return Self::default();
        }
        let known = before.registry().len();
        let novelty = |(at, row): (usize, Row)| {
            if at >= known {
                return Some((row, Novelty::New));
            }
            let touched = after.agent(row).version() >= old.size;
            let differs = touched || after.judgement.state(row) != before.judgement.state(row);
            differs.then_some((row, Novelty::Changed))
        };
        let rows: HashMap<Row, Novelty> = after.registry().rows().enumerate().filter_map(novelty).collect();
        let new = rows.values().filter(|novelty| **novelty == Novelty::New).count();
        Self { rows, new }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whom a list has lost: those who changed, stood in it before, and do not any more.
    pub(super) fn gone(&self, was: &[Row], rows: &[Row]) -> Vec<Row> {
        let mut left: HashSet<Row> = self.rows.keys().copied().collect();
        for row in rows {
            left.remove(row);
        }
        was.iter().copied().filter(|row| left.contains(row)).collect()
    }
}

/// The changes of the last seconds.
#[derive(Debug, Default)]
pub(super) struct Recent(VecDeque<(Time, Arc<Fresh>)>);

impl Recent {
    /// Shows what is new, until it is old.
    pub(super) fn add(&mut self, fresh: &Arc<Fresh>, now: Time) {
        if !fresh.is_empty() {
            self.0.truncate(MOST - 1);
            self.0.push_front((now.plus(SHOWN), Arc::clone(fresh)));
        }
    }

    /// Forgets what is old.
    pub(super) fn pass(&mut self, now: Time) {
        self.0.retain(|(until, _)| now < *until);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// How many changes are shown.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether this is the newest of what is shown.
    pub(super) fn shows(&self, fresh: &Arc<Fresh>) -> bool {
        self.0.front().is_some_and(|(_, newest)| Arc::ptr_eq(newest, fresh))
    }

    /// How a row is new, if it is.
    pub(super) fn of(&self, row: Row) -> Option<Novelty> {
        self.0.iter().find_map(|(_, fresh)| fresh.rows.get(&row).copied())
    }

    /// How much is new, in a few words; empty when nothing is.
    pub(super) fn words(&self) -> String {
        let new: usize = self.0.iter().map(|(_, fresh)| fresh.new).sum();
        let all: usize = self.0.iter().map(|(_, fresh)| fresh.rows.len()).sum();
        let part = |count: usize, novelty: Novelty, words: &str| match count {
            0 => String::new(),
            count => format!("  {}{count} {words}", novelty.mark()),
        };
        let changed = part(all.saturating_sub(new), Novelty::Changed, "changed");
        format!("{}{changed}", part(new, Novelty::New, "new"))
    }
}
