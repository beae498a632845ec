//! One thread that writes for many callers: what comes while the disk is busy lasts with the next write.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use super::together::{Judge, Prepared};
use super::{Snapshot, Taken, Warden, WardenError};
use crate::change::SignedChange;

/// So many changes last together at most.
const TOGETHER: usize = 256;
/// So many changes wait for their turn; whoever comes then waits to hand in.
const WAITING: usize = 1024;

/// A warden on a thread of its own.
pub struct Writer {
    callers: Caller,
    thread: JoinHandle<Warden>,
}

/// Somebody who hands in changes; as many as are wanted, each cheap.
#[derive(Clone)]
pub struct Caller {
    jobs: SyncSender<Job>,
    shown: Arc<Mutex<Shown>>,
}

/// What the last write left, for everybody to look at.
#[derive(Clone)]
struct Shown {
    judge: Judge,
    snapshot: Snapshot,
}

enum Job {
    Take(Box<Prepared>, SyncSender<Result<Taken, WardenError>>),
    Stop,
}

/// Why a change has no answer from the warden.
#[derive(Debug, thiserror::Error)]
pub enum NotWritten {
    /// The warden refused it; nothing was done.
    #[error(transparent)]
    Refused(#[from] WardenError),
    /// The writer has ended; look for the change by its id.
    #[error("the writer has ended; nobody knows whether the change lasts")]
    Ended,
}

impl NotWritten {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(error) => error.code(),
            Self::Ended => "writer_ended",
        }
    }
}

impl Writer {
    /// Begins to write for callers.
    ///
    /// # Errors
    /// What the system says when it gives no thread.
    pub fn start(warden: Warden) -> io::Result<Self> {
        let (jobs, received) = sync_channel(WAITING);
        let shown = Arc::new(Mutex::new(Shown { judge: warden.judge(), snapshot: warden.snapshot() }));
        let callers = Caller { jobs, shown: Arc::clone(&shown) };
        let thread = thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || write(warden, &received, &shown))?;
        Ok(Self { callers, thread })
    }

    /// Somebody who hands in changes.
    pub fn caller(&self) -> Caller {
        self.callers.clone()
    }

    /// Answers all that were handed in before, and gives the warden back.
    pub fn stop(self) -> Warden {
        let _ = self.callers.jobs.send(Job::Stop);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

impl Caller {
    /// Verifies a change on this thread, hands it in, and answers when the disk has it.
    ///
    /// # Errors
    /// [`NotWritten`].
    pub fn submit(&self, change: SignedChange) -> Result<Taken, NotWritten> {
        let judge = self.shown().judge;
        let prepared = Box::new(judge.prepare(change)?);
        let (answer, answered) = sync_channel(1);
        self.jobs.send(Job::Take(prepared, answer)).map_err(|_| NotWritten::Ended)?;
        Ok(answered.recv().map_err(|_| NotWritten::Ended)??)
    }

    /// The state that the last write left.
    pub fn snapshot(&self) -> Snapshot {
        self.shown().snapshot
    }

    fn shown(&self) -> Shown {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn write(mut warden: Warden, jobs: &Receiver<Job>, shown: &Mutex<Shown>) -> Warden {
    let mut ends = false;
    while !ends {
        let (mut changes, mut answers) = (Vec::new(), Vec::new());
        // The first is waited for; whatever came meanwhile goes with it.
        let mut next = jobs.recv().ok();
        while let Some(Job::Take(prepared, answer)) = next {
            changes.push(*prepared);
            answers.push(answer);
            next = if changes.len() < TOGETHER { jobs.try_recv().ok() } else { None };
        }
        ends = matches!(next, Some(Job::Stop)) || changes.is_empty();
        let taken = warden.submit_all(&changes);
        *shown.lock().unwrap_or_else(PoisonError::into_inner) =
            Shown { judge: warden.judge(), snapshot: warden.snapshot() };
        for (answer, taken) in answers.iter().zip(taken) {
            // A caller that has gone wants no answer.
            let _ = answer.send(taken);
        }
    }
    warden
}
