//! What was decided, and what a policy would change about it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::codes;
use crate::audit::{Decision, Refusals, Ruling, Sample, Told};
use crate::policy::FieldChange;
use crate::verify::Decision as Answer;

/// One entry of the decision log: `verdicts --json`; `kind` says which of the two it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DecisionLine {
    /// A verdict about a caller who is known.
    Verdict(Box<VerdictLine>),
    /// The denials of strangers in one minute.
    Refusals(RefusalsLine),
}

/// A verdict about a caller who is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerdictLine {
    /// Its place in the decision log.
    pub index: u64,
    /// When it was taken in.
    pub time: String,
    /// When it was judged.
    pub judged: String,
    /// `allow` or `deny`.
    pub decision: Answer,
    /// The code of the first check that failed.
    pub code: Option<String>,
    /// The token at fault, the root's counted as 0.
    pub hop: Option<u32>,
    /// What would have passed.
    pub expected: Option<String>,
    /// What was there.
    pub found: Option<String>,
    /// Who asked.
    pub caller: Option<String>,
    /// Whom it wanted to reach: the DID in the resource, or in the audience.
    pub callee: Option<String>,
    /// What for.
    pub action: String,
    /// To what.
    pub resource: String,
    /// The name that the verifier was asked under.
    pub audience: String,
    /// The `jti` of each token of the chain, root first.
    pub jtis: Vec<String>,
    /// The name under which the gateway logs the request.
    pub request_id: Option<String>,
    /// Where it came from.
    pub peer: Option<String>,
    /// How many entries the log of changes had.
    pub entries: u64,
    /// Whether the request is kept, so that the verdict can be had again.
    pub replayable: bool,
}

/// The denials of strangers in one minute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefusalsLine {
    /// Its place in the decision log; null while the minute is not in it.
    pub index: Option<u64>,
    /// When the minute began.
    pub minute: String,
    /// How many were denied.
    pub count: u64,
    /// How many by each code.
    pub codes: BTreeMap<String, u64>,
    /// A few of them; every text is the stranger's.
    pub samples: Vec<Sample>,
}

/// Calls that are alike: `calls --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallLine {
    /// `made`, `received`, or `through`: others asked by a chain that goes through the agent.
    pub way: &'static str,
    /// The other agent.
    pub other: Option<String>,
    /// What was asked for.
    pub action: String,
    /// To what.
    pub resource: String,
    /// The name that the verifier was asked under.
    pub audience: String,
    /// `allow` or `deny`.
    pub decision: Answer,
    /// How often.
    pub count: u64,
    /// The first time.
    pub first: String,
    /// The last time.
    pub last: String,
}

/// What a policy would change: `policy diff --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyChangeLine {
    /// The field.
    pub field: String,
    /// What it is.
    pub old: Option<String>,
    /// What it would be.
    pub new: Option<String>,
}

/// What a policy would have answered: `policy dry-run --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DryRunLine {
    /// How many verdicts were judged again.
    pub judged: u64,
    /// How many were not, because their requests are not kept.
    pub left_out: u64,
    /// How many the policy in force answers otherwise than they were answered.
    pub drifted: u64,
    /// How many would change.
    pub changed: u64,
    /// In which ways.
    pub shifts: Vec<ShiftLine>,
}

/// Verdicts that would change in the same way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShiftLine {
    /// `allow` or `deny`, by the policy in force.
    pub from: Answer,
    /// The code of that denial.
    pub from_code: Option<String>,
    /// `allow` or `deny`, by the proposed one.
    pub to: Answer,
    /// The code of that denial.
    pub to_code: Option<String>,
    /// How many.
    pub count: u64,
    /// A few, the newest first.
    pub examples: Vec<ExampleLine>,
}

/// A verdict that would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExampleLine {
    /// Its place in the decision log.
    pub index: u64,
    /// When it was given.
    pub time: String,
    /// Who asked.
    pub caller: String,
    /// What for.
    pub action: String,
    /// To what.
    pub resource: String,
}

impl DecisionLine {
    /// The line of an entry.
    pub fn of(decision: &Decision) -> Self {
        match &decision.told {
            Told::Ruling(ruling) => Self::Verdict(Box::new(VerdictLine::of(decision, ruling))),
            Told::Refusals(refusals) => Self::Refusals(RefusalsLine::of(Some(decision.index), refusals)),
        }
    }
}

impl VerdictLine {
    fn of(decision: &Decision, ruling: &Ruling) -> Self {
        let verdict = &ruling.verdict;
        let failure = verdict.failure.as_ref();
        Self {
            index: decision.index,
            time: decision.time.to_string(),
            judged: verdict.now.to_string(),
            decision: verdict.decision,
            code: failure.map(|failure| failure.code.to_string()),
            hop: failure.and_then(|failure| failure.hop),
            expected: failure.map(|failure| failure.expected.clone()),
            found: failure.map(|failure| failure.found.clone()),
            caller: verdict.caller.as_ref().map(ToString::to_string),
            callee: ruling.callee().map(|did| did.to_string()),
            action: verdict.action.clone(),
            resource: verdict.resource.clone(),
            audience: ruling.audience.clone(),
            jtis: ruling.tokens.iter().map(|token| token.id.clone()).collect(),
            request_id: ruling.id.clone(),
            peer: ruling.peer.clone(),
            entries: verdict.index,
            replayable: ruling.request.is_some(),
        }
    }

    /// What to do about a denial.
    pub fn advice(&self) -> &'static str {
        self.code.as_deref().map_or("", codes::advice)
    }
}

impl RefusalsLine {
    /// The line of a minute; `index` is none while it is not in the log.
    pub fn of(index: Option<u64>, refusals: &Refusals) -> Self {
        Self {
            index,
            minute: refusals.minute.to_string(),
            count: refusals.total(),
            codes: refusals.counts.clone(),
            samples: refusals.samples.clone(),
        }
    }
}

impl From<FieldChange> for PolicyChangeLine {
    fn from(change: FieldChange) -> Self {
        Self { field: change.field, old: change.old, new: change.new }
    }
}
