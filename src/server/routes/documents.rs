//! Public documents of the verifier itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing;
use serde_json::{Value, json};

use super::{Route, get};
use crate::encoding::base64;
use crate::server::answer::Answer;
use crate::server::caller::Access;
use crate::server::problem::Problem;
use crate::server::shapes::{DidDocument, Jwks};
use crate::server::verifier::Verifier;
use crate::warden::Lane;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get(
            "/.well-known/did.json",
            Access::PUBLIC,
            "The DID document of the verifier, with the key of the log",
            routing::get(did),
        )
        .answers::<DidDocument>(),
        get(
            "/.well-known/jwks.json",
            Access::PUBLIC,
            "The keys of the log, that sign its heads (RFC 7517)",
            routing::get(jwks),
        )
        .answers::<Jwks>(),
        get("/v1/openapi.json", Access::PUBLIC, "This interface (OpenAPI 3.1)", routing::get(openapi))
            .answers::<BTreeMap<String, Value>>(),
    ]
}

async fn jwks(State(verifier): State<Arc<Verifier>>) -> Result<Answer<Value>, Problem> {
    let head = verifier.head(Lane::Others).await?;
    let keys: Vec<Value> = std::iter::once(&head.verifier)
        .chain(&head.former)
        .map(|key| {
            let bytes = key.key().bytes();
            let x = base64::encode_url(&bytes.0);
            json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": bytes.key_id().to_string(), "x": x})
        })
        .collect();
    Ok(Answer::of(json!({"keys": keys})))
}

/// A `did:web` document; `alsoKnownAs` is the DID under which the verifier shakes hands.
async fn did(State(verifier): State<Arc<Verifier>>) -> Result<Answer<Value>, Problem> {
    let head = verifier.head(Lane::Others).await?;
    let key = head.verifier.key().bytes();
    // The port of an authority is written with %3A (did:web, section 3.1).
    let id = format!("did:web:{}", verifier.authority().replace(':', "%3A"));
    let method = format!("{id}#{}", key.key_id());
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": base64::encode_url(&key.0)});
    Ok(Answer::of(json!({
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1"],
        "id": id,
        "alsoKnownAs": [key.bound_did().to_string()],
        "verificationMethod": [{"id": method, "type": "JsonWebKey2020", "controller": id, "publicKeyJwk": jwk}],
        "assertionMethod": [method],
        "authentication": [method],
    })))
}

async fn openapi() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], crate::server::openapi::text())
}
