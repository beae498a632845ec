//! Who is named: by DID, sponsor, organization or key.

use std::collections::{BTreeSet, HashSet};

use crate::identity::{Did, KeyBytes};

/// Agents named in four ways; each is compared byte for byte.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lists {
    /// By DID.
    pub dids: BTreeSet<Did>,
    /// By the sponsor's address.
    pub sponsors: BTreeSet<String>,
    /// By organization.
    pub organizations: BTreeSet<String>,
    /// By public key.
    pub keys: HashSet<KeyBytes>,
}

/// The way in which a list names an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// By DID.
    Did,
    /// By its sponsor.
    Sponsor,
    /// By its organization.
    Organization,
    /// By its key.
    Key,
}

impl Lists {
    /// Whether nobody is named.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        [self.dids.len(), self.sponsors.len(), self.organizations.len(), self.keys.len()].iter().sum()
    }

    /// How an agent is named, if it is.
    pub fn find(
        &self,
        did: &Did,
        sponsor: &str,
        organization: Option<&str>,
        key: &KeyBytes,
    ) -> Option<Listed> {
        if self.dids.contains(did) {
            Some(Listed::Did)
        } else if self.keys.contains(key) {
            Some(Listed::Key)
        } else if self.sponsors.contains(sponsor) {
            Some(Listed::Sponsor)
        } else if organization.is_some_and(|organization| self.organizations.contains(organization)) {
            Some(Listed::Organization)
        } else {
            None
        }
    }
}

impl Listed {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Did => "did",
            Self::Sponsor => "sponsor",
            Self::Organization => "organization",
            Self::Key => "key",
        }
    }
}
