//! The side that speaks first.

use super::transcript::{Party, Transcript};
use super::{Challenge, Hello, Me, Nonce, Proof, Role, Session, Terms};
use crate::handshake::{Demand, HandshakeError, Peer};
use crate::identity::Did;
use crate::time::Time;

/// Has said hello, and waits for the challenge; meeting it takes this away, so a hello is answered once.
#[derive(Debug)]
pub struct Initiator(Hello);

impl Initiator {
    /// Says hello; `nonce` is fresh.
    ///
    /// # Errors
    /// [`HandshakeError`] when the terms do not hold now, or this side would speak to itself.
    pub fn begin(
        me: Me<'_>,
        responder: Did,
        terms: Terms,
        nonce: Nonce,
        now: Time,
    ) -> Result<Self, HandshakeError> {
        terms.hold(now)?;
        if *me.did == responder {
            return Err(HandshakeError::SameAgent);
        }
        let initiator = Party { did: me.did.clone(), key: me.key.public_key().bytes(), nonce };
        Ok(Self(Hello { initiator, responder, terms }))
    }

    /// Goes on from a hello that this side kept.
    pub const fn resume(hello: Hello) -> Self {
        Self(hello)
    }

    /// The message to send, and to keep.
    pub const fn hello(&self) -> &Hello {
        &self.0
    }

    /// Judges the challenge; gives the proof to send, and the session in which the responder is proven.
    ///
    /// `responder` is who the registry says it is now. Only the responder learns from the proof that this side holds its
    /// key.
    ///
    /// # Errors
    /// [`HandshakeError`]; signatures are looked at last.
    pub fn meet(
        self,
        me: Me<'_>,
        challenge: &Challenge,
        responder: &Peer,
        demand: &Demand,
        now: Time,
    ) -> Result<(Proof, Session), HandshakeError> {
        let Self(hello) = self;
        let own = me.key.public_key().bytes();
        match () {
            () if *me.did != hello.initiator.did || own != hello.initiator.key => {
                return Err(HandshakeError::DidMismatch);
            }
            () if challenge.hello != hello.digest() => return Err(HandshakeError::ChallengeMismatch),
            () if responder.did != hello.responder => return Err(HandshakeError::DidMismatch),
            () if responder.key != challenge.key => return Err(HandshakeError::KeyMismatch),
            () if responder.key == own => return Err(HandshakeError::SameAgent),
            () => {}
        }
        hello.terms.hold(now)?;
        responder.meets(demand)?;
        let transcript = Transcript {
            initiator: hello.initiator,
            responder: Party { did: hello.responder, key: challenge.key, nonce: challenge.nonce },
            terms: hello.terms,
        };
        let key = challenge.key.check().map_err(|_| HandshakeError::BadSignature)?;
        if !key.verify(&transcript.signed_by(Role::Responder), &challenge.signature) {
            return Err(HandshakeError::BadSignature);
        }
        let signature = me.key.sign(&transcript.signed_by(Role::Initiator));
        let session = Session {
            role: Role::Initiator,
            peer: responder.did.clone(),
            key: responder.key,
            score: responder.counted_score(),
            transcript: transcript.digest(),
            terms: transcript.terms,
        };
        Ok((Proof { nonce: challenge.nonce, signature }, session))
    }
}
