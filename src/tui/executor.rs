//! Carries out effects: one thread for the store, one for arithmetic; nothing slow runs on the screen's.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel};
use std::thread;

use super::action::RoomName;
use super::effect::{Effect, Reply, Ticket};
use super::event::Event;
use super::listing::{Selection, list, list_tree};
use super::session::View;
use crate::backend::Backend;
use crate::change::{Plan, Request};
use crate::time::Time;
use crate::warden::{Snapshot, Word};

/// The newest entries that the log room shows.
pub(super) const LOG_TAIL: usize = 1000;

/// Takes the registry file again, as whoever opened it knows how.
pub type TakeFile = Arc<dyn Fn(&mut Backend) -> Result<(), String> + Send + Sync>;

/// Work that touches the store.
pub(super) enum StoreJob {
    Commit(Ticket, Arc<Plan>, usize, String),
    TakeFile(TakeFile),
    ReadLog,
    Follow,
}

/// Work that only computes.
pub(super) enum ComputeJob {
    Judge(Box<Snapshot>, Time),
    List(RoomName, Ticket, Selection, Arc<View>),
    Plan(Ticket, Request, Arc<View>),
}

/// Work for one of the two threads.
pub(super) enum Job {
    Store(StoreJob),
    Compute(ComputeJob),
}

/// The work that an effect asks for; the effect itself when it is for the loop.
pub(super) fn job_of(
    effect: Effect,
    view: &Arc<View>,
    now: Time,
    take: Option<&TakeFile>,
) -> Result<Job, Effect> {
    Ok(match effect {
        Effect::List(room, ticket, selection) => {
            Job::Compute(ComputeJob::List(room, ticket, selection, view.clone()))
        }
        Effect::Plan(ticket, request) => Job::Compute(ComputeJob::Plan(ticket, request, view.clone())),
        Effect::Judge(snapshot) => Job::Compute(ComputeJob::Judge(snapshot, now)),
        Effect::Commit(ticket, plan, rows, reason) => {
            Job::Store(StoreJob::Commit(ticket, plan, rows, reason))
        }
        Effect::TakeFile => Job::Store(StoreJob::TakeFile(take.cloned().ok_or(effect)?)),
        Effect::ReadLog => Job::Store(StoreJob::ReadLog),
        Effect::Follow => Job::Store(StoreJob::Follow),
        other => return Err(other),
    })
}

/// The two worker threads.
pub(super) struct Executor {
    store: Sender<StoreJob>,
    compute: Sender<ComputeJob>,
    /// Work begun and not yet answered.
    pub outstanding: usize,
}

impl Executor {
    pub(super) fn start(backend: Backend, actor: String, events: &SyncSender<Event>) -> Self {
        let (store, store_jobs) = channel();
        let (compute, compute_jobs) = channel();
        let to_screen = events.clone();
        thread::spawn(move || serve_store(backend, &actor, &store_jobs, &to_screen));
        let to_screen = events.clone();
        thread::spawn(move || serve_compute(&compute_jobs, &to_screen));
        Self { store, compute, outstanding: 0 }
    }

    pub(super) fn take(&mut self, job: Job) {
        let sent = match job {
            Job::Store(job) => self.store.send(job).is_ok(),
            Job::Compute(job) => self.compute.send(job).is_ok(),
        };
        if sent {
            self.outstanding += 1;
        }
    }
}

fn serve_store(mut backend: Backend, actor: &str, jobs: &Receiver<StoreJob>, screen: &SyncSender<Event>) {
    while let Ok(job) = jobs.recv() {
        if screen.send(Event::Reply(Box::new(answer_store(&mut backend, actor, job)))).is_err() {
            return;
        }
    }
}

/// Does one piece of work on the store.
pub(super) fn answer_store(backend: &mut Backend, actor: &str, job: StoreJob) -> Reply {
    match job {
        StoreJob::Commit(ticket, plan, rows_shown, reason) => {
            let outcome = backend.commit(&plan.frozen, rows_shown, Word::of(actor, &reason));
            Reply::Committed(ticket, Box::new(outcome), backend.snapshot())
        }
        StoreJob::TakeFile(take) => {
            let outcome = take(backend);
            Reply::Taken(outcome, backend.snapshot())
        }
        StoreJob::ReadLog => {
            let size = backend.snapshot().head.size;
            let from = size.saturating_sub(LOG_TAIL as u64);
            Reply::Log(backend.entries(from, LOG_TAIL).map_err(|error| error.to_string()).map(|mut lines| {
                lines.reverse();
                lines
            }))
        }
        StoreJob::Follow => match backend.follow() {
            Ok(_) => Reply::Followed(backend.snapshot()),
            Err(error) => Reply::FollowFailed(error.to_string()),
        },
    }
}

fn serve_compute(jobs: &Receiver<ComputeJob>, screen: &SyncSender<Event>) {
    while let Ok(job) = jobs.recv() {
        if screen.send(Event::Reply(Box::new(answer_compute(job)))).is_err() {
            return;
        }
    }
}

/// Computes one answer.
pub(super) fn answer_compute(job: ComputeJob) -> Reply {
    match job {
        ComputeJob::Judge(snapshot, now) => Reply::Judged(Arc::new(View::of(*snapshot, now))),
        ComputeJob::List(room, ticket, selection, view) => {
            let listed = match room {
                RoomName::Lineage => list_tree(&view, &selection),
                _ => list(&view, &selection),
            };
            Reply::Listed(room, ticket, listed)
        }
        ComputeJob::Plan(ticket, request, view) => {
            Reply::Planned(ticket, Plan::make(view.registry(), &view.judgement, request))
        }
    }
}
