//! What every agent up to the root holds literally, of all agents in one pass, parents before children.

use std::collections::HashMap;

use super::intern::Sets;
use super::{Registry, Row};

/// The answers of [`super::Agent::effective_capabilities`] for all agents.
///
/// A set is a list of ranks in the alphabet, so that each answer is sorted; equal sets are held once, and a set is
/// narrowed by another one once. A child costs what it holds, however much its parent holds.
pub struct EffectiveSets<'r> {
    /// Capabilities by rank.
    words: Vec<&'r str>,
    sets: Sets,
    /// Set by row.
    by_row: Vec<u32>,
}

impl<'r> EffectiveSets<'r> {
    /// Computes all of them; where a cycle is cut, one walk round it answers for the member below the cut.
    pub fn of(registry: &'r Registry) -> Self {
        let shared = &*registry.shared;
        let (words, ranks) = alphabet(shared.capabilities.iter());
        let mut effective = Self { words, sets: Sets::default(), by_row: vec![0; registry.row_count()] };
        let mut narrowed: HashMap<(u32, Option<u32>), u32> = HashMap::new();
        let mut list: Vec<u32> = Vec::new();
        for row in registry.lineage().preorder() {
            let own = registry.columns.cold(row.index()).capabilities;
            let cut = registry.lineage().parent(row).is_none() && registry.parent_row(row).is_some();
            let above = registry.lineage().parent(row).map(|parent| effective.by_row[parent.index()]);
            let known = if cut { None } else { narrowed.get(&(own, above)).copied() };
            effective.by_row[row.index()] = known.unwrap_or_else(|| {
                list.clear();
                list.extend(shared.sets.get(own).iter().map(|number| ranks[*number as usize]));
                list.sort_unstable();
                list.dedup();
                if cut {
                    let round = registry.agent(row).effective_capabilities();
                    list.retain(|rank| round.binary_search(&effective.words[*rank as usize]).is_ok());
                } else if let Some(above) = above {
                    let held = effective.sets.get(above);
                    list.retain(|rank| held.binary_search(rank).is_ok());
                }
                let set = effective.sets.intern(&list);
                if !cut {
                    narrowed.insert((own, above), set);
                }
                set
            });
        }
        effective
    }

    /// The answer for one agent, sorted, each capability once.
    pub fn get(&self, row: Row) -> Vec<&'r str> {
        self.sets.get(self.by_row[row.index()]).iter().map(|rank| self.words[*rank as usize]).collect()
    }
}

/// The texts in alphabetical order, and the rank of each by its number.
fn alphabet<'r>(texts: impl Iterator<Item = &'r str>) -> (Vec<&'r str>, Vec<u32>) {
    let mut sorted: Vec<(&str, u32)> = texts.zip(0..).collect();
    sorted.sort_unstable();
    let mut ranks = vec![0; sorted.len()];
    for (rank, (_, number)) in (0..).zip(&sorted) {
        ranks[*number as usize] = rank;
    }
    (sorted.into_iter().map(|(text, _)| text).collect(), ranks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{Did, Identity, Reading};
    use crate::time::Time;
    use proptest::prelude::*;

    /// Agents that hold `held` below `parents` (by number; beyond the last: nobody).
    fn mesh(agents: &[(Vec<u8>, usize)]) -> Registry {
        let mut intake = Registry::default().intake(false);
        for (number, (held, parent)) in agents.iter().enumerate() {
            let capabilities: Vec<String> = held.iter().map(|each| format!("\"c:{}\"", 9 - each)).collect();
            let parent =
                (*parent < agents.len()).then(|| format!(r#","parent_did":"did:mesh:{parent:032x}""#));
            let key = crate::identity::KeyBytes([7; 32]);
            let json = format!(
                r#"{{"did":"{}","name":"a","sponsor_email":"a@b","public_key":"{}","verification_key_id":"{}","capabilities":[{}]{}}}"#,
                Did::from_bits(number as u128),
                key.to_base64(),
                key.key_id(),
                capabilities.join(","),
                parent.unwrap_or_default(),
            );
            let reading = Reading { now: Time::MIN, assume_utc: false };
            intake.register(&Identity::from_json(&json, &reading).unwrap().identity, false, 0).unwrap();
        }
        intake.settle()
    }

    proptest! {
        #[test]
        fn the_one_pass_gives_what_each_single_walk_gives(
            agents in prop::collection::vec((prop::collection::vec(0_u8..6, 0..8), 0_usize..14), 1..12)
        ) {
            let registry = mesh(&agents);
            let effective = EffectiveSets::of(&registry);
            for row in registry.rows() {
                prop_assert_eq!(effective.get(row), registry.agent(row).effective_capabilities());
            }
        }
    }

    #[test]
    fn a_deep_chain_of_different_sets_costs_no_walk_per_agent() {
        let agents: Vec<(Vec<u8>, usize)> = (0..20_000)
            .map(|at: usize| (vec![1, 2, 3 + u8::from(at.is_multiple_of(2))], at.wrapping_sub(1)))
            .collect();
        let registry = mesh(&agents);
        let begun = std::time::Instant::now();
        let effective = EffectiveSets::of(&registry);
        assert!(begun.elapsed() < std::time::Duration::from_secs(2), "{:?}", begun.elapsed());
        let last = registry.rows().last().unwrap();
        assert_eq!(effective.get(last), ["c:7", "c:8"]);
        assert_eq!(effective.get(last), registry.agent(last).effective_capabilities());
    }
}
