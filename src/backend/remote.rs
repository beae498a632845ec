//! A verifier as the place where a log lies: opened at once, followed from then on.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use super::arrival::Arrival;
use super::arriving::Arriving;
use super::progress::{Progress, download};
use super::wire::{OfVerifier, Wire};
use crate::audit::{NoteVerifier, log_of};
use crate::client::{Client, ClientError, Identity, Portion};
use crate::encoding::{hex, sha256};
use crate::identity::SecretKey;
use crate::keystore::{Hand, KeystoreError};
use crate::store::{FILE, Meta, Sqlite, StoreError};
use crate::warden::{
    Clock as _, Entropy as _, Finding, Findings, Kind, Lie, NotFollowed, Reached, SystemClock, SystemEntropy,
    UpstreamError, Warden, WardenError,
};

/// The first portion of a log is waited for so long: a small log is there by then, and a verifier that hangs is seen to.
const FIRST: Duration = Duration::from_secs(2);
/// Nothing has arrived yet.
pub(super) const NOTHING: Reached = Reached { entries: 0, records: 0 };

/// Which verifier, and by which key its log is known.
#[derive(Debug, Clone)]
pub struct Remote {
    /// Its URL.
    pub url: String,
    /// The key of its log.
    pub log_key: NoteVerifier,
    /// Where replicas lie.
    pub cache: PathBuf,
    /// A file of certificates, one of which issued the verifier's; without it what this machine trusts.
    pub root: Option<PathBuf>,
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

/// A verifier that was opened.
pub enum Opening {
    /// Its log is here, and proved.
    Here(Box<Warden>),
    /// Its log is on its way; until then it is asked.
    Arriving(Box<Arriving>),
}

impl Remote {
    /// Opens the verifier at once: its log, if it is here or comes with the first portion, else what it tells.
    /// `name` looks, `hand` signs for it.
    ///
    /// A verifier that does not answer is opened as it was last seen.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub fn begin(&self, name: &str, mut hand: Box<dyn Hand>) -> Result<Opening, RemoteError> {
        let no_key = || RemoteError::LogKey { key: self.log_key.to_string() };
        let log = log_of(&self.log_key).ok_or_else(no_key)?;
        let client = self.client()?;
        client.pin(self.log_key.clone());
        let seed = SystemEntropy.seed().ok_or(WardenError::NoEntropy)?;
        let fresh = SecretKey::from_seed(*seed);
        client.sign_as(Identity::session(&log.to_string(), name, &mut *hand, fresh, client.now())?);
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let line = Line { client, runtime: runtime.map_err(RemoteError::Thread)?, name: name.to_owned() };
        if self.has_log() {
            let warden = self.replica(&line.client)?;
            if warden.reached() != NOTHING {
                return self.follow(warden, line, hand).map(|warden| Opening::Here(Box::new(warden)));
            }
        }
        let mut arrival = Arrival::open(&self.arriving(), NOTHING).map_err(|error| self.unkept(&error))?;
        // A contradiction stands until somebody has seen it: until then nothing is believed, and agents are still stopped.
        if let Some(Finding { found, words, .. }) = self.findings().open().into_iter().next() {
            let progress = Arc::new(Progress::new(&arrival, None));
            progress.end(Err(WardenError::Lie(Lie::Before { found, words }).into()));
            return Ok(Opening::Arriving(Box::new(Arriving::new(self.clone(), (log, line), hand, progress))));
        }
        let first = arrival.portion(&line.client, super::pace::Pace::default().most());
        let asked = line.runtime.block_on(async { tokio::time::timeout(FIRST, first).await });
        let of = match asked {
            Ok(Ok(Portion::Whole(note))) => {
                let mut warden = self.replica(&line.client)?;
                match self.absorb(&mut warden, &arrival, &note) {
                    // A disk may have changed what lay on it: it is fetched anew before anybody is blamed.
                    Err(RemoteError::Warden(WardenError::Lie(_))) if arrival.resumed() => {
                        arrival =
                            Arrival::open(&self.arriving(), NOTHING).map_err(|error| self.unkept(&error))?;
                        None
                    }
                    absorbed => {
                        absorbed?;
                        return self.follow(warden, line, hand).map(|warden| Opening::Here(Box::new(warden)));
                    }
                }
            }
            // Nobody is there, or nobody is let in: whoever sits here is told at once.
            Ok(Err(error)) if arrival.bytes() <= EMPTY || matches!(error, ClientError::Refused { .. }) => {
                return Err(error.into());
            }
            Ok(Ok(Portion::Part(of))) => Some(of),
            Ok(Err(_)) | Err(_) => None,
        };
        let progress = Arc::new(Progress::new(&arrival, of));
        line.runtime.spawn(download(self.clone(), line.client.clone(), arrival, Arc::clone(&progress)));
        Ok(Opening::Arriving(Box::new(Arriving::new(self.clone(), (log, line), hand, progress))))
    }

    /// Opens the verifier, and waits until its log is here.
    ///
    /// # Errors
    /// [`RemoteError`]; what arrived until then stays.
    pub fn open(&self, name: &str, hand: Box<dyn Hand>) -> Result<Warden, RemoteError> {
        match self.begin(name, hand)? {
            Opening::Here(warden) => Ok(*warden),
            Opening::Arriving(arriving) => arriving.finish(),
        }
    }

    /// Whether a log of this verifier was here before.
    pub fn has_log(&self) -> bool {
        self.directory().join(FILE).exists()
    }

    /// Opens the replica once more, to read in it.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn open_to_read(&self) -> Result<Warden, WardenError> {
        let client = self.client();
        self.replica(&client.map_err(|_| WardenError::NoEntropy)?)
    }

    fn client(&self) -> Result<Client, ClientError> {
        let (clock, entropy) = (Box::new(SystemClock), Box::new(SystemEntropy));
        Client::trusting(&self.url, self.root.as_deref(), clock, entropy)
    }

    /// The replica by itself.
    pub(super) fn replica(&self, client: &Client) -> Result<Warden, WardenError> {
        let log = log_of(&self.log_key).ok_or(WardenError::NoEntropy)?;
        let meta = Meta { log, created: client.now(), origin: None };
        let directory = self.directory();
        let store: Result<Sqlite, StoreError> = Sqlite::open_or_create(&directory, &meta);
        let kind = Kind::OfflineCopy(directory);
        Warden::over(Box::new(store?), kind, Box::new(OfVerifier(client.clone())), Box::new(SystemEntropy))
    }

    /// Judges what has arrived; what does not hold is forgotten.
    pub(super) fn absorb(
        &self,
        warden: &mut Warden,
        arrival: &Arrival,
        note: &crate::audit::Note,
    ) -> Result<(), RemoteError> {
        let pieces = arrival.pieces().map_err(|error| self.unkept(&error))?;
        let absorbed = warden.absorb(pieces, note, &self.log_key);
        Arrival::forget(&self.arriving());
        absorbed.map_err(|error| match error {
            NotFollowed::Lie(lie) => {
                let (findings, place) = (self.findings(), (self.url.as_str(), SystemClock.now()));
                let finding = Finding::of(&lie, place, findings.head().as_ref(), Some(note));
                // A disk may have changed what lay on it: that is no evidence against anybody.
                if !arrival.resumed() {
                    let _ = findings.find(&finding);
                }
                WardenError::Lie(lie).into()
            }
            NotFollowed::Failed(error) => error.into(),
        })
    }

    /// Lets a replica follow the verifier, and takes in what is new.
    pub(super) fn follow(
        &self,
        mut warden: Warden,
        line: Line,
        hand: Box<dyn Hand>,
    ) -> Result<Warden, RemoteError> {
        let names = (line.name, warden.snapshot().log.to_string());
        let wire = Wire::start(line.client, names, line.runtime, self.arriving());
        warden.follow_upstream(Box::new(wire), self.log_key.clone(), self.spool());
        warden.sign_with(hand);
        match warden.fetch() {
            // What was seen before is still there to be looked at.
            Err(WardenError::Upstream(UpstreamError::Unreachable { .. })) => {}
            Err(WardenError::Upstream(error)) if error.is_about_session() => {}
            // What held before is shown as that, and agents are still stopped: the line says that it lies.
            Err(WardenError::Lie(_)) => {}
            fetched => drop(fetched?),
        }
        Ok(warden)
    }

    /// Where what arrives lies until it is judged.
    pub(super) fn arriving(&self) -> PathBuf {
        self.directory().join("arriving")
    }

    /// Where what was signed lies until its end is known.
    pub(super) fn spool(&self) -> PathBuf {
        self.directory().join("spool")
    }

    /// What is kept against the verifier.
    pub fn findings(&self) -> Findings {
        Findings::at(self.directory())
    }

    pub(super) fn unkept(&self, error: &std::io::Error) -> RemoteError {
        WardenError::File { path: self.directory(), problem: error.kind() }.into()
    }

    /// The directory of the replica: another log, or another verifier, has another.
    fn directory(&self) -> PathBuf {
        let digest = sha256(format!("{}\n{}", self.url, self.log_key).as_bytes());
        let short: String = hex::encode(&digest).chars().take(24).collect();
        Path::new(&self.cache).join("verifiers").join(short)
    }
}

/// A file in which nothing has arrived has at most so many bytes.
const EMPTY: u64 = 64;

/// A client with what runs it, and in whose name.
pub(super) struct Line {
    pub client: Client,
    pub runtime: Runtime,
    pub name: String,
}
