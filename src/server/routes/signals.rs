//! What enrolled sources say about the behaviour of agents.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing;
use serde_json::{Map, Value, json};

use super::{Route, STATEMENT, post};
use crate::change::FactError;
use crate::server::answer::{Answer, said};
use crate::server::caller::{Access, Caller};
use crate::server::problem::Problem;
use crate::server::verifier::Verifier;
use crate::trust::Event;
use crate::warden::{Lane, WardenError, Word};
use crate::wire::FactLine;

pub(super) fn routes() -> Vec<Route> {
    vec![
        post(
            "/v1/signals",
            (Access::SOURCES, STATEMENT),
            "Say how an agent behaved: a trust event as the log has it, whose source is the caller",
            routing::post(signal),
        )
        .answers::<FactLine>(),
    ]
}

async fn signal(
    State(verifier): State<Arc<Verifier>>,
    Extension(caller): Extension<Caller>,
    body: Bytes,
) -> Result<Answer<FactLine>, Problem> {
    let mut members: Map<String, Value> = said(&body)?;
    let source = caller.name();
    if members.get("source").is_some_and(|said| *said != source.as_str()) {
        let detail = format!("{source} does not speak for another source");
        return Err(Problem::new(StatusCode::FORBIDDEN, "signal_of_another", detail));
    }
    members.insert("source".to_owned(), json!(source));
    let now = verifier.now(&verifier.shown());
    let event = Event::from_json(&Value::Object(members), 0, now)
        .map_err(|error| Problem::unreadable(error.code(), error.to_string()))?;
    let read = verifier.read(Lane::Others, move |warden| {
        let event = Event { at: warden.now(), ..event };
        if warden.registry().find(&event.subject).is_none() {
            return Err(WardenError::Fact(FactError::Unknown(event.subject)));
        }
        warden.signal(&event, Word::of(&source, ""))
    });
    let receipt = read.await?;
    Ok(Answer::of(FactLine::from(&receipt)).with(StatusCode::CREATED))
}
