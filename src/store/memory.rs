//! A store that ends with the process: for tests, and for what need not last.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use imbl::OrdSet;

use super::kept::Kept;
use super::ledger::Ledger;
use super::{
    EntryRow, Head, Meta, Misuse, Obstacle, Origin, Pending, RecordRow, Store, StoreError, TextRow,
    Transaction, View,
};
use crate::audit::Personal;
use crate::change::ChangeId;
use crate::encoding::Digest32;
use crate::encoding::commitment::commitment;
use crate::registry::Standing;

/// A handle on a store in memory; [`Memory::share`] gives another on the same one.
#[derive(Debug)]
pub struct Memory {
    shared: Arc<Shared>,
    seen: u64,
    patience: Duration,
}

#[derive(Debug)]
struct Shared {
    committed: Mutex<Committed>,
    writing: Mutex<bool>,
    free: Condvar,
}

#[derive(Debug)]
struct Committed {
    state: Arc<State>,
    commits: u64,
}

#[derive(Debug, Clone)]
struct State {
    meta: Meta,
    ledger: Ledger,
    entries: Vec<Arc<StoredEntry>>,
    changes: HashMap<ChangeId, u64>,
    /// The numbers of mentions, with the places of their entries.
    mentions: OrdSet<(u64, u64)>,
    /// The places of the entries that say something beside records and standings.
    facts: Vec<u64>,
    /// Shared, since a change to one agent copies the state and a million records are no part of the change.
    records: Arc<Vec<Arc<StoredRecord>>>,
    standings: BTreeMap<u32, Standing>,
    /// Openings by commitment, in the order in which they came.
    texts: Vec<(Digest32, Option<Arc<[u8]>>)>,
}

#[derive(Debug)]
struct StoredEntry {
    change: ChangeId,
    leaf: Digest32,
    bytes: Box<[u8]>,
}

#[derive(Debug)]
struct StoredRecord {
    entry: u64,
    hash: Digest32,
    bytes: Box<[u8]>,
    personal: Kept,
}

struct MemoryView(Arc<State>);

struct MemoryTransaction<'s> {
    view: MemoryView,
    shared: &'s Shared,
    seen: &'s mut u64,
}

impl Memory {
    /// An empty store.
    pub fn new(meta: Meta) -> Self {
        let state = State {
            ledger: Ledger::new(meta.log),
            meta,
            entries: Vec::new(),
            changes: HashMap::new(),
            mentions: OrdSet::new(),
            facts: Vec::new(),
            records: Arc::default(),
            standings: BTreeMap::new(),
            texts: Vec::new(),
        };
        let committed = Committed { state: Arc::new(state), commits: 0 };
        Self {
            shared: Arc::new(Shared {
                committed: Mutex::new(committed),
                writing: Mutex::new(false),
                free: Condvar::new(),
            }),
            seen: 0,
            patience: super::sqlite::PATIENCE,
        }
    }

    /// Another handle on the same store.
    pub fn share(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            seen: lock(&self.shared.committed).commits,
            patience: self.patience,
        }
    }

    /// The same handle, waiting this long for another writer.
    #[must_use]
    pub const fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    fn state(&self) -> Arc<State> {
        Arc::clone(&lock(&self.shared.committed).state)
    }
}

/// A panic elsewhere leaves whole states behind: they are swapped, never edited in place.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store for Memory {
    fn meta(&self) -> Result<Meta, StoreError> {
        Ok(self.state().meta.clone())
    }

    fn changed(&mut self) -> Result<bool, StoreError> {
        let commits = lock(&self.shared.committed).commits;
        Ok(std::mem::replace(&mut self.seen, commits) != commits)
    }

    fn read(&mut self) -> Result<Box<dyn View + '_>, StoreError> {
        Ok(Box::new(MemoryView(self.state())))
    }

    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, StoreError> {
        let waited =
            self.shared
                .free
                .wait_timeout_while(lock(&self.shared.writing), self.patience, |writing| *writing);
        let (mut writing, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if *writing {
            return Err(Obstacle::Busy { path: "memory".into(), waited: self.patience }.into());
        }
        *writing = true;
        Ok(Box::new(MemoryTransaction {
            view: MemoryView(self.state()),
            shared: &self.shared,
            seen: &mut self.seen,
        }))
    }

    fn another(&self) -> Result<Box<dyn Store>, StoreError> {
        Ok(Box::new(self.share()))
    }

    fn make_room(&mut self, _: &StoreError) -> bool {
        false
    }

    fn purge(&mut self) -> Result<(), StoreError> {
        Ok(())
    }
}

impl View for MemoryView {
    fn head(&self) -> Result<Head, StoreError> {
        Ok(self.0.ledger.head())
    }

    fn entries(
        &self,
        from: u64,
        visit: &mut dyn FnMut(EntryRow<'_>) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let skipped = usize::try_from(from).unwrap_or(usize::MAX);
        for (entry, index) in self.0.entries.iter().skip(skipped).zip(from..) {
            let row = EntryRow { index, change: entry.change, leaf: entry.leaf, bytes: &entry.bytes };
            if visit(row).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn records(
        &self,
        from: u32,
        visit: &mut dyn FnMut(RecordRow<'_>) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let skipped = usize::try_from(from).unwrap_or(usize::MAX);
        for (record, row) in self.0.records.iter().skip(skipped).zip(from..) {
            let personal = record.personal.personal();
            let row =
                RecordRow { row, entry: record.entry, hash: record.hash, bytes: &record.bytes, personal };
            if visit(row).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn facts(&self, visit: &mut dyn FnMut(EntryRow<'_>) -> ControlFlow<()>) -> Result<(), StoreError> {
        for index in &self.0.facts {
            let mut flow = ControlFlow::Continue(());
            self.entries(*index, &mut |row| {
                flow = visit(row);
                ControlFlow::Break(())
            })?;
            if flow.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn standings(&self, visit: &mut dyn FnMut(u32, Standing) -> ControlFlow<()>) -> Result<(), StoreError> {
        for (row, standing) in &self.0.standings {
            if visit(*row, standing.clone()).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn texts(&self, visit: &mut dyn FnMut(TextRow<'_>) -> ControlFlow<()>) -> Result<(), StoreError> {
        for (commitment, opening) in &self.0.texts {
            if visit(TextRow { commitment: *commitment, opening: opening.as_deref() }).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn opening(&self, commitment: &Digest32) -> Result<Option<Vec<u8>>, StoreError> {
        let kept = self.0.texts.iter().find(|(known, _)| known == commitment);
        Ok(kept.and_then(|(_, opening)| opening.as_deref().map(<[u8]>::to_vec)))
    }

    fn changes(&self, visit: &mut dyn FnMut(ChangeId, u64) -> ControlFlow<()>) -> Result<(), StoreError> {
        let mut changes: Vec<_> = self.0.changes.iter().map(|(id, index)| (*id, *index)).collect();
        changes.sort_unstable_by_key(|(id, _)| id.bits());
        for (id, index) in changes {
            if visit(id, index).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn mentions(&self, visit: &mut dyn FnMut(u64, u64) -> ControlFlow<()>) -> Result<(), StoreError> {
        let _ = self.0.mentions.iter().try_for_each(|(number, index)| visit(*number, *index));
        Ok(())
    }

    fn mentioned(&self, number: u64, before: u64, most: usize) -> Result<Vec<u64>, StoreError> {
        let found = self.0.mentions.range((number, 0)..(number, before)).rev();
        Ok(found.take(most).map(|(_, index)| *index).collect())
    }

    fn find_change(&self, id: ChangeId) -> Result<Option<u64>, StoreError> {
        Ok(self.0.changes.get(&id).copied())
    }
}

impl MemoryTransaction<'_> {
    /// The working copy; made at the first write, when the committed state still shares it.
    fn state(&mut self) -> &mut State {
        Arc::make_mut(&mut self.view.0)
    }
}

impl Transaction for MemoryTransaction<'_> {
    fn view(&self) -> &dyn View {
        &self.view
    }

    fn put_record(&mut self, bytes: &[u8], personal: Personal<'_>) -> Result<u32, StoreError> {
        let state = self.state();
        let next = state.ledger.take_record(bytes, personal)?;
        Arc::make_mut(&mut state.records).push(Arc::new(StoredRecord {
            entry: next.entry,
            hash: next.hash,
            bytes: bytes.into(),
            personal: Kept::of(personal),
        }));
        Ok(next.row)
    }

    fn put_text(&mut self, opening: &[u8]) -> Result<(), StoreError> {
        let (texts, commitment) = (&mut self.state().texts, commitment(opening));
        if !texts.iter().any(|(known, _)| *known == commitment) {
            texts.push((commitment, Some(opening.into())));
        }
        Ok(())
    }

    fn forget_record(&mut self, row: u32) -> Result<(), StoreError> {
        let records = Arc::make_mut(&mut self.state().records);
        let at = usize::try_from(row).ok();
        let stored = at.and_then(|at| records.get_mut(at)).ok_or(Misuse::UnknownRow { row })?;
        let commitment = match &stored.personal {
            Kept::Within => return Err(Misuse::Whole { row }.into()),
            Kept::Forgotten(_) => return Ok(()),
            Kept::Beside(opening) => commitment(opening),
        };
        *stored = Arc::new(StoredRecord {
            entry: stored.entry,
            hash: stored.hash,
            bytes: stored.bytes.clone(),
            personal: Kept::Forgotten(commitment),
        });
        Ok(())
    }

    fn forget_text(&mut self, commitment: &Digest32) -> Result<(), StoreError> {
        for (_, opening) in self.state().texts.iter_mut().filter(|(known, _)| known == commitment) {
            *opening = None;
        }
        Ok(())
    }

    fn pending(&self) -> Pending {
        self.view.0.ledger.pending()
    }

    fn append(&mut self, bytes: &[u8]) -> Result<Digest32, StoreError> {
        let state = self.state();
        let next = state.ledger.judge(bytes)?;
        if let Some(index) = state.changes.get(&next.change) {
            return Err(Misuse::Repeated { index: *index }.into());
        }
        state.changes.insert(next.change, next.index);
        state.mentions.extend(next.mentions.iter().map(|number| (*number, next.index)));
        state.entries.push(Arc::new(StoredEntry {
            change: next.change,
            leaf: next.leaf,
            bytes: bytes.into(),
        }));
        if next.is_fact {
            state.facts.push(next.index);
        }
        if next.replaces {
            state.standings.clear();
        }
        state.ledger.take_entry(&next);
        Ok(next.leaf)
    }

    fn put_standing(&mut self, row: u32, standing: &Standing) -> Result<(), StoreError> {
        let state = self.state();
        state.ledger.check_row(row)?;
        state.standings.insert(row, standing.clone());
        Ok(())
    }

    fn set_origin(&mut self, origin: &Origin) -> Result<(), StoreError> {
        self.state().meta.origin = Some(origin.clone());
        Ok(())
    }

    fn commit(self: Box<Self>) -> Result<Head, StoreError> {
        self.view.0.ledger.check_finished()?;
        let head = self.view.0.ledger.head();
        let mut committed = lock(&self.shared.committed);
        // A commit of one's own is no news; one of others that was not yet asked about still is.
        if *self.seen == committed.commits {
            *self.seen = self.seen.saturating_add(1);
        }
        committed.commits = committed.commits.saturating_add(1);
        committed.state = Arc::clone(&self.view.0);
        Ok(head)
    }
}

impl Drop for MemoryTransaction<'_> {
    fn drop(&mut self) {
        *lock(&self.shared.writing) = false;
        self.shared.free.notify_one();
    }
}
