//! Invented meshes: believable, damaged where asked, and the same for the same seed and time.
//!
//! No clock, file or randomness enters: everything is drawn from the seed, and every date is relative to
//! [`Plan::at`]. Companies, people and domains (`.example`, RFC 2606) are made up.
#![deny(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

mod cast;
mod damage;
mod draw;
mod grants;
mod life;
mod mesh;
mod spot;
#[cfg(test)]
mod tests;

pub use mesh::Mesh;

use crate::time::Time;

/// What to invent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// How many agents.
    pub agents: u32,
    /// What tells this mesh from others of the same size.
    pub seed: u64,
    /// The time that counts as now: nothing was created later.
    pub at: Time,
    /// How many lineages are broken, and how.
    pub broken: Shares,
}

/// A way in which a record disagrees with its lineage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Broken {
    /// The parent is not registered.
    MissingParent,
    /// The depth is not the parent's plus one.
    DepthMismatch,
    /// A root states a depth.
    RootDepthNonzero,
    /// A delegated agent states depth 0.
    DelegatedDepthZero,
    /// The agent holds what its parent does not allow.
    CapabilityEscalation,
    /// The agent was delegated `*`.
    WildcardDelegated,
    /// The agent lies at depth 11.
    DepthLimitExceeded,
    /// The agent is its own ancestor.
    Cycle,
}

/// The share of agents whose own record breaks their lineage, by kind, in millionths of all agents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shares([u32; 8]);

impl Broken {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::MissingParent,
        Self::DepthMismatch,
        Self::RootDepthNonzero,
        Self::DelegatedDepthZero,
        Self::CapabilityEscalation,
        Self::WildcardDelegated,
        Self::DepthLimitExceeded,
        Self::Cycle,
    ];

    /// The word for it, as lineage verdicts spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MissingParent => "missing_parent",
            Self::DepthMismatch => "depth_mismatch",
            Self::RootDepthNonzero => "root_depth_nonzero",
            Self::DelegatedDepthZero => "delegated_depth_zero",
            Self::CapabilityEscalation => "capability_escalation",
            Self::WildcardDelegated => "wildcard_delegated",
            Self::DepthLimitExceeded => "depth_limit_exceeded",
            Self::Cycle => "cycle",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    const fn row(self) -> usize {
        match self {
            Self::MissingParent => 0,
            Self::DepthMismatch => 1,
            Self::RootDepthNonzero => 2,
            Self::DelegatedDepthZero => 3,
            Self::CapabilityEscalation => 4,
            Self::WildcardDelegated => 5,
            Self::DepthLimitExceeded => 6,
            Self::Cycle => 7,
        }
    }
}

impl Shares {
    /// Nothing is broken.
    pub const NONE: Self = Self([0; 8]);

    /// The shares of all kinds together are at most a half.
    pub const MOST: u32 = 500_000;

    /// The same shares but for one kind; `None` if more than [`Shares::MOST`] would be broken.
    pub fn with(mut self, kind: Broken, millionths: u32) -> Option<Self> {
        *self.0.get_mut(kind.row())? = millionths;
        let sum = self.0.iter().fold(0_u32, |sum, share| sum.saturating_add(*share));
        (sum <= Self::MOST).then_some(self)
    }

    /// The share of one kind, in millionths.
    pub fn of(&self, kind: Broken) -> u32 {
        self.0.get(kind.row()).copied().unwrap_or(0)
    }

    /// How many of `agents` that is, rounded to the nearest.
    ///
    /// A mesh of fewer than 100 agents may lack the room for all of them.
    pub fn count(&self, kind: Broken, agents: u32) -> u32 {
        let millionths = u64::from(agents).saturating_mul(u64::from(self.of(kind))).saturating_add(500_000);
        u32::try_from(millionths.wrapping_div(1_000_000)).unwrap_or(u32::MAX)
    }
}

/// About one in sixty.
impl Default for Shares {
    fn default() -> Self {
        Self([4_000, 3_000, 1_000, 1_000, 4_000, 1_000, 1_000, 2_000])
    }
}

impl Plan {
    /// A mesh with the usual share of broken lineages.
    pub fn new(agents: u32, seed: u64, at: Time) -> Self {
        Self { agents, seed, at, broken: Shares::default() }
    }

    /// The agents of the mesh; a parent comes before its children but for about one pair in fifty.
    pub fn mesh(&self) -> Mesh {
        Mesh::new(self)
    }
}
