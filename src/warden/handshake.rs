//! The verifier as the other side of a handshake: the key of the log proves itself.

use super::{Warden, WardenError};
use crate::handshake::{Challenge, Demand, HandshakeError, Hello, Me, Nonce, Peer, Responder};
use crate::identity::{Attested, Did};
use crate::policy::{Lists, Policy};
use crate::registry::Registry;
use crate::time::Time;

/// Why a hello has no challenge.
#[derive(Debug, thiserror::Error)]
pub enum NotMet {
    /// The hello, or whoever sent it.
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
    /// The log's key.
    #[error(transparent)]
    Warden(#[from] WardenError),
}

impl NotMet {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Handshake(error) => error.code(),
            Self::Warden(error) => error.code(),
        }
    }
}

/// The other side of a handshake, as the registry and the rules of trust have it.
///
/// # Errors
/// [`HandshakeError::UnknownPeer`].
pub fn peer(registry: &Registry, policy: &Policy, did: &Did, now: Time) -> Result<Peer, HandshakeError> {
    let row = registry.find(did).ok_or(HandshakeError::UnknownPeer)?;
    let score = registry.trust_of(row, &policy.trust, now).score;
    let mut peer = Peer::of(registry, row, Some(score), now);
    let agent = registry.agent(row);
    let on = |lists: &Lists| lists.find(did, agent.sponsor(), agent.organization(), &peer.key).is_some();
    peer.active &= !on(&policy.block) && (policy.allow.is_empty() || on(&policy.allow));
    let attester = registry.attestation(row, now).map(Attested::attester);
    peer.attested &= attester.is_none_or(|attester| policy.attestation.attesters.contains(&attester));
    Ok(peer)
}

impl Warden {
    /// Answers a hello with the key of the log, and lets `responder` wait for the proof.
    ///
    /// The transcript is signed under its own heading, so that no signature here is one of a head of the log.
    ///
    /// # Errors
    /// [`NotMet`]; nothing is signed for somebody unknown or stopped, or who asks for what they do not hold.
    pub fn challenge(
        &mut self,
        responder: &mut Responder,
        hello: Hello,
        demand: &Demand,
    ) -> Result<Challenge, NotMet> {
        let initiator = peer(&self.state.registry, &self.state.policy, hello.initiator(), self.now())?;
        let key = self.log_key()?;
        let did = key.public_key().bytes().bound_did();
        let nonce = Nonce(*self.entropy.seed().ok_or(WardenError::NoEntropy)?);
        let me = Me { did: &did, key: &key };
        Ok(responder.answer(me, hello, &initiator, demand, nonce, self.now())?)
    }
}
