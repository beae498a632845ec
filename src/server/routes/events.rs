//! Events as they happen (server-sent events, WHATWG HTML section 9.2): ids are log indexes.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing;
use serde::Deserialize;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use tokio_stream::Stream;

use super::{Route, get};
use crate::server::answer::Asks;
use crate::server::caller::{Access, Caller};
use crate::server::events::Sent;
use crate::server::problem::Problem;
use crate::server::verifier::Verifier;

pub(super) fn routes() -> Vec<Route> {
    let summary = "Entries of the log as they come; resumes behind Last-Event-ID";
    vec![get("/v1/events", Access::POINTS, summary, routing::get(events)).sends("text/event-stream")]
}

/// Something is sent at least so often.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// Whoever listened for so long signs again: no longer than a session lasts.
const LONGEST: Duration = Duration::from_secs(3600);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct From {
    from: Option<u64>,
}

async fn events(
    State(verifier): State<Arc<Verifier>>,
    Extension(caller): Extension<Caller>,
    Asks(asked): Asks<From>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let size = verifier.shown().snapshot.head.size;
    let last = match headers.get("last-event-id") {
        None => None,
        Some(id) => Some(id.to_str().ok().and_then(|id| id.parse::<u64>().ok()).ok_or_else(|| {
            Problem::unreadable("query_unreadable", "Last-Event-ID: not an index of the log")
        })?),
    };
    let next = last.map_or(asked.from.unwrap_or(size), |last| last.saturating_add(1));
    if next > size {
        let detail =
            format!("the log has {size} entries, and you have seen entry {}", next.saturating_sub(1));
        return Err(Problem::new(axum::http::StatusCode::CONFLICT, "log_truncated", detail));
    }
    let (news, until) = (verifier.hub.listen(), Instant::now() + LONGEST);
    let listening = Listening { news, verifier, caller, until, next, ready: VecDeque::new(), first: true };
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, Body::from_stream(listening.stream())).into_response())
}

/// One who listens: nothing is kept for it, so that it can be as slow as it likes.
struct Listening {
    verifier: Arc<Verifier>,
    caller: Caller,
    until: Instant,
    news: watch::Receiver<u64>,
    next: u64,
    ready: VecDeque<Sent>,
    first: bool,
}

impl Listening {
    fn stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        futures_stream(self)
    }

    /// What is sent next; none when the verifier ends, or the caller may listen no longer.
    async fn next(&mut self) -> Option<Bytes> {
        if std::mem::take(&mut self.first) {
            return Some(Bytes::from_static(b": listening\n\n"));
        }
        let heartbeat = Instant::now() + HEARTBEAT;
        loop {
            if !self.may() {
                return None;
            }
            if let Some(bytes) = self.take() {
                return Some(bytes);
            }
            let size = *self.news.borrow_and_update();
            if self.next < size {
                self.ready = self.verifier.hub.from(&self.verifier, self.next, size).await?.into();
                if self.ready.is_empty() {
                    return None;
                }
                continue;
            }
            match timeout_at(heartbeat, self.news.changed()).await {
                Err(_) if !self.may() => return None,
                Err(_) => {
                    let shown = self.verifier.shown();
                    let (size, now) = (shown.snapshot.head.size, self.verifier.now(&shown));
                    return Some(Bytes::from(format!(
                        "event: head\ndata: {{\"size\":{size},\"now\":\"{now}\"}}\n\n"
                    )));
                }
                Ok(Err(_)) => return None,
                Ok(Ok(())) => {}
            }
        }
    }

    /// Whether the caller would be let in now.
    fn may(&self) -> bool {
        Instant::now() < self.until && self.caller.still(&self.verifier.shown().snapshot.operators)
    }

    /// All that is ready, in one piece.
    fn take(&mut self) -> Option<Bytes> {
        let last = self.ready.back()?.index;
        let mut text = String::new();
        for Sent { index, kind, data } in self.ready.drain(..) {
            text.push_str(&format!("id: {index}\nevent: {}\ndata: {data}\n\n", kind.replace(' ', "_")));
        }
        self.next = last.saturating_add(1);
        Some(Bytes::from(text))
    }
}

fn futures_stream(listening: Listening) -> impl Stream<Item = Result<Bytes, Infallible>> {
    futures_util::stream::unfold(listening, |mut listening| async {
        let bytes = listening.next().await?;
        Some((Ok(bytes), listening))
    })
}
