//! The authority log: entries as exact bytes, and the Merkle tree over them (RFC 6962).
#![deny(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

mod checkpoint;
mod entry;
mod evidence;
mod merkle;
mod note;
mod proof;
mod record;
mod state;

pub use checkpoint::{Checkpoint, CheckpointError, origin};
pub use entry::{Entry, EntryError, LogName, MAX_ENTRY_BYTES};
pub use evidence::{Evidence, EvidenceError, MAX_EVIDENCE, Proven};
pub use merkle::{Frontier, empty_root, leaf_hash, node_hash};
pub use note::{MAX_NOTE, MAX_NOTE_SIGNATURES, Note, NoteError, NoteVerifier};
pub use proof::{
    MAX_PROOF, ProofError, Tree, check_consistency, check_inclusion, prove_consistency, prove_inclusion,
};
pub use record::{Personal, StoredRecord, did_of_record, record_leaf};
pub use state::{StateTree, state_leaf};
