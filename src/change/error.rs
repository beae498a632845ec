//! Why something is no change.

use super::{MAX_LISTED, MAX_PAYLOAD_BYTES, MAX_SIGNATURES};
use crate::encoding::canonical::NotCanonical;
use crate::identity::Did;

/// Why a change cannot be written, or bytes are no change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    // Whoever asks for the change can say it better.
    /// A text that must say something is blank.
    #[error("{member} is blank")]
    Blank {
        /// The member.
        member: &'static str,
    },
    /// A text is too long.
    #[error("{member} is longer than {limit} bytes")]
    TooLong {
        /// The member.
        member: &'static str,
        /// The most it may have.
        limit: usize,
    },
    /// The list of targets is empty, or a cascade counts none.
    #[error("names no target")]
    NoTargets,
    /// More targets are listed than a change may list.
    #[error("lists {count} targets, at most {MAX_LISTED} are allowed; use a cascade")]
    TooManyTargets {
        /// How many were listed.
        count: usize,
    },
    /// A target is listed twice.
    #[error("lists {did} twice")]
    RepeatedTarget {
        /// The target.
        did: Did,
    },
    /// An end does not lie after the change was made.
    #[error("{member} is not after created")]
    EndsBeforeItBegins {
        /// `until` or `expires`.
        member: &'static str,
    },
    /// An integer is above 2^53 - 1, so not every JSON reader would read what was signed.
    #[error("holds an integer above 2^53 - 1")]
    UnsafeInteger,
    /// The whole is too large.
    #[error("is larger than {MAX_PAYLOAD_BYTES} bytes")]
    TooLarge,

    // Whoever made the bytes is at fault.
    /// The bytes are not the JSON of a change: a syntax error, a missing, unknown or repeated member, a wrong type.
    #[error("is not a change (line {line}, column {column})")]
    Malformed {
        /// Line, counted from 1.
        line: usize,
        /// Column, counted from 1.
        column: usize,
    },
    /// The type is not one of this program's changes.
    #[error("is of a type that this program does not know")]
    UnknownType,
    /// A member's text is not what it must be.
    #[error("{member} cannot be read")]
    Unreadable {
        /// The member.
        member: &'static str,
    },
    /// The bytes are not the canonical form of what they say.
    #[error("is not in canonical form")]
    NotCanonical,
    /// More signatures than a change may carry.
    #[error("carries more than {MAX_SIGNATURES} signatures")]
    TooManySignatures,
}

impl ChangeError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Blank { .. } => "change_text_blank",
            Self::TooLong { .. } => "change_text_too_long",
            Self::NoTargets => "change_no_targets",
            Self::TooManyTargets { .. } => "change_too_many_targets",
            Self::RepeatedTarget { .. } => "change_target_repeated",
            Self::EndsBeforeItBegins { .. } => "change_ends_before_it_begins",
            Self::UnsafeInteger => "change_integer_unsafe",
            Self::TooLarge => "change_too_large",
            Self::Malformed { .. } => "change_malformed",
            Self::UnknownType => "change_type_unknown",
            Self::Unreadable { .. } => "change_member_unreadable",
            Self::NotCanonical => "change_not_canonical",
            Self::TooManySignatures => "change_too_many_signatures",
        }
    }
}

impl From<NotCanonical> for ChangeError {
    fn from(_: NotCanonical) -> Self {
        Self::UnsafeInteger
    }
}

impl From<serde_json::Error> for ChangeError {
    fn from(error: serde_json::Error) -> Self {
        Self::Malformed { line: error.line(), column: error.column() }
    }
}
