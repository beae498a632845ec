//! How many operators a change needs.

use std::collections::BTreeMap;

/// The kinds of change that approvals are counted for; each gives authority. Taking it away needs one operator.
pub const KINDS: [&str; 6] = ["adopt", "grant", "operator", "policy", "reactivate", "rekey"];

/// The most approvals that a policy may ask for.
pub const MOST: u8 = 16;

/// Distinct operators needed per kind of change, the one who orders it included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approvals(BTreeMap<&'static str, u8>);

impl Approvals {
    /// How many operators a kind of change needs; 1 for a kind that is not one of [`KINDS`].
    pub fn of(&self, kind: &str) -> u8 {
        self.0.get(kind).copied().unwrap_or(1)
    }

    /// Every kind with its number, in the order of [`KINDS`].
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u8)> + '_ {
        self.0.iter().map(|(kind, count)| (*kind, *count))
    }

    /// Asks for `count` operators, between 1 and 16; false for an unknown kind or another count.
    pub fn set(&mut self, kind: &str, count: u8) -> bool {
        let known = KINDS.into_iter().find(|known| *known == kind);
        let known = known.filter(|_| (1..=MOST).contains(&count));
        known.is_some_and(|kind| self.0.insert(kind, count).is_some())
    }
}

impl Default for Approvals {
    /// Two for `operator`, `policy` and `rekey`; one for the rest.
    fn default() -> Self {
        Self(
            KINDS
                .into_iter()
                .map(|kind| (kind, if matches!(kind, "operator" | "policy" | "rekey") { 2 } else { 1 }))
                .collect(),
        )
    }
}
