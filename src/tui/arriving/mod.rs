//! The console while the log of a verifier is on its way: agents are searched and stopped on what the verifier tells.
//!
//! Everything here is as told; when the log is here, what was sought and chosen goes over to the rooms.

mod dialog;
mod state;
#[cfg(test)]
mod tests;
mod view;
mod work;

use std::sync::Arc;
use std::sync::mpsc::{Sender, SyncSender, channel};
use std::thread;

use ratatui::Frame;

use super::action::RoomName;
use super::caution::Bar;
use super::contexts::{About, Arrival};
use super::effect::{Effect, Ticket};
use super::event::Event;
use super::executor::OpenAgain;
use super::journal::Journal;
use super::listing::Selection;
use super::model::Model;
use super::settings::Settings;
use super::stage::Stage;
use super::takeover::new_screen;
use super::terminal::{ConsoleError, Ending};
use super::theme::Tone;
use super::update::start_in;
use crate::backend::{Arriving, Backend, Progress};
use crate::identity::Did;
use crate::time::Time;

use state::{Ask, Here, State, Way};
pub(super) use work::Told;

/// A verifier whose log is on its way, as the console opens it.
pub struct Underway {
    /// The way to it.
    pub arriving: Box<Arriving>,
    /// How the context stands.
    pub about: About,
    /// Who acts.
    pub actor: String,
    /// Opens its replica once more, when it is here.
    pub open_again: Option<OpenAgain>,
}

impl Underway {
    /// The context, as titles have it.
    pub(super) fn title(&self) -> String {
        format!("{} {}", self.about.name(), self.arriving.url()).trim().to_owned()
    }
}

/// What goes over to the rooms.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Carried {
    /// What was sought.
    pub text: String,
    /// The agent that was chosen.
    pub did: Option<Did>,
    /// What was unlocked stays so.
    pub bar: Bar,
    /// What was done, in words.
    pub deeds: Vec<String>,
}

impl Carried {
    /// Whether anything was sought or chosen.
    pub(super) fn leads_somewhere(&self) -> bool {
        !self.text.is_empty() || self.did.is_some()
    }

    /// Writes down what was done before the log was here.
    pub(super) fn note(&self, journal: &mut Journal) {
        // What was ordered on what was told has no command line: whom it meant is told anew.
        self.deeds.iter().for_each(|words| journal.note(words, Tone::Good, Some(String::new())));
    }

    /// Lists what was sought, the cursor on the agent that was chosen.
    pub(super) fn into_room(self, model: &mut Model) -> Vec<Effect> {
        model.session.bar = self.bar;
        let mut effects = start_in(model, RoomName::Agents);
        let keep = self.did.as_ref().and_then(|did| model.session.view.registry().find(did));
        let selection = Selection { text: self.text, keep, ..Selection::default() };
        let ticket = model.ticket();
        effects.retain(|effect| !matches!(effect, Effect::List(..)));
        effects.push(model.rooms.agents.ask(RoomName::Agents, selection, ticket));
        effects
    }
}

/// What an event led to.
pub(super) enum Step {
    /// To nothing that concerns anybody else.
    Stay,
    /// The log is here, and holds.
    Arrived(Box<Arrival>, Carried),
    /// Nobody waits for it any more.
    GiveUp,
    /// The program is to stop until it is continued.
    Background,
    /// The program is to leave.
    Leave,
}

/// A verifier whose log is on its way: its screen, and the thread that asks it.
pub(super) struct Reception {
    /// For whom what is told is meant.
    ticket: Ticket,
    state: State,
    jobs: Sender<Ask>,
    progress: Arc<Progress>,
    clock: fn() -> Time,
    /// What the log is followed by; none once it is here.
    rest: Option<(About, String, Option<OpenAgain>)>,
}

impl Reception {
    /// Begins to ask; where one came from somewhere, `back` is where giving up leads.
    pub(super) fn begin(
        underway: Underway,
        (ticket, back): (Ticket, Option<String>),
        settings: &Settings,
        events: &SyncSender<Event>,
    ) -> Self {
        let Underway { arriving, about, actor, open_again } = underway;
        let (jobs, to_work) = channel();
        let progress = arriving.progress();
        let here = Here {
            url: arriving.url().to_owned(),
            name: arriving.name().to_owned(),
            back,
            keymap: settings.keymap.clone(),
            theme: settings.theme.in_context(about.badge),
        };
        let now = (settings.clock)();
        let state = State::new(here, Bar::of(about.caution), now, progress.seen());
        let replies = events.clone();
        thread::spawn(move || work::serve(*arriving, ticket, &to_work, &replies));
        let rest = Some((about, actor, open_again));
        let reception = Self { ticket, state, jobs, progress, clock: settings.clock, rest };
        reception.ask(Some(reception.state.search()));
        reception
    }

    /// By what it is known.
    pub(super) const fn ticket(&self) -> Ticket {
        self.ticket
    }

    /// What was sought, chosen, unlocked and done.
    pub(super) fn carried(&self) -> Carried {
        self.state.carried()
    }

    /// Draws all of it.
    pub(super) fn draw(&self, frame: &mut Frame<'_>) {
        view::draw(&self.state, frame);
    }

    /// Takes what concerns it.
    pub(super) fn take(&mut self, event: Event) -> Step {
        self.state.now = (self.clock)();
        let ask = match event {
            Event::Told(_, told) => match *told {
                Told::Here(backend, ends) => return self.arrived(*backend, ends),
                told => self.state.told(told),
            },
            Event::Key(key) => self.state.key(&key),
            Event::Early(key) => self.state.early_key(&key),
            Event::Paste(text) => self.state.paste(&text),
            Event::Tick => {
                self.state.seen = self.progress.seen();
                Some(Ask::Tend)
            }
            Event::Terminate | Event::InputClosed => return Step::Leave,
            _ => None,
        };
        self.ask(ask);
        match self.state.way.take() {
            None => Step::Stay,
            Some(Way::Back) => Step::GiveUp,
            Some(Way::Out) => Step::Leave,
            Some(Way::Background) => Step::Background,
        }
    }

    /// What is said once somebody left.
    fn ending(&self) -> Ending {
        let deeds = self.state.deeds.iter().map(|words| (words.clone(), String::new())).collect();
        Ending { unanswered: self.state.unanswered(), untold: 0, deeds }
    }

    fn ask(&self, ask: Option<Ask>) {
        // A worker that is gone has told why.
        ask.into_iter().for_each(|ask| drop(self.jobs.send(ask)));
    }

    fn arrived(&mut self, backend: Backend, ends: Option<String>) -> Step {
        let Some((about, actor, open_again)) = self.rest.take() else { return Step::Stay };
        let about = About { warning: ends.or(about.warning), ..about };
        let arrival = Arrival { backend, about, actor, file_changed: None, open_again };
        Step::Arrived(Box::new(arrival), self.state.carried())
    }
}

/// How waiting for a log ended.
pub(super) enum Waited {
    /// It is here.
    Arrived(Box<Arrival>, Carried),
    /// Somebody left before.
    Left(Ending),
}

/// Shows what is told until the log is here.
///
/// # Errors
/// [`ConsoleError`].
pub(super) fn serve(
    underway: Underway,
    stage: &mut Stage,
    settings: &Settings,
) -> Result<Waited, ConsoleError> {
    let mut screen = new_screen()?;
    let mut reception = Reception::begin(underway, (0, None), settings, &stage.sender);
    loop {
        screen.draw(|frame| reception.draw(frame))?;
        let Ok(first) = stage.events.recv() else { return Ok(Waited::Left(reception.ending())) };
        for event in std::iter::once(first).chain(stage.events.try_iter()) {
            let step = match event {
                Event::Stopped => Step::Background,
                Event::Continued => {
                    stage.guard.resume(&mut screen)?;
                    Step::Stay
                }
                event => reception.take(event),
            };
            match step {
                Step::Stay => {}
                Step::Arrived(arrival, carried) => return Ok(Waited::Arrived(arrival, carried)),
                Step::GiveUp | Step::Leave => return Ok(Waited::Left(reception.ending())),
                Step::Background => {
                    stage.guard.background()?;
                    stage.guard.resume(&mut screen)?;
                }
            }
        }
    }
}
