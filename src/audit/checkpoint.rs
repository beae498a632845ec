//! A signed head of a log: how long it is, its root, and the root of the state that it folds to.
//!
//! The text of a note as C2SP's tlog-checkpoint has it: origin, size, root; then the extension lines `state` and `time`.

use std::fmt;

use super::note::{Note, NoteError, NoteVerifier};
use super::{LogName, Tree};
use crate::encoding::{Digest32, base64};
use crate::identity::SecretKey;
use crate::time::Time;

/// A head of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log.
    pub log: LogName,
    /// Its length and root.
    pub tree: Tree,
    /// The root of the state after the last entry.
    pub state: Digest32,
    /// When it was made.
    pub time: Time,
}

/// Why a text is no checkpoint of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note is none, or is not signed by the log's key.
    #[error("the checkpoint {0}")]
    Note(#[from] NoteError),
    /// The text is not that of a checkpoint.
    #[error("the text is no checkpoint of such a log")]
    Malformed,
}

impl CheckpointError {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Note(error) => error.code(),
            Self::Malformed => "checkpoint_malformed",
        }
    }
}

/// The name under which a log signs, and the first line of its checkpoints.
pub fn origin(log: LogName) -> String {
    format!("meshwarden.log/{log}/authority")
}

/// The log whose heads this key signs; none for another kind of key.
pub fn log_of(verifier: &NoteVerifier) -> Option<LogName> {
    let name = verifier.name().strip_prefix("meshwarden.log/")?.strip_suffix("/authority")?;
    LogName::parse(name)
}

impl Checkpoint {
    /// Signs it with the log's key.
    ///
    /// # Errors
    /// Never in practice: the text is one of a note.
    pub fn sign(&self, key: &SecretKey) -> Result<Note, NoteError> {
        Note::sign(self.to_string(), &origin(self.log), key)
    }

    /// Reads a checkpoint that `verifier` signed.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn open(note: &Note, verifier: &NoteVerifier) -> Result<Self, CheckpointError> {
        let checkpoint = Self::parse(note.verify(verifier)?).ok_or(CheckpointError::Malformed)?;
        if verifier.name() == origin(checkpoint.log) {
            Ok(checkpoint)
        } else {
            Err(CheckpointError::Malformed)
        }
    }

    /// What a note says that it is, signed by whomever.
    pub fn claimed(note: &Note) -> Option<Self> {
        Self::parse(note.text())
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.split('\n');
        let name = lines.next()?.strip_prefix("meshwarden.log/")?.strip_suffix("/authority")?;
        let log = LogName::parse(name)?;
        let size = lines.next()?.parse().ok()?;
        let root = base64::decode_array(lines.next()?)?;
        let state = base64::decode_array(lines.next()?.strip_prefix("state ")?)?;
        let time = Time::parse(lines.next()?.strip_prefix("time ")?).ok()?;
        let checkpoint = Self { log, tree: Tree { size, root }, state, time };
        // One spelling: no leading zeros, no other form of a time, nothing behind.
        (checkpoint.to_string() == text).then_some(checkpoint)
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}\n{}\n{}", origin(self.log), self.tree.size, base64::encode(&self.tree.root))?;
        writeln!(out, "state {}\ntime {}", base64::encode(&self.state), self.time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint() -> Checkpoint {
        Checkpoint {
            log: LogName::from_bits(7),
            tree: Tree { size: 12, root: [1; 32] },
            state: [2; 32],
            time: Time::parse("2026-03-01T12:00:00Z").unwrap(),
        }
    }

    fn key() -> SecretKey {
        SecretKey::from_seed([3; 32])
    }

    #[test]
    fn a_checkpoint_reads_back_from_its_note_and_from_no_other() {
        let note = checkpoint().sign(&key()).unwrap();
        let verifier = NoteVerifier::new(&origin(LogName::from_bits(7)), key().public_key()).unwrap();
        let read = Note::parse(&note.to_string()).unwrap();
        assert_eq!(Checkpoint::open(&read, &verifier), Ok(checkpoint()));
        let other = NoteVerifier::new(&origin(LogName::from_bits(8)), key().public_key()).unwrap();
        assert_eq!(Checkpoint::open(&read, &other), Err(CheckpointError::Note(NoteError::Unsigned)));
        // The log's own key under another log's name.
        let misnamed = Note::sign(checkpoint().to_string(), &origin(LogName::from_bits(8)), &key()).unwrap();
        assert_eq!(Checkpoint::open(&misnamed, &other), Err(CheckpointError::Malformed));
    }

    #[test]
    fn a_checkpoint_has_one_spelling() {
        let text = checkpoint().to_string();
        assert_eq!(Checkpoint::parse(&text), Some(checkpoint()));
        for (from, to) in
            [("\n12\n", "\n012\n"), ("\n12\n", "\n+12\n"), ("00:00Z", "00:00.0Z"), ("state", "State")]
        {
            assert_eq!(Checkpoint::parse(&text.replacen(from, to, 1)), None, "{to}");
        }
        assert_eq!(Checkpoint::parse(&format!("{text}more\n")), None);
    }
}
