//! The rules of one hop: a child, and the parent that its record names (IDT 15.1, 22.4).

use std::collections::HashMap;

use super::intern::{BEYOND, Interner, Sets};
use crate::capability::{Held, WILDCARD, any_allows};
use crate::delegation::MAX_DEPTH;

/// A rule of lineage that a hop breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Rule {
    /// A root must say depth 0.
    RootDepthNonzero = 1,
    /// A delegated agent must say a depth above 0.
    DelegatedDepthZero,
    /// The parent must be registered.
    MissingParent,
    /// Without a registry no parent can be looked up.
    NoRegistry,
    /// The parent must be active.
    InactiveParent,
    /// `*` is never delegated.
    WildcardDelegated,
    /// The parent must allow everything that the child holds.
    CapabilityEscalation,
    /// The child's depth is the parent's plus 1.
    DepthMismatch,
    /// No depth exceeds 10.
    DepthLimitExceeded,
}

impl Rule {
    /// All rules.
    pub const ALL: [Self; 9] = [
        Self::RootDepthNonzero,
        Self::DelegatedDepthZero,
        Self::MissingParent,
        Self::NoRegistry,
        Self::InactiveParent,
        Self::WildcardDelegated,
        Self::CapabilityEscalation,
        Self::DepthMismatch,
        Self::DepthLimitExceeded,
    ];

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::RootDepthNonzero => "root_depth_nonzero",
            Self::DelegatedDepthZero => "delegated_depth_zero",
            Self::MissingParent => "missing_parent",
            Self::NoRegistry => "no_registry",
            Self::InactiveParent => "inactive_parent",
            Self::WildcardDelegated => "wildcard_delegated",
            Self::CapabilityEscalation => "capability_escalation",
            Self::DepthMismatch => "depth_mismatch",
            Self::DepthLimitExceeded => "depth_limit_exceeded",
        }
    }

    /// Whether the rule outranks the parent's own state: without a parent there is none to ask.
    pub(super) const fn precedes_parent_state(self) -> bool {
        matches!(
            self,
            Self::RootDepthNonzero | Self::DelegatedDepthZero | Self::MissingParent | Self::NoRegistry
        )
    }
}

/// One side of a hop.
#[derive(Clone, Copy)]
pub(super) struct Side<S> {
    pub depth: u32,
    pub capabilities: S,
}

/// The first rule that a hop breaks whatever the time and the status of the parent.
pub(super) fn check<S: Copy>(
    child: Side<S>,
    parent: Parent<S>,
    narrows: impl FnOnce(S, S) -> Result<(), Rule>,
) -> Option<Rule> {
    let parent = match parent {
        Parent::Root => return (child.depth != 0).then_some(Rule::RootDepthNonzero),
        _ if child.depth == 0 => return Some(Rule::DelegatedDepthZero),
        Parent::Missing => return Some(Rule::MissingParent),
        Parent::Unknowable => return Some(Rule::NoRegistry),
        Parent::Registered(parent) => parent,
    };
    if let Err(rule) = narrows(parent.capabilities, child.capabilities) {
        return Some(rule);
    }
    if parent.depth.checked_add(1) != Some(child.depth) {
        return Some(Rule::DepthMismatch);
    }
    (child.depth > MAX_DEPTH).then_some(Rule::DepthLimitExceeded)
}

/// What the record's `parent_did` leads to.
pub(super) enum Parent<S> {
    Root,
    Missing,
    Unknowable,
    Registered(Side<S>),
}

/// Whether a child holding `child` stays within a parent holding `parent`.
pub(super) fn narrows<'a>(
    parent: impl Iterator<Item = &'a str>,
    mut child: impl Iterator<Item = &'a str> + Clone,
) -> Result<(), Rule> {
    if child.clone().any(|capability| capability == WILDCARD) {
        return Err(Rule::WildcardDelegated);
    }
    let held = Held::new(parent);
    if child.all(|capability| held.allows(capability)) { Ok(()) } else { Err(Rule::CapabilityEscalation) }
}

/// The bits of which none may be delegated unseen: `*`, and numbers that have no bit of their own.
fn special(texts: &Interner) -> u128 {
    texts.find(WILDCARD).and_then(|number| 1u128.checked_shl(number)).unwrap_or(0) | BEYOND
}

/// Whether a mask alone shows that a parent holds literally what a child holds; else the texts must be asked.
fn literally_within(sets: &Sets, special: u128, parent: u32, child: u32) -> bool {
    let mask = |set: u32| sets.masks().get(set as usize).copied().unwrap_or(BEYOND);
    mask(child) & (special | !mask(parent)) == 0
}

/// Whether the list `child` may be delegated by a holder of the list `parent`; short lists touch no heap.
pub(super) fn is_within(texts: &Interner, sets: &Sets, parent: u32, child: u32) -> bool {
    const SHORT: usize = 1024;
    if literally_within(sets, special(texts), parent, child) {
        return true;
    }
    let words = |set: u32| sets.get(set).iter().map(|number| texts.get(*number));
    if sets.get(parent).len().saturating_mul(sets.get(child).len()) > SHORT {
        return narrows(words(parent), words(child)).is_ok();
    }
    words(child).all(|asked| asked != WILDCARD && any_allows(words(parent), asked))
}

/// Answers [`narrows`] for interned sets: by their masks where those suffice, else each pair once.
pub(super) struct Narrowing<'r> {
    texts: &'r Interner,
    sets: &'r Sets,
    /// The bits of which none may be delegated unseen.
    special: u128,
    known: HashMap<(u32, u32), Result<(), Rule>>,
}

impl<'r> Narrowing<'r> {
    pub(super) fn new(texts: &'r Interner, sets: &'r Sets) -> Self {
        Self { texts, sets, special: special(texts), known: HashMap::new() }
    }

    pub(super) fn ask(&mut self, parent: u32, child: u32) -> Result<(), Rule> {
        if literally_within(self.sets, self.special, parent, child) {
            return Ok(());
        }
        *self.known.entry((parent, child)).or_insert_with(|| {
            let words = |set: u32| self.sets.get(set).iter().map(|number| self.texts.get(*number));
            narrows(words(parent), words(child))
        })
    }
}
