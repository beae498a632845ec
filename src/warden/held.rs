//! The operators in the fold: who consents to an entry, and whom a change that waits holds back.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::change::operators::{Consent, Ground, OperatorError, Propose, Role, Withdraw, held_back};
use crate::change::{ChangeId, Fact, FoldError, Order, Payload, Place, SignedChange, Targets, What};
use crate::registry::{CaseId, Lock, LockTarget};
use crate::store::View;
use crate::time::Time;

use super::WardenError;
use super::ahead::consent_of_all;
use super::fold::{State, read_entry, revealed};
use super::submit::PATIENCE;

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
        consent_of_all((&self.operators, &self.policy), self.log, (change, payload), now)
    }

    /// Whether a change has its id for itself: none that waits has it, and no proposal brings back what the log has.
    pub(super) fn has_its_own_id(
        &self,
        view: &dyn View,
        change: &SignedChange,
        payload: &Payload,
        index: u64,
    ) -> Result<(), WardenError> {
        let taken = || Err(WardenError::refused(FoldError::Operator(OperatorError::IdTaken), index));
        let waits = self.operators.proposal(payload.id);
        if waits.is_some_and(|proposal| proposal.change.payload_bytes() != change.payload_bytes()) {
            return taken();
        }
        let Some(What::Propose(propose)) = payload.order.fact().map(|fact| &fact.what) else {
            return Ok(());
        };
        let inner = SignedChange::from_bytes(propose.change.as_bytes()).and_then(|change| change.payload());
        // One that cannot be read is refused when it is judged.
        let Ok(inner) = inner else { return Ok(()) };
        if inner.id == payload.id || view.find_change(inner.id)?.is_some_and(|at| at < index) {
            return taken();
        }
        Ok(())
    }

    /// Whether a revocation that waits for nobody counts everybody whom its author could have seen: it leaves out only
    /// those who had hardly registered when it was signed, and it was signed just now.
    pub(super) fn counts_whom_it_revokes(
        &mut self,
        view: &dyn View,
        payload: &Payload,
        consent: &Consent,
        index: u64,
    ) -> Result<(), WardenError> {
        let approvals = &self.policy.approvals;
        let Order::Revoke { targets: Targets::Cascade(cascade), .. } = &payload.order else { return Ok(()) };
        let Some(among) = cascade.among.filter(|_| !payload.break_glass) else { return Ok(()) };
        let alone = self.operators.held()
            && !self.operators.solo()
            && consent.needed < usize::from(approvals.of("revoke"));
        let (above, did) = (approvals.revoke_above, &cascade.root.did);
        self.registry.relink();
        let Some(root) = self.registry.find(did).filter(|_| alone) else { return Ok(()) };
        let lineage = self.registry.lineage();
        if u64::try_from(lineage.size(root)).is_ok_and(|size| size <= above) {
            return Ok(());
        }
        let below = lineage.subtree(root).filter_map(|position| lineage.at(position));
        let Some(oldest) = below.filter(|row| u64::from(row.number()) >= among).min() else { return Ok(()) };
        let mut came = None;
        view.records(self.stored_row(oldest), &mut |record| {
            came = Some(record.entry);
            ControlFlow::Break(())
        })?;
        let mut since = Ok(Time::MIN);
        view.entries(came.unwrap_or_default(), &mut |row| {
            since = read_entry(row.index, row.bytes).map(|(entry, _)| entry.time);
            ControlFlow::Break(())
        })?;
        let just_now = payload.expires.is_some_and(|expires| expires <= payload.created.plus(PATIENCE));
        if just_now && since?.plus(PATIENCE) >= payload.created {
            return Ok(());
        }
        Err(WardenError::refused(FoldError::OtherTargets, index))
    }

    /// Whether whoever orders it may undo what it undoes: what another operator set takes an admin, or the case under
    /// which it was set.
    pub(super) fn may_undo(&self, view: &dyn View, payload: &Payload, index: u64) -> Result<(), WardenError> {
        let undoes = |fact: &Fact| matches!(fact.what, What::Unlock(_) | What::Unlist(_) | What::Void(_));
        if !payload.order.fact().is_some_and(undoes) {
            return Ok(());
        }
        let shown = revealed(view, payload)?;
        let facts = self.registry.facts();
        let undone = match shown.order.fact().map(|fact| &fact.what) {
            Some(What::Unlock(on)) => {
                let lock = on.target().and_then(|target| facts.locks.get(&target)).map(|lock| lock.index);
                // What was done under an open case is judged with the case.
                lock.filter(|index| facts.cases.behind(*index).is_none())
            }
            Some(What::Unlist(unlist)) => facts.listed_by(&unlist.did),
            Some(What::Void(void)) => Some(void.entry),
            _ => None,
        };
        let person = self.operators.get(&shown.actor).filter(|person| person.role != Role::Admin);
        let (Some(undone), Some(person)) = (undone.filter(|undone| *undone < index), person) else {
            return Ok(());
        };
        let mut made = None;
        view.entries(undone, &mut |row| {
            made = Some(read_entry(row.index, row.bytes).map(|(_, payload)| payload));
            ControlFlow::Break(())
        })?;
        let Some(made) = made.transpose()? else { return Ok(()) };
        let others = made.actor != shown.actor && self.operators.get(&made.actor).is_some();
        if !others || made.case.is_some() && made.case == shown.case {
            return Ok(());
        }
        let error = OperatorError::OthersWork { name: person.name.clone(), who: made.actor, entry: undone };
        Err(WardenError::refused(error.into(), index))
    }

    /// Whom a change that waits holds under another's open case, only a change under that case lets go.
    fn withdrawn_under_its_case(&self, withdraw: &Withdraw, place: Place<'_>) -> Result<(), OperatorError> {
        let proposal = ChangeId::parse(&withdraw.change).and_then(|id| self.operators.proposal(id));
        let Some(payload) = proposal.map(|proposal| &proposal.payload) else { return Ok(()) };
        let case = payload.case.as_deref().and_then(CaseId::parse);
        let open = case.and_then(|id| self.registry.facts().cases.get(id)).filter(|case| case.is_open());
        let other = place.actor != payload.actor && place.case != payload.case.as_deref();
        match open.filter(|_| other && !held_back(payload).is_empty()) {
            None => Ok(()),
            Some(case) => {
                let (case, who) = (case.id.to_string(), payload.actor.clone());
                Err(OperatorError::OthersCase { case, who })
            }
        }
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
        if let What::Withdraw(withdraw) = &fact.what
            && fresh
        {
            self.withdrawn_under_its_case(withdraw, place)?;
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
