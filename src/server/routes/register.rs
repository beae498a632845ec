//! Agents come in by themselves: with a key of their own, and with what a registered parent grants.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::routing;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Route, STATEMENT, Sends};
use crate::delegation::{Child, DelegationError, Request, Token, delegate};
use crate::identity::{Did, Identity, KeyBytes};
use crate::server::answer::{Answer, said};
use crate::server::caller::{Access, Caller};
use crate::server::chain;
use crate::server::guard::Signs;
use crate::server::problem::Problem;
use crate::server::verifier::Verifier;
use crate::warden::{FactReceipt, Lane, Newcomer, Warden, Word};

pub(super) fn routes() -> Vec<Route> {
    vec![Route {
        method: Some(Method::POST),
        path: "/v1/agents",
        access: Access::NEWCOMERS,
        summary: "Register with a proof of the own key; what is granted comes from the chain that a parent signed",
        body: STATEMENT,
        signs: Signs::AsNewcomer,
        sends: Sends::Nothing,
        handler: routing::post(register),
    }
    .answers::<Registered>()]
}

/// Who comes in. What it may do is no word of its own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Introduction {
    /// In base64; the guard has verified that it signed the request.
    #[serde(rename = "public_key")]
    _public_key: String,
    name: String,
    description: Option<String>,
    /// Tokens joined by `~`, the last one for this key.
    chain: Option<String>,
    /// The statement of an attester.
    attestation: Option<Box<RawValue>>,
}

/// What a parent grants, as the last token of its chain says; its signatures held a moment ago.
struct Granted {
    parent: Did,
    scope: Vec<String>,
    ceiling: Option<u16>,
}

/// An agent that is registered from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
struct Registered {
    did: String,
    parent_did: String,
    capabilities: Vec<String>,
    index: u64,
    time: String,
}

async fn register(
    State(verifier): State<Arc<Verifier>>,
    Extension(caller): Extension<Caller>,
    body: Bytes,
) -> Result<Answer<Registered>, Problem> {
    let Caller::Newcomer(key) = caller else {
        return Err(Problem::new(StatusCode::FORBIDDEN, "role_may_not", "this is for newcomers"));
    };
    let introduction: Introduction = said(&body)?;
    let granted = granted(&verifier, key, introduction.chain.as_deref())?;
    let (did, parent) = (key.bound_did(), granted.parent.to_string());
    let capabilities = granted.scope.clone();
    let receipt =
        verifier.ask(Lane::Others, move |warden| take(warden, key, introduction, &granted)).await??;
    Ok(Answer::of(Registered {
        did: did.to_string(),
        parent_did: parent,
        capabilities,
        index: receipt.index,
        time: receipt.time.to_string(),
    })
    .with(StatusCode::CREATED))
}

/// Judges the chain; whether the parent may still grant it is judged again when it enters the log.
fn granted(verifier: &Verifier, key: KeyBytes, chain: Option<&str>) -> Result<Granted, Problem> {
    let refused = |detail: &str| Problem::new(StatusCode::FORBIDDEN, "grant_missing", detail.to_owned());
    let chain = chain.ok_or_else(|| refused("nobody grants anything: there is no chain"))?;
    let shown = verifier.shown();
    let chain = chain::authentic(&shown, chain, verifier.now(&shown))?;
    let leaf = chain.chain().leaf().map(Token::claims);
    let leaf = leaf.filter(|leaf| leaf.subject == key.bound_did() && leaf.key == key.thumbprint());
    let leaf = leaf.ok_or_else(|| refused("the chain grants to another agent, or to another key"))?;
    Ok(Granted {
        parent: leaf.issuer.clone(),
        scope: leaf.scope.iter().map(str::to_owned).collect(),
        ceiling: leaf.ceiling,
    })
}

fn take(
    warden: &mut Warden,
    key: KeyBytes,
    introduction: Introduction,
    granted: &Granted,
) -> Result<FactReceipt, Problem> {
    let identity = below(warden, key, &introduction, granted)?;
    let actor = identity.did.to_string();
    let attestation = introduction.attestation.map(|statement| statement.get().to_owned());
    let newcomer = Newcomer { identity, chain: introduction.chain, attestation };
    Ok(warden.register(newcomer, Word::of(&actor, ""))?)
}

/// The record that the parent's makes: sponsor, organization and depth come from there.
fn below(
    warden: &Warden,
    key: KeyBytes,
    introduction: &Introduction,
    granted: &Granted,
) -> Result<Identity<'static>, Problem> {
    let (registry, now) = (warden.registry(), warden.now());
    let parent = registry.find(&granted.parent);
    let parent = parent.ok_or_else(|| {
        Problem::new(StatusCode::FORBIDDEN, "unknown_agent", format!("{} is not registered", granted.parent))
    })?;
    let capabilities: Vec<&str> = granted.scope.iter().map(String::as_str).collect();
    let request = Request {
        name: &introduction.name,
        capabilities: &capabilities,
        description: introduction.description.as_deref(),
        max_initial_trust_score: granted.ceiling.map(i64::from),
    };
    let child = Child { did: key.bound_did(), public_key: key };
    delegate(&registry.agent(parent).identity(now), &request, child, now).map_err(|error: DelegationError| {
        Problem::new(StatusCode::FORBIDDEN, error.code(), error.to_string())
    })
}
