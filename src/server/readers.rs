//! Those who read the log beside the one thread that writes it.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use super::problem::Problem;
use crate::warden::{NotWritten, Reader, WardenError};

/// So many read at once.
const READERS: usize = 4;

/// A few readers, each with a handle of its own.
pub(super) struct Readers {
    idle: Arc<Idle>,
    places: Semaphore,
}

struct Idle {
    first: Mutex<Reader>,
    others: Mutex<Vec<Reader>>,
}

impl Readers {
    pub(super) fn new(first: Reader) -> Self {
        let idle = Idle { first: Mutex::new(first), others: Mutex::default() };
        Self { idle: Arc::new(idle), places: Semaphore::new(READERS) }
    }

    /// Reads, off the threads that answer.
    ///
    /// # Errors
    /// [`Problem`].
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut Reader) -> Result<T, WardenError> + Send + 'static,
    ) -> Result<T, Problem> {
        let ended = || Problem::from(NotWritten::Ended);
        let _place = self.places.acquire().await.map_err(|_| ended())?;
        let idle = Arc::clone(&self.idle);
        Ok(tokio::task::spawn_blocking(move || idle.lend(read)).await.map_err(|_| ended())??)
    }
}

impl Idle {
    fn lend<T>(&self, read: impl FnOnce(&mut Reader) -> Result<T, WardenError>) -> Result<T, WardenError> {
        let idle = self.others.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut reader = match idle {
            Some(reader) => reader,
            None => self.first.lock().unwrap_or_else(PoisonError::into_inner).another()?,
        };
        let answer = read(&mut reader);
        // A handle that failed may be a damaged one.
        if answer.is_ok() {
            self.others.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
        }
        answer
    }
}
