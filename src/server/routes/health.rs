//! Whether the verifier is there, and whether it can answer.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Route, get};
use crate::server::answer::Answer;
use crate::server::caller::Access;
use crate::server::problem::Problem;
use crate::server::verifier::Verifier;
use crate::time::Span;

/// A state that was not looked after for so long is too old to answer by.
const TOO_OLD: Span = Span::seconds(10);

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/v1/health", Access::PUBLIC, "Whether the process answers", routing::get(health))
            .answers::<Health>(),
        get(
            "/v1/ready",
            Access::PUBLIC,
            "Whether verdicts can be given and changes taken",
            routing::get(ready),
        )
        .answers::<Ready>(),
    ]
}

#[derive(Serialize, JsonSchema)]
struct Health {
    name: String,
    version: &'static str,
}

async fn health(State(verifier): State<Arc<Verifier>>) -> Answer<Health> {
    Answer::of(Health { name: verifier.name.clone(), version: env!("CARGO_PKG_VERSION") })
}

#[derive(Serialize, JsonSchema)]
struct Ready {
    log: String,
    size: u64,
    as_of: String,
    now: String,
}

async fn ready(State(verifier): State<Arc<Verifier>>) -> Result<Answer<Ready>, Problem> {
    let shown = verifier.shown();
    let now = verifier.now(&shown);
    let not = |detail: &str| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", detail);
    if !verifier.works() {
        return Err(not("the thread that writes has ended"));
    }
    if now > shown.as_of.plus(TOO_OLD) {
        return Err(not("the log was not looked after for more than 10 s"));
    }
    Ok(Answer::of(Ready {
        log: shown.snapshot.log.to_string(),
        size: shown.snapshot.head.size,
        as_of: shown.as_of.to_string(),
        now: now.to_string(),
    }))
}
