//! Agents: listed, shown, and what hangs on them.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing;
use serde::Deserialize;
use serde_json::Value;

use super::{Route, get};
use crate::identity::{Did, did_document, public_jwk};
use crate::registry::query::{Callers, Query, QueryError};
use crate::registry::{Judgement, Registry, Row};
use crate::server::answer::{Answer, Asks, Named, Page};
use crate::server::caller::{Access, Caller};
use crate::server::problem::Problem;
use crate::server::verifier::Verifier;
use crate::warden::{Lane, Shown};
use crate::wire::{AgentDetail, AgentLine, LineageLine, ScoreLine};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/v1/agents", Access::OPERATORS, "List agents, a page at a time", routing::get(list)),
        get(
            "/v1/agents/{did}",
            Access::SELF,
            "Everything about one agent; an agent sees itself",
            routing::get(show),
        ),
        get("/v1/agents/{did}/children", Access::SELF, "The agents right below one", routing::get(children)),
        get(
            "/v1/agents/{did}/lineage",
            Access::SELF,
            "Whether its lineage holds, and why not",
            routing::get(lineage),
        ),
        get("/v1/agents/{did}/score", Access::SELF, "Its trust score with the causes", routing::get(score)),
        get("/v1/agents/{did}/did.json", Access::PUBLIC, "Its DID document", routing::get(document)),
        get(
            "/v1/agents/{did}/jwk.json",
            Access::PUBLIC,
            "Its public key as a JSON Web Key",
            routing::get(jwk),
        ),
    ]
}

/// A page has so many agents unless it is said.
const USUAL: usize = 100;
/// A page has at most so many.
const MOST: usize = 1000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    #[serde(default)]
    query: String,
    limit: Option<usize>,
    cursor: Option<String>,
}

async fn list(
    State(verifier): State<Arc<Verifier>>,
    Asks(asked): Asks<List>,
) -> Result<Answer<Page<AgentLine>>, Problem> {
    let wrong = |error: QueryError| Problem::unreadable("query_malformed", format!("query: {error}"));
    let query = Query::parse(&asked.query).map_err(wrong)?;
    let shown = verifier.shown();
    let registry = &shown.snapshot.registry;
    let limit = asked.limit.unwrap_or(USUAL).clamp(1, MOST);
    let from = asked.cursor.as_deref().map(|text| cursor(registry, text)).transpose()?.unwrap_or(0);
    let judgement = verifier.judgement(&shown).await?;
    let callers = match query.callers_since(judgement.at()).is_empty() {
        true => Callers::unknown(),
        false => {
            let (query, now) = (query.clone(), judgement.at());
            verifier.read(Lane::Operators, move |warden| warden.callers(&query, now)).await?
        }
    };
    verifier.scan(move || page(&shown, &query, (&judgement, &callers), (from, limit))).await?.map_err(wrong)
}

fn page(
    shown: &Shown,
    query: &Query,
    (judgement, callers): (&Judgement, &Callers),
    (from, limit): (usize, usize),
) -> Result<Answer<Page<AgentLine>>, QueryError> {
    let registry = &shown.snapshot.registry;
    let filter = query.over(registry, judgement, callers)?;
    let mut rows = filter.rows_from(from);
    let page: Vec<Row> = rows.by_ref().take(limit).collect();
    let next = rows.next().map(|row| format!("{}.{}", registry.generation(), row.index()));
    let items = page.into_iter().map(|row| AgentLine::of(registry, judgement, row)).collect();
    Ok(Answer::of(Page { items, next, index: shown.snapshot.head.size }))
}

/// Where a list goes on; after the agents were replaced by another import it cannot.
fn cursor(registry: &Registry, text: &str) -> Result<usize, Problem> {
    let parts = text
        .split_once('.')
        .and_then(|(generation, row)| Some((generation.parse().ok()?, row.parse().ok()?)));
    let (generation, row): (u64, usize) =
        parts.ok_or_else(|| Problem::unreadable("query_unreadable", "cursor: not one that was given"))?;
    if generation == registry.generation() {
        return Ok(row);
    }
    let detail = "all agents were replaced by another import; begin again without a cursor";
    Err(Problem::new(axum::http::StatusCode::GONE, "cursor_stale", detail))
}

/// The agent of a DID, written whole or as its hex digits.
pub(super) fn found(registry: &Registry, text: &str) -> Result<Row, Problem> {
    let did = Did::parse(text).or_else(|_| Did::from_unique_id(text));
    let row = did.ok().and_then(|did| registry.find(&did));
    row.ok_or_else(|| Problem::not_found("unknown_agent", format!("nobody here has the DID {text}")))
}

/// The agent, if it exists and the caller may see it; agents see themselves.
fn seen(shown: &Shown, caller: &Caller, text: &str) -> Result<Row, Problem> {
    let row = found(&shown.snapshot.registry, text);
    match caller {
        // Whether somebody else exists is not told either.
        Caller::Agent(own) if !matches!(row, Ok(row) if shown.snapshot.registry.agent(row).did() == *own) => {
            Err(Problem::not_found(
                "unknown_agent",
                format!("nobody here has the DID {text}, as far as you may see"),
            ))
        }
        _ => row,
    }
}

async fn show(
    State(verifier): State<Arc<Verifier>>,
    Extension(caller): Extension<Caller>,
    Named(did): Named<String>,
) -> Result<Answer<AgentDetail>, Problem> {
    let shown = verifier.shown();
    let row = seen(&shown, &caller, &did)?;
    let registry = &shown.snapshot.registry;
    let detail = AgentDetail::of(registry, &*verifier.judgement(&shown).await?, row);
    Ok(Answer::of(detail).version(registry.agent(row).version()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Paged {
    limit: Option<usize>,
    cursor: Option<usize>,
}

async fn children(
    State(verifier): State<Arc<Verifier>>,
    Extension(caller): Extension<Caller>,
    Named(did): Named<String>,
    Asks(asked): Asks<Paged>,
) -> Result<Answer<Page<AgentLine>>, Problem> {
    let shown = verifier.shown();
    let row = seen(&shown, &caller, &did)?;
    let registry = &shown.snapshot.registry;
    let judgement = verifier.judgement(&shown).await?;
    let (from, limit) = (asked.cursor.unwrap_or(0), asked.limit.unwrap_or(USUAL).clamp(1, MOST));
    let mut rows = registry.lineage().children(row).into_iter().skip(from);
    let items: Vec<_> =
        rows.by_ref().take(limit).map(|row| AgentLine::of(registry, &judgement, row)).collect();
    let next = rows.next().map(|_| from.saturating_add(items.len()).to_string());
    Ok(Answer::of(Page { items, next, index: shown.snapshot.head.size }))
}

async fn lineage(
    State(verifier): State<Arc<Verifier>>,
    Extension(caller): Extension<Caller>,
    Named(did): Named<String>,
) -> Result<Answer<LineageLine>, Problem> {
    let shown = verifier.shown();
    let row = seen(&shown, &caller, &did)?;
    Ok(Answer::of(LineageLine::of(&shown.snapshot.registry, &*verifier.judgement(&shown).await?, row)))
}

async fn score(
    State(verifier): State<Arc<Verifier>>,
    Extension(caller): Extension<Caller>,
    Named(did): Named<String>,
) -> Result<Answer<ScoreLine>, Problem> {
    let shown = verifier.shown();
    let row = seen(&shown, &caller, &did)?;
    let now = verifier.now(&shown);
    Ok(Answer::of(ScoreLine::of(&shown.snapshot.registry, row, &shown.snapshot.policy.trust, now)))
}

/// A public document about an agent.
fn public(
    verifier: &Verifier,
    did: &str,
    document: impl FnOnce(&crate::identity::Identity<'_>) -> Value,
) -> Result<Response, Problem> {
    let shown = verifier.shown();
    let registry = &shown.snapshot.registry;
    let row = found(registry, did)?;
    Ok(Answer::of(document(&registry.agent(row).identity(verifier.now(&shown)))).into_response())
}

async fn document(
    State(verifier): State<Arc<Verifier>>,
    Named(did): Named<String>,
) -> Result<Response, Problem> {
    public(&verifier, &did, did_document)
}

async fn jwk(State(verifier): State<Arc<Verifier>>, Named(did): Named<String>) -> Result<Response, Problem> {
    public(&verifier, &did, public_jwk)
}
