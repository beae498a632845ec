//! Registering agents: rows are appended, then parents are looked up and the lineage is built once.

use std::collections::BTreeMap;
use std::sync::Arc;

use petgraph::graph::NodeIndex;

use super::columns::{Cold, Hot, Id, Makers, NONE, from_index, from_score, from_time};
use super::confusable::Confusables;
use super::hop::{self, Narrowing, Side};
use super::lineage::Lineage;
use super::{Entry, Registry, Row, Rule, Shared, find, find_hashed, has_did, hash_of};
use crate::delegation::MAX_DEPTH;
use crate::identity::{Did, ERASED, ERASED_SPONSOR, Identity, Parent};

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

/// So many parents are looked up in one go.
const LOOKED_UP_AT_ONCE: usize = 32;

/// A registry being added to; [`Intake::settle`] makes it whole again.
pub struct Intake {
    pub(super) registry: Registry,
    pub(super) shared: Shared,
    /// The first row that is added.
    pub(super) first: usize,
    list: Vec<u32>,
    /// Children whose parents are looked up when all are there, and the bits of their parents' DIDs.
    children: Vec<u32>,
    wanted: Vec<u128>,
    require_attestation: bool,
}

impl Registry {
    /// Begins adding agents.
    #[must_use]
    pub fn intake(mut self, require_attestation: bool) -> Intake {
        let shared = std::mem::take(&mut self.shared);
        Intake {
            shared: Arc::unwrap_or_clone(shared),
            first: self.columns.len(),
            registry: self,
            list: Vec::new(),
            children: Vec::new(),
            wanted: Vec::new(),
            require_attestation,
        }
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
        self.index(&identity.did, number)?;
        let (cold, hot) = (self.cold(identity, attested), self.hot(identity, version));
        if let Some(bits) = identity.parent.as_ref().and_then(Parent::did).and_then(Did::bits) {
            self.children.push(number);
            self.wanted.push(bits);
        }
        let (id, makers) = (self.id(&identity.did), self.makers(identity));
        self.registry.columns.push(cold, hot, id, makers, &identity.name);
        self.shared.parents.push(NONE);
        Ok(Row(number))
    }

    fn index(&mut self, did: &Did, number: u32) -> Result<(), RegisterError> {
        let (columns, shared) = (&self.registry.columns, &mut self.shared);
        let hash = hash_of(&shared.state, did);
        let texts = &shared.texts;
        let same = |entry: &Entry| entry.hash == hash && has_did(columns, texts, entry.row as usize, did);
        match shared.index.entry(Entry::spread(hash), same, Entry::hash) {
            hashbrown::hash_table::Entry::Occupied(held) => {
                Err(RegisterError::Duplicate { did: did.clone(), holder: Row(held.get().row) })
            }
            hashbrown::hash_table::Entry::Vacant(slot) => {
                slot.insert(Entry { row: number, hash });
                Ok(())
            }
        }
    }

    fn id(&mut self, did: &Did) -> Id {
        match did.bits() {
            Some(bits) => Id::Short(bits),
            None => Id::Other(self.shared.texts.intern(&did.unique_id())),
        }
    }

    fn makers(&mut self, identity: &Identity<'_>) -> Makers {
        let shared = &mut self.shared;
        Makers {
            sponsor: shared.sponsors.intern(&identity.sponsor_email),
            organization: identity
                .organization
                .as_ref()
                .map_or(NONE, |text| shared.organizations.intern(text)),
        }
    }

    fn cold(&mut self, identity: &Identity<'_>, attested: bool) -> Cold {
        let shared = &mut self.shared;
        self.list.clear();
        self.list.extend(identity.capabilities.iter().map(|text| shared.capabilities.intern(text)));
        Cold {
            key: identity.public_key.0,
            name_end: 0,
            folded_end: 0,
            description: identity.description.as_ref().map_or(NONE, |text| shared.texts.intern(text)),
            organization_id: identity
                .organization_id
                .as_ref()
                .map_or(NONE, |text| shared.organizations.intern(text)),
            capabilities: shared.sets.intern(&self.list),
            extra: identity.extra.as_ref().map_or(NONE, |text| shared.texts.intern(text)),
            parent_text: match &identity.parent {
                Some(parent) if parent.did().and_then(Did::bits).is_none() => {
                    shared.texts.intern(&parent.text())
                }
                _ => NONE,
            },
            depth: identity.delegation_depth,
            created_at: identity.created_at.micros(),
            ceiling: from_score(identity.max_initial_trust_score),
            sponsor_verified: identity.sponsor_verified,
            attested,
        }
    }

    fn hot(&mut self, identity: &Identity<'_>, version: u64) -> Hot {
        Hot {
            updated_at: identity.updated_at.micros(),
            expires_at: from_time(identity.expires_at),
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

    /// Puts what stands for forgotten texts in the place of an agent's own.
    pub(super) fn erase(&mut self, row: Row) {
        let sponsor = self.shared.sponsors.intern(ERASED_SPONSOR);
        self.registry.columns.rename(row.index(), ERASED, sponsor);
        if let Some(cold) = self.registry.columns.cold_mut(row.index()) {
            (cold.description, cold.extra) = (NONE, NONE);
        }
    }

    fn remove(&mut self, row: Row, did: &Did) {
        let (columns, shared) = (&self.registry.columns, &mut self.shared);
        let hash = hash_of(&shared.state, did);
        let texts = &shared.texts;
        let same = |entry: &Entry| entry.hash == hash && has_did(columns, texts, entry.row as usize, did);
        if let Ok(held) = shared.index.find_entry(Entry::spread(hash), same) {
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
        self.find_parents();
        self.resolve_parents();
        let sides = self.check_hops();
        self.index_sponsors();
        self.index_confusables();
        let Self { mut registry, mut shared, .. } = self;
        let rules = &shared.hop_rules;
        let lineage = Lineage::build(&shared.parents, |row| rules[row].is_some());
        shared.sets_in_order = lineage.preorder().map(|row| sides[row.index()].capabilities).collect();
        shared.ceilings = ceilings(&registry, &shared.parents, &lineage);
        registry.lineage = Arc::new(lineage);
        registry.shared = Arc::new(shared);
        registry.stale = false;
        registry
    }

    /// Looks up the parents with ordinary DIDs, one look-up after the other and nothing between them, so that
    /// memory is waited for many at a time. A DID that nobody has is kept as text.
    pub(super) fn find_parents(&mut self) {
        let (children, wanted) = (std::mem::take(&mut self.children), std::mem::take(&mut self.wanted));
        for (children, wanted) in children.chunks(LOOKED_UP_AT_ONCE).zip(wanted.chunks(LOOKED_UP_AT_ONCE)) {
            let mut hashes = [0; LOOKED_UP_AT_ONCE];
            for (hash, bits) in hashes.iter_mut().zip(wanted) {
                *hash = hash_of(&self.shared.state, &Did::from_bits(*bits));
            }
            let mut found = [NONE; LOOKED_UP_AT_ONCE];
            for ((found, hash), bits) in found.iter_mut().zip(hashes).zip(wanted) {
                let did = Did::from_bits(*bits);
                *found = find_hashed(&self.registry.columns, &self.shared, &did, hash);
            }
            for ((child, parent), bits) in children.iter().zip(found).zip(wanted) {
                self.shared.parents[*child as usize] = parent;
                if parent == NONE {
                    let text = self.shared.texts.intern(&Did::from_bits(*bits).to_string());
                    if let Some(cold) = self.registry.columns.cold_mut(*child as usize) {
                        cold.parent_text = text;
                    }
                }
            }
        }
    }

    fn resolve_parents(&mut self) {
        let mut parents = std::mem::take(&mut self.shared.parents);
        // Many orphans share few missing parents: each text is parsed and looked up once.
        let mut known: BTreeMap<u32, u32> = BTreeMap::new();
        self.shared.orphans.clear();
        for (row, parent) in parents.iter_mut().enumerate() {
            if self.registry.gone > 0 && *parent != NONE && self.registry.columns.hot(*parent as usize).gone {
                *parent = NONE;
            }
            let text = self.registry.columns.cold(row).parent_text;
            if *parent == NONE && text != NONE {
                *parent = *known.entry(text).or_insert_with(|| {
                    Did::parse(self.shared.texts.get(text)).map_or(NONE, |did| self.lookup(&did))
                });
                if *parent == NONE {
                    self.shared.orphans.push(u32::try_from(row).unwrap_or(NONE));
                }
            }
        }
        self.shared.parents = parents;
    }

    pub(super) fn lookup(&self, did: &Did) -> u32 {
        find(&self.registry.columns, &self.shared, did)
    }

    /// Checks every hop; answers the sides, since they are small where the rows are large.
    fn check_hops(&mut self) -> Vec<Side<u32>> {
        let columns = &self.registry.columns;
        let shared = &self.shared;
        let mut narrowing = Narrowing::new(&shared.capabilities, &shared.sets);
        let sides: Vec<Side<u32>> =
            columns.colds().map(|cold| Side { depth: cold.depth, capabilities: cold.capabilities }).collect();
        let rules = columns.colds().zip(&sides).zip(&shared.parents).map(|((cold, side), parent)| {
            let parent = match (*parent, cold.parent_text) {
                (NONE, NONE) => hop::Parent::Root,
                (NONE, _) => hop::Parent::Missing,
                (parent, _) => hop::Parent::Registered(sides[parent as usize]),
            };
            hop::check(*side, parent, |parent, child| narrowing.ask(parent, child))
        });
        let rules: Vec<Option<Rule>> = rules.collect();
        self.shared.hop_rules = rules;
        sides
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
            starts[columns.makers(row).sponsor as usize + 1] += 1;
        }
        for sponsor in 1..starts.len() {
            starts[sponsor] += starts[sponsor - 1];
        }
        let mut next = starts.clone();
        let mut rows = vec![0u32; columns.len()];
        for row in 0..columns.len() {
            let slot = &mut next[columns.makers(row).sponsor as usize];
            rows[*slot as usize] = u32::try_from(row).unwrap_or(NONE);
            *slot += 1;
        }
        self.shared.by_sponsor = rows;
        self.shared.sponsor_starts = starts;
    }
}

/// The lowest ceiling of each agent and those above it, by row: what no score of it exceeds (IDT 16.3).
///
/// A lineage that is deeper than delegation goes, or leads round in a circle, has no end to look for: 0.
fn ceilings(registry: &Registry, parents: &[u32], lineage: &Lineage) -> Vec<u16> {
    let mut lowest: Vec<u16> = registry.columns.colds().map(|cold| from_score(cold.ceiling())).collect();
    for (position, row) in lineage.preorder().enumerate() {
        let above = match parents[row.index()] {
            NONE => continue,
            _ if lineage.levels(position..position + 1) > &[MAX_LEVEL] => 0,
            parent if lineage.position(Row(parent)) > position => 0,
            parent => lowest[parent as usize],
        };
        lowest[row.index()] = lowest[row.index()].min(above);
    }
    lowest
}

/// Hops below the top of a tree, at most.
const MAX_LEVEL: u16 = MAX_DEPTH as u16;
