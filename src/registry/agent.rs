//! One agent, read out of the columns.

use std::borrow::Cow;

use super::columns::{Cold, Hot, NONE};
use super::{Registry, Row};
use crate::capability::any_allows;
use crate::identity::{Did, Identity, KeyBytes, Parent, Status};
use crate::time::Time;
use crate::trust::Tier;

/// An agent of a registry; every field is read where it lies.
#[derive(Clone, Copy)]
pub struct Agent<'r> {
    registry: &'r Registry,
    row: Row,
}

impl<'r> Agent<'r> {
    pub(super) const fn new(registry: &'r Registry, row: Row) -> Self {
        Self { registry, row }
    }

    fn cold(&self) -> &'r Cold {
        self.registry.columns.cold(self.row.index())
    }

    fn hot(&self) -> &'r Hot {
        self.registry.columns.hot(self.row.index())
    }

    /// Its row.
    pub const fn row(&self) -> Row {
        self.row
    }

    /// `did`.
    pub fn did(&self) -> Did {
        self.registry.did_at(self.row.index())
    }

    /// `name`.
    pub fn name(&self) -> &'r str {
        self.registry.columns.name(self.row.index())
    }

    /// `description`.
    pub fn description(&self) -> Option<&'r str> {
        self.text(self.cold().description)
    }

    /// `public_key`, unchecked.
    pub fn public_key(&self) -> KeyBytes {
        KeyBytes(self.cold().key)
    }

    /// `sponsor_email`.
    pub fn sponsor(&self) -> &'r str {
        self.registry.shared.sponsors.get(self.registry.columns.makers(self.row.index()).sponsor)
    }

    /// Whether its sponsor is verified: by operators, or by its record.
    pub fn sponsor_verified(&self) -> bool {
        self.cold().sponsor_verified || self.registry.facts.sponsors.is_verified(self.sponsor())
    }

    /// `organization`.
    pub fn organization(&self) -> Option<&'r str> {
        self.organization_text(self.registry.columns.makers(self.row.index()).organization)
    }

    /// `capabilities`, in the record's order.
    pub fn capabilities(&self) -> impl Iterator<Item = &'r str> + Clone {
        let shared = &*self.registry.shared;
        shared.sets.get(self.cold().capabilities).iter().map(|number| shared.capabilities.get(*number))
    }

    /// Whether something that it holds allows `asked` (IDT 8.9).
    pub fn allows(&self, asked: &str) -> bool {
        any_allows(self.capabilities(), asked)
    }

    /// Whether `wider` allows everything that it holds, and none of that is `*`: a lawful delegation (IDT 15.1).
    pub fn narrows(&self, wider: &Self) -> bool {
        let set = |agent: &Self| agent.cold().capabilities;
        self.registry.shared.is_within(set(self), set(wider))
    }

    /// `created_at`.
    pub fn created_at(&self) -> Time {
        self.cold().created_at()
    }

    /// `updated_at`.
    pub fn updated_at(&self) -> Time {
        self.hot().updated_at()
    }

    /// `expires_at`.
    pub fn expires_at(&self) -> Option<Time> {
        self.hot().expires_at()
    }

    /// The stored status as it stands at `now`: a suspension ends when its time is up, unless an open case holds it.
    pub fn status(&self, now: Time) -> Status {
        self.hot().status_at(now.micros(), &self.registry.facts.cases)
    }

    /// `revocation_reason`.
    pub fn reason(&self) -> Option<&'r str> {
        let reason = self.hot().reason;
        (reason != NONE).then(|| self.registry.reasons.get(reason))
    }

    /// When its suspension ends by itself.
    pub fn until(&self) -> Option<Time> {
        self.hot().until()
    }

    /// The log index of the change that put it into its stored status.
    pub fn put_by(&self) -> Option<u64> {
        self.hot().put_by()
    }

    /// The log index from which nothing may come below it.
    pub fn sealed_at(&self) -> Option<u64> {
        self.hot().sealed_at()
    }

    /// The log index of the last entry that changed it.
    pub fn version(&self) -> u64 {
        self.hot().version
    }

    /// `trust_score`.
    pub fn score(&self) -> Option<u16> {
        self.hot().score()
    }

    /// The tier of its score; none when unscored.
    pub fn tier(&self) -> Option<Tier> {
        self.score().map(|score| Tier::of(i64::from(score)))
    }

    /// `delegation_depth`.
    pub fn depth(&self) -> u32 {
        self.cold().depth
    }

    /// `max_initial_trust_score`.
    pub fn ceiling(&self) -> Option<u16> {
        self.cold().ceiling()
    }

    /// Whether an attestation was verified when it was registered.
    pub fn attested(&self) -> bool {
        self.cold().attested
    }

    /// `parent_did`, registered or not.
    pub fn parent_did(&self) -> Option<String> {
        match self.registry.parent_row(self.row) {
            Some(parent) => Some(self.registry.did_at(parent.index()).to_string()),
            None => self.text(self.cold().parent_text).map(str::to_owned),
        }
    }

    /// The registered parent.
    pub fn parent(&self) -> Option<Agent<'r>> {
        self.registry.parent_row(self.row).map(|parent| Agent::new(self.registry, parent))
    }

    /// Whether the stored status is active and neither a suspension nor the expiry says otherwise.
    pub fn is_active(&self, now: Time) -> bool {
        self.status(now) == Status::Active && self.expires_at().is_none_or(|expiry| now < expiry)
    }

    /// Whether it counts as trusted: active, and attested where that is required.
    pub fn is_trusted(&self, require_attestation: bool, now: Time) -> bool {
        self.is_active(now) && (!require_attestation || self.attested())
    }

    /// Capabilities that every agent up to the root holds literally, sorted, each once.
    ///
    /// The reference's answer (`get_effective_capabilities`), given for broken lineages too: it is no
    /// access decision.
    pub fn effective_capabilities(&self) -> Vec<&'r str> {
        let mut held: Vec<&str> = self.capabilities().collect();
        held.sort_unstable();
        held.dedup();
        let mut seen = std::collections::HashSet::from([self.row]);
        let mut at = *self;
        while let Some(parent) = at.parent() {
            if held.is_empty() || !seen.insert(parent.row) {
                break;
            }
            let above: std::collections::HashSet<&str> = parent.capabilities().collect();
            held.retain(|capability| above.contains(capability));
            at = parent;
        }
        held
    }

    /// The whole record as it stands at `now`.
    pub fn identity(&self, now: Time) -> Identity<'r> {
        let cold = self.cold();
        let status = self.status(now);
        Identity {
            did: self.did(),
            name: Cow::Borrowed(self.name()),
            description: self.description().map(Cow::Borrowed),
            public_key: self.public_key(),
            sponsor_email: Cow::Borrowed(self.sponsor()),
            sponsor_verified: cold.sponsor_verified,
            organization: self.organization().map(Cow::Borrowed),
            organization_id: self.organization_text(cold.organization_id).map(Cow::Borrowed),
            capabilities: self.capabilities().map(Cow::Borrowed).collect(),
            created_at: self.created_at(),
            updated_at: self.updated_at(),
            expires_at: self.expires_at(),
            status,
            revocation_reason: self
                .reason()
                .filter(|_| status != Status::Active || self.until().is_none())
                .map(Cow::Borrowed),
            parent: self.parent_did().and_then(|text| Parent::parse(Cow::Owned(text))),
            delegation_depth: cold.depth,
            max_initial_trust_score: cold.ceiling(),
            trust_score: self.score(),
            extra: self.text(cold.extra).map(Box::from),
        }
    }

    fn text(&self, number: u32) -> Option<&'r str> {
        (number != NONE).then(|| self.registry.shared.texts.get(number))
    }

    fn organization_text(&self, number: u32) -> Option<&'r str> {
        (number != NONE).then(|| self.registry.shared.organizations.get(number))
    }
}
