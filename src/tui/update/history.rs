//! Back and forward over where one was.

use super::{go, keys};
use crate::tui::action::RoomName;
use crate::tui::effect::Effect;
use crate::tui::history::Place;
use crate::tui::listing::Selection;
use crate::tui::model::Model;

/// Where one is.
pub(super) fn here(model: &Model) -> Place {
    let agent = model.selected().map(|row| model.session.view.agent(row).did());
    Place { room: model.room, agent, filter: model.filter_text().unwrap_or_default().to_owned() }
}

/// One is about to be elsewhere.
pub(super) fn leave(model: &mut Model) {
    let place = here(model);
    model.trail.leave(place);
}

/// Goes back, or forward again.
pub(super) fn walk(model: &mut Model, back: bool) -> Vec<Effect> {
    let place = here(model);
    let there = if back { model.trail.back(place) } else { model.trail.forward(place) };
    match there {
        Some(there) => restore(model, there),
        None if back => vec![Effect::Say("nothing before this".to_owned())],
        None => vec![Effect::Say("nothing after this".to_owned())],
    }
}

/// Shows a place as it was; an agent that is gone is not looked for.
fn restore(model: &mut Model, place: Place) -> Vec<Effect> {
    let trail = std::mem::take(&mut model.trail);
    let row = place.agent.and_then(|did| model.session.view.registry().find(&did));
    if let (RoomName::Inspect, Some(row)) = (place.room, row) {
        // The room shows whom it is given, not who is selected elsewhere.
        model.room = RoomName::Inspect;
        model.rooms.inspect.show(row, &model.session);
    }
    let mut effects = go(model, place.room);
    model.trail = trail;
    let same = model.filter_text() == Some(place.filter.as_str());
    let ticket = model.ticket();
    let rooms = &mut model.rooms;
    match place.room {
        RoomName::Agents => {
            let selection =
                Selection { text: place.filter, keep: row, ..rooms.agents.rows.selection.clone() };
            effects.retain(|effect| !matches!(effect, Effect::List(..)));
            effects.push(rooms.agents.ask(RoomName::Agents, selection, ticket));
        }
        RoomName::Lineage if place.filter.is_empty() => {
            if let Some(row) = row {
                rooms.lineage.reveal(row, &model.session.view);
            }
        }
        RoomName::Lineage | RoomName::Tiers if !same => effects.extend(keys::filter(model, place.filter)),
        _ => {}
    }
    effects
}
