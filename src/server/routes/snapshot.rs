//! The whole log with everything beside it, for those who fold it themselves.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Extension, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing;
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;
use tower_http::compression::CompressionLayer;

use super::{Route, get};
use crate::server::answer::Asks;
use crate::server::caller::{Access, Caller};
use crate::server::crowd::One;
use crate::server::problem::Problem;
use crate::server::verifier::Verifier;
use crate::warden::{Lane, Piece, Reached};
use crate::wire::{PieceLine, to_json};

pub(super) fn routes() -> Vec<Route> {
    let summary = "The log and its records from where the caller is, one piece a line, the signed head last";
    vec![
        get(
            "/v1/snapshot",
            Access::OPERATORS,
            summary,
            routing::get(snapshot).layer(CompressionLayer::new()),
        )
        .sends("application/x-ndjson"),
    ]
}

/// So many are sent to one operator at once: whoever reads slowly takes the places of nobody else.
const EACH: usize = 4;
/// About so many bytes are read at once.
const PORTION: usize = 256 << 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct From {
    /// The entries that the caller has.
    #[serde(default)]
    entries: u64,
    /// The records that it has.
    #[serde(default)]
    records: u32,
    /// About so many bytes are wanted at once; all there is without it.
    most: Option<usize>,
}

async fn snapshot(
    State(verifier): State<Arc<Verifier>>,
    Extension(caller): Extension<Caller>,
    Asks(from): Asks<From>,
) -> Result<Response, Problem> {
    let busy = || Problem {
        retry_after: Some(5),
        ..Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "snapshots_full",
            "as many snapshots as can be are sent at the moment",
        )
    };
    let one = verifier.downloaders.enter(caller.name(), EACH).ok_or_else(busy)?;
    let place = Arc::clone(&verifier.downloads).try_acquire_owned().map_err(|_| busy())?;
    let head = verifier.head(Lane::Operators).await?;
    let size = head.checkpoint.tree.size;
    if from.entries > size {
        let detail = format!("the log has {size} entries, and you have {}", from.entries);
        return Err(Problem::new(StatusCode::CONFLICT, "log_truncated", detail));
    }
    let reached = Reached { entries: from.entries, records: from.records };
    let records = verifier.shown().snapshot.head.records;
    let (left, last) = (from.most.unwrap_or(usize::MAX), Some(head.note.to_string()));
    let sending = Sending { _place: (place, one), verifier, caller, reached, size, records, left, last };
    let stream = futures_util::stream::unfold(sending, |mut sending| async {
        // A log that cannot be read ends the stream without its last line: nothing of it counts then.
        let bytes = sending.next().await.transpose()?;
        Some((bytes, sending))
    });
    // Who compresses it asks once more after the end.
    let stream = futures_util::StreamExt::fuse(stream);
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(stream)).into_response())
}

struct Sending {
    _place: (OwnedSemaphorePermit, One),
    verifier: Arc<Verifier>,
    caller: Caller,
    reached: Reached,
    size: u64,
    records: u32,
    /// So many bytes are still wanted.
    left: usize,
    /// The head, for the last line.
    last: Option<String>,
}

impl Sending {
    async fn next(&mut self) -> Result<Option<Bytes>, std::io::Error> {
        let mut text = String::new();
        if !self.caller.still(&self.verifier.shown().snapshot.operators) {
            return Err(std::io::Error::other("the caller may look no longer"));
        }
        if self.reached.entries < self.size && self.left > 0 {
            let (reached, size, most) = (self.reached, self.size, PORTION.min(self.left));
            let read = self.verifier.look(move |reader| reader.pieces(reached, size, most)).await;
            let pieces = read.map_err(|problem| std::io::Error::other(problem.detail))?;
            if pieces.is_empty() {
                return Err(std::io::Error::other("the log has no more entries"));
            }
            for piece in pieces {
                self.left = self.left.saturating_sub(piece.len());
                self.count(&piece);
                line(&mut text, &PieceLine::from(piece));
            }
        } else if let Some(note) = self.last.take() {
            let whole = self.reached.entries >= self.size;
            let more = PieceLine::More { entries: self.size, records: self.records };
            line(&mut text, &if whole { PieceLine::Checkpoint(note) } else { more });
        } else {
            return Ok(None);
        }
        Ok(Some(Bytes::from(text)))
    }

    fn count(&mut self, piece: &Piece) {
        match piece {
            Piece::Entry(_) => self.reached.entries = self.reached.entries.saturating_add(1),
            Piece::Record { .. } => self.reached.records = self.reached.records.saturating_add(1),
            Piece::Text(_) => {}
        }
    }
}

fn line(text: &mut String, line: &PieceLine) {
    text.push_str(&to_json(line).unwrap_or_default());
    text.push('\n');
}
