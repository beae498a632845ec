//! Looking at what became of a containment.

use crate::identity::Did;
use crate::tui::action::RoomName;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::overlays::{Overlay, aftermath};

/// Looks at the containment under the cursor of the log, else at the newest one.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    let ticket = model.ticket();
    let chosen = model.rooms.log.selected().filter(|line| aftermath::is_containment(line.kind));
    let index = chosen.filter(|_| model.room == RoomName::Log).map(|line| line.index);
    let state = aftermath::State { ticket, asking: true, ..aftermath::State::default() };
    model.overlays.push(Overlay::Aftermath(state));
    vec![Effect::ReadAftermath(ticket, index)]
}

/// The entry was read: who confirmed it is asked next.
pub(super) fn read(
    model: &mut Model,
    ticket: u64,
    found: Result<Box<aftermath::Aftermath>, String>,
) -> Vec<Effect> {
    let Some(state) = on_top(model, ticket) else { return Vec::new() };
    state.found = Some(found);
    state.asking = false;
    let mut effects = ask(state);
    effects.extend(count(state));
    effects
}

/// How many may act was counted.
pub(super) fn counted(model: &mut Model, ticket: u64, below: (usize, usize)) {
    if let Some(state) = on_top(model, ticket) {
        state.below = Some(below);
    }
}

/// The registry is another: it is counted again who may act.
pub(super) fn count_again(model: &Model) -> Option<Effect> {
    model.overlays.iter().find_map(|overlay| match overlay {
        Overlay::Aftermath(state) => count(state),
        _ => None,
    })
}

fn count(state: &aftermath::State) -> Option<Effect> {
    let line = &state.found.as_ref()?.as_ref().ok()?.line;
    Some(Effect::CountActing(state.ticket, Did::parse(&line.subject).ok()?))
}

/// Somebody answered who confirmed.
pub(super) fn answered(model: &mut Model, ticket: u64, enforced: aftermath::Enforced) {
    if let Some(state) = on_top(model, ticket) {
        state.enforced = Some(enforced);
        state.asking = false;
    }
}

/// Time passed: whoever did not confirm may have done so by now.
pub(super) fn look_again(model: &mut Model) -> Vec<Effect> {
    match model.overlays.last_mut() {
        Some(Overlay::Aftermath(state)) => ask(state),
        _ => Vec::new(),
    }
}

fn ask(state: &mut aftermath::State) -> Vec<Effect> {
    let settled = matches!(&state.enforced, Some(Ok(None)))
        || matches!(&state.enforced, Some(Ok(Some(line))) if line.complete);
    let Some(index) = state.index().filter(|_| !state.asking && !settled) else { return Vec::new() };
    state.asking = true;
    vec![Effect::ReadEnforced(state.ticket, index)]
}

fn on_top(model: &mut Model, ticket: u64) -> Option<&mut aftermath::State> {
    model.overlays.iter_mut().find_map(|overlay| match overlay {
        Overlay::Aftermath(state) if state.ticket == ticket => Some(state),
        _ => None,
    })
}
