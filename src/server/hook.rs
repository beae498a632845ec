//! Tells a program of the site what was stopped or woken, so that it can act where no verdict is asked for.
//!
//! Each notice is a compact JWS of the key that the verifier's JWKS has. What is told is in the log already, and the log
//! is the queue: one notice after the other, in its order, and how each ended is written down before the next. So what
//! was committed while nobody served is told at the next start; a notice that a crash cut short comes again, with the
//! same index. Nothing waits for a program that is slow, but the notices behind.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::watch;

use super::verifier::Verifier;
use crate::change::Kind;
use crate::notify::{Notifier, NotifyError};
use crate::store::{Notices, Told};
use crate::time::{Span, Time};
use crate::warden::{Lane, LogLine};
use crate::wire::ConfirmationLine;

/// The `typ` of a notice: nothing else that the key signs has it.
const TYPE: &str = "mesh-change+jwt";
/// The media type of a notice (RFC 7515 section 9.2.1).
const MEDIA_TYPE: &str = "application/jose";
/// A notice that does not get through is tried again after so long, and then once more.
const AGAIN: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(5)];
/// A log that cannot be read is read again after so long.
const READ_AGAIN: Duration = Duration::from_secs(1);
/// So many entries are read at once.
const PAGE: usize = 256;
/// Whatever has no answer by then is late.
const LATE: Span = Span::seconds(5);

/// Who is told, and how far.
pub(super) struct Hook {
    notifier: Notifier,
    notices: Mutex<Notices>,
}

impl Hook {
    pub(super) fn new(notifier: Notifier, notices: Notices) -> Self {
        Self { notifier, notices: Mutex::new(notices) }
    }

    /// Whether there is anybody to tell.
    fn is_set(&self) -> bool {
        self.notifier.is_set()
    }

    fn notices(&self) -> MutexGuard<'_, Notices> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes no more, whoever still has a hold of this.
    pub(super) fn end(&self) {
        self.notices().end();
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
        let late = now >= entry.time.plus(LATE);
        let notices = self.notices();
        let told = notices.of(entry.index);
        let state = match told {
            Some(told) if told.failure.is_none() => "confirmed",
            Some(_) => "failed",
            None if entry.index < notices.from() => "unknown",
            None if late => "late",
            None => "waiting",
        };
        Some(ConfirmationLine {
            name: "on_change".to_owned(),
            role: "hook".to_owned(),
            state: state.to_owned(),
            how: told.and_then(|told| told.failure.clone()),
            at: told.map(|told| told.at().to_string()),
            milliseconds: told.filter(|told| told.failure.is_none()).map(|told| told.milliseconds),
            last_contact: None,
        })
    }
}

/// Follows the log from where telling ended, and tells of what it should, until `ended` says that the verifier ends.
pub(super) async fn follow(verifier: Arc<Verifier>, mut ended: watch::Receiver<bool>) {
    if !verifier.hook.is_set() {
        return;
    }
    let mut from = verifier.hook.notices().from();
    let mut news = verifier.hub.listen();
    loop {
        let size = *news.borrow_and_update();
        while from < size {
            let Ok(page) = verifier.look(move |reader| reader.entries(from, PAGE)).await else {
                match tokio::time::timeout(READ_AGAIN, ended.wait_for(|ended| *ended)).await {
                    Ok(_) => return,
                    Err(_) => continue,
                }
            };
            let Some(last) = page.last() else { break };
            from = last.index.saturating_add(1);
            for entry in page.iter().filter(|entry| Hook::tells_of(entry.kind)) {
                let Some(told) = tell(&verifier, entry, &mut ended).await else { return };
                settle(&verifier, entry.index, told).await;
            }
        }
        tokio::select! {
            changed = news.changed() => if changed.is_err() { return },
            _ = ended.wait_for(|ended| *ended) => return,
        }
    }
}

/// Tells of one entry, more than once if need be; whoever has it is not told again. None when the verifier ends before.
async fn tell(verifier: &Verifier, entry: &LogLine, ended: &mut watch::Receiver<bool>) -> Option<Told> {
    let begun = Instant::now();
    let (mut waits, mut left) = (AGAIN.into_iter(), verifier.hook.notifier.each());
    let failure = loop {
        if *ended.borrow() {
            return None;
        }
        let Err(code) = attempt(verifier, entry, &mut left).await else { break None };
        tracing::warn!(index = entry.index, code, "on_change");
        let Some(wait) = waits.next() else { break Some(code.to_owned()) };
        let _ = tokio::time::timeout(wait, ended.wait_for(|ended| *ended)).await;
    };
    let took = i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX);
    Some(Told::new(verifier.clock.now(), took, failure))
}

/// Keeps what became of a notice; where the disk does not take it, until this process ends.
async fn settle(verifier: &Arc<Verifier>, index: u64, told: Told) {
    let keeper = Arc::clone(verifier);
    let kept = tokio::task::spawn_blocking(move || keeper.hook.notices().settle(index, told)).await;
    if let Ok(Err(error)) = kept {
        tracing::warn!(index, code = error.code(), "on_change");
    }
}

/// Tells those who are left; answers why somebody is still.
async fn attempt(verifier: &Verifier, entry: &LogLine, left: &mut Vec<Notifier>) -> Result<(), &'static str> {
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
    let mut failed = None;
    for notifier in std::mem::take(left) {
        let (whom, signed) = (notifier.clone(), signed.clone());
        let told = tokio::task::spawn_blocking(move || whom.send(&signed, MEDIA_TYPE)).await;
        let code = told.map_or(Some("notify_not_run"), |failures| failures.first().map(NotifyError::code));
        left.extend(code.map(|_| notifier));
        failed = failed.or(code);
    }
    failed.map_or(Ok(()), Err)
}
