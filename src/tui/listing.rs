//! Which agents a table or a tree shows, in which order: computed off the screen thread.

use std::cmp::Reverse;

use super::session::View;
use crate::registry::{Needle, Row, Rule, State};
use crate::trust::Tier;

/// What agents are narrowed to, besides a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Facet {
    /// In this effective state.
    State(State),
    /// In this tier; none means unscored.
    Tier(Option<Tier>),
    /// Whose own hop breaks this rule.
    BrokenHop(Rule),
    /// Expiring within a week.
    Expiring,
}

impl Facet {
    /// Words for titles.
    pub(super) fn words(self) -> String {
        match self {
            Self::State(state) => state.as_str().to_owned(),
            Self::Tier(Some(tier)) => tier.as_str().to_owned(),
            Self::Tier(None) => "unscored".to_owned(),
            Self::BrokenHop(rule) => rule.code().to_owned(),
            Self::Expiring => "expiring within 7 days".to_owned(),
        }
    }
}

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
}

impl Sort {
    pub(super) const ALL: [Self; 8] = [
        Self::Registration,
        Self::Name,
        Self::State,
        Self::Score,
        Self::Subtree,
        Self::Depth,
        Self::Sponsor,
        Self::Expiry,
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
        }
    }

    /// Whether the largest comes first.
    pub(super) const fn falls(self) -> bool {
        matches!(self, Self::Subtree)
    }

    pub(super) fn next(self) -> Self {
        let at = Self::ALL.iter().position(|sort| *sort == self).unwrap_or(0);
        Self::ALL.get(at + 1).copied().unwrap_or_default()
    }
}

/// What to show.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Selection {
    pub text: String,
    pub facet: Option<Facet>,
    pub sort: Sort,
    pub reversed: bool,
    /// The agent that the cursor stays on.
    pub keep: Option<Row>,
}

impl Selection {
    pub(super) fn narrows(&self) -> bool {
        !self.text.is_empty() || self.facet.is_some()
    }
}

/// The rows to show, and where the kept agent is among them.
#[derive(Debug, Clone, Default)]
pub(super) struct Listed {
    pub rows: Vec<Row>,
    pub kept_at: Option<usize>,
}

/// Rows of a table.
pub(super) fn list(view: &View, selection: &Selection) -> Listed {
    let mut rows = matching(view, selection);
    sort(view, &mut rows, selection.sort);
    if selection.reversed {
        rows.reverse();
    }
    let kept_at = selection.keep.and_then(|keep| rows.iter().position(|row| *row == keep));
    Listed { rows, kept_at }
}

/// Rows of the tree when it is filtered: the matches and everybody above them, in preorder.
pub(super) fn list_tree(view: &View, selection: &Selection) -> Listed {
    let lineage = view.registry().lineage();
    let mut wanted = vec![false; lineage.len()];
    for row in matching(view, selection) {
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
    let kept_at = selection.keep.and_then(|keep| rows.iter().position(|row| *row == keep));
    Listed { rows, kept_at }
}

fn matching(view: &View, selection: &Selection) -> Vec<Row> {
    let registry = view.registry();
    let mut rows = Needle::new(registry, &selection.text).matches();
    if let Some(facet) = selection.facet {
        rows.retain(|row| belongs(view, *row, facet));
    }
    rows
}

fn belongs(view: &View, row: Row, facet: Facet) -> bool {
    match facet {
        Facet::State(state) => view.judgement.state(row) == state,
        Facet::Tier(tier) => view.trust(row).1 == tier,
        Facet::BrokenHop(rule) => {
            view.judgement.verdict_of(row).fault.is_some_and(|fault| fault.rule == rule && fault.hop == row)
        }
        Facet::Expiring => view.expiring.iter().any(|(_, each)| *each == row),
    }
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
    }
}
