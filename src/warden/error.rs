//! What can go wrong between a wish and the log, sorted by who must act.

use std::path::PathBuf;

use crate::audit::{EntryError, NoteError};
use crate::change::operators::OperatorError;
use crate::change::{ChangeError, FactError, FoldError, PlanError};
use crate::identity::{Did, RecordError};
use crate::ingest::{IngestError, ScoresError};
use crate::keystore::{KeystoreError, file_words};
use crate::policy::NoRoom;
use crate::store::StoreError;

use super::{Lie, UpstreamError};

/// Why the warden could not.
#[derive(Debug, thiserror::Error)]
pub enum WardenError {
    /// The verifier that has the log gave no answer.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// It is signed and kept, and goes to the verifier as soon as it answers.
    #[error("NOT YET IN FORCE: {why}; it is signed and kept, and goes there as soon as somebody answers")]
    NotYetInForce {
        /// Why not.
        why: String,
    },
    /// The verifier says that it has taken it; nobody could look yet.
    #[error("the verifier took it as entry {index}, and that could not be checked here yet: {why}")]
    TakenUnseen {
        /// The entry.
        index: u64,
        /// Why nobody could look.
        why: String,
    },
    /// The verifier that has the log contradicts what it signed.
    #[error("THE VERIFIER CONTRADICTS ITSELF: {0}")]
    Lie(Lie),
    /// The place is read-only.
    #[error("this context is read-only: nothing that gives authority is signed here")]
    ReadOnly,
    /// Only whoever has the log itself can do it.
    #[error("{what}: only where the log itself lies, not through a verifier")]
    AtTheVerifier {
        /// What.
        what: &'static str,
    },
    /// The input file is refused.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// The file of scores is refused.
    #[error(transparent)]
    Scores(#[from] ScoresError),
    /// The wish cannot be planned.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The change breaks a rule of its form.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// A file or directory cannot be used.
    #[error("{}: {}", path.display(), file_words(*problem))]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        problem: std::io::ErrorKind,
    },
    /// The path cannot be opened as a registry.
    #[error("{}: {problem}", path.display())]
    NotARegistry {
        /// Which.
        path: PathBuf,
        /// Why.
        problem: &'static str,
    },
    /// What is said does not follow from the log; nothing was taken.
    #[error(transparent)]
    Fact(#[from] FactError),
    /// The parent has as many children, or descendants, as policy lets it have.
    #[error("{parent}: {error}{}", if error.seal.is_some() { "; the parent is sealed now" } else { "" })]
    NoRoom {
        /// The parent.
        parent: Did,
        /// Which limit.
        error: NoRoom,
    },
    /// The record cannot be registered.
    #[error("{error}")]
    Register {
        /// The new agent.
        did: Did,
        /// Why.
        error: crate::registry::RegisterError,
    },
    /// The log's key cannot be used.
    #[error("{}: {error}", path.display())]
    Key {
        /// Its file.
        path: PathBuf,
        /// Why.
        error: KeystoreError,
    },
    /// The key in the directory is not the one that the admins announced.
    #[error("{}: is not the key that the log announced; heads signed with it prove nothing", path.display())]
    OtherLogKey {
        /// Its file.
        path: PathBuf,
    },
    /// The admins announced a key, and the directory has none.
    #[error("{}: the key that signs the log's heads is not there", path.display())]
    LostLogKey {
        /// Where it should be.
        path: PathBuf,
    },
    /// The head cannot be signed.
    #[error("the head of the log cannot be signed: it {error}")]
    Unsigned {
        /// Why.
        error: NoteError,
    },
    /// The log has no such place yet.
    #[error("the log has {size} entries, not {asked}")]
    NotYet {
        /// How many were asked for.
        asked: u64,
        /// How many there are.
        size: u64,
    },
    /// The operator's key cannot be had.
    #[error("the operator's key (--operator-key, or operator_key in the configuration): {0}")]
    Hand(KeystoreError),
    /// Whoever ordered it may not.
    #[error(transparent)]
    Operator(#[from] OperatorError),
    /// The system gives no entropy.
    #[error("the system gives no random bits")]
    NoEntropy,
    /// The store cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An entry in the log has no readable form.
    #[error("entry {index}: {error}")]
    Entry {
        /// Its place.
        index: u64,
        /// What is wrong.
        error: EntryError,
    },
    /// An entry does not follow from the log before it.
    #[error("entry {index}: {error}")]
    Fold {
        /// Its place.
        index: u64,
        /// What is wrong.
        error: FoldError,
    },
    /// A stored record has no readable form.
    #[error("record {row}: {error}")]
    Record {
        /// Its place.
        row: u32,
        /// What is wrong.
        error: RecordError,
    },
    /// Another process registered the DID while the records were read.
    #[error("{did} was registered by somebody else meanwhile; nothing was taken")]
    TakenMeanwhile {
        /// The DID.
        did: Did,
    },
    /// The directory is no backup that holds.
    #[error("{}: {error}", path.display())]
    Backup {
        /// Which.
        path: PathBuf,
        /// Why.
        error: super::BackupError,
    },
    /// The agents that a change froze changed before it was carried out.
    #[error("the agents changed since the change was ordered; nothing was done")]
    MovedOn,
    /// An entry of an older program names people itself.
    #[error(
        "entry {index} was written before there were commitments, and names people itself; nothing was forgotten"
    )]
    InClear {
        /// Its place.
        index: u64,
    },
    /// A stored record is not there.
    #[error("record {row} is missing")]
    MissingRecord {
        /// Its place.
        row: u32,
    },
    /// A record would come below an agent that is sealed.
    #[error("{did} would come below {sealed}, which entry {entry} sealed; nothing was taken")]
    BelowSealed {
        /// The record's agent.
        did: Did,
        /// The sealed agent above it.
        sealed: Did,
        /// The log index of the seal.
        entry: u64,
    },
    /// The file is another than the one that was compared.
    #[error("{}: was written again since it was compared; nothing was taken", path.display())]
    FileMoved {
        /// Which.
        path: PathBuf,
    },
    /// A stored record repeats the DID of an earlier one.
    #[error("record {row} repeats a DID")]
    RepeatedRecord {
        /// Its place.
        row: u32,
    },
}

impl WardenError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Upstream(error) => error.code(),
            Self::NotYetInForce { .. } => "not_yet_in_force",
            Self::TakenUnseen { .. } => "taken_unseen",
            Self::Lie(lie) => lie.code(),
            Self::ReadOnly => "context_read_only",
            Self::AtTheVerifier { .. } => "at_the_verifier",
            Self::Ingest(error) => error.code(),
            Self::Scores(error) => error.fault.code(),
            Self::Plan(error) => error.code(),
            Self::Change(error) => error.code(),
            Self::File { .. } => "file_unusable",
            Self::NotARegistry { .. } => "not_a_registry",
            Self::Fact(error) => error.code(),
            Self::NoRoom { error, .. } => error.code(),
            Self::Register { error, .. } => error.code(),
            Self::Key { error, .. } => error.code(),
            Self::OtherLogKey { .. } => "log_key_not_announced",
            Self::LostLogKey { .. } => "log_key_lost",
            Self::Unsigned { error } => error.code(),
            Self::NotYet { .. } => "log_too_short",
            Self::Hand(error) => error.code(),
            Self::Operator(error) => error.code(),
            Self::NoEntropy => "no_entropy",
            Self::Store(error) => error.code(),
            Self::Entry { error, .. } => error.code(),
            Self::Fold { error, .. } => error.code(),
            Self::Record { .. } | Self::RepeatedRecord { .. } | Self::MissingRecord { .. } => {
                "stored_record_damaged"
            }
            Self::Backup { error, .. } => error.code(),
            Self::MovedOn => "stale_plan",
            Self::InClear { .. } => "erase_in_clear",
            Self::TakenMeanwhile { .. } => "duplicate",
            Self::BelowSealed { .. } => "below_sealed",
            Self::FileMoved { .. } => "file_moved",
        }
    }

    /// Why a new entry, to be at `index`, is refused.
    pub(super) fn refused(error: FoldError, index: u64) -> Self {
        match error {
            FoldError::Fact(error) => error.into(),
            FoldError::Operator(error) => error.into(),
            FoldError::Plan(error) => error.into(),
            FoldError::OtherTargets => Self::MovedOn,
            error => Self::Fold { index, error },
        }
    }

    /// A file error with the path that it is about.
    pub(super) fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::File { path: path.to_owned(), problem: error.kind() }
    }
}
