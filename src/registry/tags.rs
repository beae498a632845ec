//! Words that operators put on agents.

use std::collections::BTreeSet;
use std::sync::Arc;

use imbl::HashMap;

use super::{Registry, Row};
use crate::identity::Did;

/// An agent has at most this many tags.
pub const MAX_TAGS: usize = 32;
/// A tag has at most this many bytes.
pub const MAX_TAG_BYTES: usize = 64;

/// The tags of all agents; kept by DID, so that they hold whatever file a record comes from.
#[derive(Clone, Default)]
pub struct Tags {
    by_did: HashMap<Did, Arc<BTreeSet<String>>>,
}

impl Tags {
    /// Whether nobody has one.
    pub fn is_empty(&self) -> bool {
        self.by_did.is_empty()
    }

    /// The tags of an agent; none when it has none.
    pub fn get(&self, did: &Did) -> Option<&BTreeSet<String>> {
        if self.by_did.is_empty() { None } else { self.by_did.get(did).map(AsRef::as_ref) }
    }

    /// The agents that have tags, each with its own.
    pub fn iter(&self) -> impl Iterator<Item = (&Did, &BTreeSet<String>)> {
        self.by_did.iter().map(|(did, tags)| (did, &**tags))
    }

    /// Gives an agent these tags and no others.
    pub fn set(&mut self, did: Did, tags: BTreeSet<String>) {
        if tags.is_empty() {
            self.by_did.remove(&did);
        } else {
            self.by_did.insert(did, Arc::new(tags));
        }
    }
}

impl Registry {
    /// The tags of an agent, sorted.
    pub fn tags(&self, row: Row) -> impl Iterator<Item = &str> {
        let tags =
            if self.facts.tags.is_empty() { None } else { self.facts.tags.get(&self.agent(row).did()) };
        tags.into_iter().flatten().map(String::as_str)
    }
}
