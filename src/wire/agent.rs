//! One agent, as lists and details show it.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{DecisionLine, LineageLine, LockLine, TokenLine};
use crate::identity::Status;
use crate::registry::{Agent, Evidence, Judgement, Registry, Row};

/// So many hops of a lineage are given at most.
const MOST_HOPS: usize = 1000;

/// So many agents with confusable DIDs are named at most.
const MOST_CONFUSABLE: usize = 100;

/// One agent in one line: `agent list --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AgentLine {
    /// The agent.
    pub did: String,
    /// Its name.
    pub name: String,
    /// What counts: `active`, `cut_off`, `suspended`, `expired` or `revoked`.
    pub state: &'static str,
    /// The stored status: `active`, `suspended` or `revoked`.
    pub status: &'static str,
    /// The reason of the last suspension or revocation; `null` once a suspension has ended by itself.
    pub reason: Option<String>,
    /// When the suspension ends by itself.
    pub until: Option<String>,
    /// The rule that its lineage breaks.
    pub code: Option<&'static str>,
    /// The trust score; `null` when unscored.
    pub score: Option<u16>,
    /// The tier of the score; `null` when unscored.
    pub tier: Option<&'static str>,
    /// The human who answers for it.
    pub sponsor_email: String,
    /// Its organization.
    pub organization: Option<String>,
    /// Who delegated to it, registered or not.
    pub parent_did: Option<String>,
    /// Delegations below the root, as its record says.
    pub delegation_depth: u32,
    /// Agents below it in the tree.
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

/// One agent with everything that is known about it: `agent show --json`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct AgentDetail {
    /// The line of the list.
    pub agent: AgentLine,
    /// Whether its lineage holds.
    pub lineage: LineageLine,
    /// From the root to the agent; of more than 1000 hops the first and the last 500.
    pub path: Vec<Step>,
    /// How many hops in the middle of `path` were left out.
    pub path_left_out: usize,
    /// How its delegation is proved: `signed`, `attested` or `asserted`; `null` for a root.
    pub evidence: Option<&'static str>,
    /// Who vouches for it as it is, if somebody does.
    pub attested: Option<AttestedLine>,
    /// Its entry in the revocation list, if it has one that has not ended.
    pub listed: Option<ListedLine>,
    /// The lock that holds it, or an agent above it.
    pub locked: Option<LockLine>,
    /// Words on it, sorted.
    pub tags: Vec<String>,
    /// The open case that holds its suspension although the time is up.
    pub due: Option<String>,
    /// Whether the DID is derived from the key.
    pub bound: bool,
    /// Agents whose DIDs differ from this one's only in case, at most 100 of them.
    pub confusable_with: Vec<String>,
    /// The key's id.
    pub key_id: String,
    /// The record as the reference implementation writes it.
    pub record: Value,
}

/// An agent with its tags: `tag list --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TagLine {
    /// The agent.
    pub did: String,
    /// Its name.
    pub name: String,
    /// Words on it, sorted.
    pub tags: Vec<String>,
}

/// Who vouches for an agent, its key, name, sponsor and capabilities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AttestedLine {
    /// The attester's public key, in base64.
    pub attester: String,
    /// From when it counts no more.
    pub until: String,
}

/// What the revocation list says of an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ListedLine {
    /// Since when.
    pub since: String,
    /// Until when; `null` for ever.
    pub until: Option<String>,
    /// Why.
    pub reason: String,
}

/// One agent on a lineage, and what was narrowed away on the way to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Step {
    /// The agent.
    pub did: String,
    /// Its name.
    pub name: String,
    /// Its effective state.
    pub state: &'static str,
    /// The rule that its own hop breaks.
    pub code: Option<&'static str>,
    /// What its parent holds and it does not, in the parent's order.
    pub narrowed_away: Vec<String>,
}

impl AgentLine {
    /// The line of `row`.
    pub fn of(registry: &Registry, judgement: &Judgement, row: Row) -> Self {
        let agent = registry.agent(row);
        let verdict = judgement.verdict_of(row);
        let status = agent.status(judgement.at());
        let trust = registry.scored(row, judgement.at());
        let elapsed = status == Status::Active && agent.until().is_some();
        Self {
            did: agent.did().to_string(),
            name: agent.name().to_owned(),
            state: verdict.state.as_str(),
            status: status.as_str(),
            reason: agent.reason().filter(|_| !elapsed).map(str::to_owned),
            until: agent.until().filter(|_| !elapsed).map(|time| time.to_string()),
            code: verdict.fault.map(|fault| fault.rule.code()),
            score: trust.map(|reading| reading.score),
            tier: trust.map(|reading| reading.tier.as_str()),
            sponsor_email: agent.sponsor().to_owned(),
            organization: agent.organization().map(str::to_owned),
            parent_did: agent.parent_did(),
            delegation_depth: agent.depth(),
            descendants: registry.lineage().subtree(row).len().saturating_sub(1),
            capabilities: agent.capabilities().map(str::to_owned).collect(),
            expires_at: agent.expires_at().map(|time| time.to_string()),
            version: agent.version(),
            sealed_at: agent.sealed_at(),
        }
    }
}

impl AgentDetail {
    /// Everything about `row`.
    pub fn of(registry: &Registry, judgement: &Judgement, row: Row) -> Self {
        let agent = registry.agent(row);
        let record = agent.identity(judgement.at());
        let path = registry.lineage().path(row);
        let (head, tail) = ends(&path, MOST_HOPS / 2);
        Self {
            agent: AgentLine::of(registry, judgement, row),
            lineage: LineageLine::of(registry, judgement, row),
            path: head.iter().chain(tail).map(|row| Step::of(registry, judgement, *row)).collect(),
            path_left_out: path.len().saturating_sub(head.len()).saturating_sub(tail.len()),
            evidence: registry.evidence(row, judgement.at()).map(Evidence::as_str),
            attested: registry.attestation(row, judgement.at()).map(|attested| AttestedLine {
                attester: attested.attester().to_base64(),
                until: attested.until().to_string(),
            }),
            locked: registry.lock_on(row, judgement.at()).map(LockLine::of),
            listed: registry.facts().listed.revoked(&record.did, judgement.at()).map(|entry| ListedLine {
                since: entry.at.to_string(),
                until: entry.until.map(|until| until.to_string()),
                reason: entry.reason.clone(),
            }),
            tags: registry.tags(row).map(str::to_owned).collect(),
            due: registry.due(row, judgement.at()).map(|case| case.to_string()),
            bound: record.did.is_bound_to(&record.public_key),
            confusable_with: registry
                .confusable_with(row)
                .take(MOST_CONFUSABLE)
                .map(|row| registry.agent(row).did().to_string())
                .collect(),
            key_id: record.key_id().to_string(),
            record: record.to_json(),
        }
    }
}

/// The first and the last `most` of a list, nothing twice.
pub fn ends<T>(list: &[T], most: usize) -> (&[T], &[T]) {
    let (head, rest) = list.split_at_checked(most).unwrap_or((list, &[]));
    let skipped = rest.len().saturating_sub(most);
    (head, rest.get(skipped..).unwrap_or(&[]))
}

impl Step {
    fn of(registry: &Registry, judgement: &Judgement, row: Row) -> Self {
        let agent = registry.agent(row);
        let verdict = judgement.verdict_of(row);
        let lost = |parent: Agent<'_>| -> Vec<String> {
            let kept: std::collections::HashSet<&str> = agent.capabilities().collect();
            parent.capabilities().filter(|held| !kept.contains(held)).map(str::to_owned).collect()
        };
        Self {
            did: agent.did().to_string(),
            name: agent.name().to_owned(),
            state: verdict.state.as_str(),
            code: verdict.fault.filter(|fault| fault.hop == row).map(|fault| fault.rule.code()),
            narrowed_away: agent.parent().map_or_else(Vec::new, lost),
        }
    }
}

/// An agent that somebody's text speaks of: `who --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WhoLine {
    /// By what it was recognized: `did`, `part_of_did`, `token_subject`, `token_issuer`, `jti`, `key_id`, `fingerprint`,
    /// `request_id`, `sponsor` or `text`.
    pub by: &'static str,
    /// The part of the text.
    pub text: String,
    /// Everything about it, as `agent show` has it.
    pub agent: AgentDetail,
    /// The longest-lived chain that the log has for it, root first.
    pub chain: Vec<TokenLine>,
    /// Verdicts that it had a part in: those around the time that the text speaks of, else the last ones; newest first.
    pub verdicts: Vec<DecisionLine>,
}
