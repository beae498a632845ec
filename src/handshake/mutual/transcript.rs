//! What both sides sign.

use serde_json::{Value, json};

use crate::encoding::{Digest32, canonical, hex, sha256};
use crate::handshake::HandshakeError;
use crate::identity::{Did, KeyBytes};
use crate::time::{Span, Time};

/// A handshake asks for at most this many scopes.
pub const MAX_SCOPES: usize = 64;
/// A scope has at most this many bytes.
pub const MAX_SCOPE_BYTES: usize = 256;
/// A purpose has at most this many bytes.
pub const MAX_PURPOSE_BYTES: usize = 256;
/// A handshake stays open for at most this long.
pub const MAX_WINDOW: Span = Span::seconds(300);

const TYPE: &str = "meshwarden.handshake.v1";

/// 256 bits that are used once; the caller draws them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Nonce(pub [u8; 32]);

/// A side of a handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Sent the first message.
    Initiator,
    /// Answered it.
    Responder,
}

/// What a handshake is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    scopes: Vec<String>,
    purpose: String,
    freshness: Option<Nonce>,
    expires: Time,
}

/// One side as the transcript names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Party {
    pub did: Did,
    pub key: KeyBytes,
    pub nonce: Nonce,
}

/// Both sides and the terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Transcript {
    pub initiator: Party,
    pub responder: Party,
    pub terms: Terms,
}

impl Nonce {
    /// Lower-case hex.
    pub fn to_hex(self) -> String {
        hex::encode(&self.0)
    }

    /// Reads 64 lower-case digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        hex::decode_digest(text).map(Self)
    }
}

impl Role {
    /// The word in transcripts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Initiator => "initiator",
            Self::Responder => "responder",
        }
    }
}

impl Terms {
    /// Scopes are a set; `freshness` is the nonce of whoever must know that the proof was made just now (RFC 9334).
    ///
    /// # Errors
    /// [`HandshakeError::Terms`] when a bound does not hold or the purpose is blank.
    pub fn new(
        scopes: impl IntoIterator<Item = String>,
        purpose: String,
        freshness: Option<Nonce>,
        expires: Time,
    ) -> Result<Self, HandshakeError> {
        let mut scopes: Vec<String> = scopes.into_iter().take(MAX_SCOPES.saturating_add(1)).collect();
        scopes.sort_unstable();
        scopes.dedup();
        let wrong = |scope: &String| scope.is_empty() || scope.len() > MAX_SCOPE_BYTES;
        match () {
            () if scopes.len() > MAX_SCOPES => {
                return Err(HandshakeError::Terms("more than 64 scopes are asked for"));
            }
            () if scopes.iter().any(wrong) => {
                return Err(HandshakeError::Terms("a scope is empty or longer than 256 bytes"));
            }
            () if purpose.trim().is_empty() => return Err(HandshakeError::Terms("the purpose is blank")),
            () if purpose.len() > MAX_PURPOSE_BYTES => {
                return Err(HandshakeError::Terms("the purpose is longer than 256 bytes"));
            }
            () => {}
        }
        Ok(Self { scopes, purpose, freshness, expires })
    }

    /// What the initiator means to do, sorted.
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// What for.
    pub fn purpose(&self) -> &str {
        &self.purpose
    }

    /// The freshness nonce.
    pub const fn freshness(&self) -> Option<Nonce> {
        self.freshness
    }

    /// When it ends, this instant included.
    pub const fn expires(&self) -> Time {
        self.expires
    }

    /// Whether the terms hold at `now`, and were not made to hold for long.
    pub(super) fn hold(&self, now: Time) -> Result<(), HandshakeError> {
        match () {
            () if now > self.expires => Err(HandshakeError::Expired),
            () if self.expires.since(now) > MAX_WINDOW => Err(HandshakeError::WindowTooLong),
            () => Ok(()),
        }
    }
}

impl Transcript {
    /// The bytes that the side of this role signs.
    pub fn signed_by(&self, role: Role) -> Vec<u8> {
        self.bytes(json!(role.as_str()))
    }

    pub fn digest(&self) -> Digest32 {
        sha256(&self.bytes(Value::Null))
    }

    fn bytes(&self, role: Value) -> Vec<u8> {
        let party = |party: &Party| json!({"did": party.did.to_string(), "key": party.key.to_base64(), "nonce": party.nonce.to_hex()});
        let value = json!({
            "type": TYPE,
            "role": role,
            "initiator": party(&self.initiator),
            "responder": party(&self.responder),
            "scopes": self.terms.scopes,
            "purpose": self.terms.purpose,
            "freshness": self.terms.freshness.map(Nonce::to_hex),
            "expires": self.terms.expires.to_string(),
        });
        // Texts alone: there always is a canonical form.
        canonical::to_bytes(&value).unwrap_or_default()
    }
}
