//! Who holds the log: its first operators, changes to them, approvals, and the key of the log.

use crate::change::operators::{Ground, Init, Operate, OperatorError, Proposal, Recover, Signer, Withdraw};
use crate::change::{ChangeId, Fact, Order, Place, SignedChange, What};
use crate::encoding::{Digest32, sha256};
use crate::identity::KeyBytes;

use super::fold::revealed;
use super::submit::{Beside, sign_as};
use super::{FactReceipt, Taken, Warden, WardenError, Word};

impl Warden {
    /// Under whose name a change would enter the log: the operator's whose key is at hand, else `said`.
    pub fn actor(&mut self, said: &str) -> String {
        let signer = if self.state.operators.held() { self.signer().ok() } else { None };
        signer.map_or_else(|| said.to_owned(), |signer| signer.name)
    }

    /// The public key of whoever signs here; none when nobody does.
    ///
    /// # Errors
    /// [`WardenError::Hand`] when the key cannot be opened.
    pub fn key_at_hand(&mut self) -> Result<Option<KeyBytes>, WardenError> {
        self.hand.as_mut().map(|hand| hand.key().map_err(WardenError::Hand)).transpose()
    }

    /// Whether nothing is signed here from now on but what takes authority away.
    pub fn only_take(&mut self, only: bool) {
        self.only_takes = only;
    }

    /// Whether an order can be given here.
    ///
    /// # Errors
    /// [`WardenError::ReadOnly`].
    pub(super) fn may_be_given(&self, order: &Order) -> Result<(), WardenError> {
        if self.only_takes && !order.only_takes() { Err(WardenError::ReadOnly) } else { Ok(()) }
    }

    /// Gives the log its operators; signed by one of the admins whom it names.
    ///
    /// # Errors
    /// [`WardenError`]; nobody holds the log.
    pub fn init(&mut self, init: Init, word: Word<'_>) -> Result<FactReceipt, WardenError> {
        let signer = self.beginner(&init)?;
        let what = What::Init(init);
        let payload = self.draft(fact(what), Word { actor: &signer.name, ..word })?;
        let change = SignedChange::unsigned(&payload)?;
        let change = sign_as(&mut self.hand, &self.state, (change, &payload), &signer)?;
        self.take(&change, &payload, Beside::default()).map(FactReceipt::from)
    }

    /// Whether the log could get these operators as things stand; nothing is signed, and nothing is done.
    ///
    /// # Errors
    /// [`WardenError`]: why not.
    pub fn could_init(&mut self, init: &Init) -> Result<(), WardenError> {
        self.beginner(init)?;
        let (index, time) = (self.state.head.size, self.now());
        let place = Place { index, time, reason: "", actor: "", case: None };
        let log = self.state.log.to_string();
        let ground = Ground { log: &log, approvals: &self.state.policy.approvals, signers: &[], fresh: true };
        let mut operators = (*self.state.operators).clone();
        operators.settle(&What::Init(init.clone()), place, ground)?;
        Ok(())
    }

    /// Which of the admins that it names signs here.
    fn beginner(&mut self, init: &Init) -> Result<Signer, WardenError> {
        let hand = self.hand.as_mut().ok_or(OperatorError::NotSigned)?;
        let key = hand.key().map_err(WardenError::Hand)?;
        let spelled = key.to_base64();
        let who = init.operators.iter().find(|person| person.key == spelled);
        let unknown = || OperatorError::UnknownKey { kid: key.key_id().to_string() };
        Ok(Signer::new(&who.ok_or_else(unknown)?.name, &key))
    }

    /// Changes the operators.
    ///
    /// # Errors
    /// [`WardenError`]; they are as before.
    pub fn operate(&mut self, operate: Operate, word: Word<'_>) -> Result<FactReceipt, WardenError> {
        self.append_fact(None, What::Operator(operate), None, word)
    }

    /// What the holders of the recovery set sign, each with a key of the set, to replace all admins.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn draft_recovery(&mut self, recover: Recover, word: Word<'_>) -> Result<SignedChange, WardenError> {
        let id = ChangeId::from_bits(self.entropy.bits().ok_or(WardenError::NoEntropy)?);
        let payload = crate::change::Payload {
            id,
            actor: "recovery".to_owned(),
            order: fact(What::Recover(recover)),
            reason: word.reason.to_owned(),
            case: None,
            created: self.now(),
            expires: None,
            break_glass: false,
        };
        Ok(SignedChange::unsigned(&payload)?)
    }

    /// Adds the signature of a key of the recovery set.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn sign_recovery(&mut self, change: SignedChange) -> Result<SignedChange, WardenError> {
        let payload = change.payload()?;
        let hand = self.hand.as_mut().ok_or(OperatorError::NotSigned)?;
        let signer = Signer::of_recovery(&hand.key().map_err(WardenError::Hand)?);
        sign_as(&mut self.hand, &self.state, (change, &payload), &signer)
    }

    /// Approves a change that waits: the last signature that it needs carries it out.
    ///
    /// # Errors
    /// [`WardenError`]; it waits as before.
    pub fn approve(&mut self, id: ChangeId) -> Result<Taken, WardenError> {
        let proposal = self.waiting_change(id)?;
        self.approve_proposal(proposal)
    }

    /// Approves a change that waits if its bytes are still those that were shown: `digest` is their SHA-256.
    ///
    /// # Errors
    /// [`WardenError`], [`OperatorError::NotWaiting`] when something else waits under this id; it waits as before.
    pub fn approve_shown(&mut self, id: ChangeId, digest: &Digest32) -> Result<Taken, WardenError> {
        let proposal = self.waiting_change(id)?;
        if sha256(proposal.change.payload_bytes()) != *digest {
            return Err(OperatorError::NotWaiting.into());
        }
        self.approve_proposal(proposal)
    }

    fn approve_proposal(&mut self, proposal: Proposal) -> Result<Taken, WardenError> {
        self.may_be_given(&proposal.payload.order)?;
        let signer = self.signer()?;
        if proposal.signers.contains(&signer.name) {
            return Err(OperatorError::Twice { name: signer.name }.into());
        }
        let shown = revealed(&*self.store.read()?, &proposal.payload)?.into_owned();
        let change = (proposal.change, &shown);
        let change = sign_as(&mut self.hand, &self.state, change, &signer)?;
        self.take(&change, &proposal.payload, Beside::default())
    }

    /// Takes back a change that waits.
    ///
    /// # Errors
    /// [`WardenError`]; it waits as before.
    pub fn withdraw(&mut self, id: ChangeId, word: Word<'_>) -> Result<FactReceipt, WardenError> {
        self.waiting_change(id)?;
        self.append_fact(None, What::Withdraw(Withdraw { change: id.to_string() }), None, word)
    }

    fn waiting_change(&mut self, id: ChangeId) -> Result<Proposal, WardenError> {
        self.state.catch_up(&*self.store.read()?)?;
        let proposal = self.state.operators.proposal(id).ok_or(OperatorError::NotWaiting)?;
        if self.now() >= proposal.expires() {
            return Err(OperatorError::Expired { at: proposal.expires().to_string() }.into());
        }
        Ok((**proposal).clone())
    }
}

fn fact(what: What) -> Order {
    Order::Fact(Box::new(Fact { about: None, what }))
}
