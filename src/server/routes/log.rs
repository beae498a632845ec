//! The log: entries, signed heads, proofs.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Route, get};
use crate::encoding::hex;
use crate::server::answer::{Answer, Asks, Named, Page};
use crate::server::caller::Access;
use crate::server::problem::Problem;
use crate::server::shapes::{Entry, Evidence};
use crate::server::verifier::Verifier;
use crate::warden::Lane;
use crate::wire::{CheckpointLine, LogLine};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/v1/log/entries", Access::OPERATORS, "Entries, in order", routing::get(entries))
            .answers::<Page<LogLine>>(),
        get(
            "/v1/log/entries/{index}",
            Access::OPERATORS,
            "The exact bytes of one entry",
            routing::get(entry),
        )
        .answers::<Entry>(),
        get(
            "/v1/log/entries/{index}/proof",
            Access::OPERATORS,
            "The evidence that an entry is in the log",
            routing::get(proof),
        )
        .answers::<Evidence>(),
        get(
            "/v1/log/consistency",
            Access::OPERATORS,
            "The proof that the log of the size `to` begins with that of the size `from` (RFC 6962)",
            routing::get(consistency),
        )
        .answers::<Consistency>(),
        get(
            "/v1/log/decisions/checkpoint",
            Access::OPERATORS,
            "The signed head of the decision log",
            routing::get(decisions),
        )
        .answers::<Signed>(),
        get("/v1/log/checkpoint", Access::KNOWN, "The signed head", routing::get(checkpoint))
            .answers::<CheckpointLine>(),
    ]
}

const USUAL: usize = 100;
const MOST: usize = 1000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct From {
    #[serde(default)]
    from: u64,
    limit: Option<usize>,
}

async fn entries(
    State(verifier): State<Arc<Verifier>>,
    Asks(asked): Asks<From>,
) -> Result<Answer<Page<LogLine>>, Problem> {
    let limit = asked.limit.unwrap_or(USUAL).clamp(1, MOST);
    let lines = verifier.look(move |reader| reader.entries(asked.from, limit)).await?;
    let index = verifier.shown().snapshot.head.size;
    let next = lines.last().map(|line| line.index.saturating_add(1)).filter(|next| *next < index);
    let items = lines.into_iter().map(LogLine::from).collect();
    Ok(Answer::of(Page { items, next: next.map(|next| next.to_string()), index }))
}

fn no_such(index: u64) -> Problem {
    Problem::not_found("log_too_short", format!("the log has no entry {index}"))
}

async fn entry(State(verifier): State<Arc<Verifier>>, Named(index): Named<u64>) -> Result<Response, Problem> {
    let bytes = verifier.look(move |reader| reader.entry_bytes(index)).await?;
    let bytes = bytes.ok_or_else(|| no_such(index))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], bytes).into_response())
}

async fn proof(State(verifier): State<Arc<Verifier>>, Named(index): Named<u64>) -> Result<Response, Problem> {
    let head = verifier.head(Lane::Operators).await?;
    let evidence = verifier.look(move |reader| reader.prove(&head, index)).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], evidence.to_json()).into_response())
}

async fn checkpoint(State(verifier): State<Arc<Verifier>>) -> Result<Answer<CheckpointLine>, Problem> {
    let head = verifier.head(Lane::Others).await?;
    Ok(Answer::of(CheckpointLine::of(&head.checkpoint, &head.note, &head.verifier)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Between {
    from: u64,
    to: u64,
}

/// A consistency proof.
#[derive(Serialize, JsonSchema)]
struct Consistency {
    from: u64,
    to: u64,
    proof: Vec<String>,
}

async fn consistency(
    State(verifier): State<Arc<Verifier>>,
    Asks(Between { from, to }): Asks<Between>,
) -> Result<Answer<Consistency>, Problem> {
    let proof = verifier.look(move |reader| reader.prove_consistency(from, to)).await?;
    Ok(Answer::of(Consistency { from, to, proof: proof.iter().map(|hash| hex::encode(hash)).collect() }))
}

/// A signed head.
#[derive(Serialize, JsonSchema)]
struct Signed {
    note: String,
}

async fn decisions(State(verifier): State<Arc<Verifier>>) -> Result<Answer<Signed>, Problem> {
    let head = verifier.read(Lane::Operators, crate::warden::Warden::decisions_head).await?;
    let (_, note) = head.ok_or_else(|| {
        Problem::not_found("decisions_none", "no verdict was kept here: the decision log has no head")
    })?;
    Ok(Answer::of(Signed { note: note.to_string() }))
}
