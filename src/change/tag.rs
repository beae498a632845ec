//! Words that operators put on agents, and take off.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{ChangeError, FactError};
use crate::registry::{LockTarget, MAX_TAG_BYTES, MAX_TAGS, Registry, Row};
use crate::text::visible;

/// Tags that an agent gets and loses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tagging {
    /// Those that it gets.
    pub add: Vec<String>,
    /// Those that it loses.
    pub remove: Vec<String>,
}

/// Whether a text is a tag: visible characters without blanks, at most 64 bytes of them.
pub fn is_tag(text: &str) -> bool {
    let plain = !text.chars().any(char::is_whitespace) && visible(text) == text;
    !text.is_empty() && text.len() <= MAX_TAG_BYTES && plain
}

impl Tagging {
    pub(super) fn check(&self) -> Result<(), ChangeError> {
        let mut all: BTreeSet<&str> = BTreeSet::new();
        let count = self.add.len().saturating_add(self.remove.len());
        let each = self.add.iter().chain(&self.remove);
        if count > MAX_TAGS.saturating_mul(2) || !each.into_iter().all(|tag| is_tag(tag) && all.insert(tag)) {
            return Err(ChangeError::Unreadable { member: "tag" });
        }
        Ok(())
    }

    /// The tags of an agent afterwards.
    fn after(&self, registry: &Registry, row: Row) -> BTreeSet<String> {
        let mut tags: BTreeSet<String> = registry.tags(row).map(str::to_owned).collect();
        tags.retain(|tag| !self.remove.contains(tag));
        tags.extend(self.add.iter().cloned());
        tags
    }

    /// A tag by which a lock holds agents comes off only after the lock.
    pub(super) fn judge(&self, registry: &Registry, row: Row) -> Result<(), FactError> {
        let did = || registry.agent(row).did();
        let locks = &registry.facts().locks;
        if let Some(tag) =
            self.remove.iter().find(|tag| locks.get(&LockTarget::Tag((*tag).clone())).is_some())
        {
            return Err(FactError::TagLocked { did: did(), tag: tag.clone() });
        }
        let after = self.after(registry, row);
        if after.len() > MAX_TAGS {
            return Err(FactError::TooManyTags { did: did() });
        }
        if registry.tags(row).eq(after.iter().map(String::as_str)) {
            return Err(FactError::Same(did()));
        }
        Ok(())
    }

    pub(super) fn recall(&self, registry: &mut Registry, row: Row) {
        let (did, tags) = (registry.agent(row).did(), self.after(registry, row));
        registry.facts_mut().tags.set(did, tags);
    }
}
