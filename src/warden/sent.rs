//! What was sent of a log, looked through once: what it forgets, what it keeps back, and which heads operators vouch for.

use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;

use super::checkpoint::root_of;
use super::fold::{State, read_entry};
use super::{Lie, Named, NotFollowed, Piece, WardenError};
use crate::audit::{Checkpoint, Note, NoteVerifier, did_of_record};
use crate::change::{Erase, OnCase, What};
use crate::encoding::Digest32;
use crate::encoding::commitment::commitment;
use crate::identity::Did;
use crate::store::{StoreError, Transaction, View};

/// What was sent, until it was looked through.
#[derive(Default)]
pub(super) struct Sent {
    /// How many entries there are now.
    entries: u64,
    /// The commitments whose openings were sent.
    texts: HashSet<Digest32>,
    /// Agents whose texts were kept back.
    silent: HashSet<Did>,
}

/// What follows from it.
pub(super) struct Findings {
    pub erased: Vec<Erase>,
    /// Heads that operators saw, as signed notes, with the entries that carry them.
    witnessed: Vec<(u64, String)>,
}

impl Sent {
    pub(super) fn from(entries: u64) -> Self {
        Self { entries, ..Self::default() }
    }

    /// Writes a piece, if the head covers it.
    pub(super) fn put(
        &mut self,
        piece: Piece,
        transaction: &mut dyn Transaction,
        size: u64,
    ) -> Result<(), NotFollowed> {
        // What comes behind the last entry belongs to nothing.
        if self.entries >= size {
            return Err(Lie::Entries(self.entries.saturating_add(1)).into());
        }
        let index = self.entries;
        let put = match piece {
            Piece::Record { bytes, personal } => {
                if matches!(personal, Named::Forgotten(_)) {
                    self.silent.extend(did_of_record(&bytes));
                }
                transaction.put_record(&bytes, personal.as_personal()).map(drop)
            }
            Piece::Text(opening) => {
                self.texts.insert(commitment(&opening));
                transaction.put_text(&opening)
            }
            Piece::Entry(bytes) => {
                self.entries = self.entries.saturating_add(1);
                transaction.append(&bytes).map(drop)
            }
        };
        put.map_err(|error| blame(index, error.into()))
    }

    /// Looks through the entries from `from` on.
    pub(super) fn look(mut self, view: &dyn View, from: u64) -> Result<Findings, NotFollowed> {
        let (mut erased, mut witnessed) = (Vec::new(), Vec::new());
        let mut expected: BTreeMap<Digest32, u64> = BTreeMap::new();
        let mut outcome = Ok(());
        view.entries(from, &mut |row| {
            outcome = read_entry(row.index, row.bytes).map(|(_, payload)| {
                expected.extend(payload.commitments().into_iter().map(|commitment| (commitment, row.index)));
                match payload.order.fact().map(|fact| &fact.what) {
                    Some(What::Erase(erase)) => erased.push(erase.clone()),
                    Some(What::Case(OnCase::Note { seen: Some(seen), .. })) => {
                        witnessed.push((row.index, seen.clone()));
                    }
                    _ => {}
                }
            });
            if outcome.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })
        .map_err(WardenError::from)?;
        outcome.map_err(|error| blame(from, error))?;
        self.texts.retain(|sent| !expected.contains_key(sent));
        if !self.texts.is_empty() {
            return Err(Lie::Surplus(self.texts.len()).into());
        }
        for erase in &erased {
            self.silent.remove(&erase.did);
            for text in &erase.texts {
                expected.remove(&text.commitment);
            }
        }
        if let Some(did) = self.silent.into_iter().next() {
            return Err(Lie::WithheldRecord(did).into());
        }
        for (commitment, index) in expected {
            if view.text(&commitment).map_err(WardenError::from)?.is_none() {
                return Err(Lie::Withheld(index).into());
            }
        }
        Ok(Findings { erased, witnessed })
    }
}

impl Findings {
    /// Whether every head that an operator vouches for lies on this line; what no key of the log signed says nothing.
    pub(super) fn are_on_line(
        &self,
        view: &dyn View,
        state: &State,
        pinned: &NoteVerifier,
    ) -> Result<(), NotFollowed> {
        let announced =
            state.operators.log_keys().iter().filter_map(|(_, key)| NoteVerifier::parse(key).ok());
        let keys: Vec<NoteVerifier> = announced.chain([pinned.clone()]).collect();
        for (index, seen) in &self.witnessed {
            let Ok(note) = Note::parse(seen) else { continue };
            let Some(head) = keys.iter().find_map(|key| Checkpoint::open(&note, key).ok()) else { continue };
            let size = head.tree.size;
            // Whoever saw it had seen no more than what came before.
            let on_line = head.log == state.log && size <= *index && root_of(view, size)? == head.tree.root;
            if !on_line {
                return Err(Lie::OtherLine { index: *index, size, head: seen.clone() }.into());
            }
        }
        Ok(())
    }
}

/// Who is to blame for what fails: the disk here, or whoever sent it.
pub(super) fn blame(index: u64, error: WardenError) -> NotFollowed {
    let here = match &error {
        WardenError::Store(StoreError::Misuse(_)) => false,
        WardenError::Store(_) | WardenError::File { .. } | WardenError::NoEntropy => true,
        _ => false,
    };
    if here { error.into() } else { Lie::Unsound { index, why: error.to_string() }.into() }
}
