//! The Merkle tree hash of RFC 6962 section 2.1, grown one leaf at a time.

use sha2::{Digest, Sha256};

use crate::encoding::{Digest32, sha256};

/// The root of a tree without leaves: SHA-256 of nothing.
pub fn empty_root() -> Digest32 {
    sha256(&[])
}

/// The hash of a leaf: SHA-256(0x00 ‖ bytes).
pub fn leaf_hash(bytes: &[u8]) -> Digest32 {
    leaf_hash_of([bytes])
}

/// The hash of a leaf that lies in parts.
pub(super) fn leaf_hash_of<'p>(parts: impl IntoIterator<Item = &'p [u8]>) -> Digest32 {
    parts.into_iter().fold(Sha256::new_with_prefix([0]), Digest::chain_update).finalize().into()
}

/// The hash of an inner node: SHA-256(0x01 ‖ left ‖ right).
pub fn node_hash(left: &Digest32, right: &Digest32) -> Digest32 {
    Sha256::new_with_prefix([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The right edge of a tree: all that is needed to append leaves and to tell the root.
///
/// It holds the roots of the full subtrees that the leaves split into, one for each set bit of the size.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Digest32>,
}

impl Frontier {
    /// A tree without leaves.
    pub const fn new() -> Self {
        Self { size: 0, peaks: Vec::new() }
    }

    /// The frontier of a tree of `size` leaves; `None` unless there is one peak for each set bit of `size`.
    ///
    /// `peaks` is in the order of [`Frontier::peaks`].
    pub fn from_parts(size: u64, peaks: Vec<Digest32>) -> Option<Self> {
        (u32::try_from(peaks.len()) == Ok(size.count_ones())).then_some(Self { size, peaks })
    }

    /// Appends a leaf, given its [`leaf_hash`].
    pub fn push(&mut self, leaf: Digest32) {
        let mut node = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.peaks.push(node);
        self.size = self.size.saturating_add(1);
    }

    /// The root of the tree.
    pub fn root(&self) -> Digest32 {
        let mut from_the_right = self.peaks.iter().rev();
        let Some(last) = from_the_right.next() else {
            return empty_root();
        };
        from_the_right.fold(*last, |right, left| node_hash(left, &right))
    }

    /// The root of this tree with a smaller one to its right, given that one's root.
    ///
    /// The right tree has fewer leaves than any full subtree here that a leaf of this frontier may stand for.
    pub fn root_before(&self, right: Digest32) -> Digest32 {
        self.peaks.iter().rev().fold(right, |right, left| node_hash(left, &right))
    }

    /// How many leaves the tree has.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the full subtrees, the largest (leftmost) first.
    pub fn peaks(&self) -> &[Digest32] {
        &self.peaks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::hex;
    use proptest::prelude::*;

    /// The leaves and roots that Certificate Transparency's implementations share as test data.
    const VECTORS: [(&[u8], &str); 8] = [
        (b"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        (b"\x00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
        (b"\x10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
        (b"\x20\x21", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
        (b"\x30\x31", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
        (b"\x40\x41\x42\x43", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
        (
            b"\x50\x51\x52\x53\x54\x55\x56\x57",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        ),
        (
            b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ),
    ];

    /// RFC 6962 section 2.1, word for word.
    fn naive(leaves: &[Digest32]) -> Digest32 {
        match leaves {
            [] => empty_root(),
            [leaf] => *leaf,
            _ => {
                let split = leaves.len().next_power_of_two() / 2;
                node_hash(&naive(&leaves[..split]), &naive(&leaves[split..]))
            }
        }
    }

    #[test]
    fn the_empty_tree_is_the_hash_of_nothing() {
        assert_eq!(
            hex::encode(&Frontier::new().root()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    #[test]
    fn roots_are_those_of_certificate_transparency() {
        let mut frontier = Frontier::new();
        for (leaf, root) in VECTORS {
            frontier.push(leaf_hash(leaf));
            assert_eq!(hex::encode(&frontier.root()), root);
        }
    }

    #[test]
    fn parts_that_do_not_fit_are_no_frontier() {
        assert!(Frontier::from_parts(5, vec![[0; 32]; 2]).is_some());
        assert!(Frontier::from_parts(5, vec![[0; 32]; 3]).is_none());
        assert!(Frontier::from_parts(0, vec![[0; 32]]).is_none());
    }

    proptest! {
        #[test]
        fn a_grown_root_is_the_recursive_one(leaves in prop::collection::vec(any::<[u8; 32]>(), 0..70), cut in 0usize..70) {
            let mut frontier = Frontier::new();
            for (index, leaf) in leaves.iter().enumerate() {
                if index == cut {
                    frontier = Frontier::from_parts(frontier.size(), frontier.peaks().to_vec()).unwrap();
                }
                frontier.push(*leaf);
            }
            prop_assert_eq!(frontier.root(), naive(&leaves));
            prop_assert_eq!(frontier.size(), leaves.len() as u64);
        }
    }
}
