//! The two logs, of changes and of decisions: entries as exact bytes, and the Merkle trees over them (RFC 6962).
#![deny(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

mod checkpoint;
mod decision;
mod decision_evidence;
mod entry;
mod evidence;
mod merkle;
mod note;
mod proof;
mod pruned;
mod record;
mod search;
mod segment;
mod state;

pub use checkpoint::{Checkpoint, CheckpointError, log_of, origin};
pub use decision::{
    Asked, Decision, DecisionError, Draft, Found, Hashed, MAX_CALL_NAME, MAX_DECISION_BYTES,
    MAX_KEPT_REQUEST, MAX_REFUSAL_CODES, MAX_SAMPLES, Refusals, Ruling, Sample, Told, proof_name,
};
pub use decision_evidence::{DecisionEvidence, ProvenDecision};
pub use entry::{Entry, EntryError, LogName, MAX_ENTRY_BYTES};
pub use evidence::{Evidence, EvidenceError, MAX_EVIDENCE, Proven};
pub use merkle::{Frontier, empty_root, leaf_hash, node_hash};
pub use note::{MAX_NOTE, MAX_NOTE_SIGNATURES, Note, NoteError, NoteVerifier};
pub use proof::{
    MAX_PROOF, ProofError, Tree, check_consistency, check_inclusion, prove_consistency, prove_inclusion,
};
pub use pruned::Pruned;
pub use record::{Personal, StoredRecord, did_of_record, record_leaf};
pub use search::{MAX_SEARCH, Outcome, Pattern, Search, SearchError, SearchProblem};
pub use segment::{SegmentHead, decisions_origin};
pub use state::{StateTree, state_leaf};
