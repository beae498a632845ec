//! Verdicts that count: judged, and kept before they are given.
//!
//! An allow is given only when the decision log has it on the disk; a denial is always given. Nothing here touches the
//! log of changes, so a decision log that is full, damaged or gone stops no change.

use std::sync::Arc;

use crate::audit::{
    Asked, NoteVerifier, Refusals, Ruling, Sample, SegmentHead, Told, decisions_origin, proof_name,
};
use crate::delegation::{Memo, Proof};
use crate::encoding::Digest32;
use crate::identity::SecretKey;
use crate::store::{Decisions, Keeping, Misuse, Recording, StoreError};
use crate::time::Time;
use crate::verify::{Basis, ProofUse, Request, Verdict, judge};

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
            return Ok(self.answers(asked, now));
        }
        // A floor that cannot be read is that of a log that cannot keep an allow either.
        let floor = self.decisions().and_then(|decisions| decisions.tail()).ok();
        let now = self.now().max(floor.and_then(|tail| tail.last_time).unwrap_or(Time::MIN));
        let mut answers = self.answers(asked, now);
        if let Err(error) = self.keep(asked, &mut answers, now) {
            unkept(&mut answers, &error);
        }
        Ok(answers)
    }

    /// The verdicts as of `now`; nothing is kept yet.
    fn answers(&self, asked: &[Asked<'_>], now: Time) -> Vec<Answer> {
        let snapshot = self.snapshot();
        let policy_digest = snapshot.policy.digest();
        let ground = Ground { snapshot: &snapshot, policy_digest, as_of: now, memo: &self.keeper.memo };
        asked.iter().map(|asked| ground.answer(asked, now)).collect()
    }

    fn keep(&mut self, asked: &[Asked<'_>], answers: &mut [Answer], now: Time) -> Result<(), StoreError> {
        self.decisions()?;
        let Some(mut decisions) = self.keeper.open.take() else { return Ok(()) };
        let snapshot = self.snapshot();
        let memo = Arc::clone(&self.keeper.memo);
        let policy_digest = snapshot.policy.digest();
        let ground = Ground { snapshot: &snapshot, policy_digest, as_of: now, memo: &memo };
        let key = &mut || self.log_key().ok();
        let kept = ground.keep(&mut decisions, (asked, answers), key, now);
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

/// What could not be kept allows nothing.
pub(super) fn unkept(answers: &mut [Answer], error: &StoreError) {
    for answer in answers {
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
    pub(super) fn answer(&self, asked: &Asked<'_>, now: Time) -> Answer {
        Answer { verdict: self.verdict(&asked.request, now), index: None, unkept: None }
    }

    fn verdict(&self, request: &Request<'_>, now: Time) -> Verdict {
        let snapshot = self.snapshot;
        let basis = Basis {
            registry: &snapshot.registry,
            policy: &snapshot.policy,
            policy_digest: self.policy_digest,
            index: snapshot.head.size,
            as_of: self.as_of,
        };
        judge(request, &basis, self.memo, now).0
    }

    /// Keeps what was decided, all of it at once; an allow whose proof was used meanwhile becomes a denial.
    pub(super) fn keep(
        &self,
        decisions: &mut Decisions,
        (asked, answers): (&[Asked<'_>], &mut [Answer]),
        key: &mut dyn FnMut() -> Option<SecretKey>,
        now: Time,
    ) -> Result<(), StoreError> {
        let known = answers.iter().any(|answer| answer.verdict.caller.is_some());
        let mut recording = if known { decisions.begin()? } else { decisions.begin_counting()? };
        let mut minute = match recording.draft()? {
            Some(over) if over.is_over(now) => {
                recording.append(Told::Refusals(over), now)?;
                Refusals::at(now)
            }
            draft => draft.unwrap_or_else(|| Refusals::at(now)),
        };
        for (asked, answer) in asked.iter().zip(answers) {
            let allows = answer.verdict.allows();
            let read = Proof::parse(&asked.request.proof).ok();
            let until = read.as_ref().map_or(Time::MAX, Proof::expires);
            // Whoever overheard a request can send it again, and is counted only.
            let proof = read.as_ref().map_or_else(|| proof_name(&asked.request), Proof::name);
            let known = answer.verdict.caller.is_some();
            let seen = if known { recording.see(&proof, until, allows)? } else { None };
            if allows && seen == Some(true) {
                let again = Request { proof_use: ProofUse::Spent, ..asked.request.clone() };
                answer.verdict = self.verdict(&again, now);
            } else if seen.is_none() || allows {
                let ruling = Ruling::of(asked, &answer.verdict, proof, self.memo);
                answer.index = take(&mut recording, ruling, allows, now)?;
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
    ruling: Option<Ruling>,
    allows: bool,
    now: Time,
) -> Result<Option<u64>, StoreError> {
    let Some(ruling) = ruling else { return Ok(None) };
    match recording.append(Told::Ruling(Box::new(ruling)), now) {
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
