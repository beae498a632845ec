//! A view that stands still: what happens meanwhile is taken in, and shown when somebody asks for it.

use std::sync::Arc;

use super::replies::show;
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::overlays::{Overlay, compared};
use crate::tui::session::{Frozen, View};
use crate::tui::theme::Tone;
use crate::tui::widgets::Cursor;

/// Freezes the view, or catches up and says what happened meanwhile.
pub(super) fn toggle(model: &mut Model) -> Vec<Effect> {
    if model.session.past.is_some() {
        return vec![Effect::Say("the past stands still as it is: esc goes back to now".to_owned())];
    }
    if model.session.frozen.is_none() {
        let (since, present) = (model.session.now, model.session.view.clone());
        model.session.frozen = Some(Frozen { since, present });
        let key = model.session.keymap.key_of(Action::Freeze);
        return vec![Effect::Say(format!(
            "frozen: what happens meanwhile waits; {key} catches up, and so does whatever you order"
        ))];
    }
    let before = model.session.view.clone();
    let mut effects = catch_up(model);
    let after = model.session.view.clone();
    effects.extend(differences(model, before, after));
    effects
}

/// Shows how things stand now; does nothing where that is shown.
pub(super) fn catch_up(model: &mut Model) -> Vec<Effect> {
    let Some(frozen) = model.session.frozen.take() else { return Vec::new() };
    let (before, now) = (&model.session.view.snapshot.head, &frozen.present.snapshot.head);
    let words = match now.size.saturating_sub(before.size) {
        0 => "caught up: nothing happened meanwhile".to_owned(),
        1 => "caught up: 1 entry came meanwhile".to_owned(),
        entries => format!("caught up: {entries} entries came meanwhile"),
    };
    let replaced = now.first_row != before.first_row;
    model.say(words, Tone::Plain);
    let mut effects = show(model, frozen.present, replaced);
    effects.push(Effect::ReadLog);
    effects
}

fn differences(model: &mut Model, before: Arc<View>, after: Arc<View>) -> Vec<Effect> {
    let sizes = (before.snapshot.head.size, after.snapshot.head.size);
    if sizes.0 == sizes.1 {
        return Vec::new();
    }
    let ticket = model.ticket();
    let state = compared::State { ticket, sizes, compared: None, cursor: Cursor::default() };
    model.overlays.push(Overlay::Compared(state));
    vec![Effect::Compare(ticket, before, after)]
}
