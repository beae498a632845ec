//! What the log says about agents beside their records and their standing.

use std::sync::Arc;

use imbl::{HashMap, HashSet};

use super::cases::Cases;
use super::grants::Grants;
use super::keys::Keys;
use super::locks::Locks;
use super::sponsors::Sponsors;
use super::tags::Tags;
use super::tokens::Tokens;
use super::{Registry, Row};
use crate::identity::{Attested, Did, RevocationList};
use crate::time::Time;
use crate::trust::{Book, Rules};

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
    /// What operators gave and took.
    pub grants: Grants,
    /// Humans who answer for agents.
    pub sponsors: Sponsors,
    /// Words on agents.
    pub tags: Tags,
    /// What is done for one reason.
    pub cases: Cases,
    /// Agents that are revoked, for a while or for ever, by a list.
    pub listed: Arc<RevocationList>,
    /// The entries that put them there.
    listed_by: HashMap<Did, u64>,
    /// What sources said about agents.
    pub trust: Book,
    /// The numbers behind scores, as the policy in force has them.
    pub rules: Arc<Rules>,
    attested: HashMap<Did, Arc<Attested>>,
    /// Agents whose parents signed what their records hold.
    granted: HashSet<Did>,
}

/// What a delegation rests on, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// The parent signed a token that grants all that the record holds, and the log had it.
    Signed,
    /// An attester vouches for the record, or operators gave it, by an entry of the log.
    Attested,
    /// The record says so, or whoever registered it.
    Asserted,
}

impl Evidence {
    /// The word on screens and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Signed => "signed",
            Self::Attested => "attested",
            Self::Asserted => "asserted",
        }
    }
}

impl Facts {
    /// Puts agents on the list, by an entry.
    pub fn list(&mut self, added: &RevocationList, index: u64) {
        Arc::make_mut(&mut self.listed).extend(added);
        self.listed_by.extend(added.iter().map(|(did, _)| (did.clone(), index)));
    }

    /// Takes an agent off the list.
    pub fn unlist(&mut self, did: &Did) {
        Arc::make_mut(&mut self.listed).unrevoke(did);
        self.listed_by.remove(did);
    }

    /// The entry that put an agent on the list.
    pub fn listed_by(&self, did: &Did) -> Option<u64> {
        self.listed_by.get(did).copied()
    }

    /// Keeps what an attester said about an agent; an earlier word of anybody is replaced.
    pub fn attest(&mut self, attested: Attested) {
        self.attested.insert(attested.did().clone(), Arc::new(attested));
    }

    /// Forgets what was said of an agent as it was: who attested it, and, when it was given something, who signed it.
    pub(super) fn forget_evidence(&mut self, did: &Did, given: bool) {
        self.attested.remove(did);
        if given {
            self.granted.remove(did);
        }
    }

    /// Keeps that an agent's parent signed what its record holds.
    pub fn grant(&mut self, did: Did) {
        self.granted.insert(did);
    }
}

impl Registry {
    /// Takes over what the log says beside records, and [restores](Self::restore) every agent.
    pub fn take_facts(&mut self, facts: Facts) {
        self.facts = facts;
        self.restore(0);
    }

    /// Gives agents whose records came again, from the row `first` on, the keys, parents and capabilities that the log
    /// knows. The lineage is rebuilt by [`relink`](Self::relink).
    pub fn restore(&mut self, first: usize) {
        let keyed = self.facts.keys.dids().filter_map(|did| self.find(did));
        for row in keyed.filter(|row| row.index() >= first).collect::<Vec<_>>() {
            self.restore_key(row);
        }
        self.restore_grants(first);
        self.restore_sponsors(first);
    }

    /// What the delegation to an agent rests on; none for a root.
    pub fn evidence(&self, row: Row, now: Time) -> Option<Evidence> {
        let agent = self.agent(row);
        agent.parent_did()?;
        if !self.facts.granted.is_empty() && self.facts.granted.contains(&agent.did()) {
            return Some(Evidence::Signed);
        }
        let attested = agent.attested()
            || self.facts.grants.get(&agent.did()).is_some_and(|grant| grant.given.is_some())
            || self.attestation(row, now).is_some();
        Some(if attested { Evidence::Attested } else { Evidence::Asserted })
    }

    /// Forgets the evidence about agents whose record says something else than it did in `before`, or is gone.
    pub fn forget_evidence_unlike(&mut self, before: &Self) {
        let unlike = |did: &&Did| {
            let (Some(now), Some(then)) = (self.find(did), before.find(did)) else { return true };
            let (now, then) = (self.agent(now), before.agent(then));
            now.public_key() != then.public_key()
                || now.name() != then.name()
                || now.sponsor() != then.sponsor()
                || !now.capabilities().eq(then.capabilities())
                || now.parent_did() != then.parent_did()
        };
        let known = self.facts.attested.keys().chain(&self.facts.granted);
        for did in known.filter(unlike).cloned().collect::<Vec<Did>>() {
            self.facts.attested.remove(&did);
            self.facts.granted.remove(&did);
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
