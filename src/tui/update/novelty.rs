//! What somebody else changed while one looked.

use crate::registry::query::QueryError;
use crate::text::within;
use crate::tui::listing::Listed;
use crate::tui::model::Model;
use crate::tui::session::View;
use crate::tui::theme::Tone;

/// Marks what is new in a view that is about to be shown, unless all of it was ordered here.
pub(super) fn note(model: &mut Model, view: &View) {
    let entries = model.session.view.snapshot.head.size..view.snapshot.head.size;
    if !entries.clone().all(|entry| model.own.contains(&entry)) {
        model.session.recent.add(&view.fresh, model.session.now);
    }
    model.own.retain(|entry| *entry >= entries.end);
}

/// Whoever left the list by somebody else's change is named, unless something else is said.
pub(super) fn say_gone(model: &mut Model, listed: &Result<Listed, QueryError>) {
    let Ok(listed) = listed else { return };
    let Some(first) = listed.gone.first().filter(|_| model.said.is_none()) else { return };
    let name = within(model.session.view.agent(*first).name(), 40);
    let more = match listed.gone.len() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    model.say(format!("gone from this list by somebody else's change: {name}{more}"), Tone::Warning);
}
