//! The columns: what a record said, and what changed since, in chunks that snapshots share.
//!
//! A snapshot copies one pointer per chunk. A change copies the hot chunk that it touches, never the
//! cold one, so that suspending one agent of a million costs microseconds while a view still reads
//! the state before.

use std::sync::Arc;

use crate::identity::Status;
use crate::time::Time;

/// Agents in one chunk.
pub(super) const CHUNK: usize = 1024;

/// "Nothing here" in a column of numbers.
pub(super) const NONE: u32 = u32::MAX;
const NO_TIME: i64 = i64::MIN;
const NO_INDEX: u64 = u64::MAX;
const NO_SCORE: u16 = u16::MAX;

/// What an agent's record said when it was registered; never changes.
#[derive(Clone)]
pub(super) struct Cold {
    /// The 128 bits of an ordinary DID, big-endian.
    pub id: [u8; 16],
    /// The text number of a DID of another spelling, else [`NONE`].
    pub other_id: u32,
    pub key: [u8; 32],
    pub name_end: u32,
    pub folded_end: u32,
    pub description: u32,
    pub sponsor: u32,
    pub organization: u32,
    pub organization_id: u32,
    pub capabilities: u32,
    pub extra: u32,
    /// The text number of `parent_did`, or [`NONE`]; kept only while no agent has that DID.
    pub parent_text: u32,
    pub depth: u32,
    pub created_at: i64,
    pub expires_at: i64,
    pub ceiling: u16,
    pub sponsor_verified: bool,
    pub attested: bool,
}

/// What changes write.
#[derive(Clone, Copy)]
pub(super) struct Hot {
    pub updated_at: i64,
    pub version: u64,
    pub put_by: u64,
    pub until: i64,
    pub sealed_at: u64,
    pub reason: u32,
    pub score: u16,
    pub status: Status,
    /// An unregistered agent keeps its row and is seen by nobody.
    pub gone: bool,
}

impl Cold {
    pub(super) fn expires_at(&self) -> Option<Time> {
        time(self.expires_at)
    }

    pub(super) fn created_at(&self) -> Time {
        time(self.created_at).unwrap_or(Time::MIN)
    }

    pub(super) fn ceiling(&self) -> Option<u16> {
        (self.ceiling != NO_SCORE).then_some(self.ceiling)
    }
}

impl Hot {
    pub(super) fn score(&self) -> Option<u16> {
        (self.score != NO_SCORE).then_some(self.score)
    }

    pub(super) fn updated_at(&self) -> Time {
        time(self.updated_at).unwrap_or(Time::MIN)
    }

    pub(super) fn until(&self) -> Option<Time> {
        time(self.until)
    }

    pub(super) fn put_by(&self) -> Option<u64> {
        index(self.put_by)
    }

    pub(super) fn sealed_at(&self) -> Option<u64> {
        index(self.sealed_at)
    }

    /// The stored status as it stands at `now`: a suspension ends when its time is up.
    #[inline]
    pub(super) fn status_at(&self, now: i64) -> Status {
        if self.status == Status::Suspended && self.until != NO_TIME && now >= self.until {
            return Status::Active;
        }
        self.status
    }
}

fn time(micros: i64) -> Option<Time> {
    Time::from_micros(micros)
}

fn index(value: u64) -> Option<u64> {
    (value != NO_INDEX).then_some(value)
}

pub(super) fn from_time(time: Option<Time>) -> i64 {
    time.map_or(NO_TIME, Time::micros)
}

pub(super) fn from_index(value: Option<u64>) -> u64 {
    value.unwrap_or(NO_INDEX)
}

pub(super) fn from_score(score: Option<u16>) -> u16 {
    score.unwrap_or(NO_SCORE)
}

/// Up to [`CHUNK`] cold rows with their names, as written and folded to lower case for searching.
#[derive(Clone, Default)]
pub(super) struct ColdChunk {
    pub rows: Vec<Cold>,
    pub names: String,
    pub folded: String,
}

impl ColdChunk {
    pub(super) fn name(&self, at: usize) -> &str {
        part(&self.names, self.start(at, |row| row.name_end), self.rows.get(at).map(|row| row.name_end))
    }

    pub(super) fn folded_range(&self, at: usize) -> (u32, u32) {
        let start = self.start(at, |row| row.folded_end);
        (start, self.rows.get(at).map_or(start, |row| row.folded_end))
    }

    fn start(&self, at: usize, end_of: fn(&Cold) -> u32) -> u32 {
        at.checked_sub(1).and_then(|before| self.rows.get(before)).map_or(0, end_of)
    }
}

fn part(text: &str, start: u32, end: Option<u32>) -> &str {
    text.get(start as usize..end.unwrap_or(start) as usize).unwrap_or("")
}

/// All columns; cloning is a snapshot.
#[derive(Clone, Default)]
pub(super) struct Columns {
    cold: Vec<Arc<ColdChunk>>,
    hot: Vec<Arc<Vec<Hot>>>,
    len: usize,
}

impl Columns {
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) fn push(&mut self, cold: Cold, hot: Hot, name: &str) {
        if self.len.is_multiple_of(CHUNK) {
            self.cold.push(Arc::new(ColdChunk { rows: Vec::with_capacity(CHUNK), ..ColdChunk::default() }));
            self.hot.push(Arc::new(Vec::with_capacity(CHUNK)));
        }
        if let (Some(colds), Some(hots)) = (self.cold.last_mut(), self.hot.last_mut()) {
            let chunk = Arc::make_mut(colds);
            chunk.names.push_str(name);
            fold_into(&mut chunk.folded, name);
            let name_end = u32::try_from(chunk.names.len()).unwrap_or(u32::MAX);
            let folded_end = u32::try_from(chunk.folded.len()).unwrap_or(u32::MAX);
            chunk.rows.push(Cold { name_end, folded_end, ..cold });
            Arc::make_mut(hots).push(hot);
            if chunk.rows.len() == CHUNK {
                chunk.names.shrink_to_fit();
                chunk.folded.shrink_to_fit();
            }
        }
        self.len += 1;
    }

    #[inline]
    #[allow(clippy::indexing_slicing, reason = "a Row is only made for an agent of this registry")]
    pub(super) fn cold(&self, row: usize) -> &Cold {
        &self.cold[row / CHUNK].rows[row % CHUNK]
    }

    #[inline]
    #[allow(clippy::indexing_slicing, reason = "a Row is only made for an agent of this registry")]
    pub(super) fn hot(&self, row: usize) -> &Hot {
        &self.hot[row / CHUNK][row % CHUNK]
    }

    pub(super) fn cold_mut(&mut self, row: usize) -> Option<&mut Cold> {
        self.cold.get_mut(row / CHUNK).and_then(|chunk| Arc::make_mut(chunk).rows.get_mut(row % CHUNK))
    }

    pub(super) fn hot_mut(&mut self, row: usize) -> Option<&mut Hot> {
        self.hot.get_mut(row / CHUNK).and_then(|chunk| Arc::make_mut(chunk).get_mut(row % CHUNK))
    }

    pub(super) fn name(&self, row: usize) -> &str {
        self.cold.get(row / CHUNK).map_or("", |chunk| chunk.name(row % CHUNK))
    }

    pub(super) fn cold_chunks(&self) -> impl Iterator<Item = &ColdChunk> {
        self.cold.iter().map(AsRef::as_ref)
    }

    pub(super) fn heap(&self) -> usize {
        let cold: usize = self
            .cold
            .iter()
            .map(|chunk| {
                chunk.rows.capacity() * size_of::<Cold>() + chunk.names.capacity() + chunk.folded.capacity()
            })
            .sum();
        let hot: usize = self.hot.iter().map(|chunk| chunk.capacity() * size_of::<Hot>()).sum();
        cold + hot
    }
}

/// Appends `text` in lower case, as [`super::search`] compares it.
pub(super) fn fold_into(out: &mut String, text: &str) {
    if text.is_ascii() {
        let start = out.len();
        out.push_str(text);
        if let Some(added) = out.get_mut(start..) {
            added.make_ascii_lowercase();
        }
    } else {
        out.extend(text.chars().flat_map(char::to_lowercase));
    }
}
