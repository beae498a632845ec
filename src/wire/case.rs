//! A case, as lists and its own page show it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::registry::{Case, Registry, Row};
use crate::time::Time;

/// One case: `case list --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CaseLine {
    /// Its name, such as `C-7`.
    pub case: String,
    /// What it is about.
    pub title: String,
    /// `open` or `closed`.
    pub state: &'static str,
    /// Who answers for it.
    pub owner: String,
    /// Who works on it, sorted.
    pub people: Vec<String>,
    /// When it was opened.
    pub opened: String,
    /// When it was closed.
    pub closed: Option<String>,
    /// How many entries it has.
    pub entries: usize,
    /// Suspensions that it holds although their time is up.
    pub due: usize,
}

/// One entry of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseStep {
    /// Its place in the log.
    pub index: u64,
    /// When.
    pub time: String,
    /// What kind of change; of a step of the case itself, the step.
    pub kind: String,
    /// Who ordered it.
    pub actor: String,
    /// Who signed it.
    pub signers: Vec<String>,
    /// What it is about.
    pub subject: String,
    /// How many agents it names.
    pub count: u64,
    /// Whether it reaches everything below the subject.
    pub cascade: bool,
    /// Why, or what was noted.
    pub text: String,
    /// Its RFC 6962 leaf hash, in hex.
    pub leaf: String,
}

/// A suspension under a case that has ended, or ends soon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DueLine {
    /// The agent.
    pub did: String,
    /// Its name.
    pub name: String,
    /// When its time is up.
    pub until: Option<String>,
    /// Whether it is up: only the case holds the agent.
    pub due: bool,
}

/// One case with everything: `case show --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseDetail {
    /// The line of the list.
    pub case: CaseLine,
    /// Its entries, oldest first.
    pub timeline: Vec<CaseStep>,
    /// Suspensions that have ended, or end soon.
    pub ending: Vec<DueLine>,
}

/// An agent that a case touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseAgent {
    /// The agent.
    pub did: String,
    /// Its name.
    pub name: String,
    /// The human who answers for it.
    pub sponsor_email: String,
    /// Its effective state when the case was opened; `null` when it was not registered.
    pub before: Option<&'static str>,
    /// Its effective state when the case was closed, or now.
    pub after: &'static str,
    /// Its parent when the case was opened.
    pub parent_before: Option<String>,
    /// Its parent when the case was closed, or now.
    pub parent_after: Option<String>,
}

/// A case as it is exported: `case.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseFile {
    /// `meshwarden.case.v1`.
    #[serde(rename = "type")]
    pub type_name: &'static str,
    /// Whether names, addresses and free text were left out.
    pub redacted: bool,
    /// The case.
    pub case: CaseLine,
    /// Its entries, oldest first.
    pub timeline: Vec<CaseStep>,
    /// The agents that it touched.
    pub agents: Vec<CaseAgent>,
    /// Files with pictures of their lineages.
    pub pictures: Vec<String>,
    /// Files that prove the entries; none when it is redacted.
    pub evidence: Vec<String>,
    /// The signed head of the log.
    pub checkpoint: String,
    /// The log's key.
    pub key: String,
}

impl CaseLine {
    /// The line of a case.
    pub fn of(registry: &Registry, case: &Case, now: Time) -> Self {
        let due = if case.is_open() { registry.ending(case.id, now).len() } else { 0 };
        Self {
            case: case.id.to_string(),
            title: case.title.clone(),
            state: if case.is_open() { "open" } else { "closed" },
            owner: case.owner.clone(),
            people: case.people.iter().cloned().collect(),
            opened: case.opened.to_string(),
            closed: case.closed.map(|(_, at)| at.to_string()),
            entries: case.entries.len(),
            due,
        }
    }
}

impl DueLine {
    /// The line of a suspended agent.
    pub fn of(registry: &Registry, row: Row, now: Time) -> Self {
        let agent = registry.agent(row);
        Self {
            did: agent.did().to_string(),
            name: agent.name().to_owned(),
            until: agent.until().map(|until| until.to_string()),
            due: agent.until().is_some_and(|until| now >= until),
        }
    }
}
