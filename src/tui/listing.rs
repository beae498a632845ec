//! Which agents a table or a tree shows, in which order: computed off the screen thread.

use std::cmp::Reverse;
use std::sync::Arc;

use super::session::View;
use crate::registry::Row;
use crate::registry::query::{Callers, Query, QueryError};
use crate::time::Time;

/// The order of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Sort {
    /// As registered.
    #[default]
    Registration,
    /// By name.
    Name,
    /// By effective state.
    State,
    /// By score, lowest first; unscored agents last.
    Score,
    /// By the size of the subtree, largest first.
    Subtree,
    /// By depth.
    Depth,
    /// By sponsor.
    Sponsor,
    /// By expiry, soonest first.
    Expiry,
    /// By what falls with it times the trust that it lost lately, the most first; then by what falls with it.
    Risk,
}

impl Sort {
    pub(super) const ALL: [Self; 9] = [
        Self::Registration,
        Self::Name,
        Self::State,
        Self::Score,
        Self::Subtree,
        Self::Depth,
        Self::Sponsor,
        Self::Expiry,
        Self::Risk,
    ];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Name => "name",
            Self::State => "state",
            Self::Score => "score",
            Self::Subtree => "subtree",
            Self::Depth => "depth",
            Self::Sponsor => "sponsor",
            Self::Expiry => "expiry",
            Self::Risk => "risk",
        }
    }

    /// Whether the largest comes first.
    pub(super) const fn falls(self) -> bool {
        matches!(self, Self::Subtree | Self::Risk)
    }

    pub(super) fn next(self) -> Self {
        let at = Self::ALL.iter().position(|sort| *sort == self).unwrap_or(0);
        Self::ALL.get(at + 1).copied().unwrap_or_default()
    }
}

/// What to show.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Selection {
    /// The query as it is typed.
    pub text: String,
    /// A query that the room itself makes beside.
    pub within: String,
    pub sort: Sort,
    pub reversed: bool,
    /// The agent that the cursor stays on.
    pub keep: Option<Row>,
    /// Who asked for verdicts, once somebody looked it up for this query.
    pub callers: Option<Callers>,
    /// The rows that were listed before somebody else changed something.
    pub was: Option<Arc<Vec<Row>>>,
}

impl Selection {
    pub(super) fn narrows(&self) -> bool {
        !self.text.trim().is_empty() || !self.within.is_empty()
    }

    /// The same for another query: one that asks for trouble is sorted by risk, unless another order was chosen.
    pub(super) fn asking(&self, text: String, keep: Option<Row>) -> Self {
        let trouble = Query::parse(&text).is_ok_and(|query| query.asks_for_trouble());
        let sort = if trouble && self.sort == Sort::default() { Sort::Risk } else { self.sort };
        Self { text, keep, sort, ..self.clone() }
    }

    /// The query, if somebody must look up first who asked for verdicts.
    pub(super) fn wants_callers(&self, now: Time) -> Option<Query> {
        let query = Query::parse(&self.text).ok().filter(|_| self.callers.is_none())?;
        (!query.callers_since(now).is_empty()).then_some(query)
    }
}

/// The rows to show, and where the kept agent is among them.
#[derive(Debug, Clone, Default)]
pub(super) struct Listed {
    pub rows: Vec<Row>,
    pub kept_at: Option<usize>,
    /// Whom somebody else's change took off the list.
    pub gone: Vec<Row>,
}

/// Rows of a table.
pub(super) fn list(view: &View, selection: &Selection) -> Result<Listed, QueryError> {
    let mut rows = matching(view, selection)?;
    sort(view, &mut rows, selection.sort);
    if selection.reversed {
        rows.reverse();
    }
    let kept_at = selection.keep.and_then(|keep| rows.iter().position(|row| *row == keep));
    let gone = selection.was.as_ref().map_or_else(Vec::new, |was| view.fresh.gone(was, &rows));
    Ok(Listed { rows, kept_at, gone })
}

/// Rows of the tree when it is filtered: the matches and everybody above them, in preorder.
///
/// Where the kept agent is not among them, the first match stands for it.
pub(super) fn list_tree(view: &View, selection: &Selection) -> Result<Listed, QueryError> {
    let lineage = view.registry().lineage();
    let mut wanted = vec![false; lineage.len()];
    let matches = matching(view, selection)?;
    let first = matches.iter().copied().min_by_key(|row| lineage.position(*row));
    for row in matches {
        let mut at = Some(row);
        while let Some(row) = at {
            match wanted.get_mut(lineage.position(row)) {
                Some(seen) if !*seen => *seen = true,
                _ => break,
            }
            at = lineage.parent(row);
        }
    }
    let rows: Vec<Row> =
        lineage.preorder().zip(&wanted).filter(|(_, wanted)| **wanted).map(|(row, _)| row).collect();
    let place = |of: Option<Row>| rows.iter().position(|row| Some(*row) == of);
    let kept_at = selection.keep.and_then(|keep| place(Some(keep))).or_else(|| place(first));
    Ok(Listed { rows, kept_at, gone: Vec::new() })
}

fn matching(view: &View, selection: &Selection) -> Result<Vec<Row>, QueryError> {
    let callers = selection.callers.clone().unwrap_or_else(Callers::unknown);
    let over = |text: &str| Query::parse(text)?.over(view.registry(), &view.judgement, &callers);
    let (typed, within) = (over(&selection.text)?, over(&selection.within)?);
    Ok(typed.rows().filter(|row| within.matches(*row)).collect())
}

fn sort(view: &View, rows: &mut [Row], by: Sort) {
    let agent = |row: &Row| view.agent(*row);
    match by {
        Sort::Registration => {}
        Sort::Name => rows.sort_by(|a, b| agent(a).name().cmp(agent(b).name())),
        Sort::State => rows.sort_by_cached_key(|row| view.judgement.state(*row)),
        Sort::Score => rows.sort_by_cached_key(|row| view.trust(*row).0.unwrap_or(u16::MAX)),
        Sort::Subtree => {
            rows.sort_by_cached_key(|row| Reverse(view.registry().lineage().subtree(*row).len()));
        }
        Sort::Depth => rows.sort_by_cached_key(|row| agent(row).depth()),
        Sort::Sponsor => rows.sort_by(|a, b| agent(a).sponsor().cmp(agent(b).sponsor())),
        Sort::Expiry => {
            rows.sort_by_cached_key(|row| agent(row).expires_at().map_or(i64::MAX, |time| time.micros()));
        }
        Sort::Risk => {
            let (risks, registry) = (&view.risks, view.registry());
            rows.sort_by_cached_key(|row| {
                Reverse((risks.risk(registry, *row), risks.impact(registry, *row)))
            });
        }
    }
}
