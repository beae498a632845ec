//! What entries make of the operators.

use std::sync::Arc;

use super::{
    Begun, Init, LogKey, MAX_KEYS, MAX_OPERATORS, MAX_RECOVERY, MAX_WAITING, Newcomer, Operate, Operator,
    OperatorError, Operators, Proposal, Propose, Recover, Recovery, Role, Standing, Withdraw, accept,
    is_name,
};
use crate::change::{ChangeError, ChangeId, Place, SignedChange, What};
use crate::identity::{KeyBytes, PublicKey};
use crate::policy::Approvals;

/// What an entry about operators is judged by.
#[derive(Clone, Copy)]
pub struct Ground<'g> {
    /// The log.
    pub log: &'g str,
    /// How many must sign what.
    pub approvals: &'g Approvals,
    /// The people who signed the entry itself.
    pub signers: &'g [String],
    /// Whether the entry is new, or was judged before and is read again.
    pub fresh: bool,
}

impl Operators {
    /// Carries out what an entry says about operators; false when it says nothing about them.
    ///
    /// # Errors
    /// [`OperatorError`]; nothing changed.
    pub fn settle(
        &mut self,
        what: &What,
        place: Place<'_>,
        ground: Ground<'_>,
    ) -> Result<bool, OperatorError> {
        match what {
            What::Init(init) => self.begin(init, place.index)?,
            What::Operator(operate) => self.operate(operate, place.index, ground.log)?,
            What::Recover(recover) => self.recover(recover, place.index)?,
            What::Propose(propose) => self.propose(propose, place, ground)?,
            What::Withdraw(withdraw) => self.withdraw(withdraw, ground)?,
            What::Enrol(enrol) => self.enrol_program(enrol, place.index)?,
            What::Dismiss(dismiss) => self.dismiss_program(dismiss)?,
            What::LogKey(LogKey { key }) => {
                if !self.held() {
                    return Err(OperatorError::NotBegun);
                }
                self.log_keys.push((place.index, key.clone()));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn begin(&mut self, init: &Init, index: u64) -> Result<(), OperatorError> {
        if let Some(begun) = self.since() {
            return Err(OperatorError::Begun(begun));
        }
        let mut next = Self { begun: Some(Begun { index, solo: init.solo }), ..Self::default() };
        match (init.solo, init.operators.len()) {
            (true, 1) | (false, 2..) => {}
            (true, _) => return Err(OperatorError::Count("one admin, since nobody else is there")),
            (false, _) => return Err(OperatorError::Count("two or more admins, or one who is alone")),
        }
        next.enrol_admins(&init.operators, index)?;
        next.recovery = next.recovery_set(usize::from(init.threshold), &init.recovery)?;
        next.log_keys.push((0, init.log_key.clone()));
        *self = next;
        Ok(())
    }

    fn recovery_set(&self, threshold: usize, keys: &[String]) -> Result<Option<Recovery>, OperatorError> {
        if keys.is_empty() && threshold == 0 {
            return Ok(None);
        }
        if keys.len() > MAX_RECOVERY {
            return Err(OperatorError::TooMany);
        }
        if threshold == 0 || threshold > keys.len() {
            return Err(OperatorError::Count("from one to all of the recovery keys"));
        }
        let mut read: Vec<KeyBytes> = Vec::new();
        for text in keys {
            let key = checked("the recovery set", text)?.bytes();
            if read.contains(&key) || self.of_key(&key).is_some() {
                return Err(OperatorError::Key { name: "the recovery set".to_owned(), problem: USED });
            }
            read.push(key);
        }
        Ok(Some(Recovery { threshold, keys: read }))
    }

    fn enrol_admins(&mut self, admins: &[Newcomer], index: u64) -> Result<(), OperatorError> {
        admins.iter().try_for_each(|admin| {
            if admin.role == Role::Admin {
                self.enrol(admin, index)
            } else {
                Err(OperatorError::Count("admins"))
            }
        })
    }

    fn enrol(&mut self, newcomer: &Newcomer, index: u64) -> Result<(), OperatorError> {
        let name = newcomer.name.clone();
        if !is_name(&name) {
            return Err(OperatorError::Name { name });
        }
        if self.people.contains_key(&name) || self.enrolled_as(&name).is_some() {
            return Err(OperatorError::Taken { name });
        }
        if self.people.len() >= MAX_OPERATORS {
            return Err(OperatorError::TooMany);
        }
        let key = self.unused(&name, key(newcomer)?)?;
        let person = Operator {
            name: name.clone(),
            role: newcomer.role,
            keys: vec![key],
            standing: Standing::Active,
            since: index,
        };
        self.people.insert(name, person);
        Ok(())
    }

    /// A key belongs to one person, or one program: distinct people have distinct keys.
    pub(super) fn unused(&self, name: &str, key: PublicKey) -> Result<KeyBytes, OperatorError> {
        let key = key.bytes();
        let of_recovery = self.recovery.as_ref().is_some_and(|set| set.keys.contains(&key));
        let of_program = self.enrolled().any(|program| program.key == Some(key));
        if of_recovery || of_program || self.of_key(&key).is_some() {
            return Err(OperatorError::Key { name: name.to_owned(), problem: USED });
        }
        Ok(key)
    }

    fn operate(&mut self, operate: &Operate, index: u64, log: &str) -> Result<(), OperatorError> {
        if !self.held() {
            return Err(OperatorError::NotBegun);
        }
        if let Operate::Add(newcomer) = operate {
            let key = key(newcomer)?;
            let accepted = newcomer.accepted.as_deref().unwrap_or_default();
            if !accept(log, &newcomer.name, newcomer.role, &key, accepted) {
                return Err(OperatorError::Key { name: newcomer.name.clone(), problem: NOT_ACCEPTED });
            }
            return self.enrol(newcomer, index);
        }
        let name = operate.name();
        let person = self.people.get(name).ok_or_else(|| OperatorError::Unknown { name: name.to_owned() })?;
        if person.standing == Standing::Removed {
            return Err(OperatorError::Already { name: name.to_owned(), state: "removed" });
        }
        let mut person = person.clone();
        match operate {
            Operate::Add(_) => {}
            Operate::AddKey { key, accepted, .. } => {
                let key = checked(name, key)?;
                if !accept(log, name, person.role, &key, accepted.as_deref().unwrap_or_default()) {
                    return Err(OperatorError::Key { name: name.to_owned(), problem: NOT_ACCEPTED });
                }
                if person.keys.len() >= MAX_KEYS {
                    return Err(OperatorError::TooMany);
                }
                person.keys.push(self.unused(name, key)?);
            }
            Operate::DropKey { key, .. } => {
                let key = checked(name, key)?.bytes();
                if !person.keys.contains(&key) {
                    return Err(OperatorError::Key { name: name.to_owned(), problem: "is not among theirs" });
                }
                if person.keys.len() == 1 {
                    return Err(OperatorError::Count("a person with another key; else remove the person"));
                }
                person.keys.retain(|held| *held != key);
            }
            Operate::Suspend { .. } => person.standing = turned(&person, Standing::Suspended)?,
            Operate::Restore { .. } => person.standing = turned(&person, Standing::Active)?,
            Operate::Remove { .. } => person.standing = Standing::Removed,
            Operate::Role { role, .. } if *role == person.role => {
                return Err(OperatorError::Already { name: name.to_owned(), state: role.as_str() });
            }
            Operate::Role { role, .. } => person.role = *role,
        }
        let before = self.people.insert(person.name.clone(), person);
        let least = if self.solo() { 1 } else { 2 };
        let left = self.admins();
        // Nobody makes himself the only one who is left to approve, nor locks everybody out.
        if let Some(before) = before
            && before.role == Role::Admin
            && left < least
            && (before.active() || left == 0)
        {
            self.people.insert(before.name.clone(), before);
            return Err(OperatorError::LastAdmins { left });
        }
        Ok(())
    }

    fn recover(&mut self, recover: &Recover, index: u64) -> Result<(), OperatorError> {
        let least = if self.solo() { 1 } else { 2 };
        if recover.operators.len() < least {
            return Err(OperatorError::Count("two or more new admins"));
        }
        let mut next = self.clone();
        for person in next.people.values_mut().filter(|person| person.role == Role::Admin) {
            person.standing = Standing::Removed;
        }
        next.enrol_admins(&recover.operators, index)?;
        *self = next;
        Ok(())
    }

    fn propose(
        &mut self,
        propose: &Propose,
        place: Place<'_>,
        ground: Ground<'_>,
    ) -> Result<(), OperatorError> {
        let change = SignedChange::from_bytes(propose.change.as_bytes()).map_err(OperatorError::Change)?;
        let payload = change.payload().map_err(OperatorError::Change)?;
        let Some(expires) = payload.expires else {
            return Err(OperatorError::Change(ChangeError::Unreadable { member: "expires" }));
        };
        // Nobody signed the proposal itself: it says nothing that the change does not say.
        if (place.actor, place.reason, place.case)
            != (payload.actor.as_str(), payload.reason.as_str(), payload.case.as_deref())
        {
            return Err(OperatorError::Change(ChangeError::Unreadable { member: "reason" }));
        }
        let consent = self.consent(&change, &payload, (ground.log, ground.approvals), place.time)?;
        if consent.complete() {
            return Err(OperatorError::NeedsNoApproval);
        }
        self.waiting.retain(|_, proposal| place.time < proposal.expires());
        self.withdrawn.retain(|_, expires| place.time < *expires);
        if let Some(known) = self.waiting.get(&payload.id) {
            let same = known.change.payload_bytes() == change.payload_bytes();
            let more = known.signers.iter().all(|name| consent.signers.contains(name))
                && known.signers.len() < consent.signers.len();
            if !same || !more {
                return Err(OperatorError::Twice { name: payload.actor });
            }
        } else if expires > place.time.plus(ground.approvals.wait) {
            return Err(OperatorError::WaitsTooLong { at: expires.to_string() });
        } else if ground.fresh && self.waiting.len() >= MAX_WAITING {
            return Err(OperatorError::TooManyWaiting);
        }
        let (signers, needed) = (consent.signers, consent.needed);
        let proposal = Proposal { index: place.index, time: place.time, change, signers, needed, payload };
        self.waiting.insert(proposal.payload.id, Arc::new(proposal));
        Ok(())
    }

    fn withdraw(&mut self, withdraw: &Withdraw, ground: Ground<'_>) -> Result<(), OperatorError> {
        let id = ChangeId::parse(&withdraw.change).ok_or(OperatorError::NotWaiting)?;
        let proposal = self.waiting.get(&id).ok_or(OperatorError::NotWaiting)?;
        let (proposer, expires) = (proposal.payload.actor.clone(), proposal.expires());
        let by = ground.signers.first().and_then(|name| self.get(name));
        if by.is_none_or(|by| by.name != proposer && by.role != Role::Admin) {
            return Err(OperatorError::NotYours { proposer });
        }
        self.waiting.remove(&id);
        self.withdrawn.insert(id, expires);
        Ok(())
    }
}

const USED: &str = "is in use already; every person has keys of their own";
const NOT_ACCEPTED: &str = "did not sign the invitation";

pub(super) fn key(newcomer: &Newcomer) -> Result<PublicKey, OperatorError> {
    checked(&newcomer.name, &newcomer.key)
}

pub(super) fn checked(name: &str, text: &str) -> Result<PublicKey, OperatorError> {
    let problem = "is not a public key that signatures can be trusted under, in standard base64";
    let key = KeyBytes::from_base64(text).and_then(|key| key.check().ok());
    key.ok_or_else(|| OperatorError::Key { name: name.to_owned(), problem })
}

fn turned(person: &Operator, to: Standing) -> Result<Standing, OperatorError> {
    if person.standing == to {
        return Err(OperatorError::Already { name: person.name.clone(), state: to.as_str() });
    }
    Ok(to)
}
