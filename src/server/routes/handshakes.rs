//! Handshakes with the verifier itself: an agent proves its key, and learns that the verifier holds that of the log.
//!
//! The verifier's DID is bound to the key of the log: `alsoKnownAs` in `/.well-known/did.json`.

use std::sync::{Arc, PoisonError};

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing;
use serde_json::Value;

use super::{Route, STATEMENT, post};
use crate::handshake::{Demand, HandshakeError, Hello, Proof};
use crate::server::answer::Answer;
use crate::server::caller::{Access, Caller};
use crate::server::problem::Problem;
use crate::server::shapes::Challenge;
use crate::server::verifier::Verifier;
use crate::warden::{Lane, NotMet, peer};
use crate::wire::HandshakeLine;

pub(super) fn routes() -> Vec<Route> {
    let bounds = (Access::AGENTS, STATEMENT);
    vec![
        post(
            "/v1/handshakes",
            bounds,
            "A hello to the verifier; the answer is its challenge, signed with the key of the log",
            routing::post(hello),
        )
        .answers::<Challenge>(),
        post(
            "/v1/handshakes/proof",
            bounds,
            "The proof for a challenge, once; the answer says over what the agent is proven",
            routing::post(proof),
        )
        .answers::<HandshakeLine>(),
    ]
}

impl From<HandshakeError> for Problem {
    fn from(error: HandshakeError) -> Self {
        let status = match &error {
            HandshakeError::Unreadable(_) | HandshakeError::Terms(_) => StatusCode::BAD_REQUEST,
            HandshakeError::TooManyPending => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::FORBIDDEN,
        };
        let retry_after = (status == StatusCode::TOO_MANY_REQUESTS).then_some(60);
        Self { retry_after, ..Self::new(status, error.code(), error.to_string()) }
    }
}

impl From<NotMet> for Problem {
    fn from(error: NotMet) -> Self {
        match error {
            NotMet::Handshake(error) => error.into(),
            NotMet::Warden(error) => error.into(),
        }
    }
}

fn text(body: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(body).map_err(|error| Problem::unreadable("body_unreadable", error.to_string()))
}

async fn hello(
    State(verifier): State<Arc<Verifier>>,
    Extension(caller): Extension<Caller>,
    body: Bytes,
) -> Result<Answer<Value>, Problem> {
    let hello = Hello::from_json(text(&body)?)?;
    if !matches!(&caller, Caller::Agent(did) if did == hello.initiator()) {
        return Err(HandshakeError::DidMismatch.into());
    }
    let own = Arc::clone(&verifier);
    let challenge = verifier.ask(Lane::Others, move |warden| {
        let mut open = own.handshakes.lock().unwrap_or_else(PoisonError::into_inner);
        warden.challenge(&mut open, hello, &Demand::default())
    });
    Ok(Answer::of(challenge.await??.to_json()).with(StatusCode::CREATED))
}

async fn proof(State(verifier): State<Arc<Verifier>>, body: Bytes) -> Result<Answer<HandshakeLine>, Problem> {
    let proof = Proof::from_json(text(&body)?)?;
    let shown = verifier.shown();
    let (snapshot, now) = (&shown.snapshot, verifier.now(&shown));
    let lookup = |did: &_| peer(&snapshot.registry, &snapshot.policy, did, now).ok();
    let mut open = verifier.handshakes.lock().unwrap_or_else(PoisonError::into_inner);
    let session = open.finish(&proof, lookup, &Demand::default(), now)?;
    Ok(Answer::of(HandshakeLine::mutual(&session)))
}
