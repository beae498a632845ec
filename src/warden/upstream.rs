//! A warden whose log lies elsewhere: it reads from its replica, hands in what it signs, and believes nothing.

use std::path::PathBuf;

use serde_json::Value;

use super::spool::{Ended, Outcome, Spool};
use super::submit::{Beside, Taken};
use super::unanswered::UpstreamError;
use super::{Kind, Lie, NotFollowed, Piece, Reached, Warden, WardenError};
use crate::audit::{Checkpoint, Evidence, Note, NoteVerifier};
use crate::change::{ChangeId, Payload, SignedChange};
use crate::keystore::{Hand, KeystoreError};
use crate::time::{Span, Time};
use crate::wire::EnforcedLine;

/// A head that is older says how things stood, and not how they stand.
const OLD: Span = Span::seconds(300);

/// What was sent of a log, in order.
pub type Pieces = Box<dyn Iterator<Item = Result<Piece, WardenError>>>;

/// The verifier that has the log.
pub trait Upstream: Send {
    /// Its URL.
    fn url(&self) -> &str;

    /// Lets the operator's key sign that another one speaks for that person for an hour.
    ///
    /// # Errors
    /// [`KeystoreError`] when the operator's key cannot be had.
    fn sign_in(&mut self, hand: &mut dyn Hand) -> Result<(), KeystoreError>;

    /// In whose name it is asked.
    fn name(&self) -> &str;

    /// How many entries it has, as far as it told; asks nobody.
    fn size(&mut self) -> Option<u64>;

    /// How many entries it told of; none while nobody knows.
    fn told(&mut self) -> Option<u64> {
        None
    }

    /// What a follower lacks that has `reached` so much, and the signed head of it.
    ///
    /// # Errors
    /// [`UpstreamError`].
    fn fetch(&mut self, reached: Reached) -> Result<(Pieces, Note), UpstreamError>;

    /// What was fetched is in the replica: nobody needs it any more.
    fn taken(&mut self) {}

    /// What was fetched does not hold; answers whether it lay on a disk meanwhile, so that it is fetched anew before
    /// anybody is blamed.
    fn doubted(&mut self) -> bool {
        false
    }

    /// Hands in a signed change, and answers the place of its entry; safe to repeat.
    ///
    /// # Errors
    /// [`UpstreamError`].
    fn submit(&mut self, change: &SignedChange, openings: &[Vec<u8>]) -> Result<u64, UpstreamError>;

    /// The evidence that an entry is in the log.
    ///
    /// # Errors
    /// [`UpstreamError`].
    fn prove(&mut self, index: u64) -> Result<Evidence, UpstreamError>;

    /// Who has confirmed an entry.
    ///
    /// # Errors
    /// [`UpstreamError`].
    fn enforced(&mut self, index: u64) -> Result<EnforcedLine, UpstreamError>;

    /// The document at a path: what it alone knows, and nothing proves.
    ///
    /// # Errors
    /// [`UpstreamError`].
    fn document(&mut self, path: &str) -> Result<Value, UpstreamError>;
}

/// How a verifier and what is shown of it stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// What is shown is as new as it told.
    Live,
    /// It does not answer since then; what is shown is as old.
    Lost {
        /// Since when.
        since: Time,
        /// Why.
        why: String,
    },
    /// It contradicts what it signed: nothing of it is taken any more.
    Lies(Lie),
}

/// What a replica knows about where its log lies.
pub(super) struct Elsewhere {
    pub upstream: Box<dyn Upstream>,
    /// The key that was pinned before anything was asked.
    pub pinned: NoteVerifier,
    /// What was signed, and nobody has answered for yet.
    pub spool: Spool,
    /// How changes ended of which nobody here was told yet.
    pub ended: Vec<Ended>,
}

impl Warden {
    /// From now on this warden is a replica of what `upstream` has, whose heads are signed with `pinned` or with a key
    /// that the log announces.
    ///
    /// What is signed while it does not answer is kept in the directory `spool`, if it only takes authority away.
    pub fn follow_upstream(&mut self, upstream: Box<dyn Upstream>, pinned: NoteVerifier, spool: PathBuf) {
        let spool = Spool::at(spool);
        let (url, spooled) = (upstream.url().to_owned(), spool.count());
        self.kind = Kind::Verifier { url, line: Line::Live, spooled };
        self.elsewhere = Some(Elsewhere { upstream, pinned, spool, ended: Vec::new() });
    }

    /// Takes in what the verifier has; answers whether there was anything.
    ///
    /// # Errors
    /// [`WardenError::Upstream`] when it does not answer, [`WardenError::Lie`] when it contradicts itself; the state is
    /// as before.
    pub fn fetch(&mut self) -> Result<bool, WardenError> {
        if let Kind::Verifier { line: Line::Lies(lie), .. } = &self.kind {
            return Err(WardenError::Lie(lie.clone()));
        }
        let reached = self.reached();
        let mut outcome = self.fetch_once();
        // What is delivered is in the log at once, and waits until it was seen there.
        if outcome.is_ok() && self.deliver()? {
            outcome = self.fetch_once();
            self.deliver()?;
        }
        let now = self.now();
        let (line, outcome) = match outcome {
            Ok(()) => (Line::Live, Ok(self.reached() != reached)),
            Err(NotFollowed::Lie(lie)) => (Line::Lies(lie.clone()), Err(WardenError::Lie(lie))),
            Err(NotFollowed::Failed(error)) => (self.lost(now, &error), Err(error)),
        };
        self.stands(Some(line));
        outcome
    }

    /// Says how the line stands, and how many changes wait for it.
    fn stands(&mut self, now: Option<Line>) {
        let waiting = self.elsewhere.as_ref().map_or(0, |elsewhere| elsewhere.spool.count());
        if let Kind::Verifier { line, spooled, .. } = &mut self.kind {
            *spooled = waiting;
            if let Some(now) = now {
                *line = now;
            }
        }
    }

    /// Hands in what this operator signed while nobody answered, and finds out how the rest ended; answers whether
    /// anything was taken.
    fn deliver(&mut self) -> Result<bool, WardenError> {
        let Some(elsewhere) = &mut self.elsewhere else { return Ok(false) };
        let (mut taken, view) = (false, self.store.read()?);
        for spooled in elsewhere.spool.waiting() {
            // What the log has, checked here, waits no more; what anybody only says that it has, does.
            if let Some(index) = view.find_change(spooled.payload.id)? {
                elsewhere.ended.push(spooled.ended(Outcome::InLog(index)));
                elsewhere.spool.answered(spooled.payload.id);
                continue;
            }
            if !spooled.again {
                elsewhere.ended.push(spooled.ended(Outcome::NotTaken));
                elsewhere.spool.answered(spooled.payload.id);
                continue;
            }
            if spooled.change.signers().iter().all(|signer| signer.name != elsewhere.upstream.name()) {
                continue;
            }
            match elsewhere.upstream.submit(&spooled.change, &spooled.openings) {
                Err(UpstreamError::Unreachable { .. }) => break,
                Err(error) if error.is_about_session() => break,
                Err(error) => spooled.refused(&error.to_string()),
                Ok(_) => taken = true,
            }
        }
        Ok(taken)
    }

    /// How changes ended that were signed here before anybody could say; each is told once, those that wait every time.
    pub fn ended(&mut self) -> Vec<Ended> {
        let Some(elsewhere) = &mut self.elsewhere else { return Vec::new() };
        let open = elsewhere.spool.waiting();
        let outcome = |again| if again { Outcome::Waits } else { Outcome::Unknown };
        let mut ended = std::mem::take(&mut elsewhere.ended);
        ended.extend(open.iter().map(|spooled| spooled.ended(outcome(spooled.again))));
        ended
    }

    /// Keeps what takes authority away until the verifier answers; anything else is refused.
    fn keep_for_later(&mut self, payload: &Payload, error: UpstreamError) -> WardenError {
        let Some(Elsewhere { spool, .. }) = &self.elsewhere else { return error.into() };
        if !spool.keeps(payload.id) {
            if matches!(error, UpstreamError::Refused { .. }) {
                spool.answered(payload.id);
            }
            return error.into();
        }
        let why = error.to_string();
        let line = self.lost(self.now(), &error.into());
        self.stands(Some(line));
        WardenError::NotYetInForce { why }
    }

    fn fetch_once(&mut self) -> Result<(), NotFollowed> {
        let reached = self.reached();
        let Some(Elsewhere { upstream, pinned, .. }) = &mut self.elsewhere else { return Ok(()) };
        let (pinned, told) = (pinned.clone(), upstream.told());
        let mut fetched = upstream.fetch(reached);
        if let (Err(error), Some(hand)) = (&fetched, &mut self.hand)
            && error.is_about_session()
        {
            upstream.sign_in(&mut **hand).map_err(WardenError::Hand)?;
            fetched = upstream.fetch(reached);
        }
        let (pieces, note) = match fetched {
            Err(UpstreamError::Refused { code, .. }) if code == "log_truncated" => {
                return Err(Lie::Shorter { signed: 0, known: reached.entries }.into());
            }
            fetched => fetched.map_err(WardenError::from)?,
        };
        let url = upstream.url().to_owned();
        let absorbed = self.absorb(pieces, &note, &pinned);
        if let Some(Elsewhere { upstream, .. }) = &mut self.elsewhere {
            match &absorbed {
                Ok(()) => upstream.taken(),
                // A disk may have changed what lay on it: that is no evidence against anybody.
                Err(NotFollowed::Lie(lie)) if upstream.doubted() => {
                    let problem = format!("what had arrived is spoiled, and is fetched anew: {lie}");
                    return Err(WardenError::from(UpstreamError::Unreachable { url, problem }).into());
                }
                Err(_) => {}
            }
        }
        absorbed?;
        let signed = self.state.head.size;
        if let Some(told) = told.filter(|told| *told > signed) {
            return Err(Lie::Withholds { told, signed }.into());
        }
        let (now, head) = (self.now(), Checkpoint::claimed(&note));
        match head.filter(|head| now > head.time.plus(OLD)) {
            None => Ok(()),
            Some(head) => {
                let problem = format!("its head is of {}, and it is {now}", head.time);
                Err(WardenError::from(UpstreamError::Unreachable { url, problem }).into())
            }
        }
    }

    fn lost(&self, now: Time, error: &WardenError) -> Line {
        match &self.kind {
            Kind::Verifier { line: line @ Line::Lost { .. }, .. } => line.clone(),
            _ => Line::Lost { since: now, why: error.to_string() },
        }
    }

    /// Why something that was signed while nobody answered will never be in force; said until
    /// [`Warden::refusal_seen`].
    pub fn spool_refusals(&self) -> Vec<(ChangeId, String)> {
        self.elsewhere.as_ref().map(|elsewhere| elsewhere.spool.refusals()).unwrap_or_default()
    }

    /// Somebody has seen why a change was refused.
    pub fn refusal_seen(&self, id: ChangeId) {
        if let Some(elsewhere) = &self.elsewhere {
            elsewhere.spool.told(id);
        }
    }

    /// Whether the verifier told of more than is here, or did not answer when it was last asked.
    pub(super) fn is_behind(&mut self) -> bool {
        let known = self.state.head.size;
        let told = self.elsewhere.as_mut().and_then(|elsewhere| elsewhere.upstream.size());
        told.is_some_and(|told| told > known)
            || (told.is_some() && matches!(&self.kind, Kind::Verifier { line: Line::Lost { .. }, .. }))
    }

    /// Hands a change in, and follows the log until it is here.
    pub(super) fn hand_in(
        &mut self,
        change: &SignedChange,
        payload: &Payload,
        beside: Beside<'_>,
    ) -> Result<Taken, WardenError> {
        let here = || WardenError::AtTheVerifier { what: payload.kind().as_str() };
        let elsewhere = self.elsewhere.as_mut().ok_or_else(here)?;
        if beside.newborn.is_some() {
            return Err(here());
        }
        // Whatever happens to this program now, the next one knows of it. A full disk stops nobody from stopping an agent.
        let kept = elsewhere.spool.keep(payload, change, beside.openings);
        if let (Err(error), false) = (&kept, payload.order.only_takes()) {
            return Err(WardenError::file(elsewhere.spool.directory(), error));
        }
        let mut submitted = elsewhere.upstream.submit(change, beside.openings);
        if let (Err(error), Some(hand)) = (&submitted, &mut self.hand)
            && error.is_about_session()
        {
            elsewhere.upstream.sign_in(&mut **hand).map_err(WardenError::Hand)?;
            submitted = elsewhere.upstream.submit(change, beside.openings);
        }
        let index = match submitted {
            Ok(index) => index,
            Err(error) if error.is_about_session() || matches!(error, UpstreamError::Unreachable { .. }) => {
                return Err(self.keep_for_later(payload, error));
            }
            Err(error) => {
                elsewhere.spool.answered(payload.id);
                return Err(error.into());
            }
        };
        // It was taken whatever becomes of the line now; what is here says so as soon as it can be checked.
        if let Err(error) = self.fetch() {
            return Err(WardenError::TakenUnseen { index, why: error.to_string() });
        }
        let entry = self.entry(index)?;
        let (entry, found) = entry.ok_or(WardenError::Lie(Lie::Entries(self.state.head.size)))?;
        let waits = self.state.operators.proposal(payload.id).map(|proposal| proposal.waits());
        let is_it = found.id == payload.id || waits.is_some();
        if !is_it {
            return Err(WardenError::Lie(Lie::Entries(index)));
        }
        // Whoever asked is told now, and nobody need be told again.
        if let Some(elsewhere) = &mut self.elsewhere {
            elsewhere.spool.answered(payload.id);
            elsewhere.ended.retain(|ended| ended.id != payload.id);
        }
        self.stands(None);
        let registry = &self.state.registry;
        let put = |row: &crate::registry::Row| registry.agent(*row).version() == index;
        let mut touched: Vec<_> =
            if waits.is_some() { Vec::new() } else { registry.rows().filter(put).collect() };
        let subject = payload.order.subject();
        if let Some(root) = touched.iter().position(|row| registry.agent(*row).did().to_string() == subject) {
            touched.swap(0, root);
        }
        Ok(Taken { index, time: entry.time, kind: payload.kind(), subject, touched, waits, known: false })
    }

    /// The evidence from whoever has the key of the log; none where that is this warden.
    pub(super) fn prove_elsewhere(&mut self, index: u64) -> Option<Result<Evidence, WardenError>> {
        let elsewhere = self.elsewhere.as_mut()?;
        let evidence = elsewhere.upstream.prove(index).map_err(WardenError::from);
        Some(evidence.and_then(|evidence| self.checked(index, evidence)))
    }

    /// The evidence, if it is about this very entry under a head of this very log.
    fn checked(&mut self, index: u64, evidence: Evidence) -> Result<Evidence, WardenError> {
        if self.holds(index, &evidence)? {
            return Ok(evidence);
        }
        // A key that was announced since the last look is no lie.
        self.fetch()?;
        if self.holds(index, &evidence)? {
            return Ok(evidence);
        }
        self.stands(Some(Line::Lies(Lie::Proof(index))));
        Err(WardenError::Lie(Lie::Proof(index)))
    }

    fn holds(&mut self, index: u64, evidence: &Evidence) -> Result<bool, WardenError> {
        let here = self.entry_bytes(index)?;
        let announced = self.state.operators.log_keys().last().map(|(_, key)| NoteVerifier::parse(key).ok());
        let pinned = || self.elsewhere.as_ref().map(|elsewhere| elsewhere.pinned.clone());
        let Some(key) = announced.unwrap_or_else(pinned) else { return Ok(false) };
        let proven = evidence.check(Some(&key));
        let about = proven.is_ok_and(|proven| proven.entry().index == index);
        Ok(about && here.is_none_or(|here| here == evidence.entry))
    }

    /// Refuses what only whoever has the log can do.
    pub(super) const fn not_elsewhere(&self, what: &'static str) -> Result<(), WardenError> {
        if self.elsewhere.is_some() { Err(WardenError::AtTheVerifier { what }) } else { Ok(()) }
    }
}
