//! From a wish to an entry: drafted, signed by whoever must, judged under the lock, and lasting before it is answered.

use std::ops::ControlFlow;

use crate::audit::{Entry, LogName, StoredRecord};
use crate::change::operators::{Consent, OperatorError, Propose, Signer, Waits, speaks_for_itself};
use crate::change::{
    ChangeError, ChangeId, Erase, Fact, FoldError, Kind, OnCase, Order, Payload, PlanError, SignedChange,
    Target, What,
};
use crate::encoding::sha256;
use crate::identity::{Did, Identity};
use crate::keystore::{Hand, Work};
use crate::registry::Row;
use crate::store::{Transaction, View};
use crate::time::{Span, Time};

use super::erase::{forget, may_forget};
use super::fold::{State, read_entry, revealed};
use super::hide::keep;
use super::{Entropy, Warden, WardenError, Word, now};

/// A change that nobody else must approve is carried out within this time, or never.
pub(super) const PATIENCE: Span = Span::seconds(15 * 60);

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The entry that carried it out, or proposed it.
    pub index: u64,
    /// Its time.
    pub time: Time,
    /// Which kind of change it is.
    pub kind: Kind,
    /// What it is about.
    pub subject: String,
    /// Whom it touched, the root first; nobody as long as it waits.
    pub touched: Vec<Row>,
    /// What it waits for.
    pub waits: Option<Waits>,
    /// Whether it was in the log already.
    pub known: bool,
}

/// What lies beside the log once a change is in it.
#[derive(Clone, Copy, Default)]
pub(super) struct Beside<'b> {
    /// The record of a registration.
    pub newborn: Option<Newborn<'b>>,
    /// What opens the commitments of the change.
    pub openings: &'b [Vec<u8>],
}

/// A record that is registered.
#[derive(Clone, Copy)]
pub(super) struct Newborn<'b> {
    pub identity: &'b Identity<'b>,
    pub record: &'b StoredRecord,
}

impl Warden {
    /// Drafts a change in the name of whoever signs.
    pub(super) fn draft(&mut self, order: Order, word: Word<'_>) -> Result<Payload, WardenError> {
        self.may_be_given(&order)?;
        let id = ChangeId::from_bits(self.entropy.bits().ok_or(WardenError::NoEntropy)?);
        let created = self.now();
        let signed = self.state.operators.held() && !speaks_for_itself(&order);
        let actor = if signed { self.signer()?.name } else { word.actor.to_owned() };
        let opens = order.fact().is_some_and(|fact| matches!(fact.what, What::Case(OnCase::Open { .. })));
        let under = self.under.clone().filter(|_| !opens && !speaks_for_itself(&order));
        let case = word.case.map(str::to_owned).or(under);
        let mut payload = Payload {
            id,
            actor,
            order,
            reason: word.reason.to_owned(),
            case,
            created,
            expires: None,
            break_glass: word.break_glass,
        };
        if signed {
            let approvals = &self.state.policy.approvals;
            let waits = self.state.operators.needed(&payload, approvals) > 1;
            // What may have to wait for a line is not over before the line is back.
            let may_wait = waits || (self.elsewhere.is_some() && payload.order.only_takes());
            payload.expires = Some(created.plus(if may_wait { approvals.wait } else { PATIENCE }));
        }
        Ok(payload)
    }

    /// In whose name the key at hand signs.
    pub(super) fn signer(&mut self) -> Result<Signer, WardenError> {
        signer(&mut self.hand, &self.state)
    }

    /// Signs what must be signed.
    ///
    /// Whoever signs is shown what `shown` says: the same, with every text in clear.
    pub(super) fn sign(&mut self, payload: &Payload, shown: &Payload) -> Result<SignedChange, WardenError> {
        sign(&mut self.hand, &self.state, payload, shown)
    }

    /// Takes a change that was signed elsewhere. One that is in the log already is answered, and nothing is done twice.
    ///
    /// # Errors
    /// [`WardenError`]; nothing was done.
    pub fn submit(&mut self, change: &SignedChange) -> Result<Taken, WardenError> {
        let payload = change.payload()?;
        if payload.order.brings().is_some() {
            return Err(WardenError::Change(ChangeError::Unreadable { member: "record" }));
        }
        self.take(change, &payload, Beside::default())
    }

    /// Judges a change under the lock; carries it out, or lets it wait for signatures.
    pub(super) fn take(
        &mut self,
        change: &SignedChange,
        payload: &Payload,
        beside: Beside<'_>,
    ) -> Result<Taken, WardenError> {
        if self.elsewhere.is_some() {
            return self.hand_in(change, payload, beside);
        }
        loop {
            let taken = self.take_once(change, payload, beside);
            // What only takes authority away fits on a full disk.
            match &taken {
                Err(WardenError::Store(error))
                    if payload.order.only_takes() && self.store.make_room(error) => {}
                _ => return taken,
            }
        }
    }

    fn take_once(
        &mut self,
        change: &SignedChange,
        payload: &Payload,
        beside: Beside<'_>,
    ) -> Result<Taken, WardenError> {
        let mut transaction = self.store.begin()?;
        let mut state = self.state.clone();
        state.catch_up(transaction.view())?;
        let time = now(&*self.clock, &state.head);
        let asked = Asked { change, payload, beside, consent: None };
        let judged = judge(&mut *transaction, &mut state, (time, &mut *self.entropy), &asked)?;
        if judged.taken.known {
            return Ok(judged.taken);
        }
        let taken = judged.write(&mut *transaction, &mut state)?;
        state.head = transaction.commit()?;
        self.state = state;
        Ok(taken)
    }
}

/// A change that is handed in.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub change: &'a SignedChange,
    pub payload: &'a Payload,
    pub beside: Beside<'a>,
    /// Who stands behind it, when that is known already.
    pub consent: Option<&'a Consent>,
}

/// A change that was carried out in a state, and is not written yet.
pub(super) struct Judged {
    pub taken: Taken,
    entry: SignedChange,
    erase: Option<Erase>,
}

/// Judges a change, and carries it out in `state` or lets it wait for signatures there.
///
/// # Errors
/// [`WardenError`]; of a change of status, `state` is as before.
pub(super) fn judge(
    transaction: &mut dyn Transaction,
    state: &mut State,
    (time, entropy): (Time, &mut dyn Entropy),
    asked: &Asked<'_>,
) -> Result<Judged, WardenError> {
    let (index, payload) = (state.head.size, asked.payload);
    let taken = Taken {
        index,
        time,
        kind: payload.kind(),
        subject: payload.order.subject(),
        touched: Vec::new(),
        waits: None,
        known: false,
    };
    let mut judged = Judged { taken, entry: asked.change.clone(), erase: None };
    let refused = |error: FoldError| WardenError::refused(error, index);
    if let Some(known) = transaction.view().find_change(payload.id)? {
        // Under its id lies this change, or the answer would be that of another.
        if change_at(transaction.view(), known)?.payload_bytes() != asked.change.payload_bytes() {
            return Err(refused(OperatorError::IdTaken.into()));
        }
        (judged.taken.index, judged.taken.known) = (known, true);
        return Ok(judged);
    }
    state.has_its_own_id(transaction.view(), asked.change, payload, index)?;
    let consent = match asked.consent {
        Some(consent) => consent.clone(),
        None => state.consent(asked.change, payload, time).map_err(|error| refused(error.into()))?,
    };
    keep(transaction, payload, asked.beside.openings)?;
    let shown = revealed(transaction.view(), payload)?;
    judged.taken.subject = shown.order.subject();
    if !consent.complete() {
        // What cannot be carried out asks nobody for a signature.
        state.clone().carry_out(&shown, (index, time), &consent).map_err(refused)?;
        let id = ChangeId::from_bits(entropy.bits().ok_or(WardenError::NoEntropy)?);
        let proposal = proposal(id, asked.change, payload, time)?;
        state.carry_out(&proposal, (index, time), &Consent::default()).map_err(refused)?;
        judged.entry = SignedChange::unsigned(&proposal)?;
        judged.taken.waits = Some(Waits {
            id: payload.id,
            digest: sha256(asked.change.payload_bytes()),
            signers: consent.signers,
            needed: consent.needed,
            expires: payload.expires.unwrap_or(time),
        });
        return Ok(judged);
    }
    state.counts_whom_it_revokes(transaction.view(), payload, &consent, index)?;
    state.may_undo(transaction.view(), payload, index)?;
    if let Some(What::Erase(erase)) = payload.order.fact().map(|fact| &fact.what) {
        may_forget(transaction.view(), state, erase)?;
        judged.erase = Some(erase.clone());
    }
    if let Some(newborn) = asked.beside.newborn {
        register(transaction, state, payload, newborn, (index, time))?;
    }
    judged.taken.touched = state.carry_out(&shown, (index, time), &consent).map_err(refused)?;
    state.registry.relink();
    Ok(judged)
}

impl Judged {
    /// Writes what was judged; `state` is that of the judgement.
    ///
    /// # Errors
    /// [`WardenError`]: nothing of the transaction counts then.
    pub(super) fn write(
        self,
        transaction: &mut dyn Transaction,
        state: &mut State,
    ) -> Result<Taken, WardenError> {
        let Self { taken, entry, erase } = self;
        if let Some(erase) = &erase {
            forget(transaction, erase)?;
        }
        append(transaction, taken.index, taken.time, state, entry)?;
        for row in &taken.touched {
            transaction.put_standing(state.stored_row(*row), &state.registry.standing(*row))?;
        }
        state.head.size = taken.index.saturating_add(1);
        state.head.last_time = Some(taken.time);
        Ok(taken)
    }
}

/// Whoever signs for an operator, if anybody is there.
pub(super) type AtHand = Option<Box<dyn Hand>>;

pub(super) fn signer(hand: &mut AtHand, state: &State) -> Result<Signer, WardenError> {
    let key = hand.as_mut().ok_or(OperatorError::NotSigned)?.key().map_err(WardenError::Hand)?;
    let person = state.operators.of_key(&key);
    let unknown = || OperatorError::UnknownKey { kid: key.key_id().to_string() };
    Ok(Signer::new(&person.ok_or_else(unknown)?.name, &key))
}

/// Signs a change, if an operator must.
pub(super) fn sign(
    hand: &mut AtHand,
    state: &State,
    payload: &Payload,
    shown: &Payload,
) -> Result<SignedChange, WardenError> {
    let change = SignedChange::unsigned(payload)?;
    if !state.operators.held() || speaks_for_itself(&payload.order) {
        return Ok(change);
    }
    let signer = signer(hand, state)?;
    sign_as(hand, state, (change, shown), &signer)
}

/// Adds a signature to a change.
pub(super) fn sign_as(
    hand: &mut AtHand,
    state: &State,
    (change, payload): (SignedChange, &Payload),
    signer: &Signer,
) -> Result<SignedChange, WardenError> {
    let hand = hand.as_mut().ok_or(OperatorError::NotSigned)?;
    signed_by(&mut **hand, state.log, (change, payload), signer)
}

/// Adds the signature of `hand` to a change for this log.
pub(super) fn signed_by(
    hand: &mut dyn Hand,
    log: LogName,
    (change, payload): (SignedChange, &Payload),
    signer: &Signer,
) -> Result<SignedChange, WardenError> {
    let log = log.to_string();
    let bytes = change.to_sign(&log, signer);
    let words = format!("{} {}", payload.kind().as_str(), payload.order.subject());
    let work = Work { bytes: &bytes, digest: sha256(change.payload_bytes()), words: words.trim_end() };
    let signature = hand.sign(&work).map_err(WardenError::Hand)?;
    Ok(change.and(&log, signer, signature))
}

/// The entry that lets a change wait; its reason is that of the change.
fn proposal(
    id: ChangeId,
    change: &SignedChange,
    payload: &Payload,
    now: Time,
) -> Result<Payload, WardenError> {
    let bytes = change.to_bytes()?;
    let change = String::from_utf8(bytes).map_err(|_| WardenError::Change(ChangeError::NotCanonical))?;
    let what = What::Propose(Propose { change });
    Ok(Payload {
        id,
        actor: payload.actor.clone(),
        order: Order::Fact(Box::new(Fact { about: None, what })),
        reason: payload.reason.clone(),
        case: payload.case.clone(),
        created: now,
        expires: None,
        break_glass: false,
    })
}

fn change_at(view: &dyn View, index: u64) -> Result<SignedChange, WardenError> {
    let mut found = Err(WardenError::Change(ChangeError::Unreadable { member: "id" }));
    view.entries(index, &mut |row| {
        found = read_entry(row.index, row.bytes).map(|(entry, _)| entry.change);
        ControlFlow::Break(())
    })?;
    found
}

/// Adds the record of a newcomer, before its registration is judged.
fn register(
    transaction: &mut dyn Transaction,
    state: &mut State,
    payload: &Payload,
    Newborn { identity, record }: Newborn<'_>,
    place: (u64, Time),
) -> Result<(), WardenError> {
    room(state, payload.order.fact().and_then(|fact| fact.about.as_ref()), place.1)?;
    transaction.put_record(&record.bytes, record.personal())?;
    let first = state.registry.row_count();
    let mut intake = std::mem::take(&mut state.registry).intake(false);
    let registered = intake.register(identity, false, place.0);
    state.registry = intake.settle();
    registered.map_err(|error| WardenError::Register { did: identity.did.clone(), error })?;
    state.welcome_back(first, place);
    Ok(())
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

/// The agent as it is now.
pub(super) fn target(state: &State, did: &Did) -> Result<Target, WardenError> {
    let row = state.registry.find(did).ok_or_else(|| PlanError::Unknown(did.clone()))?;
    Ok(Target { did: did.clone(), version: state.registry.agent(row).version() })
}

/// Puts one change into the log.
pub(super) fn append(
    transaction: &mut dyn Transaction,
    index: u64,
    time: Time,
    state: &State,
    change: SignedChange,
) -> Result<(), WardenError> {
    let entry = Entry { log: state.log, index, time, change };
    let bytes = entry.to_bytes().map_err(|error| WardenError::Entry { index, error })?;
    transaction.append(&bytes)?;
    Ok(())
}
