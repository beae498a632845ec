//! That an entry is in a log, and that a log only grew (RFC 6962 section 2.1, RFC 9162 sections 2.1.3 and 2.1.4).

use super::merkle::{Frontier, node_hash};
use crate::encoding::Digest32;

/// A tree of 2^64 leaves is proved with so many hashes, so no longer proof is looked at.
pub const MAX_PROOF: usize = 64;

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The place lies outside the tree, or the older tree is the larger one.
    #[error("the place lies outside the tree")]
    OutOfRange,
    /// The proof has more or fewer hashes than one for this place has.
    #[error("the proof has another length than one for this place")]
    Length,
    /// The hashes lead to another root.
    #[error("the proof leads to another root")]
    OtherRoot,
}

impl ProofError {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::OutOfRange => "proof_out_of_range",
            Self::Length => "proof_length",
            Self::OtherRoot => "proof_other_root",
        }
    }
}

/// The hashes that lead from the leaf at `index` to the root; none when there is no such leaf.
pub fn prove_inclusion(leaves: &[Digest32], index: usize) -> Option<Vec<Digest32>> {
    leaves.get(index)?;
    let mut proof = Vec::new();
    let (mut within, mut index) = (leaves, index);
    while within.len() > 1 {
        let (left, right) = within.split_at_checked(split(within.len()))?;
        if index < left.len() {
            proof.push(root(right));
            within = left;
        } else {
            proof.push(root(left));
            index = index.checked_sub(left.len())?;
            within = right;
        }
    }
    proof.reverse();
    Some(proof)
}

/// The hashes that show that the tree of the first `old` leaves grew into this one; none when it is larger.
pub fn prove_consistency(leaves: &[Digest32], old: usize) -> Option<Vec<Digest32>> {
    if old > leaves.len() {
        return None;
    }
    let mut proof = Vec::new();
    if old == 0 || old == leaves.len() {
        return Some(proof);
    }
    let (mut within, mut old, mut known) = (leaves, old, true);
    while old != within.len() {
        let (left, right) = within.split_at_checked(split(within.len()))?;
        if old <= left.len() {
            proof.push(root(right));
            within = left;
        } else {
            proof.push(root(left));
            old = old.checked_sub(left.len())?;
            within = right;
            known = false;
        }
    }
    if !known {
        proof.push(root(within));
    }
    proof.reverse();
    Some(proof)
}

/// Checks that the leaf at `index` is in the tree of `size` leaves with this root.
///
/// # Errors
/// [`ProofError`].
pub fn check_inclusion(
    leaf: &Digest32,
    index: u64,
    size: u64,
    root: &Digest32,
    proof: &[Digest32],
) -> Result<(), ProofError> {
    let Some(last) = size.checked_sub(1).filter(|last| index <= *last) else {
        return Err(ProofError::OutOfRange);
    };
    let mut climb = Climb { at: index, last };
    let mut hash = *leaf;
    for next in bounded(proof)? {
        hash = match climb.up()? {
            Side::Left => node_hash(next, &hash),
            Side::Right => node_hash(&hash, next),
        };
    }
    climb.arrived(hash == *root)
}

/// The way from a node to the root, a hash of the proof for each step (RFC 9162 sections 2.1.3.2 and 2.1.4.2).
struct Climb {
    at: u64,
    last: u64,
}

/// On which side of the node the next hash lies.
enum Side {
    Left,
    Right,
}

impl Climb {
    fn up(&mut self) -> Result<Side, ProofError> {
        if self.last == 0 {
            return Err(ProofError::Length);
        }
        let side = if self.at & 1 == 1 || self.at == self.last { Side::Left } else { Side::Right };
        if matches!(side, Side::Left) {
            while self.at & 1 == 0 && self.at != 0 {
                self.rise();
            }
        }
        self.rise();
        Ok(side)
    }

    const fn rise(&mut self) {
        (self.at, self.last) = (self.at >> 1, self.last >> 1);
    }

    /// Whether the way ended at the root, and the hashes with it.
    const fn arrived(&self, same: bool) -> Result<(), ProofError> {
        match (self.last, same) {
            (0, true) => Ok(()),
            (0, false) => Err(ProofError::OtherRoot),
            _ => Err(ProofError::Length),
        }
    }
}

/// A tree, as a checkpoint tells it: how many leaves, and their root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tree {
    /// How many leaves.
    pub size: u64,
    /// Their root.
    pub root: Digest32,
}

/// Checks that `old` grew into `new` and nothing in it changed.
///
/// # Errors
/// [`ProofError`].
pub fn check_consistency(old: &Tree, new: &Tree, proof: &[Digest32]) -> Result<(), ProofError> {
    if old.size > new.size {
        return Err(ProofError::OutOfRange);
    }
    if old.size == new.size || old.size == 0 {
        let same = old.size != new.size || old.root == new.root;
        let genuine = old.size != 0 || old.root == super::empty_root();
        return match (proof.is_empty(), same && genuine) {
            (false, _) => Err(ProofError::Length),
            (true, false) => Err(ProofError::OtherRoot),
            (true, true) => Ok(()),
        };
    }
    let mut climb = Climb { at: old.size.saturating_sub(1), last: new.size.saturating_sub(1) };
    while climb.at & 1 == 1 {
        climb.rise();
    }
    // A whole subtree is its own first hash.
    let (first, rest) = if old.size.is_power_of_two() {
        (&old.root, bounded(proof)?)
    } else {
        bounded(proof)?.split_first().ok_or(ProofError::Length)?
    };
    let (mut old_hash, mut new_hash) = (*first, *first);
    for next in rest {
        match climb.up()? {
            Side::Left => {
                old_hash = node_hash(next, &old_hash);
                new_hash = node_hash(next, &new_hash);
            }
            Side::Right => new_hash = node_hash(&new_hash, next),
        }
    }
    climb.arrived(old_hash == old.root && new_hash == new.root)
}

fn bounded(proof: &[Digest32]) -> Result<&[Digest32], ProofError> {
    if proof.len() > MAX_PROOF { Err(ProofError::Length) } else { Ok(proof) }
}

/// The largest power of two below `count`, which is at least 2.
const fn split(count: usize) -> usize {
    match count.checked_next_power_of_two() {
        Some(power) => power / 2,
        None => 1 << (usize::BITS - 1),
    }
}

fn root(leaves: &[Digest32]) -> Digest32 {
    let mut frontier = Frontier::new();
    for leaf in leaves {
        frontier.push(*leaf);
    }
    frontier.root()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::leaf_hash;
    use proptest::prelude::*;

    fn leaves(count: usize) -> Vec<Digest32> {
        (0..count).map(|number| leaf_hash(&number.to_be_bytes())).collect()
    }

    fn tree(leaves: &[Digest32]) -> Tree {
        Tree { size: leaves.len() as u64, root: root(leaves) }
    }

    #[test]
    fn every_leaf_of_every_small_tree_is_proved_and_no_other_place_is() {
        for size in 1..40 {
            let leaves = leaves(size);
            let whole = tree(&leaves);
            for (index, leaf) in leaves.iter().enumerate() {
                let proof = prove_inclusion(&leaves, index).unwrap();
                let check = |leaf, index, size| check_inclusion(leaf, index, size, &whole.root, &proof);
                assert_eq!(check(leaf, index as u64, whole.size), Ok(()), "{index} of {size}");
                for other in (0..whole.size + 2).filter(|other| *other != index as u64) {
                    assert!(check(leaf, other, whole.size).is_err(), "{index} as {other} of {size}");
                }
            }
            assert_eq!(prove_inclusion(&leaves, size), None);
        }
    }

    #[test]
    fn every_small_tree_grows_into_every_larger_one_and_no_other_grew() {
        let leaves = leaves(34);
        for new in 0..leaves.len() {
            for old in 0..=new {
                let proof = prove_consistency(&leaves[..new], old).unwrap();
                let (before, after) = (tree(&leaves[..old]), tree(&leaves[..new]));
                assert_eq!(check_consistency(&before, &after, &proof), Ok(()), "{old} to {new}");
                let forked = Tree { root: leaf_hash(b"fork"), ..before };
                assert!(check_consistency(&forked, &after, &proof).is_err(), "{old} to {new}");
                let rewritten = Tree { root: leaf_hash(b"fork"), ..after };
                assert!(
                    old == 0 || check_consistency(&before, &rewritten, &proof).is_err(),
                    "{old} to {new}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn a_changed_shortened_or_lengthened_proof_proves_nothing(
            size in 2usize..300, index in any::<prop::sample::Index>(), at in any::<prop::sample::Index>()
        ) {
            let leaves = leaves(size);
            let (index, whole) = (index.index(size), tree(&leaves));
            let proof = prove_inclusion(&leaves, index).unwrap();
            let check = |proof: &[Digest32]| {
                check_inclusion(&leaves[index], index as u64, whole.size, &whole.root, proof)
            };
            prop_assert_eq!(check(&proof), Ok(()));
            let mut changed = proof.clone();
            changed[at.index(proof.len())][0] ^= 1;
            prop_assert_eq!(check(&changed), Err(ProofError::OtherRoot));
            prop_assert_eq!(check(&proof[1..]), Err(ProofError::Length));
            prop_assert_eq!(check(&[&proof[..], &[[0; 32]]].concat()), Err(ProofError::Length));
        }

        #[test]
        fn any_hashes_have_an_answer(
            old in any::<u64>(), new in any::<u64>(), proof in prop::collection::vec(any::<[u8; 32]>(), 0..80)
        ) {
            let (old, new) = (Tree { size: old, root: [1; 32] }, Tree { size: new, root: [2; 32] });
            prop_assert!(check_consistency(&old, &new, &proof).is_err() || old.size == 0);
            let _ = check_inclusion(&[3; 32], old.size, new.size, &new.root, &proof);
        }
    }
}
