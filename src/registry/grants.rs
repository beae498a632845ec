//! What operators gave and took in the log: another parent, other capabilities.

use std::collections::HashSet;
use std::sync::Arc;

use imbl::HashMap;
use petgraph::graph::NodeIndex;

use super::columns::NONE;
use super::hop::{self, Side};
use super::{Registry, Row, Rule};
use crate::capability::{Held, WILDCARD};
use crate::identity::Did;

/// What the log says of an agent in place of its record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Its parent; none when that is still the record's.
    pub parent: Option<Did>,
    /// Everything that it holds.
    pub capabilities: Vec<String>,
    /// The log index of the last entry by which operators gave it something; none when they only took.
    pub given: Option<u64>,
}

/// The agents of which the log says so; kept by DID, so that it holds whatever file a record comes from.
#[derive(Clone, Default)]
pub struct Grants {
    by_did: HashMap<Did, Arc<Grant>>,
}

impl Grants {
    /// What the log says of an agent; none when its record still counts.
    pub fn get(&self, did: &Did) -> Option<&Grant> {
        if self.by_did.is_empty() { None } else { self.by_did.get(did).map(AsRef::as_ref) }
    }
}

/// What is given or taken by one entry.
#[derive(Debug, Clone, Copy)]
pub struct Gift<'g> {
    /// Everything that the agent holds from now on.
    pub capabilities: &'g [String],
    /// Its new parent.
    pub parent: Option<Row>,
    /// The log index.
    pub index: u64,
    /// Whether operators vouch for it: not when they only take.
    pub gives: bool,
}

impl Registry {
    /// Gives an agent another parent or other capabilities, and answers whose were changed, in registration order.
    ///
    /// Whoever is below keeps its place; what it held only by what is taken away is taken from it too. Depths move with
    /// the agent. An agent that was registered by this entry or later is left alone: so a cache is read as the log was
    /// written. The lineage is rebuilt by [`relink`](Self::relink).
    pub fn bestow(&mut self, row: Row, gift: &Gift<'_>) -> Vec<Row> {
        let below = self.below(row, gift.index);
        let sound: Vec<bool> = below.iter().map(|row| !self.escalates(*row)).collect();
        if let Some(parent) = gift.parent {
            self.hang(row, parent);
            let depth = i64::from(self.agent(parent).depth()) + 1 - i64::from(self.agent(row).depth());
            self.shift(&below, depth);
        }
        let mut touched = Vec::new();
        for (member, sound) in below.into_iter().zip(sound) {
            let capabilities = match member == row {
                true => gift.capabilities.to_vec(),
                // What is broken is not mended by the way.
                false if !sound => continue,
                false => match self.narrowed(member) {
                    Some(capabilities) => capabilities,
                    None => continue,
                },
            };
            let gives = gift.gives && member == row;
            self.set_capabilities(member, &capabilities);
            self.keep(member, capabilities, gift, gives);
            touched.push(member);
        }
        self.stale = true;
        touched.sort_unstable();
        touched
    }

    /// Makes lineage, depths and the order of sponsors whole again; costs nothing when they are.
    pub fn relink(&mut self) {
        if self.stale {
            *self = std::mem::take(self).intake(false).settle();
        }
    }

    /// How many delegations the deepest agent of a subtree lies below its top; the top itself lies 0 below.
    pub fn height(&self, row: Row) -> u32 {
        let top = i64::from(self.agent(row).depth());
        let deepest = self.below(row, u64::MAX).into_iter().map(|row| self.agent(row).depth()).max();
        u32::try_from(i64::from(deepest.unwrap_or(0)) - top).unwrap_or(0)
    }

    /// Gives agents whose records came again, from the row `first` on, what the log says of them.
    pub(super) fn restore_grants(&mut self, first: usize) {
        let known = self.facts.grants.by_did.clone();
        let mut back: Vec<(Row, &Grant)> = Vec::new();
        for (did, grant) in &known {
            if let Some(row) = self.find(did).filter(|row| row.index() >= first) {
                back.push((row, grant));
            }
        }
        back.sort_unstable_by_key(|(row, _)| *row);
        for (row, grant) in &back {
            self.set_capabilities(*row, &grant.capabilities);
            match grant.parent.as_ref().map(|did| (did, self.find(did))) {
                Some((_, Some(parent))) => self.hang(*row, parent),
                Some((did, None)) => self.orphan(*row, did),
                None => {}
            }
        }
        // From the root down, so that each moves by what is left after those above it.
        back.sort_by_cached_key(|(row, _)| (self.upwards(*row).count(), *row));
        for (row, _) in back.iter().filter(|(_, grant)| grant.parent.is_some()) {
            let Some(parent) = self.parent_row(*row) else { continue };
            let depth = i64::from(self.agent(parent).depth()) + 1 - i64::from(self.agent(*row).depth());
            let below = self.below(*row, u64::MAX);
            self.shift(&below, depth);
        }
        self.stale |= !back.is_empty();
    }

    /// The rule that an agent's own hop breaks, looked at anew.
    pub(super) fn hop_now(&self, row: Row) -> Option<Rule> {
        let side = |row: Row| {
            let cold = self.columns.cold(row.index());
            Side { depth: cold.depth, capabilities: cold.capabilities }
        };
        let parent = match (self.parent_row(row), self.columns.cold(row.index()).parent_text) {
            (Some(parent), _) => hop::Parent::Registered(side(parent)),
            (None, NONE) => hop::Parent::Root,
            (None, _) => hop::Parent::Missing,
        };
        let shared = &*self.shared;
        let words = |set: u32| shared.sets.get(set).iter().map(|number| shared.capabilities.get(*number));
        hop::check(side(row), parent, |parent, child| hop::narrows(words(parent), words(child)))
    }

    fn escalates(&self, row: Row) -> bool {
        matches!(self.hop_now(row), Some(Rule::CapabilityEscalation | Rule::WildcardDelegated))
    }

    /// An agent and everybody below it who was there before the entry `index`, parents first.
    fn below(&self, top: Row, index: u64) -> Vec<Row> {
        let mut seen = HashSet::from([top]);
        let mut found = vec![top];
        let mut at = 0;
        while let Some(row) = found.get(at).copied() {
            at += 1;
            let graph = self.lineage.graph();
            let children =
                graph.neighbors(NodeIndex::new(row.index())).map(|node| Row::from_index(node.index()));
            found
                .extend(children.filter(|child| self.agent(*child).version() < index && seen.insert(*child)));
        }
        found
    }

    /// What an agent still holds below its parent; none when that is everything.
    fn narrowed(&self, row: Row) -> Option<Vec<String>> {
        let agent = self.agent(row);
        let parent = agent.parent()?;
        let held = Held::new(parent.capabilities());
        let stays = |capability: &&str| *capability != WILDCARD && held.allows(capability);
        if agent.capabilities().all(|capability| stays(&capability)) {
            return None;
        }
        Some(agent.capabilities().filter(stays).map(str::to_owned).collect())
    }

    fn hang(&mut self, row: Row, parent: Row) {
        Arc::make_mut(&mut self.lineage).hang(row, Some(parent));
        Arc::make_mut(&mut self.shared).parents[row.index()] = parent.0;
        if let Some(cold) = self.columns.cold_mut(row.index()) {
            cold.parent_text = NONE;
        }
    }

    fn orphan(&mut self, row: Row, parent: &Did) {
        Arc::make_mut(&mut self.lineage).hang(row, None);
        let shared = Arc::make_mut(&mut self.shared);
        shared.parents[row.index()] = NONE;
        shared.orphans.push(row.0);
        let text = shared.texts.intern(&parent.to_string());
        if let Some(cold) = self.columns.cold_mut(row.index()) {
            cold.parent_text = text;
        }
    }

    fn shift(&mut self, rows: &[Row], by: i64) {
        for row in rows {
            if let Some(cold) = self.columns.cold_mut(row.index()) {
                cold.depth = u32::try_from((i64::from(cold.depth) + by).max(1)).unwrap_or(u32::MAX);
            }
        }
    }

    fn set_capabilities(&mut self, row: Row, capabilities: &[String]) {
        let shared = Arc::make_mut(&mut self.shared);
        let numbers: Vec<u32> = capabilities.iter().map(|text| shared.capabilities.intern(text)).collect();
        let set = shared.sets.intern(&numbers);
        if let Some(cold) = self.columns.cold_mut(row.index()) {
            cold.capabilities = set;
        }
    }

    fn keep(&mut self, row: Row, capabilities: Vec<String>, gift: &Gift<'_>, gives: bool) {
        let did = self.agent(row).did();
        let parent = gift.parent.filter(|_| gives).map(|parent| self.agent(parent).did());
        let before = self.facts.grants.get(&did);
        let grant = Grant {
            parent: parent.or_else(|| before.and_then(|before| before.parent.clone())),
            capabilities,
            given: if gives { Some(gift.index) } else { before.and_then(|before| before.given) },
        };
        self.facts.forget_evidence(&did, gives);
        self.facts.grants.by_did.insert(did, Arc::new(grant));
    }
}
