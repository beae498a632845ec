//! The side that answers.

use serde_json::{Value, json};

use super::transcript::{Party, Transcript};
use super::{Challenge, Hello, MAX_MESSAGE_BYTES, Me, Nonce, Proof, Role, Session};
use crate::encoding::members::Members;
use crate::handshake::{Demand, HandshakeError, Peer, Pending, Taken};
use crate::identity::{Did, statement};
use crate::time::Time;

/// At most this many handshakes of one initiator are open: a hello is not signed, so anybody can send one in its name, and
/// must not take the others' room.
pub const MAX_OPEN_PER_PEER: usize = 16;

/// Has sent the challenge, and waits for the proof; finishing takes this away, so a challenge is answered once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awaiting(Transcript);

/// The handshakes that a responder has open: bounded in number and time.
#[derive(Debug, Clone)]
pub struct Responder {
    open: Pending<Nonce, Awaiting>,
}

impl Awaiting {
    /// Answers a hello; `nonce` is fresh, and `initiator` is who the registry says it is now.
    ///
    /// # Errors
    /// [`HandshakeError`]; nothing is signed for somebody unknown, inactive, or who asks for what they do not hold.
    pub fn answer(
        me: Me<'_>,
        hello: Hello,
        initiator: &Peer,
        demand: &Demand,
        nonce: Nonce,
        now: Time,
    ) -> Result<(Challenge, Self), HandshakeError> {
        let own = me.key.public_key().bytes();
        match () {
            () if hello.responder != *me.did || initiator.did != hello.initiator.did => {
                return Err(HandshakeError::DidMismatch);
            }
            () if hello.initiator.did == hello.responder || hello.initiator.key == own => {
                return Err(HandshakeError::SameAgent);
            }
            () => {}
        }
        hello.terms.hold(now)?;
        let digest = hello.digest();
        let transcript = Transcript {
            initiator: hello.initiator,
            responder: Party { did: hello.responder, key: own, nonce },
            terms: hello.terms,
        };
        let awaiting = Self(transcript);
        awaiting.judge(initiator, demand)?;
        let signature = me.key.sign(&awaiting.0.signed_by(Role::Responder));
        Ok((Challenge { hello: digest, key: own, nonce, signature }, awaiting))
    }

    /// Judges the proof; gives the session in which the initiator is proven. `initiator` is looked up anew: what happened
    /// to it since the challenge counts.
    ///
    /// # Errors
    /// [`HandshakeError`]; the signature is looked at last.
    pub fn finish(
        self,
        proof: &Proof,
        initiator: &Peer,
        demand: &Demand,
        now: Time,
    ) -> Result<Session, HandshakeError> {
        match () {
            () if proof.nonce != self.0.responder.nonce => return Err(HandshakeError::ChallengeMismatch),
            () if initiator.did != self.0.initiator.did => return Err(HandshakeError::DidMismatch),
            () => {}
        }
        self.0.terms.hold(now)?;
        self.judge(initiator, demand)?;
        let key = initiator.key.check().map_err(|_| HandshakeError::BadSignature)?;
        if !key.verify(&self.0.signed_by(Role::Initiator), &proof.signature) {
            return Err(HandshakeError::BadSignature);
        }
        Ok(Session {
            role: Role::Responder,
            peer: initiator.did.clone(),
            key: initiator.key,
            score: initiator.counted_score(),
            transcript: self.0.digest(),
            terms: self.0.terms,
        })
    }

    /// Who must answer.
    pub const fn initiator(&self) -> &Did {
        &self.0.initiator.did
    }

    fn judge(&self, initiator: &Peer, demand: &Demand) -> Result<(), HandshakeError> {
        if initiator.key != self.0.initiator.key {
            return Err(HandshakeError::KeyMismatch);
        }
        initiator.meets(demand)?;
        initiator.holds(self.0.terms.scopes())
    }

    /// What a responder that is started anew must remember; it holds no secret.
    pub fn to_json(&self) -> Value {
        let Transcript { initiator, responder, terms } = &self.0;
        let hello =
            Hello { initiator: initiator.clone(), responder: responder.did.clone(), terms: terms.clone() };
        json!({"hello": hello.to_json(), "key": responder.key.to_base64(), "nonce": responder.nonce.to_hex()})
    }

    /// Reads what [`Awaiting::to_json`] writes.
    ///
    /// # Errors
    /// [`HandshakeError::Unreadable`] or [`HandshakeError::Terms`].
    pub fn from_json(text: &str) -> Result<Self, HandshakeError> {
        let members =
            Members::parse_exact(text, MAX_MESSAGE_BYTES.saturating_mul(2), &["hello", "key", "nonce"])?;
        let hello = Hello::from_json(&members.require("hello")?.to_string())?;
        let responder = Party {
            did: hello.responder,
            key: statement::read_key(&members, "key")?,
            nonce: super::message::nonce(&members, "nonce")?,
        };
        Ok(Self(Transcript { initiator: hello.initiator, responder, terms: hello.terms }))
    }
}

impl Responder {
    /// None is open; at most `limit` will be.
    pub fn with_limit(limit: usize) -> Self {
        Self { open: Pending::with_limit(limit) }
    }

    /// Answers a hello as [`Awaiting::answer`] does, and waits for the proof.
    ///
    /// # Errors
    /// [`HandshakeError`]; [`HandshakeError::TooManyPending`] before anything is signed.
    pub fn answer(
        &mut self,
        me: Me<'_>,
        hello: Hello,
        initiator: &Peer,
        demand: &Demand,
        nonce: Nonce,
        now: Time,
    ) -> Result<Challenge, HandshakeError> {
        self.open.make_room(now)?;
        let same = |awaiting: &Awaiting| awaiting.initiator() == hello.initiator();
        if self.open.count(now, same) >= MAX_OPEN_PER_PEER {
            return Err(HandshakeError::TooManyPending);
        }
        let (challenge, awaiting) = Awaiting::answer(me, hello, initiator, demand, nonce, now)?;
        let until = awaiting.0.terms.expires();
        self.open.put(nonce, awaiting, until, now)?;
        Ok(challenge)
    }

    /// Finishes as [`Awaiting::finish`] does; whatever comes of it, the challenge is used up.
    ///
    /// # Errors
    /// [`HandshakeError`].
    pub fn finish(
        &mut self,
        proof: &Proof,
        lookup: impl FnOnce(&Did) -> Option<Peer>,
        demand: &Demand,
        now: Time,
    ) -> Result<Session, HandshakeError> {
        let awaiting = match self.open.take(&proof.nonce, now) {
            Taken::InTime(awaiting) => awaiting,
            Taken::TooLate => return Err(HandshakeError::Expired),
            Taken::Absent => return Err(HandshakeError::NotPending),
        };
        let initiator = lookup(awaiting.initiator()).ok_or(HandshakeError::UnknownPeer)?;
        awaiting.finish(proof, &initiator, demand, now)
    }

    /// How many handshakes are open.
    pub fn open(&self) -> usize {
        self.open.len()
    }
}
