//! The answer.

use serde_json::{Value, json};

use super::Challenge;
use super::challenge::is_hex;
use crate::encoding::base64;
use crate::encoding::members::{Members, MembersError};
use crate::handshake::HandshakeError;
use crate::identity::{Did, MAX_SCORE, SecretKey, statement};
use crate::time::Time;

/// A response has at most this many bytes.
pub const MAX_RESPONSE_BYTES: usize = 256 * 1024;
/// A response lists at most this many capabilities.
pub const MAX_CAPABILITIES: usize = 4096;

/// A response in the reference's form; nothing here says that the signature is good.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    pub(super) challenge_id: String,
    pub(super) response_nonce: String,
    pub(super) did: Did,
    pub(super) signature: String,
    pub(super) public_key: String,
    pub(super) freshness: Option<String>,
    /// What the agent says of itself; outside the signature, never used.
    said: Said,
}

#[derive(Debug, Clone, PartialEq)]
struct Said {
    capabilities: Vec<String>,
    trust_score: i64,
    user_context: Option<Value>,
    at: Option<Time>,
}

/// This agent, as it answers.
pub struct Responding<'a> {
    /// Who.
    pub did: &'a Did,
    /// With which key.
    pub key: &'a SecretKey,
    /// What it says that it holds.
    pub capabilities: &'a [&'a str],
    /// What it says of its score.
    pub trust_score: i64,
    /// For whom it acts.
    pub user_context: Option<Value>,
}

impl Response {
    /// Answers a challenge; the nonce is fresh.
    ///
    /// # Errors
    /// [`HandshakeError::Expired`] or [`HandshakeError::ScoreOutOfRange`].
    pub fn to(
        challenge: &Challenge,
        me: Responding<'_>,
        response_nonce: &[u8; 16],
        now: Time,
    ) -> Result<Self, HandshakeError> {
        if challenge.is_expired(now) {
            return Err(HandshakeError::Expired);
        }
        if !is_score(me.trust_score) {
            return Err(HandshakeError::ScoreOutOfRange);
        }
        let response_nonce = crate::encoding::hex::encode(response_nonce);
        let payload = challenge.payload(&response_nonce, &me.did.to_string());
        Ok(Self {
            challenge_id: challenge.id().to_owned(),
            response_nonce,
            did: me.did.clone(),
            signature: base64::encode(&me.key.sign(payload.as_bytes())),
            public_key: me.key.public_key().bytes().to_base64(),
            freshness: challenge.freshness().map(str::to_owned),
            said: Said {
                capabilities: me.capabilities.iter().map(|text| (*text).to_owned()).collect(),
                trust_score: me.trust_score,
                user_context: me.user_context,
                at: Some(now),
            },
        })
    }

    /// Whose answer it claims to be.
    pub const fn did(&self) -> &Did {
        &self.did
    }

    /// Which challenge it claims to answer.
    pub fn challenge_id(&self) -> &str {
        &self.challenge_id
    }

    /// Reads a response. Signature and key stay texts: that they are malformed is found where they are judged.
    ///
    /// # Errors
    /// [`MembersError`]; a response nonce below 128 bits is refused (IDT 24.4).
    pub fn from_json(text: &str) -> Result<Self, MembersError> {
        let members = Members::parse(text, MAX_RESPONSE_BYTES)?;
        let response_nonce = members.text("response_nonce")?;
        if !is_hex(response_nonce, 32, 128) {
            let problem = "is not 32 to 128 lower-case hex digits";
            return Err(MembersError::Value { member: "response_nonce", problem });
        }
        let trust_score = match members.get("trust_score") {
            None => 0,
            Some(_) => members.integer("trust_score")?,
        };
        if !is_score(trust_score) {
            return Err(MembersError::Value { member: "trust_score", problem: "is not in 0..=1000" });
        }
        let user_context = members.get("user_context").cloned();
        if user_context.as_ref().is_some_and(|context| !context.is_object()) {
            return Err(MembersError::Type { member: "user_context", expected: "an object" });
        }
        let capabilities = members.texts("capabilities", MAX_CAPABILITIES)?;
        Ok(Self {
            challenge_id: members.text("challenge_id")?.to_owned(),
            response_nonce: response_nonce.to_owned(),
            did: statement::read_did(&members, "agent_did")?,
            signature: members.text("signature")?.to_owned(),
            public_key: members.text("public_key")?.to_owned(),
            freshness: members.optional_text("freshness_nonce")?.map(str::to_owned),
            said: Said {
                capabilities: capabilities.into_iter().map(str::to_owned).collect(),
                trust_score,
                user_context,
                at: members.optional_time("timestamp")?,
            },
        })
    }

    /// The document that the reference writes.
    pub fn to_json(&self) -> Value {
        json!({
            "challenge_id": self.challenge_id,
            "response_nonce": self.response_nonce,
            "agent_did": self.did.to_string(),
            "capabilities": self.said.capabilities,
            "trust_score": self.said.trust_score,
            "signature": self.signature,
            "public_key": self.public_key,
            "freshness_nonce": self.freshness,
            "user_context": self.said.user_context,
            "timestamp": self.said.at.map(|time| time.to_string()),
        })
    }
}

fn is_score(score: i64) -> bool {
    (0..=i64::from(MAX_SCORE)).contains(&score)
}
