//! A change on its way: asked for, frozen, confirmed.

use super::give::shown;
use crate::change::{LockOn, Verb, What};
use crate::registry::Row;
use crate::text::{agents, short_did};
use crate::tui::effect::{Effect, Wish};
use crate::tui::model::Model;
use crate::tui::overlays::{Overlay, confirm, order};
use crate::tui::session::Session;
use crate::tui::widgets::Field;

/// Said by a dialog whose order is not sent.
pub(super) const LOCKED: &str = "nothing was sent: this context is read-only until it is unlocked";

pub(super) fn open_dialog(model: &mut Model, verb: Verb, row: Row) -> Vec<Effect> {
    let dialog = confirm::State::new(verb, row, model.session.view.clone());
    model.overlays.push(Overlay::Confirm(Box::new(dialog)));
    replan(model)
}

/// Asks about several agents, each alone.
pub(super) fn open_marked(model: &mut Model, verb: Verb, rows: &[Row]) -> Vec<Effect> {
    let hidden = model.session.marks.hidden_from(&model.shown());
    let Some(dialog) = confirm::State::listed(verb, rows, hidden, model.session.view.clone()) else {
        return Vec::new();
    };
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
    (dialog.drafted, dialog.failure) = (None, None);
    dialog.phrase = Field::default();
    vec![Effect::Plan(ticket, dialog.request(now), dialog.except.clone())]
}

pub(super) fn commit(model: &mut Model) -> Vec<Effect> {
    let ticket = model.ticket();
    let case = model.session.case.map(|case| case.to_string());
    let locked = model.session.bar.locked(model.session.now);
    let Some(Overlay::Confirm(dialog)) = model.overlays.last_mut() else { return Vec::new() };
    if locked {
        (dialog.missing, dialog.focus) = (Some(LOCKED), confirm::Focus::Choices);
        return Vec::new();
    }
    let confirm::Phase::Shown(plan) = &dialog.phase else { return Vec::new() };
    let plan = plan.clone();
    dialog.ticket = ticket;
    dialog.phase = confirm::Phase::Committing(plan.clone());
    dialog.failure = None;
    let (rows_shown, why, drafted) = (dialog.rows_shown, dialog.why(case), dialog.drafted.clone());
    model.unanswered += 1;
    vec![Effect::Commit(ticket, plan, rows_shown, why, drafted)]
}

/// Fixes the bytes of what the dialog on top shows, where operators sign them.
pub(super) fn draft(model: &mut Model) -> Vec<Effect> {
    let ticket = model.ticket();
    let case = model.session.case.map(|case| case.to_string());
    match model.overlays.last_mut() {
        Some(Overlay::Confirm(dialog)) if dialog.held => {
            let confirm::Phase::Shown(plan) = &dialog.phase else { return Vec::new() };
            let wish = Wish::Contain(plan.clone(), dialog.rows_shown);
            dialog.ticket = ticket;
            dialog.drafted = None;
            dialog.seen = false;
            // A containment without a reason has no bytes.
            if dialog.verb.contains() && dialog.reason.text().trim().is_empty() {
                return Vec::new();
            }
            vec![Effect::Draft(ticket, wish, dialog.why(case))]
        }
        Some(Overlay::Order(order)) => order.draft(ticket, model.session.case).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Opens the dialog of anything else that is signed.
pub(super) fn open_order(model: &mut Model, order: Box<order::State>) -> Vec<Effect> {
    model.overlays.push(Overlay::Order(order));
    draft(model)
}

/// Signs what the dialog on top shows.
pub(super) fn commit_order(model: &mut Model) -> Vec<Effect> {
    let ticket = model.ticket();
    let locked = model.session.bar.locked(model.session.now);
    let Some(Overlay::Order(order)) = model.overlays.last_mut() else { return Vec::new() };
    if locked {
        (order.missing, order.focus) = (Some(LOCKED), order::Focus::Choices);
        return Vec::new();
    }
    let effect = order.commit(ticket);
    model.unanswered += usize::from(effect.is_some());
    effect.into_iter().collect()
}

/// Asks before an agent is sealed.
pub(super) fn seal(session: &Session, row: Row) -> Effect {
    let (about, target) = shown(session, row);
    let choice = order::Choice { words: "seal it".to_owned(), about: Some(target), what: What::Seal {} };
    let lines = vec![
        "nothing new registers, delegates, rotates or refreshes at or below it".to_owned(),
        "what it does already goes on; reactivating it breaks the seal".to_owned(),
    ];
    Effect::AskOrder(Box::new(order::State::say(" SEAL ", about, lines, vec![choice])))
}

/// Asks before a standing rule is made, on one of the things that an agent has in common with others.
pub(super) fn lock(session: &Session, row: Row) -> Effect {
    let (view, agent) = (&session.view, session.view.agent(row));
    let registry = view.registry();
    let did = agent.did().to_string();
    let below = agents(registry.lineage().size(row));
    let sponsored = agents(registry.of_sponsor(agent.sponsor()).count());
    let mut choices = vec![
        (format!("its subtree: {below}"), LockOn::Subtree(did.clone())),
        (format!("its sponsor {}: {sponsored}, and all below", agent.sponsor()), {
            LockOn::Sponsor(agent.sponsor().into())
        }),
    ];
    if let Some(name) = agent.organization() {
        choices.push((format!("its organization {name}"), LockOn::Organization(name.to_owned())));
    }
    choices.extend(registry.tags(row).map(|tag| (format!("its tag {tag}"), LockOn::Tag(tag.to_owned()))));
    let key = agent.public_key();
    choices.push((format!("its key {}", key.key_id()), LockOn::Key(key.to_base64())));
    let choice = |(words, on)| order::Choice { words, about: None, what: What::Lock(on) };
    let lines = vec![
        "whom a lock names can do nothing, nor anybody below, until it is lifted".to_owned(),
        "it also holds agents that come later; no status changes".to_owned(),
    ];
    let about = format!("{}  {}", agent.name(), short_did(&did, 24));
    let choices = choices.into_iter().map(choice).collect();
    Effect::AskOrder(Box::new(order::State::say(" LOCK ", about, lines, choices)))
}
