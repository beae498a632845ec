//! Signed heads of the log, evidence of entries, and whether the log still has what it once had.

use std::ops::ControlFlow;

use crate::audit::{
    Checkpoint, CheckpointError, Evidence, Frontier, LogName, Note, NoteVerifier, StateTree, Tree,
    prove_consistency, prove_inclusion,
};
use crate::encoding::Digest32;
use crate::store::View;

use super::fold::State;
use super::log::entry_bytes;
use super::{Lie, Line, Warden, WardenError};

/// How a log departs from a checkpoint that was signed for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Departure {
    /// The checkpoint is of another log.
    #[error("the checkpoint is of the log {0}")]
    OtherLog(LogName),
    /// The log is shorter than it was.
    #[error("the log has {now} entries, and had {then}: its end was cut off")]
    Truncated {
        /// How many it had.
        then: u64,
        /// How many it has.
        now: u64,
    },
    /// The first entries are not those that they were.
    #[error("the first {0} entries are not those that the checkpoint has: the log was rewritten")]
    Rewritten(u64),
}

impl Departure {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::OtherLog(_) => "checkpoint_other_log",
            Self::Truncated { .. } => "log_truncated",
            Self::Rewritten(_) => "log_rewritten",
        }
    }
}

/// A signed head: what it says, the note, and whose key signed it.
#[derive(Debug, Clone)]
pub struct SignedHead {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// The note.
    pub note: Note,
    /// The log's key.
    pub verifier: NoteVerifier,
    /// The keys that the log had before, as it says itself.
    pub former: Vec<NoteVerifier>,
}

impl SignedHead {
    /// Opens a checkpoint of this log, signed with the key that it has or with one that it had.
    ///
    /// # Errors
    /// [`CheckpointError`], with the key that the log has.
    pub fn open(&self, note: &Note) -> Result<Checkpoint, CheckpointError> {
        let former = || self.former.iter().rev().find_map(|key| Checkpoint::open(note, key).ok());
        Checkpoint::open(note, &self.verifier).or_else(|error| former().ok_or(error))
    }
}

impl Warden {
    /// Signs the head of the log as it is now.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn checkpoint(&mut self) -> Result<SignedHead, WardenError> {
        self.state.catch_up(&*self.store.read()?)?;
        let view = self.store.read()?;
        let state = state_root(&mut self.tree, &self.state, &*view)?;
        drop(view);
        let head = self.state.head;
        let tree = Tree { size: head.size, root: head.root };
        let checkpoint = Checkpoint { log: self.meta.log, tree, state, time: self.now() };
        let key = self.log_key()?;
        let note = checkpoint.sign(&key).map_err(|error| WardenError::Unsigned { error })?;
        let verifier = self.verifier()?;
        let keys = self.state.operators.log_keys().iter();
        let former = keys.filter_map(|(_, key)| NoteVerifier::parse(key).ok()).collect();
        Ok(SignedHead { checkpoint, note, verifier, former })
    }

    /// The evidence that the entry at `index` is in the log.
    ///
    /// # Errors
    /// [`WardenError::NotYet`] when there is no such entry.
    pub fn prove(&mut self, index: u64) -> Result<Evidence, WardenError> {
        if let Some(evidence) = self.prove_elsewhere(index) {
            return evidence;
        }
        let head = self.checkpoint()?;
        evidence(&*self.store.read()?, &head, index)
    }

    /// The evidence from whoever has the key of the log; none where that is this warden.
    fn prove_elsewhere(&mut self, index: u64) -> Option<Result<Evidence, WardenError>> {
        let elsewhere = self.elsewhere.as_mut()?;
        let evidence = elsewhere.upstream.prove(index).map_err(WardenError::from);
        Some(evidence.and_then(|evidence| self.checked(index, evidence)))
    }

    /// The evidence, if it is about this very entry under a head of this very log.
    fn checked(&mut self, index: u64, evidence: Evidence) -> Result<Evidence, WardenError> {
        if self.holds(index, &evidence)? {
            return Ok(evidence);
        }
        // A key that was announced since the last look is no lie.
        self.fetch()?;
        if self.holds(index, &evidence)? {
            return Ok(evidence);
        }
        self.stands(Some(Line::Lies(Lie::Proof(index))));
        Err(WardenError::Lie(Lie::Proof(index)))
    }

    fn holds(&mut self, index: u64, evidence: &Evidence) -> Result<bool, WardenError> {
        let here = self.entry_bytes(index)?;
        let announced = self.state.operators.log_keys().last().map(|(_, key)| NoteVerifier::parse(key).ok());
        let pinned = || self.elsewhere.as_ref().map(|elsewhere| elsewhere.pinned.clone());
        let Some(key) = announced.unwrap_or_else(pinned) else { return Ok(false) };
        let proven = evidence.check(Some(&key));
        let about = proven.is_ok_and(|proven| proven.entry().index == index);
        Ok(about && here.is_none_or(|here| here == evidence.entry))
    }

    /// The proof that the first `to` entries begin with the first `from` (RFC 6962 section 2.1.2).
    ///
    /// # Errors
    /// [`WardenError::NotYet`] when there are not so many entries, or `from` is more than `to`.
    pub fn prove_consistency(&mut self, from: u64, to: u64) -> Result<Vec<Digest32>, WardenError> {
        consistency(&*self.store.read()?, from, to)
    }

    /// How the log departs from a checkpoint of an earlier day; none when it only grew.
    ///
    /// # Errors
    /// [`WardenError`] when the store cannot be read.
    pub fn departs_from(&mut self, then: &Checkpoint) -> Result<Option<Departure>, WardenError> {
        if then.log != self.meta.log {
            return Ok(Some(Departure::OtherLog(then.log)));
        }
        let view = self.store.read()?;
        let now = view.head()?.size;
        if now < then.tree.size {
            return Ok(Some(Departure::Truncated { then: then.tree.size, now }));
        }
        let same = root_of(&*view, then.tree.size)? == then.tree.root;
        Ok((!same).then_some(Departure::Rewritten(then.tree.size)))
    }
}

/// The evidence that the entry at `index` is under a signed head.
pub(super) fn evidence(view: &dyn View, head: &SignedHead, index: u64) -> Result<Evidence, WardenError> {
    let size = head.checkpoint.tree.size;
    let no_such = || WardenError::NotYet { asked: index.saturating_add(1), size };
    if index >= size {
        return Err(no_such());
    }
    let leaves = leaves(view, size)?;
    let place = usize::try_from(index).map_err(|_| no_such())?;
    let proof = prove_inclusion(&leaves, place).ok_or_else(no_such)?;
    let entry = entry_bytes(view, index)?.ok_or_else(no_such)?;
    Ok(Evidence { entry, proof, checkpoint: head.note.clone(), verifier: head.verifier.clone() })
}

/// The proof that the first `to` entries begin with the first `from`.
pub(super) fn consistency(view: &dyn View, from: u64, to: u64) -> Result<Vec<Digest32>, WardenError> {
    let size = view.head()?.size;
    if to > size {
        return Err(WardenError::NotYet { asked: to, size });
    }
    let not_so_many = || WardenError::NotYet { asked: from, size: to };
    if from > to {
        return Err(not_so_many());
    }
    let old = usize::try_from(from).map_err(|_| not_so_many())?;
    prove_consistency(&leaves(view, to)?, old).ok_or_else(not_so_many)
}

/// The root of a state whose records lie in `view`.
pub(super) fn state_root(
    tree: &mut StateTree,
    state: &State,
    view: &dyn View,
) -> Result<Digest32, WardenError> {
    tree.root(&state.registry, |part| {
        let rows = part.rows();
        let mut hashes = Vec::with_capacity(rows.len());
        let first = rows.clone().next().map_or(0, |row| state.stored_row(row));
        view.records(first, &mut |record| {
            if hashes.len() == rows.len() {
                return ControlFlow::Break(());
            }
            hashes.push(record.hash);
            ControlFlow::Continue(())
        })?;
        if hashes.len() < rows.len() {
            let missing = u32::try_from(hashes.len()).unwrap_or(u32::MAX);
            return Err(WardenError::MissingRecord { row: first.saturating_add(missing) });
        }
        Ok(hashes)
    })
}

/// The root of the first `size` entries, from their bytes and not from a cache.
pub(super) fn root_of(view: &dyn View, size: u64) -> Result<Digest32, WardenError> {
    let mut tree = Frontier::new();
    for leaf in leaves(view, size)? {
        tree.push(leaf);
    }
    Ok(tree.root())
}

/// The leaf hashes of the first `size` entries, from their bytes and not from a cache.
fn leaves(view: &dyn View, size: u64) -> Result<Vec<Digest32>, WardenError> {
    let mut leaves = Vec::new();
    view.entries(0, &mut |row| {
        if row.index >= size {
            return ControlFlow::Break(());
        }
        leaves.push(crate::audit::leaf_hash(row.bytes));
        ControlFlow::Continue(())
    })?;
    Ok(leaves)
}
