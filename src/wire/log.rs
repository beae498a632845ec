//! The log, and what was done to it.

use schemars::JsonSchema;
use serde::Serialize;

use super::{SpareLine, WaitsLine};
use crate::audit::{
    Checkpoint, DecisionEvidence, Evidence, Note, NoteVerifier, Proven, ProvenDecision, Told,
};
use crate::encoding::hex;
use crate::registry::{Lock, LockTarget};
use crate::verify::Verdict;

/// One entry: `log list --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LogLine {
    /// Its place, from 0.
    pub index: u64,
    /// When it was appended.
    pub time: String,
    /// `import`, `suspend`, `revoke`, `reactivate`, or what a fact says: `register`, `rotate`, `rekey`, `attest`,
    /// `log tokens`, `revoke tokens`, `seal`, `list`, `unlist`, `signal`, `void`, `policy`.
    pub kind: &'static str,
    /// Who ordered it; by their own account, unless they signed it.
    pub actor: String,
    /// The operators who signed it; nobody where nobody holds the log.
    pub signers: Vec<String>,
    /// The case that it belongs to.
    pub case: Option<String>,
    /// Whether it did not wait for the approval that policy asks for.
    pub break_glass: bool,
    /// The DID, or `jti`, that it is about; of an import, the name of what was read.
    pub subject: String,
    /// How many agents it names, or records it brought.
    pub count: u64,
    /// Whether it reaches everything below the subject.
    pub cascade: bool,
    /// When a suspension ends by itself.
    pub until: Option<String>,
    /// Why.
    pub reason: String,
    /// The RFC 6962 leaf hash, in hex.
    pub leaf: String,
}

/// One entry that is about an agent: `agent history --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TouchLine {
    /// The entry.
    #[serde(flatten)]
    pub entry: LogLine,
    /// The ancestor that it names, with everybody below; `null` when it names the agent.
    pub through: Option<String>,
}

/// What was forgotten: `log erase --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErasedLine {
    /// The agent.
    pub did: String,
    /// The place of the entry; `null` when nothing was there to be forgotten.
    pub index: Option<u64>,
    /// Whether no file of the directory has it any more.
    pub wiped: bool,
}

/// What checking the whole log came to: `log verify --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogReportLine {
    /// Whether every entry hashes, follows from those before it, and gives the state that is shown.
    pub sound: bool,
    /// The stable code of the first thing that is wrong.
    pub code: Option<&'static str>,
    /// The first thing that is wrong, in words.
    pub reason: Option<String>,
    /// The log's name, in hex.
    pub log: String,
    /// Entries that the head counts.
    pub entries: u64,
    /// Records that the head counts.
    pub records: u32,
    /// The RFC 6962 root in the head, in hex.
    pub root: String,
    /// How many decisions there ever were.
    pub decisions: u64,
    /// How many of them are kept and were checked.
    pub decisions_kept: u64,
}

/// What an import came to: `import --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportLine {
    /// Its place in the log.
    pub index: u64,
    /// Records taken.
    pub taken: u64,
    /// Records refused and passed over.
    pub refused: u64,
    /// Where the refused records lie, with the reasons.
    pub refused_file: Option<String>,
    /// Members dropped because they could hold a secret.
    pub secrets_dropped: u64,
    /// Scores that belong to nobody in the registry.
    pub unused_scores: usize,
}

/// Proof that a change lasts: `agent suspend|revoke|reactivate --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReceiptLine {
    /// Its place in the log.
    pub index: u64,
    /// When it was carried out.
    pub time: String,
    /// `suspend`, `revoke` or `reactivate`.
    pub verb: &'static str,
    /// The agent, or the top of the subtree.
    pub did: String,
    /// How many agents changed.
    pub count: usize,
    /// Descendants that appeared after the plan was shown, and fell with it.
    pub newcomers: Vec<String>,
    /// Who was adopted instead of falling.
    pub spared: Vec<SpareLine>,
    /// `nobody` for an offline copy, `unknown` otherwise: no enforcement point reports yet.
    pub enforced_by: &'static str,
    /// What it waits for; until then the agents are only held back.
    pub waits: Option<WaitsLine>,
}

/// A record that was passed over, with its text: one line of the file of refused records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusedLine {
    /// The line where it starts, from 1.
    pub line: u64,
    /// Which record it is, from 1.
    pub record: u64,
    /// Its DID, if that much could be read.
    pub did: Option<String>,
    /// The stable code.
    pub code: &'static str,
    /// What is wrong.
    pub reason: String,
    /// What to do.
    pub fix: &'static str,
    /// Its text, with `""` for every value that could be a secret, and bytes that are not UTF-8 replaced by U+FFFD;
    /// `null` when it is no JSON and could hold a secret.
    pub source: Option<String>,
}

/// Why a command failed: with `--json`, on standard error as `{"error": ...}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorLine {
    /// The error.
    pub error: ErrorBody,
}

/// The error itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorBody {
    /// The stable code.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub advice: &'static str,
}

/// Something beside the status of agents that is in the log now: `agent create --json` and its like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FactLine {
    /// Its place in the log.
    pub index: u64,
    /// When it was taken.
    pub time: String,
    /// `register`, `rotate`, `rekey`, `attest`, ...
    pub kind: &'static str,
    /// The DID, or `jti`, that it is about.
    pub subject: String,
    /// What it waits for; the entry only proposes it then.
    pub waits: Option<WaitsLine>,
}

/// A chain that was issued, and is in the log: `agent delegate --json`, `token issue --json`, `token refresh --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainLine {
    /// Its place in the log.
    pub index: u64,
    /// When it was taken.
    pub time: String,
    /// `register` when it brought the agent, else `log tokens`.
    pub kind: &'static str,
    /// The DID that it grants to.
    pub subject: String,
    /// The name of its last token.
    pub jti: String,
    /// From when that counts no more.
    pub exp: String,
    /// The `jti` that it replaces.
    pub prev: Option<String>,
    /// The tokens, root first, joined by `~` as in the header `Mesh-Chain`.
    pub chain: String,
}

/// A signed head of the log: `log checkpoint --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CheckpointLine {
    /// The log's name, in hex.
    pub log: String,
    /// Entries.
    pub size: u64,
    /// Their RFC 6962 root, in hex.
    pub root: String,
    /// The root of the state, in hex.
    pub state: String,
    /// When it was signed.
    pub time: String,
    /// The signed note.
    pub note: String,
    /// The log's key: `name+hash+base64`.
    pub key: String,
}

/// What an evidence file proves: `log check --json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ProvenLine {
    /// Whether the entry is in the log.
    pub proven: bool,
    /// The stable code of what is wrong.
    pub code: Option<&'static str>,
    /// What is wrong, in words.
    pub reason: Option<String>,
    /// The log's name, in hex.
    pub log: Option<String>,
    /// The entry's place.
    pub index: Option<u64>,
    /// When it was appended.
    pub time: Option<String>,
    /// What was done.
    pub kind: Option<String>,
    /// Who ordered it, by their own account.
    pub actor: Option<String>,
    /// What it is about.
    pub subject: Option<String>,
    /// Why.
    pub why: Option<String>,
    /// How many entries the checkpoint counts.
    pub size: Option<u64>,
    /// When the checkpoint was signed.
    pub signed: Option<String>,
    /// The key that signed: `name+hash+base64`.
    pub key: Option<String>,
}

impl CheckpointLine {
    /// The line of a signed head.
    pub fn of(checkpoint: &Checkpoint, note: &Note, verifier: &NoteVerifier) -> Self {
        Self {
            log: checkpoint.log.to_string(),
            size: checkpoint.tree.size,
            root: hex::encode(&checkpoint.tree.root),
            state: hex::encode(&checkpoint.state),
            time: checkpoint.time.to_string(),
            note: note.to_string(),
            key: verifier.to_string(),
        }
    }
}

impl ProvenLine {
    /// The line of an entry that is proven.
    pub fn of(proven: &Proven, evidence: &Evidence) -> Self {
        let (entry, checkpoint) = (proven.entry(), proven.checkpoint());
        let payload = entry.change.payload().ok();
        Self {
            proven: true,
            log: Some(entry.log.to_string()),
            index: Some(entry.index),
            time: Some(entry.time.to_string()),
            kind: payload.as_ref().map(|payload| payload.kind().as_str().to_owned()),
            actor: payload.as_ref().map(|payload| payload.actor.clone()),
            subject: payload.as_ref().map(|payload| payload.order.subject()),
            why: payload.map(|payload| payload.reason),
            size: Some(checkpoint.tree.size),
            signed: Some(checkpoint.time.to_string()),
            key: Some(evidence.verifier.to_string()),
            ..Self::default()
        }
    }

    /// The line of a decision that is proven: the actor is who asked, the subject what for and to what.
    pub fn of_decision(proven: &ProvenDecision, evidence: &DecisionEvidence) -> Self {
        let (decision, head) = (proven.decision(), proven.head());
        let ruling = match &decision.told {
            Told::Ruling(ruling) => Some(&ruling.verdict),
            Told::Refusals(_) => None,
        };
        let kind = ruling.map_or("refusals", |verdict| if verdict.allows() { "allow" } else { "deny" });
        let asked =
            |verdict: &Verdict| format!("{} {}", verdict.action, verdict.resource).trim_end().to_owned();
        let why = |verdict: &Verdict| verdict.failure.as_ref().map(|failure| failure.code.to_string());
        Self {
            proven: true,
            log: Some(decision.log.to_string()),
            index: Some(decision.index),
            time: Some(decision.time.to_string()),
            kind: Some(kind.to_owned()),
            actor: ruling.and_then(|verdict| verdict.caller.as_ref()).map(ToString::to_string),
            subject: ruling.map(asked),
            why: ruling.and_then(why),
            size: Some(head.tree.size),
            signed: Some(head.time.to_string()),
            key: Some(evidence.0.verifier.to_string()),
            ..Self::default()
        }
    }

    /// The line of a file that proves nothing.
    pub fn refused(code: &'static str, reason: String) -> Self {
        Self { code: Some(code), reason: Some(reason), ..Self::default() }
    }
}

/// A standing rule: `lock list --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LockLine {
    /// `subtree`, `sponsor`, `organization`, `tag` or `key`.
    pub kind: &'static str,
    /// Whom it holds.
    pub on: String,
    /// The entry that made it.
    pub index: u64,
    /// When it was made.
    pub since: String,
    /// When it ends by itself, if it does: what holds an agent back until a change is approved.
    pub until: Option<String>,
    /// Why.
    pub reason: String,
}

impl LockLine {
    /// The line of a lock.
    pub fn of(lock: &Lock) -> Self {
        let (kind, on) = match &lock.target {
            LockTarget::Subtree(did) => ("subtree", did.to_string()),
            LockTarget::Sponsor(sponsor) => ("sponsor", sponsor.clone()),
            LockTarget::Organization(name) => ("organization", name.clone()),
            LockTarget::Tag(tag) => ("tag", tag.clone()),
            LockTarget::Key(key) => ("key", key.to_base64()),
        };
        let until = lock.until.map(|until| until.to_string());
        Self {
            kind,
            on,
            index: lock.index,
            since: lock.since.to_string(),
            until,
            reason: lock.reason.clone(),
        }
    }
}
