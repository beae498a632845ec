//! `serve`: the warden of a data directory over HTTP.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::error::CliError;
use super::output::note;
use super::session::Session;
use super::{Exit, source};
use crate::server::{self, Limits, Settings};
use crate::warden::{Place, SystemClock};

/// `serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// Address to listen on; may be repeated
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7443")]
    pub listen: Vec<SocketAddr>,
    /// Address for operators alone, whose connections nobody else can use up
    #[arg(long, value_name = "ADDRESS")]
    pub operator_listen: Vec<SocketAddr>,
    /// Unix socket for enforcement points on this machine
    #[arg(long, value_name = "PATH")]
    pub socket: Option<PathBuf>,
    /// The name under which agents know this verifier: the aud of their proofs
    #[arg(long, value_name = "NAME", default_value = "meshwarden")]
    pub name: String,
    /// Host and port under which this verifier is asked, beside its addresses; may be repeated
    #[arg(long, value_name = "HOST:PORT")]
    pub authority: Vec<String>,
    /// Certificate chain in PEM, this verifier's own certificate first
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// Its private key in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Serve plain HTTP to other machines: everybody on the way can read and hold back what is said
    #[arg(long)]
    pub insecure_plaintext: bool,
    /// Connections at once on each address
    #[arg(long, value_name = "COUNT", default_value_t = Limits::default().connections)]
    pub connections: usize,
    /// Requests a second that one peer may send on average; twice as many in a moment
    #[arg(long, value_name = "COUNT", default_value_t = Limits::default().rate)]
    pub rate: u32,
}

/// What the help says at its end.
pub const AFTER: &str = "\
Agents, enforcement points and consoles sign every request (RFC 9421); see /v1/openapi.json for what they may ask. Plain \
HTTP is served on loopback only. One line of JSON on standard error tells of every request; MESHWARDEN_LOG=warn tells \
less. `on_change` and `on_change_url` of the configuration file are told of every suspension, revocation, lock and \
reactivation: a compact JWS of type mesh-change+jwt, under a key of /.well-known/jwks.json. SIGTERM and SIGINT let running requests end, for at most 10 s.

Examples:
  meshwarden serve
  meshwarden serve --listen 0.0.0.0:7443 --authority mesh.example:7443 --tls-cert mesh.pem --tls-key mesh.key

Exit codes: 0 ended as it was told; 2 usage; 5 an address, a file or the data directory cannot be used.";

/// Runs it.
///
/// # Errors
/// [`CliError`].
pub fn run(serve: &Serve, session: &mut Session) -> Result<Exit, CliError> {
    let place @ Place::Directory(_) = source::place(session)? else {
        return Err(CliError::Usage("only a data directory is served; name it with --data"));
    };
    let tls = match (&serve.tls_cert, &serve.tls_key) {
        (Some(certificate), Some(key)) => Some(server::tls(certificate, key)?),
        _ => None,
    };
    let exposed = serve.listen.iter().chain(&serve.operator_listen).find(|at| !at.ip().is_loopback());
    if let (None, Some(_)) = (&tls, exposed) {
        if !serve.insecure_plaintext {
            return Err(CliError::Usage(
                "plain HTTP is served on loopback only; give --tls-cert and --tls-key, or say --insecure-plaintext",
            ));
        }
        note(
            "WARNING: PLAIN HTTP to other machines: whoever is on the way reads everything and can hold it back",
        );
    }
    let anywhere = serve.listen.iter().chain(&serve.operator_listen).any(|at| at.ip().is_unspecified());
    if anywhere && serve.authority.is_empty() {
        return Err(CliError::Usage(
            "say under which name this verifier is asked: --authority HOST:PORT; requests are signed for one",
        ));
    }
    let warden = source::open(&place, session)?.warden;
    if !warden.snapshot().operators.held() {
        note(
            "WARNING: nobody holds this log: no operator can change anything over HTTP; see: meshwarden init --help",
        );
    }
    let limits = Limits {
        connections: serve.connections.max(1),
        rate: serve.rate.max(1),
        burst: serve.rate.max(1).saturating_mul(2),
        ..Limits::default()
    };
    let settings = Settings {
        name: serve.name.clone(),
        authorities: serve.authority.clone(),
        listen: serve.listen.clone(),
        operators: serve.operator_listen.clone(),
        socket: serve.socket.clone(),
        tls,
        limits,
        clock: Arc::new(SystemClock),
        on_change: session.on_change(),
    };
    log_to_stderr();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut ends = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let bound = server::bind(warden, settings).await?;
        for address in &bound.addresses {
            session.output.line(&format!("listening on {address}"))?;
        }
        session.output.flush()?;
        let verifier = bound.verifier();
        let end = async move {
            tokio::select! {
                _ = ends.0.recv() => {}
                _ = ends.1.recv() => {}
                () = verifier.fallen() => {}
            }
        };
        bound.run(end).await;
        Ok(Exit::Yes)
    })
}

/// One line of JSON for each event.
fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("MESHWARDEN_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let _ = tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}
