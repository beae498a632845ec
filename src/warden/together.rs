//! Many changes in one transaction: each is judged by itself, and all last with one write to the disk.

use std::sync::Arc;

use super::submit::{Asked, Beside, judge};
use super::{Taken, Warden, WardenError, now};
use crate::audit::LogName;
use crate::change::operators::{Consent, Operators};
use crate::change::{ChangeError, Payload, SignedChange};
use crate::policy::Policy;
use crate::time::Time;

/// By whom and what signatures count: the operators and the policy of one moment.
#[derive(Clone)]
pub struct Judge {
    log: LogName,
    operators: Arc<Operators>,
    policy: Arc<Policy>,
    now: Time,
}

/// A change whose signatures were verified, outside any lock; made by [`Judge::prepare`] alone.
pub struct Prepared {
    change: SignedChange,
    payload: Payload,
    consent: Consent,
    /// What opens the commitments in it.
    openings: Vec<Vec<u8>>,
    /// Held, so that operators and policy of another moment are never taken for these.
    judge: Judge,
}

impl Judge {
    /// Reads a change and verifies its signatures.
    ///
    /// # Errors
    /// [`WardenError`] when a signature does not count; too few of them are no error, the change will wait.
    pub fn prepare(&self, change: SignedChange) -> Result<Prepared, WardenError> {
        self.prepare_with(change, Vec::new())
    }

    /// The same, with what opens the commitments of the change.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn prepare_with(
        &self,
        change: SignedChange,
        openings: Vec<Vec<u8>>,
    ) -> Result<Prepared, WardenError> {
        let payload = change.payload()?;
        if payload.order.brings().is_some() {
            return Err(WardenError::Change(ChangeError::Unreadable { member: "record" }));
        }
        let (log, approvals) = (self.log.to_string(), &self.policy.approvals);
        let consent = self.operators.consent(&change, &payload, (&log, approvals), self.now)?;
        Ok(Prepared { change, payload, consent, openings, judge: self.clone() })
    }
}

impl Prepared {
    /// Who stands behind it, if that still holds at `now`; the signatures themselves need not be verified again.
    fn consent(&self, operators: &Arc<Operators>, policy: &Arc<Policy>, now: Time) -> Option<&Consent> {
        let same = Arc::ptr_eq(operators, &self.judge.operators) && Arc::ptr_eq(policy, &self.judge.policy);
        (same && self.payload.expires.is_none_or(|expires| now < expires)).then_some(&self.consent)
    }

    fn beside(&self) -> Beside<'_> {
        Beside { newborn: None, openings: &self.openings }
    }

    fn asked<'a>(&'a self, consent: Option<&'a Consent>) -> Asked<'a> {
        Asked { change: &self.change, payload: &self.payload, beside: self.beside(), consent }
    }
}

impl Warden {
    /// By whom and what signatures count now.
    pub fn judge(&self) -> Judge {
        Judge {
            log: self.meta.log,
            operators: Arc::clone(&self.state.operators),
            policy: Arc::clone(&self.state.policy),
            now: self.now(),
        }
    }

    /// Takes changes in one transaction. Each answer is that of [`Warden::submit`]: one that is refused harms no other.
    pub fn submit_all(&mut self, changes: &[Prepared]) -> Vec<Result<Taken, WardenError>> {
        // What stops the transaction stops all of it: then each is tried by itself, and has an answer of its own.
        self.take_together(changes).unwrap_or_else(|_| {
            let alone = |one: &Prepared| self.take(&one.change, &one.payload, one.beside());
            changes.iter().map(alone).collect()
        })
    }

    fn take_together(
        &mut self,
        changes: &[Prepared],
    ) -> Result<Vec<Result<Taken, WardenError>>, WardenError> {
        let mut transaction = self.store.begin()?;
        let mut state = self.state.clone();
        state.catch_up(transaction.view())?;
        let mut answers = Vec::with_capacity(changes.len());
        for change in changes {
            let time = now(&*self.clock, &state.head);
            // A change of status that is refused leaves the state as it was, unless it waited, or will; a fact says so of
            // the registry only.
            let waits = state.operators.proposal(change.payload.id).is_some() || !change.consent.complete();
            let before = (waits || change.payload.order.fact().is_some()).then(|| state.clone());
            let consent = change.consent(&state.operators, &state.policy, time);
            let asked = change.asked(consent);
            match judge(&mut *transaction, &mut state, (time, &mut *self.entropy), &asked) {
                Ok(judged) if judged.taken.known => answers.push(Ok(judged.taken)),
                Ok(judged) => answers.push(Ok(judged.write(&mut *transaction, &mut state)?)),
                Err(error) => {
                    state = before.unwrap_or(state);
                    answers.push(Err(error));
                }
            }
        }
        state.head = transaction.commit()?;
        self.state = state;
        Ok(answers)
    }
}
