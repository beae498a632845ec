//! A change on its way: asked for, frozen, confirmed.

use crate::change::Verb;
use crate::registry::Row;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::overlays::{Overlay, confirm};
use crate::tui::widgets::Field;

pub(super) fn open_dialog(model: &mut Model, verb: Verb, row: Row) -> Vec<Effect> {
    let dialog = confirm::State::new(verb, row, model.session.view.clone());
    model.overlays.push(Overlay::Confirm(Box::new(dialog)));
    replan(model)
}

/// Freezes the wish of the dialog on top against what is on the screen now.
pub(super) fn replan(model: &mut Model) -> Vec<Effect> {
    let ticket = model.ticket();
    let now = model.session.now;
    let view = model.session.view.clone();
    let Some(Overlay::Confirm(dialog)) = model.overlays.last_mut() else { return Vec::new() };
    dialog.ticket = ticket;
    dialog.phase = confirm::Phase::Planning;
    dialog.rows_shown = view.registry().row_count();
    dialog.view = view;
    dialog.seen = false;
    dialog.phrase = Field::default();
    vec![Effect::Plan(ticket, dialog.request(now))]
}

pub(super) fn commit(model: &mut Model) -> Vec<Effect> {
    let ticket = model.ticket();
    let Some(Overlay::Confirm(dialog)) = model.overlays.last_mut() else { return Vec::new() };
    let confirm::Phase::Shown(plan) = &dialog.phase else { return Vec::new() };
    let plan = plan.clone();
    dialog.ticket = ticket;
    dialog.phase = confirm::Phase::Committing(plan.clone());
    dialog.failure = None;
    let (rows_shown, reason) = (dialog.rows_shown, dialog.reason.text().trim().to_owned());
    model.unanswered += 1;
    vec![Effect::Commit(ticket, plan, rows_shown, reason)]
}
