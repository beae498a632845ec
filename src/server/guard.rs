//! Who sent a request, and may they: judged before a handler sees anything, the cheapest check first.

use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::caller::{Access, Caller, Role};
use super::contacts::UNSIGNED;
use super::listen::Peer;
use super::newcomer;
use super::problem::Problem;
use super::verifier::Verifier;
use crate::change::operators::{Session, SessionError};
use crate::identity::{Did, KeyBytes, KeyId, PublicKey};
use crate::time::Time;
use crate::warden::{Lane, Shown};
use crate::wire::message_signature::{
    Body as Seen, Demand, Head, SignatureError, SignedRequest, TAG, VerifiedHead,
};

/// What stands before one route.
#[derive(Clone)]
pub(super) struct Guard {
    pub verifier: Arc<Verifier>,
    /// The pattern of its path.
    pub path: &'static str,
    pub access: Access,
    /// By what its callers sign.
    pub signs: Signs,
    /// A body has at most so many bytes.
    pub body: usize,
    /// What is sent has an id by which it counts once.
    pub repeatable: bool,
}

/// Lets a request through to its handler, with its [`Caller`] and its body, or answers why not.
pub(super) async fn admit(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let id = guard.verifier.request_id();
    let metrics = &guard.verifier.metrics;
    let (caller, mut response) = match guard.judge(request).await {
        Ok((caller, request)) => (Some(caller), next.run(request).await),
        Err(problem) => {
            metrics.refused(problem.code);
            (None, guard.dated(problem).await.into_response())
        }
    };
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("mesh-request-id", id);
    }
    let status = response.status().as_u16();
    metrics.answered(guard.path, &method, status, started.elapsed());
    let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    if !tracing::enabled!(tracing::Level::INFO) {
        return response;
    }
    let caller = caller.map_or_else(|| "-".to_owned(), |caller| caller.name());
    // The pattern: what stands in the place of a parameter may be a token that somebody pasted there.
    tracing::info!(id, %method, path = guard.path, caller, status, micros, "request");
    response
}

/// Nothing is served under this path.
pub(super) async fn nothing_there(uri: Uri) -> Problem {
    Problem::not_found("no_such_route", format!("nothing is served under {}", uri.path()))
}

impl Guard {
    async fn judge(&self, request: Request) -> Result<(Caller, Request), Problem> {
        let verifier = &self.verifier;
        let peer = request.extensions().get::<Peer>().map_or_else(String::new, Peer::counted);
        verifier.rates.take(&peer, Instant::now()).map_err(|wait| {
            let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
            let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_fast", "you ask too often");
            Problem { retry_after: Some(seconds), ..problem }
        })?;
        let (mut parts, body) = request.into_parts();
        let shown = verifier.shown();
        let now = verifier.now(&shown);
        if self.signs == Signs::AsNewcomer {
            return self.introduce(parts, body, now).await;
        }
        let signed = parts.headers.contains_key("signature-input");
        let local = matches!(parts.extensions.get::<Peer>(), Some(Peer::Local(_)));
        let open = self.access.admits(Role::Stranger) || self.signs == Signs::UnlessLocal && local;
        let (caller, head) = if signed || !open {
            let (caller, head) = self.authenticate(&parts, signed, (&shown, now)).inspect_err(|problem| {
                if problem.code == UNSIGNED {
                    verifier.contacts.unsigned("", now);
                }
            })?;
            if let Caller::Enrolled { name, .. } = &caller {
                verifier.contacts.met(name, now);
            }

            if !self.access.admits(caller.role()) {
                let detail =
                    format!("{} is {}; this is for: {}", caller.name(), caller.role().as_str(), self.roles());
                return Err(Problem::new(StatusCode::FORBIDDEN, "role_may_not", detail));
            }
            (caller, head)
        } else {
            (Caller::Stranger, None)
        };
        let body = self.read(&parts, body).await?;
        if let Some(head) = head {
            // What a point forwards has no body here: the digest in it is that of the original.
            let seen = if self.signs == Signs::AsPoint { Seen::Unseen } else { Seen::Seen(&body) };
            match take(verifier, head, seen, now) {
                // A change has an id of its own: on a full disk too, whoever must be stopped is stopped.
                Err(problem) if self.repeatable && problem.status.is_server_error() => {}
                taken => taken?,
            }
        }
        parts.extensions.insert(caller.clone());
        Ok((caller, Request::from_parts(parts, Body::from(body))))
    }

    /// Lets somebody in who proves the key that the body brings.
    ///
    /// Its nonce is not kept, so that no stranger fills the room for those of callers: what comes again registers nobody
    /// again.
    async fn introduce(&self, mut parts: Parts, body: Body, now: Time) -> Result<(Caller, Request), Problem> {
        let request = signed_request(&parts, &self.signs.demand())?;
        self.addressed(&parts)?;
        let body = self.read(&parts, body).await?;
        let key = newcomer::key(request.keyid(), &body)?;
        let nonce = request.nonce().to_owned();
        let invalid = |error| unauthentic(&error, &nonce);
        request.verify(&key, now).and_then(|head| head.with_body(Seen::Seen(&body))).map_err(invalid)?;
        let caller = Caller::Newcomer(key.bytes());
        parts.extensions.insert(caller.clone());
        Ok((caller, Request::from_parts(parts, Body::from(body))))
    }

    /// Who sends it: by a signature, or, where nobody signed for this route, by the connection.
    fn authenticate(
        &self,
        parts: &Parts,
        signed: bool,
        (shown, now): (&Shown, Time),
    ) -> Result<(Caller, Option<VerifiedHead>), Problem> {
        // What a point forwards is signed by an agent, for somewhere else.
        if (!signed || self.signs == Signs::AsPoint)
            && let Some(caller) = connected(parts.extensions.get::<Peer>(), shown)
        {
            return Ok((caller, None));
        }
        let (caller, head) = self.signed_by(parts, shown, now)?;
        self.addressed(parts)?;
        Ok((caller, Some(head)))
    }

    /// Finds the key that the request names, and verifies that it signed.
    fn signed_by(&self, parts: &Parts, shown: &Shown, now: Time) -> Result<(Caller, VerifiedHead), Problem> {
        let request = signed_request(parts, &self.signs.demand())?;
        let unknown = || {
            let detail = format!("nobody here has the key {}", request.keyid());
            Problem::new(StatusCode::UNAUTHORIZED, "unknown_key", detail)
        };
        let (caller, key) = match parts.headers.get(SESSION) {
            Some(statement) => in_session(statement, request.keyid(), shown, now)
                .map_err(|error| {
                    // Its signer's clock may be off; nobody else costs a signature of the time.
                    let skewed = error == SessionError::Expired;
                    let problem = Problem::new(StatusCode::UNAUTHORIZED, error.code(), error.to_string());
                    Problem { skewed: skewed.then(|| (request.nonce().to_owned(), Time::MIN)), ..problem }
                })?
                .ok_or_else(unknown)?,
            None => whose(request.keyid(), shown, now)
                .and_then(|(caller, key)| Some((caller, self.verifier.key(&key)?)))
                .ok_or_else(unknown)?,
        };
        let nonce = request.nonce().to_owned();
        let head = request.verify(&key, now).map_err(|error| unauthentic(&error, &nonce))?;
        Ok((caller, head))
    }

    /// A request that was signed for another verifier of the mesh is none for this one.
    fn addressed(&self, parts: &Parts) -> Result<(), Problem> {
        let local = matches!(parts.extensions.get::<Peer>(), Some(Peer::Local(_)));
        let named = authority(parts);
        if local || self.verifier.is_named(named) {
            return Ok(());
        }
        let detail = format!("the request is for {named}, and this verifier does not go by that name");
        Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, "other_authority", detail))
    }

    /// Whoever's clock is off is told the time, signed for the request that was refused.
    async fn dated(&self, problem: Problem) -> Problem {
        let Some((nonce, time)) = problem.skewed.clone() else { return problem };
        let time =
            self.verifier.read(Lane::Others, move |warden| warden.signed_time(&nonce, time)).await.ok();
        Problem { time: time.map(Box::new), ..problem }
    }

    fn roles(&self) -> String {
        self.access.roles().collect::<Vec<_>>().join(", ")
    }

    /// The body, at most as long as the route takes, and not for longer than it may take to arrive.
    async fn read(&self, parts: &Parts, body: Body) -> Result<Bytes, Problem> {
        let too_large = || {
            let detail = format!("the body has more than {} bytes", self.body);
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
        };
        let length = parts.headers.get(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if length.is_some_and(|length| length > self.body) {
            return Err(too_large());
        }
        let read = tokio::time::timeout(self.verifier.body_time, to_bytes(body, self.body)).await;
        let late =
            |_| Problem::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", "the body did not arrive in time");
        read.map_err(late)?.map_err(|_| too_large())
    }
}

/// In which capacity the callers of a route sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signs {
    /// As themselves.
    AsSelf,
    /// As the enforcement point that forwards a request; the signature of whoever made that one lies beside it.
    AsPoint,
    /// With the key that the body brings.
    AsNewcomer,
    /// As themselves; whoever is on this machine need not.
    UnlessLocal,
}

/// The `tag` of the signatures of enforcement points on what they forward.
pub const POINT_TAG: &str = "meshwarden-point";

impl Signs {
    /// What a request's signature must cover where it is there.
    const fn demand(self) -> Demand<'static> {
        match self {
            Self::AsSelf | Self::AsNewcomer | Self::UnlessLocal => Demand {
                tag: TAG,
                fields: &["content-digest", "if-match", "last-event-id", "mesh-chain", "mesh-proof", SESSION],
            },
            Self::AsPoint => Demand {
                tag: POINT_TAG,
                fields: &[
                    "content-digest",
                    "mesh-action",
                    "mesh-chain",
                    "mesh-proof",
                    "x-forwarded-host",
                    "x-forwarded-method",
                    "x-forwarded-proto",
                    "x-forwarded-uri",
                ],
            },
        }
    }
}

/// The statement of an operator that another key speaks for that person.
const SESSION: &str = "mesh-session";

/// The signature of a request, whose form is right.
fn signed_request(parts: &Parts, demand: &Demand<'_>) -> Result<SignedRequest, Problem> {
    let fields: Vec<(&str, &[u8])> =
        parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let head = Head {
        method: parts.method.as_str(),
        scheme: parts.uri.scheme_str().unwrap_or("https"),
        authority: authority(parts),
        path: parts.uri.path(),
        query: parts.uri.query(),
        fields: &fields,
    };
    SignedRequest::read(&head, demand).map_err(|error| unauthentic(&error, ""))
}

/// The host and port that a request names.
fn authority(parts: &Parts) -> &str {
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    parts.uri.authority().map(axum::http::uri::Authority::as_str).or(host).unwrap_or_default()
}

/// Takes a request with its body, the first time that it comes.
///
/// # Errors
/// 401 when the body is another's, or the request came before; 503 when nobody could remember it.
pub(super) fn take(
    verifier: &Verifier,
    head: VerifiedHead,
    body: Seen<'_>,
    now: Time,
) -> Result<(), Problem> {
    let nonce = head.nonce().to_owned();
    let request = head.with_body(body).map_err(|error| unauthentic(&error, &nonce))?;
    verifier.take(&request, now)
}

/// The program at the other end, if its connection says which it is.
fn connected(peer: Option<&Peer>, shown: &Shown) -> Option<Caller> {
    let operators = &shown.snapshot.operators;
    let program = match peer? {
        Peer::Local(uid) => operators.enrolled_user(*uid),
        Peer::Certified(_, digest) => operators.enrolled_certificate(digest),
        Peer::Address(_) => None,
    };
    program.map(Caller::enrolled)
}

/// Whose key this is; of somebody who may not act, none.
pub(super) fn whose(keyid: &str, shown: &Shown, now: Time) -> Option<(Caller, KeyBytes)> {
    let (name, key) = keyid.split_once('#')?;
    let key = KeyId::parse(key)?;
    if name.starts_with(crate::identity::PREFIX) {
        let did = Did::parse(name).ok()?;
        let registry = &shown.snapshot.registry;
        let row = registry.find(&did).filter(|row| registry.stop_of(*row, now).is_none())?;
        let bytes = registry.agent(row).public_key();
        return (bytes.key_id() == key).then_some((Caller::Agent(did), bytes));
    }
    let operators = &shown.snapshot.operators;
    if let Some(program) = operators.enrolled_as(name) {
        let bytes = program.key.filter(|bytes| bytes.key_id() == key)?;
        return Some((Caller::enrolled(program), bytes));
    }
    let bytes = operators.get(name)?.keys.iter().find(|bytes| bytes.key_id() == key)?;
    Some((Caller::operator(operators, name)?, *bytes))
}

/// The operator for whom a session key speaks; none when the request names another key.
fn in_session(
    statement: &HeaderValue,
    keyid: &str,
    shown: &Shown,
    now: Time,
) -> Result<Option<(Caller, PublicKey)>, SessionError> {
    let snapshot = &shown.snapshot;
    let session = statement.to_str().map_err(|_| SessionError::Unreadable);
    let accept = |text| Session::accept(text, &snapshot.operators, &snapshot.log.to_string(), now);
    let session = session.and_then(accept)?;
    let named = format!("{}#{}", session.name(), session.key().bytes().key_id());
    let caller = Caller::operator(&snapshot.operators, session.name()).filter(|_| keyid == named);
    Ok(caller.map(|caller| (caller, session.key().clone())))
}

/// A request that proves nothing.
pub(super) fn unauthentic(error: &SignatureError, nonce: &str) -> Problem {
    let skewed = matches!(error, SignatureError::Early { .. } | SignatureError::Expired { .. });
    let problem = Problem::new(StatusCode::UNAUTHORIZED, error.code(), error.to_string());
    Problem { skewed: skewed.then(|| (nonce.to_owned(), Time::MIN)), ..problem }
}
