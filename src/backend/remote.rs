//! A verifier as the place where a log lies: asked through the client, listened to for news.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};

use crate::audit::{Evidence, Note, NoteVerifier, log_of};
use crate::change::SignedChange;
use crate::client::{Ask, Client, ClientError, Identity};
use crate::encoding::{hex, sha256};
use crate::identity::SecretKey;
use crate::keystore::{Hand, KeystoreError};
use crate::store::{Meta, Sqlite, StoreError};
use crate::time::Time;
use crate::warden::{
    Clock, Entropy, Kind, Piece, Reached, SystemClock, SystemEntropy, Upstream, UpstreamError, Warden,
    WardenError,
};
use crate::wire::EnforcedLine;

/// After a failure it is tried again so soon at first, and then more and more rarely.
const FIRST_RETRY: Duration = Duration::from_millis(500);
/// And at least so often.
const LAST_RETRY: Duration = Duration::from_secs(30);
/// A look for news takes at most so long: a change may wait behind it.
const GLANCE: Duration = Duration::from_secs(10);
/// A first snapshot may take so long.
const DOWNLOAD: Duration = Duration::from_secs(600);
/// So many bytes are taken at once: a million agents with their history.
const MAX_SNAPSHOT: usize = 4 << 30;
/// The verifier says something at least every 10 s.
const SILENCE: Duration = Duration::from_secs(25);
/// Nobody told of anything yet.
const UNTOLD: u64 = u64::MAX;
/// Somebody listens since just now; what happened before is asked for once.
const UNKNOWN: u64 = u64::MAX - 1;

/// Which verifier, and by which key its log is known.
#[derive(Debug, Clone)]
pub struct Remote {
    /// Its URL.
    pub url: String,
    /// The key of its log.
    pub log_key: NoteVerifier,
    /// Where replicas lie.
    pub cache: PathBuf,
}

/// Why a verifier cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// It cannot be asked.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The operator's key cannot be had.
    #[error(transparent)]
    Hand(#[from] KeystoreError),
    /// The replica cannot be kept, or what the verifier sends does not hold.
    #[error(transparent)]
    Warden(#[from] WardenError),
    /// The key is none of a log.
    #[error("{key}: not the key of a log")]
    LogKey {
        /// What was given.
        key: String,
    },
    /// The system gives no thread.
    #[error("no thread can be started: {0}")]
    Thread(std::io::Error),
}

impl RemoteError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Client(error) => known(error),
            Self::Hand(error) => error.code(),
            Self::Warden(error) => error.code(),
            Self::LogKey { .. } => "log_key_unreadable",
            Self::Thread(_) => "no_thread",
        }
    }
}

/// The code of a client's error, if this program has words for it.
fn known(error: &ClientError) -> &'static str {
    crate::wire::codes::find(error.code()).map_or("verifier_refused", |row| row.code)
}

impl Remote {
    /// Opens the replica of the verifier's log and takes in what is new; `name` looks, `hand` signs for it.
    ///
    /// A verifier that does not answer is opened as it was last seen.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub fn open(&self, name: &str, mut hand: Box<dyn Hand>) -> Result<Warden, RemoteError> {
        let no_key = || RemoteError::LogKey { key: self.log_key.to_string() };
        let log = log_of(&self.log_key).ok_or_else(no_key)?;
        let client = Client::new(&self.url, Box::new(SystemClock), Box::new(SystemEntropy))?;
        client.pin(self.log_key.clone());
        let seed = SystemEntropy.seed().ok_or(WardenError::NoEntropy)?;
        let fresh = SecretKey::from_seed(*seed);
        let session = Identity::session(&log.to_string(), name, &mut *hand, fresh, client.now())?;
        client.sign_as(session);
        let meta = Meta { log, created: client.now(), origin: None };
        let directory = self.directory();
        let store = Sqlite::open_or_create(&directory, &meta).map_err(WardenError::from)?;
        let kind = Kind::OfflineCopy(directory);
        let clock = Box::new(OfVerifier(client.clone()));
        let mut warden = Warden::over(Box::new(store), kind, clock, Box::new(SystemEntropy))?;
        let line = Wire::start(client, (name, &log.to_string())).map_err(RemoteError::Thread)?;
        warden.follow_upstream(Box::new(line), self.log_key.clone(), self.directory().join("spool"));
        warden.sign_with(hand);
        match warden.fetch() {
            // What was seen before is still there to be looked at.
            Err(WardenError::Upstream(UpstreamError::Unreachable { .. })) if warden.reached().entries > 0 => {
            }
            Err(WardenError::Upstream(error)) if warden.reached().entries > 0 && error.is_about_session() => {
            }
            fetched => drop(fetched?),
        }
        Ok(warden)
    }

    /// Opens the replica once more, to read in it.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn open_to_read(&self) -> Result<Warden, WardenError> {
        let log = log_of(&self.log_key).ok_or(WardenError::NoEntropy)?;
        let meta = Meta { log, created: SystemClock.now(), origin: None };
        let directory = self.directory();
        let store: Result<Sqlite, StoreError> = Sqlite::open_or_create(&directory, &meta);
        let kind = Kind::OfflineCopy(directory);
        Warden::over(Box::new(store?), kind, Box::new(SystemClock), Box::new(SystemEntropy))
    }

    /// The directory of the replica: another log, or another verifier, has another.
    fn directory(&self) -> PathBuf {
        let digest = sha256(format!("{}\n{}", self.url, self.log_key).as_bytes());
        let short: String = hex::encode(&digest).chars().take(24).collect();
        Path::new(&self.cache).join("verifiers").join(short)
    }
}

/// The verifier's clock, as far as it is known.
struct OfVerifier(Client);

impl Clock for OfVerifier {
    fn now(&self) -> Time {
        self.0.now()
    }
}

/// The line to a verifier.
struct Wire {
    client: Client,
    /// In whose name it is asked, and about which log.
    name: String,
    log: String,
    runtime: Runtime,
    told: Arc<AtomicU64>,
    retry: Duration,
    not_before: Option<Instant>,
}

impl Wire {
    fn start(client: Client, (name, log): (&str, &str)) -> std::io::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let told = Arc::new(AtomicU64::new(UNTOLD));
        runtime.spawn(listen(client.clone(), Arc::clone(&told)));
        let (name, log) = (name.to_owned(), log.to_owned());
        Ok(Self { client, name, log, runtime, told, retry: FIRST_RETRY, not_before: None })
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
        let lost = matches!(&answer, Err(ClientError::Unreachable { .. }));
        if lost {
            self.not_before = Some(Instant::now() + self.jittered());
            self.retry = (self.retry * 2).min(LAST_RETRY);
        } else {
            (self.retry, self.not_before) = (FIRST_RETRY, None);
        }
        answer.map_err(|error| upstream(&url, &error))
    }

    /// Between half and all of it, so that not everybody comes back at once.
    fn jittered(&self) -> Duration {
        let bits = SystemEntropy.bits().unwrap_or(0);
        let part = u32::try_from(bits % 512).unwrap_or(0);
        self.retry / 2 + (self.retry / 1024) * part
    }
}

fn upstream(url: &str, error: &ClientError) -> UpstreamError {
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
        let told = self.told.load(Ordering::Acquire);
        let waits = self.not_before.is_some_and(|not_before| Instant::now() < not_before);
        (told != UNTOLD && !waits).then_some(told)
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

    fn fetch(&mut self, reached: Reached) -> Result<(Vec<Piece>, Note), UpstreamError> {
        let (client, told) = (self.client.clone(), Arc::clone(&self.told));
        let patience = if reached.entries == 0 { DOWNLOAD } else { GLANCE };
        self.wait(patience, async {
            let (mut pieces, mut bytes) = (Vec::new(), 0_usize);
            let take = |piece: Piece| {
                bytes = bytes.saturating_add(piece.len());
                pieces.push(piece);
                let path = || "/v1/snapshot".to_owned();
                if bytes > MAX_SNAPSHOT { Err(ClientError::TooLong { path: path() }) } else { Ok(()) }
            };
            let note = client.snapshot(reached, take).await?;
            let entries = pieces.iter().filter(|piece| matches!(piece, Piece::Entry(_))).count();
            let known = reached.entries.saturating_add(entries as u64);
            // What was told meanwhile stays told.
            let _ = told.compare_exchange(UNKNOWN, known, Ordering::AcqRel, Ordering::Acquire);
            Ok((pieces, note))
        })
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
        let path = format!("/v1/log/entries/{index}/proof");
        self.wait(GLANCE, async {
            let bytes = client.bytes(&Ask::get(&path)).await?;
            let unreadable = |problem: String| ClientError::Unreadable { path: path.clone(), problem };
            let text = String::from_utf8(bytes).map_err(|error| unreadable(error.to_string()))?;
            Evidence::from_json(&text).map_err(|error| unreadable(error.to_string()))
        })
    }

    fn document(&mut self, path: &str) -> Result<serde_json::Value, UpstreamError> {
        let client = self.client.clone();
        self.wait(GLANCE, async { client.ask(&Ask::get(path)).await })
    }

    fn enforced(&mut self, index: u64) -> Result<EnforcedLine, UpstreamError> {
        let client = self.client.clone();
        let path = format!("/v1/receipts/{index}");
        self.wait(GLANCE, async { client.ask(&Ask::get(&path)).await })
    }
}

/// Listens for news for as long as the line is open, and comes back when it breaks.
async fn listen(client: Client, told: Arc<AtomicU64>) {
    let mut retry = FIRST_RETRY;
    loop {
        if let Ok(mut response) = client.send(&Ask::get("/v1/events")).await {
            told.store(UNKNOWN, Ordering::Release);
            let mut line = Vec::new();
            // Who says nothing for longer than a heartbeat has gone.
            while let Ok(Ok(Some(part))) = tokio::time::timeout(SILENCE, response.chunk()).await {
                retry = FIRST_RETRY;
                hear(&part, &mut line, &told);
            }
        }
        // Nobody listens: what happens meanwhile is asked for.
        told.store(UNKNOWN, Ordering::Release);
        tokio::time::sleep(retry).await;
        retry = (retry * 2).min(LAST_RETRY);
    }
}

/// Takes what was heard: `id: N` says that there are N + 1 entries.
fn hear(part: &[u8], line: &mut Vec<u8>, told: &AtomicU64) {
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
            told.store(id.saturating_add(1), Ordering::Release);
        }
        line.clear();
    }
}
