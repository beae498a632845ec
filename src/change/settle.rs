//! What a fact makes of the mesh: judged when it is new, only recalled when a cache is read.

use std::sync::Arc;

use super::chains::{authentic, granted, log_chain};
use super::grant::{self, Adopt, Holding};
use super::{
    Erase, Fact, FactError, Payload, PersonalText, Register, Rekey, Rotate, Target, TokenSet, Void, What,
};
use crate::identity::{self, Attestation, Attested, Did, KeyBytes, Reading, RevocationList, Rotation};
use crate::policy::Policy;
use crate::registry::{Gift, Lock, LockTarget, Registry, Replacement, Row, Stop};
use crate::time::Time;
use crate::trust::Event;

/// Where an entry lies in the log, and why it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'e> {
    /// Its index.
    pub index: u64,
    /// Its time.
    pub time: Time,
    /// Its reason.
    pub reason: &'e str,
    /// Who ordered it.
    pub actor: &'e str,
    /// The case that it names.
    pub case: Option<&'e str>,
}

impl<'e> Place<'e> {
    /// The place of a change that lies at `index` since `time`.
    pub fn of(payload: &'e Payload, index: u64, time: Time) -> Self {
        let Payload { reason, actor, case, .. } = payload;
        Self { index, time, reason, actor, case: case.as_deref() }
    }
}

/// Carries out a fact and answers whose versions it changes; the record of a registration is there already.
///
/// # Errors
/// [`FactError`]; the registry is as before.
pub fn settle(
    registry: &mut Registry,
    policy: &mut Arc<Policy>,
    fact: &Fact,
    place: Place<'_>,
) -> Result<Vec<Row>, FactError> {
    let about = fact.about.as_ref().map(|target| meet(registry, target)).transpose()?;
    let now = place.time;
    match (&fact.what, about) {
        (What::Register(register), parent) => judge_registration(registry, policy, register, parent, now)?,
        (What::Rotate(rotate), Some(row)) => {
            may_act(registry, row, now)?;
            // The two keys sign neither how long the old one lives, nor how many are remembered.
            let kept = usize::try_from(rotate.kept).unwrap_or(usize::MAX);
            if rotate.until > now.plus(policy.keys.overlap) || kept != policy.keys.history {
                return Err(FactError::OtherOverlap { did: registry.agent(row).did() });
            }
            let rotation = Rotation::from_json(&rotate.statement).map_err(FactError::Statement)?;
            let agent = registry.agent(row).identity(now);
            rotation.verify(&agent, registry.keys_replaced(row), now).map_err(FactError::Rotation)?;
            unused(registry, row, rotation.new, now)?;
        }
        (What::Rekey(rekey), Some(row)) => {
            if rekey.cut > place.index {
                return Err(FactError::CutAhead { cut: rekey.cut, index: place.index });
            }
            let statement = identity::Rekey::from_json(&rekey.statement).map_err(FactError::Statement)?;
            let agent = registry.agent(row);
            statement.verify(&agent.did(), &agent.public_key()).map_err(FactError::Rotation)?;
            unused(registry, row, statement.new, now)?;
        }
        (What::LogTokens(logged), _) => {
            let chain = authentic(registry, &logged.chain, now)?;
            for token in chain.chain().tokens() {
                let issuer = find(registry, &token.claims().issuer)?;
                // A token that is known stays so; nothing new comes from whoever may not act.
                if registry.facts().tokens.logged(&token.digest()).is_none() {
                    may_act(registry, issuer, now)?;
                }
            }
        }
        (What::Signal(signal), _) => {
            let event = Event::from_json(&signal.event, place.index, now).map_err(FactError::Event)?;
            find(registry, &event.subject)?;
        }
        // Reading what they say is all there is to judge.
        (What::Attest(_), Some(_)) | (What::List(_) | What::Void(_) | What::Policy(_), _) => {}
        (What::RevokeTokens(_) | What::Seal {} | What::Lock(_), _) => {}
        (What::Erase(erase), _) => may_be_forgotten(registry, policy, erase)?,
        (What::Restore(restore), _) if restore.kept.size > place.index => {
            return Err(FactError::RestoredAhead { size: restore.kept.size, index: place.index });
        }
        (What::Restore(_), _) => {}
        (What::Unlist(unlist), _) => {
            if !registry.facts().listed.names(&unlist.did) {
                return Err(FactError::NotListed { did: unlist.did.clone() });
            }
        }
        (What::Unlock(on), _) => {
            let locks = &registry.facts().locks;
            if on.target().is_none_or(|target| locks.get(&target).is_none()) {
                return Err(FactError::NotLocked { target: on.text().to_owned() });
            }
        }
        (What::Adopt(adopt), Some(row)) => {
            // How many agents lie below whom is read off the lineage.
            registry.relink();
            let parent = meet(registry, &adopt.parent)?;
            let depth = policy.tokens.max_depth;
            grant::judge_adoption(registry, depth, (row, parent), &adopt.capabilities, now)?;
            policy.room_for(registry, row, parent).map_err(FactError::NoRoom)?;
        }
        (What::Grant(holding), Some(row)) => grant::judge_grant(registry, row, holding, now)?,
        (What::Narrow(holding), Some(row)) => grant::judge_narrowing(registry, row, holding)?,
        (What::Tag(tagging), Some(row)) => tagging.judge(registry, row)?,
        (What::Case(step), _) => step.judge(registry, place)?,
        (What::Sponsor(step), _) => step.judge(registry)?,
        // Operators are not the registry's business.
        (what, _) if what.is_of_operators() => return Ok(Vec::new()),
        (_, None) => return Err(FactError::NoTarget),
        (_, Some(_)) => {}
    }
    let mut touched = recall(registry, policy, fact, place)?;
    match &fact.what {
        What::Register(register) => touched.extend(registry.find(&register.did)),
        What::Rotate(_) | What::Rekey(_) | What::Seal {} => touched.extend(about),
        _ => {}
    }
    for row in touched.iter().copied() {
        let mut standing = registry.standing(row);
        standing.version = place.index;
        if matches!(fact.what, What::Seal {}) {
            standing.sealed_at = Some(standing.sealed_at.map_or(place.index, |index| index.min(place.index)));
        }
        registry.set_standing(row, &standing);
    }
    Ok(touched)
}

/// Writes what a fact says, asking nothing: its entry was judged when it was new. Answers whose parent or capabilities
/// it changed.
///
/// # Errors
/// [`FactError`] for what cannot be read; the registry is as before.
pub fn recall(
    registry: &mut Registry,
    policy: &mut Arc<Policy>,
    fact: &Fact,
    place: Place<'_>,
) -> Result<Vec<Row>, FactError> {
    let about = || {
        let target = fact.about.as_ref().ok_or(FactError::NoTarget)?;
        find(registry, &target.did).map(|row| (row, target.did.clone()))
    };
    match &fact.what {
        What::Register(register) => {
            let row = find(registry, &register.did)?;
            let statement = register.attestation.as_ref();
            let attested = statement.map(|statement| attested(registry, policy, row, statement, place.time));
            let attested = attested.transpose()?.flatten();
            if let Some(chain) = &register.chain {
                log_chain(registry, chain, place)?;
            }
            let facts = registry.facts_mut();
            facts.trust.introduce(&register.did, place.time);
            if let Some(attested) = attested {
                facts.attest(attested);
            }
        }
        What::Rotate(Rotate { statement, until, kept }) => {
            let (row, _) = about()?;
            let key = Rotation::from_json(statement).map_err(FactError::Statement)?.new;
            registry.replace_key(row, &replacement(key, place, *until, None, *kept));
        }
        What::Rekey(Rekey { statement, cut, kept }) => {
            let (row, _) = about()?;
            let key = identity::Rekey::from_json(statement).map_err(FactError::Statement)?.new;
            registry.replace_key(row, &replacement(key, place, place.time, Some(*cut), *kept));
        }
        What::Attest(attest) => {
            let (row, _) = about()?;
            if let Some(attested) = attested(registry, policy, row, &attest.statement, place.time)? {
                registry.facts_mut().attest(attested);
            }
        }
        What::LogTokens(logged) => log_chain(registry, &logged.chain, place)?,
        What::RevokeTokens(TokenSet::Token { jti }) => {
            registry.facts_mut().tokens.revoke_id(jti, place.index);
        }
        What::RevokeTokens(TokenSet::Issuer {}) => {
            let (_, did) = about()?;
            registry.facts_mut().tokens.revoke_issuer(did, place.index, place.time);
        }
        What::RevokeTokens(TokenSet::Subtree {}) => {
            let (_, did) = about()?;
            registry.facts_mut().tokens.revoke_subtree(did, place.index, place.time);
        }
        // The seal itself is a part of the standing.
        What::Seal {} => {}
        What::List(list) => {
            let added = read_list(&list.entries, place.time)?;
            registry.facts_mut().list(&added, place.index);
        }
        What::Unlist(unlist) => registry.facts_mut().unlist(&unlist.did),
        What::Signal(signal) => {
            let event = Event::from_json(&signal.event, place.index, place.time).map_err(FactError::Event)?;
            registry.facts_mut().trust.record(event, &policy.trust).map_err(FactError::Trust)?;
        }
        What::Void(Void { entry }) => registry.facts_mut().trust.void(*entry).map_err(FactError::Void)?,
        What::Lock(on) => {
            let target = on.target().ok_or(FactError::NoTarget)?;
            let reason = place.reason.to_owned();
            let lock = Lock { target, index: place.index, since: place.time, reason, until: None };
            registry.facts_mut().locks.add(lock);
        }
        What::Unlock(on) => {
            let target = on.target().ok_or(FactError::NoTarget)?;
            registry.facts_mut().locks.lift(&target);
        }
        What::Erase(erase) => registry.erase(&erase.did),
        // It says what the log is, and changes nothing in the mesh.
        What::Restore(_) => {}
        What::Policy(document) => {
            *policy = Arc::new(Policy::from_json(&document.policy).map_err(FactError::Policy)?);
            registry.facts_mut().rules = Arc::new(policy.trust.clone());
        }
        What::Tag(tagging) => {
            let (row, _) = about()?;
            tagging.recall(registry, row);
        }
        What::Case(step) => step.recall(registry, place),
        What::Sponsor(step) => step.recall(registry, place.index),
        What::Adopt(Adopt { parent, capabilities }) => {
            let (row, _) = about()?;
            let parent = Some(find(registry, &parent.did)?);
            return Ok(registry.bestow(row, &Gift { capabilities, parent, index: place.index, gives: true }));
        }
        What::Grant(Holding { capabilities }) | What::Narrow(Holding { capabilities }) => {
            let (row, _) = about()?;
            let gives = matches!(fact.what, What::Grant(_));
            return Ok(registry.bestow(row, &Gift { capabilities, parent: None, index: place.index, gives }));
        }
        What::Init(_) | What::Operator(_) | What::Recover(_) | What::LogKey(_) => {}
        What::Propose(_) | What::Withdraw(_) | What::Enrol(_) | What::Dismiss(_) => {}
    }
    Ok(Vec::new())
}

fn replacement(key: KeyBytes, place: Place<'_>, until: Time, cut: Option<u64>, kept: u64) -> Replacement {
    let history = usize::try_from(kept).unwrap_or(usize::MAX);
    Replacement { key, index: place.index, time: place.time, until, cut, history }
}

fn find(registry: &Registry, did: &Did) -> Result<Row, FactError> {
    registry.find(did).ok_or_else(|| FactError::Unknown(did.clone()))
}

/// The agent, at the version that was frozen.
fn meet(registry: &Registry, target: &Target) -> Result<Row, FactError> {
    let row = find(registry, &target.did)?;
    let now = registry.agent(row).version();
    if now == target.version {
        return Ok(row);
    }
    Err(FactError::OtherVersion { did: target.did.clone(), frozen: target.version, now })
}

fn may_act(registry: &Registry, row: Row, now: Time) -> Result<(), FactError> {
    match registry.stop_of(row, now) {
        None => Ok(()),
        Some(stop) => Err(FactError::Stopped { did: registry.agent(row).did(), stop }),
    }
}

/// A key that an agent had before, or that is locked, never comes back.
fn unused(registry: &Registry, row: Row, key: KeyBytes, now: Time) -> Result<(), FactError> {
    let known = registry.key(row, &key.key_id(), now).is_some();
    let locked = registry.facts().locks.on_key(&key).is_some();
    if known || locked { Err(FactError::KeyUsed { did: registry.agent(row).did() }) } else { Ok(()) }
}

fn judge_registration(
    registry: &Registry,
    policy: &Policy,
    register: &Register,
    parent: Option<Row>,
    now: Time,
) -> Result<(), FactError> {
    let row = find(registry, &register.did)?;
    let agent = registry.agent(row);
    if agent.parent().map(|above| above.row()) != parent {
        return Err(FactError::OtherParent { did: register.did.clone() });
    }
    if let Some(parent) = parent {
        may_act(registry, parent, now)?;
    }
    if let Some(fault) = registry.verdict_at(row, now).fault {
        return Err(FactError::Broken { did: register.did.clone(), rule: fault.rule });
    }
    if agent.score().is_some() {
        return Err(FactError::Scored { did: register.did.clone() });
    }
    agent.public_key().check().map_err(|error| FactError::Key { did: register.did.clone(), error })?;
    if let Some(lock) = registry.lock_on(row, now) {
        return Err(FactError::Stopped {
            did: register.did.clone(),
            stop: Stop::Locked(Box::new(lock.clone())),
        });
    }
    if let Some(chain) = &register.chain {
        granted(registry, row, chain, now)?;
    }
    // One that is there is judged when it is kept.
    if policy.attestation.required && register.attestation.is_none() {
        return Err(FactError::AttestationRequired);
    }
    Ok(())
}

/// What an attester said; none when the statement was forgotten with the texts of the record that it is about.
fn attested(
    registry: &Registry,
    policy: &Policy,
    row: Row,
    statement: &PersonalText,
    now: Time,
) -> Result<Option<Attested>, FactError> {
    let Some(statement) = statement.clear().filter(|_| !registry.is_erased(row)) else { return Ok(None) };
    let attestation = Attestation::from_json(statement).map_err(FactError::Statement)?;
    let agent = registry.agent(row).identity(now);
    let attested = attestation.verify(&agent, &policy.attestation.attesters, now);
    attested.map(Some).map_err(FactError::Attestation)
}

/// A rule that names the sponsor would lose whom it holds: nobody would know any more whose agent it was.
fn may_be_forgotten(registry: &Registry, policy: &Policy, erase: &Erase) -> Result<(), FactError> {
    let Some(row) = registry.find(&erase.did) else { return Ok(()) };
    let sponsor = registry.agent(row).sponsor();
    let locked = registry.facts().locks.get(&LockTarget::Sponsor(sponsor.to_owned())).is_some();
    if locked || policy.block.sponsors.contains(sponsor) || policy.allow.sponsors.contains(sponsor) {
        return Err(FactError::SponsorNamed { did: erase.did.clone() });
    }
    Ok(())
}

fn read_list(text: &str, now: Time) -> Result<RevocationList, FactError> {
    RevocationList::from_json(text, &Reading { now, assume_utc: false }).map_err(FactError::List)
}
