//! What the mouse means: it selects and moves, and never confirms.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{keys, overlay_keys};
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::overlays::Overlay;

/// A wheel moves so many rows at a time.
const STEP: usize = 3;

/// Puts the cursor on the row that was clicked; while something is signed or asked, rows may not be where they seem.
pub(super) fn click(model: &mut Model, y: u16) -> Vec<Effect> {
    if model.unanswered > 0 || !model.overlays.is_empty() {
        return vec![Effect::Say(
            "a click only selects, and not while something is asked or signed".to_owned(),
        )];
    }
    let Some(drawn) = model.session.drawn else { return Vec::new() };
    let Some((cursor, count)) = model.list() else { return Vec::new() };
    let first =
        drawn.cursor_y.saturating_sub(u16::try_from(cursor.at.saturating_sub(drawn.top)).unwrap_or(u16::MAX));
    let clicked = y.checked_sub(first).map(|rows| drawn.top.saturating_add(usize::from(rows)));
    if let Some(at) = clicked.filter(|at| *at < count && y < drawn.bottom) {
        cursor.go(at, count);
    }
    Vec::new()
}

/// Moves over a list or a text; a dialog in which something is chosen does not move.
pub(super) fn wheel(model: &mut Model, down: bool) -> Vec<Effect> {
    let mut effects = Vec::new();
    for _ in 0..STEP {
        match model.overlays.last() {
            None => effects.extend(keys::act(model, if down { Action::Down } else { Action::Up })),
            Some(
                Overlay::Help(_)
                | Overlay::Entry(_)
                | Overlay::Compared(_)
                | Overlay::Pick(_)
                | Overlay::Palette(_)
                | Overlay::Cases(_),
            ) => {
                let key = if down { KeyCode::Down } else { KeyCode::Up };
                effects.extend(overlay_keys::on_key(model, &KeyEvent::new(key, KeyModifiers::NONE)));
            }
            Some(_) => {}
        }
    }
    effects
}

/// Lets the mouse select here, or leaves it to the terminal.
pub(super) fn switch(model: &mut Model) -> Vec<Effect> {
    let on = !model.session.mouse;
    model.session.mouse = on;
    let words = match on {
        true => "the mouse selects here: click and wheel; the terminal selects text with shift",
        false => "the mouse is the terminal's again: it selects text",
    };
    vec![Effect::Mouse(on), Effect::Say(words.to_owned())]
}
