//! How a registry file differs from what was imported from it.

use std::path::Path;

use crate::encoding::Digest32;
use crate::identity::{Did, Identity, Reading};
use crate::ingest::{Options, read_all};
use crate::registry::Registry;

use super::context::{Hashing, open_ordinary};
use super::{ImportOptions, Warden, WardenError};

/// So many DIDs of each kind are named.
const NAMED: usize = 1000;

/// What taking a registry file again would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileDifference {
    /// Agents that would come.
    pub added: Side,
    /// Agents whose record says something else.
    pub changed: Side,
    /// Agents that would go.
    pub removed: Side,
    /// SHA-256 of what was compared: nothing else is to be taken on its strength.
    pub digest: Digest32,
}

/// Some agents: how many, and the first of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Side {
    /// How many.
    pub count: usize,
    /// At most a thousand of them.
    pub dids: Vec<Did>,
}

impl Side {
    fn add(&mut self, did: Did) {
        self.count += 1;
        if self.dids.len() < NAMED {
            self.dids.push(did);
        }
    }
}

impl FileDifference {
    /// Whether there is any.
    pub const fn is_empty(&self) -> bool {
        self.added.count == 0 && self.changed.count == 0 && self.removed.count == 0
    }
}

impl Warden {
    /// Compares the file with the registry, agent by agent; what changes in the log made of an agent is no
    /// difference.
    ///
    /// # Errors
    /// [`WardenError`] when the file cannot be read.
    pub fn compare(&self, path: &Path, options: &ImportOptions) -> Result<FileDifference, WardenError> {
        let file = open_ordinary(path)?;
        let mut file = Hashing::new(file);
        let reading = Options {
            reading: Reading { now: self.now(), assume_utc: options.assume_utc },
            skip_invalid: options.skip_invalid,
        };
        let registry = self.registry();
        let mut seen = vec![false; registry.row_count()];
        let mut difference = FileDifference::default();
        read_all(
            &mut file,
            &reading,
            |identity, _| {
                match registry.find(&identity.did) {
                    None => difference.added.add(identity.did.clone()),
                    Some(row) => {
                        if let Some(seen) = seen.get_mut(row.index()) {
                            *seen = true;
                        }
                        if !same(registry, identity, row) {
                            difference.changed.add(identity.did.clone());
                        }
                    }
                }
                Ok(())
            },
            |_| Ok(()),
        )?;
        for row in registry.rows().filter(|row| seen.get(row.index()) == Some(&false)) {
            difference.removed.add(registry.agent(row).did());
        }
        difference.digest = file.digest();
        Ok(difference)
    }
}

fn same(registry: &Registry, identity: &Identity<'_>, row: crate::registry::Row) -> bool {
    let standing = registry.standing(row);
    let mut known = registry.agent(row).identity(crate::time::Time::MIN);
    // What the log did is no difference, unless the file is stricter: then it would win.
    if standing.put_by.is_some() && identity.status <= standing.status {
        known.status = identity.status;
        known.revocation_reason.clone_from(&identity.revocation_reason);
        known.updated_at = identity.updated_at;
    }
    // A key that the agent had before is what the file knew; the log knows better.
    if registry.ring(row).is_some_and(|ring| ring.past.iter().any(|past| past.bytes == identity.public_key)) {
        known.public_key = identity.public_key;
    }
    known == *identity
}
