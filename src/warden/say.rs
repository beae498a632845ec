//! Facts into the log: registrations, keys, tokens, attestations, signals, policy.

use std::sync::Arc;

use crate::audit::leaf_hash;
use crate::change::{
    Attest, ChangeId, Fact, List, LockOn, LogTokens, Order, Payload, Place, Register, Rekey, Rotate,
    SetPolicy, Signal, Target, TokenSet, Unlist, Void, What,
};
use crate::identity::{Did, Identity};
use crate::policy::Policy;
use crate::time::Time;
use crate::trust::Event;

use super::fold::State;
use super::import::append;
use super::{Warden, WardenError, now};

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
        let mut record = String::new();
        identity.write_json(&mut record);
        let parent = identity.parent.as_ref().and_then(|parent| parent.did()).cloned();
        let what = What::Register(Register {
            did: identity.did.clone(),
            record: leaf_hash(record.as_bytes()),
            chain,
            attestation,
        });
        let taken = self.append_fact(parent.as_ref(), what, Some((&identity, record.as_bytes())), word);
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
        self.say(Some(did), What::Attest(Attest { statement }), word)
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

    fn append_fact(
        &mut self,
        did: Option<&Did>,
        what: What,
        record: Option<(&Identity<'_>, &[u8])>,
        word: Word<'_>,
    ) -> Result<FactReceipt, WardenError> {
        let id = ChangeId::from_bits(self.entropy.bits().ok_or(WardenError::NoEntropy)?);
        let mut transaction = self.store.begin()?;
        let mut state = self.state.clone();
        state.catch_up(transaction.view())?;
        let (index, time) = (state.head.size, now(&*self.clock, &state.head));
        let place = Place { index, time, reason: word.reason };
        let about = did.map(|did| target(&state, did)).transpose()?;
        let fact = Fact { about, what };
        if let Some((identity, bytes)) = record {
            room(&state, fact.about.as_ref(), place.time)?;
            transaction.put_record(bytes)?;
            let first = state.registry.row_count();
            let mut intake = std::mem::take(&mut state.registry).intake(false);
            let registered = intake.register(identity, false, place.index);
            state.registry = intake.settle();
            registered.map_err(|error| WardenError::Register { did: identity.did.clone(), error })?;
            state.welcome_back(first, (place.index, place.time));
        }
        let touched = state.settle(&fact, place)?;
        let (kind, subject) = (fact.what.kind(), fact.what.subject(fact.about.as_ref()));
        let payload = Payload {
            id,
            actor: word.actor.to_owned(),
            order: Order::Fact(Box::new(fact)),
            reason: word.reason.to_owned(),
            case: None,
            created: place.time,
            expires: None,
        };
        append(&mut *transaction, &self.meta.log, place.index, place.time, &payload)?;
        for row in touched {
            transaction.put_standing(state.stored_row(row), &state.registry.standing(row))?;
        }
        state.head = transaction.commit()?;
        self.state = state;
        Ok(FactReceipt { index: place.index, time: place.time, kind, subject })
    }
}

fn target(state: &State, did: &Did) -> Result<Target, WardenError> {
    let row = state.registry.find(did).ok_or_else(|| crate::change::PlanError::Unknown(did.clone()))?;
    Ok(Target { did: did.clone(), version: state.registry.agent(row).version() })
}

/// Whether policy lets the parent have one more agent below it; one that may not act at all is refused later.
fn room(state: &State, parent: Option<&Target>, now: Time) -> Result<(), WardenError> {
    let Some(parent) = parent else { return Ok(()) };
    let row = state.registry.find(&parent.did).filter(|row| state.registry.stop_of(*row, now).is_none());
    let Some(row) = row else { return Ok(()) };
    state
        .policy
        .room_below(&state.registry, row, now)
        .map_err(|error| WardenError::NoRoom { parent: parent.did.clone(), error })
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
