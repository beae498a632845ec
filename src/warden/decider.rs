//! One thread that keeps verdicts: they are judged by whoever asks, and what comes while the disk is busy is kept with
//! the next write.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::decide::{Ground, Judged, unkept};
use super::lanes::{Lane, Lanes, Turned};
use super::log_key::key_of;
use super::{Answer, Caller, Clock, Kind, NotWritten, Shown, Warden};
use crate::audit::{Asked, Draft};
use crate::delegation::Memo;
use crate::identity::{KeyBytes, PublicKey};
use crate::store::{Decisions, Keeping, Misuse, StoreError};
use crate::time::Time;

/// So many verdicts are kept together at most: whoever asked first goes on while the next ones are kept.
const TOGETHER: usize = 128;
/// After so many at once, the thread lets more come together: a disk that is asked less often keeps more.
const BUSY: usize = 8;
/// So long, unless so many wait already.
const GATHERING: Duration = Duration::from_millis(3);
const ENOUGH: usize = 64;
/// So many wait for their turn.
const WAITING: usize = 4096;
/// So many keys and signatures are remembered.
const REMEMBERED: usize = 64 * 1024;

/// Where decisions are kept, and how many.
pub type Kept = (Option<PathBuf>, Keeping);

impl Warden {
    /// Where its decisions are kept.
    pub fn decisions_ground(&self) -> Kept {
        let directory = match &self.kind {
            Kind::Directory(directory) => Some(directory.clone()),
            _ => None,
        };
        (directory, self.keeper.keeping)
    }
}

/// Judges requests for many, and keeps what is decided.
#[derive(Clone)]
pub struct Decider {
    jobs: Arc<Lanes<Job>>,
    memo: Arc<Memo>,
    warden: Caller,
    clock: Arc<dyn Clock + Sync>,
}

/// What was handed in, until the answer is there.
#[must_use]
pub struct Held(
    #[expect(dead_code, reason = "it is dropped")] Arc<Asked<'static>>,
    #[expect(dead_code, reason = "it is dropped")] Option<Arc<Draft>>,
);

struct Job {
    asked: Arc<Asked<'static>>,
    judged: Judged,
    /// What it was judged by.
    shown: Arc<Shown>,
    tell: Box<dyn FnOnce(Answer) + Send>,
}

impl Decider {
    /// Begins to judge by what `caller` shows; keeps what is decided in its directory, if it has one.
    ///
    /// # Errors
    /// What the system says when it gives no thread.
    pub fn start(
        (directory, keeping): Kept,
        caller: Caller,
        clock: Arc<dyn Clock + Sync>,
    ) -> io::Result<(Self, JoinHandle<()>)> {
        let jobs = Arc::new(Lanes::new(WAITING));
        let memo = Arc::new(Memo::new(REMEMBERED, REMEMBERED));
        let decider = Self { jobs, memo, warden: caller, clock };
        let work = Work { decider: decider.clone(), directory, keeping, open: None };
        let thread = thread::Builder::new().name("decider".to_owned()).spawn(move || work.run())?;
        Ok((decider, thread))
    }

    /// Judges a request on this thread; `tell` is called with the answer when it is kept.
    ///
    /// What it answers is dropped then: memory that one thread takes and another one gives back makes them wait for each
    /// other.
    ///
    /// # Errors
    /// [`NotWritten`]: too many wait, and nothing is allowed.
    pub fn decide(
        &self,
        asked: Asked<'static>,
        tell: impl FnOnce(Answer) + Send + 'static,
    ) -> Result<Held, NotWritten> {
        let shown = self.warden.shown();
        let now = shown.snapshot.time(self.clock.now());
        let judged = self.ground(&shown).judge(&asked, now);
        let asked = Arc::new(asked);
        let held = Held(Arc::clone(&asked), judged.draft.clone());
        let job = Job { asked, judged, shown, tell: Box::new(tell) };
        let pushed = self.jobs.try_push(Lane::Others, job).map_err(|turned| match turned {
            Turned::Full(_) => NotWritten::Full,
            Turned::Closed(_) => NotWritten::Ended,
        });
        pushed.map(|()| held)
    }

    /// The checked key of these bytes, as far as they are one; the curve arithmetic is done once.
    pub fn key(&self, bytes: &KeyBytes) -> Option<PublicKey> {
        self.memo.key(bytes)
    }

    /// How many verdicts wait to be kept.
    pub fn waiting(&self) -> usize {
        let (operators, others) = self.jobs.waiting();
        operators.saturating_add(others)
    }

    /// Keeps what was handed in before, and ends.
    pub fn stop(&self) {
        self.jobs.close();
    }

    fn ground<'a>(&'a self, shown: &'a Shown) -> Ground<'a> {
        let Shown { snapshot, policy_digest, as_of, .. } = shown;
        Ground { snapshot, policy_digest: *policy_digest, as_of: *as_of, memo: &self.memo }
    }
}

/// The thread's work.
struct Work {
    decider: Decider,
    directory: Option<PathBuf>,
    keeping: Keeping,
    open: Option<Decisions>,
}

impl Work {
    fn run(mut self) {
        let _ending = self.decider.jobs.ending();
        loop {
            match self.decider.jobs.pop(Duration::from_secs(1)) {
                Some(first) => self.keep(first),
                None if self.decider.jobs.is_closed() => return,
                None => {}
            }
        }
    }

    fn keep(&mut self, first: Job) {
        let mut jobs = vec![first];
        self.decider.jobs.drain_into(&mut jobs, TOGETHER);
        let shown = self.decider.warden.shown();
        let (mut asked, mut judgements, mut tells) = (Vec::new(), Vec::new(), Vec::new());
        let floor = self.decisions(&shown).and_then(|open| open.map(|open| open.tail()).transpose());
        let last = floor.ok().flatten().and_then(|tail| tail.last_time).unwrap_or(Time::MIN);
        let now = shown.snapshot.time(self.decider.clock.now()).max(last);
        let ground = self.decider.ground(&shown);
        for Job { asked: one, mut judged, shown: then, tell } in jobs {
            // Somebody may have been stopped since; signatures are remembered, so that this costs little.
            if then.snapshot.head != shown.snapshot.head || judged.answer.verdict.now < last {
                judged = ground.judge(&one, now);
            }
            asked.push(one);
            judgements.push(judged);
            tells.push(tell);
        }
        if let Err(error) = self.write(&shown, &asked, &mut judgements, now) {
            unkept(&mut judgements, &error);
        }
        drop(asked);
        let many = tells.len();
        for (tell, judged) in tells.into_iter().zip(judgements) {
            tell(judged.answer);
        }
        if many >= BUSY && self.decider.waiting() < ENOUGH {
            thread::sleep(GATHERING);
        }
    }

    fn write(
        &mut self,
        shown: &Shown,
        asked: &[Arc<Asked<'static>>],
        judged: &mut [Judged],
        now: Time,
    ) -> Result<(), StoreError> {
        if self.decisions(shown)?.is_none() {
            return Ok(());
        }
        let (Some(mut open), Some(directory)) = (self.open.take(), &self.directory) else {
            return Err(Misuse::Aborted.into());
        };
        let ground = self.decider.ground(shown);
        let key = &mut || key_of(directory, &shown.snapshot);
        let kept = ground.keep(&mut open, (asked, judged), key, now);
        // A handle on a damaged file is no use; the next request looks whether it was repaired.
        if !matches!(kept, Err(StoreError::Damaged { .. })) {
            self.open = Some(open);
        }
        kept
    }

    /// The decision log, opened; none where nobody keeps anything.
    fn decisions(&mut self, shown: &Shown) -> Result<Option<&mut Decisions>, StoreError> {
        let Some(directory) = &self.directory else { return Ok(None) };
        let open = match self.open.take() {
            Some(open) => open,
            None => Decisions::open_or_create(directory, shown.snapshot.log, self.keeping)?,
        };
        Ok(Some(self.open.insert(open)))
    }
}
