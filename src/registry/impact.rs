//! What falls if an agent falls.

use super::{Judgement, Registry, Row, State};

/// How far a containment reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The agent alone; what it delegated is merely cut off.
    One,
    /// The agent and everything below it, each by name.
    Subtree,
}

/// What stopping an agent would do, counted without touching anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Impact {
    /// The agent.
    pub root: Row,
    /// How far.
    pub scope: Scope,
    /// Agents in its tree, itself included.
    pub size: usize,
    /// By [`State::ALL`]: in which state they are now.
    pub states: [usize; 5],
    /// Agents that may act now and no longer would, by hops below the root; the root is level 0.
    pub losing_by_level: Vec<usize>,
    /// Agents that may act now and would be merely cut off, with nobody left above them.
    pub orphaned: usize,
    /// What the agents that lose their power may do now, sorted.
    pub capabilities_lost: Vec<String>,
}

impl Impact {
    /// Counts what stopping `root` would do.
    pub fn of(registry: &Registry, judgement: &Judgement, root: Row, scope: Scope) -> Self {
        let lineage = registry.lineage();
        let range = lineage.subtree(root);
        let states = judgement.states(range.clone());
        let levels = lineage.levels(range.clone());
        let top = levels.first().copied().unwrap_or(0);
        let mut counts = [0; 5];
        let mut losing_by_level = Vec::new();
        for (state, level) in states.iter().zip(levels) {
            counts[*state as usize] += 1;
            if *state == State::Active {
                let below = usize::from(level.saturating_sub(top));
                if losing_by_level.len() <= below {
                    losing_by_level.resize(below + 1, 0);
                }
                losing_by_level[below] += 1;
            }
        }
        let active: usize = counts[State::Active as usize];
        let orphaned = match scope {
            Scope::One => active.saturating_sub(usize::from(judgement.state(root) == State::Active)),
            Scope::Subtree => 0,
        };
        Self {
            root,
            scope,
            size: range.len(),
            states: counts,
            losing_by_level,
            orphaned,
            capabilities_lost: capabilities_of_active(registry, states, range),
        }
    }

    /// Agents that may act now and no longer would.
    pub fn losing(&self) -> usize {
        self.losing_by_level.iter().sum()
    }
}

fn capabilities_of_active(
    registry: &Registry,
    states: &[State],
    range: std::ops::Range<usize>,
) -> Vec<String> {
    let shared = &*registry.shared;
    let mut sets = vec![false; shared.sets.len()];
    let in_order = shared.sets_in_order.get(range).unwrap_or(&[]);
    for (set, state) in in_order.iter().zip(states) {
        sets[*set as usize] |= *state == State::Active;
    }
    let mut capabilities = vec![false; shared.capabilities.len()];
    for (set, held) in sets.iter().enumerate() {
        if *held {
            for capability in shared.sets.get(u32::try_from(set).unwrap_or(0)) {
                capabilities[*capability as usize] = true;
            }
        }
    }
    let mut names: Vec<String> = capabilities
        .iter()
        .enumerate()
        .filter(|(_, held)| **held)
        .map(|(number, _)| shared.capabilities.get(u32::try_from(number).unwrap_or(0)).to_owned())
        .collect();
    names.sort_unstable();
    names
}
