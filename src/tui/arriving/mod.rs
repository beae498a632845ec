//! The console while the log of a verifier is on its way: agents are searched and stopped on what the verifier tells.
//!
//! Everything here is as told; when the log is here, what was sought and chosen goes over to the rooms.

mod state;
#[cfg(test)]
mod tests;
mod view;
mod work;

use std::sync::mpsc::channel;
use std::thread;

use super::action::RoomName;
use super::contexts::{About, Arrival};
use super::effect::Effect;
use super::event::Event;
use super::executor::OpenAgain;
use super::listing::Selection;
use super::model::Model;
use super::stage::Stage;
use super::takeover::new_screen;
use super::terminal::ConsoleError;
use super::theme::Theme;
use super::update::start_in;
use crate::backend::Arriving;
use crate::identity::Did;

use state::{Ask, State};
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
}

impl Carried {
    /// Lists what was sought, the cursor on the agent that was chosen.
    pub(super) fn into_room(self, model: &mut Model) -> Vec<Effect> {
        let mut effects = start_in(model, RoomName::Agents);
        let keep = self.did.as_ref().and_then(|did| model.session.view.registry().find(did));
        let selection = Selection { text: self.text, keep, ..Selection::default() };
        let ticket = model.ticket();
        effects.retain(|effect| !matches!(effect, Effect::List(..)));
        effects.push(model.rooms.agents.ask(RoomName::Agents, selection, ticket));
        effects
    }
}

/// Shows what is told until the log is here; nothing when somebody leaves.
///
/// # Errors
/// [`ConsoleError`].
pub(super) fn serve(
    underway: Underway,
    stage: &mut Stage,
    theme: Theme,
) -> Result<Option<(Arrival, Carried)>, ConsoleError> {
    let (jobs, to_work) = channel();
    let title = underway.title();
    let Underway { arriving, about, actor, open_again } = underway;
    let progress = arriving.progress();
    let mut state = State::new(&title, arriving.name(), theme, progress.seen());
    // It is made once, when the log is here.
    let arrived = |backend, ends: Option<String>| {
        let about = About { warning: ends.or(about.warning), ..about };
        Arrival { backend, about, actor, file_changed: None, open_again }
    };
    let replies = stage.sender.clone();
    thread::spawn(move || work::serve(*arriving, &to_work, &replies));
    let mut screen = new_screen()?;
    let mut asks = vec![state.search()];
    loop {
        // A worker that is gone has told why.
        asks.drain(..).for_each(|ask| drop(jobs.send(ask)));
        screen.draw(|frame| view::draw(&state, frame))?;
        let Ok(first) = stage.events.recv() else { return Ok(None) };
        for event in std::iter::once(first).chain(stage.events.try_iter()) {
            match event {
                Event::Told(told) => match *told {
                    Told::Here(backend, ends) => {
                        return Ok(Some((arrived(*backend, ends), state.carried())));
                    }
                    told => asks.extend(state.told(told)),
                },
                Event::Key(key) => asks.extend(state.key(&key)),
                Event::Early(key) => asks.extend(state.early_key(&key)),
                Event::Paste(text) => asks.extend(state.paste(&text)),
                Event::Tick => {
                    state.seen = progress.seen();
                    asks.push(Ask::Tend);
                }
                Event::Terminate | Event::InputClosed => return Ok(None),
                Event::Stopped => {
                    stage.guard.background()?;
                    stage.guard.resume(&mut screen)?;
                }
                Event::Continued => stage.guard.resume(&mut screen)?,
                Event::Resize
                | Event::Reply(..)
                | Event::Landed(_)
                | Event::News(_)
                | Event::Click(_)
                | Event::Wheel(_) => {}
            }
        }
        if state.leaving {
            return Ok(None);
        }
    }
}
