//! All agents, judged for all who ask, on no thread that answers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Mutex as Turn;

use super::problem::Problem;
use crate::registry::Judgement;
use crate::store::Head;
use crate::time::{Span, Time};
use crate::warden::{NotWritten, Shown};

/// So old a judgement is used as it is, unless the log grew.
const FRESH: Span = Span::seconds(1);
/// So old it is used while the next one is made.
const USABLE: Span = Span::seconds(2);

/// The last judgement, and whose turn it is to make the next.
#[derive(Default)]
pub(super) struct Judging {
    kept: Arc<Kept>,
    turn: Turn<()>,
}

#[derive(Default)]
struct Kept {
    last: Mutex<Option<(Head, Arc<Judgement>)>>,
    renewing: AtomicBool,
}

impl Judging {
    /// All agents of a state, judged at most two seconds before `now`; computed once for all who ask meanwhile.
    ///
    /// # Errors
    /// [`Problem`] when the verifier ends.
    pub(super) async fn of(&self, shown: &Arc<Shown>, now: Time) -> Result<Arc<Judgement>, Problem> {
        if let Some(judgement) = self.kept.usable(shown, now) {
            return Ok(judgement);
        }
        let _turn = self.turn.lock().await;
        // Whoever had the turn before may have made it.
        if let Some(judgement) = self.kept.usable(shown, now) {
            return Ok(judgement);
        }
        let (kept, shown) = (Arc::clone(&self.kept), Arc::clone(shown));
        let made = tokio::task::spawn_blocking(move || kept.make(&shown, now)).await;
        made.map_err(|_| NotWritten::Ended.into())
    }
}

impl Kept {
    /// The last one, if it still counts; one that soon will not is renewed meanwhile.
    fn usable(self: &Arc<Self>, shown: &Arc<Shown>, now: Time) -> Option<Arc<Judgement>> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (_, judgement) = last.filter(|(head, _)| *head == shown.snapshot.head)?;
        let at = judgement.at();
        if now < at.plus(FRESH) {
            return Some(judgement);
        }
        if now >= at.plus(USABLE) {
            return None;
        }
        if !self.renewing.swap(true, Ordering::AcqRel) {
            let (kept, shown) = (Arc::clone(self), Arc::clone(shown));
            tokio::task::spawn_blocking(move || {
                kept.make(&shown, now);
                kept.renewing.store(false, Ordering::Release);
            });
        }
        Some(judgement)
    }

    fn make(&self, shown: &Shown, now: Time) -> Arc<Judgement> {
        let judgement = Arc::new(Judgement::of(&shown.snapshot.registry, now));
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        // Nothing older takes the place of what is newer.
        if last.as_ref().is_none_or(|(head, _)| head.size <= shown.snapshot.head.size) {
            *last = Some((shown.snapshot.head, Arc::clone(&judgement)));
        }
        judgement
    }
}
