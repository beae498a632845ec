//! What the registry says of the other side, and what is demanded of it.

use super::HandshakeError;
use crate::capability::any_allows;
use crate::identity::{Did, KeyBytes};
use crate::registry::{Registry, Row, State};
use crate::time::Time;
use crate::trust::DEFAULT_SCORE;

/// The other side as the registry knows it now; nothing of it is the other side's own word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Who.
    pub did: Did,
    /// Its present key.
    pub key: KeyBytes,
    /// Its version: the log index of the last entry that changed what it may do.
    pub version: u64,
    /// Whether it may act: active, no broken lineage, no lock.
    pub active: bool,
    /// Whether an attestation of it was verified.
    pub attested: bool,
    /// Its score, if it has one.
    pub score: Option<u16>,
    /// What it holds.
    pub capabilities: Vec<String>,
}

/// What one side demands of the other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Demand {
    /// The least score.
    pub score: u16,
    /// What it must hold.
    pub capabilities: Vec<String>,
    /// Whether it must be attested.
    pub attested: bool,
}

impl Peer {
    /// Looks an agent up; `score` is what counts for it, by the rules of policy.
    pub fn of(registry: &Registry, row: Row, score: Option<u16>, now: Time) -> Self {
        let agent = registry.agent(row);
        let may_act = registry.verdict_at(row, now).state == State::Active && registry.lock_on(row).is_none();
        Self {
            did: agent.did(),
            key: agent.public_key(),
            version: agent.version(),
            active: may_act,
            attested: agent.attested(),
            score,
            capabilities: agent.capabilities().map(str::to_owned).collect(),
        }
    }

    /// The score that counts; an unscored agent has the default one (IDT 9.2).
    pub fn counted_score(&self) -> u16 {
        self.score.unwrap_or(DEFAULT_SCORE)
    }

    /// Whether it may act, and is attested if it must be.
    pub(super) fn stands(&self, attested: bool) -> Result<(), HandshakeError> {
        match () {
            () if !self.active => Err(HandshakeError::PeerInactive),
            () if attested && !self.attested => Err(HandshakeError::NotTrusted),
            () => Ok(()),
        }
    }

    pub(super) fn scores(&self, demanded: u16) -> Result<(), HandshakeError> {
        let score = self.counted_score();
        if score < demanded { Err(HandshakeError::TrustTooLow { score, demanded }) } else { Ok(()) }
    }

    pub(super) fn holds(&self, demanded: &[String]) -> Result<(), HandshakeError> {
        let held = |asked: &String| any_allows(self.capabilities.iter().map(String::as_str), asked);
        if demanded.iter().all(held) { Ok(()) } else { Err(HandshakeError::MissingCapabilities) }
    }

    /// Whether it meets all that is demanded.
    ///
    /// # Errors
    /// [`HandshakeError`].
    pub fn meets(&self, demand: &Demand) -> Result<(), HandshakeError> {
        self.stands(demand.attested)?;
        self.scores(demand.score)?;
        self.holds(&demand.capabilities)
    }
}
