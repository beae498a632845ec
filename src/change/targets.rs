//! Whom a change is about: agents frozen by DID and version.

use std::cmp::Ordering;

use sha2::{Digest, Sha256};

use super::{ChangeError, Spare};
use crate::encoding::Digest32;
use crate::identity::Did;

/// A change lists at most this many targets; more are a cascade.
pub const MAX_LISTED: usize = 10_000;

/// The first line under every cascade digest, so that it can be mistaken for no other digest.
const CASCADE_DOMAIN: &[u8] = b"meshwarden.cascade.v1\n";

/// An agent at a version: a change meets this agent in this state, or it does not apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The agent.
    pub did: Did,
    /// The version that the operator saw.
    pub version: u64,
}

/// Whom a change is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Targets {
    /// These agents and no others.
    Listed(TargetList),
    /// A root and what falls with it; the warden recomputes the set and compares.
    Cascade(Cascade),
}

/// One to [`MAX_LISTED`] targets, sorted by DID, none twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetList(Vec<Target>);

/// A root and what falls with it, told by count and digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cascade {
    /// The top of the subtree.
    pub root: Target,
    /// How many agents fall, the root included.
    pub count: u64,
    /// The [`cascade_digest`] of them all, the root included.
    pub digest: Digest32,
    /// How many agents were registered when they were counted; of a containment, those who registered later fall too.
    pub among: Option<u64>,
    /// Who lies below the root and does not fall.
    pub spared: Vec<Spare>,
}

impl Cascade {
    /// `root` and everything that falls with it; `all` holds the root too, in any order.
    pub(super) fn of(root: Target, all: Vec<Target>, among: Option<u64>) -> Self {
        let count = u64::try_from(all.len()).unwrap_or(u64::MAX);
        Self { root, count, digest: cascade_digest(all), among, spared: Vec::new() }
    }
}

impl TargetList {
    /// Sorts `targets` into a list.
    ///
    /// # Errors
    /// [`ChangeError::NoTargets`], [`ChangeError::TooManyTargets`] or [`ChangeError::RepeatedTarget`].
    pub fn new(mut targets: Vec<Target>) -> Result<Self, ChangeError> {
        match targets.len() {
            0 => return Err(ChangeError::NoTargets),
            count if count > MAX_LISTED => return Err(ChangeError::TooManyTargets { count }),
            _ => targets.sort_by(|a, b| a.did.cmp(&b.did)),
        }
        let twice = targets.windows(2).find_map(|pair| match pair {
            [a, b] if a.did == b.did => Some(a.did.clone()),
            _ => None,
        });
        match twice {
            Some(did) => Err(ChangeError::RepeatedTarget { did }),
            None => Ok(Self(targets)),
        }
    }

    /// The targets, sorted by DID.
    pub fn as_slice(&self) -> &[Target] {
        &self.0
    }
}

impl Targets {
    /// One agent alone.
    pub fn one(did: Did, version: u64) -> Self {
        Self::Listed(TargetList(vec![Target { did, version }]))
    }

    /// Agents, each alone, no two of them the same.
    pub(super) fn listed(mut targets: Vec<Target>) -> Self {
        targets.sort_by(|a, b| a.did.cmp(&b.did));
        Self::Listed(TargetList(targets))
    }

    /// `root` and everything that falls with it; `all` holds the root too, in any order.
    pub fn cascade(root: Target, all: Vec<Target>, among: Option<u64>) -> Self {
        Self::Cascade(Cascade::of(root, all, among))
    }

    /// The same, except for those who are spared: none of them was counted.
    pub(super) fn sparing(self, spared: Vec<Spare>) -> Self {
        match self {
            Self::Cascade(cascade) => Self::Cascade(Cascade { spared, ..cascade }),
            listed @ Self::Listed(_) => listed,
        }
    }

    /// How many agents are meant.
    pub fn count(&self) -> u64 {
        match self {
            Self::Listed(list) => u64::try_from(list.0.len()).unwrap_or(u64::MAX),
            Self::Cascade(cascade) => cascade.count,
        }
    }

    /// The root of a cascade, or the first of a list.
    pub fn first(&self) -> Option<&Did> {
        match self {
            Self::Cascade(cascade) => Some(&cascade.root.did),
            Self::Listed(list) => list.0.first().map(|target| &target.did),
        }
    }

    /// Whether the subtree is meant and not only its root.
    pub const fn is_cascade(&self) -> bool {
        matches!(self, Self::Cascade(_))
    }
}

/// SHA-256 over the line `meshwarden.cascade.v1` and then one line `<did>:<version>` for each target,
/// each line ended by a line feed, the target lines sorted by their bytes.
pub fn cascade_digest(mut targets: Vec<Target>) -> Digest32 {
    targets.sort_unstable_by(by_line);
    let mut hasher = Sha256::new_with_prefix(CASCADE_DOMAIN);
    for target in targets {
        hasher.update(line(&target));
    }
    hasher.finalize().into()
}

fn by_line(a: &Target, b: &Target) -> Ordering {
    match (a.did.bits(), b.did.bits()) {
        (Some(left), Some(right)) if left != right => left.cmp(&right),
        _ => line(a).cmp(&line(b)),
    }
}

fn line(target: &Target) -> String {
    format!("{}:{}\n", target.did, target.version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::sha256;

    fn target(id: &str, version: u64) -> Target {
        Target { did: Did::from_unique_id(id).unwrap(), version }
    }

    #[test]
    fn a_cascade_digest_is_that_of_the_sorted_lines() {
        let long = "0f".repeat(16);
        let targets = vec![target("ab", 7), target(&long, 1), target("ab0", 7), target("B", 0)];
        let text = format!(
            "meshwarden.cascade.v1\ndid:mesh:{long}:1\ndid:mesh:B:0\ndid:mesh:ab0:7\ndid:mesh:ab:7\n"
        );
        assert_eq!(cascade_digest(targets), sha256(text.as_bytes()));
    }

    #[test]
    fn a_list_is_sorted_and_names_nobody_twice() {
        let list = TargetList::new(vec![target("b", 1), target("a", 2)]).unwrap();
        assert_eq!(list.as_slice(), [target("a", 2), target("b", 1)]);
        let twice = TargetList::new(vec![target("b", 1), target("a", 2), target("b", 3)]);
        assert_eq!(twice.unwrap_err().code(), "change_target_repeated");
        assert_eq!(TargetList::new(vec![]), Err(ChangeError::NoTargets));
        let many =
            (0..=MAX_LISTED as u128).map(|bits| Target { did: Did::from_bits(bits), version: 0 }).collect();
        assert_eq!(TargetList::new(many).unwrap_err().code(), "change_too_many_targets");
    }
}
