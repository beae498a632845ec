//! Counters, for those who watch the verifier.

use std::sync::{Arc, PoisonError};

use axum::extract::State;
use axum::http::{Method, header};
use axum::response::{IntoResponse, Response};
use axum::routing;

use super::{Route, Sends};
use crate::server::caller::Access;
use crate::server::guard::Signs;
use crate::server::metrics::{MEDIA_TYPE, Present};
use crate::server::verifier::Verifier;

pub(super) fn routes() -> Vec<Route> {
    vec![Route {
        method: Some(Method::GET),
        path: "/v1/metrics",
        access: Access::POINTS,
        summary: "What the verifier counts (OpenMetrics); through the Unix socket without a signature",
        body: 0,
        signs: Signs::UnlessLocal,
        sends: Sends::Other(MEDIA_TYPE),
        handler: routing::get(metrics),
    }]
}

async fn metrics(State(verifier): State<Arc<Verifier>>) -> Response {
    let shown = verifier.shown();
    let stale = verifier.now(&shown).since(shown.as_of).micros();
    let handshakes = verifier.handshakes.lock().unwrap_or_else(PoisonError::into_inner).open();
    let present = Present {
        log_size: shown.snapshot.head.size,
        subscribers: verifier.hub.listeners(),
        waiting: verifier.waiting(),
        handshakes,
        staleness: std::time::Duration::from_micros(u64::try_from(stale).unwrap_or(0)).as_secs_f64(),
    };
    ([(header::CONTENT_TYPE, MEDIA_TYPE)], verifier.metrics.text(&present)).into_response()
}
