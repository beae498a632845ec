//! The loop: one channel of events, effects handed out, a frame when something changed.

mod landing;

use std::io;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use crossterm::{execute, queue};

use super::arriving::{Carried, Reception, Underway, Waited};
use super::clipboard::copy;
use super::contexts::{About, Arrival, Landing, open_beside};
use super::effect::Effect;
use super::event::Event;
use super::executor::{Executor, Job, Means, Screen as Answers, TakeFile, job_of};
use super::idle::Idle;
use super::model::Model;
use super::overlays::{Overlay, changed};
use super::settings::Settings;
use super::stage::Stage;
use super::store_work::StoreJob;
use super::takeover::{Guard, Screen, new_screen};
use super::theme::Tone;
use super::update::{pass_time, update};
use super::view::{Viewport, draw};
use crate::notify::Notifier;
use crate::time::Time;
use crate::warden::FileDifference;

/// Leaving waits so long for a change that is not yet answered.
const PATIENCE: Duration = Duration::from_secs(2);

/// A registry file that is not what was imported, and how to take it.
pub struct FileChanged {
    /// What taking it would do.
    pub difference: FileDifference,
    /// Takes it.
    pub take: TakeFile,
}

/// How the console ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ending {
    /// Changes that were confirmed and never answered.
    pub unanswered: usize,
    /// Notices that nobody was told of before the end.
    pub untold: usize,
    /// What was done, in words, and the command line that does the same, if there is one.
    pub deeds: Vec<(String, String)>,
}

/// The terminal or the system refused.
#[derive(Debug, thiserror::Error)]
#[error("the terminal cannot be used: {0}")]
pub struct ConsoleError(#[from] io::Error);

/// What the console opens.
pub enum Opening {
    /// A registry.
    Here(Box<Arrival>),
    /// A verifier whose log is on its way.
    Underway(Box<Underway>),
}

impl Opening {
    /// How the context stands.
    pub const fn about_mut(&mut self) -> &mut About {
        match self {
            Self::Here(arrival) => &mut arrival.about,
            Self::Underway(underway) => &mut underway.about,
        }
    }
}

/// Runs the console until somebody leaves.
///
/// # Errors
/// [`ConsoleError`]; the terminal is as before.
pub fn run(opening: Opening, settings: Settings) -> Result<Ending, ConsoleError> {
    match opening {
        Opening::Here(arrival) => {
            let stage = Stage::set(&arrival.title())?;
            on_stage(stage, *arrival, settings, None)
        }
        Opening::Underway(underway) => {
            let mut stage = Stage::set(&underway.title())?;
            match super::arriving::serve(*underway, &mut stage, &settings)? {
                Waited::Arrived(arrival, carried) => on_stage(stage, *arrival, settings, Some(carried)),
                Waited::Left(ending) => {
                    stage.leave();
                    Ok(ending)
                }
            }
        }
    }
}

/// Runs the console on a terminal that was taken; what was sought and chosen before stays.
fn on_stage(
    mut stage: Stage,
    arrival: Arrival,
    mut settings: Settings,
    carried: Option<Carried>,
) -> Result<Ending, ConsoleError> {
    let now = (settings.clock)();
    let theme = settings.theme;
    let view = arrival.view(now);
    let mut model = Model::new(view, theme, now, arrival.about.clone(), &settings.contexts);
    model.session.case = settings.case;
    model.session.keymap = settings.keymap.clone();
    settings.queries.iter().rev().for_each(|(_, text)| model.asked.remember(text));
    model.session.queries = std::mem::take(&mut settings.queries);
    let (layouts, unknown) = std::mem::take(&mut settings.layouts);
    model.session.layouts = layouts;
    model.session.warning = model.session.warning.take().or(unknown);
    if settings.mouse {
        model.session.mouse = true;
        stage.guard.mouse(true)?;
    }
    let (policy, rekey) = (settings.load_policy.take(), settings.sign_rekey.take());
    let remember = settings.remember.take();
    let mut means = Means { take: None, policy, rekey, export: settings.export_case.take(), remember };
    stage.guard.retitle(&model.session.title())?;
    let executor = settle_in(&mut model, &mut means, arrival, &settings.notifier, &stage.sender);
    let mut console = Console {
        screen: new_screen()?,
        executor,
        viewport: Viewport::default(),
        idle: Idle::new(settings.idle.as_deref()),
        settings,
        reported: true,
        drawn: (0, 0),
        means,
        events: stage.sender.clone(),
        opening: 0,
        landed: None,
        reception: None,
    };
    carried.iter().for_each(|carried| carried.note(&mut model.journal));
    let first = match carried {
        Some(carried) if carried.leads_somewhere() => carried.into_room(&mut model),
        _ => console.settings.start.clone().enter(&mut model),
    };
    console.perform(&mut model, first, &mut stage.guard)?;
    console.draw(&mut model)?;
    let Stage { events, guard, .. } = &mut stage;
    let outcome = console.serve(&mut model, events, guard);
    stage.leave();
    let deeds = model.journal.deeds().map(|noted| (noted.words.clone(), noted.command.clone()));
    let deeds = deeds.map(|(words, command)| (words, command.unwrap_or_default())).collect();
    outcome.map(|()| Ending { unanswered: model.unanswered, untold: model.untold, deeds })
}

struct Console {
    screen: Screen,
    executor: Executor,
    viewport: Viewport,
    idle: Idle,
    settings: Settings,
    reported: bool,
    /// The size that the last frame was drawn for.
    drawn: (u16, u16),
    means: Means,
    events: SyncSender<Event>,
    /// So many contexts are being opened.
    opening: usize,
    /// The context that can be gone to now, and waits until no dialog is.
    landed: Option<Box<Landing>>,
    /// A verifier whose log is on its way stands before everything else.
    reception: Option<Reception>,
}

/// Gives the place to its threads; a registry file that is another is shown first.
fn settle_in(
    model: &mut Model,
    means: &mut Means,
    arrival: Arrival,
    notifier: &Notifier,
    events: &SyncSender<Event>,
) -> Executor {
    means.take = arrival.file_changed.map(|changed| {
        let state = changed::State { difference: changed.difference, taking: false, failure: None };
        model.overlays.push(Overlay::Changed(Box::new(state)));
        changed.take
    });
    let answers = Answers { events: events.clone(), visit: model.visit() };
    Executor::start((arrival.backend, arrival.open_again), arrival.actor, notifier.clone(), &answers)
}

impl Console {
    fn serve(
        &mut self,
        model: &mut Model,
        events: &Receiver<Event>,
        guard: &mut Guard,
    ) -> Result<(), ConsoleError> {
        let mut leaving_since = None;
        loop {
            let first = match leaving_since {
                None => events.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(since) => {
                    let left = PATIENCE.saturating_sub(Instant::now().duration_since(since));
                    events.recv_timeout(left)
                }
            };
            let Ok(first) = first else { return Ok(()) };
            let mut changed = self.take(model, first, guard)?;
            // What came meanwhile belongs to the same frame.
            while let Ok(event) = events.try_recv() {
                changed |= self.take(model, event, guard)?;
            }
            if model.leaving {
                if model.unanswered == 0 && model.untold == 0 {
                    return Ok(());
                }
                leaving_since.get_or_insert_with(Instant::now);
                let waits = model.unanswered.max(model.untold);
                model.say(format!("waiting for {waits} unanswered change"), Tone::Plain);
            }
            if changed {
                self.draw(model)?;
            }
            self.report();
        }
    }

    /// Takes one event; answers whether the screen may look different.
    fn take(&mut self, model: &mut Model, event: Event, guard: &mut Guard) -> Result<bool, ConsoleError> {
        let mut changed = true;
        match &event {
            Event::Key(_) | Event::Early(_) | Event::Paste(_) => self.idle.consumed(),
            Event::Reply(visit, reply) => {
                let here = usize::from(*visit == model.visit());
                self.executor.outstanding = self.executor.outstanding.saturating_sub(here);
                changed = !matches!(**reply, super::effect::Reply::Followed(_));
                self.reported = false;
            }
            Event::News(visit) => {
                changed = false;
                self.executor.news.store(false, Ordering::Release);
                if *visit == model.visit() {
                    self.executor.take(Job::Store(StoreJob::Follow));
                }
            }
            Event::Tick => {
                self.executor.news.store(false, Ordering::Release);
                let minute = |time: Time| time.micros().div_euclid(60_000_000);
                let now = (self.settings.clock)();
                let before = model.session.lock_words();
                let recent = model.session.recent.len();
                changed = minute(now) != minute(model.session.now);
                let effects = pass_time(model, now);
                changed |= before != model.session.lock_words() || recent != model.session.recent.len();
                self.perform(model, effects, guard)?;
                self.executor.take(Job::Store(StoreJob::Follow));
            }
            // Whoever stopped by a key took the terminal again at once; clearing it twice would flicker.
            Event::Continued if guard.resumed => {
                guard.resumed = false;
                changed = false;
            }
            Event::Continued => guard.resume(&mut self.screen)?,
            _ => {}
        }
        let effects = match event {
            Event::Landed(there) => {
                self.opening = self.opening.saturating_sub(1);
                self.reported = false;
                self.land(model, *there, guard)?;
                Vec::new()
            }
            event => match self.receive(model, event, guard)? {
                Some(event) => update(model, event),
                None => Vec::new(),
            },
        };
        self.perform(model, effects, guard)?;
        if model.overlays.is_empty()
            && let Some(there) = self.landed.take()
        {
            self.go_there(model, *there, guard)?;
        }
        Ok(changed || self.reception.is_some())
    }

    fn perform(
        &mut self,
        model: &mut Model,
        effects: Vec<Effect>,
        guard: &mut Guard,
    ) -> Result<(), ConsoleError> {
        for effect in effects {
            let now = (self.settings.clock)();
            match job_of(effect, &model.session.view, now, &self.means) {
                Ok(job) => self.executor.take(job),
                Err(Effect::Copy(text)) => {
                    let (words, tone) = copy(self.screen.backend_mut(), self.settings.clipboard, &text)?;
                    model.say(words, tone);
                }
                Err(Effect::OpenContext(ticket, name)) => {
                    let unwanted = self.landed.take();
                    thread::spawn(move || drop(unwanted));
                    if let Some(open) = self.settings.contexts.open.clone() {
                        self.opening += 1;
                        open_beside(open, (ticket, name), self.settings.clock, self.events.clone());
                    }
                }
                Err(Effect::Mouse(on)) => guard.mouse(on)?,
                Err(Effect::Background) => {
                    guard.background()?;
                    guard.resume(&mut self.screen)?;
                    guard.resumed = true;
                }
                Err(_) => {}
            }
        }
        Ok(())
    }

    fn draw(&mut self, model: &mut Model) -> Result<(), ConsoleError> {
        queue!(self.screen.backend_mut(), BeginSynchronizedUpdate)?;
        let (viewport, reception) = (&mut self.viewport, self.reception.as_ref());
        let drawn = self.screen.draw(|frame| match reception {
            Some(reception) => {
                // What stands behind it was not seen.
                (viewport.dialog_told, viewport.drawn) = (false, None);
                reception.draw(frame);
            }
            None => draw(model, viewport, frame),
        });
        let drawn = drawn?.area.as_size();
        self.drawn = (drawn.width, drawn.height);
        execute!(self.screen.backend_mut(), EndSynchronizedUpdate)?;
        model.session.page = self.viewport.page;
        model.session.drawn = self.viewport.drawn;
        model.drawn(self.viewport.dialog_told);
        self.idle.drawn();
        self.reported = false;
        Ok(())
    }

    /// Tells a waiting test that the last frame is the last word.
    fn report(&mut self) {
        if !self.reported && self.executor.outstanding == 0 && self.opening == 0 {
            self.idle.report(self.drawn);
            self.reported = true;
        }
    }
}
