//! The whole state of the console.

use std::sync::Arc;

use super::action::RoomName;
use super::effect::Ticket;
use super::overlays::{Overlay, confirm, filter, order};
use super::rooms::{agents, approvals, inspect, lineage, locks, log, operators, overview, policy, tiers};
use super::session::{Session, View};
use super::theme::{Theme, Tone};
use crate::identity::KeyBytes;
use crate::registry::query::QueryError;
use crate::time::Time;

/// The state of the console; only `update` writes it.
pub(super) struct Model {
    pub session: Session,
    pub room: RoomName,
    pub history: Vec<RoomName>,
    pub rooms: Rooms,
    pub overlays: Vec<Overlay>,
    /// The queries that were asked.
    pub asked: filter::Asked,
    /// What the status line says.
    pub said: Option<(String, Tone)>,
    /// Changes that were confirmed and are not yet answered.
    pub unanswered: usize,
    /// What somebody is to be told and was not told yet.
    pub untold: usize,
    pub leaving: bool,
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
    pub(super) fn new(
        view: Arc<View>,
        theme: Theme,
        now: Time,
        warning: Option<String>,
        key: Option<KeyBytes>,
    ) -> Self {
        let mut model = Self {
            session: Session { view, theme, now, page: 10, warning, key, case: None, mark: None, past: None },
            room: RoomName::Overview,
            history: Vec::new(),
            rooms: Rooms::default(),
            overlays: Vec::new(),
            asked: filter::Asked::default(),
            said: None,
            unanswered: 0,
            untold: 0,
            leaving: false,
            tickets: 0,
        };
        model.rooms.lineage.rebuild(&model.session.view);
        model.rooms.rebuild_small(&model.session);
        model
    }

    /// A fresh ticket.
    pub(super) fn ticket(&mut self) -> Ticket {
        self.tickets += 1;
        self.tickets
    }

    pub(super) fn say(&mut self, words: impl Into<String>, tone: Tone) {
        self.said = Some((words.into(), tone));
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
    pub(super) fn selected(&self) -> Option<crate::registry::Row> {
        match self.room {
            RoomName::Agents => self.rooms.agents.selected(),
            RoomName::Lineage => self.rooms.lineage.selected(),
            RoomName::Tiers => self.rooms.tiers.table.selected(),
            RoomName::Inspect => self.rooms.inspect.row,
            _ => None,
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
