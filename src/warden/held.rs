//! The operators in the fold: who consents to an entry, and whom a change that waits holds back.

use std::sync::Arc;

use crate::change::operators::{Consent, Ground, OperatorError, Propose, held_back};
use crate::change::{ChangeId, Fact, Payload, Place, SignedChange, What};
use crate::registry::{Lock, LockTarget};
use crate::store::View;
use crate::time::Time;

use super::WardenError;
use super::fold::State;

impl State {
    /// Who stands behind a change, every signature verified.
    pub(super) fn consent(
        &self,
        change: &SignedChange,
        payload: &Payload,
        now: Time,
    ) -> Result<Consent, OperatorError> {
        let log = self.log.to_string();
        self.operators.consent(change, payload, (&log, &self.policy.approvals), now)
    }

    /// Who stands behind an entry: all who must, or it would not be one.
    pub(super) fn consent_of_all(
        &self,
        change: &SignedChange,
        payload: &Payload,
        now: Time,
    ) -> Result<Consent, OperatorError> {
        let consent = self.consent(change, payload, now)?;
        if consent.complete() {
            return Ok(consent);
        }
        Err(OperatorError::TooFew { needed: consent.needed, found: consent.signers.len() })
    }

    /// Carries out what a fact says about operators; false when it says nothing about them.
    pub(super) fn settle_operators(
        &mut self,
        fact: &Fact,
        place: Place<'_>,
        signers: &[String],
        fresh: bool,
    ) -> Result<bool, OperatorError> {
        if !fact.what.is_of_operators() {
            return Ok(false);
        }
        let log = self.log.to_string();
        let ground = Ground { log: &log, approvals: &self.policy.approvals, signers, fresh };
        Arc::make_mut(&mut self.operators).settle(&fact.what, place, ground)?;
        match &fact.what {
            What::Propose(propose) => self.hold_back(propose, place),
            What::Withdraw(withdraw) => {
                let id = ChangeId::parse(&withdraw.change);
                id.into_iter().for_each(|id| self.registry.facts_mut().locks.release(id.bits()));
            }
            _ => {}
        }
        Ok(true)
    }

    /// A change that waits acts at once: whom it would stop is held back until it is approved, or its time is over.
    fn hold_back(&mut self, propose: &Propose, place: Place<'_>) {
        let payload = SignedChange::from_bytes(propose.change.as_bytes()).and_then(|change| change.payload());
        let Ok(payload) = payload else { return };
        let dids = held_back(&payload);
        let Some(first) = dids.first().cloned() else { return };
        let (target, reason) = (LockTarget::Subtree(first), payload.reason);
        let lock = Lock { target, index: place.index, since: place.time, reason, until: payload.expires };
        let locks = &mut self.registry.facts_mut().locks;
        // More signatures on what waits already hold nobody twice.
        locks.release(payload.id.bits());
        locks.hold(payload.id.bits(), dids, &lock);
    }

    /// What waited under this name is over: it was carried out.
    pub(super) fn let_go(&mut self, id: ChangeId) {
        if self.operators.proposal(id).is_some() {
            Arc::make_mut(&mut self.operators).settled(id);
            self.registry.facts_mut().locks.release(id.bits());
        }
    }

    /// Lets go of what waited and was carried out, by entries that are not read again.
    pub(super) fn forget_settled(&mut self, view: &dyn View) -> Result<(), WardenError> {
        let waiting: Vec<ChangeId> =
            self.operators.waiting(Time::MIN).into_iter().map(|(id, _)| id).collect();
        for id in waiting {
            if view.find_change(id)?.is_some() {
                self.let_go(id);
            }
        }
        Ok(())
    }
}
