//! The columns: what a record said, and what changed since, in chunks that snapshots share.
//!
//! A snapshot copies one pointer per chunk. A change copies the hot chunk that it touches, never the
//! cold one, so that suspending one agent of a million costs microseconds while a view still reads
//! the state before.

use std::sync::Arc;

use super::cases::Cases;
use crate::identity::Status;
use crate::time::Time;

/// Agents in one chunk.
pub(super) const CHUNK: usize = 1024;

/// "Nothing here" in a column of numbers.
pub(super) const NONE: u32 = u32::MAX;
pub(super) const NO_TIME: i64 = i64::MIN;
const NO_INDEX: u64 = u64::MAX;
const NO_SCORE: u16 = u16::MAX;

/// What an agent's record said when it was registered; only a new key changes it.
#[derive(Clone, Copy)]
pub(super) struct Cold {
    pub key: [u8; 32],
    pub name_end: u32,
    pub folded_end: u32,
    pub description: u32,
    pub organization_id: u32,
    pub capabilities: u32,
    pub extra: u32,
    /// The text number of `parent_did`, or [`NONE`]; kept only while no agent has that DID.
    pub parent_text: u32,
    pub depth: u32,
    pub created_at: i64,
    pub ceiling: u16,
    pub sponsor_verified: bool,
    pub attested: bool,
}

/// Who an agent is, in numbers: what look-ups and searches read, packed close together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Id {
    /// The 128 bits of an ordinary DID.
    Short(u128),
    /// The text number of a DID of another spelling.
    Other(u32),
}

/// Who answers for an agent: text numbers, [`NONE`] when there is no organization.
#[derive(Clone, Copy)]
pub(super) struct Makers {
    pub sponsor: u32,
    pub organization: u32,
}

/// What changes write, and the expiry: all that a judgement of the agent itself reads.
#[derive(Clone, Copy)]
pub(super) struct Hot {
    pub updated_at: i64,
    pub expires_at: i64,
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

    pub(super) fn expires_at(&self) -> Option<Time> {
        time(self.expires_at)
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

    /// Whether the time of its suspension is up.
    #[inline]
    pub(super) const fn lapsed(&self, now: i64) -> bool {
        self.until != NO_TIME && now >= self.until
    }

    /// The stored status as it stands at `now`: a suspension ends when its time is up, unless an open case holds it.
    #[inline]
    pub(super) fn status_at(&self, now: i64, cases: &Cases) -> Status {
        if self.status == Status::Suspended && self.lapsed(now) {
            let held = self.put_by().is_some_and(|index| cases.behind(index).is_some());
            return if held { Status::Suspended } else { Status::Active };
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
    /// The bits of each ordinary DID; 0 for one of another spelling.
    pub ids: Vec<u128>,
    /// Place in the chunk and text number of each DID of another spelling, by place.
    pub others: Vec<(u32, u32)>,
    pub makers: Vec<Makers>,
    /// Which letters each name has, as [`letters`] says.
    pub letters: Vec<u64>,
    pub rows: Vec<Cold>,
    pub names: String,
    pub folded: String,
}

impl ColdChunk {
    fn id(&self, at: usize) -> Id {
        if !self.others.is_empty() {
            let other = self.others.binary_search_by_key(&at, |(at, _)| *at as usize);
            if let Some((_, text)) = other.ok().and_then(|found| self.others.get(found)) {
                return Id::Other(*text);
            }
        }
        Id::Short(self.ids.get(at).copied().unwrap_or(0))
    }

    fn push(&mut self, cold: Cold, id: Id, makers: Makers, name: &str) {
        self.names.push_str(name);
        let start = self.folded.len();
        fold_into(&mut self.folded, name);
        self.letters.push(letters(self.folded.get(start..).unwrap_or_default()));
        let name_end = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        let folded_end = u32::try_from(self.folded.len()).unwrap_or(u32::MAX);
        match id {
            Id::Short(bits) => self.ids.push(bits),
            Id::Other(text) => {
                self.others.push((u32::try_from(self.ids.len()).unwrap_or(NONE), text));
                self.ids.push(0);
            }
        }
        self.makers.push(makers);
        self.rows.push(Cold { name_end, folded_end, ..cold });
        if self.rows.len() == CHUNK {
            self.names.shrink_to_fit();
            self.folded.shrink_to_fit();
            self.others.shrink_to_fit();
        }
    }

    fn heap(&self) -> usize {
        self.rows.capacity() * size_of::<Cold>()
            + self.ids.capacity() * size_of::<u128>()
            + self.others.capacity() * size_of::<(u32, u32)>()
            + self.makers.capacity() * size_of::<Makers>()
            + self.letters.capacity() * size_of::<u64>()
            + self.names.capacity()
            + self.folded.capacity()
    }

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

    pub(super) fn push(&mut self, cold: Cold, hot: Hot, id: Id, makers: Makers, name: &str) {
        if self.len.is_multiple_of(CHUNK) {
            self.cold.push(Arc::new(ColdChunk {
                ids: Vec::with_capacity(CHUNK),
                makers: Vec::with_capacity(CHUNK),
                letters: Vec::with_capacity(CHUNK),
                rows: Vec::with_capacity(CHUNK),
                ..ColdChunk::default()
            }));
            self.hot.push(Arc::new(Vec::with_capacity(CHUNK)));
        }
        if let (Some(colds), Some(hots)) = (self.cold.last_mut(), self.hot.last_mut()) {
            Arc::make_mut(colds).push(cold, id, makers, name);
            Arc::make_mut(hots).push(hot);
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

    #[inline]
    #[allow(clippy::indexing_slicing, reason = "a Row is only made for an agent of this registry")]
    pub(super) fn id(&self, row: usize) -> Id {
        self.cold[row / CHUNK].id(row % CHUNK)
    }

    #[inline]
    #[allow(clippy::indexing_slicing, reason = "a Row is only made for an agent of this registry")]
    pub(super) fn makers(&self, row: usize) -> Makers {
        self.cold[row / CHUNK].makers[row % CHUNK]
    }

    pub(super) fn cold_mut(&mut self, row: usize) -> Option<&mut Cold> {
        self.cold.get_mut(row / CHUNK).and_then(|chunk| Arc::make_mut(chunk).rows.get_mut(row % CHUNK))
    }

    pub(super) fn hot_mut(&mut self, row: usize) -> Option<&mut Hot> {
        self.hot.get_mut(row / CHUNK).and_then(|chunk| Arc::make_mut(chunk).get_mut(row % CHUNK))
    }

    /// Gives an agent another sponsor, of whom its record said nothing.
    pub(super) fn set_sponsor(&mut self, row: usize, sponsor: u32) {
        let Some(chunk) = self.cold.get_mut(row / CHUNK).map(Arc::make_mut) else { return };
        if let Some(makers) = chunk.makers.get_mut(row % CHUNK) {
            makers.sponsor = sponsor;
        }
        if let Some(cold) = chunk.rows.get_mut(row % CHUNK) {
            cold.sponsor_verified = false;
        }
    }

    /// Gives an agent another name and sponsor; its chunk is written again.
    pub(super) fn rename(&mut self, row: usize, name: &str, sponsor: u32) {
        let Some(chunk) = self.cold.get_mut(row / CHUNK) else { return };
        let (old, at) = (Arc::clone(chunk), row % CHUNK);
        let mut fresh = ColdChunk { rows: Vec::with_capacity(old.rows.len()), ..ColdChunk::default() };
        for (place, cold) in old.rows.iter().enumerate() {
            let mut makers = old.makers.get(place).copied().unwrap_or(Makers { sponsor, organization: NONE });
            if place == at {
                makers.sponsor = sponsor;
            }
            fresh.push(*cold, old.id(place), makers, if place == at { name } else { old.name(place) });
        }
        *chunk = Arc::new(fresh);
    }

    pub(super) fn name(&self, row: usize) -> &str {
        self.cold.get(row / CHUNK).map_or("", |chunk| chunk.name(row % CHUNK))
    }

    pub(super) fn chunks(&self) -> impl Iterator<Item = (&Arc<ColdChunk>, &Arc<Vec<Hot>>)> {
        self.cold.iter().zip(&self.hot)
    }

    pub(super) fn cold_chunks(&self) -> impl Iterator<Item = &ColdChunk> {
        self.cold.iter().map(AsRef::as_ref)
    }

    pub(super) fn hots(&self) -> impl Iterator<Item = &Hot> {
        self.hot.iter().flat_map(|chunk| chunk.iter())
    }

    pub(super) fn colds(&self) -> impl Iterator<Item = &Cold> {
        self.cold.iter().flat_map(|chunk| chunk.rows.iter())
    }

    pub(super) fn heap(&self) -> usize {
        let cold: usize = self.cold.iter().map(|chunk| chunk.heap()).sum();
        let hot: usize = self.hot.iter().map(|chunk| chunk.capacity() * size_of::<Hot>()).sum();
        cold + hot
    }
}

/// The letters of a folded text as bits; several rare ones share a bit.
///
/// A text holds another one, whole or letter by letter, only if it has all its bits.
pub(super) fn letters(folded: &str) -> u64 {
    folded.bytes().fold(0, |bits, byte| {
        let bit = match byte {
            b'a'..=b'z' => byte - b'a',
            b'0'..=b'9' => 26 + (byte - b'0'),
            0..=0x7f => 36 + byte % 20,
            _ => 56 + (byte & 7),
        };
        bits | 1 << bit
    })
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
