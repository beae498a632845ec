//! What falls if an agent falls.

use std::cmp::Reverse;
use std::ops::Range;

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
        let named = usize::from(scope == Scope::One && judgement.state(root) == State::Active);
        let ranges = [registry.lineage().subtree(root)];
        let impact = Self::counted(registry, judgement, (root, scope), &ranges);
        let orphaned = match scope {
            Scope::One => impact.losing().saturating_sub(named),
            Scope::Subtree => 0,
        };
        Self { orphaned, ..impact }
    }

    /// Counts what stopping several agents, each alone, would do; nobody is counted twice.
    pub fn of_each(registry: &Registry, judgement: &Judgement, roots: &[Row]) -> Self {
        let lineage = registry.lineage();
        let mut ranges: Vec<Range<usize>> = roots.iter().map(|row| lineage.subtree(*row)).collect();
        ranges.sort_unstable_by_key(|range| (range.start, Reverse(range.end)));
        // What lies below another one falls with that.
        let mut end = 0;
        ranges.retain(|range| {
            let apart = range.start >= end;
            end = end.max(range.end);
            apart
        });
        let root = roots.first().copied().unwrap_or(Row::from_index(0));
        let impact = Self::counted(registry, judgement, (root, Scope::One), &ranges);
        let named = roots.iter().filter(|row| judgement.state(**row) == State::Active).count();
        let orphaned = impact.losing().saturating_sub(named);
        Self { orphaned, ..impact }
    }

    /// Counts what lies in subtrees of which none lies in another.
    fn counted(
        registry: &Registry,
        judgement: &Judgement,
        (root, scope): (Row, Scope),
        ranges: &[Range<usize>],
    ) -> Self {
        let lineage = registry.lineage();
        let mut counts = [0; 5];
        let mut losing_by_level: Vec<usize> = Vec::new();
        for range in ranges {
            let states = judgement.states(range.clone());
            let levels = lineage.levels(range.clone());
            let top = levels.first().copied().unwrap_or(0);
            // One histogram of states by level: each agent is one addition, and everything else is read off it.
            let deepest = levels.iter().copied().max().unwrap_or(top).saturating_sub(top);
            let mut by_level = vec![[0usize; 8]; usize::from(deepest) + 1];
            for (state, level) in states.iter().zip(levels) {
                by_level[usize::from(level.saturating_sub(top))][*state as usize & 7] += 1;
            }
            losing_by_level.resize(losing_by_level.len().max(by_level.len()), 0);
            for (level, losing) in by_level.iter().zip(&mut losing_by_level) {
                *losing += level[State::Active as usize];
                for (count, here) in counts.iter_mut().zip(level) {
                    *count += here;
                }
            }
        }
        let last = losing_by_level.iter().rposition(|losing| *losing > 0);
        losing_by_level.truncate(last.map_or(0, |last| last + 1));
        Self {
            root,
            scope,
            size: ranges.iter().map(ExactSizeIterator::len).sum(),
            states: counts,
            losing_by_level,
            orphaned: 0,
            capabilities_lost: capabilities_of_active(registry, judgement, ranges),
        }
    }

    /// Agents that may act now and no longer would.
    pub fn losing(&self) -> usize {
        self.losing_by_level.iter().sum()
    }
}

fn capabilities_of_active(
    registry: &Registry,
    judgement: &Judgement,
    ranges: &[Range<usize>],
) -> Vec<String> {
    let shared = &*registry.shared;
    let in_order = |range: &Range<usize>| shared.sets_in_order.get(range.clone()).unwrap_or(&[]);
    let masks = shared.sets.masks();
    let mut mask = 0u128;
    for range in ranges {
        for (set, state) in in_order(range).iter().zip(judgement.states(range.clone())) {
            if *state == State::Active {
                mask |= masks[*set as usize];
            }
        }
    }
    let mut capabilities: Vec<bool> =
        (0..shared.capabilities.len()).map(|number| number < 127 && mask >> number & 1 == 1).collect();
    if mask & BEYOND != 0 {
        let mut held = vec![false; shared.sets.len()];
        for range in ranges {
            for (set, state) in in_order(range).iter().zip(judgement.states(range.clone())) {
                held[*set as usize] |= *state == State::Active && masks[*set as usize] & BEYOND != 0;
            }
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
