//! Registering agents: rows are appended, then parents are looked up and the lineage is built once.

use std::collections::BTreeMap;
use std::sync::Arc;

use petgraph::graph::NodeIndex;

use super::columns::{Cold, Hot, NONE, from_index, from_score, from_time};
use super::confusable::Confusables;
use super::hop::{self, NarrowingMemo, Side};
use super::lineage::Lineage;
use super::{Registry, Row, Rule, Shared, did_of, hash_of};
use crate::identity::{Did, Identity, Parent};

/// Why an agent is not registered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegisterError {
    /// Policy wants an attestation and there is none.
    #[error("attestation is required and none was verified")]
    AttestationRequired,
    /// The DID is taken.
    #[error("{did} is registered already")]
    Duplicate {
        /// The DID.
        did: Did,
        /// The agent that holds it.
        holder: Row,
    },
    /// A registry holds at most 2^32 - 2 agents.
    #[error("the registry is full")]
    Full,
}

impl RegisterError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AttestationRequired => "attestation_required",
            Self::Duplicate { .. } => "duplicate",
            Self::Full => "registry_full",
        }
    }
}

/// A registry being added to; [`Intake::settle`] makes it whole again.
pub struct Intake {
    registry: Registry,
    shared: Shared,
    list: Vec<u32>,
    require_attestation: bool,
}

impl Registry {
    /// Begins adding agents.
    #[must_use]
    pub fn intake(mut self, require_attestation: bool) -> Intake {
        let shared = std::mem::take(&mut self.shared);
        Intake { shared: Arc::unwrap_or_clone(shared), registry: self, list: Vec::new(), require_attestation }
    }

    /// Takes an agent out of the registry; its children then have a missing parent (IDT 22.2).
    pub fn unregister(&mut self, did: &Did) -> bool {
        let Some(row) = self.find(did) else { return false };
        let mut intake = std::mem::take(self).intake(false);
        intake.remove(row, did);
        *self = intake.settle();
        true
    }
}

impl Intake {
    /// Adds one agent; `version` is the log index of the entry that does it.
    ///
    /// `attested` is evidence from outside the record: nothing that a record says about itself counts.
    ///
    /// # Errors
    /// [`RegisterError`]; the registry is as before.
    pub fn register(
        &mut self,
        identity: &Identity<'_>,
        attested: bool,
        version: u64,
    ) -> Result<Row, RegisterError> {
        if self.require_attestation && !attested {
            return Err(RegisterError::AttestationRequired);
        }
        let row = self.registry.columns.len();
        let number = u32::try_from(row).ok().filter(|row| *row < NONE - 1).ok_or(RegisterError::Full)?;
        let parent = self.registered_parent(identity.parent.as_ref());
        self.index(&identity.did, number)?;
        let (cold, hot) = (self.cold(identity, parent, attested), self.hot(identity, version));
        self.registry.columns.push(cold, hot, &identity.name);
        self.shared.parents.push(parent);
        Ok(Row(number))
    }

    /// The row of a parent that came before its child, as most do: its DID need not be kept twice.
    fn registered_parent(&self, parent: Option<&Parent<'_>>) -> u32 {
        parent.and_then(Parent::did).map_or(NONE, |did| self.lookup(did))
    }

    fn index(&mut self, did: &Did, number: u32) -> Result<(), RegisterError> {
        let (columns, shared) = (&self.registry.columns, &mut self.shared);
        let hash = hash_of(&shared.state, did);
        let (state, texts) = (&shared.state, &shared.texts);
        match shared.index.entry(
            hash,
            |row| did_of(columns, texts, *row as usize) == *did,
            |row| hash_of(state, &did_of(columns, texts, *row as usize)),
        ) {
            hashbrown::hash_table::Entry::Occupied(held) => {
                Err(RegisterError::Duplicate { did: did.clone(), holder: Row(*held.get()) })
            }
            hashbrown::hash_table::Entry::Vacant(slot) => {
                slot.insert(number);
                Ok(())
            }
        }
    }

    fn cold(&mut self, identity: &Identity<'_>, parent: u32, attested: bool) -> Cold {
        let shared = &mut self.shared;
        let (id, other_id) = match identity.did.bits() {
            Some(bits) => (bits.to_be_bytes(), NONE),
            None => ([0; 16], shared.texts.intern(&identity.did.unique_id())),
        };
        self.list.clear();
        self.list.extend(identity.capabilities.iter().map(|text| shared.capabilities.intern(text)));
        Cold {
            id,
            other_id,
            key: identity.public_key.0,
            name_end: 0,
            folded_end: 0,
            description: identity.description.as_ref().map_or(NONE, |text| shared.texts.intern(text)),
            sponsor: shared.sponsors.intern(&identity.sponsor_email),
            organization: identity
                .organization
                .as_ref()
                .map_or(NONE, |text| shared.organizations.intern(text)),
            organization_id: identity
                .organization_id
                .as_ref()
                .map_or(NONE, |text| shared.organizations.intern(text)),
            capabilities: shared.sets.intern(&self.list),
            extra: identity.extra.as_ref().map_or(NONE, |text| shared.texts.intern(text)),
            parent_text: match &identity.parent {
                Some(text) if parent == NONE => shared.texts.intern(&text.text()),
                _ => NONE,
            },
            depth: identity.delegation_depth,
            created_at: identity.created_at.micros(),
            expires_at: from_time(identity.expires_at),
            ceiling: from_score(identity.max_initial_trust_score),
            sponsor_verified: identity.sponsor_verified,
            attested,
        }
    }

    fn hot(&mut self, identity: &Identity<'_>, version: u64) -> Hot {
        Hot {
            updated_at: identity.updated_at.micros(),
            version,
            put_by: from_index(None),
            until: from_time(None),
            sealed_at: from_index(None),
            reason: match &identity.revocation_reason {
                Some(text) => Arc::make_mut(&mut self.registry.reasons).intern(text),
                None => NONE,
            },
            score: from_score(identity.trust_score),
            status: identity.status,
            gone: false,
        }
    }

    fn remove(&mut self, row: Row, did: &Did) {
        let (columns, shared) = (&self.registry.columns, &mut self.shared);
        let hash = hash_of(&shared.state, did);
        let texts = &shared.texts;
        if let Ok(held) = shared.index.find_entry(hash, |row| did_of(columns, texts, *row as usize) == *did) {
            held.remove();
        }
        // Its children name it by text again, as they did before it came.
        let text = self.shared.texts.intern(&did.to_string());
        for child in self.registry.lineage.graph().neighbors(NodeIndex::new(row.index())) {
            if let Some(cold) = self.registry.columns.cold_mut(child.index()) {
                cold.parent_text = text;
            }
        }
        if let Some(hot) = self.registry.columns.hot_mut(row.index()) {
            hot.gone = true;
        }
        self.registry.gone += 1;
    }

    /// Looks up all parents, checks every hop once, and builds the lineage and the sponsor index.
    #[must_use]
    pub fn settle(mut self) -> Registry {
        self.resolve_parents();
        self.check_hops();
        self.index_sponsors();
        self.index_confusables();
        let Self { mut registry, mut shared, .. } = self;
        let rules = &shared.hop_rules;
        let lineage = Lineage::build(&shared.parents, |row| rules[row].is_some());
        shared.sets_in_order =
            lineage.preorder().map(|row| registry.columns.cold(row.index()).capabilities).collect();
        registry.lineage = Arc::new(lineage);
        registry.shared = Arc::new(shared);
        registry
    }

    fn resolve_parents(&mut self) {
        let mut parents = std::mem::take(&mut self.shared.parents);
        // Many orphans share few missing parents: each text is parsed and looked up once.
        let mut known: BTreeMap<u32, u32> = BTreeMap::new();
        for (row, parent) in parents.iter_mut().enumerate() {
            if *parent != NONE && self.registry.columns.hot(*parent as usize).gone {
                *parent = NONE;
            }
            let text = self.registry.columns.cold(row).parent_text;
            if *parent == NONE && text != NONE {
                *parent = *known.entry(text).or_insert_with(|| {
                    Did::parse(self.shared.texts.get(text)).map_or(NONE, |did| self.lookup(&did))
                });
            }
        }
        self.shared.parents = parents;
    }

    fn lookup(&self, did: &Did) -> u32 {
        let columns = &self.registry.columns;
        let same = |row: &u32| did_of(columns, &self.shared.texts, *row as usize) == *did;
        self.shared.index.find(hash_of(&self.shared.state, did), same).copied().unwrap_or(NONE)
    }

    fn check_hops(&mut self) {
        let columns = &self.registry.columns;
        let mut memo = NarrowingMemo::default();
        let shared = &self.shared;
        let side = |row: usize| {
            let cold = columns.cold(row);
            Side { depth: cold.depth, capabilities: cold.capabilities }
        };
        let rules = (0..columns.len()).map(|row| {
            let parent = match (shared.parents[row], columns.cold(row).parent_text) {
                (NONE, NONE) => hop::Parent::Root,
                (NONE, _) => hop::Parent::Missing,
                (parent, _) => hop::Parent::Registered(side(parent as usize)),
            };
            hop::check(side(row), parent, |parent, child| {
                memo.ask(&shared.capabilities, &shared.sets, parent, child)
            })
        });
        let rules: Vec<Option<Rule>> = rules.collect();
        self.shared.hop_rules = rules;
    }

    fn index_confusables(&mut self) {
        // An ordinary DID is the only one that is not kept as text.
        let usual = |spelling: &str| {
            let did = Did::from_unique_id(spelling).ok().filter(|did| did.bits().is_some())?;
            Some(self.lookup(&did)).filter(|row| *row != NONE)
        };
        let confusables = Confusables::of(&self.registry.columns, &self.shared.texts, usual);
        self.shared.confusables = confusables;
    }

    fn index_sponsors(&mut self) {
        let columns = &self.registry.columns;
        let mut starts = vec![0u32; self.shared.sponsors.len() + 1];
        for row in 0..columns.len() {
            starts[columns.cold(row).sponsor as usize + 1] += 1;
        }
        for sponsor in 1..starts.len() {
            starts[sponsor] += starts[sponsor - 1];
        }
        let mut next = starts.clone();
        let mut rows = vec![0u32; columns.len()];
        for row in 0..columns.len() {
            let slot = &mut next[columns.cold(row).sponsor as usize];
            rows[*slot as usize] = u32::try_from(row).unwrap_or(NONE);
            *slot += 1;
        }
        self.shared.by_sponsor = rows;
        self.shared.sponsor_starts = starts;
    }
}
