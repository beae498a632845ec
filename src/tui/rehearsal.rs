//! The console without a terminal: keys in, frames out, on one thread.

use std::collections::VecDeque;
use std::sync::Arc;

use crossterm::event::KeyEvent;
use ratatui::Terminal;
use ratatui::backend::Backend as Screen;

use super::action::RoomName;
use super::contexts::{About, Contexts};
use super::effect::Effect;
use super::event::Event;
use super::executor::{Job, Means, answer_compute, job_of};
use super::model::Model;
use super::session::View;
use super::store_work::answer_store;
use super::theme::{Theme, ThemeName};
use super::update::{start_in, update};
use super::view::{Viewport, draw};
use crate::backend::Backend;
use crate::time::Time;

/// The console as tests and benches drive it: the same update and the same view, but the work that an update
/// asks for waits until [`Rehearsal::catch_up`] does it.
pub struct Rehearsal<S: Screen> {
    model: Model,
    viewport: Viewport,
    screen: Terminal<S>,
    backend: Backend,
    waiting: VecDeque<Effect>,
}

impl<S: Screen> Rehearsal<S> {
    /// The console in its first room, the first frame drawn and all work done; `now` stands still.
    ///
    /// # Errors
    /// Those of the screen.
    pub fn new(backend: Backend, screen: Terminal<S>, room: RoomName, now: Time) -> Result<Self, S::Error> {
        let view = Arc::new(View::of(backend.snapshot(), now));
        let theme = Theme::new(ThemeName::default(), false);
        let mut model = Model::new(view, theme, now, About::default(), &Contexts::default());
        let waiting = start_in(&mut model, room).into();
        let mut rehearsal = Self { model, viewport: Viewport::default(), screen, backend, waiting };
        rehearsal.draw()?;
        rehearsal.catch_up()?;
        Ok(rehearsal)
    }

    /// Takes a key and draws.
    ///
    /// # Errors
    /// Those of the screen.
    pub fn key(&mut self, key: KeyEvent) -> Result<(), S::Error> {
        self.waiting.extend(update(&mut self.model, Event::Key(key)));
        self.draw()
    }

    /// Does all work that waits, and what follows from it, and draws once.
    ///
    /// # Errors
    /// Those of the screen.
    pub fn catch_up(&mut self) -> Result<(), S::Error> {
        while let Some(effect) = self.waiting.pop_front() {
            let (view, now) = (&self.model.session.view, self.model.session.now);
            let reply = match job_of(effect, view, now, &Means::default()) {
                Ok(Job::Compute(job)) => answer_compute(job),
                Ok(Job::Store(job)) => answer_store(&mut self.backend, "rehearsal", job),
                Ok(Job::Tell(_)) | Err(_) => continue,
            };
            let visit = self.model.visit();
            self.waiting.extend(update(&mut self.model, Event::Reply(visit, Box::new(reply))));
        }
        self.draw()
    }

    /// Draws.
    ///
    /// # Errors
    /// Those of the screen.
    pub fn draw(&mut self) -> Result<(), S::Error> {
        let (model, viewport) = (&self.model, &mut self.viewport);
        self.screen.draw(|frame| draw(model, viewport, frame))?;
        self.model.session.page = self.viewport.page;
        Ok(())
    }

    /// Opens every node of the tree and draws.
    ///
    /// # Errors
    /// Those of the screen.
    pub fn open_everything(&mut self) -> Result<(), S::Error> {
        self.model.rooms.lineage.open_everything(&self.model.session.view);
        self.draw()
    }

    /// Rows of the room that the console is in, beyond those on the screen too.
    pub fn rows(&self) -> usize {
        match self.model.room {
            RoomName::Agents => self.model.rooms.agents.rows.shown.len(),
            RoomName::Lineage => self.model.rooms.lineage.count(),
            RoomName::Tiers => self.model.rooms.tiers.table.rows.shown.len(),
            _ => 0,
        }
    }

    /// Where the frames go.
    pub fn screen(&self) -> &S {
        self.screen.backend()
    }

    /// Whether somebody asked to leave.
    pub const fn leaving(&self) -> bool {
        self.model.leaving
    }
}
