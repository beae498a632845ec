//! A verifier whose log is on its way: it is asked, and believed in nothing; what takes authority away can be ordered.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;

use super::progress::{Progress, Stage};
use super::remote::{Line, Remote, RemoteError};
use super::wire::{GLANCE, upstream};
use crate::audit::LogName;
use crate::change::{Cascade, Target, Targets, Verb};
use crate::client::{Client, ClientError, Identity};
use crate::encoding::hex;
use crate::identity::{Did, SecretKey};
use crate::keystore::Hand;
use crate::registry::Scope;
use crate::time::Time;
use crate::warden::{Early, Entropy as _, SystemEntropy, UpstreamError, Warden, WardenError, Word};
use crate::wire::{ToldAgent, ToldDetail, ToldImpact, ToldTaken};

/// A verifier whose log is on its way.
pub struct Arriving {
    remote: Remote,
    log: LogName,
    line: Line,
    hand: Box<dyn Hand>,
    progress: Arc<Progress>,
}

/// A containment as the verifier tells that it would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What is to be done.
    pub verb: Verb,
    /// How far.
    pub scope: Scope,
    /// To whom, and what it would do.
    pub impact: ToldImpact,
    targets: Targets,
}

/// What became of a containment that was ordered on what was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlyReceipt {
    /// The entry.
    pub index: u64,
    /// Its time: that of the entry when it was proved, else as told.
    pub time: String,
    /// How many agents it touched, as told.
    pub count: usize,
    /// What it waits for, as told; until then the agents are only held back.
    pub waits: Option<Value>,
    /// Whether the entry was proved under the pinned key; why not.
    pub proved: Result<(), String>,
}

impl Arriving {
    pub(super) fn new(
        remote: Remote,
        (log, line): (LogName, Line),
        hand: Box<dyn Hand>,
        progress: Arc<Progress>,
    ) -> Self {
        Self { remote, log, line, hand, progress }
    }

    /// The verifier's URL.
    pub fn url(&self) -> &str {
        self.line.client.base()
    }

    /// In whose name it is asked.
    pub fn name(&self) -> &str {
        &self.line.name
    }

    /// The public key of whoever signs.
    ///
    /// # Errors
    /// [`RemoteError::Hand`].
    pub fn key(&mut self) -> Result<crate::identity::KeyBytes, RemoteError> {
        Ok(self.hand.key()?)
    }

    /// How far the log has come, to be looked at from anywhere.
    pub fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    /// The first `most` agents that the query `text` means, and whether there are more.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub fn search(&mut self, text: &str, most: usize) -> Result<(Vec<ToldAgent>, bool), RemoteError> {
        self.ask(async |client| client.agents(text, most).await)
    }

    /// A page of agents by any parameters of the list, and where the list goes on.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub fn page(&mut self, asked: &[(&str, &str)]) -> Result<crate::wire::ToldPage, RemoteError> {
        self.ask(async |client| client.agents_by(asked).await)
    }

    /// Everything about one agent, also as it was sent.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub fn show(&mut self, did: &Did) -> Result<(ToldDetail, Value), RemoteError> {
        self.ask(async |client| client.agent(did).await)
    }

    /// What a containment would do, and the set that is signed for it.
    ///
    /// # Errors
    /// [`RemoteError`]; [`ClientError::Unreadable`] for a set that nobody could sign.
    pub fn offer(&mut self, did: &Did, verb: Verb, scope: Scope) -> Result<Offer, RemoteError> {
        let impact = self.ask(async |client| client.impact(did, verb, scope).await)?;
        let targets = targets(did, scope, &impact).ok_or_else(|| ClientError::Unreadable {
            path: format!("/v1/agents/{did}/impact"),
            problem: "it names no set that could be signed".to_owned(),
        })?;
        Ok(Offer { verb, scope, impact, targets })
    }

    /// Signs exactly what was offered, hands it in, and has the entry proved under the pinned key.
    ///
    /// # Errors
    /// [`WardenError::NotYetInForce`] when nobody answers: it is kept and handed in again; else [`RemoteError`].
    pub fn order(&mut self, offer: &Offer, word: Word<'_>) -> Result<EarlyReceipt, RemoteError> {
        let (spool, progress) = (self.remote.spool(), self.progress());
        // The line is free until the receipt is here.
        let _first = First::of(&progress.busy);
        let (name, place) = (self.line.name.clone(), (self.log, self.line.client.now()));
        let word = Word { actor: &name, ..word };
        let early = Early::draft(place, (offer.verb, offer.targets.clone()), word, &mut SystemEntropy)?;
        let change = early.sign(&mut *self.hand, &spool)?;
        let taken = match self.ask(async |client| client.submit(&change, &[]).await) {
            Ok(taken) => taken,
            Err(RemoteError::Client(error)) => {
                return Err(match upstream(self.url(), &error) {
                    lost @ UpstreamError::Unreachable { .. } => {
                        WardenError::NotYetInForce { why: lost.to_string() }.into()
                    }
                    UpstreamError::Refused { .. } => {
                        early.ended(&spool);
                        error.into()
                    }
                });
            }
            Err(error) => return Err(error),
        };
        let unreadable = |error: serde_json::Error| ClientError::Unreadable {
            path: "/v1/changes".to_owned(),
            problem: error.to_string(),
        };
        let taken: ToldTaken = serde_json::from_value(taken).map_err(unreadable)?;
        let proved = match self.ask(async |client| client.proof(taken.index).await) {
            Err(error) => Err(error.to_string()),
            Ok(evidence) => early.is_proved_by(&evidence, &self.remote.log_key),
        };
        // What was not proved is looked for in the log itself as soon as it is here.
        if proved.is_ok() {
            early.ended(&spool);
        }
        let (index, count, waits) = (taken.index, taken.count, taken.waits);
        let time = proved.as_ref().map_or(taken.time, Time::to_string);
        Ok(EarlyReceipt { index, time, count, waits, proved: proved.map(drop) })
    }

    /// Signs in again if the log waits for that.
    ///
    /// # Errors
    /// [`RemoteError::Hand`].
    pub fn tend(&mut self) -> Result<(), RemoteError> {
        if std::mem::take(&mut self.progress.lock().session_over) { self.sign_in() } else { Ok(()) }
    }

    /// Waits until the log is here and holds, and follows it from then on.
    ///
    /// # Errors
    /// [`RemoteError`]: the log does not hold, or nobody sends it now; what arrived until then stays.
    pub fn finish(mut self) -> Result<Warden, RemoteError> {
        loop {
            let mut state = self.progress.lock();
            if let Some(outcome) = state.outcome.take() {
                drop(state);
                let warden = outcome?;
                return self.remote.follow(warden, self.line, self.hand);
            }
            if state.session_over {
                drop(state);
                self.tend()?;
                continue;
            }
            if let Stage::Lost(why) = &state.seen.stage {
                let host = self.url().to_owned();
                return Err(ClientError::Unreachable { host, problem: why.clone() }.into());
            }
            drop(self.progress.moved.wait_timeout(state, Duration::from_millis(100)));
        }
    }

    fn sign_in(&mut self) -> Result<(), RemoteError> {
        let seed = SystemEntropy.seed().ok_or(WardenError::NoEntropy)?;
        let client = &self.line.client;
        let (log, fresh) = (self.log.to_string(), SecretKey::from_seed(*seed));
        let session = Identity::session(&log, &self.line.name, &mut *self.hand, fresh, client.now())?;
        client.sign_as(session);
        Ok(())
    }

    /// Asks in the operator's name, while the log waits; signs in again where that is wanted.
    fn ask<T>(
        &mut self,
        question: impl AsyncFn(&Client) -> Result<T, ClientError>,
    ) -> Result<T, RemoteError> {
        let mut answer = self.ask_once(&question);
        if let Err(error) = &answer
            && upstream(self.url(), error).is_about_session()
        {
            self.sign_in()?;
            answer = self.ask_once(&question);
        }
        Ok(answer?)
    }

    fn ask_once<T>(
        &self,
        question: &impl AsyncFn(&Client) -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        let _first = First::of(&self.progress.busy);
        let late = || ClientError::Unreachable {
            host: self.url().to_owned(),
            problem: "no answer in time".to_owned(),
        };
        let asked = async { tokio::time::timeout(GLANCE, question(&self.line.client)).await };
        self.line.runtime.block_on(asked).unwrap_or_else(|_| Err(late()))
    }
}

/// As long as this is there, the log waits.
struct First<'b>(&'b watch::Sender<usize>);

impl<'b> First<'b> {
    fn of(busy: &'b watch::Sender<usize>) -> Self {
        busy.send_modify(|busy| *busy = busy.saturating_add(1));
        Self(busy)
    }
}

impl Drop for First<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|busy| *busy = busy.saturating_sub(1));
    }
}

/// The set that is signed; none when the verifier told of none that could be.
fn targets(did: &Did, scope: Scope, impact: &ToldImpact) -> Option<Targets> {
    match (scope, &impact.digest, impact.among) {
        (Scope::One, None, None) => Some(Targets::one(did.clone(), impact.version)),
        (Scope::Subtree, Some(digest), among @ Some(_)) if impact.count > 0 => {
            let root = Target { did: did.clone(), version: impact.version };
            let digest = hex::decode_digest(digest)?;
            Some(Targets::Cascade(Cascade { root, count: impact.count, digest, among, spared: Vec::new() }))
        }
        _ => None,
    }
}

#[cfg(test)]
impl Offer {
    /// A suspension of a subtree, as a test tells it.
    pub(crate) fn of_test(did: &Did, impact: ToldImpact) -> Self {
        let targets = targets(did, Scope::Subtree, &impact).expect("a set");
        Self { verb: Verb::Suspend { until: None }, scope: Scope::Subtree, impact, targets }
    }
}
