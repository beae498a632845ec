//! Going to another context: one that is open, or a verifier whose log is still on its way.

use std::thread;

use super::{Console, ConsoleError, settle_in};
use crate::tui::arriving::{Carried, Reception, Step};
use crate::tui::contexts::{About, Landed, Landing, judge_beside};
use crate::tui::effect::Effect;
use crate::tui::event::Event;
use crate::tui::model::Model;
use crate::tui::takeover::Guard;
use crate::tui::theme::Tone;
use crate::tui::update::{enter_context, landed};
use crate::tui::view::Viewport;

impl Console {
    /// Keeps a context that was asked for; one that nobody waits for any more is closed where nobody waits for that either.
    pub(super) fn land(
        &mut self,
        model: &mut Model,
        there: Landed,
        guard: &mut Guard,
    ) -> Result<(), ConsoleError> {
        let unwanted = if model.awaits(there.ticket) {
            let open = landed(model, there.outcome).map(Box::new);
            self.dismiss(model, guard)?;
            std::mem::replace(&mut self.landed, open)
        } else {
            there.outcome.ok().map(Box::new)
        };
        thread::spawn(move || drop(unwanted));
        Ok(())
    }

    /// Leaves the place for one that is open, or waits before the one that is on its way.
    pub(super) fn go_there(
        &mut self,
        model: &mut Model,
        there: Landing,
        guard: &mut Guard,
    ) -> Result<(), ConsoleError> {
        let (arrival, view, carried) = match there {
            Landing::Here(arrival, view, carried) => (arrival, view, carried),
            Landing::Underway(ticket, underway) => {
                guard.retitle(&underway.title())?;
                let back = Some(model.session.place());
                self.reception =
                    Some(Reception::begin(underway, (ticket, back), &self.settings, &self.events));
                return Ok(());
            }
        };
        let about: About = arrival.about.clone();
        let mut effects = enter_context(model, view, about);
        // The threads of the place that is left end with what they have begun.
        self.executor = settle_in(model, &mut self.means, *arrival, &self.settings.notifier, &self.events);
        self.viewport = Viewport::default();
        guard.retitle(&model.session.title())?;
        carried.iter().for_each(|carried| carried.note(&mut model.journal));
        if let Some(carried) = carried.filter(Carried::leads_somewhere) {
            effects.extend(carried.into_room(model));
        }
        self.perform(model, effects, guard)
    }

    /// Gives an event to the verifier that stands before everything else; answers what is none of its business.
    pub(super) fn receive(
        &mut self,
        model: &mut Model,
        event: Event,
        guard: &mut Guard,
    ) -> Result<Option<Event>, ConsoleError> {
        if let Event::Told(to, _) = &event
            && self.reception.as_ref().is_none_or(|reception| reception.ticket() != *to)
        {
            // What was told to somebody who gave up may be a whole registry.
            thread::spawn(move || drop(event));
            return Ok(None);
        }
        let Some(reception) = &mut self.reception else { return Ok(Some(event)) };
        let (event, rest) = match event {
            Event::Key(_) | Event::Early(_) | Event::Paste(_) | Event::Told(..) => (event, None),
            // Time passes behind it, too.
            Event::Tick => (Event::Tick, Some(Event::Tick)),
            // The mouse points at what cannot be seen.
            Event::Click(_) | Event::Wheel(_) => return Ok(None),
            other => return Ok(Some(other)),
        };
        match reception.take(event) {
            Step::Stay => {}
            Step::Arrived(arrival, carried) => {
                let ticket = reception.ticket();
                model.awaited = Some((ticket, arrival.about.name().to_owned()));
                self.opening += 1;
                judge_beside((ticket, arrival, carried), self.settings.clock, self.events.clone());
            }
            Step::GiveUp => {
                model.awaited = None;
                reception.carried().note(&mut model.journal);
                self.dismiss(model, guard)?;
                let words = format!("nobody waits for it any more: this is still {}", model.session.place());
                model.say(words, Tone::Plain);
            }
            Step::Background => return self.perform(model, vec![Effect::Background], guard).map(|()| None),
            Step::Leave => {
                reception.carried().note(&mut model.journal);
                return Ok(Some(Event::Terminate));
            }
        }
        Ok(rest)
    }

    /// What stood behind it is seen again.
    fn dismiss(&mut self, model: &Model, guard: &mut Guard) -> Result<(), ConsoleError> {
        match self.reception.take() {
            Some(_) => Ok(guard.retitle(&model.session.title())?),
            None => Ok(()),
        }
    }
}
