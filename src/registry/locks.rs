//! Standing rules: whom they name can do nothing, and nobody below either, until they are lifted.

use std::collections::BTreeSet;
use std::sync::Arc;

use imbl::HashMap;

use super::{Registry, Row};
use crate::identity::{Did, KeyBytes};
use crate::time::Time;

/// Whom a lock names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LockTarget {
    /// An agent and everybody below it.
    Subtree(Did),
    /// The agents of a sponsor, by exact address.
    Sponsor(String),
    /// The agents of an organization, by exact name.
    Organization(String),
    /// The agents with a tag.
    Tag(String),
    /// Whoever holds this key.
    Key(KeyBytes),
}

/// A standing rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// Whom it names.
    pub target: LockTarget,
    /// The log index of the entry that made it.
    pub index: u64,
    /// When it was made.
    pub since: Time,
    /// Why.
    pub reason: String,
    /// When it ends by itself; none means when it is lifted.
    pub until: Option<Time>,
}

/// What holds an agent back while a change that would stop it waits for signatures.
#[derive(Clone)]
struct Hold {
    /// The change.
    change: u128,
    lock: Arc<Lock>,
}

/// All locks of one mesh.
#[derive(Clone, Default)]
pub struct Locks {
    subtrees: HashMap<Did, Arc<Lock>>,
    sponsors: HashMap<String, Arc<Lock>>,
    organizations: HashMap<String, Arc<Lock>>,
    tags: HashMap<String, Arc<Lock>>,
    keys: HashMap<[u8; 32], Arc<Lock>>,
    /// By the agent at the top of what is held back.
    holds: HashMap<Did, Vec<Hold>>,
}

impl Locks {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.subtrees.is_empty()
            && self.sponsors.is_empty()
            && self.organizations.is_empty()
            && self.tags.is_empty()
            && self.keys.is_empty()
            && self.holds.is_empty()
    }

    /// All locks that operators made, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Lock> {
        let people = self.sponsors.values().chain(self.organizations.values()).chain(self.tags.values());
        self.subtrees.values().chain(people).chain(self.keys.values()).map(AsRef::as_ref)
    }

    /// What holds agents back until changes are approved, in no order; what ended by itself included.
    pub fn holds(&self) -> impl Iterator<Item = &Lock> {
        self.holds.values().flatten().map(|hold| &*hold.lock)
    }

    /// The lock on a target.
    pub fn get(&self, target: &LockTarget) -> Option<&Lock> {
        match target {
            LockTarget::Subtree(did) => self.subtrees.get(did),
            LockTarget::Sponsor(sponsor) => self.sponsors.get(sponsor),
            LockTarget::Organization(name) => self.organizations.get(name),
            LockTarget::Tag(tag) => self.tags.get(tag),
            LockTarget::Key(key) => self.keys.get(&key.0),
        }
        .map(AsRef::as_ref)
    }

    /// The lock on a key.
    pub fn on_key(&self, key: &KeyBytes) -> Option<&Lock> {
        self.keys.get(&key.0).map(AsRef::as_ref)
    }

    /// Adds a lock; a lock on the same target stays as it is.
    pub fn add(&mut self, lock: Lock) {
        let lock = Arc::new(lock);
        match lock.target.clone() {
            LockTarget::Subtree(did) => self.subtrees.entry(did).or_insert(lock),
            LockTarget::Sponsor(sponsor) => self.sponsors.entry(sponsor).or_insert(lock),
            LockTarget::Organization(name) => self.organizations.entry(name).or_insert(lock),
            LockTarget::Tag(tag) => self.tags.entry(tag).or_insert(lock),
            LockTarget::Key(key) => self.keys.entry(key.0).or_insert(lock),
        };
    }

    /// Lifts the lock on a target; answers whether there was one.
    pub fn lift(&mut self, target: &LockTarget) -> bool {
        match target {
            LockTarget::Subtree(did) => self.subtrees.remove(did),
            LockTarget::Sponsor(sponsor) => self.sponsors.remove(sponsor),
            LockTarget::Organization(name) => self.organizations.remove(name),
            LockTarget::Tag(tag) => self.tags.remove(tag),
            LockTarget::Key(key) => self.keys.remove(&key.0),
        }
        .is_some()
    }

    /// Holds agents, and everybody below them, back while the change waits that would stop them.
    pub fn hold(&mut self, change: u128, dids: impl IntoIterator<Item = Did>, lock: &Lock) {
        for did in dids {
            let lock = Arc::new(Lock { target: LockTarget::Subtree(did.clone()), ..lock.clone() });
            self.holds.entry(did).or_default().push(Hold { change, lock });
        }
    }

    /// Lets go whom a change held back.
    pub fn release(&mut self, change: u128) {
        let held = |holds: &Vec<Hold>| holds.iter().any(|hold| hold.change == change);
        let dids: Vec<Did> =
            self.holds.iter().filter(|(_, holds)| held(holds)).map(|(did, _)| did.clone()).collect();
        for did in dids {
            if let Some(holds) = self.holds.get_mut(&did) {
                holds.retain(|hold| hold.change != change);
            }
            if self.holds.get(&did).is_some_and(Vec::is_empty) {
                self.holds.remove(&did);
            }
        }
    }

    /// What holds an agent back at `now` until a change is approved, that which lasts longest.
    fn held_back(&self, did: &Did, now: Time) -> Option<&Lock> {
        let holds = self.holds.get(did)?.iter().map(|hold| &*hold.lock);
        holds.filter(|lock| lock.until.is_none_or(|until| now < until)).max_by_key(|lock| lock.until)
    }

    /// When the next hold ends by itself.
    pub(super) fn next_end(&self, now: Time) -> Option<Time> {
        let ends = self.holds.values().flatten().filter_map(|hold| hold.lock.until);
        ends.filter(|until| *until > now).min()
    }

    /// The agents that locks name themselves, some of them more than once. Organizations and keys are looked for agent by
    /// agent, and only when one is locked.
    pub(super) fn named(&self, registry: &Registry, now: Time) -> Vec<Row> {
        let held = self.holds.keys().filter(|did| self.held_back(did, now).is_some());
        let mut rows: Vec<Row> =
            self.subtrees.keys().chain(held).filter_map(|did| registry.find(did)).collect();
        rows.extend(self.sponsors.keys().flat_map(|sponsor| registry.of_sponsor(sponsor)));
        if !self.tags.is_empty() {
            let tagged = registry.facts.tags.iter().filter(|(_, tags)| self.on_tag(tags).is_some());
            rows.extend(tagged.filter_map(|(did, _)| registry.find(did)));
        }
        if !self.organizations.is_empty() || !self.keys.is_empty() {
            rows.extend(registry.rows().filter(|row| self.on(registry, *row, now).is_some()));
        }
        rows
    }

    fn on_tag(&self, tags: &BTreeSet<String>) -> Option<&Arc<Lock>> {
        tags.iter().find_map(|tag| self.tags.get(tag))
    }

    /// The lock that names an agent itself.
    pub(super) fn on(&self, registry: &Registry, row: Row, now: Time) -> Option<&Lock> {
        let agent = registry.agent(row);
        let found = self.keys.get(&agent.public_key().0);
        let found = found.or_else(|| self.sponsors.get(agent.sponsor()));
        let found = found.or_else(|| agent.organization().and_then(|name| self.organizations.get(name)));
        let tagged = || {
            let tags = if self.tags.is_empty() { None } else { registry.facts.tags.get(&agent.did()) };
            tags.and_then(|tags| self.on_tag(tags))
        };
        let found = found.or_else(tagged);
        let subtree = || if self.subtrees.is_empty() { None } else { self.subtrees.get(&agent.did()) };
        let held = || if self.holds.is_empty() { None } else { self.held_back(&agent.did(), now) };
        found.or_else(subtree).map(AsRef::as_ref).or_else(held)
    }
}

impl Registry {
    /// The lock that holds an agent: on itself, or on one above it.
    pub fn lock_on(&self, row: Row, now: Time) -> Option<&Lock> {
        let locks = &self.facts.locks;
        if locks.is_empty() {
            return None;
        }
        self.upwards(row).find_map(|row| locks.on(self, row, now))
    }
}
