//! The root of a state: a Merkle tree over all agents as they stand, in registration order.

use serde_json::json;

use super::merkle::{Frontier, leaf_hash};
use crate::encoding::{Digest32, canonical, hex};
use crate::registry::{PART, Part, Registry, Row};
use crate::time::Time;

/// Roots of the parts that were computed before; a change costs its part, not the registry.
#[derive(Clone, Default)]
pub struct StateTree {
    known: Vec<(Part, Digest32)>,
}

impl StateTree {
    /// The RFC 6962 root over [`state_leaf`] of every agent; `records` gives the leaf hashes of stored records.
    ///
    /// # Errors
    /// What `records` answers.
    pub fn root<E>(
        &mut self,
        registry: &Registry,
        mut records: impl FnMut(&Part) -> Result<Vec<Digest32>, E>,
    ) -> Result<Digest32, E> {
        let mut full = Frontier::new();
        let mut rest = None;
        let mut count = 0usize;
        for (at, part) in registry.parts().enumerate() {
            count = count.saturating_add(1);
            let whole = part.rows().len() == PART;
            let root = match self.known.get(at) {
                Some((known, root)) if *known == part => *root,
                _ => {
                    let records = records(&part)?;
                    self.learn(at, registry, part, &records)
                }
            };
            // A full part is a perfect subtree, so that its root is a node of the whole tree.
            if whole { full.push(root) } else { rest = Some(root) }
        }
        self.known.truncate(count);
        Ok(match rest {
            None => full.root(),
            Some(rest) => full.root_before(rest),
        })
    }

    fn learn(&mut self, at: usize, registry: &Registry, part: Part, records: &[Digest32]) -> Digest32 {
        let mut tree = Frontier::new();
        for (row, record) in part.rows().zip(records) {
            tree.push(leaf_hash(&state_leaf(registry, row, record)));
        }
        let root = tree.root();
        self.known.truncate(at);
        self.known.push((part, root));
        root
    }
}

/// What the state says of one agent: canonical JSON of the leaf hash of its record as it is stored, of that of its record
/// as it is now, and of what changes made of it.
///
/// The texts that may name people count by their commitment alone, so that forgetting them changes nothing here.
pub fn state_leaf(registry: &Registry, row: Row, record: &Digest32) -> Vec<u8> {
    // A suspension that ends by itself stands until a change lifts it.
    let mut now = String::new();
    registry.agent(row).identity(Time::MIN).without_personal().write_json(&mut now);
    let standing = registry.standing(row);
    let value = json!({
        "record": hex::encode(record),
        "now": hex::encode(&leaf_hash(now.as_bytes())),
        "version": standing.version,
        "put_by": standing.put_by,
        "until": standing.until.map(|until| until.to_string()),
        "sealed_at": standing.sealed_at,
    });
    canonical::to_bytes(&value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::{Plan, Shares};
    use crate::identity::Status;

    fn registry(agents: u32) -> Registry {
        let at = Time::parse("2026-03-01T12:00:00Z").unwrap();
        let mut intake = Registry::default().intake(false);
        for identity in (Plan { agents, seed: 1, at, broken: Shares::NONE }).mesh() {
            intake.register(&identity, false, 0).unwrap();
        }
        intake.settle()
    }

    fn flat(registry: &Registry) -> Digest32 {
        let mut tree = Frontier::new();
        for row in registry.rows() {
            tree.push(leaf_hash(&state_leaf(registry, row, &hash(row))));
        }
        tree.root()
    }

    fn hash(row: Row) -> Digest32 {
        leaf_hash(&row.number().to_be_bytes())
    }

    fn root(tree: &mut StateTree, registry: &Registry) -> Digest32 {
        tree.root(registry, |part| Ok::<_, ()>(part.rows().map(hash).collect())).unwrap()
    }

    #[test]
    fn the_root_by_parts_is_the_root_of_all_agents() {
        for agents in [1, 1023, 1024, 1025, 3000] {
            let registry = registry(agents);
            assert_eq!(root(&mut StateTree::default(), &registry), flat(&registry), "{agents}");
        }
        assert_eq!(root(&mut StateTree::default(), &Registry::default()), flat(&Registry::default()));
    }

    #[test]
    fn a_change_to_any_agent_changes_the_root_and_undoing_it_gives_it_back() {
        let mut registry = registry(2100);
        let mut tree = StateTree::default();
        let before = root(&mut tree, &registry);
        for number in [0, 1500, 2099] {
            let row = registry.row(number).unwrap();
            let standing = registry.standing(row);
            let mut sealed = standing.clone();
            (sealed.status, sealed.version) = (Status::Suspended, 9);
            registry.set_standing(row, &sealed);
            let changed = root(&mut tree, &registry);
            assert_ne!(changed, before);
            assert_eq!(changed, flat(&registry));
            registry.set_standing(row, &standing);
            assert_eq!(root(&mut tree, &registry), before);
        }
    }
}
