//! What a change would do, before anybody confirms it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::change::{Plan, Spare, Verb};
use crate::registry::{Registry, Scope, State};

/// A planned change: `agent suspend|revoke|reactivate --dry-run --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ImpactLine {
    /// `suspend`, `revoke` or `reactivate`.
    pub verb: &'static str,
    /// The agent, or the top of the subtree.
    pub did: String,
    /// Its name.
    pub name: String,
    /// Whether everything below falls by name too.
    pub cascade: bool,
    /// When a suspension ends by itself.
    pub until: Option<String>,
    /// Whose stored status changes, at which version, the agent itself first.
    pub targets: Vec<TargetLine>,
    /// Who lies below and does not fall.
    pub spared: Vec<SpareLine>,
    /// Agents in the subtree, the agent itself included.
    pub subtree: usize,
    /// Agents that may act now and no longer would, by hops below the agent; all of them when it is contained.
    pub losing_by_level: Vec<usize>,
    /// Of those, how many would be merely cut off, with nobody active above them.
    pub orphaned: usize,
    /// What they may do now, sorted.
    pub capabilities_lost: Vec<String>,
    /// Agents of the subtree by effective state now.
    pub states: States,
}

/// One target, frozen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TargetLine {
    /// The agent.
    pub did: String,
    /// The version that was seen.
    pub version: u64,
}

/// An agent that does not fall with the subtree in which it lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SpareLine {
    /// The agent.
    pub did: String,
    /// How many are spared with it, itself included.
    pub count: usize,
    /// Who adopts it.
    pub parent: String,
    /// What it keeps.
    pub capabilities: Vec<String>,
}

impl SpareLine {
    /// The line of one who is spared.
    pub fn of(spare: &Spare) -> Self {
        Self {
            did: spare.kept.root.did.to_string(),
            count: usize::try_from(spare.kept.count).unwrap_or(usize::MAX),
            parent: spare.adopt.parent.did.to_string(),
            capabilities: spare.adopt.capabilities.clone(),
        }
    }
}

/// Counts by effective state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct States {
    /// May act.
    pub active: usize,
    /// Cut off by an ancestor or a broken rule.
    pub cut_off: usize,
    /// Suspended by name.
    pub suspended: usize,
    /// Expired.
    pub expired: usize,
    /// Revoked by name.
    pub revoked: usize,
}

impl ImpactLine {
    /// What `plan`, made on `registry`, would do.
    pub fn of(registry: &Registry, plan: &Plan) -> Self {
        let (frozen, impact) = (&plan.frozen, &plan.impact);
        let contains = frozen.request.verb.contains();
        let until = match frozen.request.verb {
            Verb::Suspend { until } => until,
            Verb::Revoke | Verb::Reactivate { .. } => None,
        };
        let target = |(row, version): &(_, u64)| TargetLine {
            did: registry.agent(*row).did().to_string(),
            version: *version,
        };
        Self {
            verb: frozen.request.verb.as_str(),
            did: frozen.request.did.to_string(),
            name: registry.agent(frozen.root).name().to_owned(),
            cascade: frozen.request.scope == Scope::Subtree,
            until: until.map(|time| time.to_string()),
            targets: frozen.members.iter().map(target).collect(),
            spared: frozen.spared.iter().map(SpareLine::of).collect(),
            subtree: impact.size,
            losing_by_level: if contains { impact.losing_by_level.clone() } else { Vec::new() },
            orphaned: if contains { impact.orphaned } else { 0 },
            capabilities_lost: if contains { impact.capabilities_lost.clone() } else { Vec::new() },
            states: States::of(&impact.states),
        }
    }
}

impl States {
    fn of(counts: &[usize; 5]) -> Self {
        let mut states = Self::default();
        for (state, count) in State::ALL.into_iter().zip(counts) {
            *match state {
                State::Active => &mut states.active,
                State::CutOff => &mut states.cut_off,
                State::Suspended => &mut states.suspended,
                State::Expired => &mut states.expired,
                State::Revoked => &mut states.revoked,
            } = *count;
        }
        states
    }
}
