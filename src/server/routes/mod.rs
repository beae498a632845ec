//! The one table of routes: the router, the API description and the test of who may do what come from it.

mod agents;
mod authorize;
mod changes;
mod documents;
mod events;
mod handshakes;
mod health;
mod impact;
mod log;
mod metrics;
mod operators;
mod receipts;
mod register;
mod signals;
mod snapshot;
mod tokens;
mod verify;

use std::sync::Arc;

use axum::Router;
use axum::http::{Method, StatusCode};
use axum::response::IntoResponse as _;
use axum::routing::MethodRouter;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use tower_http::catch_panic::CatchPanicLayer;

use super::caller::Access;
use super::guard::Signs;
use super::problem::Problem;
use super::verifier::Verifier;

/// A handler with the verifier.
pub(super) type Handler = MethodRouter<Arc<Verifier>>;

/// One route.
pub struct Route {
    /// The method; none for every method.
    pub method: Option<Method>,
    /// The path, parameters in braces.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
    /// What it does, in one sentence.
    pub summary: &'static str,
    /// A body has at most so many bytes; 0 when there is none.
    pub body: usize,
    /// In which capacity callers sign.
    pub signs: Signs,
    /// What it answers when it does what it is asked.
    pub sends: Sends,
    pub(super) handler: Handler,
}

/// What a route answers.
#[derive(Clone, Copy)]
pub enum Sends {
    /// A document in JSON, whose schema this makes.
    Json(fn(&mut SchemaGenerator) -> Schema),
    /// Something else, of this media type.
    Other(&'static str),
    /// A status and fields, without a body.
    Nothing,
}

impl Route {
    /// The same, answering documents of this type.
    pub(super) fn answers<T: JsonSchema>(self) -> Self {
        Self { sends: Sends::Json(SchemaGenerator::subschema_for::<T>), ..self }
    }

    /// The same, answering what is of this media type.
    pub(super) fn sends(self, media_type: &'static str) -> Self {
        Self { sends: Sends::Other(media_type), ..self }
    }
}

/// A short body: one statement.
pub(super) const STATEMENT: usize = 64 << 10;
/// The longest body: a change with all its targets and signatures.
pub(super) const CHANGE: usize = 1 << 20;

/// All routes, by resource.
pub fn all() -> Vec<Route> {
    let mut routes = Vec::new();
    routes.extend(health::routes());
    routes.extend(metrics::routes());
    routes.extend(documents::routes());
    routes.extend(agents::routes());
    routes.extend(impact::routes());
    routes.extend(register::routes());
    routes.extend(changes::routes());
    routes.extend(verify::routes());
    routes.extend(tokens::routes());
    routes.extend(handshakes::routes());
    routes.extend(signals::routes());
    routes.extend(authorize::routes());
    routes.extend(operators::routes());
    routes.extend(log::routes());
    routes.extend(receipts::routes());
    routes.extend(snapshot::routes());
    routes.extend(events::routes());
    routes
}

/// A route that reads.
pub(super) fn get(path: &'static str, access: Access, summary: &'static str, handler: Handler) -> Route {
    let (method, signs, sends) = (Some(Method::GET), Signs::AsSelf, Sends::Nothing);
    Route { method, path, access, summary, body: 0, signs, sends, handler }
}

/// A route that takes a body.
pub(super) fn post(
    path: &'static str,
    (access, body): (Access, usize),
    summary: &'static str,
    handler: Handler,
) -> Route {
    let (method, signs, sends) = (Some(Method::POST), Signs::AsSelf, Sends::Nothing);
    Route { method, path, access, summary, body, signs, sends, handler }
}

/// A route to which an enforcement point forwards a request of any method, without its body.
pub(super) fn forwarded(path: &'static str, summary: &'static str, handler: Handler) -> Route {
    let (access, signs, sends) = (Access::FORWARDS, Signs::AsPoint, Sends::Nothing);
    Route { method: None, path, access, summary, body: 0, signs, sends, handler }
}

/// The router, each route behind its guard.
pub(super) fn router(verifier: &Arc<Verifier>) -> Router {
    let mut router = Router::new();
    for Route { path, access, body, signs, handler, .. } in all() {
        let repeatable = path == changes::PATH;
        let verifier = Arc::clone(verifier);
        let guard = super::guard::Guard { verifier, path, access, signs, body, repeatable };
        router = router
            .route(path, handler.layer(axum::middleware::from_fn_with_state(guard, super::guard::admit)));
    }
    let router = router.fallback(super::guard::nothing_there).with_state(Arc::clone(verifier));
    let verifier = Arc::clone(verifier);
    caught(router, move || verifier.metrics.panicked())
}

/// A handler that panics is a counted bug and an answer; the others go on.
pub(super) fn caught(router: Router, count: impl Fn() + Clone + Send + Sync + 'static) -> Router {
    router.layer(CatchPanicLayer::custom(move |_| {
        count();
        let detail = "the verifier made a mistake; nothing is known of what was asked";
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "handler_panicked", detail).into_response()
    }))
}
