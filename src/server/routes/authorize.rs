//! Forward authorization: an enforcement point asks whether it may let a request through.
//!
//! For nginx `auth_request`, Traefik and Caddy `forward_auth`, Envoy HTTP `ext_authz`: see `assets/adapters/`. Only 200
//! lets a request through; 401 says that nobody known sent it, 403 that this caller may not, 503 that it cannot be decided.
//! A point that is not known, asks too often or sends a body gets another status, which every proxy takes for a no.

use std::borrow::Cow;
use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing;

use super::{Route, forwarded};
use crate::audit::Asked;
use crate::delegation::{Body, Chain, MAX_TOKENS, Proof, Token};
use crate::identity::{Did, KeyId, PublicKey};
use crate::registry::KeyStanding;
use crate::server::caller::Caller;
use crate::server::contacts::{How, Seen, UNSIGNED};
use crate::server::guard::{take, unauthentic};
use crate::server::original::{NotSaid, Original};
use crate::server::problem::Problem;
use crate::server::verifier::Verifier;
use crate::time::Time;
use crate::verify::{ProofUse, Request};
use crate::warden::{Answer, Shown};
use crate::wire::message_signature::{Body as OfRequest, Demand, SignedRequest, VerifiedHead};

pub(super) fn routes() -> Vec<Route> {
    let summary = "May this forwarded request, of any method, go through? 200, 401, 403, or 503 when it cannot be decided";
    vec![
        forwarded("/v1/authorize", summary, routing::any(authorize)),
        // Envoy puts the path of the request behind that of the service.
        forwarded("/v1/authorize/{*path}", summary, routing::any(authorize)),
    ]
}

/// What a cache must tell requests apart by: all that was judged.
const VARY: &str = "signature-input, signature, content-digest, mesh-chain, mesh-proof, mesh-action, \
    x-forwarded-method, x-forwarded-proto, x-forwarded-host, x-forwarded-uri";

async fn authorize(
    State(verifier): State<Arc<Verifier>>,
    Extension(point): Extension<Caller>,
    headers: HeaderMap,
) -> Response {
    match judge(&verifier, &point, &headers).await {
        Ok(allowed) => allowed,
        Err(problem) => {
            let code = HeaderValue::from_static(problem.code);
            let mut response = problem.into_response();
            response.headers_mut().insert("mesh-code", code);
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
    }
}

async fn judge(verifier: &Verifier, point: &Caller, headers: &HeaderMap) -> Result<Response, Problem> {
    let original = Original::read(headers).map_err(|NotSaid(name)| {
        let detail =
            format!("{} does not say {name} once, as it is: its configuration lacks it", point.name());
        Problem::new(StatusCode::FORBIDDEN, "forward_incomplete", detail)
    })?;
    let shown = verifier.shown();
    let now = verifier.now(&shown);
    let (caller, head) = sender(verifier, &original, &shown, now).inspect_err(|problem| {
        if problem.code == UNSIGNED {
            verifier.contacts.unsigned(&point.name(), now);
        }
    })?;
    let (chain, proof) = (one(headers, "mesh-chain")?.unwrap_or_default(), one(headers, "mesh-proof")?);
    let proof = proof.ok_or_else(|| {
        Problem::new(StatusCode::UNAUTHORIZED, "forward_unproven", "the request has no Mesh-Proof")
    })?;
    if Proof::parse(&proof).is_ok_and(|proof| proof.signer().did != caller) {
        let detail = format!("{caller} signed the request, and another the proof");
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "forward_other_caller", detail));
    }
    // What the point holds back of the body was seen by nobody here.
    take(verifier, head, OfRequest::Unseen, now)?;
    let asked = Request {
        chain: tokens(&chain),
        proof: proof.into(),
        proof_use: ProofUse::Fresh,
        audience: verifier.name.clone().into(),
        method: original.method.clone().into(),
        uri: original.target().into(),
        body: Body::Unseen,
        action: original.action.clone().into(),
        resource: original.resource().into(),
    };
    let id = one(headers, "mesh-request-id")?;
    let answer = verifier.decide(Asked { request: asked, id, peer: Some(point.name()) }).await?;
    if let Some(index) = answer.verdict.index.checked_sub(1) {
        verifier.contacts.seen(&point.name(), Seen { index, at: now, how: How::Request });
    }
    if !answer.verdict.allows() {
        return Err(denied(&answer));
    }
    let shown = verifier.shown();
    Ok(allowed(&caller, &original, &answer, valid_for(&shown, &original.action, &chain, &answer)))
}

/// The agent that signed the original request; one that is stopped too, whose verdict says why.
fn sender(
    verifier: &Verifier,
    original: &Original,
    shown: &Shown,
    now: Time,
) -> Result<(Did, VerifiedHead), Problem> {
    let request = original.with_head(|head| SignedRequest::read(head, &Demand::default()));
    let request = request.map_err(|error| unauthentic(&error, ""))?;
    let found = agent(verifier, request.keyid(), shown, now).ok_or_else(|| {
        let detail = format!("no agent here has the key {}", request.keyid());
        Problem::new(StatusCode::UNAUTHORIZED, "unknown_key", detail)
    });
    let (did, key) = found?;
    let nonce = request.nonce().to_owned();
    let head = request.verify(&key, now).map_err(|error| unauthentic(&error, &nonce))?;
    Ok((did, head))
}

fn agent(verifier: &Verifier, keyid: &str, shown: &Shown, now: Time) -> Option<(Did, PublicKey)> {
    let (did, key) = keyid.split_once('#')?;
    let (did, key) = (Did::parse(did).ok()?, KeyId::parse(key)?);
    let registry = &shown.snapshot.registry;
    let held = registry.key(registry.find(&did)?, &key, now)?;
    let counts = matches!(held.standing, KeyStanding::Current | KeyStanding::Overlap { .. });
    Some((did, verifier.key(&held.bytes).filter(|_| counts)?))
}

/// A field that stands once, or not at all.
fn one(headers: &HeaderMap, name: &'static str) -> Result<Option<String>, Problem> {
    let mut lines = headers.get_all(name).iter();
    let (line, more) = (lines.next(), lines.next());
    let text = line.map(|line| line.to_str().ok().map(str::to_owned));
    match (text, more) {
        (None, _) => Ok(None),
        (Some(Some(text)), None) => Ok(Some(text)),
        _ => {
            let detail = format!("the field {name} stands twice, or is not plain text");
            Err(Problem::new(StatusCode::UNAUTHORIZED, "forward_ambiguous", detail))
        }
    }
}

/// The tokens; what is beyond an eleventh stays in it, to be refused.
fn tokens(chain: &str) -> Vec<Cow<'static, str>> {
    let tokens = chain.splitn(MAX_TOKENS.saturating_add(1), '~').filter(|_| !chain.is_empty());
    tokens.map(|token| Cow::Owned(token.to_owned())).collect()
}

/// Why not: whoever could not be made out is 401, whoever may not 403.
fn denied(answer: &Answer) -> Problem {
    let verdict = &answer.verdict;
    let status = match (&answer.unkept, &verdict.caller) {
        (Some(_), _) => StatusCode::SERVICE_UNAVAILABLE,
        (None, None) => StatusCode::UNAUTHORIZED,
        (None, Some(_)) => StatusCode::FORBIDDEN,
    };
    let Some(failure) = &verdict.failure else { return Problem::busy() };
    let code = crate::wire::codes::find(&failure.code).map_or("not_ready", |row| row.code);
    let detail = format!("{}; there was: {}", failure.expected, failure.found);
    let hop = failure.hop.and_then(|hop| usize::try_from(hop).ok());
    Problem::new(status, code, detail).at_hop(hop)
}

/// For how many seconds the allow may be used again: as long as policy lets the registry be old for such an action, and
/// no longer than the chain lives.
fn valid_for(shown: &Shown, action: &str, chain: &str, answer: &Answer) -> i64 {
    let verdict = &answer.verdict;
    let budget = shown.snapshot.policy.class_of(action).staleness;
    let ends = verdict.as_of.plus(budget);
    let tokens = Chain::from_header(chain).ok();
    let tokens = tokens.iter().flat_map(|chain| chain.tokens());
    let ends = tokens.map(|token: &Token| token.claims().expires).fold(ends, Time::min);
    ends.since(verdict.now).as_seconds().max(0)
}

fn allowed(caller: &Did, original: &Original, answer: &Answer, seconds: i64) -> Response {
    let mut response = StatusCode::OK.into_response();
    let headers = response.headers_mut();
    let mut say = |name: &'static str, text: String| {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(name, value);
        }
    };
    let cache = if seconds > 0 { format!("private, max-age={seconds}") } else { "no-store".to_owned() };
    say("cache-control", cache);
    say("vary", VARY.to_owned());
    say("mesh-valid-for", seconds.to_string());
    say("mesh-caller", caller.to_string());
    say("mesh-action", original.action.clone());
    say("mesh-body", "unbound".to_owned());
    if let Some(index) = answer.index {
        say("mesh-decision", index.to_string());
    }
    response
}
