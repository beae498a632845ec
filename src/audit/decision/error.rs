//! Why bytes are no entry of the decision log.

use super::MAX_DECISION_BYTES;

/// Why an entry of the decision log cannot be written, or bytes are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecisionError {
    /// The whole is too large.
    #[error("is larger than {MAX_DECISION_BYTES} bytes")]
    TooLarge,
    /// The bytes are not the JSON of such an entry: a syntax error, a missing or unknown member, a wrong type.
    #[error("is no entry of a decision log")]
    Malformed,
    /// The type is not one of those that this program writes.
    #[error("is of a type that this program does not know")]
    UnknownType,
    /// A member is not what it must be.
    #[error("{member} cannot be read")]
    Unreadable {
        /// The member.
        member: &'static str,
    },
    /// The bytes are not the canonical form of what they say.
    #[error("is not in canonical form")]
    NotCanonical,
}

impl DecisionError {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "decision_too_large",
            Self::Malformed => "decision_malformed",
            Self::UnknownType => "entry_type_unknown",
            Self::Unreadable { .. } => "entry_member_unreadable",
            Self::NotCanonical => "entry_not_canonical",
        }
    }
}

impl From<serde_json::Error> for DecisionError {
    fn from(_: serde_json::Error) -> Self {
        Self::Malformed
    }
}
