//! The line to whoever has the log, and how it stands.

use super::{Lie, Piece, Reached, WardenError};
use crate::audit::{Evidence, Note};
use crate::change::SignedChange;
use crate::keystore::{Hand, KeystoreError};
use crate::time::Time;
use crate::wire::{EnforcedLine, codes};

/// What was sent of a log, in order.
pub type Pieces = Box<dyn Iterator<Item = Result<Piece, WardenError>>>;

/// Called, from any thread, when the verifier told of something.
pub type Wake = Box<dyn Fn() + Send + Sync>;

/// The verifier that has the log.
pub trait Upstream: Send {
    /// Its URL.
    fn url(&self) -> &str;

    /// Lets the operator's key sign that another one speaks for that person for an hour.
    ///
    /// # Errors
    /// [`KeystoreError`] when the operator's key cannot be had.
    fn sign_in(&mut self, hand: &mut dyn Hand) -> Result<(), KeystoreError>;

    /// In whose name it is asked.
    fn name(&self) -> &str;

    /// How many entries it has, as far as it told; asks nobody.
    fn size(&mut self) -> Option<u64>;

    /// Calls this from now on when it tells of something; the first one that is given stays.
    fn on_news(&mut self, _: Wake) {}

    /// How many entries it told of; none while nobody knows.
    fn told(&mut self) -> Option<u64> {
        None
    }

    /// What a follower lacks that has `reached` so much, and the signed head of it.
    ///
    /// # Errors
    /// [`UpstreamError`].
    fn fetch(&mut self, reached: Reached) -> Result<(Pieces, Note), UpstreamError>;

    /// What was fetched is in the replica: nobody needs it any more.
    fn taken(&mut self) {}

    /// What was fetched does not hold; answers whether it lay on a disk meanwhile, so that it is fetched anew before
    /// anybody is blamed.
    fn doubted(&mut self) -> bool {
        false
    }

    /// Hands in a signed change, and answers the place of its entry; safe to repeat.
    ///
    /// # Errors
    /// [`UpstreamError`].
    fn submit(&mut self, change: &SignedChange, openings: &[Vec<u8>]) -> Result<u64, UpstreamError>;

    /// The evidence that an entry is in the log.
    ///
    /// # Errors
    /// [`UpstreamError`].
    fn prove(&mut self, index: u64) -> Result<Evidence, UpstreamError>;

    /// Who has confirmed an entry.
    ///
    /// # Errors
    /// [`UpstreamError`].
    fn enforced(&mut self, index: u64) -> Result<EnforcedLine, UpstreamError>;

    /// The document at a path: what it alone knows, and nothing proves.
    ///
    /// # Errors
    /// [`UpstreamError`].
    fn document(&mut self, path: &str) -> Result<serde_json::Value, UpstreamError>;

    /// Another line to it, in the same name, for whoever reads beside; none where there is none to be had.
    fn aside(&self) -> Option<Box<dyn Aside>> {
        None
    }
}

/// A line on which a verifier is only asked for what it alone knows: whoever waits on it keeps nobody from stopping agents.
pub trait Aside: Send {
    /// Its URL.
    fn url(&self) -> &str;

    /// The document at a path.
    ///
    /// # Errors
    /// [`UpstreamError`].
    fn document(&mut self, path: &str) -> Result<serde_json::Value, UpstreamError>;
}

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

/// How a verifier and what is shown of it stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// What is shown is as new as it told.
    Live,
    /// It does not answer since then; what is shown is as old.
    Lost {
        /// Since when.
        since: Time,
        /// Why.
        why: String,
    },
    /// It contradicts what it signed: nothing of it is taken any more.
    Lies(Lie),
}
