//! A containment that is signed before the log is here: on what its verifier tells, which nobody has proved yet.

use std::path::Path;

use super::spool::Spool;
use super::submit::signed_by;
use super::{Entropy, WardenError, Word};
use crate::audit::{Evidence, LogName, NoteVerifier};
use crate::change::operators::Signer;
use crate::change::{ChangeError, ChangeId, Order, Payload, SignedChange, Targets, Verb};
use crate::encoding::{Digest32, sha256};
use crate::keystore::Hand;
use crate::policy::Policy;
use crate::time::Time;

/// A containment whose bytes are fixed; only the verifier can judge whether its targets are still as it told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Early {
    log: LogName,
    payload: Payload,
    digest: Digest32,
}

impl Early {
    /// Fixes the bytes of a containment of `targets` in the name of the operator `word.actor`.
    ///
    /// # Errors
    /// [`WardenError::Change`] for a verb that gives authority: that waits for the log.
    pub fn draft(
        (log, now): (LogName, Time),
        (verb, targets): (Verb, Targets),
        word: Word<'_>,
        entropy: &mut dyn Entropy,
    ) -> Result<Self, WardenError> {
        let seal = targets.is_cascade();
        let order = match verb {
            Verb::Suspend { until } => Order::Suspend { targets, until, seal },
            Verb::Revoke => Order::Revoke { targets, seal },
            Verb::Reactivate { .. } => return Err(ChangeError::Unreadable { member: "type" }.into()),
        };
        let payload = Payload {
            id: ChangeId::from_bits(entropy.bits().ok_or(WardenError::NoEntropy)?),
            actor: word.actor.to_owned(),
            order,
            reason: word.reason.to_owned(),
            case: word.case.map(str::to_owned),
            created: now,
            // It may have to wait, for a line or for a second signature.
            expires: Some(now.plus(Policy::default().approvals.wait)),
            break_glass: word.break_glass,
        };
        let digest = sha256(SignedChange::unsigned(&payload)?.payload_bytes());
        Ok(Self { log, payload, digest })
    }

    /// SHA-256 of the bytes that are signed.
    pub const fn digest(&self) -> &Digest32 {
        &self.digest
    }

    /// Signs it, and keeps it in the directory `spool` until its end is known.
    ///
    /// # Errors
    /// [`WardenError::Hand`] when the key cannot be had.
    pub fn sign(&self, hand: &mut dyn Hand, spool: &Path) -> Result<SignedChange, WardenError> {
        let signer = Signer::new(&self.payload.actor, &hand.key().map_err(WardenError::Hand)?);
        let change = SignedChange::unsigned(&self.payload)?;
        let change = signed_by(hand, self.log, (change, &self.payload), &signer)?;
        // A disk that is full stops nobody from stopping an agent.
        let _ = Spool::at(spool.to_owned()).keep(&self.payload, &change, &[]);
        Ok(change)
    }

    /// It is known what became of it: it need not be kept.
    pub fn ended(&self, spool: &Path) {
        Spool::at(spool.to_owned()).answered(self.payload.id);
    }

    /// Whether `evidence` proves under the pinned key that the log has exactly this; the time of its entry.
    ///
    /// # Errors
    /// Why it does not, in words.
    pub fn is_proved_by(&self, evidence: &Evidence, pinned: &NoteVerifier) -> Result<Time, String> {
        let proven = evidence.check(Some(pinned)).map_err(|error| error.to_string())?;
        let entry = proven.entry();
        let found = entry.change.payload().map_err(|error| error.to_string())?;
        let within = found.signed_by_people(&entry.change);
        if sha256(within.payload_bytes()) != self.digest {
            return Err("the entry is another change".to_owned());
        }
        Ok(entry.time)
    }
}
