//! The side that asks: open challenges, judged answers, kept results.

use super::{Challenge, Response};
use crate::encoding::base64;
use crate::handshake::{Asked, Cache, DEFAULT_LIMIT, Demand, HandshakeError, Peer, Pending, Taken};
use crate::identity::{Did, verify_base64};
use crate::time::{Span, Time};
use crate::trust;

/// How long a result is kept, unless somebody says otherwise (IDT 14.8).
pub const RESULT_TTL: Span = Span::seconds(900);
/// How long an answer may take, unless somebody says otherwise (IDT 14.9).
pub const TIMEOUT: Span = Span::seconds(30);

/// A peer signed the reference's payload with its registered key; made by [`Challenger::judge`] alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    peer: Did,
    score: u16,
    capabilities: Vec<String>,
}

/// Who an agent is by the registry.
pub type Lookup<'a> = dyn Fn(&Did) -> Option<Peer> + 'a;

/// What a challenge came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// The same was asked a short while ago, and nothing changed.
    Known(Verified),
    /// The peer has to answer this.
    Asked(Challenge),
}

/// An agent that challenges others. What a stranger can fill in it is bounded.
#[derive(Debug, Clone)]
pub struct Challenger {
    did: Did,
    timeout: Span,
    pending: Pending<String, Challenge>,
    results: Cache<Verified>,
}

impl Challenger {
    /// An agent that keeps results for `result_ttl` and waits for answers as long as `timeout`.
    ///
    /// # Errors
    /// [`HandshakeError::InvalidAgentDid`], [`HandshakeError::InvalidCacheTtl`] or [`HandshakeError::InvalidTimeout`].
    pub fn new(did: &str, result_ttl: Span, timeout: Span) -> Result<Self, HandshakeError> {
        let did = Did::parse(did).map_err(|_| HandshakeError::InvalidAgentDid)?;
        match () {
            () if result_ttl < Span::seconds(0) => Err(HandshakeError::InvalidCacheTtl),
            () if timeout <= Span::seconds(0) => Err(HandshakeError::InvalidTimeout),
            () => Ok(Self {
                did,
                timeout,
                pending: Pending::with_limit(DEFAULT_LIMIT),
                results: Cache::keeping_for(result_ttl),
            }),
        }
    }

    /// Who asks.
    pub const fn did(&self) -> &Did {
        &self.did
    }

    /// Changes how many challenges may be open.
    pub const fn set_limit(&mut self, limit: usize) {
        self.pending.set_limit(limit);
    }

    /// How many challenges are open, those included that are too late and were not met yet.
    pub fn open(&self) -> usize {
        self.pending.len()
    }

    /// Whether a challenge is open and in time.
    pub fn is_open(&self, id: &str, now: Time) -> bool {
        self.pending.waits(&id.to_owned(), now)
    }

    /// Asks anybody.
    ///
    /// # Errors
    /// [`HandshakeError::TooManyPending`].
    pub fn challenge(&mut self, challenge: Challenge, now: Time) -> Result<Challenge, HandshakeError> {
        let until = challenge.until().min(challenge.at().plus(self.timeout));
        self.pending.put(challenge.id().to_owned(), challenge.clone(), until, now)?;
        Ok(challenge)
    }

    /// Asks a peer, unless the very same was answered a short while ago and nothing about the peer changed since. A
    /// challenge with a freshness nonce always asks.
    ///
    /// # Errors
    /// [`HandshakeError::TooManyPending`].
    pub fn begin(
        &mut self,
        peer: Option<&Peer>,
        demand: &Demand,
        challenge: Challenge,
        now: Time,
    ) -> Result<Begun, HandshakeError> {
        if let (Some(peer), None) = (peer, challenge.freshness())
            && let Some(known) = self.results.get(&asked(demand), peer, now)
        {
            return Ok(Begun::Known(known.clone()));
        }
        self.challenge(challenge, now).map(Begun::Asked)
    }

    /// Gives up a challenge that is not answered, and says why there is no result.
    pub fn unanswered(&mut self, id: &str, peer: Option<&Peer>, now: Time) -> HandshakeError {
        drop(self.pending.take(&id.to_owned(), now));
        if peer.is_some_and(|peer| peer.active) {
            HandshakeError::PeerCannotSign
        } else {
            HandshakeError::NoResponse
        }
    }

    /// Judges an answer to the challenge `id`, which is used up by it.
    ///
    /// `expected` is who was asked, if it was somebody in particular; `lookup` is the registry, without which nobody is
    /// verified (TC 5.5.2).
    ///
    /// # Errors
    /// [`HandshakeError`], in the reference's order of checks.
    pub fn judge(
        &mut self,
        id: &str,
        response: &Response,
        expected: Option<&Did>,
        demand: &Demand,
        lookup: Option<&Lookup<'_>>,
        now: Time,
    ) -> Result<Verified, HandshakeError> {
        if response.challenge_id != id {
            return Err(HandshakeError::ChallengeMismatch);
        }
        let challenge = match self.pending.take(&id.to_owned(), now) {
            Taken::InTime(challenge) => challenge,
            Taken::TooLate => return Err(HandshakeError::Expired),
            Taken::Absent => return Err(HandshakeError::NotPending),
        };
        if expected.is_some_and(|expected| response.did != *expected) {
            return Err(HandshakeError::DidMismatch);
        }
        let lookup = lookup.ok_or(HandshakeError::NoRegistry)?;
        let peer = lookup(&response.did).ok_or(HandshakeError::UnknownPeer)?;
        peer.stands(demand.attested)?;
        proves(response, &challenge, &peer)?;
        peer.scores(demand.score)?;
        // Literally, as the reference compares: holding `read:*` is not holding `read:data` here.
        if !demand.capabilities.iter().all(|asked| peer.capabilities.contains(asked)) {
            return Err(HandshakeError::MissingCapabilities);
        }
        let verified = Verified {
            peer: peer.did.clone(),
            score: peer.counted_score(),
            capabilities: peer.capabilities.clone(),
        };
        if challenge.freshness().is_none() {
            self.results.put(asked(demand), &peer, verified.clone(), now);
        }
        Ok(verified)
    }

    /// Drops every result that was kept.
    pub fn forget_results(&mut self) {
        self.results.clear();
    }
}

fn asked(demand: &Demand) -> Asked {
    Asked { demand: demand.clone(), ..Asked::default() }
}

fn proves(response: &Response, challenge: &Challenge, peer: &Peer) -> Result<(), HandshakeError> {
    if challenge.freshness().is_some_and(|sent| response.freshness.as_deref() != Some(sent)) {
        return Err(HandshakeError::FreshnessMismatch);
    }
    let key = base64::encode(&peer.key.0);
    let payload = challenge.payload(&response.response_nonce, &response.did.to_string());
    if !verify_base64(&key, payload.as_bytes(), &response.signature) {
        return Err(HandshakeError::BadSignature);
    }
    if response.public_key != key {
        return Err(HandshakeError::KeyMismatch);
    }
    Ok(())
}

impl Verified {
    /// Who.
    pub const fn peer(&self) -> &Did {
        &self.peer
    }

    /// Its score in the registry.
    pub const fn score(&self) -> u16 {
        self.score
    }

    /// The level that the reference reports for the score.
    pub fn level(&self) -> &'static str {
        trust::handshake_level(i64::from(self.score)).unwrap_or("untrusted")
    }

    /// What it holds by the registry.
    pub fn capabilities(&self) -> &[String] {
        &self.capabilities
    }
}
