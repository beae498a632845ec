//! Why an agent can do something, and who can.

use serde::Serialize;

use crate::policy::Reach;
use crate::registry::{Evidence, Registry, Row};

/// An agent, a capability, and the delegations between: `agent why --json`, and each line of `agent reach --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReachLine {
    /// The agent.
    pub did: String,
    /// Its name.
    pub name: String,
    /// What is asked.
    pub capability: String,
    /// Whether it can.
    pub can: bool,
    /// So many delegations lead to it; 0 for a root.
    pub degree: usize,
    /// The agent at which it ends, from the root down; null when it can.
    pub ends_at: Option<String>,
    /// The stable code of why it ends there.
    pub code: Option<&'static str>,
    /// The same in words.
    pub reason: Option<String>,
    /// The root first, the agent last.
    pub hops: Vec<ReachHop>,
}

/// One agent on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReachHop {
    /// The agent.
    pub did: String,
    /// Its name.
    pub name: String,
    /// Its effective state.
    pub state: &'static str,
    /// What it holds that allows what is asked.
    pub by: Option<String>,
    /// What its delegation rests on: `signed`, `attested` or `asserted`; null for a root.
    pub evidence: Option<&'static str>,
    /// The stable code of why nothing comes through it.
    pub code: Option<&'static str>,
}

impl ReachLine {
    /// The line about `row`.
    pub fn of(registry: &Registry, row: Row, capability: &str, reach: &Reach) -> Self {
        let did = |row: Row| registry.agent(row).did().to_string();
        let name = |row: Row| registry.agent(row).name().to_owned();
        let ends = reach.ends();
        Self {
            did: did(row),
            name: name(row),
            capability: capability.to_owned(),
            can: ends.is_none(),
            degree: reach.degree(),
            ends_at: ends.map(|(hop, _)| did(hop.row)),
            code: ends.map(|(_, ends)| ends.code()),
            reason: ends.map(|(hop, ends)| format!("{} {}", name(hop.row), ends.words())),
            hops: reach
                .hops
                .iter()
                .map(|hop| ReachHop {
                    did: did(hop.row),
                    name: name(hop.row),
                    state: hop.state.as_str(),
                    by: hop.by.clone(),
                    evidence: hop.evidence.map(Evidence::as_str),
                    code: hop.ends.as_ref().map(crate::policy::Ends::code),
                })
                .collect(),
        }
    }
}
