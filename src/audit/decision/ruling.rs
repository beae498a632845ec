//! One verdict about a caller who is known, and what it was asked: enough to judge it again.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::draft::{Draft, Found, HOLE, Parts, SHORT, Said, WHOLE, short_digest};
use super::{Decision, DecisionError, document};
use crate::audit::LogName;
use crate::delegation::{MAX_TOKENS, Proof, Token, TokenName};
use crate::encoding::canonical::{MAX_SAFE_INTEGER, NotCanonical};
use crate::encoding::listed::Listed;
use crate::encoding::{Digest32, base64, canonical, sha256};
use crate::identity::{Did, PREFIX};
use crate::verify::{Request, Verdict};

/// A request of more bytes is told by its digest alone, and its verdict is not had again.
pub const MAX_KEPT_REQUEST: usize = 16 * 1024;

/// The id of a request, its peer and its audience are kept up to so many bytes each.
pub const MAX_CALL_NAME: usize = 256;

/// A request, and what a gateway knows about it beside; nobody signed the latter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The request.
    pub request: Request<'a>,
    /// The name under which the gateway logs it.
    pub id: Option<String>,
    /// Where it came from.
    pub peer: Option<String>,
}

/// What the leaf of an entry about a verdict is the hash of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hashed {
    /// The entry: the first version.
    Whole,
    /// The entry with the SHA-256 of a list, in base64url, where the tokens are and where the checks are: lists that many
    /// entries have in common. The second version, which is written today; it names the tokens of no request that it has.
    Short,
}

/// One verdict, in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling {
    /// What its leaf is the hash of.
    pub hashed: Hashed,
    /// What was answered.
    pub verdict: Verdict,
    /// The whole request as canonical JSON; none when it is larger than [`MAX_KEPT_REQUEST`].
    pub request: Option<Vec<u8>>,
    /// The SHA-256 of the request; in the second version that of the list of its tokens stands in their place.
    pub digest: Digest32,
    /// What the proof of possession is remembered by, so that it is used once.
    pub proof: Digest32,
    /// The name that the verifier was asked under.
    pub audience: String,
    /// The tokens of the chain, root first.
    pub tokens: Vec<TokenName>,
    /// The name under which the gateway logs the request.
    pub id: Option<String>,
    /// Where it came from.
    pub peer: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    verdict: Value,
    request: Option<Value>,
    digest: String,
    proof: String,
    audience: String,
    tokens: Option<Vec<TokenDocument>>,
    id: Option<String>,
    peer: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenDocument {
    jti: String,
    iss: String,
    sub: String,
    digest: String,
}

impl<'a> Asked<'a> {
    /// A request of which no gateway said anything.
    pub const fn plain(request: Request<'a>) -> Self {
        Self { request, id: None, peer: None }
    }
}

impl Ruling {
    /// Whom the caller wanted to reach: the first DID in the resource, else in the audience.
    pub fn callee(&self) -> Option<Did> {
        did_in(&self.verdict.resource).or_else(|| did_in(&self.audience))
    }

    /// The agents that the chain goes through, from its first issuer to the caller, each once.
    pub fn chain(&self) -> Vec<&Did> {
        let mut dids: Vec<&Did> = Vec::new();
        let named = self.tokens.iter().flat_map(|token| [&token.issuer, &token.subject]);
        for did in named.chain(&self.verdict.caller) {
            if !dids.contains(&did) {
                dids.push(did);
            }
        }
        dids
    }

    /// The code of the first check that failed; none for an allow.
    pub fn code(&self) -> Option<&str> {
        self.verdict.failure.as_ref().map(|failure| failure.code.as_ref())
    }

    /// The entry that tells it, with its lists in it.
    pub(super) fn write(&self, decision: &Decision) -> Result<String, NotCanonical> {
        let request = self.request.as_deref().map(str::from_utf8).transpose().map_err(|_| NotCanonical)?;
        let kind = match self.hashed {
            Hashed::Whole => WHOLE,
            Hashed::Short => SHORT,
        };
        if decision.index > MAX_SAFE_INTEGER {
            return Err(NotCanonical);
        }
        // In the second version the request has them.
        let tokens = match (self.hashed, &self.request) {
            (Hashed::Short, Some(_)) => None,
            _ => Some(TokenName::listed(&self.tokens)),
        };
        let parts = Parts {
            index: &decision.index.to_string(),
            request: request.unwrap_or("null"),
            time: &format!("\"{}\"", decision.time),
            tokens: tokens.as_ref().map_or("null", Listed::as_str),
            checks: self.verdict.checks.listed().as_str(),
        };
        self.said(decision.log).write(kind, parts)
    }

    pub(super) fn said(&self, log: LogName) -> Said<'_> {
        Said {
            audience: &self.audience,
            digest: &self.digest,
            id: self.id.as_deref(),
            log,
            peer: self.peer.as_deref(),
            proof: &self.proof,
            verdict: &self.verdict,
        }
    }

    /// The entry that tells it, but for its place and time.
    ///
    /// # Errors
    /// [`DecisionError::Unreadable`] when the request is none.
    pub fn draft(&self, log: LogName) -> Result<Draft, DecisionError> {
        Draft::of_ruling(self, log).map_err(|_| DecisionError::Unreadable { member: "request" })
    }

    /// What it is found by.
    pub fn found(&self) -> Found {
        Found {
            allows: self.verdict.allows(),
            caller: self.verdict.caller.clone(),
            callee: self.callee(),
            audience: self.audience.clone(),
            action: self.verdict.action.clone(),
            resource: self.verdict.resource.clone(),
            code: self.verdict.failure.as_ref().map(|failure| failure.code.clone()),
            id: self.id.clone(),
            tokens: self.tokens.as_slice().into(),
        }
    }

    pub(super) fn read(members: Map<String, Value>, hashed: Hashed) -> Result<Self, DecisionError> {
        let document: Document = document(members)?;
        let unreadable = |member| DecisionError::Unreadable { member };
        let bytes = |value: &Value| canonical::to_bytes(value).map_err(|_| DecisionError::NotCanonical);
        let verdict = bytes(&document.verdict)?;
        let request = document.request.as_ref().map(bytes).transpose()?;
        let digest = base64::decode_url_array(&document.digest).ok_or(unreadable("digest"))?;
        let same = |bytes: &Vec<u8>| {
            let Ok(request) = Request::from_json(bytes) else { return false };
            // What is hashed is made of what was read: it must be all that is there.
            let spelled = hashed == Hashed::Whole || request.to_json() == *bytes;
            spelled && bytes.len() <= MAX_KEPT_REQUEST && hashed.request(bytes, &request) == digest
        };
        if !request.as_ref().is_none_or(same) {
            return Err(unreadable("request"));
        }
        let names = [Some(&document.audience), document.id.as_ref(), document.peer.as_ref()];
        if names.into_iter().flatten().any(|name| name.len() > MAX_CALL_NAME) {
            return Err(unreadable("id"));
        }
        let tokens = match (&document.tokens, &request) {
            (None, Some(request)) => Request::from_json(request).ok().map(|request| named(&request)),
            (listed, _) => listed.iter().flatten().map(TokenDocument::read).collect(),
        };
        let tokens = tokens.filter(|tokens| tokens.len() <= MAX_TOKENS);
        let verdict = Verdict::from_json(&verdict).map_err(|_| unreadable("verdict"))?;
        if verdict.caller.is_none() {
            return Err(unreadable("verdict"));
        }
        Ok(Self {
            hashed,
            verdict,
            request,
            digest,
            proof: base64::decode_url_array(&document.proof).ok_or(unreadable("proof"))?,
            audience: document.audience,
            tokens: tokens.ok_or(unreadable("tokens"))?,
            id: document.id,
            peer: document.peer,
        })
    }
}

impl Hashed {
    /// The digest of a request, as this version has it.
    fn request(self, bytes: &[u8], request: &Request<'_>) -> Digest32 {
        match self {
            Self::Whole => sha256(bytes),
            Self::Short => {
                let mut holed = String::with_capacity(1536);
                request.write(&mut holed, HOLE);
                short_digest(&holed, &request.chain_listed())
            }
        }
    }
}

/// The names of the tokens of a request, as far as they can be read.
fn named(request: &Request<'_>) -> Vec<TokenName> {
    let tokens = request.chain.iter().take(MAX_TOKENS).filter_map(|text| Token::parse(text).ok());
    tokens.map(|token| TokenName::of(&token)).collect()
}

impl TokenDocument {
    fn read(&self) -> Option<TokenName> {
        Some(TokenName {
            id: self.jti.clone(),
            issuer: Did::parse(&self.iss).ok()?,
            subject: Did::parse(&self.sub).ok()?,
            digest: base64::decode_url_array(&self.digest)?,
        })
    }
}

/// What the proof of a request is remembered by.
pub fn proof_name(request: &Request<'_>) -> Digest32 {
    Proof::parse(&request.proof).map_or_else(|_| sha256(request.proof.as_bytes()), |proof| proof.name())
}

/// The first DID that stands in a text.
pub(super) fn did_in(text: &str) -> Option<Did> {
    let from = text.find(PREFIX)?.checked_add(PREFIX.len())?;
    let digits = text.get(from..)?.split(|c: char| !c.is_ascii_hexdigit()).next()?;
    Did::from_unique_id(digits).ok()
}
