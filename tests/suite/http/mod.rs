//! A real verifier on loopback, asked by the real client.

mod access;
mod beat;
mod certificate;
mod changes;
pub mod chaos;
mod contract;
mod described;
pub mod early;
mod ended;
mod following;
mod forward;
mod hook;
mod limits;
pub mod lying;
mod metrics;
mod past;
mod quiet;
mod receipts;
mod register;
pub mod remote;
mod signed;
mod tokens;
mod trusted;

use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt as _;
use std::sync::Arc;

use meshwarden::client::{Client, Identity};
use meshwarden::identity::{Did, SecretKey};
use meshwarden::server::{self, Limits, Settings};
use meshwarden::warden::{Context, Place, SystemClock, SystemEntropy, Warden};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::cli_enrol::Enrolled;

/// A mesh held by ada and bo, admins, served on loopback; rex is a responder and vi a viewer, edge an enforcement point
/// and behaviour a source of signals.
pub struct Served {
    pub mesh: Enrolled,
    pub address: SocketAddr,
    /// The door of operators, if they have one of their own.
    pub operators: Option<SocketAddr>,
    end: Option<oneshot::Sender<()>>,
    running: Option<JoinHandle<Warden>>,
}

/// The mesh, not served yet.
pub fn held_mesh() -> Enrolled {
    // The cryptography of those who ask, whichever test of this process is the first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mesh = Enrolled::new();
    for name in ["ada", "bo", "rex", "vi", "edge", "behaviour"] {
        mesh.key(&format!("{name}.pem"));
    }
    let admin = |name: &str| format!("{name}={}", mesh.public(&format!("{name}.pem")));
    let (ada, bo) = (admin("ada"), admin("bo"));
    let init = ["init", "--admin", &ada, "--admin", &bo, "--no-recovery", "--operator-key", "@ada.pem"];
    mesh.run(&init).expect_code(0);
    for (name, role) in [("rex", "responder"), ("vi", "viewer")] {
        join(&mesh, name, role);
    }
    let uid = std::fs::metadata(mesh.home.path("ada.pem")).unwrap().uid().to_string();
    for (name, more) in [("edge", ["--uid", &uid]), ("behaviour", ["--role", "signal-source"])] {
        let key = mesh.public(&format!("{name}.pem"));
        let enrol = ["point", "enrol", name, "--key", &key, "--operator-key", "@ada.pem"];
        mesh.run(&[&enrol[..], &more].concat()).expect_code(0);
    }
    mesh
}

impl Served {
    pub async fn new() -> Self {
        Self::with(Limits::default()).await
    }

    pub async fn with(limits: Limits) -> Self {
        let mut served = Self::unserved();
        served.start(limits).await;
        served
    }

    /// A verifier that is reached through somebody else, whose address callers sign.
    pub async fn behind(address: SocketAddr) -> Self {
        let mut served = Self::unserved();
        let mut settings = served.settings(Limits::default());
        settings.authorities = vec![address.to_string()];
        served.serve(settings).await;
        served
    }

    fn unserved() -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        Self { mesh: held_mesh(), address, operators: None, end: None, running: None }
    }

    /// Opens the directory and serves it, at the same address as before.
    pub async fn start(&mut self, limits: Limits) {
        self.serve(self.settings(limits)).await;
    }

    /// How it is served: on one door for everybody.
    pub fn settings(&self, limits: Limits) -> Settings {
        Settings {
            name: "mesh".to_owned(),
            authorities: Vec::new(),
            listen: vec![self.address],
            operators: Vec::new(),
            socket: Some(self.socket()),
            tls: None,
            limits,
            clock: Arc::new(SystemClock),
            on_change: meshwarden::notify::Notifier::default(),
        }
    }

    pub async fn serve(&mut self, settings: Settings) {
        let bound = server::bind(self.open(), settings).await.unwrap();
        self.address = bound.addresses[0];
        self.operators = bound.addresses.get(1).copied();
        let (end, ended) = oneshot::channel();
        self.end = Some(end);
        self.running = Some(tokio::spawn(bound.run(async move { drop(ended.await) })));
    }

    /// Ends the verifier, and gives its warden.
    pub async fn stop(&mut self) -> Warden {
        drop(self.end.take());
        self.running.take().unwrap().await.unwrap()
    }

    /// The served directory, opened by another process, as it were.
    pub fn open(&self) -> Warden {
        let directory = self.directory();
        let context = Context::of_this_machine(directory.clone(), "tester".to_owned());
        context.open(&Place::Directory(directory), |_| Ok(())).unwrap().warden
    }

    pub fn directory(&self) -> std::path::PathBuf {
        self.mesh.home.path("data").join("meshwarden")
    }

    /// Where programs of this machine ask.
    pub fn socket(&self) -> std::path::PathBuf {
        self.mesh.home.path("verifier.sock")
    }

    pub fn key(&self, name: &str) -> SecretKey {
        self.mesh.secret(&format!("{name}.pem"))
    }

    /// Nobody in particular.
    pub fn stranger(&self) -> Client {
        let base = format!("http://{}", self.address);
        Client::new(&base, Box::new(SystemClock), Box::new(SystemEntropy)).unwrap()
    }

    /// Somebody who knows the key of the log, and so takes the time that it signs.
    fn pinned(&self) -> Client {
        let client = self.stranger();
        client.pin(self.open().verifier().unwrap());
        client
    }

    /// An operator, or anybody with a name.
    pub fn named(&self, name: &str) -> Client {
        let client = self.pinned();
        client.sign_as(Identity::named(name, self.key(name)));
        client
    }

    /// The root agent.
    pub fn planner(&self) -> Client {
        let client = self.pinned();
        client.sign_as(Identity::agent(&Did::parse(&self.mesh.planner).unwrap(), self.key("planner")));
        client
    }
}

fn join(mesh: &Enrolled, name: &str, role: &str) {
    let invitation = mesh.run(&["operator", "invite", name, "--role", role]).expect_code(0).stdout;
    mesh.home.file("invitation", invitation);
    let key = format!("@{name}.pem");
    let accepted = mesh.run(&["operator", "accept", "@invitation", "--key", &key]).expect_code(0).stdout;
    mesh.home.file("accepted", accepted);
    let add = ["operator", "add", "@accepted", "--reason", "joins", "--operator-key", "@ada.pem"];
    mesh.run(&add).expect_code(3);
    let waiting = mesh.run(&["change", "list", "--json"]).expect_code(0).stdout;
    let id = crate::cli_mesh::values(&waiting)[0]["id"].as_str().unwrap().to_owned();
    mesh.run(&["change", "approve", &id, "--operator-key", "@bo.pem"]).expect_code(0);
}

/// The code with which a verifier refused; `done` when it did not.
pub fn code<T>(answer: Result<T, meshwarden::client::ClientError>) -> String {
    answer.err().map_or_else(|| "done".to_owned(), |error| error.code().to_owned())
}

/// The HTTP status with which a verifier refused; 200 when it did not.
pub fn status<T>(answer: &Result<T, meshwarden::client::ClientError>) -> u16 {
    match answer {
        Ok(_) => 200,
        Err(meshwarden::client::ClientError::Refused { status, .. }) => *status,
        Err(error) => panic!("{error}"),
    }
}
