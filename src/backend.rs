//! What a console or a command talks to: a warden in this process, later one behind a URL.

use crate::change::Frozen;
use crate::registry::Registry;
use crate::time::Time;
use crate::warden::{LogLine, Receipt, Rejection, Snapshot, Warden, WardenError, Word};

/// The one way to a registry.
pub enum Backend {
    /// A warden in this process.
    Local(Box<Warden>),
}

impl Backend {
    /// The state now.
    pub fn snapshot(&self) -> Snapshot {
        match self {
            Self::Local(warden) => warden.snapshot(),
        }
    }

    /// The time that counts.
    pub fn now(&self) -> Time {
        match self {
            Self::Local(warden) => warden.now(),
        }
    }

    /// The agents.
    pub fn registry(&self) -> &Registry {
        match self {
            Self::Local(warden) => warden.registry(),
        }
    }

    /// Takes in what others did; answers whether there was anything.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn follow(&mut self) -> Result<bool, WardenError> {
        match self {
            Self::Local(warden) => warden.follow(),
        }
    }

    /// Carries out exactly what `frozen` names.
    ///
    /// # Errors
    /// [`Rejection`]; nothing was done.
    pub fn commit(
        &mut self,
        frozen: &Frozen,
        rows_shown: usize,
        word: Word<'_>,
    ) -> Result<Receipt, Rejection> {
        match self {
            Self::Local(warden) => warden.commit(frozen, rows_shown, word),
        }
    }

    /// Entries of the log from the place `from` on, at most `most`.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn entries(&mut self, from: u64, most: usize) -> Result<Vec<LogLine>, WardenError> {
        match self {
            Self::Local(warden) => warden.entries(from, most),
        }
    }
}
