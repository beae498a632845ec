//! A signed head of the decision log: what a segment ends with, and what stays of it when its entries are dropped.
//!
//! The text of a note as C2SP's tlog-checkpoint has it: origin, size, root; then the extension line `time`. The size
//! counts every entry since the first, those of earlier segments too.

use std::fmt;

use super::checkpoint::CheckpointError;
use super::note::{Note, NoteError, NoteVerifier};
use super::{LogName, Tree};
use crate::encoding::base64;
use crate::identity::SecretKey;
use crate::time::Time;

/// A head of the decision log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentHead {
    /// The log of the warden whose decisions they are.
    pub log: LogName,
    /// Length and root.
    pub tree: Tree,
    /// The time of the last entry.
    pub time: Time,
}

/// The name under which a log signs heads of its decisions: another than that of its changes.
pub fn decisions_origin(log: LogName) -> String {
    format!("meshwarden.log/{log}/decisions")
}

impl SegmentHead {
    /// Signs it with the log's key.
    ///
    /// # Errors
    /// Never in practice: the text is one of a note.
    pub fn sign(&self, key: &SecretKey) -> Result<Note, NoteError> {
        Note::sign(self.to_string(), &decisions_origin(self.log), key)
    }

    /// Reads a head that `verifier` signed.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn open(note: &Note, verifier: &NoteVerifier) -> Result<Self, CheckpointError> {
        let head = Self::parse(note.verify(verifier)?).ok_or(CheckpointError::Malformed)?;
        if verifier.name() == decisions_origin(head.log) { Ok(head) } else { Err(CheckpointError::Malformed) }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.split('\n');
        let name = lines.next()?.strip_prefix("meshwarden.log/")?.strip_suffix("/decisions")?;
        let log = LogName::parse(name)?;
        let size = lines.next()?.parse().ok()?;
        let root = base64::decode_array(lines.next()?)?;
        let time = Time::parse(lines.next()?.strip_prefix("time ")?).ok()?;
        let head = Self { log, tree: Tree { size, root }, time };
        (head.to_string() == text).then_some(head)
    }
}

impl fmt::Display for SegmentHead {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { log, tree, time } = self;
        let root = base64::encode(&tree.root);
        writeln!(out, "{}\n{}\n{root}\ntime {time}", decisions_origin(*log), tree.size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Checkpoint, origin};

    fn head() -> SegmentHead {
        let tree = Tree { size: 12, root: [1; 32] };
        SegmentHead { log: LogName::from_bits(7), tree, time: Time::parse("2026-03-01T12:00:00Z").unwrap() }
    }

    #[test]
    fn a_head_of_decisions_is_no_checkpoint_of_changes_and_the_other_way_round() {
        let key = SecretKey::from_seed([3; 32]);
        let log = LogName::from_bits(7);
        let verifier = |name: &str| NoteVerifier::new(name, key.public_key()).unwrap();
        let (decisions, changes) = (verifier(&decisions_origin(log)), verifier(&origin(log)));
        let note = head().sign(&key).unwrap();
        assert_eq!(SegmentHead::open(&note, &decisions), Ok(head()));
        assert!(Checkpoint::open(&note, &changes).is_err());
        let other =
            Checkpoint { log, tree: head().tree, state: [2; 32], time: head().time }.sign(&key).unwrap();
        assert!(SegmentHead::open(&other, &decisions).is_err());
        let text = head().to_string();
        assert_eq!(SegmentHead::parse(&text), Some(head()));
        assert_eq!(SegmentHead::parse(&text.replacen("\n12\n", "\n012\n", 1)), None);
    }
}
