//! A verifier that is served while a bench asks it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use meshwarden::audit::LogName;
use meshwarden::change::operators::{Init, Newcomer, Role};
use meshwarden::identity::SecretKey;
use meshwarden::server::{self, Limits, Settings, Verifier};
use meshwarden::store::{Memory, Meta, Sqlite, Store};
use meshwarden::time::Time;
use meshwarden::warden::{Clock, ImportOptions, Kind, Source, SystemClock, SystemEntropy, Warden, Word};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use crate::line;

/// A clock.
#[derive(Clone, Copy)]
pub enum Hand {
    /// Requests are signed before they are sent, so it stands.
    Still,
    /// As this machine says it.
    Running,
}

impl Clock for Hand {
    fn now(&self) -> Time {
        match self {
            Self::Still => line::now(),
            Self::Running => SystemClock.now(),
        }
    }
}

/// A served warden.
pub struct Site {
    pub address: SocketAddr,
    pub verifier: Arc<Verifier>,
    runtime: Runtime,
    end: Option<oneshot::Sender<()>>,
    running: Option<tokio::task::JoinHandle<Warden>>,
}

/// Ada's key, who holds the log alone.
pub fn ada() -> SecretKey {
    SecretKey::from_seed([250; 32])
}

/// A warden over these records in JSON Lines, in a directory or in memory.
pub fn warden(place: Option<&Path>, records: impl std::io::Read, hand: Hand) -> Warden {
    let meta = Meta { log: LogName::from_bits(1), created: line::now(), origin: None };
    let (store, kind): (Box<dyn Store>, Kind) = match place {
        Some(place) => (Box::new(Sqlite::create(place, &meta).unwrap()), Kind::Directory(place.to_owned())),
        None => (Box::new(Memory::new(meta)), Kind::Demo),
    };
    let mut warden = Warden::over(store, kind, Box::new(hand), Box::new(SystemEntropy)).unwrap();
    let source = Source { reader: records, name: "bench".into(), origin: None };
    warden.import(source, &ImportOptions::default(), "bench", |_| Ok(())).unwrap();
    // A log without a key ends no segment of its decisions.
    warden.verifier().unwrap();
    warden
}

/// Gives the log to ada.
pub fn hold(warden: &mut Warden) {
    warden.sign_with(Box::new(ada()));
    let key = ada().public_key().bytes().to_base64();
    let ada = Newcomer { name: "ada".to_owned(), key, role: Role::Admin, accepted: None };
    let log_key = warden.verifier().unwrap().to_string();
    let init = Init { operators: vec![ada], threshold: 0, recovery: Vec::new(), solo: true, log_key };
    warden.init(init, Word::of("ada", "bench")).unwrap();
}

impl Site {
    pub fn open(warden: Warden, hand: Hand) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let limits = Limits { rate: u32::MAX, burst: u32::MAX, ..Limits::default() };
        let settings = Settings {
            name: "verifier".to_owned(),
            authorities: Vec::new(),
            listen: vec![SocketAddr::from(([127, 0, 0, 1], 0))],
            operators: Vec::new(),
            socket: None,
            tls: None,
            limits,
            clock: Arc::new(hand),
            on_change: meshwarden::notify::Notifier::default(),
        };
        let bound = runtime.block_on(server::bind(warden, settings)).unwrap();
        let (address, verifier) = (*bound.addresses.first().unwrap(), bound.verifier());
        let (end, ended) = oneshot::channel();
        let running = runtime.spawn(bound.run(async move { drop(ended.await) }));
        Self { address, verifier, runtime, end: Some(end), running: Some(running) }
    }

    /// The runtime on which it is served.
    pub const fn runtime(&self) -> &Runtime {
        &self.runtime
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(running) = self.running.take() {
            drop(self.runtime.block_on(running));
        }
    }
}
