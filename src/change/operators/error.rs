//! Why a change is not taken from whoever orders it.

use super::{MAX_ENROLLED, MAX_KEYS, MAX_OPERATORS, MAX_RECOVERY, MAX_WAITING, Role};
use crate::change::ChangeError;

/// Why the operators' order does not count, sorted by who must act.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OperatorError {
    // Whoever orders it.
    /// Nobody signed.
    #[error("the log has operators, so a change must be signed by one")]
    NotSigned,
    /// The key is nobody's.
    #[error("no operator has the key {kid}")]
    UnknownKey {
        /// Which, as `name#key-id`.
        kid: String,
    },
    /// The operator may not act.
    #[error("the operator {name} is {standing}")]
    Stopped {
        /// Who.
        name: String,
        /// Suspended, or removed.
        standing: &'static str,
    },
    /// The role is too weak.
    #[error("{name} has the role {}, and {kind} takes {}", role.as_str(), needed.as_str())]
    Role {
        /// Who.
        name: String,
        /// The role of the person.
        role: Role,
        /// What was ordered.
        kind: &'static str,
        /// The weakest role that may.
        needed: Role,
    },
    /// Somebody signed twice, with one key or with two.
    #[error("{name} signed already; one person approves once")]
    Twice {
        /// Who.
        name: String,
    },
    /// The first signature is not that of the person who orders it.
    #[error("it names {actor} as the one who orders it, but {name} signed first")]
    OtherActor {
        /// Whom it names.
        actor: String,
        /// Who signed.
        name: String,
    },
    /// More people must sign.
    #[error("takes the signatures of {needed} operators, and has {found}")]
    TooFew {
        /// How many.
        needed: usize,
        /// How many there are.
        found: usize,
    },
    /// The log has a change of this id, or another one waits under it.
    #[error("a change of this id is in the log, or waits")]
    IdTaken,
    /// Whoever proposed it, or an admin, took it back.
    #[error("it was withdrawn; what was signed for it counts no more")]
    Withdrawn,
    /// It would wait longer than policy lets changes wait.
    #[error("it would wait until {at}, which is longer than policy lets a change wait")]
    WaitsTooLong {
        /// Until when.
        at: String,
    },
    /// What waits is about another's case.
    #[error("{who} proposed it under the case {case}; name it")]
    OthersCase {
        /// The case.
        case: String,
        /// Who proposed it.
        who: String,
    },
    /// Another operator set what it undoes.
    #[error("{who} set it by entry {entry}, and {name} is no admin; name the case under which it was set")]
    OthersWork {
        /// Who would undo it.
        name: String,
        /// Who set it.
        who: String,
        /// By which entry.
        entry: u64,
    },
    /// Nothing waits under this id.
    #[error("no change of this id waits")]
    NotWaiting,
    /// The like of it waits already.
    #[error("another one waits: approve or withdraw {id} first")]
    WaitsAlready {
        /// Its change id.
        id: String,
    },
    /// The time of the change is over.
    #[error("the change expired at {at}; propose it anew")]
    Expired {
        /// When.
        at: String,
    },
    /// Too much waits already.
    #[error("{MAX_WAITING} changes wait already; approve or withdraw some")]
    TooManyWaiting,
    /// Only who proposed it, or an admin, takes it back.
    #[error("only {proposer} or an admin can withdraw it")]
    NotYours {
        /// Who proposed it.
        proposer: String,
    },
    /// It needs no more than it has, so it does not wait.
    #[error("has all the signatures that it needs; it is carried out, not proposed")]
    NeedsNoApproval,

    // Whoever changes the operators.
    /// The log has operators.
    #[error("the log has operators already, since entry {0}")]
    Begun(u64),
    /// The log has none.
    #[error("the log has no operators yet; run init first")]
    NotBegun,
    /// The name cannot be one.
    #[error("{name:?} is no name: 1 to 64 lower-case letters, digits, '.', '_' and '-', a letter first")]
    Name {
        /// The name.
        name: String,
    },
    /// Nobody has this name.
    #[error("no operator is called {name:?}")]
    Unknown {
        /// The name.
        name: String,
    },
    /// Somebody has, or had, this name.
    #[error("the name {name} is taken")]
    Taken {
        /// The name.
        name: String,
    },
    /// The key is none, or somebody's.
    #[error("the key of {name} {problem}")]
    Key {
        /// Whose.
        name: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// Too few, or too many.
    #[error("takes {0}")]
    Count(&'static str),
    /// The last admins stay.
    #[error("too few admins would be left ({left}); the last two can only be replaced by the recovery set")]
    LastAdmins {
        /// How many would be left.
        left: usize,
    },
    /// He is so already.
    #[error("{name} is {state} already")]
    Already {
        /// Who.
        name: String,
        /// What.
        state: &'static str,
    },
    /// Nobody made a recovery set.
    #[error("the log has no recovery set")]
    NoRecovery,
    /// More operators, keys or recovery keys than fit.
    #[error("at most {MAX_OPERATORS} operators, {MAX_KEYS} keys each and {MAX_RECOVERY} recovery keys fit")]
    TooMany,

    /// It is known by nothing, or by what another is known by.
    #[error("{name} {problem}")]
    Credential {
        /// Which program.
        name: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// No program of this name is enrolled.
    #[error("no enforcement point or signal source is called {name:?}")]
    NotEnrolled {
        /// The name.
        name: String,
    },
    /// More programs than fit.
    #[error("at most {MAX_ENROLLED} enforcement points and signal sources fit")]
    TooManyEnrolled,

    // Whoever wrote the bytes.
    /// A protected header is not the one that operators write.
    #[error("a signature has a header that no operator of this log writes")]
    Header,
    /// A signature does not hold.
    #[error("the signature of {name} does not hold")]
    BadSignature {
        /// In whose name.
        name: String,
    },
    /// Nobody can sign where nobody holds the log.
    #[error("it is signed, but the log has no operators")]
    Unexpected,
    /// The change inside cannot be read.
    #[error("the change inside {0}")]
    Change(ChangeError),
}

impl OperatorError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotSigned => "change_not_signed",
            Self::UnknownKey { .. } => "operator_key_unknown",
            Self::Stopped { .. } => "operator_stopped",
            Self::Role { .. } => "operator_role_too_weak",
            Self::Twice { .. } => "operator_signed_twice",
            Self::OtherActor { .. } => "change_other_actor",
            Self::TooFew { .. } => "approvals_missing",
            Self::IdTaken => "change_id_taken",
            Self::Withdrawn => "change_withdrawn",
            Self::WaitsTooLong { .. } => "change_waits_too_long",
            Self::OthersCase { .. } => "case_of_another",
            Self::OthersWork { .. } => "set_by_another",
            Self::NotWaiting => "change_not_waiting",
            Self::WaitsAlready { .. } => "change_waits_already",
            Self::Expired { .. } => "change_expired",
            Self::TooManyWaiting => "too_many_waiting",
            Self::NotYours { .. } => "change_not_yours",
            Self::NeedsNoApproval => "approval_not_needed",
            Self::Begun(_) => "operators_begun",
            Self::NotBegun => "operators_not_begun",
            Self::Name { .. } => "operator_name_refused",
            Self::Unknown { .. } => "operator_unknown",
            Self::Taken { .. } => "operator_name_taken",
            Self::Key { .. } => "operator_key_refused",
            Self::Count(_) => "operator_count_refused",
            Self::LastAdmins { .. } => "operator_last_admins",
            Self::Already { .. } => "operator_already",
            Self::NoRecovery => "operator_no_recovery",
            Self::TooMany => "operators_too_many",
            Self::Credential { .. } => "point_credential_refused",
            Self::NotEnrolled { .. } => "point_unknown",
            Self::TooManyEnrolled => "points_too_many",
            Self::Header => "signature_header_refused",
            Self::BadSignature { .. } => "change_signature_invalid",
            Self::Unexpected => "signature_unexpected",
            Self::Change(error) => error.code(),
        }
    }
}
