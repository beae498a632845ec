//! What the log says about agents beside their records and their standing.

use std::sync::Arc;

use imbl::HashMap;

use super::keys::Keys;
use super::locks::Locks;
use super::tokens::Tokens;
use super::{Registry, Row};
use crate::identity::{Attested, Did, RevocationList};
use crate::time::Time;
use crate::trust::Book;

/// Keys that were replaced, tokens that were logged or revoked, locks, attestations, trust events.
///
/// They are kept by DID, not by row: they hold for an agent whatever file its record comes from. Every map
/// shares what did not change, so a snapshot costs a few pointers.
#[derive(Clone, Default)]
pub struct Facts {
    /// Keys that agents no longer use.
    pub keys: Keys,
    /// Delegation tokens.
    pub tokens: Tokens,
    /// Standing rules.
    pub locks: Locks,
    /// Agents that are revoked, for a while or for ever, by a list.
    pub listed: Arc<RevocationList>,
    /// What sources said about agents.
    pub trust: Book,
    attested: HashMap<Did, Arc<Attested>>,
}

impl Facts {
    /// Keeps what an attester said about an agent; an earlier word of anybody is replaced.
    pub fn attest(&mut self, attested: Attested) {
        self.attested.insert(attested.did().clone(), Arc::new(attested));
    }
}

impl Registry {
    /// Takes over what the log says beside records, and gives each agent the key that the log knows.
    pub fn take_facts(&mut self, facts: Facts) {
        self.facts = facts;
        self.restore_keys(0);
    }

    /// Gives agents whose records came again, from the row `first` on, the keys that the log knows.
    pub fn restore_keys(&mut self, first: usize) {
        let keyed = self.facts.keys.dids().filter_map(|did| self.find(did));
        for row in keyed.filter(|row| row.index() >= first).collect::<Vec<_>>() {
            self.restore_key(row);
        }
    }

    /// Forgets the attestations of agents whose record says something else than it did in `before`.
    pub fn forget_attestations_unlike(&mut self, before: &Self) {
        let unlike = |did: &&Did| {
            let (Some(now), Some(then)) = (self.find(did), before.find(did)) else { return false };
            let (now, then) = (self.agent(now), before.agent(then));
            now.name() != then.name()
                || now.sponsor() != then.sponsor()
                || !now.capabilities().eq(then.capabilities())
        };
        let forgotten: Vec<Did> = self.facts.attested.keys().filter(unlike).cloned().collect();
        for did in forgotten {
            self.facts.attested.remove(&did);
        }
    }

    /// The attestation that holds for an agent at `now`: made for its present key, and not expired.
    pub fn attestation(&self, row: Row, now: Time) -> Option<&Attested> {
        if self.facts.attested.is_empty() {
            return None;
        }
        let agent = self.agent(row);
        let attested = self.facts.attested.get(&agent.did())?;
        (attested.key() == agent.public_key() && now < attested.until()).then_some(&**attested)
    }
}
