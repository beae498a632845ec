//! One entry with all that is needed to check that it is in a log: a single file, by nobody's word but the log key's.

use serde::{Deserialize, Serialize};

use super::checkpoint::{Checkpoint, CheckpointError};
use super::merkle::leaf_hash;
use super::note::{Note, NoteVerifier};
use super::proof::{MAX_PROOF, ProofError, check_inclusion};
use super::{DecisionError, Entry, EntryError};
use crate::encoding::{Digest32, base64};

/// An evidence file has at most this many bytes.
pub const MAX_EVIDENCE: usize = 16 * 1024 * 1024;

const TYPE: &str = "meshwarden.evidence.v1";

/// An entry, the hashes that lead to the root, and the signed checkpoint that has the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The exact bytes of the entry.
    pub entry: Vec<u8>,
    /// The hashes.
    pub proof: Vec<Digest32>,
    /// The checkpoint.
    pub checkpoint: Note,
    /// The key that signed it, as the file claims; whoever knows the log's key compares.
    pub verifier: NoteVerifier,
}

/// An entry that is in a log; made by [`Evidence::check`] alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    entry: Entry,
    checkpoint: Checkpoint,
}

/// Why a file is no evidence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// The bytes are not those of an evidence file.
    #[error("is no evidence file")]
    Malformed,
    /// The checkpoint does not hold.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// It is signed by another key than the one that is expected.
    #[error("is signed by another key than the one that was given")]
    OtherKey,
    /// The entry cannot be read.
    #[error("the entry {0}")]
    Entry(#[from] EntryError),
    /// The decision cannot be read.
    #[error("the decision {0}")]
    Decision(DecisionError),
    /// The entry belongs to another log than the checkpoint.
    #[error("the entry belongs to another log than the checkpoint")]
    OtherLog,
    /// The entry is not in the log.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

impl EvidenceError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "evidence_malformed",
            Self::Checkpoint(error) => error.code(),
            Self::OtherKey => "evidence_other_key",
            Self::Entry(error) => error.code(),
            Self::Decision(error) => error.code(),
            Self::OtherLog => "evidence_other_log",
            Self::Proof(error) => error.code(),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "type")]
    type_name: String,
    entry: String,
    proof: Vec<String>,
    checkpoint: String,
    verifier: String,
}

impl Evidence {
    /// The file.
    pub fn to_json(&self) -> String {
        self.write_as(TYPE)
    }

    pub(super) fn write_as(&self, type_name: &str) -> String {
        let document = Document {
            type_name: type_name.to_owned(),
            entry: base64::encode(&self.entry),
            proof: self.proof.iter().map(|hash| base64::encode(hash)).collect(),
            checkpoint: self.checkpoint.to_string(),
            verifier: self.verifier.to_string(),
        };
        // Strings alone always serialise.
        serde_json::to_string_pretty(&document).unwrap_or_default()
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`].
    pub fn from_json(text: &str) -> Result<Self, EvidenceError> {
        Self::read_as(text, TYPE)
    }

    pub(super) fn read_as(text: &str, type_name: &str) -> Result<Self, EvidenceError> {
        let malformed = || EvidenceError::Malformed;
        if text.len() > MAX_EVIDENCE {
            return Err(malformed());
        }
        let document: Document = serde_json::from_str(text).map_err(|_| malformed())?;
        if document.type_name != type_name || document.proof.len() > MAX_PROOF {
            return Err(malformed());
        }
        let proof = document.proof.iter().map(|text| base64::decode_array(text)).collect::<Option<_>>();
        Ok(Self {
            entry: base64::decode(&document.entry).ok_or_else(malformed)?,
            proof: proof.ok_or_else(malformed)?,
            checkpoint: Note::parse(&document.checkpoint).map_err(CheckpointError::from)?,
            verifier: NoteVerifier::parse(&document.verifier).map_err(CheckpointError::from)?,
        })
    }

    /// Checks everything that the file says; with `expected`, also that it is this log's key that signed.
    ///
    /// # Errors
    /// [`EvidenceError`].
    pub fn check(&self, expected: Option<&NoteVerifier>) -> Result<Proven, EvidenceError> {
        if expected.is_some_and(|expected| *expected != self.verifier) {
            return Err(EvidenceError::OtherKey);
        }
        let checkpoint = Checkpoint::open(&self.checkpoint, &self.verifier)?;
        let entry = Entry::from_bytes(&self.entry)?;
        if entry.log != checkpoint.log {
            return Err(EvidenceError::OtherLog);
        }
        let tree = &checkpoint.tree;
        check_inclusion(&leaf_hash(&self.entry), entry.index, tree.size, &tree.root, &self.proof)?;
        Ok(Proven { entry, checkpoint })
    }
}

impl Proven {
    /// The entry.
    pub const fn entry(&self) -> &Entry {
        &self.entry
    }

    /// The checkpoint that has it.
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }
}
