//! The whole state of the console.

use std::collections::HashMap;
use std::sync::Arc;

use super::action::RoomName;
use super::contexts::{About, Contexts};
use super::effect::Ticket;
use super::history::Trail;
use super::journal::Journal;
use super::overlays::{Overlay, confirm, filter, order};
use super::rooms::{agents, approvals, inspect, lineage, locks, log, operators, overview, policy, tiers};
use super::session::{Session, View};
use super::theme::{Theme, Tone};
use super::update::Left;
use super::widgets::Cursor;
use crate::registry::Row;
use crate::registry::query::QueryError;
use crate::time::Time;

/// The state of the console; only `update` writes it.
pub(super) struct Model {
    pub session: Session,
    pub room: RoomName,
    pub history: Vec<RoomName>,
    /// Where one was, back and forward.
    pub trail: Trail,
    pub rooms: Rooms,
    pub overlays: Vec<Overlay>,
    /// The queries that were asked.
    pub asked: filter::Asked,
    /// What the status line says.
    pub said: Option<(String, Tone)>,
    /// What was done and said, and what is under way.
    pub journal: Journal,
    /// Changes that were confirmed and are not yet answered.
    pub unanswered: usize,
    /// What somebody is to be told and was not told yet.
    pub untold: usize,
    pub leaving: bool,
    /// The entries that were written from here, and are not shown yet.
    pub own: Vec<u64>,
    /// Contexts that were left, by name.
    pub left: HashMap<String, Left>,
    /// The names of the contexts that were gone to, one after the other; the last one is open.
    pub visits: Vec<String>,
    /// The context that was asked for last, as long as it is not there.
    pub awaited: Option<(Ticket, String)>,
    tickets: Ticket,
}

/// The state of each room.
#[derive(Default)]
pub(super) struct Rooms {
    pub overview: overview::State,
    pub agents: agents::State,
    pub lineage: lineage::State,
    pub tiers: tiers::State,
    pub log: log::State,
    pub inspect: inspect::State,
    pub approvals: approvals::State,
    pub operators: operators::State,
    pub locks: locks::State,
    pub policy: policy::State,
}

impl Rooms {
    /// Makes the rooms again whose content is small: what waits, people, locks, policy.
    pub(super) fn rebuild_small(&mut self, session: &Session) {
        self.approvals.rebuild(session);
        self.operators.rebuild(session);
        self.locks.rebuild(session);
        self.policy.rebuild(session);
    }
}

impl Model {
    pub(super) fn new(view: Arc<View>, theme: Theme, now: Time, about: About, contexts: &Contexts) -> Self {
        let mut model = Self {
            visits: vec![about.name().to_owned()],
            session: Session::new((view, now), theme, about, contexts.destinations.clone()),
            room: RoomName::Overview,
            history: Vec::new(),
            trail: Trail::default(),
            rooms: Rooms::default(),
            overlays: Vec::new(),
            asked: filter::Asked::default(),
            said: None,
            journal: Journal::new(now),
            unanswered: 0,
            untold: 0,
            leaving: false,
            own: Vec::new(),
            left: HashMap::new(),
            awaited: None,
            tickets: 0,
        };
        model.rooms.lineage.rebuild(&model.session.view);
        model.rooms.rebuild_small(&model.session);
        model
    }

    /// Which of the visits this is; what others are answered is late.
    pub(super) fn visit(&self) -> usize {
        self.visits.len().saturating_sub(1)
    }

    /// Whether this is the context that was asked for last.
    pub(super) fn awaits(&self, asked: Ticket) -> bool {
        self.awaited.as_ref().is_some_and(|(ticket, _)| *ticket == asked)
    }

    /// A fresh ticket.
    pub(super) fn ticket(&mut self) -> Ticket {
        self.tickets += 1;
        self.tickets
    }

    pub(super) fn say(&mut self, words: impl Into<String>, tone: Tone) {
        self.say_of(words, tone, None);
    }

    /// Says what became of a deed, with the command line that does the same.
    pub(super) fn say_of(&mut self, words: impl Into<String>, tone: Tone, command: Option<String>) {
        let words = words.into();
        self.journal.note(&words, tone, command);
        self.said = Some((words, tone));
    }

    /// A frame was drawn: the operator has seen what it shows.
    ///
    /// `told` is whether there was room to say whom a dialog is about, how far it goes and how many fall.
    pub(super) fn drawn(&mut self, told: bool) {
        match self.overlays.last_mut() {
            Some(Overlay::Confirm(dialog)) => {
                dialog.seen = told && matches!(dialog.phase, confirm::Phase::Shown(_));
            }
            Some(Overlay::Order(order)) => {
                order.seen = told && matches!(order.phase, order::Phase::Ready(_));
            }
            _ => {}
        }
    }

    /// The agent under the cursor of the room.
    pub(super) fn selected(&self) -> Option<Row> {
        match self.room {
            RoomName::Agents => self.rooms.agents.selected(),
            RoomName::Lineage => self.rooms.lineage.selected(),
            RoomName::Tiers => self.rooms.tiers.table.selected(),
            RoomName::Inspect => self.rooms.inspect.row,
            _ => None,
        }
    }

    /// The cursor of the room, and over how many rows it moves, where each row is one line.
    pub(super) fn list(&mut self) -> Option<(&mut Cursor, usize)> {
        let rooms = &mut self.rooms;
        let (cursor, count) = match self.room {
            RoomName::Agents => (&mut rooms.agents.cursor, rooms.agents.rows.shown.len()),
            RoomName::Tiers => (&mut rooms.tiers.table.cursor, rooms.tiers.table.rows.shown.len()),
            RoomName::Lineage => {
                let count = rooms.lineage.count();
                (&mut rooms.lineage.cursor, count)
            }
            RoomName::Log => (&mut rooms.log.cursor, rooms.log.lines.len()),
            RoomName::Approvals => {
                let count = rooms.approvals.count();
                (&mut rooms.approvals.cursor, count)
            }
            RoomName::Operators => {
                let count = rooms.operators.count();
                (&mut rooms.operators.cursor, count)
            }
            RoomName::Locks => {
                let count = rooms.locks.count();
                (&mut rooms.locks.cursor, count)
            }
            RoomName::Overview | RoomName::Inspect | RoomName::Policy => return None,
        };
        Some((cursor, count))
    }

    /// The agents that the room lists.
    pub(super) fn shown(&self) -> Arc<Vec<Row>> {
        match self.room {
            RoomName::Agents => self.rooms.agents.rows.shown.clone(),
            RoomName::Tiers => self.rooms.tiers.table.rows.shown.clone(),
            RoomName::Lineage => self.rooms.lineage.shown(),
            _ => Arc::default(),
        }
    }

    /// Why the filter of the room means nobody.
    pub(super) fn filter_wrong(&self) -> Option<&QueryError> {
        match self.room {
            RoomName::Agents => self.rooms.agents.rows.wrong.as_ref(),
            RoomName::Lineage => self.rooms.lineage.filtered.wrong.as_ref(),
            RoomName::Tiers => self.rooms.tiers.table.rows.wrong.as_ref(),
            _ => None,
        }
    }

    /// The filter of the room, if it has one.
    pub(super) fn filter_text(&self) -> Option<&str> {
        match self.room {
            RoomName::Agents => Some(&self.rooms.agents.rows.selection.text),
            RoomName::Lineage => Some(&self.rooms.lineage.filtered.selection.text),
            RoomName::Tiers => Some(&self.rooms.tiers.table.rows.selection.text),
            _ => None,
        }
    }
}
