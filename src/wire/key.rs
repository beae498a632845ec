//! A key, and who proved one.

use schemars::JsonSchema;
use serde::Serialize;

use crate::encoding::{base64, hex};
use crate::handshake::{HandshakeError, Session, reference};
use crate::identity::KeyBytes;

/// The public half of a key file: the line of `key new --json` and `key show --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyLine {
    /// The DID that an agent created here with this key has.
    pub bound_did: String,
    /// The raw key in standard base64.
    pub public_key: String,
    /// `verification_key_id` in records.
    pub key_id: String,
    /// The RFC 7638 thumbprint, `cnf.jkt` in delegation tokens.
    pub thumbprint: String,
    /// As `ssh-keygen -l` prints it.
    pub fingerprint: String,
}

/// Whether somebody proved a key, to whom and over what: the line of `handshake --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HandshakeLine {
    /// Whether the peer proved its registered key.
    pub proven: bool,
    /// `mutual` is ours; `reference` proves less, see `meshwarden handshake verify --help`.
    pub form: &'static str,
    /// The peer.
    pub peer: Option<String>,
    /// The peer's score.
    pub score: Option<u16>,
    /// What the initiator means to do.
    pub scopes: Vec<String>,
    /// What for.
    pub purpose: Option<String>,
    /// SHA-256 of what both sides signed.
    pub transcript: Option<String>,
    /// When the terms end.
    pub expires: Option<String>,
    /// Why not.
    pub code: Option<&'static str>,
    /// The same in words.
    pub reason: Option<String>,
}

impl KeyLine {
    /// Of a key; `fingerprint` is the keystore's.
    pub fn of(key: &KeyBytes, fingerprint: String) -> Self {
        Self {
            bound_did: key.bound_did().to_string(),
            public_key: key.to_base64(),
            key_id: key.key_id().to_string(),
            thumbprint: base64::encode_url(&key.thumbprint()),
            fingerprint,
        }
    }
}

impl HandshakeLine {
    const fn nothing(form: &'static str) -> Self {
        Self {
            proven: false,
            form,
            peer: None,
            score: None,
            scopes: Vec::new(),
            purpose: None,
            transcript: None,
            expires: None,
            code: None,
            reason: None,
        }
    }

    /// The peer proved itself in our form.
    pub fn mutual(session: &Session) -> Self {
        let terms = session.terms();
        Self {
            proven: true,
            peer: Some(session.peer().to_string()),
            score: Some(session.score()),
            scopes: terms.scopes().to_vec(),
            purpose: Some(terms.purpose().to_owned()),
            transcript: Some(hex::encode(&session.transcript())),
            expires: Some(terms.expires().to_string()),
            ..Self::nothing("mutual")
        }
    }

    /// The peer signed the reference's payload.
    pub fn reference(verified: &reference::Verified) -> Self {
        Self {
            proven: true,
            peer: Some(verified.peer().to_string()),
            score: Some(verified.score()),
            ..Self::nothing("reference")
        }
    }

    /// Nobody proved anything.
    pub fn refused(form: &'static str, error: &HandshakeError) -> Self {
        Self { code: Some(error.code()), reason: Some(error.to_string()), ..Self::nothing(form) }
    }
}
