//! Where a log, its records and the cache of their fold are kept; the only room that knows SQL.
//!
//! A [`Store`] is one handle on one log. Writers take turns: a [`Transaction`] holds the lock from
//! [`Store::begin`] to its end, and everything in it comes to last at once or not at all. Readers never wait
//! for writers: a [`View`] sees the store as one commit left it.
//!
//! What a writer does: begin, look at what other writers appended meanwhile, decide, then
//! [`put_record`](Transaction::put_record) what is imported, [`append`](Transaction::append) the entry,
//! [`put_standing`](Transaction::put_standing) what the fold now says, and commit.

mod error;
mod forgotten;
mod kept;
mod ledger;
mod memory;
mod rule;
mod sqlite;
#[cfg(test)]
mod tests;
mod verify;

use std::ops::ControlFlow;
use std::path::PathBuf;

pub use error::{Damage, Misuse, Obstacle, StoreError};
pub use memory::Memory;
pub use rule::{Fault, Rule};
pub use sqlite::{
    Call, Calls, DECISIONS, DecisionFault, DecisionRule, Decisions, DecisionsReport, FILE, Keeping, Mark,
    Minute, NOTICES, Notices, Recording, Sqlite, Tail, Told, Way,
};
pub use sqlite::{RESERVE, RESERVED, Room, SERVED, Served, copy, room};
pub use verify::{Check, Verification, verify};

use crate::audit::{LogName, Personal};
use crate::change::ChangeId;
use crate::encoding::Digest32;
use crate::encoding::commitment::opened;
use crate::registry::Standing;
use crate::time::Time;

/// What belongs to a store from its creation on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// The log's name.
    pub log: LogName,
    /// When the store was made.
    pub created: Time,
    /// The registry file that the store is a copy of.
    pub origin: Option<Origin>,
}

/// A registry file, as it was when it was imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Where it lies.
    pub path: PathBuf,
    /// The SHA-256 of its content.
    pub digest: Digest32,
    /// Its length in bytes.
    pub size: u64,
    /// When the file system says it was last written.
    pub modified: Time,
    /// When it was imported.
    pub imported: Time,
}

/// The end of a log, and how much lies beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// How many entries the log has.
    pub size: u64,
    /// Their Merkle root.
    pub root: Digest32,
    /// The time of the last one.
    pub last_time: Option<Time>,
    /// How many records all imports brought.
    pub records: u32,
    /// The row of the first record that no later import replaced; the registry begins there.
    pub first_row: u32,
}

/// An entry as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryRow<'v> {
    /// Its place.
    pub index: u64,
    /// The name of its change.
    pub change: ChangeId,
    /// Its leaf hash.
    pub leaf: Digest32,
    /// Its bytes.
    pub bytes: &'v [u8],
}

/// A record as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordRow<'v> {
    /// Its place in registration order, over all imports.
    pub row: u32,
    /// The place of the import entry that brought it.
    pub entry: u64,
    /// Its leaf hash.
    pub hash: Digest32,
    /// Its bytes, as they were given.
    pub bytes: &'v [u8],
    /// Where the texts are that may name people.
    pub personal: Personal<'v>,
}

/// A text that an entry has as a commitment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextRow<'v> {
    /// The commitment.
    pub commitment: Digest32,
    /// What opens it; none when it was forgotten.
    pub opening: Option<&'v [u8]>,
}

/// The records that wait for their import entry in this transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    /// How many.
    pub count: u64,
    /// Their Merkle root.
    pub root: Digest32,
}

/// A handle on a store.
pub trait Store: Send {
    /// What belongs to the store, the origin as it was last set.
    ///
    /// # Errors
    /// [`StoreError`].
    fn meta(&self) -> Result<Meta, StoreError>;

    /// Whether another handle committed since this was last asked; cheap enough to ask every tick.
    ///
    /// # Errors
    /// [`StoreError`].
    fn changed(&mut self) -> Result<bool, StoreError>;

    /// Looks at the store as the last commit left it; waits for nobody.
    ///
    /// # Errors
    /// [`StoreError`].
    fn read(&mut self) -> Result<Box<dyn View + '_>, StoreError>;

    /// Takes the write lock; waits for another writer for a bounded time.
    ///
    /// # Errors
    /// [`Obstacle::Busy`] when the other writer does not end.
    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, StoreError>;

    /// Another handle on the same store, for somebody who only reads.
    ///
    /// # Errors
    /// [`StoreError`].
    fn another(&self) -> Result<Box<dyn Store>, StoreError>;

    /// After a failure: gives room back that was kept for a full disk, if it may have been that; answers whether it is
    /// worth trying again.
    fn make_room(&mut self, error: &StoreError) -> bool;

    /// Wipes what was forgotten from every file: until then it may lie in pages that are free and in the log file.
    ///
    /// It writes the whole database again, so it takes as long as its size, and as much room on the disk.
    ///
    /// # Errors
    /// [`StoreError`]; it can be tried again at any time.
    fn purge(&mut self) -> Result<(), StoreError>;
}

/// One consistent look at a store.
pub trait View {
    /// The end of the log.
    ///
    /// # Errors
    /// [`StoreError`].
    fn head(&self) -> Result<Head, StoreError>;

    /// Visits the entries from the place `from` on, in order, until the visitor breaks.
    ///
    /// # Errors
    /// [`StoreError`].
    fn entries(
        &self,
        from: u64,
        visit: &mut dyn FnMut(EntryRow<'_>) -> ControlFlow<()>,
    ) -> Result<(), StoreError>;

    /// Visits the entries that say something beside records and standings, in order, until the visitor breaks.
    ///
    /// # Errors
    /// [`StoreError`].
    fn facts(&self, visit: &mut dyn FnMut(EntryRow<'_>) -> ControlFlow<()>) -> Result<(), StoreError>;

    /// Visits the records from the row `from` on, in order, until the visitor breaks; holds one at a time.
    ///
    /// # Errors
    /// [`StoreError`].
    fn records(
        &self,
        from: u32,
        visit: &mut dyn FnMut(RecordRow<'_>) -> ControlFlow<()>,
    ) -> Result<(), StoreError>;

    /// Visits the standings that were put, by row, until the visitor breaks.
    ///
    /// A row that was never put is not visited: it stands as its record says.
    ///
    /// # Errors
    /// [`StoreError`].
    fn standings(&self, visit: &mut dyn FnMut(u32, Standing) -> ControlFlow<()>) -> Result<(), StoreError>;

    /// Visits the texts that entries have as commitments, in the order in which they were put, until the visitor breaks.
    ///
    /// # Errors
    /// [`StoreError`].
    fn texts(&self, visit: &mut dyn FnMut(TextRow<'_>) -> ControlFlow<()>) -> Result<(), StoreError>;

    /// What opens a commitment; none when it was forgotten, or never put.
    ///
    /// # Errors
    /// [`StoreError`]; [`Damage::Value`] when what lies there does not open it.
    fn opening(&self, commitment: &Digest32) -> Result<Option<Vec<u8>>, StoreError>;

    /// The text of a commitment, as [`View::opening`] has it.
    ///
    /// # Errors
    /// [`StoreError`].
    fn text(&self, commitment: &Digest32) -> Result<Option<String>, StoreError> {
        let opening = self.opening(commitment)?;
        Ok(opening.as_deref().and_then(opened).and_then(|text| String::from_utf8(text.to_vec()).ok()))
    }

    /// Visits what [`View::find_change`] looks in: every change with the place of its entry, sorted by change.
    ///
    /// # Errors
    /// [`StoreError`].
    fn changes(&self, visit: &mut dyn FnMut(ChangeId, u64) -> ControlFlow<()>) -> Result<(), StoreError>;

    /// Visits what [`View::mentioned`] looks in: numbers of [`Mention`](crate::change::Mention)s with the places of the
    /// entries, sorted by both.
    ///
    /// # Errors
    /// [`StoreError`].
    fn mentions(&self, visit: &mut dyn FnMut(u64, u64) -> ControlFlow<()>) -> Result<(), StoreError>;

    /// The last `most` places before `before` of entries with a mention of this number, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    fn mentioned(&self, number: u64, before: u64, most: usize) -> Result<Vec<u64>, StoreError>;

    /// The place of the entry of this change, if it is in the log.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_change(&self, id: ChangeId) -> Result<Option<u64>, StoreError>;
}

/// The write lock and what was written under it; dropped without a commit, nothing of it lasts.
///
/// After a failure that is not a [`Misuse`], the transaction answers [`Misuse::Aborted`] only.
pub trait Transaction {
    /// Looks at the store with what this transaction wrote.
    fn view(&self) -> &dyn View;

    /// Adds a record of the import whose entry is appended next, and answers its row.
    ///
    /// # Errors
    /// [`StoreError`].
    fn put_record(&mut self, bytes: &[u8], personal: Personal<'_>) -> Result<u32, StoreError>;

    /// Keeps a text whose commitment the entry has that is appended in this transaction; one that is kept stays.
    ///
    /// # Errors
    /// [`StoreError`].
    fn put_text(&mut self, opening: &[u8]) -> Result<(), StoreError>;

    /// Forgets the texts of a record that may name people.
    ///
    /// # Errors
    /// [`Misuse::Whole`] when they are a part of what was hashed, [`Misuse::UnknownRow`] when there is no such record.
    fn forget_record(&mut self, row: u32) -> Result<(), StoreError>;

    /// Forgets a text.
    ///
    /// # Errors
    /// [`StoreError`].
    fn forget_text(&mut self, commitment: &Digest32) -> Result<(), StoreError>;

    /// The records put since the last append: what the import entry must say.
    fn pending(&self) -> Pending;

    /// Appends an entry, given its exact bytes, and answers its leaf hash.
    ///
    /// An import that replaces all earlier records also forgets their standings, and the registry begins with
    /// its first record.
    ///
    /// # Errors
    /// [`Misuse`] when the bytes are not the next entry of this log, go back in time, repeat a change, or do
    /// not say what the pending records are.
    fn append(&mut self, bytes: &[u8]) -> Result<Digest32, StoreError>;

    /// Caches what the fold says about a row.
    ///
    /// # Errors
    /// [`Misuse::UnknownRow`] when no such record was put, or it has been replaced.
    fn put_standing(&mut self, row: u32, standing: &Standing) -> Result<(), StoreError>;

    /// Says which registry file the store is a copy of from now on.
    ///
    /// # Errors
    /// [`StoreError`].
    fn set_origin(&mut self, origin: &Origin) -> Result<(), StoreError>;

    /// Makes everything last, and answers the new head; when it returns, the disk has it.
    ///
    /// # Errors
    /// [`Misuse::Unfinished`] when records wait for their import entry. After an [`Obstacle`] nobody knows
    /// whether the disk has it: look for the change by its id.
    fn commit(self: Box<Self>) -> Result<Head, StoreError>;
}
