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
    /// Whether it may act: active, no broken lineage, on no revocation list, no lock.
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
    /// Looks an agent up. What policy says of it is the caller's: `score` is what counts for it, and whom policy blocks,
    /// or whose attester it does not name, the caller marks so.
    pub fn of(registry: &Registry, row: Row, score: Option<u16>, now: Time) -> Self {
        let agent = registry.agent(row);
        let listed = registry.facts().listed.revoked(&agent.did(), now).is_some();
        let effective = registry.verdict_at(row, now).state == State::Active;
        // What an import vouched for, it vouched for with the key of that time.
        let imported = agent.attested() && registry.ring(row).is_none();
        Self {
            did: agent.did(),
            key: agent.public_key(),
            version: agent.version(),
            active: effective && !listed && registry.lock_on(row, now).is_none(),
            attested: imported || registry.attestation(row, now).is_some(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{Identity, Reading, RevocationList, SecretKey};
    use std::sync::Arc;

    fn registry(status: &str) -> Registry {
        let key = SecretKey::from_seed([1; 32]).public_key().bytes();
        let text = serde_json::json!({
            "did": "did:mesh:aa", "name": "a", "public_key": key.to_base64(), "status": status,
            "verification_key_id": key.key_id().to_string(), "sponsor_email": "a@b.c",
        });
        let text = text.to_string();
        let reading = Reading { now: Time::MIN, assume_utc: false };
        let record = Identity::from_json(&text, &reading).unwrap().identity;
        let mut intake = Registry::default().intake(false);
        intake.register(&record, true, 0).unwrap();
        intake.settle()
    }

    fn peer(registry: &Registry) -> Peer {
        let row = registry.find(&Did::parse("did:mesh:aa").unwrap()).unwrap();
        Peer::of(registry, row, None, Time::MIN)
    }

    #[test]
    fn who_is_suspended_or_listed_may_not_act() {
        assert!(peer(&registry("active")).active);
        assert!(!peer(&registry("suspended")).active);
        let mut listed = RevocationList::default();
        listed.revoke(Did::parse("did:mesh:aa").unwrap(), "stolen", None, None, Time::MIN);
        let mut registry = registry("active");
        registry.facts_mut().listed = Arc::new(listed);
        assert!(!peer(&registry).active);
    }

    #[test]
    fn an_unscored_peer_counts_as_the_default_and_no_higher() {
        let peer = peer(&registry("active"));
        assert_eq!(peer.counted_score(), DEFAULT_SCORE);
        let demand = |score| Demand { score, ..Demand::default() };
        assert!(peer.meets(&demand(DEFAULT_SCORE)).is_ok());
        assert!(peer.meets(&demand(DEFAULT_SCORE + 1)).is_err());
    }
}
