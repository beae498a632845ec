//! What a scope chain proves and what it does not, hop by hop, for people.

use super::ScopeChain;
use super::link::Link;
use super::verify::{Fault, signed_by};
use crate::identity::KeyBytes;
use crate::time::Time;

/// Whose signature a link carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    /// That of the key under which the registry knows the parent.
    Registered,
    /// That of a key which came in the same document: whoever wrote the one wrote the other.
    BroughtAlong,
    /// Nobody knows the parent's key: the signature was not checked.
    Unchecked,
    /// None that fits.
    Invalid,
}

impl Signed {
    /// The words for people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Registered => "signed by the parent's registered key",
            Self::BroughtAlong => "signed by a key that came with the document",
            Self::Unchecked => "signature not checked: the parent's key is unknown",
            Self::Invalid => "the signature does not fit",
        }
    }
}

/// What nothing in a link proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unproven {
    /// Time, depth and chain are outside the signature: the same grant fits into another chain, at another time.
    Replayable,
    /// `parent_capabilities` is outside hash and signature.
    ParentCapabilities,
    /// `expires_at` is outside hash and signature: anybody may have moved it.
    Expiry,
    /// Of the end user only the id is hashed, and nothing is signed.
    User,
    /// A capability has a comma, so that the signed list can be read in two ways.
    AmbiguousList,
    /// The parent is the sponsor, who signs nothing.
    Sponsor,
    /// Whoever presents the document need not hold the leaf's key.
    Possession,
}

impl Unproven {
    /// The words for people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Replayable => "when, at which depth and in which chain it was granted",
            Self::ParentCapabilities => "what the parent held",
            Self::Expiry => "when it ends",
            Self::User => "for which user it acts",
            Self::AmbiguousList => "where one capability ends and the next begins",
            Self::Sponsor => "that the sponsor granted it",
            Self::Possession => "that the presenter is the leaf",
        }
    }
}

/// One hop, as it is shown.
#[derive(Debug, Clone)]
pub struct Hop<'c> {
    /// The link.
    pub link: &'c Link,
    /// The first invariant that it breaks.
    pub fault: Option<Fault>,
    /// Whose signature it carries.
    pub signed: Signed,
    /// Whether it says that it has ended.
    pub ended: bool,
    /// What nothing proves.
    pub unproven: Vec<Unproven>,
}

/// A scope chain, as it is shown.
#[derive(Debug, Clone)]
pub struct Shown<'c> {
    /// The hops, the sponsor's first.
    pub hops: Vec<Hop<'c>>,
    /// Whether `leaf_did`, `leaf_capabilities` and `chain_hash` are what the links say.
    pub summary_fits: bool,
}

impl ScopeChain {
    /// Shows every hop for what it proves; `registered` knows the keys that did not come with the document.
    pub fn account(&self, now: Time, registered: impl Fn(&str) -> Option<KeyBytes>) -> Shown<'_> {
        let last = self.links.len().saturating_sub(1);
        let hops = self.links.iter().enumerate().map(|(at, link)| {
            let signed = self.signed(link, registered(&link.parent_did));
            Hop {
                link,
                fault: self.check(at, link).err(),
                signed,
                ended: link.expires_at.is_some_and(|end| now >= end),
                unproven: unproven(link, at == last),
            }
        });
        let leaf = self.links.last().map(|link| (&link.child_did, &link.delegated_capabilities));
        let summary_fits = self.chain_hash == self.hash()
            && leaf.is_none_or(|leaf| leaf == (&self.leaf_did, &self.leaf_capabilities));
        Shown { hops: hops.collect(), summary_fits }
    }

    fn signed(&self, link: &Link, registered: Option<KeyBytes>) -> Signed {
        match (registered, self.brought_key(&link.parent_did)) {
            (Some(key), _) if signed_by(link, &key) => Signed::Registered,
            (None, Some(key)) if signed_by(link, key) => Signed::BroughtAlong,
            (None, None) => Signed::Unchecked,
            _ => Signed::Invalid,
        }
    }
}

fn unproven(link: &Link, is_leaf: bool) -> Vec<Unproven> {
    let comma = link.delegated_capabilities.iter().any(|word| word.contains(','));
    let sponsor = link.parent_did.starts_with("did:mesh:sponsor:");
    [
        (sponsor, Unproven::Sponsor),
        (true, Unproven::Replayable),
        (true, Unproven::ParentCapabilities),
        (link.expires_at.is_some(), Unproven::Expiry),
        (link.user_context.is_some(), Unproven::User),
        (comma, Unproven::AmbiguousList),
        (is_leaf, Unproven::Possession),
    ]
    .into_iter()
    .filter_map(|(holds, what)| holds.then_some(what))
    .collect()
}
