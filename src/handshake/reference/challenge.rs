//! The question.

use serde_json::{Value, json};

use crate::encoding::hex;
use crate::encoding::members::{Members, MembersError};
use crate::time::{Span, Time};

/// How long an answer may take (IDT 14.2).
const EXPIRES_IN: i64 = 30;
const MAX_BYTES: usize = 4096;

/// A challenge in the reference's form. Its id and nonces are spelled as the reference draws them, so that what is signed
/// over it reads as nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    id: String,
    nonce: String,
    freshness: Option<String>,
    at: Time,
    expires_in: i64,
}

impl Challenge {
    /// A challenge of fresh bits.
    pub fn new(id: u64, nonce: &[u8; 32], freshness: Option<&[u8; 16]>, now: Time) -> Self {
        Self {
            id: format!("challenge_{}", hex::encode(&id.to_be_bytes())),
            nonce: hex::encode(nonce),
            freshness: freshness.map(|bits| hex::encode(bits)),
            at: now,
            expires_in: EXPIRES_IN,
        }
    }

    /// Its name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The freshness nonce, if it asks for one to be signed (RFC 9334).
    pub fn freshness(&self) -> Option<&str> {
        self.freshness.as_deref()
    }

    /// When it was made, as it says.
    pub const fn at(&self) -> Time {
        self.at
    }

    /// The last instant at which it may be answered.
    pub fn until(&self) -> Time {
        self.at.plus(Span::seconds(self.expires_in))
    }

    /// Whether it is too late to answer.
    pub fn is_expired(&self, now: Time) -> bool {
        now.since(self.at) > Span::seconds(self.expires_in)
    }

    /// What the agent `did` signs (IDT 14.4).
    pub fn payload(&self, response_nonce: &str, did: &str) -> String {
        let Self { id, nonce, freshness, .. } = self;
        let payload = format!("{id}:{nonce}:{response_nonce}:{did}");
        freshness.as_ref().map_or_else(|| payload.clone(), |freshness| format!("{payload}:{freshness}"))
    }

    /// Reads a challenge of somebody else.
    ///
    /// # Errors
    /// [`MembersError`].
    pub fn from_json(text: &str) -> Result<Self, MembersError> {
        let members = Members::parse(text, MAX_BYTES)?;
        let id = members.text("challenge_id")?;
        if !id.strip_prefix("challenge_").is_some_and(|digits| is_hex(digits, 16, 64)) {
            return Err(MembersError::Value {
                member: "challenge_id",
                problem: "is not challenge_ and hex digits",
            });
        }
        let nonce = members.text("nonce")?;
        let freshness = members.optional_text("freshness_nonce")?;
        for (member, text) in [("nonce", Some(nonce)), ("freshness_nonce", freshness)] {
            if text.is_some_and(|text| !is_hex(text, 32, 128)) {
                return Err(MembersError::Value {
                    member,
                    problem: "is not 32 to 128 lower-case hex digits",
                });
            }
        }
        Ok(Self {
            id: id.to_owned(),
            nonce: nonce.to_owned(),
            freshness: freshness.map(str::to_owned),
            at: members.time("timestamp")?,
            expires_in: match members.get("expires_in_seconds") {
                None => EXPIRES_IN,
                Some(_) => members.integer("expires_in_seconds")?,
            },
        })
    }

    /// The document that the reference writes.
    pub fn to_json(&self) -> Value {
        json!({
            "challenge_id": self.id,
            "nonce": self.nonce,
            "freshness_nonce": self.freshness,
            "timestamp": self.at.to_string(),
            "expires_in_seconds": self.expires_in,
        })
    }
}

/// Lower-case hex of so many digits.
pub(super) fn is_hex(text: &str, least: usize, most: usize) -> bool {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (least..=most).contains(&text.len()) && text.bytes().all(digit)
}
