//! How far a log has come, and what brings it: a portion at a time, whenever no operator waits for anything.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::arrival::Arrival;
use super::pace::{FIRST_RETRY, LAST_RETRY, Pace, jittered};
use super::remote::{NOTHING, Remote, RemoteError};
use super::wire::upstream;
use crate::client::{Client, Portion};
use crate::warden::{Reached, Warden, WardenError};

/// After an operator's request nothing of the log is asked for so long: another one may follow.
const LINGER: Duration = Duration::from_millis(300);

/// How far a log has come, for whoever shows it.
pub struct Progress {
    state: Mutex<State>,
    pub(super) moved: Condvar,
    /// How many requests of the operator are on their way: the log waits for them.
    pub(super) busy: watch::Sender<usize>,
}

pub(super) struct State {
    pub seen: Seen,
    /// Somebody must sign that the session goes on.
    pub session_over: bool,
    pub outcome: Option<Result<Warden, RemoteError>>,
}

/// How far a log has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The entries and records that are here.
    pub reached: Reached,
    /// Those that there are, as the verifier tells.
    pub of: Option<Reached>,
    /// The bytes that are here.
    pub bytes: u64,
    /// What is done about it.
    pub stage: Stage,
}

/// What is done about a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// It comes.
    Coming,
    /// Nobody sends it now; it is tried again.
    Lost(String),
    /// It is here, and is checked.
    Judging,
    /// It is here and holds.
    Here,
    /// It is here, and does not hold: why.
    Broken(String),
}

impl Progress {
    pub(super) fn new(arrival: &Arrival, of: Option<Reached>) -> Self {
        let (reached, bytes) = (arrival.reached(), arrival.bytes());
        let seen = Seen { reached, of, bytes, stage: Stage::Coming };
        let state = Mutex::new(State { seen, session_over: false, outcome: None });
        Self { state, moved: Condvar::new(), busy: watch::Sender::new(0) }
    }

    /// How far it has come.
    pub fn seen(&self) -> Seen {
        self.lock().seen.clone()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn moved(&self, arrival: &Arrival, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        (state.seen.reached, state.seen.bytes) = (arrival.reached(), arrival.bytes());
        change(&mut state);
        drop(state);
        self.moved.notify_all();
    }

    pub(super) fn end(&self, outcome: Result<Warden, RemoteError>) {
        let mut state = self.lock();
        state.seen.stage = match &outcome {
            Ok(_) => Stage::Here,
            Err(error) => Stage::Broken(error.to_string()),
        };
        state.outcome = Some(outcome);
        drop(state);
        self.moved.notify_all();
    }
}

/// Fetches the log, a portion at a time, and judges it when it is here.
pub(super) async fn download(remote: Remote, client: Client, mut arrival: Arrival, progress: Arc<Progress>) {
    let (mut pace, mut retry) = (Pace::default(), FIRST_RETRY);
    let mut busy = progress.busy.subscribe();
    loop {
        // Whoever wants to stop an agent has the line to himself, also between one question and the next.
        while *busy.borrow() > 0 {
            let _ = busy.wait_for(|busy| *busy == 0).await;
            tokio::time::sleep(LINGER).await;
        }
        let begun = Instant::now();
        match arrival.portion(&client, pace.most()).await {
            Ok(Portion::Whole(note)) => {
                progress.moved(&arrival, |state| state.seen.stage = Stage::Judging);
                let (remote, client) = (remote.clone(), client.clone());
                let judging = tokio::task::spawn_blocking(move || {
                    let mut warden = remote.replica(&client)?;
                    match remote.absorb(&mut warden, &arrival, &note) {
                        // A disk may have changed what lay on it: it is fetched anew before anybody is blamed.
                        Err(RemoteError::Warden(WardenError::Lie(_))) if arrival.resumed() => {
                            Arrival::open(&remote.arriving(), NOTHING)
                                .map(Err)
                                .map_err(|error| remote.unkept(&error))
                        }
                        absorbed => absorbed.map(|()| Ok(warden)),
                    }
                });
                match judging.await {
                    Ok(Ok(Err(anew))) => {
                        progress.moved(&anew, |state| state.seen.stage = Stage::Coming);
                        arrival = anew;
                    }
                    Ok(Ok(Ok(warden))) => return progress.end(Ok(warden)),
                    Ok(Err(error)) => return progress.end(Err(error)),
                    Err(error) => {
                        return progress.end(Err(RemoteError::Thread(std::io::Error::other(error))));
                    }
                }
            }
            Ok(Portion::Part(of)) => {
                pace.took(begun.elapsed());
                retry = FIRST_RETRY;
                progress.moved(&arrival, |state| {
                    state.seen.of = Some(of);
                    state.seen.stage = Stage::Coming;
                });
            }
            Err(error) => {
                let over = upstream(client.base(), &error).is_about_session();
                progress.moved(&arrival, |state| {
                    state.session_over |= over;
                    state.seen.stage = Stage::Lost(error.to_string());
                });
                pace.took(begun.elapsed());
                tokio::time::sleep(jittered(retry)).await;
                retry = (retry * 2).min(LAST_RETRY);
            }
        }
    }
}
