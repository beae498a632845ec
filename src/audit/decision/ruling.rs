//! One verdict about a caller who is known, and what it was asked: enough to judge it again.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Decision, DecisionError, document};
use crate::delegation::{MAX_TOKENS, Memo, Proof, ProofRule, Token};
use crate::encoding::canonical::{NotCanonical, Object};
use crate::encoding::{Digest32, base64, canonical, sha256};
use crate::identity::{Did, PREFIX};
use crate::text::within;
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

/// One verdict, in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling {
    /// What was answered.
    pub verdict: Verdict,
    /// The whole request as canonical JSON; none when it is larger than [`MAX_KEPT_REQUEST`].
    pub request: Option<Vec<u8>>,
    /// The SHA-256 of the whole request.
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

/// A token by its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenName {
    /// `jti`.
    pub id: String,
    /// `iss`.
    pub issuer: Did,
    /// `sub`.
    pub subject: Did,
    /// The SHA-256 of its compact form.
    pub digest: Digest32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    verdict: Value,
    request: Option<Value>,
    digest: String,
    proof: String,
    audience: String,
    tokens: Vec<TokenDocument>,
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
    /// The verdict on `asked`; none when nobody proved who they are, or a part has no canonical form.
    ///
    /// A proof that was used before proves nothing: whoever overheard a request can send it again.
    ///
    /// `proof` is the [`proof_name`] of the request, `tokens` are those of its chain as far as they can be read.
    pub fn of(asked: &Asked<'_>, verdict: &Verdict, proof: Digest32, tokens: &[Token]) -> Option<Self> {
        verdict.caller.as_ref()?;
        if verdict.failure.as_ref().is_some_and(|failure| failure.code == ProofRule::Spent.code()) {
            return None;
        }
        let bytes = asked.request.to_json().ok()?;
        let name = |name: &String| within(name, MAX_CALL_NAME);
        Some(Self {
            verdict: verdict.clone(),
            digest: sha256(&bytes),
            request: (bytes.len() <= MAX_KEPT_REQUEST).then_some(bytes),
            proof,
            audience: within(&asked.request.audience, MAX_CALL_NAME),
            tokens: tokens.iter().map(TokenName::of).collect(),
            id: asked.id.as_ref().map(name),
            peer: asked.peer.as_ref().map(name),
        })
    }

    /// The tokens of a request's chain, as far as they can be read; those that `memo` has are not read again.
    pub fn tokens(request: &Request<'_>, memo: &Memo) -> Vec<Token> {
        request.chain.iter().take(MAX_TOKENS).filter_map(|text| memo.token(text).ok()).collect()
    }

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

    /// The entry that tells it, as RFC 8785 writes it; verdict and request are in that form already.
    pub(super) fn write(&self, decision: &Decision, kind: &str) -> Result<String, NotCanonical> {
        let request = self.request.as_deref().map(str::from_utf8).transpose().map_err(|_| NotCanonical)?;
        let mut text = String::with_capacity(16 << 10);
        let mut object = Object::begin(&mut text);
        object.text("audience", self.audience.as_str());
        object.text("digest", base64::encode_url(&self.digest).as_str());
        object.text("id", self.id.as_deref());
        object.number("index", decision.index)?;
        object.text("log", decision.log.to_string().as_str());
        object.text("peer", self.peer.as_deref());
        object.text("proof", base64::encode_url(&self.proof).as_str());
        object.member("request").push_str(request.unwrap_or("null"));
        object.text("time", decision.time.to_string().as_str());
        object.list("tokens", &self.tokens, |out, token| {
            token.write(out);
            Ok(())
        })?;
        object.text("type", kind);
        self.verdict.write(object.member("verdict"))?;
        object.end();
        Ok(text)
    }

    pub(super) fn read(members: Map<String, Value>) -> Result<Self, DecisionError> {
        let document: Document = document(members)?;
        let unreadable = |member| DecisionError::Unreadable { member };
        let bytes = |value: &Value| canonical::to_bytes(value).map_err(|_| DecisionError::NotCanonical);
        let verdict = bytes(&document.verdict)?;
        let request = document.request.as_ref().map(bytes).transpose()?;
        let digest = base64::decode_url_array(&document.digest).ok_or(unreadable("digest"))?;
        let whole = request.as_ref().is_none_or(|request| {
            request.len() <= MAX_KEPT_REQUEST
                && sha256(request) == digest
                && Request::from_json(request).is_ok()
        });
        if !whole {
            return Err(unreadable("request"));
        }
        let names = [Some(&document.audience), document.id.as_ref(), document.peer.as_ref()];
        if names.into_iter().flatten().any(|name| name.len() > MAX_CALL_NAME) {
            return Err(unreadable("id"));
        }
        let tokens: Option<Vec<_>> = document.tokens.iter().map(TokenName::read).collect();
        let tokens = tokens.filter(|tokens| tokens.len() <= MAX_TOKENS);
        let verdict = Verdict::from_json(&verdict).map_err(|_| unreadable("verdict"))?;
        if verdict.caller.is_none() {
            return Err(unreadable("verdict"));
        }
        Ok(Self {
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

impl TokenName {
    fn of(token: &Token) -> Self {
        let claims = token.claims();
        Self {
            id: claims.id.clone(),
            issuer: claims.issuer.clone(),
            subject: claims.subject.clone(),
            digest: token.digest(),
        }
    }

    fn write(&self, out: &mut String) {
        let mut object = Object::begin(out);
        object.text("digest", base64::encode_url(&self.digest).as_str());
        object.text("iss", self.issuer.to_string().as_str());
        object.text("jti", self.id.as_str());
        object.text("sub", self.subject.to_string().as_str());
        object.end();
    }

    fn read(document: &TokenDocument) -> Option<Self> {
        Some(Self {
            id: document.jti.clone(),
            issuer: Did::parse(&document.iss).ok()?,
            subject: Did::parse(&document.sub).ok()?,
            digest: base64::decode_url_array(&document.digest)?,
        })
    }
}

/// What the proof of a request is remembered by.
pub fn proof_name(request: &Request<'_>) -> Digest32 {
    Proof::parse(&request.proof).map_or_else(|_| sha256(request.proof.as_bytes()), |proof| proof.name())
}

/// The first DID that stands in a text.
fn did_in(text: &str) -> Option<Did> {
    let from = text.find(PREFIX)?.checked_add(PREFIX.len())?;
    let digits = text.get(from..)?.split(|c: char| !c.is_ascii_hexdigit()).next()?;
    Did::from_unique_id(digits).ok()
}
