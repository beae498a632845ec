//! The same log in another place: what a verifier sends of it, and how a follower takes it without believing anything.
//!
//! A follower folds every entry again and verifies every signature in it. Nothing of what was sent lasts unless all of it
//! together is what the checkpoint says: the entries under its root, the state that they make under its state root.

use std::ops::ControlFlow;

use super::checkpoint::state_root;
use super::erase::forget;
use super::fold::{State, read_entry};
use super::sent::{Sent, blame};
use super::{Warden, WardenError};
use crate::audit::{Checkpoint, Note, NoteVerifier, Personal, StateTree};
use crate::encoding::{Digest32, base64, hex};
use crate::identity::Did;
use crate::store::View;
use crate::wire::PieceLine;

/// A part of a log; in the order in which a follower takes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A record of the entry that comes next.
    Record {
        /// Its bytes.
        bytes: Vec<u8>,
        /// Where the texts are that may name people.
        personal: Named,
    },
    /// What opens a commitment of the entry that comes next; none is sent of what was forgotten.
    Text(Vec<u8>),
    /// The exact bytes of an entry.
    Entry(Vec<u8>),
}

impl Piece {
    /// How many bytes it has.
    pub fn len(&self) -> usize {
        match self {
            Self::Record { bytes, personal: Named::Beside(opening) } => {
                bytes.len().saturating_add(opening.len())
            }
            Self::Record { bytes, .. } | Self::Entry(bytes) | Self::Text(bytes) => bytes.len(),
        }
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// [`Personal`], owned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// In the record.
    Within,
    /// Beside it.
    Beside(Vec<u8>),
    /// Forgotten.
    Forgotten(Digest32),
}

/// How far a follower is: whole entries, and records that belong to the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// The entries that it has.
    pub entries: u64,
    /// The records that it has, those of the next entry included.
    pub records: u32,
}

/// How what was sent departs from what was signed: evidence against the verifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Lie {
    /// The checkpoint is of another log.
    #[error("the checkpoint is of another log")]
    OtherLog,
    /// The checkpoint is of fewer entries than are known already.
    #[error("the checkpoint has {signed} entries, and {known} are known")]
    Shorter {
        /// How many it has.
        signed: u64,
        /// How many are known.
        known: u64,
    },
    /// The verifier told of more entries than the head has that it signed afterwards.
    #[error("it told of {told} entries, and the head that it signed afterwards has {signed}")]
    Withholds {
        /// How many it told of.
        told: u64,
        /// How many the head has.
        signed: u64,
    },
    /// The evidence for an entry proves nothing, or another one.
    #[error("what it calls the proof of entry {0} proves nothing")]
    Proof(u64),
    /// The head is not signed with a key of the log.
    #[error("the head is not signed with the key of the log")]
    Unsigned,
    /// The entries are not those under the root.
    #[error("the {0} entries that were sent are not those that were signed")]
    Entries(u64),
    /// The entries do not make the state under the state root.
    #[error("the agents that the entries make are not those that were signed")]
    State,
    /// An entry that was sent is none that a verifier would take.
    #[error("from entry {index} on, what was sent does not follow: {why}")]
    Unsound {
        /// The entry, or the first of those that were sent together.
        index: u64,
        /// Why not.
        why: String,
    },
    /// Texts were sent that no entry from here on has.
    #[error("texts were sent that no entry from {0} on has")]
    Surplus(u64),
    /// A text of an entry is kept back, and nobody erased it.
    #[error("a text of entry {0} is kept back, and nobody erased it")]
    Withheld(u64),
    /// The texts of a record are kept back, and nobody erased them.
    #[error("the texts about {0} are kept back, and nobody erased them")]
    WithheldRecord(Did),
    /// An operator saw a head, signed with the key of the log, that is not on this line.
    #[error(
        "entry {index} carries a head of {size} entries, signed with the log's key, that is not on this line"
    )]
    OtherLine {
        /// The entry.
        index: u64,
        /// How many entries the head has.
        size: u64,
        /// The head, as a signed note.
        head: String,
    },
    /// It was found before, and no operator has acknowledged it.
    #[error("found at {found}: {words}")]
    Before {
        /// When.
        found: String,
        /// What.
        words: String,
    },
}

impl Lie {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OtherLog => "checkpoint_other_log",
            Self::Shorter { .. } => "verifier_shorter",
            Self::Withholds { .. } => "verifier_withholds",
            Self::Proof(_) => "verifier_false_proof",
            Self::Unsigned => "verifier_other_key",
            Self::Surplus(_) => "verifier_surplus",
            Self::Entries(_) => "verifier_rewrote",
            Self::State => "verifier_other_state",
            Self::Unsound { .. } => "verifier_unsound",
            Self::Withheld(_) | Self::WithheldRecord(_) => "verifier_keeps_back",
            Self::OtherLine { .. } => "verifier_forked",
            Self::Before { .. } => "verifier_lied",
        }
    }
}

/// Why nothing was taken.
#[derive(Debug, thiserror::Error)]
pub enum NotFollowed {
    /// The verifier contradicts what it signed.
    #[error(transparent)]
    Lie(#[from] Lie),
    /// What was sent does not fold, or the replica cannot be written.
    #[error(transparent)]
    Failed(#[from] WardenError),
}

impl NotFollowed {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Lie(lie) => lie.code(),
            Self::Failed(error) => error.code(),
        }
    }
}

impl Warden {
    /// What a follower lacks of the first `size` entries, in order, until it is about `most` bytes.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn pieces(&mut self, from: Reached, size: u64, most: usize) -> Result<Vec<Piece>, WardenError> {
        pieces(&*self.store.read()?, from, size, most)
    }

    /// How far this one is.
    pub fn reached(&self) -> Reached {
        Reached { entries: self.state.head.size, records: self.state.head.records }
    }

    /// Takes what was sent, if together with what is here it is exactly what `signed` says.
    ///
    /// # Errors
    /// [`NotFollowed`]; nothing was taken.
    pub fn absorb(
        &mut self,
        pieces: impl IntoIterator<Item = Result<Piece, WardenError>>,
        note: &Note,
        pinned: &NoteVerifier,
    ) -> Result<(), NotFollowed> {
        let signed = Checkpoint::claimed(note).ok_or(Lie::Unsigned)?;
        if signed.log != self.meta.log {
            return Err(Lie::OtherLog.into());
        }
        let mut transaction = self.store.begin().map_err(WardenError::from)?;
        let mut state = self.state.clone();
        state.catch_up(transaction.view())?;
        let known = state.head.size;
        if signed.tree.size < known {
            return Err(Lie::Shorter { signed: signed.tree.size, known }.into());
        }
        let size = signed.tree.size;
        let mut sent = Sent::from(known);
        for piece in pieces {
            sent.put(piece?, &mut *transaction, size)?;
        }
        let head = transaction.view().head().map_err(WardenError::from)?;
        if head.size != size || head.root != signed.tree.root {
            return Err(Lie::Entries(head.size).into());
        }
        let sent = sent.look(transaction.view(), known)?;
        for erased in &sent.erased {
            forget(&mut *transaction, erased).map_err(|error| blame(known, error))?;
        }
        state.catch_up(transaction.view()).map_err(|error| blame(known, error))?;
        if state_root(&mut StateTree::default(), &state, transaction.view())? != signed.state {
            return Err(Lie::State.into());
        }
        signs((&state, known > 0), pinned, note)?;
        sent.are_on_line(transaction.view(), &state, pinned)?;
        for row in state.registry.rows().filter(|row| state.registry.agent(*row).version() >= known) {
            let standing = state.registry.standing(row);
            if standing.put_by.is_some() || standing.sealed_at.is_some() {
                transaction.put_standing(state.stored_row(row), &standing).map_err(WardenError::from)?;
            }
        }
        state.head = transaction.commit().map_err(|error| blame(known, error.into()))?;
        self.state = state;
        Ok(())
    }
}

/// What a follower lacks of the first `size` entries, in order, until it is about `most` bytes.
pub(super) fn pieces(
    view: &dyn View,
    from: Reached,
    size: u64,
    most: usize,
) -> Result<Vec<Piece>, WardenError> {
    let (mut pieces, mut bytes) = (Vec::new(), 0_usize);
    let Reached { entries, mut records } = from;
    let mut outcome = Ok(());
    view.entries(entries, &mut |row| {
        if row.index >= size || bytes >= most {
            return ControlFlow::Break(());
        }
        outcome = records_of(view, row.index, &mut records, (&mut pieces, &mut bytes), most)
            .and_then(|whole| {
                if whole {
                    texts_of(view, row.index, row.bytes, &mut pieces).map(|()| true)
                } else {
                    Ok(false)
                }
            })
            .map(|whole| {
                if whole {
                    bytes = bytes.saturating_add(row.bytes.len());
                    pieces.push(Piece::Entry(row.bytes.to_vec()));
                }
            });
        if outcome.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    outcome.map(|()| pieces)
}

/// Whether the head is signed with the key that the log has: the pinned one. Another one is taken only where the log was
/// followed before: then admins who were known announced it. Anybody can make up a log that announces a key.
fn signs((state, followed): (&State, bool), pinned: &NoteVerifier, note: &Note) -> Result<(), Lie> {
    let now = match state.operators.log_keys().last() {
        Some((_, last)) if followed || *last == pinned.to_string() => NoteVerifier::parse(last).ok(),
        Some(_) => None,
        None => Some(pinned.clone()),
    };
    let opened = now.and_then(|key| Checkpoint::open(note, &key).ok());
    opened.map(drop).ok_or(Lie::Unsigned)
}

impl Named {
    pub(super) fn as_personal(&self) -> Personal<'_> {
        match self {
            Self::Within => Personal::Within,
            Self::Beside(opening) => Personal::Beside(opening),
            Self::Forgotten(commitment) => Personal::Forgotten(*commitment),
        }
    }
}

impl From<Personal<'_>> for Named {
    fn from(personal: Personal<'_>) -> Self {
        match personal {
            Personal::Within => Self::Within,
            Personal::Beside(opening) => Self::Beside(opening.to_vec()),
            Personal::Forgotten(commitment) => Self::Forgotten(commitment),
        }
    }
}

impl From<Piece> for PieceLine {
    fn from(piece: Piece) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        match piece {
            Piece::Entry(bytes) => Self::Entry(text(bytes)),
            Piece::Text(opening) => Self::Text(base64::encode(&opening)),
            Piece::Record { bytes, personal } => {
                let (opening, forgotten) = match personal {
                    Named::Within => (None, None),
                    Named::Beside(opening) => (Some(base64::encode(&opening)), None),
                    Named::Forgotten(commitment) => (None, Some(hex::encode(&commitment))),
                };
                Self::Record { bytes: text(bytes), opening, forgotten }
            }
        }
    }
}

impl Piece {
    /// Reads a line; none for one that is no piece, the head among them.
    pub fn of_line(line: PieceLine) -> Option<Self> {
        Some(match line {
            PieceLine::Entry(bytes) => Self::Entry(bytes.into_bytes()),
            PieceLine::Text(opening) => Self::Text(base64::decode(&opening)?),
            PieceLine::Record { bytes, opening, forgotten } => {
                let personal = match (opening, forgotten) {
                    (None, None) => Named::Within,
                    (Some(opening), None) => Named::Beside(base64::decode(&opening)?),
                    (None, Some(commitment)) => Named::Forgotten(hex::decode_digest(&commitment)?),
                    (Some(_), Some(_)) => return None,
                };
                Self::Record { bytes: bytes.into_bytes(), personal }
            }
            PieceLine::Checkpoint(_) | PieceLine::More { .. } => return None,
        })
    }
}

/// The records of the entry at `index` from `next` on; answers whether these are all of them.
fn records_of(
    view: &dyn View,
    index: u64,
    next: &mut u32,
    (pieces, bytes): (&mut Vec<Piece>, &mut usize),
    most: usize,
) -> Result<bool, WardenError> {
    let mut whole = true;
    view.records(*next, &mut |record| {
        if record.entry > index {
            return ControlFlow::Break(());
        }
        if *bytes >= most {
            whole = false;
            return ControlFlow::Break(());
        }
        *bytes = bytes.saturating_add(record.bytes.len());
        pieces.push(Piece::Record { bytes: record.bytes.to_vec(), personal: record.personal.into() });
        *next = record.row.saturating_add(1);
        ControlFlow::Continue(())
    })?;
    Ok(whole)
}

/// What opens the commitments of an entry, as far as it was not forgotten.
fn texts_of(view: &dyn View, index: u64, bytes: &[u8], pieces: &mut Vec<Piece>) -> Result<(), WardenError> {
    let (_, payload) = read_entry(index, bytes)?;
    for commitment in payload.commitments() {
        pieces.extend(view.opening(&commitment)?.map(Piece::Text));
    }
    Ok(())
}
