//! Proofs in a tree whose first leaves are gone: of them only the right edge is known (RFC 6962 section 2.1.1).

use super::Frontier;
use super::merkle::node_hash;
use crate::encoding::Digest32;

/// A tree of which the first leaves were dropped.
#[derive(Debug, Clone, Copy)]
pub struct Pruned<'t> {
    /// The right edge of the leaves that are gone.
    pub gone: &'t Frontier,
    /// The others.
    pub leaves: &'t [Digest32],
}

impl Pruned<'_> {
    /// The hashes that lead from the leaf at `index` to the root; none when there is no such leaf, or it is gone.
    ///
    /// Whatever a proof needs of the leaves that are gone is a root on their right edge.
    pub fn prove(&self, index: u64) -> Option<Vec<Digest32>> {
        let size = self.gone.size().checked_add(u64::try_from(self.leaves.len()).ok()?)?;
        if index < self.gone.size() || index >= size {
            return None;
        }
        let (mut from, mut to, mut proof) = (0, size, Vec::new());
        while to.checked_sub(from)? > 1 {
            let middle = middle(from, to)?;
            if index < middle {
                proof.push(self.root(middle, to)?);
                to = middle;
            } else {
                proof.push(self.root(from, middle)?);
                from = middle;
            }
        }
        proof.reverse();
        Some(proof)
    }

    /// The root of the leaves from one place up to another.
    fn root(&self, from: u64, to: u64) -> Option<Digest32> {
        let gone = self.gone.size();
        if to <= gone {
            return self.edge(from, to);
        }
        if from < gone {
            let middle = middle(from, to)?;
            return Some(node_hash(&self.root(from, middle)?, &self.root(middle, to)?));
        }
        let place = |at: u64| usize::try_from(at.checked_sub(gone)?).ok();
        let mut tree = Frontier::new();
        for leaf in self.leaves.get(place(from)?..place(to)?)? {
            tree.push(*leaf);
        }
        Some(tree.root())
    }

    /// The root on the right edge that stands for exactly these leaves.
    fn edge(&self, from: u64, to: u64) -> Option<Digest32> {
        let (mut begin, mut peaks) = (0_u64, self.gone.peaks().iter());
        for bit in (0..u64::BITS).rev().filter(|bit| self.gone.size() >> bit & 1 == 1) {
            let (end, peak) = (begin.checked_add(1_u64.checked_shl(bit)?)?, peaks.next()?);
            if (begin, end) == (from, to) {
                return Some(*peak);
            }
            begin = end;
        }
        None
    }
}

/// Where a tree of more than one leaf is split.
fn middle(from: u64, to: u64) -> Option<u64> {
    let count = to.checked_sub(from)?;
    from.checked_add(count.checked_next_power_of_two()?.checked_div(2)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{check_inclusion, leaf_hash, prove_inclusion};

    #[test]
    fn a_tree_whose_first_leaves_are_gone_proves_the_others_as_the_whole_tree_does() {
        for size in 1..40_usize {
            let leaves: Vec<Digest32> = (0..size).map(|number| leaf_hash(&number.to_be_bytes())).collect();
            let root = leaves.iter().fold(Frontier::new(), |mut tree, leaf| {
                tree.push(*leaf);
                tree
            });
            let mut gone = Frontier::new();
            for dropped in 0..=size {
                let pruned = Pruned { gone: &gone, leaves: &leaves[dropped..] };
                for index in 0..=size {
                    let proof = pruned.prove(index as u64);
                    let whole = prove_inclusion(&leaves, index).filter(|_| index >= dropped);
                    assert_eq!(proof, whole, "{index} of {size}, {dropped} gone");
                    if let Some(proof) = proof {
                        let leaf = &leaves[index];
                        assert_eq!(
                            check_inclusion(leaf, index as u64, size as u64, &root.root(), &proof),
                            Ok(())
                        );
                    }
                }
                if let Some(leaf) = leaves.get(dropped) {
                    gone.push(*leaf);
                }
            }
        }
    }
}
