//! Signed requests that are taken once, also across restarts.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::store::{Served, StoreError};
use crate::time::Time;
use crate::wire::message_signature::{NonceError, Nonces, Rooms, Step, VerifiedRequest, Whose};

/// Requests that are remembered: 200 MB when all rooms are full, 300 MB if each were of another key.
///
/// Signed for a minute each, that is 17,000 in a second of all enforcement points, and 8,700 of one while others are idle.
const MOST: Rooms = Rooms { operators: 1 << 16, programs: 1 << 20, agents: 1 << 20 };

/// The requests that a verifier has taken. Whoever has it serves the directory, and nobody else does.
pub struct Requests {
    inner: Mutex<Inner>,
}

struct Inner {
    nonces: Nonces,
    /// None where nothing lasts, and a new process has another key or nobody's trust.
    served: Option<Served>,
}

/// Why a verified request is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// The request itself.
    #[error(transparent)]
    Nonce(#[from] NonceError),
    /// The mark cannot be written: what is taken now could be taken again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl NotTaken {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Nonce(error) => error.code(),
            Self::Store(error) => error.code(),
        }
    }

    /// The time by which whoever signs sets its clock, where that helps.
    pub fn server_time(&self) -> Option<Time> {
        match self {
            Self::Nonce(error) => error.server_time(),
            Self::Store(_) => None,
        }
    }
}

impl Requests {
    /// Begins to serve a directory; what earlier processes may have taken is not taken again.
    ///
    /// # Errors
    /// [`StoreError`], also while another process serves it.
    pub fn of(directory: &Path) -> Result<Self, StoreError> {
        Served::begin(directory).map(|served| Self::new(Some(served)))
    }

    /// For a demo mesh or the copy of a registry file, which nobody relies on after this process.
    pub fn passing() -> Self {
        Self::new(None)
    }

    fn new(served: Option<Served>) -> Self {
        let floor = served.as_ref().and_then(Served::mark);
        Self { inner: Mutex::new(Inner { nonces: Nonces::new(MOST, floor), served }) }
    }

    /// Takes a request: the first time only. At most once in ten seconds this waits for the disk.
    ///
    /// # Errors
    /// [`NotTaken`]; the request was not taken.
    pub fn take(&self, request: &VerifiedRequest, whose: Whose, now: Time) -> Result<(), NotTaken> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let Inner { nonces, served } = &mut *inner;
        // Twice at most: after the mark lasts, nothing else can ask for another.
        while let Step::Mark(mark) = nonces.spend(request, whose, now)? {
            if let Some(served) = served {
                served.raise(mark)?;
            }
            nonces.marked(mark);
        }
        Ok(())
    }

    /// Takes no more, whoever still has a hold of this; another process may serve the directory.
    pub fn end(&self) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        *inner = Inner { nonces: Nonces::new(Rooms::default(), Some(Time::MAX)), served: None };
    }
}
