//! What a verifier tells before its log is here: read as it was sent, and proved by nothing.

use serde::{Deserialize, Serialize};

/// An agent as a verifier tells it; the shape of [`super::AgentLine`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldAgent {
    /// The agent.
    pub did: String,
    /// Its name.
    pub name: String,
    /// What counts, as the verifier judges.
    pub state: String,
    /// The stored status.
    pub status: String,
    /// The reason of the last suspension or revocation.
    pub reason: Option<String>,
    /// When the suspension ends by itself.
    pub until: Option<String>,
    /// The rule that its lineage breaks.
    pub code: Option<String>,
    /// The trust score.
    pub score: Option<u16>,
    /// The tier of the score.
    pub tier: Option<String>,
    /// The human who answers for it.
    pub sponsor_email: String,
    /// Its organization.
    pub organization: Option<String>,
    /// Who delegated to it.
    pub parent_did: Option<String>,
    /// Delegations below the root.
    pub delegation_depth: u32,
    /// Agents below it.
    pub descendants: usize,
    /// What its record says that it may do.
    pub capabilities: Vec<String>,
    /// When it expires.
    pub expires_at: Option<String>,
    /// The log index of the last entry that changed it.
    pub version: u64,
    /// The log index from which nothing may come below it.
    pub sealed_at: Option<u64>,
}

/// A page of agents.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ToldPage {
    /// The agents.
    pub items: Vec<ToldAgent>,
    /// Where the list goes on.
    pub next: Option<String>,
    /// How many entries the log had.
    pub index: u64,
}

/// One agent with its lineage; the beginning of [`super::AgentDetail`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ToldDetail {
    /// The agent.
    pub agent: ToldAgent,
    /// From the root to the agent.
    pub path: Vec<ToldStep>,
    /// How its delegation is proved.
    pub evidence: Option<String>,
    /// Its record.
    pub record: serde_json::Value,
}

/// One agent on a lineage.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ToldStep {
    /// The agent.
    pub did: String,
    /// Its name.
    pub name: String,
    /// Its effective state.
    pub state: String,
    /// The rule that its own hop breaks.
    pub code: Option<String>,
}

/// What stopping an agent would do, and the set that is signed for it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ToldImpact {
    /// The agent.
    pub did: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u64,
    /// How many change their stored status.
    pub count: u64,
    /// The digest over all of them, in hex; none when only the agent itself is meant.
    pub digest: Option<String>,
    /// How many agents were registered.
    pub among: Option<u64>,
    /// Agents that may act now and no longer would, by hops below the agent.
    pub losing_by_level: Vec<usize>,
    /// What they may do now.
    pub capabilities_lost: Vec<String>,
}

/// What became of a change that was handed in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ToldTaken {
    /// The entry.
    pub index: u64,
    /// Its time.
    pub time: String,
    /// How many agents it touched.
    pub count: usize,
    /// What it waits for, if it does.
    pub waits: Option<serde_json::Value>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{Judgement, Registry};
    use crate::time::Time;
    use crate::wire::{AgentLine, to_json};

    #[test]
    fn what_is_told_of_an_agent_is_written_as_its_line_is() {
        let mesh = crate::generate::Plan::new(40, 3, Time::parse("2026-09-09T12:00:00Z").unwrap());
        let mut intake = Registry::default().intake(false);
        for identity in mesh.mesh() {
            intake.register(&identity, false, 0).unwrap();
        }
        let registry = intake.settle();
        let judgement = Judgement::of(&registry, Time::parse("2026-09-09T12:00:00Z").unwrap());
        for row in registry.rows() {
            let line = to_json(&AgentLine::of(&registry, &judgement, row)).unwrap();
            let told: ToldAgent = serde_json::from_str(&line).unwrap();
            assert_eq!(to_json(&told).unwrap(), line);
        }
    }
}
