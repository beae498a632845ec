//! A warden whose log lies elsewhere: it reads from its replica, hands in what it signs, and believes nothing.

use std::path::PathBuf;

use super::spool::{Ended, Outcome, Spool};
use super::submit::{Beside, Taken};
use super::{
    Finding, Findings, Kind, Lie, Line, NotFollowed, Upstream, UpstreamError, Wake, Warden, WardenError,
};
use crate::audit::{Checkpoint, NoteVerifier};
use crate::change::{ChangeId, OnCase, Payload, SignedChange, What};
use crate::time::{Span, Time};

/// A head that is older says how things stood, and not how they stand.
const OLD: Span = Span::seconds(300);

/// What a replica knows about where its log lies.
pub(super) struct Elsewhere {
    pub upstream: Box<dyn Upstream>,
    /// The key that was pinned before anything was asked.
    pub pinned: NoteVerifier,
    /// What was signed, and nobody has answered for yet.
    pub spool: Spool,
    /// How changes ended of which nobody here was told yet.
    pub ended: Vec<Ended>,
    /// What is kept against it.
    pub findings: Findings,
}

impl Warden {
    /// From now on this warden is a replica of what `upstream` has, whose heads are signed with `pinned` or with a key
    /// that the log announces.
    ///
    /// What is signed while it does not answer is kept in the directory `spool`, if it only takes authority away.
    pub fn follow_upstream(&mut self, upstream: Box<dyn Upstream>, pinned: NoteVerifier, spool: PathBuf) {
        let findings = Findings::at(spool.parent().unwrap_or(&spool).to_owned());
        // A contradiction stands until somebody has seen it, whatever the verifier says now.
        let line = findings
            .open()
            .into_iter()
            .next()
            .map_or(Line::Live, |Finding { found, words, .. }| Line::Lies(Lie::Before { found, words }));
        let spool = Spool::at(spool);
        let (url, spooled) = (upstream.url().to_owned(), spool.count());
        self.kind = Kind::Verifier { url, line, spooled };
        self.elsewhere = Some(Elsewhere { upstream, pinned, spool, ended: Vec::new(), findings });
    }

    /// Calls this when the verifier tells of something; never where the log lies here: there one has to look.
    pub fn on_news(&mut self, news: Wake) {
        if let Some(elsewhere) = &mut self.elsewhere {
            elsewhere.upstream.on_news(news);
        }
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
    pub(super) fn stands(&mut self, now: Option<Line>) {
        let found = self.now();
        if let (Some(Line::Lies(lie @ (Lie::Proof(_) | Lie::Withholds { .. }))), Some(elsewhere)) =
            (&now, &self.elsewhere)
        {
            let (findings, place) = (&elsewhere.findings, (elsewhere.upstream.url(), found));
            let _ = findings.find(&Finding::of(lie, place, findings.head().as_ref(), None));
        }
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

    /// What [`Warden::ended`] and the refusals say, in words; whoever asks shows it.
    pub fn ends(&mut self) -> Vec<String> {
        let mut words: Vec<String> = self.ended().iter().map(Ended::words).collect();
        for (id, why) in self.spool_refusals() {
            words.push(why);
            self.refusal_seen(id);
        }
        words
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
                let lie = Lie::Shorter { signed: 0, known: reached.entries };
                let (url, now) = (self.url(), self.now());
                if let Some(Elsewhere { findings, .. }) = &self.elsewhere {
                    let finding = Finding::of(&lie, (&url, now), findings.head().as_ref(), None);
                    let _ = findings.find(&finding);
                }
                return Err(lie.into());
            }
            fetched => fetched.map_err(WardenError::from)?,
        };
        let url = upstream.url().to_owned();
        let absorbed = self.absorb(pieces, &note, &pinned);
        let found = self.now();
        if let Some(Elsewhere { upstream, findings, .. }) = &mut self.elsewhere {
            match &absorbed {
                Ok(()) => {
                    upstream.taken();
                    findings.keep_head(&note);
                }
                // A disk may have changed what lay on it: that is no evidence against anybody.
                Err(NotFollowed::Lie(lie)) if upstream.doubted() => {
                    let problem = format!("what had arrived is spoiled, and is fetched anew: {lie}");
                    return Err(WardenError::from(UpstreamError::Unreachable { url, problem }).into());
                }
                Err(NotFollowed::Lie(lie)) => {
                    let finding = Finding::of(lie, (&url, found), findings.head().as_ref(), Some(&note));
                    let _ = findings.find(&finding);
                }
                Err(NotFollowed::Failed(_)) => {}
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

    fn url(&self) -> String {
        self.elsewhere.as_ref().map(|elsewhere| elsewhere.upstream.url().to_owned()).unwrap_or_default()
    }

    /// What is said, with the last head that held if it is a note in a case: whoever reads it compares, and a verifier
    /// that shows each another log is found out.
    pub(super) fn vouched(&self, what: &What) -> What {
        let head = || Some(self.elsewhere.as_ref()?.findings.head()?.to_string());
        match what {
            What::Case(OnCase::Note { text, seen: None }) => {
                What::Case(OnCase::Note { text: text.clone(), seen: head() })
            }
            what => what.clone(),
        }
    }

    /// What is kept against the verifier; none where the log lies here.
    pub fn findings(&self) -> Option<&Findings> {
        self.elsewhere.as_ref().map(|elsewhere| &elsewhere.findings)
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
        // Whoever contradicts itself is told whom to stop, and nothing else.
        if let (Kind::Verifier { line: Line::Lies(lie), .. }, false) =
            (&self.kind, payload.order.only_takes())
        {
            return Err(WardenError::Lie(lie.clone()));
        }
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

    /// Refuses what only whoever has the log can do.
    pub(super) const fn not_elsewhere(&self, what: &'static str) -> Result<(), WardenError> {
        if self.elsewhere.is_some() { Err(WardenError::AtTheVerifier { what }) } else { Ok(()) }
    }
}
