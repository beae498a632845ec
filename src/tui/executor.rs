//! Carries out effects: one thread for the store, one for arithmetic; nothing slow runs on the screen's.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel};
use std::thread;

use super::action::RoomName;
use super::columns::{Layout, Remember};
use super::effect::{Effect, NewKey, NoKey, Reply, Ticket};
use super::event::Event;
use super::listing::{Selection, list, list_tree};
use super::overlays::palette::Named;
use super::overlays::{aftermath, compared};
use super::session::View;
use super::store_work::{StoreJob, answer_store};
use super::update::paths;
use crate::backend::Backend;
use crate::change::{ChangeId, Exception, Plan, Request};
use crate::identity::{Did, Rekey};
use crate::keystore::write_private;
use crate::notify::{Notice, Notifier};
use crate::registry::{CaseId, Row, Sighting, who};
use crate::time::Time;
use crate::warden::Snapshot;
use crate::wire::{SheetFormat, sheet};

/// Takes the registry file again, as whoever opened it knows how.
pub type TakeFile = Arc<dyn Fn(&mut Backend) -> Result<(), String> + Send + Sync>;

/// Reads a policy from a file, as whoever opened the console knows how.
pub type LoadPolicy = Arc<dyn Fn(&std::path::Path) -> Result<crate::policy::Policy, String> + Send + Sync>;

/// Writes a case into a directory that is made for it, and answers where that is, as whoever opened the console knows how.
pub type ExportCase = Arc<dyn Fn(&mut Backend, CaseId, &Path) -> Result<PathBuf, String> + Send + Sync>;

/// Asks a new key for its word, as whoever opened the console knows how.
pub type SignRekey = Arc<dyn Fn(&NewKey) -> Result<Rekey, NoKey> + Send + Sync>;

/// Opens the same place once more, to read in it while somebody writes.
pub type OpenAgain = Box<dyn FnOnce() -> Result<Backend, String> + Send>;

/// What whoever opened the console knows how to do.
#[derive(Clone, Default)]
pub(super) struct Means {
    pub take: Option<TakeFile>,
    pub policy: Option<LoadPolicy>,
    pub rekey: Option<SignRekey>,
    pub export: Option<ExportCase>,
    pub remember: Option<Remember>,
}

/// Work that only computes.
pub(super) enum ComputeJob {
    Judge(Box<Snapshot>, Time, Arc<View>),
    Remember(String, Layout, Remember),
    List(RoomName, Ticket, Selection, Arc<View>),
    Plan(Ticket, Request, Vec<Exception>, Arc<View>),
    Compare(Ticket, Arc<View>, Arc<View>),
    Recognize(Ticket, String, Arc<View>),
    WriteSheet(PathBuf, SheetFormat, Arc<Vec<Row>>, Arc<View>),
    CountActing(Ticket, Did, Arc<View>),
    Weigh(Ticket, ChangeId, Box<(Request, Vec<Exception>)>, Arc<View>),
    Paths(Ticket, Option<Row>, String, Arc<View>),
}

/// Work for one of the two threads, or for one of its own.
pub(super) enum Job {
    Store(StoreJob),
    Compute(ComputeJob),
    Tell(Box<Notice>),
}

/// The work that an effect asks for; the effect itself when it is for the loop.
pub(super) fn job_of(effect: Effect, view: &Arc<View>, now: Time, means: &Means) -> Result<Job, Effect> {
    Ok(match effect {
        Effect::List(room, ticket, selection) if selection.wants_callers(view.judgement.at()).is_some() => {
            Job::Store(StoreJob::ReadCallers(room, ticket, selection, view.judgement.at()))
        }
        Effect::List(room, ticket, selection) => {
            Job::Compute(ComputeJob::List(room, ticket, selection, view.clone()))
        }
        Effect::Plan(ticket, request, except) => {
            Job::Compute(ComputeJob::Plan(ticket, request, except, view.clone()))
        }
        Effect::Weigh(ticket, id, request) => {
            Job::Compute(ComputeJob::Weigh(ticket, id, request, view.clone()))
        }
        Effect::CountActing(ticket, did) => Job::Compute(ComputeJob::CountActing(ticket, did, view.clone())),
        Effect::WriteSheet(to, format, rows, of) => {
            Job::Compute(ComputeJob::WriteSheet(to, format, rows, of))
        }
        Effect::Recognize(ticket, text) => Job::Compute(ComputeJob::Recognize(ticket, text, view.clone())),
        Effect::Compare(ticket, before, after) => Job::Compute(ComputeJob::Compare(ticket, before, after)),
        Effect::FindPaths(ticket, row, capability) => {
            Job::Compute(ComputeJob::Paths(ticket, row, capability, view.clone()))
        }
        Effect::ReadBeat(ticket) => Job::Store(StoreJob::ReadBeat(ticket, view.clone())),
        Effect::ReadDossier(ticket, row, did) => {
            Job::Store(StoreJob::ReadDossier(ticket, row, did, view.clone()))
        }
        Effect::ReadVerdicts(ticket, words) => {
            Job::Store(StoreJob::ReadVerdicts(ticket, words, view.judgement.at()))
        }
        Effect::Remember(context, layout) => match &means.remember {
            Some(remember) => Job::Compute(ComputeJob::Remember(context, layout, remember.clone())),
            None => return Err(Effect::Remember(context, layout)),
        },
        Effect::Judge(snapshot) => Job::Compute(ComputeJob::Judge(snapshot, now, view.clone())),
        Effect::Tell(notice) => Job::Tell(notice),
        Effect::TakeFile => Job::Store(StoreJob::TakeFile(means.take.clone().ok_or(effect)?)),
        Effect::ReadKey(key) => match &means.rekey {
            Some(sign) => Job::Store(StoreJob::ReadKey(key, sign.clone())),
            None => return Err(Effect::ReadKey(key)),
        },
        Effect::ExportCase(id, to) => match &means.export {
            Some(export) => Job::Store(StoreJob::ExportCase(id, to, export.clone())),
            None => return Err(Effect::ExportCase(id, to)),
        },
        Effect::LoadPolicy(ticket, path) => match &means.policy {
            Some(load) => Job::Store(StoreJob::LoadPolicy(ticket, path, load.clone())),
            None => return Err(Effect::LoadPolicy(ticket, path)),
        },
        other => Job::Store(StoreJob::of(other)?),
    })
}

/// Where answers go, and of which visit they are.
#[derive(Clone)]
pub(super) struct Screen {
    pub events: SyncSender<Event>,
    pub visit: usize,
}

impl Screen {
    /// Answers whether anybody still looks.
    fn show(&self, reply: Reply) -> bool {
        self.events.send(Event::Reply(self.visit, Box::new(reply))).is_ok()
    }
}

/// The worker threads of one place; without it, they end with what they have begun.
pub(super) struct Executor {
    store: Sender<StoreJob>,
    /// For what reads far and wide, so that nobody waits for it to stop an agent.
    reader: Option<Sender<StoreJob>>,
    compute: Sender<ComputeJob>,
    screen: Screen,
    notifier: Notifier,
    /// Whether news were told that nobody looked at yet.
    pub news: Arc<AtomicBool>,
    /// Work begun and not yet answered.
    pub outstanding: usize,
}

impl Executor {
    pub(super) fn start(
        (mut backend, again): (Backend, Option<OpenAgain>),
        actor: String,
        notifier: Notifier,
        screen: &Screen,
    ) -> Self {
        let line = backend.line();
        let reader = again.map(|again| {
            let (reader, jobs) = channel();
            let to_screen = screen.clone();
            let again = || {
                let mut backend = again()?;
                line.into_iter().for_each(|line| backend.ask_on(line));
                Ok(backend)
            };
            thread::spawn(move || serve_reader(Box::new(again), &jobs, &to_screen));
            reader
        });
        let news = Arc::new(AtomicBool::new(false));
        let (told, to_screen) = (Arc::clone(&news), screen.clone());
        backend.on_news(Box::new(move || {
            // Many news are one look; where the queue is full, the next tick looks.
            if !told.swap(true, Ordering::AcqRel) {
                let _ = to_screen.events.try_send(Event::News(to_screen.visit));
            }
        }));
        let (store, store_jobs) = channel();
        let (compute, compute_jobs) = channel();
        let to_screen = screen.clone();
        thread::spawn(move || serve_store(backend, &actor, &store_jobs, &to_screen));
        let to_screen = screen.clone();
        thread::spawn(move || serve_compute(&compute_jobs, &to_screen));
        Self { store, reader, compute, screen: screen.clone(), notifier, news, outstanding: 0 }
    }

    pub(super) fn take(&mut self, job: Job) {
        let sent = match job {
            Job::Store(job) => {
                let reader = self.reader.as_ref().filter(|_| job.only_reads());
                reader.unwrap_or(&self.store).send(job).is_ok()
            }
            Job::Compute(job) => self.compute.send(job).is_ok(),
            // Whoever is told may be slow, and nothing waits for it.
            Job::Tell(notice) => {
                let (screen, notifier) = (self.screen.clone(), self.notifier.clone());
                thread::spawn(move || {
                    let failures = notifier.tell(&notice).iter().map(ToString::to_string).collect();
                    screen.show(Reply::Told(failures))
                });
                true
            }
        };
        if sent {
            self.outstanding += 1;
        }
    }
}

fn serve_store(mut backend: Backend, actor: &str, jobs: &Receiver<StoreJob>, screen: &Screen) {
    while let Ok(job) = jobs.recv() {
        if !screen.show(answer_store(&mut backend, actor, job)) {
            return;
        }
    }
}

/// Opens the place when something is to be read for the first time.
fn serve_reader(again: OpenAgain, jobs: &Receiver<StoreJob>, screen: &Screen) {
    let mut again = Some(again);
    let mut opened: Result<Backend, String> = Err(String::new());
    while let Ok(job) = jobs.recv() {
        if let Some(again) = again.take() {
            opened = again();
        }
        let reply = match &mut opened {
            Ok(backend) => match backend.follow() {
                Ok(_) => answer_store(backend, "", job),
                Err(error) => job.failed(error.to_string()),
            },
            Err(why) => job.failed(why.clone()),
        };
        if !screen.show(reply) {
            return;
        }
    }
}

fn serve_compute(jobs: &Receiver<ComputeJob>, screen: &Screen) {
    while let Ok(job) = jobs.recv() {
        if !screen.show(answer_compute(job)) {
            return;
        }
    }
}

/// Computes one answer.
pub(super) fn answer_compute(job: ComputeJob) -> Reply {
    let plan = |view: &View, request, except: &[Exception]| match except {
        [] => Plan::make(view.registry(), &view.judgement, request),
        _ => Plan::sparing(view.registry(), request, except, view.judgement.at()),
    };
    match job {
        ComputeJob::Remember(context, layout, remember) => Reply::Remembered(remember(&context, &layout)),
        ComputeJob::Judge(snapshot, now, before) => {
            Reply::Judged(Arc::new(View::of(*snapshot, now).since(&before)))
        }
        ComputeJob::List(room, ticket, selection, view) => {
            let listed = match room {
                RoomName::Lineage => list_tree(&view, &selection),
                _ => list(&view, &selection),
            };
            Reply::Listed(room, ticket, listed)
        }
        ComputeJob::CountActing(ticket, did, view) => Reply::Acting(ticket, aftermath::acting(&view, &did)),
        ComputeJob::WriteSheet(to, format, rows, view) => {
            let text = sheet(view.registry(), &view.judgement, &rows, format);
            let written = write_private(&to, text.as_bytes()).map(|()| (to.clone(), rows.len()));
            Reply::Written(written.map_err(|error| format!("{}: {error}", to.display())))
        }
        ComputeJob::Recognize(ticket, text, view) => {
            let registry = view.registry();
            let named = |seen: Sighting| Named { did: registry.agent(seen.row).did(), by: seen.by };
            let seen = who(registry, &text, view.judgement.at());
            Reply::Recognized(ticket, seen.into_iter().map(named).collect())
        }
        ComputeJob::Compare(ticket, before, after) => Reply::Compared(ticket, compared::of(&before, &after)),
        ComputeJob::Paths(ticket, row, capability, view) => {
            Reply::Paths(ticket, paths::find(view, row, capability))
        }
        ComputeJob::Plan(ticket, request, except, view) => {
            Reply::Planned(ticket, plan(&view, request, &except))
        }
        ComputeJob::Weigh(ticket, id, request, view) => {
            let (request, except) = *request;
            let weighed = plan(&view, request, &except).map(Box::new).map_err(|error| error.to_string());
            Reply::Weighed(ticket, id, weighed)
        }
    }
}
