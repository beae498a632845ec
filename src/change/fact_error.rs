//! Why a fact is not taken, sorted by who must act.

use crate::delegation::Denial;
use crate::encoding::members::MembersError;
use crate::identity::{AttestationError, Did, InvalidKey, RevocationError, RotationError};
use crate::policy::{NoRoom, PolicyError};
use crate::registry::{Rule, Stop};
use crate::trust::{EventError, RecordError, VoidError};

/// Why a fact does not follow from the log before it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FactError {
    // The mesh is not as whoever asks believes.
    /// Nobody has this DID.
    #[error("{0} is not registered")]
    Unknown(Did),
    /// The agent changed since.
    #[error("{did} is at version {now}, not {frozen}")]
    OtherVersion {
        /// The agent.
        did: Did,
        /// The version that was seen.
        frozen: u64,
        /// The version now.
        now: u64,
    },
    /// The agent may not do this.
    #[error("{did} {}", words(stop))]
    Stopped {
        /// The agent.
        did: Did,
        /// Why.
        stop: Stop,
    },

    // Whoever asks is not entitled to it.
    /// The record's parent is not the agent that the order names.
    #[error("{did}: the record names another parent than the order")]
    OtherParent {
        /// The new agent.
        did: Did,
    },
    /// The new agent's lineage would be broken.
    #[error("{did} would break its lineage: {}", rule.code())]
    Broken {
        /// The new agent.
        did: Did,
        /// The rule.
        rule: Rule,
    },
    /// The record brings a score; a score comes from an import, or from events.
    #[error("{did}: the record brings a score of its own")]
    Scored {
        /// The new agent.
        did: Did,
    },
    /// The key is none.
    #[error("{did}: the key {error}")]
    Key {
        /// The agent.
        did: Did,
        /// What is wrong.
        error: InvalidKey,
    },
    /// The key was used before, or is locked.
    #[error("{did}: the new key was used before, or is locked")]
    KeyUsed {
        /// The agent.
        did: Did,
    },
    /// The chain grants somebody else, or something else.
    #[error("the chain does not grant what the record says: its {0} differs")]
    OtherGrant(&'static str),
    /// The chain does not hold.
    #[error("the chain: {0}")]
    Chain(Denial),
    /// A token of the chain was revoked.
    #[error("the token {jti:?} was revoked")]
    TokenRevoked {
        /// Its `jti`.
        jti: String,
    },
    /// The rotation, or the rekey, does not hold.
    #[error(transparent)]
    Rotation(RotationError),
    /// The attestation does not count.
    #[error("the attestation {0}")]
    Attestation(AttestationError),
    /// Policy asks for an attestation.
    #[error("policy requires an attestation, and there is none")]
    AttestationRequired,
    /// The signal is not heard.
    #[error(transparent)]
    Trust(RecordError),
    /// The event cannot be voided.
    #[error(transparent)]
    Void(VoidError),
    /// The agent is on no list.
    #[error("{did} is not on the revocation list")]
    NotListed {
        /// The agent.
        did: Did,
    },
    /// There is no such lock.
    #[error("nothing is locked by {target:?}")]
    NotLocked {
        /// What was named.
        target: String,
    },
    /// The log cannot have been brought back to more than it has.
    #[error("says that the log was brought back to {size} entries, and is entry {index}")]
    RestoredAhead {
        /// The entries that it names.
        size: u64,
        /// Its index.
        index: u64,
    },
    /// The sponsor has no agents.
    #[error("{email} has no agents")]
    NoSponsored {
        /// The address.
        email: String,
    },
    /// Operators said so already.
    #[error("{email} is verified already")]
    SponsorSame {
        /// The address.
        email: String,
    },
    /// Whoever cannot be reached is not called instead.
    #[error("{email} is no deputy for itself")]
    DeputyOfOneself {
        /// The address.
        email: String,
    },
    /// A text that another agent's is.
    #[error("{did}: names texts that are not about it")]
    ForeignText {
        /// Who is to be forgotten.
        did: Did,
    },
    /// A lock on the sponsor holds the agent.
    #[error("{did}: a lock holds its sponsor's agents")]
    SponsorLocked {
        /// The agent.
        did: Did,
    },
    /// A lock holds agents by the tag.
    #[error("{did}: a lock holds agents by the tag {tag:?}")]
    TagLocked {
        /// The agent.
        did: Did,
        /// The tag.
        tag: String,
    },
    /// The agent would have too many tags.
    #[error("{did} would have more than {} tags", crate::registry::MAX_TAGS)]
    TooManyTags {
        /// The agent.
        did: Did,
    },
    /// There is no such case.
    #[error("there is no case {case:?}")]
    CaseUnknown {
        /// What was named.
        case: String,
    },
    /// The case is over.
    #[error("the case {case} is closed")]
    CaseClosed {
        /// The case.
        case: String,
    },
    /// A step of a case names none, or its first step names one.
    #[error("a case is opened under no case, and goes on under its own")]
    CaseNotNamed,
    /// The case is so already.
    #[error("the case {case} is so already")]
    CaseSame {
        /// The case.
        case: String,
    },
    /// Only the owner hands a case over.
    #[error("the case {case} is {owner}'s to hand over")]
    CaseOwner {
        /// The case.
        case: String,
        /// Who owns it.
        owner: String,
    },
    /// The case holds suspensions whose time is up.
    #[error("the case {case} holds {count} suspension(s) whose time is up; closing it would end them")]
    CaseHolds {
        /// The case.
        case: String,
        /// How many agents.
        count: usize,
    },
    /// The old key would live longer, or fewer keys be remembered, than policy says.
    #[error("the rotation of {did} gives its old key another time than policy does")]
    OtherOverlap {
        /// The agent.
        did: Did,
    },
    /// What another did under an open case would be undone.
    #[error("entry {entry} was {who}'s, under the open case {case}")]
    OthersCase {
        /// The case.
        case: String,
        /// Who ordered it.
        who: String,
        /// The entry.
        entry: u64,
    },
    /// The agent would hold what it did not hold before.
    #[error("{did} does not hold {capability:?}, so this would give it more")]
    GivesMore {
        /// The agent.
        did: Did,
        /// What it does not hold.
        capability: String,
    },
    /// The new parent lies below the agent.
    #[error("{parent} lies below {did}, or is the same agent")]
    Loop {
        /// The agent.
        did: Did,
        /// The parent that was named.
        parent: Did,
    },
    /// Everything is so already.
    #[error("{0} holds just that already")]
    Same(Did),
    /// The new parent has as many agents below it as policy lets it have.
    #[error("the new parent: {0}")]
    NoRoom(NoRoom),
    /// Nobody can read a text of it.
    #[error("has a commitment, and not the text that opens it")]
    Unopened,
    /// A rule in force names the agent's sponsor.
    #[error("{did}: a lock or a list of the policy names its sponsor, and would not reach it any more")]
    SponsorNamed {
        /// The agent.
        did: Did,
    },
    /// The cut lies in the future.
    #[error("the cut at entry {cut} lies after this entry, {index}")]
    CutAhead {
        /// The cut.
        cut: u64,
        /// The entry.
        index: u64,
    },

    // Whoever wrote it is at fault.
    /// The fact names no agent.
    #[error("names no agent")]
    NoTarget,
    /// A statement cannot be read.
    #[error("the statement {0}")]
    Statement(MembersError),
    /// The list cannot be read.
    #[error(transparent)]
    List(RevocationError),
    /// The event cannot be read.
    #[error("the event: {0}")]
    Event(EventError),
    /// The policy cannot be read.
    #[error("the policy: {0}")]
    Policy(PolicyError),
}

impl FactError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "unknown_agent",
            Self::OtherVersion { .. } => "stale_plan",
            Self::Stopped { stop, .. } => stop.code(),
            Self::OtherParent { .. } => "registration_other_parent",
            Self::Broken { rule, .. } => rule.code(),
            Self::Scored { .. } => "registration_scored",
            Self::Key { .. } => "registration_key_refused",
            Self::KeyUsed { .. } => "key_used_before",
            Self::OtherGrant(_) => "registration_other_grant",
            Self::Chain(denial) => denial.code,
            Self::TokenRevoked { .. } => "token_revoked",
            Self::Rotation(error) => error.code(),
            Self::Attestation(error) => error.code(),
            Self::AttestationRequired => "attestation_required",
            Self::Trust(error) => error.code(),
            Self::Void(error) => error.code(),
            Self::NotListed { .. } => "not_listed",
            Self::NotLocked { .. } => "not_locked",
            Self::RestoredAhead { .. } => "restore_ahead",
            Self::NoSponsored { .. } => "no_sponsored",
            Self::SponsorSame { .. } => "nothing_to_do",
            Self::DeputyOfOneself { .. } => "deputy_of_oneself",
            Self::ForeignText { .. } => "erase_foreign_text",
            Self::SponsorLocked { .. } => "sponsor_locked",
            Self::TagLocked { .. } => "tag_locked",
            Self::TooManyTags { .. } => "too_many_tags",
            Self::CaseUnknown { .. } => "case_unknown",
            Self::CaseClosed { .. } => "case_closed",
            Self::CaseNotNamed => "case_not_named",
            Self::CaseSame { .. } => "nothing_to_do",
            Self::CaseOwner { .. } => "case_owner",
            Self::CaseHolds { .. } => "case_holds",
            Self::OtherOverlap { .. } => "rotation_other_overlap",
            Self::OthersCase { .. } => "case_of_another",
            Self::GivesMore { .. } => "gives_more",
            Self::Loop { .. } => "adoption_loop",
            Self::Same(_) => "nothing_to_do",
            Self::NoRoom(error) => error.code(),
            Self::Unopened => "text_unopened",
            Self::SponsorNamed { .. } => "erase_sponsor_named",
            Self::CutAhead { .. } => "rekey_cut_ahead",
            Self::NoTarget => "change_no_targets",
            Self::Statement(error) => error.code(),
            Self::List(error) => error.code(),
            Self::Event(error) => error.code(),
            Self::Policy(error) => error.code(),
        }
    }
}

fn words(stop: &Stop) -> String {
    match stop {
        Stop::State(verdict) => format!("is {}, so it may not", verdict.state.as_str().replace('_', " ")),
        Stop::Sealed { index, .. } => format!("is sealed since entry {index}, so nothing new comes from it"),
        Stop::Locked(lock) => format!("is locked since entry {}, so it may not", lock.index),
    }
}
