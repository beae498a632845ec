//! The three messages, and their JSON.

use serde_json::{Value, json};

use super::transcript::{MAX_SCOPES, Nonce, Party, Terms};
use crate::encoding::members::{Members, MembersError};
use crate::encoding::{Digest32, base64, canonical, hex, sha256};
use crate::handshake::HandshakeError;
use crate::identity::{Did, KeyBytes, statement};

/// A message has at most this many bytes.
pub const MAX_MESSAGE_BYTES: usize = 64 * 1024;

const HELLO: &str = "meshwarden.handshake.hello.v1";
const CHALLENGE: &str = "meshwarden.handshake.challenge.v1";
const PROOF: &str = "meshwarden.handshake.proof.v1";

/// The first message: who speaks, to whom, and over what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    pub(super) initiator: Party,
    pub(super) responder: Did,
    pub(super) terms: Terms,
}

/// The second message: the responder proves its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    pub(super) hello: Digest32,
    pub(super) key: KeyBytes,
    pub(super) nonce: Nonce,
    pub(super) signature: [u8; 64],
}

/// The third message: the initiator proves its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    pub(super) nonce: Nonce,
    pub(super) signature: [u8; 64],
}

impl Hello {
    /// Who speaks.
    pub const fn initiator(&self) -> &Did {
        &self.initiator.did
    }

    /// To whom.
    pub const fn responder(&self) -> &Did {
        &self.responder
    }

    /// Over what.
    pub const fn terms(&self) -> &Terms {
        &self.terms
    }

    /// SHA-256 of the message's canonical form.
    pub fn digest(&self) -> Digest32 {
        sha256(&canonical::to_bytes(&self.to_json()).unwrap_or_default())
    }

    /// Reads what [`Hello::to_json`] writes.
    ///
    /// # Errors
    /// [`HandshakeError::Unreadable`] or [`HandshakeError::Terms`].
    pub fn from_json(text: &str) -> Result<Self, HandshakeError> {
        let known = ["type", "from", "to", "key", "nonce", "scopes", "purpose", "freshness", "expires"];
        let members = read(text, HELLO, &known)?;
        let freshness = members.get("freshness").map(|_| nonce(&members, "freshness")).transpose()?;
        let scopes = members.texts("scopes", MAX_SCOPES)?;
        if !scopes.is_sorted_by(|a, b| a < b) {
            return Err(
                MembersError::Value { member: "scopes", problem: "is not sorted, or repeats one" }.into()
            );
        }
        Ok(Self {
            initiator: Party {
                did: statement::read_did(&members, "from")?,
                key: statement::read_key(&members, "key")?,
                nonce: nonce(&members, "nonce")?,
            },
            responder: statement::read_did(&members, "to")?,
            terms: Terms::new(
                scopes.into_iter().map(str::to_owned),
                members.text("purpose")?.to_owned(),
                freshness,
                members.time("expires")?,
            )?,
        })
    }

    /// The message.
    pub fn to_json(&self) -> Value {
        json!({
            "type": HELLO,
            "from": self.initiator.did.to_string(),
            "to": self.responder.to_string(),
            "key": self.initiator.key.to_base64(),
            "nonce": self.initiator.nonce.to_hex(),
            "scopes": self.terms.scopes(),
            "purpose": self.terms.purpose(),
            "freshness": self.terms.freshness().map(Nonce::to_hex),
            "expires": self.terms.expires().to_string(),
        })
    }
}

impl Challenge {
    /// Reads what [`Challenge::to_json`] writes.
    ///
    /// # Errors
    /// [`HandshakeError::Unreadable`].
    pub fn from_json(text: &str) -> Result<Self, HandshakeError> {
        let members = read(text, CHALLENGE, &["type", "hello", "key", "nonce", "signature"])?;
        let hello = hex::decode_digest(members.text("hello")?);
        Ok(Self {
            hello: hello.ok_or(not_hex("hello"))?,
            key: statement::read_key(&members, "key")?,
            nonce: nonce(&members, "nonce")?,
            signature: statement::read_signature(&members, "signature")?,
        })
    }

    /// The message.
    pub fn to_json(&self) -> Value {
        json!({
            "type": CHALLENGE,
            "hello": hex::encode(&self.hello),
            "key": self.key.to_base64(),
            "nonce": self.nonce.to_hex(),
            "signature": base64::encode(&self.signature),
        })
    }
}

impl Proof {
    /// Reads what [`Proof::to_json`] writes.
    ///
    /// # Errors
    /// [`HandshakeError::Unreadable`].
    pub fn from_json(text: &str) -> Result<Self, HandshakeError> {
        let members = read(text, PROOF, &["type", "nonce", "signature"])?;
        Ok(Self {
            nonce: nonce(&members, "nonce")?,
            signature: statement::read_signature(&members, "signature")?,
        })
    }

    /// The message.
    pub fn to_json(&self) -> Value {
        json!({"type": PROOF, "nonce": self.nonce.to_hex(), "signature": base64::encode(&self.signature)})
    }
}

fn read(text: &str, kind: &str, known: &[&str]) -> Result<Members, MembersError> {
    let members = Members::parse_exact(text, MAX_MESSAGE_BYTES, known)?;
    statement::read_type(&members, kind)?;
    Ok(members)
}

pub(super) fn nonce(members: &Members, member: &'static str) -> Result<Nonce, MembersError> {
    Nonce::from_hex(members.text(member)?).ok_or(not_hex(member))
}

const fn not_hex(member: &'static str) -> MembersError {
    MembersError::Value { member, problem: "is not 64 lower-case hex digits" }
}
