//! All agents of one mesh: compact columns, the lineage graph, and what follows from both.
//!
//! A registry is a value: cloning it shares every chunk, so a snapshot costs a pointer per thousand
//! agents and stays as it was while the next one is written.
#![allow(
    clippy::indexing_slicing,
    reason = "a Row is only made for an agent of its registry, and every column is as long as the registry"
)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "rows and positions stay below 2^32 by construction, and overflow checks are on in release builds"
)]

mod agent;
mod authority;
mod cascade;
mod cases;
mod columns;
mod compare;
mod confusable;
mod effective;
mod erase;
mod explain;
mod facts;
pub mod find;
mod grants;
mod hop;
mod impact;
mod intake;
mod intern;
mod judge;
mod keys;
mod later;
mod lineage;
mod locks;
mod parts;
pub mod pulse;
pub mod query;
mod risk;
mod score;
mod search;
mod sponsors;
mod standing;
mod tags;
#[cfg(test)]
mod tests;
mod tokens;
mod who;

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use hashbrown::HashTable;

pub use agent::Agent;
pub use authority::Stop;
pub use cases::{Case, CaseId, Cases};
pub use compare::{Differing, Look, Moment, compare};
pub use effective::EffectiveSets;
pub use explain::{Explanation, explain, verify_document};
pub use facts::{Evidence, Facts};
pub use grants::{Gift, Grant, Grants};
pub use hop::Rule;
pub use impact::{Impact, Scope};
pub use intake::{Intake, RegisterError};
pub use judge::{Fault, Judgement, State, Tally, Verdict, counted_score};
pub use keys::{HeldKey, KeyRing, KeyStanding, Keys, PastKey, Replacement};
pub use lineage::Lineage;
pub use locks::{Lock, LockTarget, Locks};
pub use parts::{PART, Part};
pub use pulse::{Figure, Pulse};
pub use risk::{LATELY, Risks};
pub use score::TrustReading;
pub use search::Needle;
pub use sponsors::{Deputy, Sponsors};
pub use standing::Standing;
pub use tags::{MAX_TAG_BYTES, MAX_TAGS, Tags};
pub use tokens::{Cut, CutBy, LoggedToken, Tokens};
pub use who::{By, MAX_SIGHTINGS, Sighting, moment, who, words};

use columns::{Columns, Id, NONE, from_index, from_score, from_time};
use confusable::Confusables;
use intern::{Interner, Sets};

use crate::identity::Did;

/// The number of an agent in its registry: the order of registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Row(u32);

impl Row {
    /// The number.
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    fn from_index(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(NONE))
    }

    /// The number, as stores write it.
    pub const fn number(self) -> u32 {
        self.0
    }
}

/// All agents of one mesh.
#[derive(Clone, Default)]
pub struct Registry {
    columns: Columns,
    shared: Arc<Shared>,
    reasons: Arc<Interner>,
    lineage: Arc<Lineage>,
    facts: Facts,
    gone: usize,
    generation: u64,
    /// Parents, depths, capabilities or sponsors were changed, and what is derived from them was not yet.
    stale: bool,
}

/// A DID in the index: its row, and enough of its hash to place it again when the table grows.
#[derive(Clone, Copy)]
struct Entry {
    row: u32,
    hash: u32,
}

impl Entry {
    /// The upper half of `hash` twice, so that both ends of what the table looks at are spread.
    const fn spread(hash: u32) -> u64 {
        (hash as u64) << 32 | hash as u64
    }

    const fn hash(&self) -> u64 {
        Self::spread(self.hash)
    }
}

/// What only registration writes.
#[derive(Clone, Default)]
struct Shared {
    index: HashTable<Entry>,
    state: RandomState,
    texts: Interner,
    sponsors: Interner,
    organizations: Interner,
    capabilities: Interner,
    sets: Sets,
    /// Parent by row, [`NONE`] when there is none or it is not registered.
    parents: Vec<u32>,
    /// Who names a parent that nobody is: some of those may be registered later.
    orphans: Vec<u32>,
    /// The rule that each agent's own hop breaks, by row.
    hop_rules: Vec<Option<Rule>>,
    /// Capability sets by preorder position, so that an impact is counted by reading one slice.
    sets_in_order: Vec<u32>,
    /// The lowest ceiling at or above each agent, by row; [`u16::MAX`] when there is none.
    ceilings: Vec<u16>,
    /// Rows by sponsor, in registration order, and where each sponsor's begin.
    by_sponsor: Vec<u32>,
    sponsor_starts: Vec<u32>,
    confusables: Confusables,
}

impl Shared {
    fn is_within(&self, child: u32, parent: u32) -> bool {
        hop::is_within(&self.capabilities, &self.sets, parent, child)
    }
}

impl Registry {
    /// How many agents there are.
    pub fn len(&self) -> usize {
        self.columns.len() - self.gone
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many rows there are, those of unregistered agents included.
    pub fn row_count(&self) -> usize {
        self.columns.len()
    }

    /// The log index of the import that replaced all agents before it; 0 when none did.
    ///
    /// Rows of one generation mean nothing in another.
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// Begins another generation.
    pub const fn set_generation(&mut self, index: u64) {
        self.generation = index;
    }

    /// All agents in registration order.
    pub fn rows(&self) -> impl Iterator<Item = Row> {
        (0..self.columns.len())
            .filter(|row| self.gone == 0 || !self.columns.hot(*row).gone)
            .map(Row::from_index)
    }

    /// The row with this number, as stores write it.
    pub fn row(&self, number: u32) -> Option<Row> {
        ((number as usize) < self.columns.len()).then_some(Row(number))
    }

    /// The agent with this DID, byte for byte.
    pub fn find(&self, did: &Did) -> Option<Row> {
        let shared = &*self.shared;
        let row = find(&self.columns, shared, did);
        (row != NONE).then_some(Row(row))
    }

    /// One agent.
    pub const fn agent(&self, row: Row) -> Agent<'_> {
        Agent::new(self, row)
    }

    /// The delegation graph.
    pub fn lineage(&self) -> &Lineage {
        &self.lineage
    }

    /// The agents of a sponsor, by exact address, in registration order.
    pub fn of_sponsor(&self, sponsor: &str) -> impl Iterator<Item = Row> {
        let number = self.shared.sponsors.find(sponsor).map_or(usize::MAX, |number| number as usize);
        let start = self.shared.sponsor_starts.get(number).copied().unwrap_or(0);
        let end = self.shared.sponsor_starts.get(number.saturating_add(1)).copied().unwrap_or(start);
        let rows = self.shared.by_sponsor.get(start as usize..end as usize).unwrap_or(&[]);
        rows.iter().copied().map(Row).filter(|row| !self.columns.hot(row.index()).gone)
    }

    /// What the log says beside records and standings.
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The same, to be written by the fold of the log.
    pub const fn facts_mut(&mut self) -> &mut Facts {
        &mut self.facts
    }

    /// What changes have made of an agent.
    pub fn standing(&self, row: Row) -> Standing {
        let hot = self.columns.hot(row.index());
        Standing {
            status: hot.status,
            reason: (hot.reason != NONE).then(|| self.reasons.get(hot.reason).to_owned()),
            updated_at: hot.updated_at(),
            version: hot.version,
            put_by: hot.put_by(),
            until: hot.until(),
            sealed_at: hot.sealed_at(),
        }
    }

    /// Writes what a change made of an agent.
    pub fn set_standing(&mut self, row: Row, standing: &Standing) {
        let reason = match &standing.reason {
            None => NONE,
            Some(text) => match self.reasons.find(text) {
                Some(number) => number,
                None => Arc::make_mut(&mut self.reasons).intern(text),
            },
        };
        if let Some(hot) = self.columns.hot_mut(row.index()) {
            hot.status = standing.status;
            hot.reason = reason;
            hot.updated_at = standing.updated_at.micros();
            hot.version = standing.version;
            hot.put_by = from_index(standing.put_by);
            hot.until = from_time(standing.until);
            hot.sealed_at = from_index(standing.sealed_at);
        }
    }

    /// Gives an agent a score that came beside its record.
    pub fn set_score(&mut self, row: Row, score: Option<u16>) {
        if let Some(hot) = self.columns.hot_mut(row.index()) {
            hot.score = from_score(score);
        }
    }

    fn parent_row(&self, row: Row) -> Option<Row> {
        let parent = self.shared.parents[row.index()];
        (parent != NONE).then_some(Row(parent))
    }

    fn hop_rule(&self, row: Row) -> Option<Rule> {
        if self.stale { self.hop_now(row) } else { self.shared.hop_rules[row.index()] }
    }

    fn did_at(&self, row: usize) -> Did {
        did_of(&self.columns, &self.shared.texts, row)
    }

    /// Bytes on the heap, shared chunks counted once.
    pub fn heap(&self) -> usize {
        let shared = &*self.shared;
        self.columns.heap()
            + shared.index.allocation_size()
            + shared.texts.heap()
            + shared.sponsors.heap()
            + shared.organizations.heap()
            + shared.capabilities.heap()
            + shared.sets.heap()
            + self.reasons.heap()
            + (shared.parents.capacity()
                + shared.orphans.capacity()
                + shared.sets_in_order.capacity()
                + shared.by_sponsor.capacity()
                + shared.sponsor_starts.capacity())
                * 4
            + shared.hop_rules.capacity()
            + shared.ceilings.capacity() * 2
            + shared.confusables.heap()
            + self.lineage.heap()
    }
}

fn did_of(columns: &Columns, texts: &Interner, row: usize) -> Did {
    match columns.id(row) {
        Id::Short(bits) => Did::from_bits(bits),
        // The text was a DID when it was interned, so the fallback is never taken.
        Id::Other(text) => Did::from_unique_id(texts.get(text)).unwrap_or(Did::from_bits(0)),
    }
}

/// The row that holds a DID, or [`NONE`].
fn find(columns: &Columns, shared: &Shared, did: &Did) -> u32 {
    find_hashed(columns, shared, did, hash_of(&shared.state, did))
}

fn find_hashed(columns: &Columns, shared: &Shared, did: &Did, hash: u32) -> u32 {
    let same = |entry: &Entry| entry.hash == hash && has_did(columns, &shared.texts, entry.row as usize, did);
    shared.index.find(Entry::spread(hash), same).map_or(NONE, |entry| entry.row)
}

fn has_did(columns: &Columns, texts: &Interner, row: usize, did: &Did) -> bool {
    match (columns.id(row), did.bits()) {
        (Id::Short(held), Some(bits)) => held == bits,
        (Id::Other(text), None) => *texts.get(text) == did.unique_id(),
        _ => false,
    }
}

/// Keyed, since strangers choose DIDs.
#[allow(clippy::cast_possible_truncation, reason = "the upper half is enough to tell DIDs apart")]
fn hash_of(state: &RandomState, did: &Did) -> u32 {
    let hash = match did.bits() {
        Some(bits) => state.hash_one(bits),
        None => state.hash_one(did.unique_id()),
    };
    (hash >> 32) as u32
}
