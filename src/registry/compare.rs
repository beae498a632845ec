//! What differs between two moments of a registry, and which entries did it.

use super::{Judgement, Registry, Row, State};
use crate::identity::Did;
use crate::trust::Tier;

/// A registry at a moment: after so many entries, judged.
#[derive(Clone, Copy)]
pub struct Moment<'m> {
    /// The agents.
    pub registry: &'m Registry,
    /// Their states.
    pub judgement: &'m Judgement,
    /// How many entries made them.
    pub size: u64,
}

/// What is looked at of an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Its effective state.
    pub state: State,
    /// Its parent.
    pub parent: Option<String>,
    /// Its tier; none without a score.
    pub tier: Option<Tier>,
    /// What it holds.
    pub capabilities: Vec<String>,
}

/// An agent that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differing {
    /// Which.
    pub did: Did,
    /// Its name.
    pub name: String,
    /// How it was; none when it was not there.
    pub before: Option<Look>,
    /// How it is; none when it is not there any more.
    pub after: Option<Look>,
    /// The entries between the moments that did it, as far as entries did: time did the rest, or a lock that was lifted.
    pub entries: Vec<u64>,
}

/// Whoever differs in state, parent, tier or capabilities, in registration order; those who are gone come last.
pub fn compare(before: Moment<'_>, after: Moment<'_>) -> Vec<Differing> {
    let mut found: Vec<Differing> = Vec::new();
    for row in after.registry.rows() {
        let did = after.registry.agent(row).did();
        let old = before.registry.find(&did);
        let looks = (old.map(|old| before.look(old)), Some(after.look(row)));
        if looks.0 != looks.1 {
            let entries = did_it((before, old), (after, row));
            let name = after.registry.agent(row).name().to_owned();
            found.push(Differing { did, name, before: looks.0, after: looks.1, entries });
        }
    }
    for row in before.registry.rows() {
        let agent = before.registry.agent(row);
        if after.registry.find(&agent.did()).is_none() {
            let (did, name, before) = (agent.did(), agent.name().to_owned(), Some(before.look(row)));
            found.push(Differing { did, name, before, after: None, entries: Vec::new() });
        }
    }
    found
}

impl Moment<'_> {
    fn look(&self, row: Row) -> Look {
        let agent = self.registry.agent(row);
        Look {
            state: self.judgement.state(row),
            parent: agent.parent_did(),
            tier: self.registry.scored(row, self.judgement.at()).map(|reading| reading.tier),
            capabilities: agent.capabilities().map(str::to_owned).collect(),
        }
    }
}

/// What changed the agent itself, what stands or stood in its way, and the lock that holds it.
fn did_it((before, old): (Moment<'_>, Option<Row>), (after, row): (Moment<'_>, Row)) -> Vec<u64> {
    let stood = old.and_then(|old| before.judgement.verdict_of(old).fault);
    let stood = stood.and_then(|fault| after.registry.find(&before.registry.agent(fault.hop).did()));
    let stands = after.judgement.verdict_of(row).fault.map(|fault| fault.hop);
    // A hop is broken by what happened to its parent.
    let above = |hop: Row| after.registry.agent(hop).parent().map(|parent| parent.row());
    let hops = [stood, stands].into_iter().flatten();
    let rows = hops.flat_map(|hop| [Some(hop), above(hop)]).flatten().chain([row]);
    let versions = rows.map(|row| after.registry.agent(row).version());
    let lock = after.registry.lock_on(row, after.judgement.at()).map(|lock| lock.index);
    let mut entries: Vec<u64> =
        versions.chain(lock).filter(|index| (before.size..after.size).contains(index)).collect();
    entries.sort_unstable();
    entries.dedup();
    entries
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Status;
    use crate::registry::tests::line;
    use crate::time::Time;

    #[test]
    fn the_entry_that_stopped_a_parent_is_named_for_those_it_cut_off() {
        let now = Time::parse("2026-03-01T12:00:00Z").unwrap();
        let before = line(3);
        let mut after = before.clone();
        let root = after.rows().next().unwrap();
        let standing = after.standing(root);
        after.set_standing(
            root,
            &crate::registry::Standing { status: Status::Suspended, version: 7, put_by: Some(7), ..standing },
        );
        let (old, new) = (Judgement::of(&before, now), Judgement::of(&after, now));
        let was = Moment { registry: &before, judgement: &old, size: 1 };
        let is = Moment { registry: &after, judgement: &new, size: 8 };
        let found = compare(was, is);
        assert!(found.len() == 3 && found.iter().all(|one| one.entries == [7]), "{found:?}");
        assert_eq!(compare(was, was), []);
        let gone = compare(is, Moment { registry: &Registry::default(), ..was });
        assert!(gone.iter().all(|one| one.after.is_none()) && gone.len() == after.len());
    }
}
