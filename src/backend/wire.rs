//! The line to a verifier: asked when there is a question, listened to for news.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use super::arrival::Arrival;
use super::aside::Beside;
use super::pace::{FIRST_RETRY, LAST_RETRY, Pace, jittered};
use crate::audit::{Evidence, Note};
use crate::change::SignedChange;
use crate::client::{Ask, Client, ClientError, Identity, Portion};
use crate::identity::SecretKey;
use crate::keystore::{Hand, KeystoreError};
use crate::time::Time;
use crate::warden::{Aside, Clock, Entropy, Pieces, Reached, SystemEntropy, Upstream, UpstreamError, Wake};
use crate::wire::EnforcedLine;

/// A look for news takes at most so long: a change may wait behind it. What came until then stays.
pub(super) const GLANCE: Duration = Duration::from_secs(10);
/// The verifier says something at least every 10 s.
const SILENCE: Duration = Duration::from_secs(25);
/// Nobody told of anything yet.
const UNTOLD: u64 = u64::MAX;
/// Somebody listens since just now; what happened before is asked for once.
const UNKNOWN: u64 = u64::MAX - 1;

/// The verifier's clock, as far as it is known.
pub(super) struct OfVerifier(pub Client);

impl Clock for OfVerifier {
    fn now(&self) -> Time {
        self.0.now()
    }
}

/// What it told, and whom that wakes.
struct Told {
    entries: AtomicU64,
    news: OnceLock<Wake>,
}

impl Told {
    fn says(&self, entries: u64) {
        self.entries.store(entries, Ordering::Release);
        if let Some(news) = self.news.get() {
            news();
        }
    }
}

/// The line to a verifier.
pub(super) struct Wire {
    client: Client,
    /// In whose name it is asked, and about which log.
    name: String,
    log: String,
    runtime: Runtime,
    told: Arc<Told>,
    retry: Duration,
    not_before: Option<Instant>,
    /// Where what arrives lies until it is judged.
    arriving: PathBuf,
    /// Whether what was fetched lay there before this program began.
    resumed: bool,
    pace: Pace,
}

impl Wire {
    /// Begins to listen; what arrives of the log lies in the file `arriving` until it is judged.
    pub(super) fn start(
        client: Client,
        names: (String, String),
        runtime: Runtime,
        arriving: PathBuf,
    ) -> Self {
        let told = Arc::new(Told { entries: AtomicU64::new(UNTOLD), news: OnceLock::new() });
        runtime.spawn(listen(client.clone(), Arc::clone(&told)));
        let (name, log) = names;
        let (pace, retry) = (Pace::default(), FIRST_RETRY);
        Self { client, name, log, runtime, told, retry, not_before: None, arriving, resumed: false, pace }
    }

    /// Waits for an answer, and remembers whether there was one.
    fn wait<T>(
        &mut self,
        patience: Duration,
        asked: impl Future<Output = Result<T, ClientError>>,
    ) -> Result<T, UpstreamError> {
        let url = self.client.base().to_owned();
        let late = || ClientError::Unreachable { host: url.clone(), problem: "no answer in time".to_owned() };
        let answer = self.runtime.block_on(async { tokio::time::timeout(patience, asked).await });
        let answer = answer.unwrap_or_else(|_| Err(late()));
        let lost = matches!(&answer, Err(ClientError::Unreachable { .. } | ClientError::Untrusted { .. }));
        if lost {
            self.not_before = Some(Instant::now() + jittered(self.retry));
            self.retry = (self.retry * 2).min(LAST_RETRY);
        } else {
            (self.retry, self.not_before) = (FIRST_RETRY, None);
        }
        answer.map_err(|error| upstream(&url, &error))
    }
}

/// What an error of the client means to whoever follows the log.
pub(super) fn upstream(url: &str, error: &ClientError) -> UpstreamError {
    let url = url.to_owned();
    match error {
        // A proxy that answers for it, or a verifier that cannot, has decided nothing.
        ClientError::Refused { status, code, .. }
            if !code.is_empty() && *status < 500 && !matches!(status, 408 | 421 | 429) =>
        {
            UpstreamError::Refused { url, code: error.code().to_owned(), detail: error.to_string() }
        }
        error => UpstreamError::Unreachable { url, problem: error.to_string() },
    }
}

impl Upstream for Wire {
    fn url(&self) -> &str {
        self.client.base()
    }

    fn size(&mut self) -> Option<u64> {
        let told = self.told.entries.load(Ordering::Acquire);
        let waits = self.not_before.is_some_and(|not_before| Instant::now() < not_before);
        (told != UNTOLD && !waits).then_some(told)
    }

    fn on_news(&mut self, news: Wake) {
        let _ = self.told.news.set(news);
    }

    fn told(&mut self) -> Option<u64> {
        let told = self.told.entries.load(Ordering::Acquire);
        (told < UNKNOWN).then_some(told)
    }

    fn sign_in(&mut self, hand: &mut dyn Hand) -> Result<(), KeystoreError> {
        let seed = SystemEntropy.seed().ok_or(KeystoreError::Agent)?;
        let fresh = SecretKey::from_seed(*seed);
        let now = self.client.now();
        self.client.sign_as(Identity::session(&self.log, &self.name, hand, fresh, now)?);
        Ok(())
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn fetch(&mut self, reached: Reached) -> Result<(Pieces, Note), UpstreamError> {
        let begun = Instant::now();
        let unkept = |path: &Path, url: &str, error: &std::io::Error| UpstreamError::Unreachable {
            url: url.to_owned(),
            problem: format!("{}: {error}", path.display()),
        };
        let (client, url) = (self.client.clone(), self.client.base().to_owned());
        let mut arrival =
            Arrival::open(&self.arriving, reached).map_err(|error| unkept(&self.arriving, &url, &error))?;
        self.resumed = arrival.resumed();
        loop {
            let (asked, most) = (Instant::now(), self.pace.most());
            match self.wait(GLANCE, arrival.portion(&client, most))? {
                Portion::Whole(note) => {
                    let known = arrival.reached().entries;
                    // What was told meanwhile stays told.
                    let _ = self.told.entries.compare_exchange(
                        UNKNOWN,
                        known,
                        Ordering::AcqRel,
                        Ordering::Acquire,
                    );
                    let pieces = arrival.pieces().map_err(|error| unkept(&self.arriving, &url, &error))?;
                    return Ok((pieces, note));
                }
                Portion::Part(_) if begun.elapsed() < GLANCE => self.pace.took(asked.elapsed()),
                Portion::Part(of) => {
                    let problem =
                        format!("{} of {} entries have arrived", arrival.reached().entries, of.entries);
                    return Err(UpstreamError::Unreachable { url, problem });
                }
            }
        }
    }

    fn taken(&mut self) {
        Arrival::forget(&self.arriving);
    }

    fn doubted(&mut self) -> bool {
        Arrival::forget(&self.arriving);
        std::mem::take(&mut self.resumed)
    }

    fn submit(&mut self, change: &SignedChange, openings: &[Vec<u8>]) -> Result<u64, UpstreamError> {
        let client = self.client.clone();
        self.wait(GLANCE, async {
            let taken = client.submit(change, openings).await?;
            let unreadable = || ClientError::Unreadable {
                path: "/v1/changes".to_owned(),
                problem: "it names no entry".to_owned(),
            };
            taken.get("index").and_then(serde_json::Value::as_u64).ok_or_else(unreadable)
        })
    }

    fn prove(&mut self, index: u64) -> Result<Evidence, UpstreamError> {
        let client = self.client.clone();
        self.wait(GLANCE, client.proof(index))
    }

    fn document(&mut self, path: &str) -> Result<serde_json::Value, UpstreamError> {
        let client = self.client.clone();
        self.wait(GLANCE, async { client.ask(&Ask::get(path)).await })
    }

    fn aside(&self) -> Option<Box<dyn Aside>> {
        Some(Box::new(Beside::of(&self.client)?))
    }

    fn enforced(&mut self, index: u64) -> Result<EnforcedLine, UpstreamError> {
        let client = self.client.clone();
        let path = format!("/v1/receipts/{index}");
        self.wait(GLANCE, async { client.ask(&Ask::get(&path)).await })
    }
}

/// Listens for news for as long as the line is open, and comes back when it breaks.
async fn listen(client: Client, told: Arc<Told>) {
    let mut retry = FIRST_RETRY;
    loop {
        if let Ok(mut response) = client.send(&Ask::get("/v1/events")).await {
            told.says(UNKNOWN);
            let mut line = Vec::new();
            // Who says nothing for longer than a heartbeat has gone.
            while let Ok(Ok(Some(part))) = tokio::time::timeout(SILENCE, response.chunk()).await {
                retry = FIRST_RETRY;
                hear(&part, &mut line, &told);
            }
        }
        // Nobody listens: what happens meanwhile is asked for.
        told.says(UNKNOWN);
        tokio::time::sleep(jittered(retry)).await;
        retry = (retry * 2).min(LAST_RETRY);
    }
}

/// Takes what was heard: `id: N` says that there are N + 1 entries.
fn hear(part: &[u8], line: &mut Vec<u8>, told: &Told) {
    for byte in part {
        if *byte != b'\n' {
            // A line that is too long to be an id is none.
            if line.len() < 64 {
                line.push(*byte);
            }
            continue;
        }
        let id = line.strip_prefix(b"id: ").and_then(|id| std::str::from_utf8(id).ok()?.parse::<u64>().ok());
        if let Some(id) = id {
            told.says(id.saturating_add(1));
        }
        line.clear();
    }
}
