//! Whom to look at first: what falls with an agent, times the trust that it lost lately.

use super::{Judgement, Registry, Row, State};
use crate::time::{Span, Time};

/// Trust that was lost within so long counts as lost lately.
pub const LATELY: Span = Span::seconds(86_400);

/// What every agent of one registry would take down with it, and how much that is to be feared.
#[derive(Clone)]
pub struct Risks {
    now: Time,
    /// How many agents that may act stand before each preorder position.
    active: Vec<u32>,
}

impl Risks {
    /// Counts all of them in one pass.
    pub fn of(registry: &Registry, judgement: &Judgement) -> Self {
        let states = judgement.states(0..registry.lineage().len());
        let mut active = Vec::with_capacity(states.len() + 1);
        let mut count = 0;
        active.push(count);
        active.extend(states.iter().map(|state| {
            count += u32::from(*state == State::Active);
            count
        }));
        Self { now: judgement.at(), active }
    }

    /// How many agents may act now and no longer would if this one were stopped, itself included.
    pub fn impact(&self, registry: &Registry, row: Row) -> u32 {
        let tree = registry.lineage().subtree(row);
        let before = |position: usize| self.active.get(position).copied().unwrap_or(0);
        before(tree.end) - before(tree.start)
    }

    /// Its impact times the trust that it [lost](Registry::fell); 0 while nothing happened.
    pub fn risk(&self, registry: &Registry, row: Row) -> u64 {
        match registry.fell(row, self.now) {
            0 => 0,
            fell => u64::from(self.impact(registry, row)) * u64::from(fell),
        }
    }
}

impl Registry {
    /// The points of trust that an agent lost within [`LATELY`] by what was said of it, on the whole; decay is left aside.
    pub fn fell(&self, row: Row, now: Time) -> u16 {
        let trust = &self.facts().trust;
        if trust.is_empty() {
            return 0;
        }
        let agent = self.agent(row);
        trust.lost_since(&agent.did(), agent.score(), &self.facts().rules, now.minus(LATELY)).score()
    }
}
