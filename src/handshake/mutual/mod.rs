//! Three messages, one transcript, two signatures.
//!
//! ```text
//! initiator                                   responder
//!     | -- Hello: who, to whom, key, nonce,       |
//!     |    scopes, purpose, freshness, expiry --> |
//!     | <-- Challenge: key, nonce, signature ---- |
//!     | -- Proof: signature --------------------> |
//! ```
//!
//! Both sign the transcript of hello and challenge together with their own role, so that neither's signature is good as
//! the other's, for other terms, or for anything else that this program signs.

mod initiator;
mod message;
mod responder;
mod transcript;

pub use initiator::Initiator;
pub use message::{Challenge, Hello, MAX_MESSAGE_BYTES, Proof};
pub use responder::{Awaiting, MAX_OPEN_PER_PEER, Responder};
pub use transcript::{MAX_PURPOSE_BYTES, MAX_SCOPE_BYTES, MAX_SCOPES, MAX_WINDOW, Nonce, Role, Terms};

use crate::encoding::Digest32;
use crate::identity::{Did, KeyBytes, SecretKey};
use crate::time::Time;

/// This side: its DID and its key.
#[derive(Clone, Copy)]
pub struct Me<'a> {
    /// Who.
    pub did: &'a Did,
    /// With which key.
    pub key: &'a SecretKey,
}

/// The peer proved that it holds its registered key, over these terms; made at the end of a handshake alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    role: Role,
    peer: Did,
    key: KeyBytes,
    score: u16,
    terms: Terms,
    transcript: Digest32,
}

impl Session {
    /// Which side this one was.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Who proved itself.
    pub const fn peer(&self) -> &Did {
        &self.peer
    }

    /// With which key.
    pub const fn key(&self) -> KeyBytes {
        self.key
    }

    /// The peer's score at that moment.
    pub const fn score(&self) -> u16 {
        self.score
    }

    /// Over what.
    pub const fn terms(&self) -> &Terms {
        &self.terms
    }

    /// SHA-256 of the transcript without roles: the same on both sides.
    pub const fn transcript(&self) -> Digest32 {
        self.transcript
    }

    /// Whether the result may be kept and used again: not when freshness was asked for.
    pub const fn may_be_kept(&self) -> bool {
        self.terms.freshness().is_none()
    }

    /// When the terms end, this instant included.
    pub const fn expires(&self) -> Time {
        self.terms.expires()
    }
}

#[cfg(test)]
mod tests;
