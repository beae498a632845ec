//! How many operators a change needs.

use std::collections::BTreeMap;

use crate::time::Span;

/// The kinds of change that approvals are counted for. Taking authority away needs one operator, unless it reaches far.
pub const KINDS: [&str; 7] = ["adopt", "grant", "operator", "policy", "reactivate", "rekey", "revoke"];

/// The most approvals that a policy may ask for.
pub const MOST: u8 = 16;

/// Distinct operators needed per kind of change, the one who orders it included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approvals {
    counts: BTreeMap<&'static str, u8>,
    /// A revocation of more agents than this needs approval.
    pub revoke_above: u64,
    /// How long a change waits for signatures; until then one that contains acts as a suspension.
    pub wait: Span,
}

impl Approvals {
    /// How many operators a kind of change needs; 1 for a kind that is not one of [`KINDS`].
    pub fn of(&self, kind: &str) -> u8 {
        self.counts.get(kind).copied().unwrap_or(1)
    }

    /// Every kind with its number, in the order of [`KINDS`].
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u8)> + '_ {
        self.counts.iter().map(|(kind, count)| (*kind, *count))
    }

    /// Asks for `count` operators, between 1 and 16; false for an unknown kind or another count.
    pub fn set(&mut self, kind: &str, count: u8) -> bool {
        let known = KINDS.into_iter().find(|known| *known == kind);
        let known = known.filter(|_| (1..=MOST).contains(&count));
        known.is_some_and(|kind| self.counts.insert(kind, count).is_some())
    }
}

impl Default for Approvals {
    /// Two for every kind; a revocation of at most 25 agents needs one. A change waits for a day.
    fn default() -> Self {
        let counts = KINDS.into_iter().map(|kind| (kind, 2)).collect();
        Self { counts, revoke_above: 25, wait: Span::seconds(24 * 3600) }
    }
}
