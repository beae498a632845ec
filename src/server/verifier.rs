//! What all handlers share: the warden's thread, the thread that keeps verdicts, and the state that both show.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use tokio::sync::{Semaphore, oneshot, watch};

use super::contacts::Contacts;
use super::crowd::Crowd;
use super::events::Hub;
use super::hook::Hook;
use super::judging::Judging;
use super::limits::Limits;
use super::metrics::Metrics;
use super::past::Past;
use super::problem::Problem;
use super::rate::Rates;
use super::readers::Readers;
use crate::audit::{Asked, Checkpoint};
use crate::change::SignedChange;
use crate::handshake::{DEFAULT_LIMIT, Responder};
use crate::identity::{KeyBytes, PublicKey};
use crate::registry::Judgement;
use crate::time::{Span, Time};
use crate::warden::{
    Answer, Caller, Clock, Decider, Lane, NotTaken, NotWritten, Reader, Requests, Shown, SignedHead, Taken,
    Warden, WardenError,
};
use crate::wire::message_signature::{NonceError, VerifiedRequest, Whose};

/// A signed head is used for so long, unless the log grows.
const FRESH: Span = Span::seconds(1);
/// So many snapshots are sent at once.
const DOWNLOADS: usize = 16;
/// So many look through all agents at once.
const SCANS: usize = 2;

/// A warden that many ask at once.
pub struct Verifier {
    /// The name under which agents know it: the `aud` of their proofs.
    pub name: String,
    /// The clock.
    pub clock: Arc<dyn Clock + Sync>,
    pub(super) hub: Hub,
    pub(super) rates: Rates,
    pub(super) metrics: Metrics,
    pub(super) contacts: Contacts,
    pub(super) requests: Requests,
    authorities: Vec<String>,
    pub(super) body_time: Duration,
    ids: RequestIds,
    writer: Caller,
    decider: Decider,
    news: watch::Receiver<Option<Arc<Shown>>>,
    judging: Judging,
    scans: Semaphore,
    readers: Readers,
    pub(super) past: Past,
    pub(super) hook: Hook,
    /// Snapshots that are sent.
    pub(super) downloads: Arc<Semaphore>,
    /// To whom.
    pub(super) downloaders: Crowd,
    signed: Mutex<Option<Arc<SignedHead>>>,
    signing: tokio::sync::Mutex<()>,
    /// Handshakes that wait for their proof.
    pub(super) handshakes: Mutex<Responder>,
}

impl Verifier {
    pub(super) fn new(
        name: String,
        clock: Arc<dyn Clock + Sync>,
        (writer, decider): (Caller, Decider),
        (news, size): (watch::Receiver<Option<Arc<Shown>>>, u64),
        (readers, hook): (Readers, Hook),
        (limits, requests, authorities): (&Limits, Requests, Vec<String>),
    ) -> Self {
        let contacts = Contacts::new(clock.now());
        let rates = Rates::new(limits.rate, limits.burst, Instant::now());
        Self {
            name,
            clock,
            hub: Hub::new(size),
            rates,
            metrics: Metrics::new(),
            contacts,
            requests,
            authorities,
            body_time: limits.body_time,
            ids: RequestIds::new(),
            writer,
            decider,
            news,
            judging: Judging::default(),
            scans: Semaphore::new(SCANS),
            readers,
            past: Past::default(),
            hook,
            downloads: Arc::new(Semaphore::new(DOWNLOADS)),
            downloaders: Crowd::default(),
            signed: Mutex::new(None),
            signing: tokio::sync::Mutex::new(()),
            handshakes: Mutex::new(Responder::with_limit(DEFAULT_LIMIT)),
        }
    }

    /// The state that the last write left.
    pub fn shown(&self) -> Arc<Shown> {
        self.writer.shown()
    }

    /// Hears of every write.
    pub(super) fn news(&self) -> watch::Receiver<Option<Arc<Shown>>> {
        self.news.clone()
    }

    /// The time that counts for a state.
    pub fn now(&self, shown: &Shown) -> Time {
        shown.snapshot.time(self.clock.now())
    }

    /// Whether the writer still works.
    pub fn works(&self) -> bool {
        !self.writer.ended()
    }

    /// All agents, judged at most two seconds ago; computed once for all who ask meanwhile.
    ///
    /// # Errors
    /// [`Problem`] when the verifier ends.
    pub async fn judgement(&self, shown: &Arc<Shown>) -> Result<Arc<Judgement>, Problem> {
        self.judging.of(shown, self.now(shown)).await
    }

    /// Looks through all agents, off the threads that answer, and with few others.
    ///
    /// # Errors
    /// [`Problem`] when the verifier ends.
    pub(super) async fn scan<T: Send + 'static>(
        &self,
        scan: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let ended = || Problem::from(NotWritten::Ended);
        let _place = self.scans.acquire().await.map_err(|_| ended())?;
        tokio::task::spawn_blocking(scan).await.map_err(|_| ended())
    }

    /// Lets the warden do something, and waits until everybody can see it.
    ///
    /// # Errors
    /// 503 when too many wait, or the writer has ended.
    pub async fn ask<T: Send + 'static>(
        &self,
        lane: Lane,
        ask: impl FnOnce(&mut Warden) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let (answer, answered) = oneshot::channel();
        self.writer.ask(lane, ask, |done| drop(answer.send(done)))?;
        answered.await.map_err(|_| NotWritten::Ended.into())
    }

    /// Reads from the warden.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn read<T: Send + 'static>(
        &self,
        lane: Lane,
        ask: impl FnOnce(&mut Warden) -> Result<T, WardenError> + Send + 'static,
    ) -> Result<T, Problem> {
        Ok(self.ask(lane, ask).await??)
    }

    /// Reads the log, beside the thread that writes it.
    ///
    /// # Errors
    /// [`Problem`].
    pub(super) async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&mut Reader) -> Result<T, WardenError> + Send + 'static,
    ) -> Result<T, Problem> {
        self.readers.read(look).await
    }

    /// The signed head of the log, signed at most a second ago; signed once for all who ask meanwhile.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn head(&self, lane: Lane) -> Result<Arc<SignedHead>, Problem> {
        if let Some(kept) = self.signed_lately() {
            return Ok(kept);
        }
        let _turn = self.signing.lock().await;
        // Whoever had the turn before may have had it signed.
        if let Some(kept) = self.signed_lately() {
            return Ok(kept);
        }
        let signed = Arc::new(self.read(lane, Warden::checkpoint).await?);
        *self.signed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&signed));
        Ok(signed)
    }

    fn signed_lately(&self) -> Option<Arc<SignedHead>> {
        let shown = self.shown();
        let (head, now) = (shown.snapshot.head, self.now(&shown));
        let kept = self.signed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        kept.filter(|kept| {
            let Checkpoint { tree, time, .. } = kept.checkpoint;
            tree.size == head.size && tree.root == head.root && now < time.plus(FRESH)
        })
    }

    /// Hands in a change, and waits until the disk has it.
    ///
    /// # Errors
    /// [`Problem`]; nothing was done, unless the writer ended.
    pub async fn submit(&self, change: SignedChange, openings: Vec<Vec<u8>>) -> Result<Taken, Problem> {
        let prepared = self.shown().judge.prepare_with(change, openings)?;
        let (answer, answered) = oneshot::channel();
        self.writer.hand_in(prepared, |taken| drop(answer.send(taken)))?;
        Ok(answered.await.map_err(|_| Problem::from(NotWritten::Ended))??)
    }

    /// Judges a request, and waits until the answer is kept.
    ///
    /// # Errors
    /// 503 when too many wait: nothing is allowed then.
    pub async fn decide(&self, asked: Asked<'static>) -> Result<Answer, Problem> {
        let (answer, answered) = oneshot::channel();
        let held = self.decider.decide(asked, |done| drop(answer.send(done)))?;
        let answer: Answer = answered.await.map_err(|_| Problem::from(NotWritten::Ended))?;
        drop(held);
        self.metrics.decided(&answer.verdict);
        Ok(answer)
    }

    /// The checked key of these bytes, as far as they are one.
    pub(super) fn key(&self, bytes: &KeyBytes) -> Option<PublicKey> {
        self.decider.key(bytes)
    }

    /// What waits for a thread, by queue.
    pub(super) fn waiting(&self) -> [(&'static str, usize); 3] {
        let (operators, others) = self.writer.waiting();
        [("operators", operators), ("others", others), ("verdicts", self.decider.waiting())]
    }

    /// A name for the next request, in logs and answers; nobody can guess it, and nothing rests on that.
    pub(super) fn request_id(&self) -> String {
        self.ids.next()
    }

    /// Whether this verifier goes by that host and port.
    pub(super) fn is_named(&self, authority: &str) -> bool {
        self.authorities.iter().any(|own| own.eq_ignore_ascii_case(authority))
    }

    /// The host and port under which it is asked first.
    pub(super) fn authority(&self) -> &str {
        self.authorities.first().map_or("localhost", String::as_str)
    }

    /// Takes a signed request, the first time.
    ///
    /// # Errors
    /// 401 when it was taken before, or nobody knows; 429 when its key has too many under way; 503 when that cannot be kept.
    pub(super) fn take(&self, request: &VerifiedRequest, now: Time) -> Result<(), Problem> {
        self.requests.take(request, self.whose(request.head().keyid()), now).map_err(|error| {
            let (status, retry_after) = match &error {
                NotTaken::Nonce(NonceError::NoRoom { .. }) => (StatusCode::TOO_MANY_REQUESTS, Some(1)),
                NotTaken::Nonce(_) => (StatusCode::UNAUTHORIZED, None),
                NotTaken::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, None),
            };
            let nonce = || request.head().nonce().to_owned();
            let skewed = error.server_time().map(|time| (nonce(), time));
            Problem { skewed, retry_after, ..Problem::new(status, error.code(), error.to_string()) }
        })
    }

    /// In which room the requests of a key are remembered.
    fn whose(&self, keyid: &str) -> Whose {
        let name = keyid.split_once('#').map_or(keyid, |(name, _)| name);
        if name.starts_with(crate::identity::PREFIX) {
            return Whose::Agent;
        }
        let program = self.shown().snapshot.operators.enrolled_as(name).is_some();
        if program { Whose::Program } else { Whose::Operator }
    }

    /// Waits until the thread that writes has fallen: without it nothing can be decided or changed.
    pub async fn fallen(&self) {
        while self.works() {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// A task that ends a moment later still has a hold of this, and must not keep the directory from the next process.
    pub(super) fn stop(&self) {
        self.decider.stop();
        self.hook.end();
        self.requests.end();
    }
}

/// Names of requests: which run of the verifier, and a number.
struct RequestIds {
    run: u64,
    number: AtomicU64,
}

impl RequestIds {
    fn new() -> Self {
        Self { run: RandomState::new().hash_one(()), number: AtomicU64::new(0) }
    }

    fn next(&self) -> String {
        format!("{:016x}-{}", self.run, self.number.fetch_add(1, Ordering::Relaxed))
    }
}
