//! What an entry is found by; made from the entry alone.

use crate::audit::{Decision, Ruling, Told};
use crate::encoding::base64;
use crate::text::within;

/// A text that decisions are found by has at most this many bytes.
const MAX_INDEXED: usize = 512;

/// By what an entry is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// An agent that asked, was asked for, or stands in the chain.
    Agent = 0,
    /// The `jti` of a token of the chain.
    Token = 1,
    /// The SHA-256 of a token of the chain, in base64url.
    Digest = 2,
    /// The name under which a gateway logs the request.
    Request = 3,
    /// The code of a check that failed.
    Code = 4,
}

/// The row of an entry in the table of verdicts; result 0 is a denial, 1 an allow, 2 those of strangers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub time: i64,
    pub result: i64,
    pub caller: Option<String>,
    pub callee: Option<String>,
    pub audience: Option<String>,
    pub action: Option<String>,
    pub resource: Option<String>,
}

pub(super) const DENIED: i64 = 0;
pub(super) const ALLOWED: i64 = 1;
pub(super) const UNKNOWN: i64 = 2;

/// The row of an entry, and its marks, each once and in order.
pub(super) fn of(decision: &Decision) -> (Row, Vec<(Mark, String)>) {
    let time = decision.time.micros();
    match &decision.told {
        Told::Refusals(refusals) => {
            let marks = refusals.counts.keys().map(|code| (Mark::Code, code.clone())).collect();
            let row = Row {
                time,
                result: UNKNOWN,
                caller: None,
                callee: None,
                audience: None,
                action: None,
                resource: None,
            };
            (row, marks)
        }
        Told::Ruling(ruling) => {
            let verdict = &ruling.verdict;
            let row = Row {
                time,
                result: if verdict.allows() { ALLOWED } else { DENIED },
                caller: verdict.caller.as_ref().map(ToString::to_string),
                callee: ruling.callee().map(|did| did.to_string()),
                audience: Some(ruling.audience.clone()),
                action: Some(within(&verdict.action, MAX_INDEXED)),
                resource: Some(within(&verdict.resource, MAX_INDEXED)),
            };
            (row, marks(ruling))
        }
    }
}

fn marks(ruling: &Ruling) -> Vec<(Mark, String)> {
    let mut marks: Vec<(Mark, String)> = Vec::new();
    let agents = ruling.chain().into_iter().cloned().chain(ruling.callee());
    marks.extend(agents.map(|did| (Mark::Agent, did.to_string())));
    for token in &ruling.tokens {
        marks.push((Mark::Token, token.id.clone()));
        marks.push((Mark::Digest, base64::encode_url(&token.digest)));
    }
    marks.extend(ruling.id.iter().map(|id| (Mark::Request, id.clone())));
    marks.extend(ruling.code().map(|code| (Mark::Code, code.to_owned())));
    marks.sort();
    marks.dedup();
    marks
}
