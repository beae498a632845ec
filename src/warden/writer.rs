//! One thread that owns the warden: what many hand in while the disk is busy lasts with the next write.

use std::io;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::lanes::{Lane, Lanes, Turned};
use super::together::{Judge, Prepared};
use super::{Snapshot, Taken, Warden, WardenError};
use crate::change::SignedChange;
use crate::encoding::Digest32;
use crate::time::Time;

/// So many changes last together at most.
const TOGETHER: usize = 256;
/// So many jobs wait for their turn, of operators and of everybody else.
const WAITING: usize = 1024;
/// So often it is looked whether another process wrote.
const LOOK: Duration = Duration::from_millis(50);

/// A warden on a thread of its own.
pub struct Writer {
    callers: Caller,
    thread: JoinHandle<Warden>,
}

/// Somebody who hands in work; as many as are wanted, each cheap.
#[derive(Clone)]
pub struct Caller {
    jobs: Arc<Lanes<Job>>,
    shown: Arc<Mutex<Arc<Shown>>>,
}

/// What the last write left, for everybody to look at.
#[derive(Clone)]
pub struct Shown {
    /// By whom and what signatures count.
    pub judge: Judge,
    /// The state.
    pub snapshot: Snapshot,
    /// The digest of its policy.
    pub policy_digest: Digest32,
    /// When it was last known that nobody had written anything else.
    pub as_of: Time,
}

/// Hears of every write that changed something; it must not wait for anybody.
pub type OnNews = Box<dyn Fn(&Arc<Shown>) + Send>;

type Answer = Box<dyn FnOnce(Result<Taken, WardenError>) + Send>;

enum Job {
    Take(Box<Prepared>, Answer),
    Ask(Ask),
}

/// Works with the warden, and then answers.
type Ask = Box<dyn FnOnce(&mut Warden) -> Box<dyn FnOnce() + Send> + Send>;

/// Why a change has no answer from the warden.
#[derive(Debug, thiserror::Error)]
pub enum NotWritten {
    /// The warden refused it; nothing was done.
    #[error(transparent)]
    Refused(#[from] WardenError),
    /// So many wait already that this one was not taken in; nothing was done.
    #[error("too many requests wait; nothing was done")]
    Full,
    /// The writer has ended; look for the change by its id.
    #[error("the writer has ended; nobody knows whether the change lasts")]
    Ended,
}

impl NotWritten {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(error) => error.code(),
            Self::Full => "writer_full",
            Self::Ended => "writer_ended",
        }
    }
}

impl Writer {
    /// Begins to work for callers.
    ///
    /// # Errors
    /// What the system says when it gives no thread.
    pub fn start(warden: Warden) -> io::Result<Self> {
        Self::start_telling(warden, Box::new(|_| ()))
    }

    /// Begins to work for callers, and tells `on_news` of what changed, also by another process.
    ///
    /// # Errors
    /// What the system says when it gives no thread.
    pub fn start_telling(warden: Warden, on_news: OnNews) -> io::Result<Self> {
        let jobs = Arc::new(Lanes::new(WAITING));
        let shown = Arc::new(Mutex::new(Arc::new(Shown::of(&warden, None))));
        let callers = Caller { jobs, shown };
        let work = Work { warden, callers: callers.clone(), on_news };
        let thread = thread::Builder::new().name("writer".to_owned()).spawn(move || {
            // Also after a panic nobody waits for an answer that never comes.
            let _ending = work.callers.jobs.ending();
            work.run()
        })?;
        Ok(Self { callers, thread })
    }

    /// Somebody who hands in work.
    pub fn caller(&self) -> Caller {
        self.callers.clone()
    }

    /// Answers all that was handed in before, and gives the warden back.
    pub fn stop(self) -> Warden {
        self.callers.jobs.close();
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

impl Shown {
    fn of(warden: &Warden, before: Option<&Self>) -> Self {
        let snapshot = warden.snapshot();
        let same = before.filter(|before| Arc::ptr_eq(&before.snapshot.policy, &snapshot.policy));
        let policy_digest = same.map_or_else(|| snapshot.policy.digest(), |before| before.policy_digest);
        Self { judge: warden.judge(), snapshot, policy_digest, as_of: warden.now() }
    }
}

impl Caller {
    /// Verifies a change on this thread, hands it in, and answers when the disk has it.
    ///
    /// # Errors
    /// [`NotWritten`].
    pub fn submit(&self, change: SignedChange) -> Result<Taken, NotWritten> {
        let prepared = Box::new(self.shown().judge.prepare(change)?);
        let (answer, answered) = sync_channel(1);
        let answer: Answer = Box::new(move |taken| drop(answer.send(taken)));
        self.jobs.push(Lane::Operators, Job::Take(prepared, answer)).map_err(|_| NotWritten::Ended)?;
        Ok(answered.recv().map_err(|_| NotWritten::Ended)??)
    }

    /// Hands in a change that was verified; `answer` is called when the disk has it.
    ///
    /// # Errors
    /// [`NotWritten`]; `answer` is not called then.
    pub fn hand_in(
        &self,
        prepared: Prepared,
        answer: impl FnOnce(Result<Taken, WardenError>) + Send + 'static,
    ) -> Result<(), NotWritten> {
        self.try_push(Lane::Operators, Job::Take(Box::new(prepared), Box::new(answer)))
    }

    /// Lets the warden do something; `answer` is called when everybody can see it, and dropped when the writer ends.
    ///
    /// # Errors
    /// [`NotWritten`]; nothing was done.
    pub fn ask<T: Send + 'static>(
        &self,
        lane: Lane,
        ask: impl FnOnce(&mut Warden) -> T + Send + 'static,
        answer: impl FnOnce(T) + Send + 'static,
    ) -> Result<(), NotWritten> {
        let ask: Ask = Box::new(move |warden| {
            let done = ask(warden);
            Box::new(move || answer(done))
        });
        self.try_push(lane, Job::Ask(ask))
    }

    /// How many jobs wait: operators', and everybody else's.
    pub fn waiting(&self) -> (usize, usize) {
        self.jobs.waiting()
    }

    /// Whether nobody works any more.
    pub fn ended(&self) -> bool {
        self.jobs.is_closed()
    }

    fn try_push(&self, lane: Lane, job: Job) -> Result<(), NotWritten> {
        self.jobs.try_push(lane, job).map_err(|turned| match turned {
            Turned::Full(_) => NotWritten::Full,
            Turned::Closed(_) => NotWritten::Ended,
        })
    }

    /// The state that the last write left.
    pub fn snapshot(&self) -> Snapshot {
        self.shown().snapshot.clone()
    }

    /// What the last write left.
    pub fn shown(&self) -> Arc<Shown> {
        Arc::clone(&self.shown.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The thread's work.
struct Work {
    warden: Warden,
    callers: Caller,
    on_news: OnNews,
}

impl Work {
    fn run(mut self) -> Warden {
        let mut looked = Instant::now();
        loop {
            match self.callers.jobs.pop(LOOK.saturating_sub(looked.elapsed())) {
                Some(Job::Take(prepared, answer)) => self.take(*prepared, answer),
                Some(Job::Ask(ask)) => self.answer(ask),
                None if self.callers.jobs.is_closed() => return self.warden,
                None => {}
            }
            // Also while there is always work: whoever is stopped by another process is stopped here.
            if looked.elapsed() >= LOOK {
                // A look that fails leaves the time of the last good one: policy says how old that may be.
                if self.warden.follow().is_ok() {
                    self.show();
                }
                looked = Instant::now();
            }
        }
    }

    /// Takes a change, and those that came meanwhile with it.
    fn take(&mut self, first: Prepared, answer: Answer) {
        let (mut changes, mut answers, mut then) = (vec![first], vec![answer], None);
        while changes.len() < TOGETHER {
            match self.callers.jobs.try_pop() {
                Some(Job::Take(prepared, answer)) => {
                    changes.push(*prepared);
                    answers.push(answer);
                }
                Some(Job::Ask(ask)) => {
                    then = Some(ask);
                    break;
                }
                None => break,
            }
        }
        let taken = self.warden.submit_all(&changes);
        self.show();
        for (answer, taken) in answers.into_iter().zip(taken) {
            answer(taken);
        }
        if let Some(ask) = then {
            self.answer(ask);
        }
    }

    fn answer(&mut self, ask: Ask) {
        let answer = ask(&mut self.warden);
        self.show();
        answer();
    }

    /// Shows the state to everybody, before anybody has an answer that rests on it.
    fn show(&self) {
        let now = Arc::new(Shown::of(&self.warden, Some(&self.callers.shown())));
        let mut shown = self.callers.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let news = shown.snapshot.head != now.snapshot.head;
        *shown = Arc::clone(&now);
        drop(shown);
        if news {
            (self.on_news)(&now);
        }
    }
}
