//! Operators and policy, as the log has them.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use serde_json::Value;

use super::{Route, get, post};
use crate::encoding::hex;
use crate::registry::{By, Judgement};
use crate::server::answer::{Answer, Asks, Named};
use crate::server::caller::Access;
use crate::server::problem::Problem;
use crate::server::verifier::Verifier;
use crate::wire::{AgentLine, CaseLine, LockLine, OperatorLine};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/v1/operators", Access::OPERATORS, "Operators, roles and keys", routing::get(list))
            .answers::<Operators>(),
        get("/v1/policy", Access::KNOWN, "The policy in force; its digest is the ETag", routing::get(policy))
            .answers::<BTreeMap<String, Value>>(),
        get("/v1/locks", Access::OPERATORS, "Standing rules", routing::get(locks)).answers::<Vec<LockLine>>(),
        get("/v1/cases", Access::OPERATORS, "Cases", routing::get(cases)).answers::<Vec<CaseLine>>(),
        get("/v1/cases/{id}", Access::OPERATORS, "A case", routing::get(case)).answers::<CaseLine>(),
        post("/v1/who", (Access::OPERATORS, super::STATEMENT), "Whom a text speaks of", routing::post(who))
            .answers::<Vec<Sighted>>(),
    ]
}

#[derive(Serialize, JsonSchema)]
struct Operators {
    held: bool,
    solo: bool,
    operators: Vec<OperatorLine>,
}

async fn list(State(verifier): State<Arc<Verifier>>) -> Answer<Operators> {
    let shown = verifier.shown();
    let operators = &shown.snapshot.operators;
    Answer::of(Operators {
        held: operators.held(),
        solo: operators.solo(),
        operators: operators.iter().map(OperatorLine::of).collect(),
    })
}

async fn policy(State(verifier): State<Arc<Verifier>>) -> Response {
    let shown = verifier.shown();
    let digest = format!("\"{}\"", hex::encode(&shown.policy_digest));
    let headers = [(header::CONTENT_TYPE, "application/json".to_owned()), (header::ETAG, digest)];
    (headers, shown.snapshot.policy.to_json()).into_response()
}

async fn locks(State(verifier): State<Arc<Verifier>>) -> Answer<Vec<LockLine>> {
    let shown = verifier.shown();
    Answer::of(shown.snapshot.registry.facts().locks.iter().map(LockLine::of).collect())
}

async fn cases(State(verifier): State<Arc<Verifier>>) -> Answer<Vec<CaseLine>> {
    let shown = verifier.shown();
    let (registry, now) = (&shown.snapshot.registry, verifier.now(&shown));
    Answer::of(registry.facts().cases.iter().map(|case| CaseLine::of(registry, case, now)).collect())
}

async fn case(
    State(verifier): State<Arc<Verifier>>,
    Named(id): Named<String>,
) -> Result<Answer<CaseLine>, Problem> {
    let shown = verifier.shown();
    let (registry, now) = (&shown.snapshot.registry, verifier.now(&shown));
    let case = crate::registry::CaseId::parse(&id).and_then(|id| registry.facts().cases.get(id));
    let case = case.ok_or_else(|| Problem::not_found("case_unknown", format!("there is no case {id}")))?;
    Ok(Answer::of(CaseLine::of(registry, case, now)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Most {
    limit: Option<usize>,
}

/// An agent that a text speaks of.
#[derive(Serialize, JsonSchema)]
struct Sighted {
    by: &'static str,
    text: String,
    agent: AgentLine,
}

async fn who(
    State(verifier): State<Arc<Verifier>>,
    Asks(most): Asks<Most>,
    text: axum::body::Bytes,
) -> Result<Answer<Vec<Sighted>>, Problem> {
    let text = String::from_utf8_lossy(&text).into_owned();
    let asked = text.clone();
    let recognized = verifier.look(move |reader| reader.recognize(&asked)).await?;
    let shown = verifier.shown();
    let (registry, now) = (&shown.snapshot.registry, verifier.now(&shown));
    let judgement: Arc<Judgement> = verifier.judgement(&shown).await?;
    let line = |by: By, text: String, row| Sighted {
        by: by.as_str(),
        text,
        agent: AgentLine::of(registry, &judgement, row),
    };
    let known = recognized.into_iter().filter_map(|one| Some((registry.find(&one.did)?, one.by, one.text)));
    let seen = crate::registry::who(registry, &text, now).into_iter();
    let mut found: Vec<Sighted> = Vec::new();
    let mut rows = std::collections::HashSet::new();
    for (row, by, text) in known.chain(seen.map(|one| (one.row, one.by, one.text))) {
        if rows.insert(row) {
            found.push(line(by, text, row));
        }
    }
    found.truncate(most.limit.unwrap_or(20).min(100));
    Ok(Answer::of(found))
}
