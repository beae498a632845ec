//! Agents: listed, shown, and what hangs on them.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing;
use serde::Deserialize;
use serde_json::Value;

use super::{Route, get};
use crate::identity::{Did, did_document, public_jwk};
use crate::registry::query::{Callers, Query, QueryError};
use crate::registry::{Registry, Row};
use crate::server::answer::{Answer, Asks, Named, Page};
use crate::server::caller::{Access, Caller};
use crate::server::past::{Sight, When};
use crate::server::problem::Problem;
use crate::server::shapes::{DidDocument, Jwk};
use crate::server::verifier::Verifier;
use crate::warden::{History, Reader};
use crate::wire::{AgentDetail, AgentLine, LineageLine, ScoreLine, TouchLine};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/v1/agents", Access::OPERATORS, "List agents, a page at a time", routing::get(list))
            .answers::<Page<AgentLine>>(),
        get(
            "/v1/agents/{did}",
            Access::SELF,
            "Everything about one agent; an agent sees itself",
            routing::get(show),
        )
        .answers::<AgentDetail>(),
        get("/v1/agents/{did}/children", Access::SELF, "The agents right below one", routing::get(children))
            .answers::<Page<AgentLine>>(),
        get(
            "/v1/agents/{did}/lineage",
            Access::SELF,
            "Whether its lineage holds, and why not",
            routing::get(lineage),
        )
        .answers::<LineageLine>(),
        get(
            "/v1/agents/{did}/history",
            Access::OPERATORS,
            "The entries that are about an agent, the newest first",
            routing::get(history),
        )
        .answers::<Page<TouchLine>>(),
        get("/v1/agents/{did}/score", Access::SELF, "Its trust score with the causes", routing::get(score))
            .answers::<ScoreLine>(),
        get("/v1/agents/{did}/did.json", Access::PUBLIC, "Its DID document", routing::get(document))
            .answers::<DidDocument>(),
        get(
            "/v1/agents/{did}/jwk.json",
            Access::PUBLIC,
            "Its public key as a JSON Web Key",
            routing::get(jwk),
        )
        .answers::<Jwk>(),
    ]
}

/// A page has so many agents unless it is said.
const USUAL: usize = 100;
/// A page has at most so many.
const MOST: usize = 1000;

/// As of when somebody looks.
pub(super) async fn look(verifier: &Verifier, caller: &Caller, at: Option<&str>) -> Result<Sight, Problem> {
    match at {
        None => Sight::now(verifier).await,
        // What is folded again costs more than a look, so that agents get the present alone.
        Some(_) if matches!(caller, Caller::Agent(_)) => {
            Err(Problem::new(StatusCode::FORBIDDEN, "role_may_not", "at is for operators"))
        }
        Some(text) => verifier.past.at(verifier, When::parse(text)?).await,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    #[serde(default)]
    query: String,
    limit: Option<usize>,
    cursor: Option<String>,
    at: Option<String>,
}

async fn list(
    State(verifier): State<Arc<Verifier>>,
    Extension(caller): Extension<Caller>,
    Asks(asked): Asks<List>,
) -> Result<Answer<Page<AgentLine>>, Problem> {
    let wrong = |error: QueryError| Problem::unreadable("query_malformed", format!("query: {error}"));
    let query = Query::parse(&asked.query).map_err(wrong)?;
    let limit = asked.limit.unwrap_or(USUAL).clamp(1, MOST);
    let sight = look(&verifier, &caller, asked.at.as_deref()).await?;
    let from = asked.cursor.as_deref().map(|text| cursor(sight.registry(), text)).transpose()?.unwrap_or(0);
    let now = sight.judgement.at();
    let callers = match query.callers_since(now).is_empty() {
        true => Callers::unknown(),
        false => {
            let query = query.clone();
            verifier.look(move |reader| reader.callers(&query, now)).await?
        }
    };
    verifier.scan(move || page(&sight, &query, &callers, (from, limit))).await?.map_err(wrong)
}

fn page(
    sight: &Sight,
    query: &Query,
    callers: &Callers,
    (from, limit): (usize, usize),
) -> Result<Answer<Page<AgentLine>>, QueryError> {
    let (registry, judgement) = (sight.registry(), &sight.judgement);
    let filter = query.over(registry, judgement, callers)?;
    let mut rows = filter.rows_from(from);
    let page: Vec<Row> = rows.by_ref().take(limit).collect();
    let next = rows.next().map(|row| format!("{}.{}", registry.generation(), row.index()));
    let items = page.into_iter().map(|row| AgentLine::of(registry, judgement, row)).collect();
    Ok(Answer::of(Page { items, next, index: sight.snapshot().head.size }))
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
    Err(Problem::new(StatusCode::GONE, "cursor_stale", detail))
}

/// The agent of a DID, written whole or as its hex digits.
pub(super) fn found(registry: &Registry, text: &str) -> Result<Row, Problem> {
    let did = Did::parse(text).or_else(|_| Did::from_unique_id(text));
    let row = did.ok().and_then(|did| registry.find(&did));
    row.ok_or_else(|| Problem::not_found("unknown_agent", format!("nobody here has the DID {text}")))
}

/// The agent, if it exists and the caller may see it; agents see themselves.
fn seen(registry: &Registry, caller: &Caller, text: &str) -> Result<Row, Problem> {
    let row = found(registry, text);
    match caller {
        // Whether somebody else exists is not told either.
        Caller::Agent(own) if !matches!(row, Ok(row) if registry.agent(row).did() == *own) => {
            Err(Problem::not_found(
                "unknown_agent",
                format!("nobody here has the DID {text}, as far as you may see"),
            ))
        }
        _ => row,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Then {
    at: Option<String>,
}

async fn show(
    State(verifier): State<Arc<Verifier>>,
    Extension(caller): Extension<Caller>,
    Named(did): Named<String>,
    Asks(then): Asks<Then>,
) -> Result<Answer<AgentDetail>, Problem> {
    let sight = look(&verifier, &caller, then.at.as_deref()).await?;
    let registry = sight.registry();
    let row = seen(registry, &caller, &did)?;
    let detail = AgentDetail::of(registry, &sight.judgement, row);
    Ok(Answer::of(detail).version(registry.agent(row).version()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Paged {
    limit: Option<usize>,
    cursor: Option<usize>,
    at: Option<String>,
}

async fn children(
    State(verifier): State<Arc<Verifier>>,
    Extension(caller): Extension<Caller>,
    Named(did): Named<String>,
    Asks(asked): Asks<Paged>,
) -> Result<Answer<Page<AgentLine>>, Problem> {
    let sight = look(&verifier, &caller, asked.at.as_deref()).await?;
    let registry = sight.registry();
    let row = seen(registry, &caller, &did)?;
    let (from, limit) = (asked.cursor.unwrap_or(0), asked.limit.unwrap_or(USUAL).clamp(1, MOST));
    let mut rows = registry.lineage().children(row).into_iter().skip(from);
    let items: Vec<_> =
        rows.by_ref().take(limit).map(|row| AgentLine::of(registry, &sight.judgement, row)).collect();
    let next = rows.next().map(|_| from.saturating_add(items.len()).to_string());
    Ok(Answer::of(Page { items, next, index: sight.snapshot().head.size }))
}

async fn lineage(
    State(verifier): State<Arc<Verifier>>,
    Extension(caller): Extension<Caller>,
    Named(did): Named<String>,
    Asks(then): Asks<Then>,
) -> Result<Answer<LineageLine>, Problem> {
    let sight = look(&verifier, &caller, then.at.as_deref()).await?;
    let row = seen(sight.registry(), &caller, &did)?;
    Ok(Answer::of(LineageLine::of(sight.registry(), &sight.judgement, row)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Backwards {
    limit: Option<usize>,
    cursor: Option<u64>,
}

async fn history(
    State(verifier): State<Arc<Verifier>>,
    Named(did): Named<String>,
    Asks(asked): Asks<Backwards>,
) -> Result<Answer<Page<TouchLine>>, Problem> {
    let shown = verifier.shown();
    let unknown = found(&shown.snapshot.registry, &did).err();
    // Whoever is not registered any more still has a past.
    let Ok(named) = Did::parse(&did).or_else(|_| Did::from_unique_id(&did)) else {
        return Err(unknown.unwrap_or_else(Problem::busy));
    };
    let (before, most) = (asked.cursor.unwrap_or(u64::MAX), asked.limit.unwrap_or(USUAL).clamp(1, MOST));
    let index = shown.snapshot.head.size;
    let read = move |reader: &mut Reader| reader.history(&shown.snapshot.registry, &named, (before, most));
    let History { touches, next } = verifier.look(read).await?;
    if let (Some(unknown), true, None) = (unknown, touches.is_empty(), asked.cursor) {
        return Err(unknown);
    }
    let items = touches.into_iter().map(TouchLine::from).collect();
    Ok(Answer::of(Page { items, next: next.map(|next| next.to_string()), index }))
}

async fn score(
    State(verifier): State<Arc<Verifier>>,
    Extension(caller): Extension<Caller>,
    Named(did): Named<String>,
) -> Result<Answer<ScoreLine>, Problem> {
    let shown = verifier.shown();
    let row = seen(&shown.snapshot.registry, &caller, &did)?;
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
