//! Why a verifier gave no answer.

use crate::wire::codes;

/// Why the verifier gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamError {
    /// It does not answer; what was handed in may have been taken.
    #[error("{url} does not answer: {problem}")]
    Unreachable {
        /// Its URL.
        url: String,
        /// What happened.
        problem: String,
    },
    /// It refused; nothing was done.
    #[error("{url} refused: {detail}")]
    Refused {
        /// Its URL.
        url: String,
        /// The stable code.
        code: String,
        /// What is wrong.
        detail: String,
    },
}

impl UpstreamError {
    /// Whether a new session may help: the old one is over, or was made by a clock that was off.
    pub fn is_about_session(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if code.starts_with("session_"))
    }

    /// The stable code: the verifier's own, if this program knows it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "verifier_unreachable",
            Self::Refused { code, .. } => codes::find(code).map_or("verifier_refused", |row| row.code),
        }
    }
}
