//! Delegation tokens: put into the log, examined, looked up. To revoke one is a change: see `/v1/changes`.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Route, STATEMENT, get, post};
use crate::delegation::{AuthenticChain, Chain, Claims, Token};
use crate::identity::Did;
use crate::server::answer::{Answer, Named, said};
use crate::server::caller::{Access, Caller};
use crate::server::chain::authentic;
use crate::server::problem::Problem;
use crate::server::verifier::Verifier;
use crate::verify::{Basis, examine};
use crate::warden::{Lane, Shown, Word};
use crate::wire::{ExaminationLine, FactLine, TokenLine};

pub(super) fn routes() -> Vec<Route> {
    vec![
        post(
            "/v1/tokens",
            (Access::AGENTS, STATEMENT),
            "Put a chain into the log, by an agent in it: it then counts even if a key is stolen later",
            routing::post(register),
        )
        .answers::<FactLine>(),
        post(
            "/v1/tokens/refresh",
            (Access::AGENTS, STATEMENT),
            "Put the successor of a logged token into the log; its issuer has signed it, with prev",
            routing::post(refresh),
        )
        .answers::<FactLine>(),
        post(
            "/v1/tokens/verify",
            (Access::KNOWN, STATEMENT),
            "What a chain is worth without a caller; it allows nothing",
            routing::post(verify),
        )
        .answers::<ExaminationLine>(),
        get(
            "/v1/tokens/{jti}",
            Access::KNOWN,
            "What the log says of a token; an agent sees those that it gave or got",
            routing::get(status),
        )
        .answers::<Status>(),
    ]
}

/// A chain, as in a header.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Brought {
    chain: String,
}

async fn register(
    State(verifier): State<Arc<Verifier>>,
    Extension(caller): Extension<Caller>,
    body: Bytes,
) -> Result<Answer<FactLine>, Problem> {
    let Brought { chain } = said(&body)?;
    let shown = verifier.shown();
    is_in(&authentic(&shown, &chain, verifier.now(&shown))?, &caller)?;
    log(&verifier, chain, &caller).await
}

async fn refresh(
    State(verifier): State<Arc<Verifier>>,
    Extension(caller): Extension<Caller>,
    body: Bytes,
) -> Result<Answer<FactLine>, Problem> {
    let Brought { chain } = said(&body)?;
    let shown = verifier.shown();
    let judged = authentic(&shown, &chain, verifier.now(&shown))?;
    is_in(&judged, &caller)?;
    follows(&shown, judged.chain().leaf().map(Token::claims))?;
    log(&verifier, chain, &caller).await
}

/// A token is logged by somebody whom it concerns.
fn is_in(chain: &AuthenticChain, caller: &Caller) -> Result<(), Problem> {
    let mut claims = chain.chain().tokens().iter().map(Token::claims);
    match caller {
        Caller::Agent(did) if claims.any(|claims| concerns(did, &claims.issuer, &claims.subject)) => Ok(()),
        _ => {
            let detail = format!("{} has neither given nor got any token of the chain", caller.name());
            Err(Problem::new(StatusCode::FORBIDDEN, "token_of_another", detail))
        }
    }
}

fn concerns(did: &Did, issuer: &Did, subject: &Did) -> bool {
    did == issuer || did == subject
}

/// A successor names a token of the log, from and to the same, that was not revoked.
fn follows(shown: &Shown, leaf: Option<&Claims>) -> Result<(), Problem> {
    let registry = &shown.snapshot.registry;
    let before = leaf.and_then(|leaf| {
        let before = registry.facts().tokens.find(leaf.previous.as_deref()?)?;
        (before.issuer == leaf.issuer && before.subject == leaf.subject).then_some(before)
    });
    match before.map(|before| (&before.id, registry.token_revoked(before))) {
        Some((_, None)) => Ok(()),
        Some((id, Some(entry))) => {
            let detail = format!("{id} was revoked by entry {entry}: what follows it counts for nothing");
            Err(Problem::new(StatusCode::CONFLICT, "token_no_successor", detail))
        }
        None => {
            let detail = "the last token names no token of the log that it replaces";
            Err(Problem::new(StatusCode::CONFLICT, "token_no_successor", detail))
        }
    }
}

async fn log(verifier: &Verifier, chain: String, caller: &Caller) -> Result<Answer<FactLine>, Problem> {
    let actor = caller.name();
    let read = verifier.read(Lane::Others, move |warden| warden.log_tokens(chain, Word::of(&actor, "")));
    let receipt = read.await?;
    Ok(Answer::of(FactLine::from(&receipt)).with(StatusCode::CREATED))
}

/// A chain, and what somebody wants to do with it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Examined {
    chain: String,
    #[serde(default)]
    action: String,
}

async fn verify(
    State(verifier): State<Arc<Verifier>>,
    body: Bytes,
) -> Result<Answer<ExaminationLine>, Problem> {
    let Examined { chain, action } = said(&body)?;
    let shown = verifier.shown();
    let basis = Basis {
        registry: &shown.snapshot.registry,
        policy: &shown.snapshot.policy,
        policy_digest: shown.policy_digest,
        index: shown.snapshot.head.size,
        as_of: shown.as_of,
    };
    Ok(Answer::of(match Chain::from_header(&chain) {
        Ok(chain) => ExaminationLine::of(&examine(chain, &action, &basis, verifier.now(&shown))),
        Err(denial) => ExaminationLine::unreadable(&denial),
    }))
}

/// What the log says of a `jti`.
#[derive(Serialize, JsonSchema)]
struct Status {
    jti: String,
    /// The entry that revoked it, its issuer's tokens, or those of a subtree.
    revoked: Option<u64>,
    /// The token, as long as it has not expired.
    token: Option<TokenLine>,
}

async fn status(
    State(verifier): State<Arc<Verifier>>,
    Extension(caller): Extension<Caller>,
    Named(jti): Named<String>,
) -> Result<Answer<Status>, Problem> {
    let shown = verifier.shown();
    let registry = &shown.snapshot.registry;
    let tokens = &registry.facts().tokens;
    let logged = tokens.find(&jti).filter(|logged| match &caller {
        Caller::Agent(did) => concerns(did, &logged.issuer, &logged.subject),
        _ => true,
    });
    let revoked = logged.map_or_else(|| tokens.revoked(&jti), |logged| registry.token_revoked(logged));
    let seen = logged.is_some() || revoked.is_some() && !matches!(caller, Caller::Agent(_));
    if !seen {
        let detail = format!("the log has no token {jti}, or none that you may see");
        return Err(Problem::not_found("token_unknown", detail));
    }
    let token = logged.and_then(|logged| {
        let token = Token::parse(&logged.compact).ok()?;
        Some(TokenLine::of(token.claims(), Some(logged.index), revoked))
    });
    Ok(Answer::of(Status { jti, revoked, token }))
}
