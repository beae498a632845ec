//! Tells a program of the site what was stopped or woken, so that it can act where no verdict is asked for.
//!
//! Each notice is a compact JWS of the key that the verifier's JWKS has. What is told is in the log already, and the log
//! is the queue: nothing is kept for a program that is slow, and nothing waits for it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::Semaphore;

use super::verifier::Verifier;
use crate::change::Kind;
use crate::notify::Notifier;
use crate::time::{Span, Time};
use crate::warden::{Lane, LogLine};
use crate::wire::ConfirmationLine;

/// The `typ` of a notice: nothing else that the key signs has it.
const TYPE: &str = "mesh-change+jwt";
/// The media type of a notice (RFC 7515 section 9.2.1).
const MEDIA_TYPE: &str = "application/jose";
/// The outcomes of so many changes are known.
const KNOWN: usize = 1024;
/// So many notices are under way.
const AT_ONCE: usize = 4;
/// A notice that does not get through is tried again after so long, and then once more.
const AGAIN: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(5)];
/// A log that cannot be read is read again after so long.
const READ_AGAIN: Duration = Duration::from_secs(1);
/// So many entries are read at once.
const PAGE: usize = 256;
/// Whatever has no answer by then is late.
const LATE: Span = Span::seconds(5);

/// What becomes of notices.
pub(super) struct Hook {
    notifier: Notifier,
    outcomes: Mutex<BTreeMap<u64, Outcome>>,
}

#[derive(Clone)]
enum Outcome {
    UnderWay,
    Done { at: Time, milliseconds: i64 },
    Failed { at: Time, code: &'static str },
}

impl Hook {
    pub(super) fn new(notifier: Notifier) -> Self {
        Self { notifier, outcomes: Mutex::default() }
    }

    /// Whether there is anybody to tell.
    pub(super) fn is_set(&self) -> bool {
        !self.notifier.command.is_empty() || self.notifier.url.is_some()
    }

    /// Whether a kind of change is told of: what stops agents or their tokens, and what wakes them.
    pub(super) const fn tells_of(kind: Kind) -> bool {
        matches!(
            kind,
            Kind::Suspend
                | Kind::Revoke
                | Kind::Reactivate
                | Kind::Seal
                | Kind::Lock
                | Kind::Unlock
                | Kind::List
                | Kind::Unlist
                | Kind::RevokeTokens
                | Kind::Rekey
        )
    }

    /// What became of the notice of an entry.
    pub(super) fn confirmation(&self, entry: &LogLine, now: Time) -> Option<ConfirmationLine> {
        if !self.is_set() || !Self::tells_of(entry.kind) {
            return None;
        }
        let outcome = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner).get(&entry.index).cloned();
        let late = now >= entry.time.plus(LATE);
        let (state, how, at, milliseconds) = match outcome {
            Some(Outcome::Done { at, milliseconds }) => ("confirmed", None, Some(at), Some(milliseconds)),
            Some(Outcome::Failed { at, code }) => ("failed", Some(code), Some(at), None),
            Some(Outcome::UnderWay) => (if late { "late" } else { "waiting" }, None, None, None),
            // From before the verifier began, or long ago.
            None => (if late { "unknown" } else { "waiting" }, None, None, None),
        };
        Some(ConfirmationLine {
            name: "on_change".to_owned(),
            role: "hook".to_owned(),
            state: state.to_owned(),
            how: how.map(str::to_owned),
            at: at.map(|at| at.to_string()),
            milliseconds,
            last_contact: None,
        })
    }

    fn note(&self, index: u64, outcome: Outcome) {
        let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        outcomes.insert(index, outcome);
        if outcomes.len() > KNOWN {
            outcomes.pop_first();
        }
    }
}

/// Follows the log from `from` on, and tells of what it should, until the verifier ends.
pub(super) async fn follow(verifier: Arc<Verifier>, mut from: u64) {
    if !verifier.hook.is_set() {
        return;
    }
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut news = verifier.hub.listen();
    loop {
        let size = *news.borrow_and_update();
        while from < size {
            let page = verifier.look(move |reader| reader.entries(from, PAGE)).await;
            let Ok(page) = page else {
                tokio::time::sleep(READ_AGAIN).await;
                continue;
            };
            let Some(last) = page.last() else { break };
            from = last.index.saturating_add(1);
            for entry in page.into_iter().filter(|entry| Hook::tells_of(entry.kind)) {
                let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
                verifier.hook.note(entry.index, Outcome::UnderWay);
                let verifier = Arc::clone(&verifier);
                tokio::spawn(async move {
                    tell(&verifier, &entry).await;
                    drop(place);
                });
            }
        }
        if news.changed().await.is_err() {
            return;
        }
    }
}

/// Tells of one entry, more than once if need be.
async fn tell(verifier: &Verifier, entry: &LogLine) {
    let begun = Instant::now();
    let mut waits = AGAIN.into_iter();
    let outcome = loop {
        let failed = match attempt(verifier, entry).await {
            Ok(()) => {
                let at = verifier.clock.now();
                let took = i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX);
                break Outcome::Done { at, milliseconds: took };
            }
            Err(code) => code,
        };
        tracing::warn!(index = entry.index, code = failed, "on_change");
        match waits.next() {
            Some(wait) => tokio::time::sleep(wait).await,
            None => break Outcome::Failed { at: verifier.clock.now(), code: failed },
        }
    };
    verifier.hook.note(entry.index, outcome);
}

async fn attempt(verifier: &Verifier, entry: &LogLine) -> Result<(), &'static str> {
    let payload = json!({
        "actor": entry.actor,
        "cascade": entry.cascade,
        "count": entry.count,
        "index": entry.index,
        "kind": entry.kind.as_str(),
        "log": verifier.shown().snapshot.log.to_string(),
        "reason": entry.reason,
        "subject": entry.subject,
        "time": entry.time.to_string(),
        "type": "meshwarden.change.v1",
        "until": entry.until.map(|until| until.to_string()),
        "verifier": verifier.authority(),
    });
    let signed = verifier.read(Lane::Others, move |warden| warden.sign_notice(TYPE, &payload)).await;
    let signed = signed.map_err(|problem| problem.code)?;
    let notifier = verifier.hook.notifier.clone();
    let told = tokio::task::spawn_blocking(move || notifier.send(&signed, MEDIA_TYPE)).await;
    let failures = told.map_err(|_| "notify_not_run")?;
    failures.first().map_or(Ok(()), |failure| Err(failure.code()))
}
