//! An agent's key gives way to the next one; its DID stays.
//!
//! [`Rotation`] is ours: both keys sign one statement that names DID, both keys and a sequence number.
//! [`ReferenceProof`] is the reference's: the old key alone signs the names of both. [`Rekey`] is for a key that is lost
//! or stolen and so signs nothing: operators order it, and the new key proves that somebody holds it.

mod history;
mod reference;
mod rekey;
mod signed;

pub use history::{DEFAULT_KEPT, KeyHistory, Retired, rotate, rotation_due};
pub use reference::ReferenceProof;
pub use rekey::Rekey;
pub use signed::{MAX_ROTATION_BYTES, Rotation, VerifiedRotation};

use super::statement;
use crate::encoding::members::MembersError;

/// Why a key is not replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RotationError {
    /// A suspended, revoked or expired agent cannot rotate.
    #[error("the agent is not active, so it cannot rotate its key")]
    NotActive,
    /// The key that signs is not the one that the agent has.
    #[error("the old key is not the agent's current key")]
    NotCurrent,
    /// The new key is the old one.
    #[error("the new key is the old one")]
    SameKey,
    /// The new key is no key that signatures can be trusted under.
    #[error("the new key is no strict Ed25519 key")]
    UnusableKey,
    /// The statement names another agent.
    #[error("the statement is about another agent")]
    OtherAgent,
    /// The statement is not the next one of this agent: it was used before, or one is missing.
    #[error("the statement has the sequence number {given}, and the next one is {next}")]
    OutOfSequence {
        /// What it says.
        given: u64,
        /// What is due.
        next: u64,
    },
    /// The old key did not sign this.
    #[error("the old key's signature does not verify")]
    OldSignature,
    /// The new key did not sign this: nobody showed that they hold it.
    #[error("the new key's signature does not verify")]
    NewSignature,
    /// The text is no such statement.
    #[error("{0}")]
    Unreadable(#[from] MembersError),
}

impl RotationError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotActive => "not_active",
            Self::NotCurrent => "rotation_not_current",
            Self::SameKey => "rotation_same_key",
            Self::UnusableKey => "rotation_unusable_key",
            Self::OtherAgent => "rotation_other_agent",
            Self::OutOfSequence { .. } => "rotation_out_of_sequence",
            Self::OldSignature => "rotation_old_signature",
            Self::NewSignature => "rotation_new_signature",
            Self::Unreadable(error) => error.code(),
        }
    }
}

#[cfg(test)]
mod tests;
