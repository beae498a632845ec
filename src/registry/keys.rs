//! The keys that agents used before, and how far signatures by them still count.

use std::sync::Arc;

use imbl::HashMap;

use super::{Registry, Row};
use crate::identity::{Did, KeyBytes, KeyId};
use crate::time::Time;

/// How far a key counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStanding {
    /// It is the agent's key.
    Current,
    /// It was rotated away, and counts until the overlap ends.
    Overlap {
        /// The end, itself excluded.
        until: Time,
    },
    /// It was rotated away, and the overlap is over.
    Lapsed {
        /// When it ended.
        since: Time,
    },
    /// It was stolen or lost: only what was in the log before the cut counts.
    Compromised {
        /// The log index of the cut.
        cut: u64,
    },
}

/// A key of an agent, and how far it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldKey {
    /// The key, unchecked.
    pub bytes: KeyBytes,
    /// How far it counts.
    pub standing: KeyStanding,
}

/// A key that its agent no longer uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PastKey {
    /// The key.
    pub bytes: KeyBytes,
    /// The log index of the entry that replaced it.
    pub replaced_by: u64,
    /// The end of its overlap, itself excluded.
    pub until: Time,
    /// The log index of the cut, if it was stolen or lost.
    pub cut: Option<u64>,
}

/// What an agent signed with before, newest first, and when its present key came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRing {
    /// The present key.
    pub current: KeyBytes,
    /// Since when it is the present one.
    pub since: Time,
    /// How often the key was replaced.
    pub replaced: u64,
    /// The keys before it, newest first.
    pub past: Vec<PastKey>,
}

/// The key rings of the agents that ever replaced a key.
#[derive(Clone, Default)]
pub struct Keys {
    rings: HashMap<Did, Arc<KeyRing>>,
}

impl Keys {
    /// The agents that ever replaced a key.
    pub fn dids(&self) -> impl Iterator<Item = &Did> {
        self.rings.keys()
    }

    /// The ring of an agent; none when it still has its first key.
    pub fn ring(&self, did: &Did) -> Option<&KeyRing> {
        self.rings.get(did).map(AsRef::as_ref)
    }
}

/// A key that takes another's place.
#[derive(Debug, Clone, Copy)]
pub struct Replacement {
    /// The new key.
    pub key: KeyBytes,
    /// The entry that says so.
    pub index: u64,
    /// Its time.
    pub time: Time,
    /// When the old key stops to count.
    pub until: Time,
    /// The log index of the cut, if the old keys were stolen or lost.
    pub cut: Option<u64>,
    /// How many past keys are kept; a compromised one beyond that is unknown, which counts for less still.
    pub history: usize,
}

impl Registry {
    /// The key of an agent that has this id, and how far it counts at `now`; none when it never was the agent's.
    pub fn key(&self, row: Row, id: &KeyId, now: Time) -> Option<HeldKey> {
        let current = self.agent(row).public_key();
        let ring = self.ring(row);
        // A ring is asked first for its past: a key that was cut stays cut should it ever come back.
        let past = ring.and_then(|ring| ring.past.iter().find(|past| past.bytes.key_id() == *id));
        if let Some(past) = past {
            let standing = match past.cut {
                Some(cut) => KeyStanding::Compromised { cut },
                None if now < past.until => KeyStanding::Overlap { until: past.until },
                None => KeyStanding::Lapsed { since: past.until },
            };
            return Some(HeldKey { bytes: past.bytes, standing });
        }
        (current.key_id() == *id).then_some(HeldKey { bytes: current, standing: KeyStanding::Current })
    }

    /// The keys that an agent used before; none when it still has its first.
    pub fn ring(&self, row: Row) -> Option<&KeyRing> {
        if self.facts.keys.rings.is_empty() {
            return None;
        }
        self.facts.keys.ring(&self.agent(row).did())
    }

    /// How often an agent's key was replaced.
    pub fn keys_replaced(&self, row: Row) -> u64 {
        self.ring(row).map_or(0, |ring| ring.replaced)
    }

    /// Since when an agent has its present key.
    pub fn key_since(&self, row: Row) -> Time {
        self.ring(row).map_or_else(|| self.agent(row).created_at(), |ring| ring.since)
    }

    /// Gives an agent another key. With a cut, every key that it had until now is compromised.
    pub fn replace_key(&mut self, row: Row, replacement: &Replacement) {
        let agent = self.agent(row);
        let (did, old) = (agent.did(), agent.public_key());
        let (mut past, replaced) =
            self.facts.keys.ring(&did).map(|ring| (ring.past.clone(), ring.replaced)).unwrap_or_default();
        past.insert(
            0,
            PastKey { bytes: old, replaced_by: replacement.index, until: replacement.until, cut: None },
        );
        if let Some(cut) = replacement.cut {
            for key in &mut past {
                key.cut = Some(key.cut.map_or(cut, |earlier| earlier.min(cut)));
            }
        }
        past.truncate(replacement.history);
        let ring =
            KeyRing { current: replacement.key, since: replacement.time, replaced: replaced + 1, past };
        self.facts_mut().keys.rings.insert(did, Arc::new(ring));
        self.set_key(row, replacement.key);
    }

    /// Gives an agent whose record came again the key that the log knows.
    pub(super) fn restore_key(&mut self, row: Row) {
        if let Some(key) = self.ring(row).map(|ring| ring.current) {
            self.set_key(row, key);
        }
    }

    fn set_key(&mut self, row: Row, key: KeyBytes) {
        if let Some(cold) = self.columns.cold_mut(row.index()) {
            cold.key = key.0;
        }
    }
}
