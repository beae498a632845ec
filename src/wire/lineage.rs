//! The answer about one lineage.

use schemars::JsonSchema;
use serde::Serialize;

use crate::registry::{EffectiveSets, Judgement, Registry, Row, explain};

/// Whether a lineage holds, and why not: the line of `lineage verify --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LineageLine {
    /// The agent.
    pub did: String,
    /// Whether every hop up to the root keeps every rule.
    pub valid: bool,
    /// The stable code of the broken rule.
    pub code: Option<&'static str>,
    /// The DID on the child side of the broken hop: the first one met on the way up.
    pub hop: Option<String>,
    /// One sentence: the hop, what the rule asks for, what is there instead.
    pub reason: Option<String>,
    /// Whether the agent's own status and expiry let it act; its lineage is left aside.
    pub active: bool,
    /// What every agent up to the root holds literally, sorted; given for broken lineages too.
    pub effective_capabilities: Vec<String>,
}

impl LineageLine {
    /// The answer about `row` alone, by a walk up its own lineage.
    pub fn of(registry: &Registry, judgement: &Judgement, row: Row) -> Self {
        Self::holding(registry, judgement, row, &registry.agent(row).effective_capabilities())
    }

    /// The answer about `row` as one of many, of which `effective` holds what they hold.
    pub fn among(
        effective: &EffectiveSets<'_>,
        registry: &Registry,
        judgement: &Judgement,
        row: Row,
    ) -> Self {
        Self::holding(registry, judgement, row, &effective.get(row))
    }

    fn holding(registry: &Registry, judgement: &Judgement, row: Row, held: &[&str]) -> Self {
        let agent = registry.agent(row);
        let why = explain(registry, judgement, row);
        Self {
            did: agent.did().to_string(),
            valid: why.is_none(),
            code: why.as_ref().map(|why| why.rule.code()),
            hop: why.as_ref().map(|why| why.hop.clone()),
            reason: why.as_ref().map(crate::registry::Explanation::sentence),
            active: agent.is_active(judgement.at()),
            effective_capabilities: held.iter().map(|capability| (*capability).to_owned()).collect(),
        }
    }
}
