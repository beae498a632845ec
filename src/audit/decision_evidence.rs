//! One file that proves that one decision was kept.

use super::evidence::{Evidence, EvidenceError};
use super::note::NoteVerifier;
use super::{Decision, SegmentHead, check_inclusion};

const TYPE: &str = "meshwarden.decision-evidence.v1";

/// The parts of an evidence file, of which the entry is one of the decision log and the note a head of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionEvidence(pub Evidence);

/// A decision that was kept; made by [`DecisionEvidence::check`] alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenDecision {
    decision: Decision,
    head: SegmentHead,
}

impl DecisionEvidence {
    /// The file.
    pub fn to_json(&self) -> String {
        self.0.write_as(TYPE)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`], also for the evidence of a change.
    pub fn from_json(text: &str) -> Result<Self, EvidenceError> {
        Evidence::read_as(text, TYPE).map(Self)
    }

    /// Checks everything that the file says; with `expected`, also that it is this log's key that signed.
    ///
    /// The key has a name for changes and one for decisions; either is taken.
    ///
    /// # Errors
    /// [`EvidenceError`].
    pub fn check(&self, expected: Option<&NoteVerifier>) -> Result<ProvenDecision, EvidenceError> {
        let Evidence { entry, proof, checkpoint, verifier } = &self.0;
        if expected.is_some_and(|expected| expected.key().bytes() != verifier.key().bytes()) {
            return Err(EvidenceError::OtherKey);
        }
        let head = SegmentHead::open(checkpoint, verifier)?;
        let decision = Decision::from_bytes(entry).map_err(EvidenceError::Decision)?;
        if decision.log != head.log {
            return Err(EvidenceError::OtherLog);
        }
        let tree = &head.tree;
        check_inclusion(
            &decision.leaf().map_err(EvidenceError::Decision)?,
            decision.index,
            tree.size,
            &tree.root,
            proof,
        )?;
        Ok(ProvenDecision { decision, head })
    }
}

impl ProvenDecision {
    /// The entry.
    pub const fn decision(&self) -> &Decision {
        &self.decision
    }

    /// The head that has it.
    pub const fn head(&self) -> &SegmentHead {
        &self.head
    }
}
