//! Verdicts on whole requests.

use std::borrow::Cow;
use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Extension, FromRequestParts, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing;
use serde::Deserialize;

use super::{CHANGE, Route, get, post};
use crate::audit::{Asked, Search};
use crate::server::answer::{Answer, Asks};
use crate::server::caller::{Access, Caller};
use crate::server::problem::Problem;
use crate::server::shapes::Verdict;
use crate::server::verifier::Verifier;
use crate::verify::{ProofUse, Request};
use crate::wire::{DecisionLine, safe_json};

pub(super) fn routes() -> Vec<Route> {
    vec![
        post(
            "/v1/verify",
            (Access::MESH, CHANGE),
            "May this caller do this, now? A verdict with every check",
            routing::post(verify),
        )
        .answers::<Verdict>(),
        get(
            "/v1/verdicts",
            Access::OPERATORS,
            "Verdicts that were kept, the newest first",
            routing::get(verdicts),
        )
        .answers::<Vec<DecisionLine>>(),
    ]
}

/// The name under which the caller logs the request.
struct Logged(Option<String>);

impl<S: Sync> FromRequestParts<S> for Logged {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let id = parts.headers.get("mesh-request-id").and_then(|id| id.to_str().ok());
        Ok(Self(id.map(str::to_owned)))
    }
}

async fn verify(
    State(verifier): State<Arc<Verifier>>,
    Extension(caller): Extension<Caller>,
    Logged(id): Logged,
    body: Bytes,
) -> Result<Response, Problem> {
    let request =
        Request::from_json(&body).map_err(|error| Problem::unreadable(error.code(), error.to_string()))?;
    // Whether a proof was used before is the decision log's to say; under which name it was asked, the verifier's.
    let request = Request { proof_use: ProofUse::Fresh, audience: verifier.name.clone().into(), ..request };
    drop(body);
    let answer = verifier.decide(Asked { request, id, peer: Some(caller.name()) }).await?;
    let text = answer.verdict.to_json().unwrap_or_default();
    let harmless = match safe_json(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(safe) => safe,
    };
    let mut response = ([(header::CONTENT_TYPE, "application/json")], harmless).into_response();
    if let Some(index) = answer.index {
        response.headers_mut().insert("mesh-decision", index.into());
    }
    Ok(response)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default)]
    query: String,
    limit: Option<usize>,
}

async fn verdicts(
    State(verifier): State<Arc<Verifier>>,
    Asks(asked): Asks<Wanted>,
) -> Result<Answer<Vec<DecisionLine>>, Problem> {
    let now = verifier.now(&verifier.shown());
    let search = Search::parse(&asked.query, now)
        .map_err(|error| Problem::unreadable("query_unreadable", error.to_string()))?;
    let most = asked.limit.unwrap_or(100).clamp(1, 1000);
    let found = verifier.look(move |reader| reader.verdicts(&search, most)).await?;
    Ok(Answer::of(found.iter().map(DecisionLine::of).collect()))
}
