//! The loop: one channel of events, effects handed out, a frame when something changed.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use crossterm::{execute, queue};

use super::arriving::Carried;
use super::effect::Effect;
use super::event::Event;
use super::executor::{Executor, ExportCase, Job, LoadPolicy, Means, OpenAgain, SignRekey, TakeFile, job_of};
use super::idle::Idle;
use super::model::Model;
use super::overlays::{Overlay, changed};
use super::session::{View, context_of};
use super::stage::{Guard, Screen, Stage, new_screen};
use super::store_work::StoreJob;
use super::theme::{Theme, ThemeName, Tone};
use super::update::{pass_time, start_in, update};
use super::view::{Viewport, draw};
use crate::backend::{Arriving, Backend};
use crate::encoding::base64;
use crate::identity::KeyBytes;
use crate::notify::Notifier;
use crate::registry::CaseId;
use crate::text::visible;
use crate::time::Time;
use crate::warden::FileDifference;

/// Leaving waits so long for a change that is not yet answered.
const PATIENCE: Duration = Duration::from_secs(2);

/// How the console is set up.
pub struct Settings {
    /// Colours.
    pub theme: ThemeName,
    /// `NO_COLOR` is set and not empty.
    pub no_color: bool,
    /// Who acts, as the log names people.
    pub actor: String,
    /// The pipe that is told when there is nothing left to do.
    pub idle: Option<PathBuf>,
    /// Said beside the context until something else is.
    pub warning: Option<String>,
    /// The clock of the screen.
    pub clock: fn() -> Time,
    /// The room to begin in.
    pub room: super::action::RoomName,
    /// The registry file was written since it was imported.
    pub file_changed: Option<FileChanged>,
    /// The case that is worked under at first.
    pub case: Option<CaseId>,
    /// The public key of whoever signs here; the backend signs with it.
    pub key: Option<KeyBytes>,
    /// Whom to tell of broken glass and of changes to operators.
    pub notifier: Notifier,
    /// Reads a policy from a file.
    pub load_policy: Option<LoadPolicy>,
    /// Writes a case into a directory.
    pub export_case: Option<ExportCase>,
    /// Asks a new key for its word.
    pub sign_rekey: Option<SignRekey>,
    /// Opens the same place once more; without it, what reads long holds up what writes.
    pub open_again: Option<OpenAgain>,
}

/// A registry file that is not what was imported, and how to take it.
pub struct FileChanged {
    /// What taking it would do.
    pub difference: FileDifference,
    /// Takes it.
    pub take: TakeFile,
}

/// What the console opens.
pub enum Opening {
    /// A registry.
    Here(Box<Backend>),
    /// A verifier whose log is on its way.
    Arriving(Box<Arriving>),
}

/// How the console ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// Changes that were confirmed and never answered.
    pub unanswered: usize,
    /// Notices that nobody was told of before the end.
    pub untold: usize,
}

/// The terminal or the system refused.
#[derive(Debug, thiserror::Error)]
#[error("the terminal cannot be used: {0}")]
pub struct ConsoleError(#[from] io::Error);

/// Runs the console until somebody leaves.
///
/// # Errors
/// [`ConsoleError`]; the terminal is as before.
pub fn run(opening: Opening, settings: Settings) -> Result<Ending, ConsoleError> {
    match opening {
        Opening::Here(backend) => {
            let stage = Stage::set(&context_of(&backend.snapshot().kind))?;
            on_stage(stage, *backend, settings, None)
        }
        Opening::Arriving(arriving) => {
            let mut stage = Stage::set(arriving.url())?;
            let theme = Theme::new(settings.theme, settings.no_color);
            match super::arriving::serve(*arriving, &mut stage, theme)? {
                Some((backend, carried)) => on_stage(stage, backend, settings, Some(carried)),
                None => {
                    stage.leave();
                    Ok(Ending { unanswered: 0, untold: 0 })
                }
            }
        }
    }
}

/// Runs the console on a terminal that was taken; what was sought and chosen before stays.
fn on_stage(
    mut stage: Stage,
    backend: Backend,
    mut settings: Settings,
    carried: Option<Carried>,
) -> Result<Ending, ConsoleError> {
    let now = (settings.clock)();
    let view = Arc::new(View::of(backend.snapshot(), now.max(backend.now())));
    let theme = Theme::new(settings.theme, settings.no_color);
    let mut model = Model::new(view, theme, now, settings.warning.clone(), settings.key);
    model.session.case = settings.case;
    let take = settings.file_changed.take().map(|changed| {
        let state = changed::State { difference: changed.difference, taking: false, failure: None };
        model.overlays.push(Overlay::Changed(Box::new(state)));
        changed.take
    });
    let (policy, rekey) = (settings.load_policy.take(), settings.sign_rekey.take());
    let means = Means { take, policy, rekey, export: settings.export_case.take() };
    let executor = Executor::start(
        (backend, settings.open_again.take()),
        settings.actor.clone(),
        settings.notifier.clone(),
        &stage.sender,
    );
    let mut console = Console {
        screen: new_screen()?,
        executor,
        viewport: Viewport::default(),
        idle: Idle::new(settings.idle.as_deref()),
        settings,
        reported: true,
        drawn: (0, 0),
        means,
    };
    let first = match carried {
        Some(carried) => carried.into_room(&mut model),
        None => start_in(&mut model, console.settings.room),
    };
    console.perform(&mut model, first, &mut stage.guard)?;
    console.draw(&mut model)?;
    let Stage { events, guard, .. } = &mut stage;
    let outcome = console.serve(&mut model, events, guard);
    stage.leave();
    outcome.map(|()| Ending { unanswered: model.unanswered, untold: model.untold })
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
            Event::Key(_) | Event::Paste(_) => self.idle.consumed(),
            Event::Reply(reply) => {
                self.executor.outstanding = self.executor.outstanding.saturating_sub(1);
                changed = !matches!(**reply, super::effect::Reply::Followed(_));
                self.reported = false;
            }
            Event::Tick => {
                let minute = |time: Time| time.micros().div_euclid(60_000_000);
                let now = (self.settings.clock)();
                changed = minute(now) != minute(model.session.now);
                let effects = pass_time(model, now);
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
        let effects = update(model, event);
        self.perform(model, effects, guard)?;
        Ok(changed)
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
                    copy(self.screen.backend_mut(), &text)?;
                    model.say(
                        format!("copied {} (if the terminal allows OSC 52)", visible(&text)),
                        Tone::Plain,
                    );
                }
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
        let viewport = &mut self.viewport;
        let drawn = self.screen.draw(|frame| draw(model, viewport, frame))?.area.as_size();
        self.drawn = (drawn.width, drawn.height);
        execute!(self.screen.backend_mut(), EndSynchronizedUpdate)?;
        model.session.page = self.viewport.page;
        model.drawn(self.viewport.dialog_told);
        self.idle.drawn();
        self.reported = false;
        Ok(())
    }

    /// Tells a waiting test that the last frame is the last word.
    fn report(&mut self) {
        if !self.reported && self.executor.outstanding == 0 {
            self.idle.report(self.drawn);
            self.reported = true;
        }
    }
}

fn copy(out: &mut impl Write, text: &str) -> io::Result<()> {
    write!(out, "\x1b]52;c;{}\x07", base64::encode(text.as_bytes()))?;
    out.flush()
}
