//! Changes: handed in with their operators' signatures, approved by one more, and looked up.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::routing;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{CHANGE, Route, get, post};
use crate::change::operators::OperatorError;
use crate::change::{ChangeId, SignedChange};
use crate::encoding::base64;
use crate::registry::Row;
use crate::server::answer::{Answer, Named, said};
use crate::server::caller::{Access, Caller};
use crate::server::problem::Problem;
use crate::server::verifier::Verifier;
use crate::warden::{Taken, WardenError};
use crate::wire::{ProposalLine, WaitsLine};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get(PATH, Access::OPERATORS, "The changes that wait for signatures", routing::get(waiting))
            .answers::<Vec<ProposalLine>>(),
        get(
            "/v1/changes/{id}",
            Access::OPERATORS,
            "A change that waits, with the bytes that are signed",
            routing::get(show),
        )
        .answers::<Shown>(),
        post(
            PATH,
            (Access::ORDERS, CHANGE),
            "Hand in a signed change; safe to repeat, its id is the idempotency key",
            routing::post(submit),
        )
        .answers::<TakenLine>(),
    ]
}

/// Where changes are.
pub(super) const PATH: &str = "/v1/changes";

/// So many of those whom a change touched are named.
const NAMED: usize = 1000;

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TakenLine {
    /// The entry that carried it out, or proposed it.
    pub index: u64,
    /// Its time.
    pub time: String,
    /// Which kind of change it is.
    pub kind: &'static str,
    /// What it is about.
    pub subject: String,
    /// How many agents it touched.
    pub count: usize,
    /// They, the root first; at most 1000.
    pub touched: Vec<String>,
    /// Whether it was in the log already.
    pub known: bool,
    /// What it waits for.
    pub waits: Option<WaitsLine>,
}

/// A change as it is handed in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Submitted {
    /// The exact bytes of the signed change.
    change: Box<RawValue>,
    /// What opens the commitments in it, in base64.
    #[serde(default)]
    openings: Vec<String>,
}

async fn submit(
    State(verifier): State<Arc<Verifier>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Answer<TakenLine>), Problem> {
    let Submitted { change, openings } = said(&body)?;
    let change = SignedChange::from_bytes(change.get().as_bytes()).map_err(WardenError::from)?;
    let openings = openings.iter().map(|text| base64::decode(text)).collect::<Option<Vec<_>>>();
    let openings = openings.ok_or_else(|| Problem::unreadable("body_unreadable", "openings: not base64"))?;
    // What an operator sends is that operator's: a signature that was found elsewhere is handed in by its owner.
    let sent = caller.name();
    if !change.signers().iter().any(|signer| signer.name == sent) {
        let detail = format!("the request is signed by {sent}, and the change is not");
        return Err(Problem::new(StatusCode::FORBIDDEN, "change_of_another", detail));
    }
    if let Some(tags) = headers.get(header::IF_MATCH) {
        matches(&verifier, &change, tags).await?;
    }
    let taken = verifier.submit(change, openings).await?;
    let status = match (&taken.waits, taken.known) {
        (Some(_), _) => StatusCode::ACCEPTED,
        (None, true) => StatusCode::OK,
        (None, false) => StatusCode::CREATED,
    };
    Ok((status, Answer::of(line(&verifier, taken)).with(status)))
}

/// Whether the agent that a change is about has a version that was named (RFC 9110 section 13.1.1).
async fn matches(verifier: &Verifier, change: &SignedChange, tags: &HeaderValue) -> Result<(), Problem> {
    let payload = change.payload().map_err(WardenError::from)?;
    let shown = verifier.shown();
    let registry = &shown.snapshot.registry;
    let version =
        payload.order.about().and_then(|did| registry.find(did)).map(|row| registry.agent(row).version());
    let named = |version: u64| {
        let own = format!("\"{version}\"");
        let mut tags = tags.to_str().unwrap_or_default().split(',').map(str::trim);
        tags.any(|tag| tag == "*" || tag == own)
    };
    if version.is_some_and(named) {
        return Ok(());
    }
    // What was carried out already is what whoever repeats it wants.
    let id = payload.id;
    if verifier.look(move |reader| reader.has(id)).await? {
        return Ok(());
    }
    let detail = match version {
        Some(version) => format!("the agent has the version {version}"),
        None => "the change is about no one agent that is registered".to_owned(),
    };
    Err(Problem::new(StatusCode::PRECONDITION_FAILED, "version_differs", detail))
}

fn line(verifier: &Verifier, taken: Taken) -> TakenLine {
    let shown = verifier.shown();
    let did = |row: &Row| shown.snapshot.registry.agent(*row).did().to_string();
    TakenLine {
        index: taken.index,
        time: taken.time.to_string(),
        kind: taken.kind.as_str(),
        subject: taken.subject,
        count: taken.touched.len(),
        touched: taken.touched.iter().take(NAMED).map(did).collect(),
        known: taken.known,
        waits: taken.waits.as_ref().map(WaitsLine::of),
    }
}

async fn waiting(State(verifier): State<Arc<Verifier>>) -> Answer<Vec<ProposalLine>> {
    let shown = verifier.shown();
    let waiting = shown.snapshot.operators.waiting(verifier.now(&shown));
    Answer::of(waiting.into_iter().map(|(id, proposal)| ProposalLine::of(id, proposal)).collect())
}

/// A change that waits, and what its next signer signs.
#[derive(Serialize, JsonSchema)]
struct Shown {
    #[serde(flatten)]
    line: ProposalLine,
    change: serde_json::Value,
}

async fn show(
    State(verifier): State<Arc<Verifier>>,
    Named(id): Named<String>,
) -> Result<Answer<Shown>, Problem> {
    let shown = verifier.shown();
    let not_waiting = || WardenError::from(OperatorError::NotWaiting);
    let id = ChangeId::parse(&id).ok_or_else(not_waiting)?;
    let open = shown.snapshot.operators.waiting(verifier.now(&shown));
    let (_, proposal) = open.into_iter().find(|(other, _)| *other == id).ok_or_else(not_waiting)?;
    let bytes = proposal.change.to_bytes().map_err(WardenError::from)?;
    let change = serde_json::from_slice(&bytes).unwrap_or_default();
    Ok(Answer::of(Shown { line: ProposalLine::of(id, proposal), change }))
}
