//! A warden whose log lies elsewhere: it reads from its replica, hands in what it signs, and believes nothing.

use std::path::PathBuf;

use super::spool::Spool;
use super::submit::{Beside, Taken};
use super::{Kind, Lie, NotFollowed, Piece, Reached, Warden, WardenError};
use crate::audit::{Evidence, Note, NoteVerifier};
use crate::change::{Payload, SignedChange};
use crate::time::Time;
use crate::wire::{EnforcedLine, codes};

/// The verifier that has the log.
pub trait Upstream: Send {
    /// Its URL.
    fn url(&self) -> &str;

    /// How many entries it has, as far as it told; asks nobody.
    fn size(&mut self) -> Option<u64>;

    /// What a follower lacks that has `reached` so much, and the signed head of it.
    ///
    /// # Errors
    /// [`UpstreamError`].
    fn fetch(&mut self, reached: Reached) -> Result<(Vec<Piece>, Note), UpstreamError>;

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
}

/// Why the verifier gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamError {
    /// It does not answer; what was handed in may have been taken.
    #[error("{url} does not answer: {problem}")]
    Unreachable {
        /// Its URL.
        url: String,
        /// What happened.
        problem: String,
    },
    /// It refused; nothing was done.
    #[error("{url} refused: {detail}")]
    Refused {
        /// Its URL.
        url: String,
        /// The stable code.
        code: String,
        /// What is wrong.
        detail: String,
    },
}

impl UpstreamError {
    /// The stable code: the verifier's own, if this program knows it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "verifier_unreachable",
            Self::Refused { code, .. } => codes::find(code).map_or("verifier_refused", |row| row.code),
        }
    }
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
    /// What was signed while nobody answered.
    pub spool: Spool,
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
        self.elsewhere = Some(Elsewhere { upstream, pinned, spool });
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
        let now = self.now();
        let Some(elsewhere) = &mut self.elsewhere else { return Ok(false) };
        let pinned = elsewhere.pinned.clone();
        let fetched = elsewhere.upstream.fetch(reached);
        let outcome = match fetched {
            Ok((pieces, note)) => self.absorb(pieces.into_iter().map(Ok), &note, &pinned),
            Err(error) => Err(NotFollowed::Failed(error.into())),
        };
        let (line, outcome) = match outcome {
            Ok(()) => {
                self.deliver();
                (Line::Live, Ok(self.reached() != reached))
            }
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

    /// Hands in what was signed while nobody answered; what comes of it is in the log.
    fn deliver(&mut self) {
        let Some(elsewhere) = &mut self.elsewhere else { return };
        for spooled in elsewhere.spool.waiting() {
            match elsewhere.upstream.submit(&spooled.change, &spooled.openings) {
                Err(UpstreamError::Unreachable { .. }) => return,
                // It is in the log, or it never will be.
                Ok(_) | Err(UpstreamError::Refused { .. }) => spooled.answered(),
            }
        }
    }

    /// Keeps what takes authority away until the verifier answers; anything else is refused.
    fn keep_for_later(
        &mut self,
        (change, payload): (&SignedChange, &Payload),
        openings: &[Vec<u8>],
        error: UpstreamError,
    ) -> WardenError {
        let Some(elsewhere) = &self.elsewhere else { return error.into() };
        if !payload.order.only_takes() {
            return error.into();
        }
        match elsewhere.spool.keep(&payload.id.to_string(), change, openings) {
            Err(_) => error.into(),
            Ok(()) => {
                let why = error.to_string();
                let line = self.lost(self.now(), &error.into());
                self.stands(Some(line));
                WardenError::NotYetInForce { why }
            }
        }
    }

    /// Who has confirmed an entry; none where the log lies here, since only a running verifier hears of it.
    ///
    /// # Errors
    /// [`WardenError::Upstream`].
    pub fn enforced(&mut self, index: u64) -> Result<Option<EnforcedLine>, WardenError> {
        let Some(elsewhere) = &mut self.elsewhere else { return Ok(None) };
        Ok(Some(elsewhere.upstream.enforced(index)?))
    }

    fn lost(&self, now: Time, error: &WardenError) -> Line {
        match &self.kind {
            Kind::Verifier { line: line @ Line::Lost { .. }, .. } => line.clone(),
            _ => Line::Lost { since: now, why: error.to_string() },
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
        let submitted = elsewhere.upstream.submit(change, beside.openings);
        let index = match submitted {
            Err(error @ UpstreamError::Unreachable { .. }) => {
                return Err(self.keep_for_later((change, payload), beside.openings, error));
            }
            submitted => submitted?,
        };
        // It is in force whatever becomes of the line now; what is here says so as soon as it can be checked.
        self.fetch()?;
        let entry = self.entry(index)?;
        let (entry, found) = entry.ok_or(WardenError::Lie(Lie::Entries(self.state.head.size)))?;
        let waits = self.state.operators.proposal(payload.id).map(|proposal| proposal.waits());
        let is_it = found.id == payload.id || waits.is_some();
        if !is_it {
            return Err(WardenError::Lie(Lie::Entries(index)));
        }
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
        Some(elsewhere.upstream.prove(index).map_err(WardenError::from))
    }

    /// Refuses what only whoever has the log can do.
    pub(super) const fn not_elsewhere(&self, what: &'static str) -> Result<(), WardenError> {
        if self.elsewhere.is_some() { Err(WardenError::AtTheVerifier { what }) } else { Ok(()) }
    }
}
