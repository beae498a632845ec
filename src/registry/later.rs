//! Registering one agent after the other without making the lineage anew for each.

use std::sync::Arc;

use super::columns::NONE;
use super::{Did, Intake, Registry, Row};

impl Intake {
    /// Looks up the parents of the new agents, and who of the old ones waited for them; the rest is left to
    /// [`Registry::relink`], so that it is done once for many.
    #[must_use]
    pub fn settle_later(mut self) -> Registry {
        // Whoever was taken out of the registry leaves children behind, who are looked for one by one.
        if self.registry.gone > 0 {
            return self.settle();
        }
        self.find_parents();
        let added = self.first..self.registry.columns.len();
        let lineage = Arc::make_mut(&mut self.registry.lineage);
        added.clone().for_each(|_| lineage.add());
        let mut waiting = std::mem::take(&mut self.shared.orphans);
        waiting.extend(added.map(|row| u32::try_from(row).unwrap_or(NONE)));
        waiting.retain(|row| self.find_parent(*row as usize));
        self.shared.orphans = waiting;
        let Self { mut registry, shared, .. } = self;
        registry.shared = Arc::new(shared);
        registry.stale = true;
        registry
    }

    /// Hangs an agent below its parent; answers whether it still waits for one.
    fn find_parent(&mut self, row: usize) -> bool {
        let text = self.registry.columns.cold(row).parent_text;
        let mut parent = self.shared.parents[row];
        if parent == NONE && text != NONE {
            parent = Did::parse(self.shared.texts.get(text)).map_or(NONE, |did| self.lookup(&did));
            self.shared.parents[row] = parent;
        }
        if parent != NONE {
            Arc::make_mut(&mut self.registry.lineage).hang(Row::from_index(row), Some(Row(parent)));
        }
        parent == NONE && text != NONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{Identity, KeyBytes, Parent, Reading};
    use crate::time::Time;
    use proptest::prelude::*;

    const READING: Reading = Reading { now: Time::MIN, assume_utc: false };

    /// The agent `id` below the agent `parent`, or a root when it is named as its own parent.
    fn agent((id, parent): (u8, u8)) -> Identity<'static> {
        let key = KeyBytes([id; 32]);
        let json = format!(
            r#"{{"did":"did:mesh:{id:02x}","name":"a","sponsor_email":"a@b","public_key":"{}","verification_key_id":"{}"}}"#,
            key.to_base64(),
            key.key_id(),
        );
        let mut identity = Identity::from_json(&json, &READING).unwrap().identity.into_owned();
        // Some have ordinary DIDs, the others are looked up by their texts.
        let did = |id: u8| match id % 2 {
            0 => Did::from_bits(u128::from(id)),
            _ => Did::from_unique_id(&format!("{id:02x}")).unwrap(),
        };
        identity.did = did(id);
        identity.parent = (parent != id).then(|| Parent::Did(did(parent)));
        identity.delegation_depth = u32::from(parent != id);
        identity
    }

    proptest! {
        #[test]
        fn one_by_one_makes_the_same_lineage_as_all_at_once(
            parents in prop::collection::vec(0..12u8, 1..12), relinked in 0..12usize
        ) {
            let agents: Vec<_> = (0..).zip(parents).map(agent).collect();
            let mut all = Registry::default().intake(false);
            agents.iter().for_each(|each| drop(all.register(each, false, 0)));
            let all = all.settle();
            let mut later = Registry::default();
            for (number, each) in agents.iter().enumerate() {
                let mut intake = later.intake(false);
                intake.register(each, false, 0).unwrap();
                later = intake.settle_later();
                for row in later.rows() {
                    // What is asked before the lineage is whole is answered as afterwards.
                    let mut whole = later.clone();
                    whole.relink();
                    prop_assert_eq!(later.hop_rule(row), whole.hop_rule(row));
                    prop_assert_eq!(later.parent_row(row), whole.parent_row(row));
                    prop_assert_eq!(later.height(row), whole.height(row));
                }
                if number == relinked {
                    later.relink();
                }
            }
            later.relink();
            prop_assert_eq!(later.lineage().preorder().collect::<Vec<_>>(), all.lineage().preorder().collect::<Vec<_>>());
            for row in all.rows() {
                prop_assert_eq!(later.hop_rule(row), all.hop_rule(row));
                prop_assert_eq!(later.lineage().children(row), all.lineage().children(row));
                prop_assert_eq!(later.children_from_the_newest(row).collect::<Vec<_>>(), all.children_from_the_newest(row).collect::<Vec<_>>());
            }
        }
    }
}
