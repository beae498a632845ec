//! Facts into the log: registrations, keys, tokens, attestations, signals, policy.

use std::sync::Arc;

use crate::audit::StoredRecord;
use crate::change::{
    Attest, FactError, List, LockOn, LogTokens, Register, Rekey, Rotate, SetPolicy, Signal, TokenSet, Unlist,
    Void, What,
};
use crate::identity::{Did, Identity};
use crate::policy::Policy;
use crate::time::Time;
use crate::trust::Event;
use crate::wire::{FactLine, WaitsLine};

use super::submit::Newborn;
use super::{Taken, Waits, Warden, WardenError};

/// Proof that a fact lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactReceipt {
    /// Its place in the log.
    pub index: u64,
    /// When it was taken.
    pub time: Time,
    /// What was said, in the word of the log.
    pub kind: crate::change::Kind,
    /// What it is about: a DID, or a `jti`.
    pub subject: String,
    /// What it waits for; the entry only proposes it then.
    pub waits: Option<Waits>,
}

impl From<&FactReceipt> for FactLine {
    fn from(receipt: &FactReceipt) -> Self {
        FactLine {
            index: receipt.index,
            time: receipt.time.to_string(),
            kind: receipt.kind.as_str(),
            subject: receipt.subject.clone(),
            waits: receipt.waits.as_ref().map(WaitsLine::of),
        }
    }
}

/// An agent to be registered, and what entitles it.
#[derive(Debug)]
pub struct Newcomer<'a> {
    /// Its record; the parent, if there is one, is registered.
    pub identity: Identity<'a>,
    /// The chain by which the parent grants it, as in a header; without one the actor does.
    pub chain: Option<String>,
    /// The statement of an attester.
    pub attestation: Option<String>,
}

/// Who says it, and why.
#[derive(Debug, Clone, Copy)]
pub struct Word<'a> {
    /// Who.
    pub actor: &'a str,
    /// Why; not blank for what takes authority away.
    pub reason: &'a str,
    /// The case that it belongs to.
    pub case: Option<&'a str>,
    /// Whether a revocation does not wait for approval.
    pub break_glass: bool,
}

impl<'a> Word<'a> {
    /// Somebody's word, under no case.
    pub const fn of(actor: &'a str, reason: &'a str) -> Self {
        Self { actor, reason, case: None, break_glass: false }
    }
}

impl Warden {
    /// The policy in force.
    pub fn policy(&self) -> &Arc<Policy> {
        &self.state.policy
    }

    /// Registers one agent.
    ///
    /// A parent that would get more than policy lets it have is refused, and sealed in the same breath if policy says so.
    ///
    /// # Errors
    /// [`WardenError`]; the agent is not registered.
    pub fn register(&mut self, newcomer: Newcomer<'_>, word: Word<'_>) -> Result<FactReceipt, WardenError> {
        let Newcomer { identity, chain, attestation } = newcomer;
        let salt = self.entropy.bits().ok_or(WardenError::NoEntropy)?;
        let record = StoredRecord::of(&identity, salt);
        let parent = identity.parent.as_ref().and_then(|parent| parent.did()).cloned();
        let what = What::Register(Register {
            did: identity.did.clone(),
            record: record.leaf(),
            chain,
            attestation: attestation.map(Into::into),
        });
        let taken = self.append_fact(
            parent.as_ref(),
            what,
            Some(Newborn { identity: &identity, record: &record }),
            word,
        );
        if let Err(WardenError::NoRoom { parent, error }) = &taken
            && error.seal.is_some()
        {
            self.say(Some(parent), What::Seal {}, Word { reason: &error.to_string(), ..word })?;
        }
        taken
    }

    /// Takes the rotation that an agent's old and new key signed.
    ///
    /// # Errors
    /// [`WardenError`]; the key is as before.
    pub fn rotate(
        &mut self,
        did: &Did,
        statement: String,
        word: Word<'_>,
    ) -> Result<FactReceipt, WardenError> {
        // Another process may have shortened the overlap.
        self.state.catch_up(&*self.store.read()?)?;
        let keys = &self.state.policy.keys;
        let until = self.now().plus(keys.overlap);
        let rotate = Rotate { statement, until, kept: wide(keys.history) };
        self.say(Some(did), What::Rotate(rotate), word)
    }

    /// Replaces a key that was stolen or lost: of what the agent's keys signed until now, only what was logged before
    /// the entry `cut` counts.
    ///
    /// # Errors
    /// [`WardenError`]; the key is as before.
    pub fn rekey(
        &mut self,
        did: &Did,
        statement: String,
        cut: Option<u64>,
        word: Word<'_>,
    ) -> Result<FactReceipt, WardenError> {
        self.state.catch_up(&*self.store.read()?)?;
        let cut = cut.unwrap_or(self.state.head.size);
        let kept = wide(self.state.policy.keys.history);
        self.say(Some(did), What::Rekey(Rekey { statement, cut, kept }), word)
    }

    /// Takes an attester's statement.
    ///
    /// # Errors
    /// [`WardenError`]; the agent is as attested as before.
    pub fn attest(
        &mut self,
        did: &Did,
        statement: String,
        word: Word<'_>,
    ) -> Result<FactReceipt, WardenError> {
        self.say(Some(did), What::Attest(Attest { statement: statement.into() }), word)
    }

    /// Puts the tokens of a chain, given as in a header, into the log.
    ///
    /// # Errors
    /// [`WardenError`]; nothing was logged.
    pub fn log_tokens(&mut self, chain: String, word: Word<'_>) -> Result<FactReceipt, WardenError> {
        self.say(None, What::LogTokens(LogTokens { chain }), word)
    }

    /// Revokes tokens; `did` names the issuer or the top of the subtree.
    ///
    /// # Errors
    /// [`WardenError`]; nothing was revoked.
    pub fn revoke_tokens(
        &mut self,
        did: Option<&Did>,
        set: TokenSet,
        word: Word<'_>,
    ) -> Result<FactReceipt, WardenError> {
        self.say(did, What::RevokeTokens(set), word)
    }

    /// Puts every entry of a file of the reference on the revocation list.
    ///
    /// # Errors
    /// [`WardenError`]; nobody was listed.
    pub fn list(&mut self, entries: String, word: Word<'_>) -> Result<FactReceipt, WardenError> {
        self.say(None, What::List(List { entries }), word)
    }

    /// Takes an agent off the revocation list.
    ///
    /// # Errors
    /// [`WardenError`]; the list is as before.
    pub fn unlist(&mut self, did: &Did, word: Word<'_>) -> Result<FactReceipt, WardenError> {
        self.say(None, What::Unlist(Unlist { did: did.clone() }), word)
    }

    /// Takes what a registered source says about an agent; index and time of the event are the entry's.
    ///
    /// # Errors
    /// [`WardenError`]; no score changed.
    pub fn signal(&mut self, event: &Event, word: Word<'_>) -> Result<FactReceipt, WardenError> {
        self.say(None, What::Signal(Signal { event: event.to_json() }), word)
    }

    /// Takes back a trust event by its log index.
    ///
    /// # Errors
    /// [`WardenError`]; no score changed.
    pub fn void(&mut self, entry: u64, word: Word<'_>) -> Result<FactReceipt, WardenError> {
        self.say(None, What::Void(Void { entry }), word)
    }

    /// Seals an agent: nothing new comes from it, or from below it, until it is reactivated.
    ///
    /// # Errors
    /// [`WardenError`]; the agent is as before.
    pub fn seal(&mut self, did: &Did, word: Word<'_>) -> Result<FactReceipt, WardenError> {
        self.say(Some(did), What::Seal {}, word)
    }

    /// Makes a standing rule: whom it names can do nothing, nor anybody below, whoever comes later included.
    ///
    /// # Errors
    /// [`WardenError`]; nothing is locked.
    pub fn lock(&mut self, on: LockOn, word: Word<'_>) -> Result<FactReceipt, WardenError> {
        self.say(None, What::Lock(on), word)
    }

    /// Lifts a standing rule by what it names.
    ///
    /// # Errors
    /// [`WardenError`]; everything is as before.
    pub fn unlock(&mut self, on: LockOn, word: Word<'_>) -> Result<FactReceipt, WardenError> {
        self.say(None, What::Unlock(on), word)
    }

    /// Puts another policy in force.
    ///
    /// # Errors
    /// [`WardenError`]; the policy is as before.
    pub fn set_policy(&mut self, policy: &Policy, word: Word<'_>) -> Result<FactReceipt, WardenError> {
        self.say(None, What::Policy(SetPolicy { policy: policy.to_json() }), word)
    }

    pub(super) fn say(
        &mut self,
        did: Option<&Did>,
        what: What,
        word: Word<'_>,
    ) -> Result<FactReceipt, WardenError> {
        self.append_fact(did, what, None, word)
    }

    pub(super) fn append_fact(
        &mut self,
        did: Option<&Did>,
        what: What,
        newborn: Option<Newborn<'_>>,
        word: Word<'_>,
    ) -> Result<FactReceipt, WardenError> {
        // Whoever asks for a fact looked at no version: one that changes between draft and lock is drafted again.
        let mut tries = 0..MOST_TRIES;
        loop {
            let drafted = self.draft_fact(did, &what, word)?;
            match self.take_drafted(&drafted, newborn) {
                Err(WardenError::Fact(FactError::OtherVersion { .. })) if tries.next().is_some() => {}
                taken => return taken.map(FactReceipt::from),
            }
        }
    }
}

/// So often a fact is drafted again because its agent changed meanwhile.
const MOST_TRIES: u32 = 16;

impl From<Taken> for FactReceipt {
    fn from(taken: Taken) -> Self {
        let Taken { index, time, kind, subject, waits, .. } = taken;
        Self { index, time, kind, subject, waits }
    }
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
