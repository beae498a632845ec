//! What happens, for all who listen: the last entries as they are sent, made once for everybody.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::verifier::Verifier;
use crate::wire::{LogLine, to_json};

/// So many entries are kept ready; who is further behind reads them from the log.
const READY: usize = 4096;
/// So many are read at once.
const PAGE: usize = 256;
/// A log that cannot be read is read again after so long.
const READ_AGAIN: Duration = Duration::from_secs(1);

/// An entry as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sent {
    /// Its place in the log.
    pub index: u64,
    /// The kind of change.
    pub kind: &'static str,
    /// The entry in one line of JSON.
    pub data: Arc<str>,
}

/// The last entries, and how far they go.
pub(super) struct Hub {
    last: Mutex<VecDeque<Sent>>,
    size: watch::Sender<u64>,
}

impl Hub {
    pub(super) fn new(size: u64) -> Self {
        Self { last: Mutex::new(VecDeque::new()), size: watch::Sender::new(size) }
    }

    /// Hears when there is more.
    pub(super) fn listen(&self) -> watch::Receiver<u64> {
        self.size.subscribe()
    }

    /// How many listen.
    pub(super) fn listeners(&self) -> usize {
        self.size.receiver_count()
    }

    /// Follows the log until the writer ends.
    pub(super) async fn follow(&self, verifier: &Verifier) {
        let mut news = verifier.news();
        while news.changed().await.is_ok() {
            // In this order: what comes between is heard of again.
            drop(news.borrow_and_update());
            let size = verifier.shown().snapshot.head.size;
            let mut from = *self.size.borrow();
            while from < size {
                let Some(read) = read(verifier, from, size).await else {
                    // Else whoever listens would hear of it with the next change only.
                    tokio::time::sleep(READ_AGAIN).await;
                    continue;
                };
                let Some(last) = read.last() else { break };
                from = last.index.saturating_add(1);
                let mut kept = self.last.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend(read);
                let over = kept.len().saturating_sub(READY);
                kept.drain(..over);
                drop(kept);
                self.size.send_replace(from);
            }
        }
    }

    /// Entries from the place `from` on, before `size`; from the log when they are not ready any more.
    pub(super) async fn from(&self, verifier: &Verifier, from: u64, size: u64) -> Option<Vec<Sent>> {
        {
            let kept = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(first) = kept.front()
                && first.index <= from
            {
                let skipped = usize::try_from(from.saturating_sub(first.index)).unwrap_or(usize::MAX);
                return Some(kept.iter().skip(skipped).take(PAGE).cloned().collect());
            }
        }
        read(verifier, from, size).await
    }
}

/// A page of entries; none when the log cannot be read.
async fn read(verifier: &Verifier, from: u64, size: u64) -> Option<Vec<Sent>> {
    let most = usize::try_from(size.saturating_sub(from)).unwrap_or(PAGE).min(PAGE);
    let lines = verifier.look(move |reader| reader.entries(from, most)).await.ok()?;
    let sent = |line: LogLine| Sent {
        index: line.index,
        kind: line.kind,
        data: to_json(&line).unwrap_or_default().into(),
    };
    Some(lines.into_iter().map(LogLine::from).map(sent).collect())
}
