//! A log, read beside the warden that writes it.

use std::collections::HashSet;

use super::checkpoint::{consistency, evidence};
use super::decided::callers;
use super::decider::Kept;
use super::fold::at;
use super::history::history;
use super::recognize::{Recognized, recognize};
use super::replica::pieces;
use super::{History, LogLine, Piece, Reached, SignedHead, Snapshot, Warden, WardenError, log};
use crate::audit::{Decision, Evidence, LogName, Search};
use crate::change::ChangeId;
use crate::encoding::Digest32;
use crate::identity::Did;
use crate::registry::Registry;
use crate::registry::query::{Callers, Query};
use crate::store::{Decisions, Store, StoreError};
use crate::time::Time;

/// A log with a handle of its own: whoever reads much keeps nobody waiting who writes.
pub struct Reader {
    store: Box<dyn Store>,
    log: LogName,
    decided: Kept,
    /// The decision log, once somebody looked and there was one.
    decisions: Option<Decisions>,
}

impl Warden {
    /// Somebody who reads the same log.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be opened again.
    pub fn reader(&self) -> Result<Reader, StoreError> {
        let (log, decided) = (self.meta.log, self.decisions_ground());
        Ok(Reader { store: self.store.another()?, log, decided, decisions: None })
    }
}

impl Reader {
    /// Another one.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be opened again.
    pub fn another(&self) -> Result<Self, StoreError> {
        let (log, decided) = (self.log, self.decided.clone());
        Ok(Self { store: self.store.another()?, log, decided, decisions: None })
    }

    /// The entries from the place `from` on, at most `most` of them.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn entries(&mut self, from: u64, most: usize) -> Result<Vec<LogLine>, WardenError> {
        log::entries(&*self.store.read()?, from, most)
    }

    /// The exact bytes of one entry.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn entry_bytes(&mut self, index: u64) -> Result<Option<Vec<u8>>, WardenError> {
        log::entry_bytes(&*self.store.read()?, index)
    }

    /// How many entries were there at `time`, those of that very time included.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn size_at(&mut self, time: Time) -> Result<u64, WardenError> {
        log::size_at(&*self.store.read()?, time)
    }

    /// Whether the log has the entry of a change.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn has(&mut self, change: ChangeId) -> Result<bool, WardenError> {
        Ok(self.store.read()?.find_change(change)?.is_some())
    }

    /// What [`Warden::history`] answers, for the agents of `registry`.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn history(
        &mut self,
        registry: &Registry,
        did: &Did,
        (before, most): (u64, usize),
    ) -> Result<History, WardenError> {
        history(&*self.store.read()?, registry, did, (before, most))
    }

    /// What [`Warden::callers`] answers.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn callers(&mut self, query: &Query, now: Time) -> Result<Callers, WardenError> {
        Ok(callers(self.decisions()?, query, now)?)
    }

    /// The agents about which a verdict was kept from `since` on.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn judged(&mut self, since: Time) -> Result<HashSet<String>, WardenError> {
        let judged = self.decisions()?.map(|decisions| decisions.callers(since, false));
        Ok(judged.transpose()?.unwrap_or_default())
    }

    /// What [`Warden::verdicts`] answers.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn verdicts(&mut self, search: &Search, most: usize) -> Result<Vec<Decision>, WardenError> {
        let found = self.decisions()?.map(|decisions| decisions.find(search, most));
        Ok(found.transpose()?.unwrap_or_default())
    }

    /// What [`Warden::recognize`] answers.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn recognize(&mut self, text: &str) -> Result<Vec<Recognized>, WardenError> {
        let recognized = self.decisions()?.map(|decisions| recognize(decisions, text));
        Ok(recognized.transpose()?.unwrap_or_default())
    }

    /// The evidence that the entry at `index` is under a signed head.
    ///
    /// # Errors
    /// [`WardenError::NotYet`] when there is no such entry.
    pub fn prove(&mut self, head: &SignedHead, index: u64) -> Result<Evidence, WardenError> {
        evidence(&*self.store.read()?, head, index)
    }

    /// What [`Warden::prove_consistency`] answers.
    ///
    /// # Errors
    /// [`WardenError::NotYet`].
    pub fn prove_consistency(&mut self, from: u64, to: u64) -> Result<Vec<Digest32>, WardenError> {
        consistency(&*self.store.read()?, from, to)
    }

    /// What a follower lacks of the first `size` entries, in order, until it is about `most` bytes.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn pieces(&mut self, from: Reached, size: u64, most: usize) -> Result<Vec<Piece>, WardenError> {
        pieces(&*self.store.read()?, from, size, most)
    }

    /// Everything as the first `size` entries of the log made it; `now` is a state of the same log.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn as_of(&mut self, size: u64, now: &Snapshot) -> Result<Snapshot, WardenError> {
        let state = at(&*self.store.read()?, size, now.log)?;
        Ok(state.snapshot(now.kind.clone()))
    }

    /// The decision log, if there is one: looking makes none.
    fn decisions(&mut self) -> Result<Option<&Decisions>, StoreError> {
        if let ((Some(directory), keeping), None) = (&self.decided, &self.decisions) {
            self.decisions = Decisions::open(directory, self.log, *keeping)?;
        }
        Ok(self.decisions.as_ref())
    }
}
