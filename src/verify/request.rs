//! What is asked, and what it is judged by.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::delegation::{Body, MAX_TOKENS, Proof, ProofLedger};
use crate::encoding::canonical::{Object, write_string};
use crate::encoding::listed::Listed;
use crate::encoding::{Digest32, base64, json};
use crate::policy::Policy;
use crate::registry::Registry;
use crate::time::Time;

/// What a verifier is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request<'a> {
    /// The tokens of the chain, root first; none when a root acts by itself.
    pub chain: Vec<Cow<'a, str>>,
    /// The proof of possession.
    pub proof: Cow<'a, str>,
    /// Whether the proof was used before.
    pub proof_use: ProofUse,
    /// The name that this verifier goes by.
    pub audience: Cow<'a, str>,
    /// The method of the guarded request.
    pub method: Cow<'a, str>,
    /// Its whole URI.
    pub uri: Cow<'a, str>,
    /// Its body.
    pub body: Body,
    /// What the caller wants to do, as a capability.
    pub action: Cow<'a, str>,
    /// To what; empty when nothing is named.
    pub resource: Cow<'a, str>,
}

/// What the ledger of used proofs says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProofUse {
    /// It was not used before.
    Fresh,
    /// It was.
    Spent,
}

impl ProofUse {
    /// As documents say it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Spent => "spent",
        }
    }

    /// What `ledger` says of a proof; one that cannot be read is fresh, and denied for its form.
    ///
    /// After an allow the caller spends the proof, and denies when that fails: another thread may have been faster.
    pub fn of(ledger: &ProofLedger, proof: &str) -> Self {
        let known = Proof::parse(proof).is_ok_and(|proof| ledger.knows(&proof));
        if known { Self::Spent } else { Self::Fresh }
    }
}

/// What a request is judged by.
#[derive(Clone, Copy)]
pub struct Basis<'a> {
    /// All agents.
    pub registry: &'a Registry,
    /// What is allowed.
    pub policy: &'a Policy,
    /// The policy's digest, computed once.
    pub policy_digest: Digest32,
    /// The log index that the registry was folded to.
    pub index: u64,
    /// When the registry was last known to be up to date.
    pub as_of: Time,
}

/// The tokens in the value of the header `Mesh-Chain`; what is beyond an eleventh is left in it, to be refused.
pub(super) fn split_header(value: &str) -> Vec<Cow<'_, str>> {
    if value.is_empty() {
        return Vec::new();
    }
    value.splitn(MAX_TOKENS.saturating_add(1), '~').map(Cow::Borrowed).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    chain: Vec<String>,
    proof: String,
    proof_use: ProofUse,
    audience: String,
    method: String,
    uri: String,
    /// The digest, or null when the body was not seen.
    body: Option<String>,
    action: String,
    resource: String,
}

/// The bytes are no request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are not a request or verdict as this program writes it")]
pub struct Unreadable;

impl Unreadable {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        "verdict_unreadable"
    }
}

impl<'a> Request<'a> {
    /// Reads the header form of a chain into the request.
    #[must_use]
    pub fn with_header(self, value: &'a str) -> Self {
        Self { chain: split_header(value), ..self }
    }

    /// The request as canonical JSON, so that its verdict can be had again.
    pub fn to_json(&self) -> Vec<u8> {
        let mut text = String::with_capacity(8192);
        self.write(&mut text, self.chain_listed().as_str());
        text.into_bytes()
    }

    /// Appends [`Request::to_json`], with something else in the place of the tokens.
    pub fn write(&self, out: &mut String, chain: &str) {
        let body = match self.body {
            Body::Digest(digest) => Some(base64::encode_url(&digest)),
            Body::Unseen => None,
        };
        let mut object = Object::begin(out);
        object.text("action", &*self.action);
        object.text("audience", &*self.audience);
        object.text("body", body.as_deref());
        object.member("chain").push_str(chain);
        object.text("method", &*self.method);
        object.text("proof", &*self.proof);
        object.text("proof_use", self.proof_use.as_str());
        object.text("resource", &*self.resource);
        object.text("uri", &*self.uri);
        object.end();
    }

    /// The tokens as canonical JSON.
    pub fn chain_listed(&self) -> Listed {
        Listed::of(&self.chain, |out, token| write_string(out, token))
    }

    /// Reads what [`Request::to_json`] writes.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn from_json(bytes: &[u8]) -> Result<Request<'static>, Unreadable> {
        let written: Written = json::object(bytes).map_err(|_| Unreadable)?;
        let body = match written.body {
            Some(text) => Body::Digest(base64::decode_url_array(&text).ok_or(Unreadable)?),
            None => Body::Unseen,
        };
        Ok(Request {
            chain: written.chain.into_iter().map(Cow::Owned).collect(),
            proof: Cow::Owned(written.proof),
            proof_use: written.proof_use,
            audience: Cow::Owned(written.audience),
            method: Cow::Owned(written.method),
            uri: Cow::Owned(written.uri),
            body,
            action: Cow::Owned(written.action),
            resource: Cow::Owned(written.resource),
        })
    }
}
