//! A change on its way: drafted, and shown to whoever signs it, before it is signed.

use super::submit::{Beside, Newborn, target};
use super::{FactReceipt, Receipt, Rejection, Taken, Warden, WardenError, Word};
use crate::change::operators::{Consent, speaks_for_itself};
use crate::change::{Fact, Frozen, Order, Payload, SignedChange, Target, What};
use crate::encoding::{Digest32, sha256};
use crate::identity::Did;

/// A change whose bytes are fixed and not yet signed: what is shown of it is what is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drafted {
    payload: Payload,
    /// The same with every text in clear.
    shown: Payload,
    openings: Vec<Vec<u8>>,
    digest: Digest32,
    needed: usize,
}

impl Drafted {
    /// SHA-256 of the bytes that are signed.
    pub const fn digest(&self) -> &Digest32 {
        &self.digest
    }

    /// How many people must sign; one who waits for nobody is one.
    pub const fn needed(&self) -> usize {
        self.needed
    }

    /// In whose name it is.
    pub fn actor(&self) -> &str {
        &self.payload.actor
    }

    /// The agent that it is about, at the version that is signed; none for what is about nobody, or about many.
    pub fn about(&self) -> Option<&Target> {
        self.payload.order.fact().and_then(|fact| fact.about.as_ref())
    }

    /// Why, as it enters the log.
    pub fn reason(&self) -> &str {
        &self.payload.reason
    }

    /// What is ordered, every text in clear; none for what is about the status of agents.
    pub fn what(&self) -> Option<&What> {
        self.shown.order.fact().map(|fact| &fact.what)
    }

    /// Under which case.
    pub fn case(&self) -> Option<&str> {
        self.payload.case.as_deref()
    }

    /// Whether it does not wait for the approval that policy asks for.
    pub const fn breaks_glass(&self) -> bool {
        self.payload.break_glass
    }

    pub(super) const fn payloads(&self) -> (&Payload, &Payload) {
        (&self.payload, &self.shown)
    }
}

impl Warden {
    /// Fixes the bytes of exactly what `frozen` names; nothing is signed, and nothing is done.
    ///
    /// # Errors
    /// [`Rejection::Stale`] when a target changed, [`Rejection::Failed`] otherwise.
    pub fn draft_commit(
        &mut self,
        frozen: &Frozen,
        rows_shown: usize,
        word: Word<'_>,
    ) -> Result<Drafted, Rejection> {
        self.state.catch_up(&*self.store.read().map_err(WardenError::from)?)?;
        self.still_as_shown(frozen, rows_shown)?;
        let among = u64::try_from(rows_shown).ok();
        let payload = self.draft(frozen.order(&self.state.registry, among), word)?;
        Ok(self.fixed(payload.clone(), payload, Vec::new())?)
    }

    /// Signs and carries out a containment that was drafted.
    ///
    /// # Errors
    /// [`Rejection::Stale`] when a target changed, [`Rejection::Failed`] otherwise; nothing was done.
    pub fn commit_drafted(
        &mut self,
        frozen: &Frozen,
        rows_shown: usize,
        drafted: &Drafted,
    ) -> Result<Receipt, Rejection> {
        self.state.catch_up(&*self.store.read().map_err(WardenError::from)?)?;
        self.still_as_shown(frozen, rows_shown)?;
        self.carry_out(frozen, rows_shown, drafted)
    }

    /// Fixes the bytes of what is to be said, about the agent `did` as it is now; nothing is signed, and nothing is done.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn draft_fact(
        &mut self,
        did: Option<&Did>,
        what: &What,
        word: Word<'_>,
    ) -> Result<Drafted, WardenError> {
        self.state.catch_up(&*self.store.read()?)?;
        let about = did.map(|did| target(&self.state, did)).transpose()?;
        let what = &self.vouched(what);
        let (hidden, openings) = self.hide(what)?;
        let fact = |what| Order::Fact(Box::new(Fact { about: about.clone(), what }));
        let payload = self.draft(fact(hidden), word)?;
        let shown = Payload { order: fact(what.clone()), ..payload.clone() };
        self.fixed(payload, shown, openings)
    }

    /// Whether what was drafted could be carried out as things stand; nothing is signed, and nothing is done.
    ///
    /// # Errors
    /// [`WardenError`]: why not.
    pub fn could_say(&self, drafted: &Drafted) -> Result<(), WardenError> {
        let (index, time) = (self.state.head.size, self.now());
        let consent = Consent { signers: vec![drafted.payload.actor.clone()], needed: 0 };
        let carried = self.state.clone().carry_out(&drafted.shown, (index, time), &consent);
        carried.map(drop).map_err(|error| WardenError::refused(error, index))
    }

    /// Signs and says what was drafted.
    ///
    /// # Errors
    /// [`WardenError`]; nothing was done.
    pub fn say_drafted(&mut self, drafted: &Drafted) -> Result<FactReceipt, WardenError> {
        self.take_drafted(drafted, None).map(FactReceipt::from)
    }

    pub(super) fn take_drafted(
        &mut self,
        drafted: &Drafted,
        newborn: Option<Newborn<'_>>,
    ) -> Result<Taken, WardenError> {
        let change = self.sign(&drafted.payload, &drafted.shown)?;
        self.take(&change, &drafted.payload, Beside { newborn, openings: &drafted.openings })
    }

    fn fixed(
        &self,
        payload: Payload,
        shown: Payload,
        openings: Vec<Vec<u8>>,
    ) -> Result<Drafted, WardenError> {
        let digest = sha256(SignedChange::unsigned(&payload)?.payload_bytes());
        let signed = self.state.operators.held() && !speaks_for_itself(&payload.order);
        let needed =
            if signed { self.state.operators.needed(&payload, &self.state.policy.approvals) } else { 1 };
        Ok(Drafted { payload, shown, openings, digest, needed })
    }
}
