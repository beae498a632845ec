//! How long, how deep and how broad.

use crate::delegation::MAX_DEPTH;
use crate::identity::KeyBytes;
use crate::time::Span;

/// How long and how deep delegation tokens may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenRules {
    /// How long a token lives when nobody says.
    pub ttl_default: Span,
    /// How long a token may live at most.
    pub ttl_max: Span,
    /// The deepest delegation; at most [`MAX_DEPTH`].
    pub max_depth: u32,
}

/// How many agents a parent may have below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Breadth {
    /// Direct children.
    pub max_children: u32,
    /// Everybody below it, at any depth.
    pub max_descendants: u32,
    /// Children registered within an hour.
    pub delegations_per_hour: u32,
    /// Whether a parent that meets one of these limits is sealed.
    pub seal_parent: bool,
}

/// How long keys live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyRules {
    /// How long tokens of a rotated key still count.
    pub overlap: Span,
    /// The age at which a key is due to be rotated; never when absent.
    pub rotate_after: Option<Span>,
    /// How many former keys are remembered (IDT 17.5).
    pub history: usize,
}

/// Who vouches for agents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttestationRules {
    /// Whether an agent without an attestation is denied.
    pub required: bool,
    /// The keys of those whose attestations count.
    pub attesters: Vec<KeyBytes>,
}

const HOUR: i64 = 3600;

impl Default for TokenRules {
    /// One hour, at most a day; 10 deep.
    fn default() -> Self {
        Self { ttl_default: Span::seconds(HOUR), ttl_max: Span::seconds(24 * HOUR), max_depth: MAX_DEPTH }
    }
}

impl Default for Breadth {
    /// 1,000 children, 10,000 descendants, 100 an hour; nobody is sealed for it.
    fn default() -> Self {
        Self { max_children: 1000, max_descendants: 10_000, delegations_per_hour: 100, seal_parent: false }
    }
}

impl Default for KeyRules {
    /// An hour of overlap, rotation due after 90 days, 5 former keys.
    fn default() -> Self {
        Self { overlap: Span::seconds(HOUR), rotate_after: Some(Span::seconds(90 * 24 * HOUR)), history: 5 }
    }
}
