//! Documents that other rooms write by hand, as the API description tells of them.
#![expect(dead_code, reason = "their fields are read by the derive alone")]

use schemars::JsonSchema;
use serde_json::Value;

use crate::verify::{Check, Decision};

/// A verdict as it was given.
#[derive(JsonSchema)]
pub(super) struct Verdict {
    /// `meshwarden.verdict.v1`.
    verdict: String,
    decision: Decision,
    /// When it was judged.
    now: String,
    /// How many entries the log of changes had.
    index: u64,
    /// When the registry was last known to be up to date.
    as_of: String,
    /// The digest of the policy, in hex.
    policy: String,
    /// Who asked; null before the proof was found good.
    caller: Option<String>,
    /// SHA-256 of the last token, in base64url.
    token: Option<String>,
    action: String,
    resource: String,
    /// Every check, in order; a failed one is the last.
    checks: Vec<Check>,
    failure: Option<Failure>,
}

/// The first check that failed.
#[derive(JsonSchema)]
struct Failure {
    code: String,
    /// The token at fault, the root's counted as 0.
    hop: Option<u32>,
    expected: String,
    found: String,
}

/// An entry of the log, exactly as it was hashed.
#[derive(JsonSchema)]
pub(super) struct Entry {
    /// `meshwarden.entry.v1`.
    r#type: String,
    log: String,
    index: u64,
    time: String,
    change: SignedChange,
}

/// A change with its signatures (JWS JSON serialization).
#[derive(JsonSchema)]
struct SignedChange {
    payload: Value,
    signatures: Vec<Value>,
}

/// An entry with the proof that it is in the log, all of it in base64 but the note.
#[derive(JsonSchema)]
pub(super) struct Evidence {
    r#type: String,
    entry: String,
    proof: Vec<String>,
    /// The signed head (C2SP signed note).
    checkpoint: String,
    verifier: String,
}

/// The verifier's part of a mutual handshake.
#[derive(JsonSchema)]
pub(super) struct Challenge {
    r#type: String,
    /// SHA-256 of the hello, in hex.
    hello: String,
    key: String,
    nonce: String,
    signature: String,
}

/// A public key (RFC 7517, RFC 8037).
#[derive(JsonSchema)]
pub(super) struct Jwk {
    kty: String,
    crv: String,
    x: String,
    #[schemars(skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[schemars(skip_serializing_if = "Option::is_none")]
    r#use: Option<String>,
    #[schemars(skip_serializing_if = "Option::is_none")]
    alg: Option<String>,
}

/// Public keys (RFC 7517, section 5).
#[derive(JsonSchema)]
pub(super) struct Jwks {
    keys: Vec<Jwk>,
}

/// A DID document (DID Core 1.0).
#[derive(JsonSchema)]
pub(super) struct DidDocument {
    #[schemars(rename = "@context")]
    context: Vec<String>,
    id: String,
    #[schemars(rename = "alsoKnownAs", skip_serializing_if = "Option::is_none")]
    also_known_as: Option<Vec<String>>,
    #[schemars(rename = "verificationMethod")]
    verification_method: Vec<Method>,
    #[schemars(rename = "assertionMethod", skip_serializing_if = "Option::is_none")]
    assertion_method: Option<Vec<String>>,
    authentication: Vec<String>,
    #[schemars(skip_serializing_if = "Option::is_none")]
    service: Option<Vec<Service>>,
}

#[derive(JsonSchema)]
struct Method {
    id: String,
    r#type: String,
    controller: String,
    #[schemars(rename = "publicKeyBase64", skip_serializing_if = "Option::is_none")]
    public_key_base64: Option<String>,
    #[schemars(rename = "publicKeyJwk", skip_serializing_if = "Option::is_none")]
    public_key_jwk: Option<Jwk>,
}

#[derive(JsonSchema)]
struct Service {
    id: String,
    r#type: String,
    #[schemars(rename = "serviceEndpoint")]
    service_endpoint: String,
}
