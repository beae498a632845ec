//! Agents as they were: the log folded up to an earlier place, once for all who ask, and a few such states kept.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Mutex as Turn;

use super::problem::Problem;
use super::verifier::Verifier;
use crate::registry::{Judgement, Registry};
use crate::time::Time;
use crate::warden::{Shown, Snapshot};

/// So many states are kept; each shares nothing with the present one.
const KEPT: usize = 2;

/// A moment of which a state is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// After so many entries.
    Entries(u64),
    /// At this time.
    Time(Time),
}

impl When {
    /// Reads a number of entries, or a time (RFC 3339).
    ///
    /// # Errors
    /// 400 for anything else.
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        if let Ok(entries) = text.parse() {
            return Ok(Self::Entries(entries));
        }
        let wrong = |error| Problem::unreadable("query_unreadable", format!("at: {error}"));
        Time::parse(text).map(Self::Time).map_err(wrong)
    }
}

/// A state, and all its agents judged by the time that counts there.
#[derive(Clone)]
pub(super) struct Sight {
    state: State,
    pub judgement: Arc<Judgement>,
}

#[derive(Clone)]
enum State {
    Now(Arc<Shown>),
    Then(Arc<Snapshot>),
}

impl Sight {
    /// The state.
    pub(super) fn snapshot(&self) -> &Snapshot {
        match &self.state {
            State::Now(shown) => &shown.snapshot,
            State::Then(snapshot) => snapshot,
        }
    }

    /// Its agents.
    pub(super) fn registry(&self) -> &Registry {
        &self.snapshot().registry
    }

    /// The present one.
    ///
    /// # Errors
    /// [`Problem`] when the verifier ends.
    pub(super) async fn now(verifier: &Verifier) -> Result<Self, Problem> {
        let shown = verifier.shown();
        let judgement = verifier.judgement(&shown).await?;
        Ok(Self { state: State::Now(shown), judgement })
    }
}

/// States that were asked for before. Only one is made at a time: each is the fold of the log.
#[derive(Default)]
pub(super) struct Past {
    turn: Turn<()>,
    kept: Mutex<VecDeque<(u64, Arc<Snapshot>)>>,
}

impl Past {
    /// The state at a moment, never later than now.
    ///
    /// # Errors
    /// 404 when the log has fewer entries; [`Problem`] when it cannot be read.
    pub(super) async fn at(&self, verifier: &Verifier, when: When) -> Result<Sight, Problem> {
        let (size, time) = match when {
            When::Entries(size) => (size, None),
            When::Time(time) => (verifier.look(move |reader| reader.size_at(time)).await?, Some(time)),
        };
        let snapshot = self.folded(verifier, size).await?;
        let now = time.or(snapshot.head.last_time).unwrap_or(Time::MIN);
        let judged = Arc::clone(&snapshot);
        let judge = move || Arc::new(Judgement::of(&judged.registry, now));
        Ok(Sight { state: State::Then(snapshot), judgement: verifier.scan(judge).await? })
    }

    async fn folded(&self, verifier: &Verifier, size: u64) -> Result<Arc<Snapshot>, Problem> {
        if let Some(snapshot) = self.find(size) {
            return Ok(snapshot);
        }
        let _turn = self.turn.lock().await;
        // Whoever had the turn before may have made it.
        if let Some(snapshot) = self.find(size) {
            return Ok(snapshot);
        }
        let now = verifier.shown().snapshot.clone();
        let snapshot = Arc::new(verifier.look(move |reader| reader.as_of(size, &now)).await?);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_front((size, Arc::clone(&snapshot)));
        kept.truncate(KEPT);
        Ok(snapshot)
    }

    fn find(&self, size: u64) -> Option<Arc<Snapshot>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(known, _)| *known == size).map(|(_, snapshot)| Arc::clone(snapshot))
    }
}
