//! From a warden to an open door, and back.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use super::hook::{self, Hook};
use super::limits::Limits;
use super::listen::{self, Door};
use super::readers::Readers;
use super::routes;
use super::verifier::Verifier;
use crate::notify::Notifier;
use crate::store::{Notices, StoreError};
use crate::warden::{Clock, Decider, Requests, Warden, Writer};

/// Where and how a warden is served.
pub struct Settings {
    /// The name under which agents know the verifier: the `aud` of their proofs.
    pub name: String,
    /// Further hosts, with their ports, under which it is asked; its addresses count always.
    pub authorities: Vec<String>,
    /// Addresses; port 0 is any that is free.
    pub listen: Vec<SocketAddr>,
    /// Addresses for operators, whose connections nobody else can take.
    pub operators: Vec<SocketAddr>,
    /// A Unix socket, for enforcement points on this machine.
    pub socket: Option<PathBuf>,
    /// TLS of the addresses.
    pub tls: Option<Arc<ServerConfig>>,
    /// Bounds.
    pub limits: Limits,
    /// The clock.
    pub clock: Arc<dyn Clock + Sync>,
    /// Who is told when somebody is stopped or woken.
    pub on_change: Notifier,
}

/// Why the verifier does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// An address cannot be listened on.
    #[error("{place}: {error}")]
    Listen {
        /// The address, or the path of the socket.
        place: String,
        /// What the system says.
        error: io::Error,
    },
    /// Another process serves the directory, or nobody knows what was taken before.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system gives no thread.
    #[error("no thread can be started: {0}")]
    Thread(io::Error),
}

impl ServeError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Listen { .. } => "listen_failed",
            Self::Store(error) => error.code(),
            Self::Thread(_) => "no_thread",
        }
    }
}

/// A verifier whose doors are open.
pub struct Bound {
    /// The addresses, in the order of the settings, those for operators last.
    pub addresses: Vec<SocketAddr>,
    verifier: Arc<Verifier>,
    doors: Vec<Door>,
    limits: Limits,
    writer: Writer,
    decider: JoinHandle<()>,
}

/// Opens the doors; nobody is answered yet.
///
/// # Errors
/// [`ServeError`].
pub async fn bind(warden: Warden, settings: Settings) -> Result<Bound, ServeError> {
    let Settings { name, authorities, listen, operators, socket, tls, limits, clock, on_change } = settings;
    let tls = tls.map(TlsAcceptor::from);
    let (mut addresses, mut doors) = (Vec::new(), Vec::new());
    for address in listen.into_iter().chain(operators) {
        let failed = |error| ServeError::Listen { place: address.to_string(), error };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        addresses.push(listener.local_addr().map_err(failed)?);
        doors.push(Door::Tcp(listener, tls.clone()));
    }
    if let Some(path) = socket {
        let failed = |error| ServeError::Listen { place: path.display().to_string(), error };
        // A socket that an earlier process left answers nobody.
        if std::os::unix::net::UnixStream::connect(&path).is_err() {
            let _ = std::fs::remove_file(&path);
        }
        doors.push(Door::Unix(UnixListener::bind(&path).map_err(failed)?));
    }
    let mut authorities = authorities;
    for address in &addresses {
        authorities.push(address.to_string());
        if address.ip().is_loopback() {
            authorities.push(format!("localhost:{}", address.port()));
        }
    }
    let (decided, size) = (warden.decisions_ground(), warden.snapshot().head.size);
    let requests = decided.0.as_deref().map_or_else(|| Ok(Requests::passing()), Requests::of)?;
    let hook = hook_of(&warden, on_change, (decided.0.as_deref(), size))?;
    let readers = Readers::new(warden.reader()?);
    let (news, heard) = watch::channel(None);
    let writer = Writer::start_telling(
        warden,
        Box::new(move |shown| drop(news.send_replace(Some(Arc::clone(shown))))),
    );
    let writer = writer.map_err(ServeError::Thread)?;
    let caller = writer.caller();
    let (keeper, decider) =
        Decider::start(decided, caller.clone(), Arc::clone(&clock)).map_err(ServeError::Thread)?;
    let verifier = Arc::new(Verifier::new(
        name,
        clock,
        (caller, keeper),
        (heard, size),
        (readers, hook),
        (&limits, requests, authorities),
    ));
    Ok(Bound { addresses, verifier, doors, limits, writer, decider })
}

/// Goes on telling where the last process of this directory ended; while nobody is to be told, nothing is kept for later.
fn hook_of(
    warden: &Warden,
    on_change: Notifier,
    (directory, size): (Option<&Path>, u64),
) -> Result<Hook, StoreError> {
    if let (false, Some(directory)) = (on_change.is_set(), directory) {
        Notices::forget(directory)?;
    }
    let directory = directory.filter(|_| on_change.is_set());
    let notices = Notices::begin(directory, &warden.snapshot().log.to_string(), size)?;
    Ok(Hook::new(on_change, notices))
}

impl Bound {
    /// What the doors lead to.
    pub fn verifier(&self) -> Arc<Verifier> {
        Arc::clone(&self.verifier)
    }

    /// Answers until `end` is ready, then lets running requests end, and gives the warden back.
    pub async fn run(self, end: impl Future<Output = ()>) -> Warden {
        let Self { verifier, doors, limits, writer, decider, .. } = self;
        let (ending, ended) = watch::channel(false);
        let mut tasks = JoinSet::new();
        for door in doors {
            tasks.spawn(listen::serve(door, routes::router(&verifier), limits, ended.clone()));
        }
        let following = Arc::clone(&verifier);
        let mut telling = tokio::spawn(hook::follow(Arc::clone(&verifier), ended));
        let following = tokio::spawn(async move { following.hub.follow(&following).await });
        end.await;
        ending.send_replace(true);
        while tasks.join_next().await.is_some() {}
        // A notice that is under way may end: else it comes again.
        let _ = tokio::time::timeout(limits.drain, &mut telling).await;
        following.abort();
        telling.abort();
        verifier.stop();
        // What was handed in is answered; neither thread waits for anybody.
        let joined = tokio::task::spawn_blocking(move || {
            let _ = decider.join();
            writer.stop()
        });
        match joined.await {
            Ok(warden) => warden,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
    }
}
