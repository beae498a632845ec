//! Signed heads of the log, evidence of entries, and whether the log still has what it once had.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crate::audit::{
    Checkpoint, Evidence, Frontier, LogName, Note, NoteVerifier, StateTree, Tree, origin, prove_inclusion,
};
use crate::encoding::Digest32;
use crate::identity::SecretKey;
use crate::keystore::{self, KeystoreError, Passphrase};
use crate::store::View;

use super::fold::State;
use super::{Kind, Warden, WardenError};

/// The file of a data directory that holds the key of its log.
pub const LOG_KEY: &str = "log.key";

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
        Ok(SignedHead { checkpoint, note, verifier })
    }

    /// The evidence that the entry at `index` is in the log.
    ///
    /// # Errors
    /// [`WardenError::NotYet`] when there is no such entry.
    pub fn prove(&mut self, index: u64) -> Result<Evidence, WardenError> {
        let head = self.checkpoint()?;
        let size = head.checkpoint.tree.size;
        let no_such = || WardenError::NotYet { asked: index.saturating_add(1), size };
        let leaves = leaves(&*self.store.read()?, size)?;
        let place = usize::try_from(index).map_err(|_| no_such())?;
        let proof = prove_inclusion(&leaves, place).ok_or_else(no_such)?;
        let entry = self.entry_bytes(index)?.ok_or_else(no_such)?;
        Ok(Evidence { entry, proof, checkpoint: head.note, verifier: head.verifier })
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
        let mut tree = Frontier::new();
        for leaf in leaves(&*view, then.tree.size)? {
            tree.push(leaf);
        }
        let same = tree.root() == then.tree.root;
        Ok((!same).then_some(Departure::Rewritten(then.tree.size)))
    }

    /// The key of the log, as whoever checks its heads needs it.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn verifier(&mut self) -> Result<NoteVerifier, WardenError> {
        let key = self.log_key()?.public_key();
        NoteVerifier::new(&origin(self.meta.log), key).map_err(|error| WardenError::Unsigned { error })
    }

    /// The key that signs the heads of this log; made when it is first asked for.
    pub(super) fn log_key(&mut self) -> Result<SecretKey, WardenError> {
        let path = match &self.kind {
            Kind::Directory(path) => path.join(LOG_KEY),
            Kind::OfflineCopy(_) | Kind::Demo => return self.passing_key(),
        };
        match open_key(&path) {
            Err(WardenError::Key { error: KeystoreError::Io(std::io::ErrorKind::NotFound), .. }) => {}
            opened => return opened,
        }
        let named = |error| WardenError::Key { path: path.clone(), error };
        let seed = self.entropy.seed().ok_or(WardenError::NoEntropy)?;
        let text = keystore::encode(&SecretKey::from_seed(*seed), None, &[0; 32]).map_err(named)?;
        match keystore::create(&path, &text) {
            // Another process was faster: its key is the log's.
            Ok(()) | Err(KeystoreError::Exists) => open_key(&path),
            Err(error) => Err(named(error)),
        }
    }

    /// The key of a log that nobody else relies on: as long as this process lives.
    fn passing_key(&mut self) -> Result<SecretKey, WardenError> {
        if self.passing.is_none() {
            self.passing = self.entropy.seed();
        }
        let seed = self.passing.as_ref().map(|seed| **seed).ok_or(WardenError::NoEntropy)?;
        Ok(SecretKey::from_seed(seed))
    }
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

fn open_key(path: &Path) -> Result<SecretKey, WardenError> {
    let nobody = || -> Result<Passphrase, KeystoreError> { Err(KeystoreError::EmptyPassphrase) };
    keystore::open(path, nobody).map_err(|error| WardenError::Key { path: PathBuf::from(path), error })
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
