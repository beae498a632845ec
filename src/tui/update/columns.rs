//! How the table of agents is laid out, and that it is remembered.

use crossterm::event::KeyEvent;

use crate::tui::action::RoomName;
use crate::tui::columns::Layout;
use crate::tui::effect::Effect;
use crate::tui::listing::Selection;
use crate::tui::model::Model;
use crate::tui::overlays::{Overlay, columns};

/// Shows what can be chosen.
pub(super) fn choose(model: &mut Model) -> Vec<Effect> {
    let layout = model.session.layout();
    model.overlays.push(Overlay::Columns(columns::State::new(&layout)));
    Vec::new()
}

/// What a key means there; the table behind follows at once.
pub(super) fn on_key(model: &mut Model, key: &KeyEvent) -> Vec<Effect> {
    let Some(Overlay::Columns(state)) = model.overlays.last_mut() else { return Vec::new() };
    match state.key(key) {
        columns::Outcome::Stay => Vec::new(),
        columns::Outcome::Close => {
            model.overlays.pop();
            remember(model)
        }
        columns::Outcome::Changed => {
            let layout = state.layout();
            let ticket = model.ticket();
            let rows = &model.rooms.agents.rows;
            let (sort, reversed) = (layout.sort, layout.reversed);
            let sorted = (rows.selection.sort, rows.selection.reversed) == (sort, reversed);
            let keep = model.rooms.agents.kept();
            let selection = Selection { sort, reversed, keep, ..rows.selection.clone() };
            set(model, layout);
            if sorted {
                Vec::new()
            } else {
                vec![model.rooms.agents.ask(RoomName::Agents, selection, ticket)]
            }
        }
    }
}

/// The table was sorted by a key of the room.
pub(super) fn sorted(model: &mut Model) -> Vec<Effect> {
    let selection = &model.rooms.agents.rows.selection;
    let (sort, reversed) = (selection.sort, selection.reversed);
    set(model, Layout { sort, reversed, ..model.session.layout() });
    remember(model)
}

fn set(model: &mut Model, layout: Layout) {
    let place = model.session.about.name().to_owned();
    model.session.layouts.insert(place, layout);
}

fn remember(model: &Model) -> Vec<Effect> {
    vec![Effect::Remember(model.session.about.name().to_owned(), model.session.layout())]
}
