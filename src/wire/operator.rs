//! Operators, and the changes that wait for them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::change::ChangeId;
use crate::change::operators::{Operator, Proposal, Waits};
use crate::encoding::hex;

/// What a change waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WaitsLine {
    /// Its name, under which others approve it.
    pub id: String,
    /// SHA-256 of the bytes that they sign, in hex.
    pub digest: String,
    /// Who signed.
    pub signers: Vec<String>,
    /// How many must.
    pub needed: usize,
    /// From when on it cannot be carried out any more.
    pub expires: String,
}

impl WaitsLine {
    /// The line of what waits.
    pub fn of(waits: &Waits) -> Self {
        Self {
            id: waits.id.to_string(),
            digest: hex::encode(&waits.digest),
            signers: waits.signers.clone(),
            needed: waits.needed,
            expires: waits.expires.to_string(),
        }
    }
}

/// An operator: `operator list --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OperatorLine {
    /// The name.
    pub name: String,
    /// `viewer`, `responder` or `admin`.
    pub role: &'static str,
    /// `active`, `suspended` or `removed`.
    pub state: &'static str,
    /// The public keys, in standard base64.
    pub keys: Vec<String>,
    /// Their key ids.
    pub key_ids: Vec<String>,
    /// The entry that added the operator.
    pub since: u64,
}

impl OperatorLine {
    /// The line of an operator.
    pub fn of(operator: &Operator) -> Self {
        Self {
            name: operator.name.clone(),
            role: operator.role.as_str(),
            state: operator.standing.as_str(),
            keys: operator.keys.iter().map(|key| key.to_base64()).collect(),
            key_ids: operator.keys.iter().map(|key| key.key_id().to_string()).collect(),
            since: operator.since,
        }
    }
}

/// A change that waits: `change list --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProposalLine {
    /// Its name.
    pub id: String,
    /// What kind of change it is.
    pub kind: &'static str,
    /// What it is about.
    pub subject: String,
    /// How many agents it names.
    pub count: u64,
    /// Who ordered it.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// The case that it belongs to.
    pub case: Option<String>,
    /// The entry that proposed it, or last added a signature.
    pub index: u64,
    /// When that was.
    pub time: String,
    /// What it waits for.
    pub waits: WaitsLine,
}

impl ProposalLine {
    /// The line of a change that waits.
    pub fn of(id: ChangeId, proposal: &Proposal) -> Self {
        let payload = &proposal.payload;
        Self {
            id: id.to_string(),
            kind: payload.kind().as_str(),
            subject: payload.order.subject(),
            count: payload.order.targets().map_or(1, crate::change::Targets::count),
            actor: payload.actor.clone(),
            reason: payload.reason.clone(),
            case: payload.case.clone(),
            index: proposal.index,
            time: proposal.time.to_string(),
            waits: WaitsLine::of(&proposal.waits()),
        }
    }
}
