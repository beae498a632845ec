//! Keys as JSON Web Keys (RFC 7517, RFC 8037; IDT 20).

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::{Did, Identity, KeyBytes, PREFIX, PublicKey, SecretKey, Status};
use crate::encoding::base64;
use crate::time::Time;

/// Why a JWK or JWK Set cannot be taken or given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwkError {
    /// A JWK is a JSON object.
    #[error("a JWK is a JSON object")]
    NotAnObject,
    /// `kty` is not `OKP`.
    #[error("kty is not OKP")]
    UnsupportedKty,
    /// `crv` is not `Ed25519`.
    #[error("crv is not Ed25519")]
    UnsupportedCrv,
    /// `x` is not there.
    #[error("x is missing")]
    MissingX,
    /// `x` is not unpadded base64url of a canonical, torsion-free point.
    #[error("x is not a public key")]
    InvalidX,
    /// `d` is not unpadded base64url of 32 bytes.
    #[error("d is not a private key")]
    InvalidD,
    /// `d` belongs to another public key than `x`.
    #[error("d does not belong to x")]
    KeyMismatch,
    /// `kid` is no string, or starts like a DID and is none.
    #[error("kid is not usable")]
    InvalidKid,
    /// The set holds no keys.
    #[error("the set holds no keys")]
    EmptyJwks,
    /// The set is not an object with `keys`.
    #[error("a JWK Set is an object with keys")]
    InvalidJwks,
    /// The set holds no key of that id.
    #[error("no key of that kid")]
    KidNotFound,
    /// There is no private key to give.
    #[error("no private key at hand")]
    NoPrivateKey,
}

impl JwkError {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotAnObject => "not_an_object",
            Self::UnsupportedKty => "unsupported_kty",
            Self::UnsupportedCrv => "unsupported_crv",
            Self::MissingX => "missing_x",
            Self::InvalidX => "invalid_x",
            Self::InvalidD => "invalid_d",
            Self::KeyMismatch => "key_mismatch",
            Self::InvalidKid => "invalid_kid",
            Self::EmptyJwks => "empty_jwks",
            Self::InvalidJwks => "invalid_jwks",
            Self::KidNotFound => "kid_not_found",
            Self::NoPrivateKey => "no_private_key",
        }
    }
}

/// What a JWK brought: a record and, if it held `d`, the private key.
pub struct Imported {
    /// The record with the reference's placeholder name and sponsor.
    pub identity: Identity<'static>,
    /// The private key that belongs to the record's public one.
    pub secret: Option<SecretKey>,
}

/// The public JWK of an agent, with its DID as `kid` (IDT 20.1).
pub fn public_jwk(identity: &Identity<'_>) -> Value {
    json!({
        "kty": "OKP",
        "crv": "Ed25519",
        "x": base64::encode_url(&identity.public_key.0),
        "kid": identity.did.to_string(),
        "use": "sig",
    })
}

/// The public JWK as a set of one.
pub fn public_jwks(identity: &Identity<'_>) -> Value {
    json!({ "keys": [public_jwk(identity)] })
}

/// The JWK with its private member `d`; no console, command or route offers it.
///
/// # Errors
/// [`JwkError::NoPrivateKey`] without a key, [`JwkError::KeyMismatch`] with another agent's.
pub fn secret_jwk(identity: &Identity<'_>, secret: Option<&SecretKey>) -> Result<Value, JwkError> {
    let secret = secret.ok_or(JwkError::NoPrivateKey)?;
    if secret.public_key().bytes() != identity.public_key {
        return Err(JwkError::KeyMismatch);
    }
    let mut jwk = public_jwk(identity);
    if let Some(members) = jwk.as_object_mut() {
        members.insert("d".to_owned(), Value::String(base64::encode_url(secret.expose_seed().as_ref())));
    }
    Ok(jwk)
}

/// Reads a JWK (IDT 20.4); without a `did:mesh:` `kid` the agent gets the DID `fresh`.
///
/// # Errors
/// [`JwkError`], in the order kty, crv, x, kid, d.
pub fn from_jwk(jwk: &Value, fresh: Did, now: Time) -> Result<Imported, JwkError> {
    let members = jwk.as_object().ok_or(JwkError::NotAnObject)?;
    if text(members, "kty") != Some("OKP") {
        return Err(JwkError::UnsupportedKty);
    }
    if text(members, "crv") != Some("Ed25519") {
        return Err(JwkError::UnsupportedCrv);
    }
    let key = public_key(members)?;
    let did = match members.get("kid") {
        None => fresh,
        Some(Value::String(kid)) if kid.starts_with(PREFIX) => {
            Did::parse(kid).map_err(|_| JwkError::InvalidKid)?
        }
        Some(Value::String(_)) => fresh,
        Some(_) => return Err(JwkError::InvalidKid),
    };
    let secret = private_key(members, &key)?;
    Ok(Imported { identity: placeholder(did, key.bytes(), now), secret })
}

/// Reads the key of a set that has this `kid`, or the first one (IDT 20.5).
///
/// # Errors
/// [`JwkError`].
pub fn from_jwks(jwks: &Value, kid: Option<&str>, fresh: Did, now: Time) -> Result<Imported, JwkError> {
    let keys = jwks.as_object().and_then(|set| set.get("keys")).ok_or(JwkError::InvalidJwks)?;
    let keys = keys.as_array().filter(|keys| !keys.is_empty()).ok_or(JwkError::EmptyJwks)?;
    let chosen = match kid {
        None => keys.first().ok_or(JwkError::EmptyJwks)?,
        Some(kid) => keys
            .iter()
            .find(|key| key.as_object().and_then(|members| text(members, "kid")) == Some(kid))
            .ok_or(JwkError::KidNotFound)?,
    };
    from_jwk(chosen, fresh, now)
}

fn text<'v>(members: &'v Map<String, Value>, name: &str) -> Option<&'v str> {
    members.get(name).and_then(Value::as_str)
}

fn public_key(members: &Map<String, Value>) -> Result<PublicKey, JwkError> {
    let x = members.get("x").ok_or(JwkError::MissingX)?.as_str().ok_or(JwkError::InvalidX)?;
    let bytes = base64::decode_url_array(x).ok_or(JwkError::InvalidX)?;
    KeyBytes(bytes).check().map_err(|_| JwkError::InvalidX)
}

fn private_key(members: &Map<String, Value>, key: &PublicKey) -> Result<Option<SecretKey>, JwkError> {
    let Some(d) = members.get("d") else {
        return Ok(None);
    };
    let seed = d.as_str().and_then(base64::decode_url_array).ok_or(JwkError::InvalidD)?;
    let secret = SecretKey::from_seed(seed);
    if secret.public_key() != *key {
        return Err(JwkError::KeyMismatch);
    }
    Ok(Some(secret))
}

fn placeholder(did: Did, public_key: KeyBytes, now: Time) -> Identity<'static> {
    Identity {
        did,
        name: Cow::Borrowed("imported-agent"),
        description: None,
        public_key,
        sponsor_email: Cow::Borrowed("imported@agentmesh.dev"),
        sponsor_verified: false,
        organization: None,
        organization_id: None,
        capabilities: Vec::new(),
        created_at: now,
        updated_at: now,
        expires_at: None,
        status: Status::Active,
        revocation_reason: None,
        parent: None,
        delegation_depth: 0,
        max_initial_trust_score: None,
        trust_score: None,
        extra: None,
    }
}
