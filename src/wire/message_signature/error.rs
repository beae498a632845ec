//! Why a signed request is refused.

use super::{MAX_AHEAD, MAX_LIFE};
use crate::time::Time;

/// Why a signed request is refused; the variants are in the order of the checks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// There is no signature, or none with the tag that is asked for.
    #[error("the request has no signature with the tag {tag}")]
    Unsigned {
        /// The tag.
        tag: String,
    },
    /// A field, a list or the signed text is longer than what is taken.
    #[error("{what} of the request's signature is too large")]
    TooLarge {
        /// What.
        what: &'static str,
    },
    /// A field is not what its grammar says (RFC 9651).
    #[error("the field {field} is malformed: {problem}")]
    Malformed {
        /// The field.
        field: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// Two signatures have the same label or the same tag: nobody can say which one counts.
    #[error("the request has two signatures labelled or tagged {name:?}")]
    Ambiguous {
        /// The label or the tag.
        name: String,
    },
    /// A parameter is not taken, is there twice, or has another type or value than it must.
    #[error("the signature parameter {name} is refused: {problem}")]
    Parameter {
        /// The parameter.
        name: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// A covered component is not taken, or is covered twice.
    #[error("the component {name} is refused: {problem}")]
    Component {
        /// The component.
        name: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// A covered field is not in the request, or holds what cannot be signed.
    #[error("the covered component {name} has no value that can be signed")]
    NoValue {
        /// The component.
        name: String,
    },
    /// What must be covered is not.
    #[error("the signature does not cover {name}")]
    NotCovered {
        /// The component.
        name: String,
    },
    /// `expires` does not follow `created` by 1 to 300 s.
    #[error("expires must lie 1 to {} s after created", MAX_LIFE.as_seconds())]
    Window,
    /// It was made in the verifier's future: the signer's clock is ahead.
    #[error("the request was made at {created}, more than {} s after now, {now}", MAX_AHEAD.as_seconds())]
    Early {
        /// When it says that it was made.
        created: Time,
        /// The verifier's time.
        now: Time,
    },
    /// It has ended: it is old, or the signer's clock is behind.
    #[error("the request ended at {expires}, and it is {now}")]
    Expired {
        /// When it ended.
        expires: Time,
        /// The verifier's time.
        now: Time,
    },
    /// The signature is not the key's over this request.
    #[error("the signature is not that of the key {keyid} over this request")]
    Invalid {
        /// The key that it names.
        keyid: String,
    },
    /// There is a body, and no digest of it is signed.
    #[error("the request has a body and no Content-Digest with sha-256 or sha-512")]
    NoDigest,
    /// The body is another one than was signed.
    #[error("the body is not the one whose digest is signed")]
    OtherBody,
}

impl SignatureError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unsigned { .. } => "request_unsigned",
            Self::TooLarge { .. } => "request_signature_too_large",
            Self::Malformed { .. } => "request_signature_malformed",
            Self::Ambiguous { .. } => "request_signature_ambiguous",
            Self::Parameter { .. } => "request_parameter_refused",
            Self::Component { .. } => "request_component_refused",
            Self::NoValue { .. } => "request_component_absent",
            Self::NotCovered { .. } => "request_not_covered",
            Self::Window => "request_window",
            Self::Early { .. } => "request_early",
            Self::Expired { .. } => "request_expired",
            Self::Invalid { .. } => "request_signature_invalid",
            Self::NoDigest => "request_digest_missing",
            Self::OtherBody => "request_other_body",
        }
    }

    /// The verifier's time, where the two clocks disagree: whoever signs corrects its own by it.
    pub const fn server_time(&self) -> Option<Time> {
        match self {
            Self::Early { now, .. } | Self::Expired { now, .. } => Some(*now),
            _ => None,
        }
    }
}
