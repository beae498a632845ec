//! All agents of one mesh: compact columns, the lineage graph, and what follows from both.
//!
//! A registry is a value: cloning it shares every chunk, so a snapshot costs a pointer per thousand
//! agents and stays as it was while the next one is written.
#![allow(
    clippy::indexing_slicing,
    reason = "a Row is only made for an agent of its registry, and every column is as long as the registry"
)]

mod agent;
mod cascade;
mod columns;
mod confusable;
mod effective;
mod explain;
mod hop;
mod impact;
mod intake;
mod intern;
mod judge;
mod lineage;
mod search;
mod standing;

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use hashbrown::HashTable;

pub use agent::Agent;
pub use effective::EffectiveSets;
pub use explain::{Explanation, explain, verify_document};
pub use hop::Rule;
pub use impact::{Impact, Scope};
pub use intake::{Intake, RegisterError};
pub use judge::{Fault, Judgement, State, Tally, Verdict, counted_score};
pub use lineage::Lineage;
pub use search::Needle;
pub use standing::Standing;

use columns::{Columns, NONE, from_index, from_score, from_time};
use confusable::Confusables;
use intern::{Interner, Sets};

use crate::encoding::hex;
use crate::identity::Did;

/// The number of an agent in its registry: the order of registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Row(u32);

impl Row {
    /// The number.
    pub const fn index(self) -> usize {
        self.0 as usize
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
    gone: usize,
}

/// What only registration writes.
#[derive(Clone, Default)]
struct Shared {
    index: HashTable<u32>,
    state: RandomState,
    texts: Interner,
    sponsors: Interner,
    organizations: Interner,
    capabilities: Interner,
    sets: Sets,
    /// Parent by row, [`NONE`] when there is none or it is not registered.
    parents: Vec<u32>,
    /// The rule that each agent's own hop breaks, by row.
    hop_rules: Vec<Option<Rule>>,
    /// Capability sets by preorder position, so that an impact is counted by reading one slice.
    sets_in_order: Vec<u32>,
    /// Rows by sponsor, in registration order, and where each sponsor's begin.
    by_sponsor: Vec<u32>,
    sponsor_starts: Vec<u32>,
    confusables: Confusables,
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

    /// All agents in registration order.
    pub fn rows(&self) -> impl Iterator<Item = Row> {
        (0..self.columns.len())
            .filter(|row| !self.columns.hot(*row).gone)
            .map(|row| Row(u32::try_from(row).unwrap_or(NONE)))
    }

    /// The row with this number, as stores write it.
    pub fn row(&self, number: u32) -> Option<Row> {
        ((number as usize) < self.columns.len()).then_some(Row(number))
    }

    /// The agent with this DID, byte for byte.
    pub fn find(&self, did: &Did) -> Option<Row> {
        let shared = &*self.shared;
        let hash = hash_of(&shared.state, did);
        let row = shared.index.find(hash, |row| self.did_at(*row as usize) == *did)?;
        Some(Row(*row))
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
        self.shared.hop_rules[row.index()]
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
                + shared.sets_in_order.capacity()
                + shared.by_sponsor.capacity()
                + shared.sponsor_starts.capacity())
                * 4
            + shared.hop_rules.capacity()
            + shared.confusables.heap()
            + self.lineage.heap()
    }
}

fn did_of(columns: &Columns, texts: &Interner, row: usize) -> Did {
    let cold = columns.cold(row);
    if cold.other_id == NONE {
        return Did::from_bits(u128::from_be_bytes(cold.id));
    }
    // The text was a DID when it was interned, so the fallback is never taken.
    Did::from_unique_id(texts.get(cold.other_id)).unwrap_or(Did::from_bits(0))
}

fn hash_of(state: &RandomState, did: &Did) -> u64 {
    match did.bits() {
        Some(bits) => state.hash_one(bits),
        None => state.hash_one(did.unique_id()),
    }
}

/// The 32 digits of an ordinary id, for searching without allocating.
fn digits(id: &[u8; 16]) -> String {
    hex::encode(id)
}
