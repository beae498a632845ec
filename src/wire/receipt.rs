//! Whether an entry of the log is enforced, and what is not covered at all.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::registry::{Judgement, Registry, State};
use crate::time::Time;

/// So many agents without a verdict are named.
const NAMED: usize = 1000;

/// How far an entry has come: `GET /v1/receipts/{index}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EnforcedLine {
    /// The entry.
    pub index: u64,
    /// Its time.
    pub time: String,
    /// What kind of change it is.
    pub kind: String,
    /// What it is about.
    pub subject: String,
    /// Whether there is an enforcement point, and everybody here confirmed.
    pub complete: bool,
    /// Every enrolled enforcement point, and every console that reported within a day.
    pub confirmations: Vec<ConfirmationLine>,
    /// What nobody here can stop.
    pub not_stopped: Vec<String>,
}

/// Whether one of them has taken it in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfirmationLine {
    /// The name.
    pub name: String,
    /// `enforcement_point` or `console`.
    pub role: String,
    /// `confirmed`; `waiting` for 5 s; then `late`, or `unknown` when it was not heard for a day, or since the start.
    pub state: String,
    /// `report`: it said so itself; `request`: it was answered by a verdict that rests on the entry.
    pub how: Option<String>,
    /// When, at the latest.
    pub at: Option<String>,
    /// How long after the entry, in milliseconds.
    pub milliseconds: Option<i64>,
    /// When it was last heard.
    pub last_contact: Option<String>,
}

impl ConfirmationLine {
    /// After how long it confirmed, or when it was heard of at all.
    pub fn when(&self) -> String {
        match (self.milliseconds, &self.last_contact) {
            (Some(milliseconds), _) => format!("after {milliseconds} ms"),
            (None, Some(last)) => format!("last heard {last}"),
            (None, None) => "never heard".to_owned(),
        }
    }

    /// Whether it has taken the entry in.
    pub fn confirmed(&self) -> bool {
        self.state == "confirmed"
    }
}

/// Who goes unseen: `GET /v1/coverage`, `coverage --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CoverageLine {
    /// From when on.
    pub since: String,
    /// How many agents are active.
    pub active: u64,
    /// How many of them asked for nothing.
    pub unseen: u64,
    /// They; at most 1000.
    pub unseen_agents: Vec<String>,
    /// Enforcement points and signal sources, with their last contact.
    pub points: Vec<ContactLine>,
    /// Requests that came unsigned, by the point that they came through; empty where nobody serves.
    pub unsigned: Vec<UnsignedLine>,
    /// From when on contacts and unsigned requests were counted; null where nobody serves.
    pub counted_since: Option<String>,
}

impl CoverageLine {
    /// The active agents that are not among those about whom a verdict was kept from `since` on; contacts are left empty.
    pub fn of(registry: &Registry, judgement: &Judgement, judged: &HashSet<String>, since: Time) -> Self {
        let (mut active, mut unseen, mut unseen_agents) = (0_u64, 0_u64, Vec::new());
        for row in registry.rows().filter(|row| judgement.state(*row) == State::Active) {
            active = active.saturating_add(1);
            let did = registry.agent(row).did().to_string();
            if !judged.contains(&did) {
                unseen = unseen.saturating_add(1);
                unseen_agents.extend(Some(did).filter(|_| unseen_agents.len() < NAMED));
            }
        }
        Self {
            since: since.to_string(),
            active,
            unseen,
            unseen_agents,
            points: Vec::new(),
            unsigned: Vec::new(),
            counted_since: None,
        }
    }
}

/// When a program was last heard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContactLine {
    /// The name.
    pub name: String,
    /// `enforcement_point` or `signal_source`.
    pub role: String,
    /// When; null when it is not known.
    pub last_contact: Option<String>,
}

/// Requests without a signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnsignedLine {
    /// The point that they came through; null for those that came to the verifier itself.
    pub through: Option<String>,
    /// How many.
    pub count: u64,
}
