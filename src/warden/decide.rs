//! Verdicts that count: judged, and kept before they are given.
//!
//! An allow is given only when the decision log has it on the disk; a denial is always given. Nothing here touches the
//! log of changes, so a decision log that is full, damaged or gone stops no change.

use std::borrow::Borrow;
use std::sync::Arc;

use crate::audit::{
    Asked, Draft, NoteVerifier, Refusals, Sample, SegmentHead, Told, decisions_origin, proof_name,
};
use crate::delegation::{Chain, Memo, Proof};
use crate::encoding::Digest32;
use crate::identity::SecretKey;
use crate::store::{Decisions, Keeping, Misuse, Recording, StoreError};
use crate::time::Time;
use crate::verify::{Basis, ProofUse, Request, Verdict, VerifiedChain, judge};

use super::{Kind, Snapshot, Warden, WardenError};

/// What was answered, and where it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The verdict; it counts as it is.
    pub verdict: Verdict,
    /// Its place in the decision log; none for a stranger, who is counted only, and where nothing is kept.
    pub index: Option<u64>,
    /// Why it is not kept; an allow became a denial by it.
    pub unkept: Option<StoreError>,
}

/// The decision log of a warden, opened when it is first needed.
pub(super) struct Keeper {
    open: Option<Decisions>,
    pub(super) keeping: Keeping,
    memo: Arc<Memo>,
}

impl Default for Keeper {
    fn default() -> Self {
        Self { open: None, keeping: Keeping::default(), memo: Arc::new(Memo::new(4096, 4096)) }
    }
}

impl Warden {
    /// Judges requests as of now and keeps what is decided, all of it at once; each proof is used once.
    ///
    /// A demo mesh and the copy of a registry file keep nothing: nobody enforces what is answered there.
    ///
    /// # Errors
    /// [`WardenError`] when the log of changes cannot be read: nothing is allowed then.
    pub fn decide(&mut self, asked: &[Asked<'_>]) -> Result<Vec<Answer>, WardenError> {
        self.follow()?;
        if !self.kind.lasts() {
            let now = self.now();
            return Ok(answers(self.judged(asked, now)));
        }
        // A floor that cannot be read is that of a log that cannot keep an allow either.
        let floor = self.decisions().and_then(|decisions| decisions.tail()).ok();
        let now = self.now().max(floor.and_then(|tail| tail.last_time).unwrap_or(Time::MIN));
        let mut judged = self.judged(asked, now);
        if let Err(error) = self.keep(asked, &mut judged, now) {
            unkept(&mut judged, &error);
        }
        Ok(answers(judged))
    }

    /// The verdicts as of `now`; nothing is kept yet.
    fn judged(&self, asked: &[Asked<'_>], now: Time) -> Vec<Judged> {
        let snapshot = self.snapshot();
        let policy_digest = snapshot.policy.digest();
        let ground = Ground { snapshot: &snapshot, policy_digest, as_of: now, memo: &self.keeper.memo };
        asked.iter().map(|asked| ground.judge(asked, now)).collect()
    }

    fn keep(&mut self, asked: &[Asked<'_>], judged: &mut [Judged], now: Time) -> Result<(), StoreError> {
        self.decisions()?;
        let Some(mut decisions) = self.keeper.open.take() else { return Ok(()) };
        let snapshot = self.snapshot();
        let memo = Arc::clone(&self.keeper.memo);
        let policy_digest = snapshot.policy.digest();
        let ground = Ground { snapshot: &snapshot, policy_digest, as_of: now, memo: &memo };
        let key = &mut || self.log_key().ok();
        let kept = ground.keep(&mut decisions, (asked, judged), key, now);
        // A handle on a damaged file is no use; the next request looks whether it was repaired.
        if !matches!(kept, Err(StoreError::Damaged { .. })) {
            self.keeper.open = Some(decisions);
        }
        kept
    }

    /// The decision log, opened, and made when there is none.
    pub(super) fn decisions(&mut self) -> Result<&mut Decisions, StoreError> {
        let (log, keeping) = (self.meta.log, self.keeper.keeping);
        let opened = match (self.keeper.open.take(), &self.kind) {
            (Some(open), _) => open,
            (None, Kind::Directory(path)) => Decisions::open_or_create(path, log, keeping)?,
            (None, _) => return Err(Misuse::Aborted.into()),
        };
        Ok(self.keeper.open.insert(opened))
    }

    /// Keeps more or less than usual.
    pub fn keep_decisions(&mut self, keeping: Keeping) {
        (self.keeper.keeping, self.keeper.open) = (keeping, None);
    }

    /// Who signs heads of the decision log.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn decisions_verifiers(&mut self) -> Result<Vec<NoteVerifier>, WardenError> {
        let name = decisions_origin(self.meta.log);
        let now = self.log_key()?.public_key();
        let former = self.state.operators.log_keys().iter();
        let former = former.filter_map(|(_, key)| NoteVerifier::parse(key).ok()).map(|key| key.key().clone());
        let mut verifiers = Vec::new();
        for key in std::iter::once(now).chain(former) {
            let verifier = NoteVerifier::new(&name, key).map_err(|error| WardenError::Unsigned { error })?;
            if !verifiers.contains(&verifier) {
                verifiers.push(verifier);
            }
        }
        Ok(verifiers)
    }

    /// Signs the head of the decision log as it is now; none when nothing was decided.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn decisions_head(&mut self) -> Result<Option<(SegmentHead, crate::audit::Note)>, WardenError> {
        let Some(head) =
            self.decided()?.map(|decisions| decisions.tail()).transpose()?.map(|tail| tail.head())
        else {
            return Ok(None);
        };
        let note = head.sign(&self.log_key()?).map_err(|error| WardenError::Unsigned { error })?;
        Ok(Some((head, note)))
    }
}

/// A verdict, and what is kept of it.
pub(super) struct Judged {
    pub answer: Answer,
    /// None when nobody proved who they are, or a part has no canonical form.
    pub draft: Option<Arc<Draft>>,
    proof: Remembered,
}

/// A proof of possession as it is remembered, and until when; for ever when it cannot be read.
#[derive(Clone, Copy)]
struct Remembered {
    name: Digest32,
    until: Time,
}

impl Remembered {
    fn of(request: &Request<'_>) -> Self {
        match Proof::parse(&request.proof) {
            Ok(proof) => Self::from(&proof),
            Err(_) => Self { name: proof_name(request), until: Time::MAX },
        }
    }
}

impl From<&Proof> for Remembered {
    fn from(proof: &Proof) -> Self {
        Self { name: proof.name(), until: proof.expires() }
    }
}

fn answers(judged: Vec<Judged>) -> Vec<Answer> {
    judged.into_iter().map(|judged| judged.answer).collect()
}

/// What could not be kept allows nothing.
pub(super) fn unkept(judged: &mut [Judged], error: &StoreError) {
    for Judged { answer, .. } in judged {
        if answer.verdict.allows() {
            answer.verdict = answer.verdict.clone().unkept(error);
        }
        (answer.index, answer.unkept) = (None, Some(error.clone()));
    }
}

/// What verdicts rest on.
pub(super) struct Ground<'a> {
    pub snapshot: &'a Snapshot,
    /// The digest of its policy, computed once.
    pub policy_digest: Digest32,
    /// When the snapshot was last known to be up to date.
    pub as_of: Time,
    pub memo: &'a Memo,
}

impl Ground<'_> {
    /// The verdict as of `now`; nothing is kept yet.
    pub(super) fn judge(&self, asked: &Asked<'_>, now: Time) -> Judged {
        let (verdict, chain) = self.verdict(&asked.request, now);
        let (proof, chain) = match &chain {
            Some(verified) => (verified.proof().into(), verified.chain().cloned()),
            None => (Remembered::of(&asked.request), Chain::recall(&asked.request.chain, self.memo).ok()),
        };
        let draft = Draft::of(asked, &verdict, proof.name, chain.as_ref(), self.snapshot.log).map(Arc::new);
        Judged { answer: Answer { verdict, index: None, unkept: None }, draft, proof }
    }

    fn verdict(&self, request: &Request<'_>, now: Time) -> (Verdict, Option<VerifiedChain>) {
        let snapshot = self.snapshot;
        let basis = Basis {
            registry: &snapshot.registry,
            policy: &snapshot.policy,
            policy_digest: self.policy_digest,
            index: snapshot.head.size,
            as_of: self.as_of,
        };
        judge(request, &basis, self.memo, now)
    }

    /// Keeps what was decided, all of it at once; an allow whose proof was used meanwhile becomes a denial.
    pub(super) fn keep<'asked>(
        &self,
        decisions: &mut Decisions,
        (asked, judged): (&[impl Borrow<Asked<'asked>>], &mut [Judged]),
        key: &mut dyn FnMut() -> Option<SecretKey>,
        now: Time,
    ) -> Result<(), StoreError> {
        let known = judged.iter().any(|judged| judged.answer.verdict.caller.is_some());
        let mut recording = if known { decisions.begin()? } else { decisions.begin_counting()? };
        let mut minute = match recording.draft()? {
            Some(over) if over.is_over(now) => {
                recording.append(Told::Refusals(over), now)?;
                Refusals::at(now)
            }
            draft => draft.unwrap_or_else(|| Refusals::at(now)),
        };
        for (asked, Judged { answer, draft, proof }) in asked.iter().zip(judged) {
            let asked = asked.borrow();
            let allows = answer.verdict.allows();
            // Whoever overheard a request can send it again, and is counted only.
            let known = answer.verdict.caller.is_some();
            let seen = if known { recording.see(&proof.name, proof.until, allows)? } else { None };
            if allows && seen == Some(true) {
                let again = Request { proof_use: ProofUse::Spent, ..asked.request.clone() };
                answer.verdict = self.verdict(&again, now).0;
            } else if seen.is_none() || allows {
                answer.index = take(&mut recording, draft.take(), allows, now)?;
            }
            if answer.index.is_none() {
                minute.count(sample(asked, &answer.verdict));
            }
        }
        recording.set_draft((!minute.counts.is_empty()).then_some(&minute))?;
        if let Some(head) = recording.due(now) {
            // A segment that nobody can sign goes on; its end comes with the key, or with the quota.
            if let Some(note) = key().map(|key| head.sign(&key)) {
                recording.end_segment(&note.map_err(|_| Misuse::Aborted)?)?;
            }
        }
        recording.make_room()?;
        recording.commit()
    }
}

/// Takes a verdict into the log, if it is about a caller who is known and has a form that is kept.
fn take(
    recording: &mut Recording<'_>,
    draft: Option<Arc<Draft>>,
    allows: bool,
    now: Time,
) -> Result<Option<u64>, StoreError> {
    let Some(draft) = draft else {
        // An allow that has no form that is kept is not given.
        return if allows { Err(Misuse::Aborted.into()) } else { Ok(None) };
    };
    match recording.append_draft(&draft, now) {
        // What a denied caller wrote may be too long to be kept; what is allowed must be.
        Err(StoreError::Misuse(Misuse::Decision(_))) if !allows => Ok(None),
        kept => kept.map(Some),
    }
}

fn sample(asked: &Asked<'_>, verdict: &Verdict) -> Sample {
    let failure = verdict.failure.as_ref();
    // Whose proof it was, when it is sent a second time.
    let whose = verdict.caller.as_ref().map(|did| format!(" ({did})")).unwrap_or_default();
    Sample {
        code: failure.map_or_else(String::new, |failure| failure.code.to_string()),
        found: failure.map_or_else(String::new, |failure| format!("{}{whose}", failure.found)),
        action: verdict.action.clone(),
        peer: asked.peer.clone(),
    }
}
