//! A key for an hour: an operator signs once that another key speaks for that person, to read.
//!
//! A compact JWS (RFC 7515) whose protected header is that of a change with the `typ` `meshwarden-session+jws`, and whose
//! payload is the canonical JSON of `{"created","expires","key"}`. What changes anything is signed by the operator's own
//! key all the same: a stolen session key looks, and orders nothing.

use serde::Deserialize;
use serde_json::json;

use super::signing::input;
use super::{Operator, Operators, Signer};
use crate::encoding::{base64, canonical, json};
use crate::identity::{KeyBytes, KeyId, PublicKey};
use crate::time::{Span, Time};

const TYPE: &str = "meshwarden-session+jws";
/// A session lasts at most so long.
pub const MAX_SESSION: Span = Span::seconds(3600);
/// The clock of whoever signed may be ahead by so much.
const AHEAD: Span = Span::seconds(60);
/// A statement has at most so many bytes.
pub const MAX_SESSION_BYTES: usize = 2 << 10;

/// A session that an operator's key vouches for, made by [`Session::accept`] only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    name: String,
    key: PublicKey,
    expires: Time,
}

/// Why a statement counts for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// It is not what an operator signs for this log.
    #[error("the session is no statement for this log")]
    Unreadable,
    /// Its signer is no operator who may act, or has no such key.
    #[error("the session is signed by nobody who operates this log")]
    Unknown,
    /// It is over, not begun, or longer than an hour.
    #[error("the session is over, not begun, or longer than an hour")]
    Expired,
    /// The signature is not the operator's.
    #[error("the session's signature is not the operator's")]
    Invalid,
}

impl SessionError {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "session_unreadable",
            Self::Unknown => "session_unknown",
            Self::Expired => "session_expired",
            Self::Invalid => "session_invalid",
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: String,
    log: String,
    typ: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    created: String,
    expires: String,
    key: String,
}

/// A statement that waits for its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionDraft {
    input: Vec<u8>,
}

impl SessionDraft {
    /// That `key` speaks for `signer` in the log `log` from `created` on, for an hour.
    pub fn new(log: &str, signer: &Signer, key: &KeyBytes, created: Time) -> Self {
        let header = json!({"alg": "EdDSA", "kid": signer.kid(), "log": log, "typ": TYPE});
        let claims = json!({
            "created": created.to_string(),
            "expires": created.plus(MAX_SESSION).to_string(),
            "key": key.to_base64(),
        });
        let bytes = |value| canonical::to_bytes(value).unwrap_or_default();
        Self { input: input(&bytes(&header), &bytes(&claims)) }
    }

    /// The bytes to sign.
    pub fn to_sign(&self) -> &[u8] {
        &self.input
    }

    /// The statement.
    pub fn signed(&self, signature: &[u8; 64]) -> String {
        format!("{}.{}", String::from_utf8_lossy(&self.input), base64::encode_url(signature))
    }
}

impl Session {
    /// Judges a statement at `now` by the operators of the log `log`.
    ///
    /// # Errors
    /// [`SessionError`].
    pub fn accept(text: &str, operators: &Operators, log: &str, now: Time) -> Result<Self, SessionError> {
        use SessionError::{Expired, Invalid, Unknown, Unreadable};
        if text.len() > MAX_SESSION_BYTES {
            return Err(Unreadable);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(Unreadable)?;
        let (header, claims) = signed.split_once('.').ok_or(Unreadable)?;
        let part = |text: &str| base64::decode_url(text).ok_or(Unreadable);
        let header: Header = json::object(&part(header)?).map_err(|_| Unreadable)?;
        let claims: Claims = json::object(&part(claims)?).map_err(|_| Unreadable)?;
        if header.alg != "EdDSA" || header.typ != TYPE || header.log != log {
            return Err(Unreadable);
        }
        let (name, id) = header.kid.split_once('#').ok_or(Unreadable)?;
        let id = KeyId::parse(id).ok_or(Unreadable)?;
        let time = |text: &str| Time::parse(text).map_err(|_| Unreadable);
        let (created, expires) = (time(&claims.created)?, time(&claims.expires)?);
        let person = operators.get(name).filter(|person| Operator::active(person)).ok_or(Unknown)?;
        let own = person.keys.iter().find(|key| key.key_id() == id).ok_or(Unknown)?;
        let own = own.check().map_err(|_| Unknown)?;
        let signature: [u8; 64] = base64::decode_url_array(signature).ok_or(Unreadable)?;
        if !own.verify(signed.as_bytes(), &signature) {
            return Err(Invalid);
        }
        // Last: who cannot sign is told nothing about time, which costs the verifier a signature.
        if now >= expires || created > now.plus(AHEAD) || expires > created.plus(MAX_SESSION) {
            return Err(Expired);
        }
        let key = KeyBytes::from_base64(&claims.key).and_then(|key| key.check().ok()).ok_or(Unreadable)?;
        Ok(Self { name: name.to_owned(), key, expires })
    }

    /// For whom it speaks.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key.
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// When it is over.
    pub const fn expires(&self) -> Time {
        self.expires
    }
}
