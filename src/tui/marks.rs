//! Agents that were marked, so that one change means all of them.

use std::collections::HashSet;

use crate::change::Plan;
use crate::registry::Row;

/// The marked agents.
#[derive(Debug, Default)]
pub(super) struct Marks {
    rows: HashSet<Row>,
    /// Where a range begins: the agent that was marked last.
    anchor: Option<Row>,
}

impl Marks {
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn contains(&self, row: Row) -> bool {
        self.rows.contains(&row)
    }

    /// The marked agents in registration order.
    pub(super) fn sorted(&self) -> Vec<Row> {
        let mut rows: Vec<Row> = self.rows.iter().copied().collect();
        rows.sort_unstable();
        rows
    }

    /// How many are marked that a list does not show.
    pub(super) fn hidden_from(&self, shown: &[Row]) -> usize {
        let seen = shown.iter().filter(|row| self.rows.contains(row)).count();
        self.rows.len().saturating_sub(seen)
    }

    /// Marks an agent, or unmarks it.
    pub(super) fn toggle(&mut self, row: Row) {
        if !self.rows.remove(&row) {
            self.rows.insert(row);
        }
        self.anchor = Some(row);
    }

    /// Marks everybody in a list from the agent that was marked last to `row`; only `row` when that is not shown.
    pub(super) fn range(&mut self, shown: &[Row], row: Row) {
        let place = |wanted: Row| shown.iter().position(|each| *each == wanted);
        let ends = self.anchor.and_then(place).zip(place(row));
        let (from, to) = ends.map_or((0, 0), |(from, to)| (from.min(to), from.max(to) + 1));
        self.rows.extend(shown.get(from..to).unwrap_or(&[]));
        self.rows.insert(row);
        self.anchor = Some(row);
    }

    /// Marks everybody in a list, or nobody of it when all were marked.
    pub(super) fn all(&mut self, shown: &[Row]) {
        if shown.iter().all(|row| self.rows.contains(row)) {
            self.done(shown.iter().copied());
        } else {
            self.rows.extend(shown);
        }
    }

    /// What was to be done to whom a plan names is done; whom nothing could be done to stays marked.
    pub(super) fn planned(&mut self, plan: &Plan) {
        if !self.rows.is_empty() {
            self.done(plan.frozen.members.iter().map(|(row, _)| *row));
        }
    }

    /// Unmarks some.
    fn done(&mut self, rows: impl IntoIterator<Item = Row>) {
        for row in rows {
            self.rows.remove(&row);
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// All rows mean other agents now.
    pub(super) fn renumber(&mut self, meaning: impl Fn(Row) -> Option<Row>) {
        self.rows = self.rows.iter().filter_map(|row| meaning(*row)).collect();
        self.anchor = self.anchor.and_then(meaning);
    }
}
