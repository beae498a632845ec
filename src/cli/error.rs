//! Why a command failed, sorted by who must act.

use std::io;
use std::path::{Path, PathBuf};

use super::config::{Config, ConfigError};
use super::said::{Input, Name, Refused, Said, Warned, meant};
use crate::audit::{CheckpointError, EvidenceError, SearchError};
use crate::backend::RemoteError;
use crate::change::PlanError;
use crate::delegation::scope_chain::Malformed;
use crate::delegation::{DelegationError, Denial};
use crate::encoding::members::MembersError;
use crate::handshake::HandshakeError;
use crate::identity::{Did, KeyId, RevocationError};
use crate::ingest::{IngestError, ScoresError};
use crate::keystore::{KeystoreError, file_words};
use crate::policy::{PolicyError, span_text};
use crate::registry::find::FindError;
use crate::registry::query::QueryError;
use crate::server::{ServeError, TlsError};
use crate::time::Span;
use crate::verify::Unreadable;
use crate::warden::WardenError;
use crate::wire::codes;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    // Whoever typed the command.
    /// The arguments do not fit together.
    #[error("{0}")]
    Usage(&'static str),
    /// The text names no agent, or several.
    #[error("{0}")]
    Find(#[from] FindError),
    /// A query means nobody.
    #[error("the query means nobody; nothing was changed")]
    Nobody,
    /// A query for agents has a mistake.
    #[error("{0}")]
    Query(#[from] QueryError),
    /// A query for decisions has a mistake.
    #[error("{0}")]
    Search(#[from] SearchError),
    /// A code that the table does not have.
    #[error("{code:?} is no code{}", meant(*.near))]
    UnknownCode {
        /// What was typed.
        code: String,
        /// What was probably meant.
        near: Option<&'static str>,
    },
    /// The configuration has no context of this name.
    #[error("{name:?} is no context{}", meant(.near.as_deref()))]
    UnknownContext {
        /// What was typed.
        name: String,
        /// What was probably meant.
        near: Option<String>,
    },
    /// The path to open is not there.
    #[error("{}: there is no such file or directory{}", .path.display(), meant(*.near))]
    NothingThere {
        /// What was typed.
        path: PathBuf,
        /// The command that was probably meant.
        near: Option<&'static str>,
    },
    /// A confirmation is needed and cannot be asked for.
    #[error("this changes agents, and there is no terminal to confirm it on")]
    NoTerminal,
    /// The operator did not confirm.
    #[error("not confirmed; nothing was changed")]
    NotConfirmed,
    /// The data directory holds nothing yet, or the registry file has no log yet.
    #[error("{}: nothing was imported or opened here yet", .0.display())]
    NoRegistry(PathBuf),
    /// There is no place for the data directory.
    #[error("neither --data, XDG_DATA_HOME nor HOME names a place for the data directory")]
    NoDataDirectory,
    /// What the operator saw is no longer so.
    #[error("{count} of the agents that were shown changed meanwhile, first {first}; nothing was done")]
    Stale {
        /// How many.
        count: usize,
        /// One of them.
        first: Did,
    },
    /// The console was asked for without a terminal.
    #[error("the console needs a terminal")]
    ConsoleNeedsTerminal,
    /// All records were replaced while the operator looked at them.
    #[error("all records were replaced meanwhile; nothing was done")]
    Replaced,

    /// An agent below another acts with a chain, and there is none.
    #[error("{did} has no chain: none was given, and the log has none that has not expired")]
    NoChain {
        /// The agent.
        did: Did,
    },
    /// The delegation breaks a rule.
    #[error("{0}")]
    Delegation(#[from] DelegationError),
    /// What should be signed would count for nothing.
    #[error("{}", Said(.0))]
    Denied(Denial),
    /// A token is asked for that lives longer than the policy lets it.
    #[error("--ttl {} is longer than the {} that the policy in force allows (tokens.ttl_max)",
        span_text(*.asked), span_text(*.most))]
    Lifetime {
        /// What was asked for.
        asked: Span,
        /// What the policy allows.
        most: Span,
    },

    // Whoever wrote the file.
    /// The file is no chain.
    #[error("{}: {}", Input(.path), Said(.denial))]
    Chain {
        /// The file.
        path: PathBuf,
        /// Why not.
        denial: Denial,
    },
    /// The file is no statement of an attester.
    #[error("{}: the statement {error}", Input(.path))]
    Statement {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: MembersError,
    },
    /// The file is no revocation list.
    #[error("{}: {error}", Input(.path))]
    Revocations {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: RevocationError,
    },
    /// The file is longer than any that fits.
    #[error("{}: is longer than {most} bytes", Input(.path))]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The limit.
        most: usize,
    },
    /// The file is no request, or no verdict.
    #[error("{}: {error}", Input(.path))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What it should have been.
        error: Unreadable,
    },
    /// The file is no evidence.
    #[error("{}: {error}", Input(.path))]
    Evidence {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: EvidenceError,
    },
    /// The file is no checkpoint of this log.
    #[error("{}: {error}", Input(.path))]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: CheckpointError,
    },
    /// The file is no scope chain.
    #[error("{}: {error}", Input(.path))]
    ScopeChain {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: Malformed,
    },
    /// The configuration is wrong.
    #[error("{0}")]
    Config(#[from] Box<ConfigError>),
    /// A policy, its rules, or its cases are wrong.
    #[error("{}{}{error}", .path.display(), if error.place.is_some() { ":" } else { ": " })]
    Policy {
        /// The file.
        path: PathBuf,
        /// Where and why.
        error: Box<PolicyError>,
    },
    /// A registry is refused.
    #[error("{}", Refused(.path, .error))]
    Ingest {
        /// The file.
        path: PathBuf,
        /// Where and why.
        error: IngestError,
    },
    /// A scores file is refused.
    #[error("{}:{}: {}{}", Input(.path), .error.line, Name(.error.did.as_ref()), .error.fault)]
    Scores {
        /// The file.
        path: PathBuf,
        /// Where and why.
        error: ScoresError,
    },

    /// A key file, or the file of a passphrase, cannot be used.
    #[error("{}: {}", .path.display(), .error)]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        error: KeystoreError,
    },
    /// The key in the file is not the agent's.
    #[error("{}: holds {held}, which is no key of {did}", .path.display())]
    OtherKey {
        /// The file.
        path: PathBuf,
        /// What it holds.
        held: KeyId,
        /// The agent.
        did: Did,
    },
    /// A message of a handshake is none.
    #[error("{}: {error}", Input(.path))]
    Message {
        /// The file.
        path: PathBuf,
        /// Why.
        error: HandshakeError,
    },
    /// A handshake cannot begin as it was asked for.
    #[error("{0}")]
    Handshake(#[from] HandshakeError),

    // Whoever owns the machine.
    /// A file cannot be opened.
    #[error("{}: {}", Input(.path), file_words(*.kind))]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        kind: io::ErrorKind,
    },
    /// The warden could not.
    #[error("{}", Warned(.0))]
    Warden(#[from] WardenError),
    /// A verifier cannot be opened.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The verifier cannot be started.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// There is no TLS with these files.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Standard output cannot be written.
    #[error("the output could not be written: {0}")]
    Output(io::ErrorKind),
    /// The change lasts, and its receipt could not be written.
    #[error("the change was made and lasts (entry {index}), but the output could not be written: {kind}")]
    Unsaid {
        /// Its place in the log.
        index: u64,
        /// Why.
        kind: io::ErrorKind,
    },
    /// The terminal refused the console.
    #[error(transparent)]
    Console(#[from] crate::tui::ConsoleError),
    /// Nobody reads standard output any more.
    #[error("nobody reads the output any more")]
    BrokenPipe,
}

impl CliError {
    /// There is no such context; perhaps another was meant.
    pub fn unknown_context(name: &str, config: &Config) -> Self {
        let names = config.contexts.iter().map(|table| table.badge.name());
        let near = crate::text::nearest(name, names).map(str::to_owned);
        Self::UnknownContext { name: name.to_owned(), near }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Usage(_) => "usage",
            Self::Find(error) => error.code(),
            Self::Nobody => "query_nobody",
            Self::Query(error) => error.code(),
            Self::Search(error) => error.code(),
            Self::UnknownCode { .. } => "code_unknown",
            Self::UnknownContext { .. } => "context_unknown",
            Self::NothingThere { .. } => "nothing_there",
            Self::NoTerminal => "no_terminal",
            Self::NotConfirmed => "not_confirmed",
            Self::NoRegistry(_) => "no_registry_yet",
            Self::NoDataDirectory => "no_data_directory",
            Self::Stale { .. } | Self::Replaced => "stale_plan",
            Self::NoChain { .. } => "no_chain",
            Self::Delegation(error) => error.code(),
            Self::Denied(denial) | Self::Chain { denial, .. } => denial.code,
            Self::Lifetime { .. } => "policy_lifetime_exceeded",
            Self::Statement { error, .. } => error.code(),
            Self::Revocations { error, .. } => error.code(),
            Self::TooLong { .. } => "message_too_long",
            Self::OtherKey { .. } => "key_unknown",
            Self::Unreadable { error, .. } => error.code(),
            Self::ScopeChain { error, .. } => error.code(),
            Self::Evidence { error, .. } => error.code(),
            Self::Checkpoint { error, .. } => error.code(),
            Self::Warden(error) => error.code(),
            Self::Remote(error) => error.code(),
            Self::Serve(error) => error.code(),
            Self::Tls(error) => error.code(),
            Self::ConsoleNeedsTerminal => "console_needs_terminal",
            Self::Config(error) => error.code(),
            Self::Policy { error, .. } => error.code(),
            Self::Ingest { error, .. } => error.fault().code(),
            Self::Scores { error, .. } => error.fault.code(),
            Self::Key { error, .. } => error.code(),
            Self::Message { error, .. } | Self::Handshake(error) => error.code(),
            Self::File { .. } => "file_unreadable",
            Self::Output(_) => "output_failed",
            Self::Unsaid { .. } => "receipt_unwritten",
            Self::Console(_) => "terminal_unusable",
            Self::BrokenPipe => "broken_pipe",
        }
    }

    /// What to do about it: what the error itself knows, else what the table of codes says.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Ingest { error, .. } => error.fault().fix(),
            Self::Scores { error, .. } => error.fault.fix(),
            Self::Warden(WardenError::Ingest(error)) => error.fault().fix(),
            Self::Warden(WardenError::Scores(error)) => error.fault.fix(),
            _ => codes::advice(self.code()),
        }
    }

    /// What went wrong with the output behind the entry `index`, which lasts.
    pub fn after(self, index: u64) -> Self {
        match self {
            Self::Output(kind) => Self::Unsaid { index, kind },
            other => other,
        }
    }

    /// A file that cannot be opened or read.
    pub fn file(path: &Path, error: &io::Error) -> Self {
        Self::File { path: path.to_owned(), kind: error.kind() }
    }
}

impl From<PlanError> for CliError {
    fn from(error: PlanError) -> Self {
        Self::Warden(error.into())
    }
}

impl From<io::Error> for CliError {
    /// Of writing the output; every other failure names its file.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::BrokenPipe,
            kind => Self::Output(kind),
        }
    }
}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> Self {
        Self::Config(Box::new(error))
    }
}
