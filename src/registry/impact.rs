//! What falls if an agent falls.

use super::intern::BEYOND;
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
        // One histogram of states by level: each agent is one addition, and everything else is read off it.
        let deepest = levels.iter().copied().max().unwrap_or(top).saturating_sub(top);
        let mut by_level = vec![[0usize; 8]; usize::from(deepest) + 1];
        for (state, level) in states.iter().zip(levels) {
            by_level[usize::from(level.saturating_sub(top))][*state as usize & 7] += 1;
        }
        let mut counts = [0; 5];
        for level in &by_level {
            for (count, here) in counts.iter_mut().zip(level) {
                *count += here;
            }
        }
        let mut losing_by_level: Vec<usize> =
            by_level.iter().map(|level| level[State::Active as usize]).collect();
        let last = losing_by_level.iter().rposition(|losing| *losing > 0);
        losing_by_level.truncate(last.map_or(0, |last| last + 1));
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
    let in_order = shared.sets_in_order.get(range).unwrap_or(&[]);
    let masks = shared.sets.masks();
    let mut mask = 0u128;
    for (set, state) in in_order.iter().zip(states) {
        if *state == State::Active {
            mask |= masks[*set as usize];
        }
    }
    let mut capabilities: Vec<bool> =
        (0..shared.capabilities.len()).map(|number| number < 127 && mask >> number & 1 == 1).collect();
    if mask & BEYOND != 0 {
        let mut held = vec![false; shared.sets.len()];
        for (set, state) in in_order.iter().zip(states) {
            held[*set as usize] |= *state == State::Active && masks[*set as usize] & BEYOND != 0;
        }
        for (set, _) in held.iter().enumerate().filter(|(_, held)| **held) {
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
