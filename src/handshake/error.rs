//! Why a handshake fails.

use crate::encoding::members::MembersError;

/// Why a handshake, in our form or the reference's, does not come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeError {
    // Whoever set this side up.
    /// The own DID is none.
    #[error("the own DID is not did:mesh: followed by hex digits")]
    InvalidAgentDid,
    /// Results would be kept for a negative time.
    #[error("results cannot be kept for a negative time")]
    InvalidCacheTtl,
    /// There would be no time to answer.
    #[error("the time to answer is not positive")]
    InvalidTimeout,
    /// The own score is no score.
    #[error("the score is not in 0..=1000")]
    ScoreOutOfRange,
    /// Too much, or nothing, is asked for.
    #[error("{0}")]
    Terms(&'static str),

    // The course of the handshake.
    /// The answer is to another question.
    #[error("the answer is to another challenge")]
    ChallengeMismatch,
    /// Nobody waits for this: it was answered before, or never asked.
    #[error("no such handshake is under way; each can be finished once")]
    NotPending,
    /// The time to answer is over.
    #[error("the time to answer is over")]
    Expired,
    /// It would stay open for longer than this side lets a handshake be open.
    #[error("would stay open for more than {} seconds", crate::handshake::MAX_WINDOW.as_seconds())]
    WindowTooLong,
    /// As many handshakes are under way as this side allows.
    #[error("too many handshakes are under way")]
    TooManyPending,
    /// The peer did not answer.
    #[error("the peer did not answer")]
    NoResponse,
    /// The peer has no private key at hand.
    #[error("the peer cannot sign")]
    PeerCannotSign,

    // Who the other side is.
    /// The answer is by somebody else, or the message is for somebody else.
    #[error("the message is by or for another agent")]
    DidMismatch,
    /// Both sides are the same agent or hold the same key.
    #[error("both sides are the same agent, or hold the same key")]
    SameAgent,
    /// There is no registry to look the peer up in.
    #[error("there is no registry to look the peer up in")]
    NoRegistry,
    /// The peer is not registered.
    #[error("the peer is not registered")]
    UnknownPeer,
    /// The peer may not act.
    #[error("the peer may not act now")]
    PeerInactive,
    /// The peer is not attested, and has to be.
    #[error("the peer is not attested")]
    NotTrusted,
    /// The freshness nonce is not the one that was sent.
    #[error("the freshness nonce is not the one that was sent")]
    FreshnessMismatch,
    /// The signature does not verify.
    #[error("the peer's signature does not verify")]
    BadSignature,
    /// The key in the message is not the registered one.
    #[error("the key in the message is not the peer's registered key")]
    KeyMismatch,
    /// The peer's score is below what is demanded.
    #[error("the peer's trust score {score} is below {demanded}")]
    TrustTooLow {
        /// The peer's.
        score: u16,
        /// What is demanded.
        demanded: u16,
    },
    /// The peer does not hold what is demanded.
    #[error("the peer does not hold a capability that is demanded")]
    MissingCapabilities,

    /// The text is no such message.
    #[error("{0}")]
    Unreadable(#[from] MembersError),
}

impl HandshakeError {
    /// The stable code; the reference's vectors name most of them.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InvalidAgentDid => "invalid_agent_did",
            Self::InvalidCacheTtl => "invalid_cache_ttl",
            Self::InvalidTimeout => "invalid_timeout",
            Self::ScoreOutOfRange => "trust_score_out_of_range",
            Self::Terms(_) => "handshake_terms",
            Self::ChallengeMismatch => "challenge_id_mismatch",
            Self::NotPending => "not_pending",
            Self::Expired => "challenge_expired",
            Self::WindowTooLong => "handshake_window_too_long",
            Self::TooManyPending => "too_many_pending",
            Self::NoResponse => "no_response",
            Self::PeerCannotSign => "peer_cannot_sign",
            Self::DidMismatch => "did_mismatch",
            Self::SameAgent => "handshake_same_agent",
            Self::NoRegistry => "no_registry",
            Self::UnknownPeer => "unknown_peer",
            Self::PeerInactive => "peer_inactive",
            Self::NotTrusted => "not_trusted",
            Self::FreshnessMismatch => "freshness_mismatch",
            Self::BadSignature => "bad_signature",
            Self::KeyMismatch => "public_key_mismatch",
            Self::TrustTooLow { .. } => "trust_too_low",
            Self::MissingCapabilities => "missing_capabilities",
            Self::Unreadable(error) => error.code(),
        }
    }
}
