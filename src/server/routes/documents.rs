//! Public documents of the verifier itself.

use std::sync::Arc;

use axum::extract::State;
use axum::routing;
use serde_json::{Value, json};

use super::{Route, get};
use crate::encoding::base64;
use crate::server::answer::Answer;
use crate::server::caller::Access;
use crate::server::problem::Problem;
use crate::server::verifier::Verifier;
use crate::warden::{Lane, Warden};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get(
            "/.well-known/jwks.json",
            Access::PUBLIC,
            "The keys of the log, that sign its heads (RFC 7517)",
            routing::get(jwks),
        ),
        get("/v1/openapi.json", Access::PUBLIC, "This interface (OpenAPI 3.1)", routing::get(openapi)),
    ]
}

async fn jwks(State(verifier): State<Arc<Verifier>>) -> Result<Answer<Value>, Problem> {
    let head = verifier.read(Lane::Others, Warden::checkpoint).await?;
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

async fn openapi() -> Answer<Value> {
    Answer::of(crate::server::openapi::document())
}
