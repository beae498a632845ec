//! Showing everything as it was: back and forth over the log, and home again.

use std::sync::Arc;

use super::replies::show;
use crate::time::Span;
use crate::tui::action::Action;
use crate::tui::effect::{Effect, Moment, Ticket};
use crate::tui::model::Model;
use crate::tui::overlays::{Overlay, compared, slider};
use crate::tui::session::{Past, View};
use crate::tui::theme::Tone;
use crate::tui::widgets::Cursor;

const DAY: Span = Span::seconds(86_400);
const DAY_BACK: Span = Span::seconds(-86_400);

/// Asks for the state at a moment; from here on nothing can be ordered.
pub(in crate::tui) fn travel(model: &mut Model, moment: Moment) -> Vec<Effect> {
    let ticket = model.ticket();
    let present = model.session.present().clone();
    let size = match moment {
        Moment::Size(size) | Moment::Until(_, size) | Moment::From(_, size) => size,
    };
    // The past stands still as it is.
    model.session.frozen = None;
    model.session.past = Some(Past { present, size, awaited: Some(ticket) });
    vec![Effect::Travel(ticket, moment)]
}

/// One step over the log; beyond its end is now.
pub(super) fn step(model: &mut Model, action: Action) -> Vec<Effect> {
    let head = model.session.present().snapshot.head.size;
    let at = model.session.past.as_ref().map_or(head, |past| past.size);
    let shown = model.session.view.snapshot.head.last_time.unwrap_or(model.session.now);
    let moment = match action {
        Action::Earlier => Moment::Size(at.saturating_sub(1)),
        Action::DayEarlier => Moment::Until(shown.plus(DAY_BACK), at.saturating_sub(1)),
        _ if at >= head => {
            let words = "this is now: [ goes back by an entry, { by a day";
            if model.session.past.is_none() {
                model.say(words, Tone::Plain);
            }
            return come_back(model);
        }
        Action::Later => Moment::Size(at.saturating_add(1)),
        _ => Moment::From(shown.plus(DAY), at.saturating_add(1)),
    };
    travel(model, moment)
}

/// Opens the bar over the time of the log.
pub(super) fn slide(model: &mut Model) -> Vec<Effect> {
    let head = model.session.present().snapshot.head;
    let Some(last) = head.last_time else {
        return vec![Effect::Say("the log has no entries yet".to_owned())];
    };
    let at = model.session.past.as_ref().map_or(head.size, |past| past.size);
    model.overlays.push(Overlay::Slider(slider::State::new(at, (head.size, last))));
    stop_at(model, Moment::Size(at))
}

/// Goes along the bar.
fn stop_at(model: &mut Model, moment: Moment) -> Vec<Effect> {
    let ticket = model.ticket();
    let Some(Overlay::Slider(slider)) = model.overlays.last_mut() else { return Vec::new() };
    slider.ticket = ticket;
    if let Moment::Size(size) = moment {
        slider.at = size;
    }
    vec![Effect::ReadStop(ticket, moment)]
}

/// What a key on the bar came to.
pub(super) fn slid(model: &mut Model, outcome: slider::Outcome) -> Vec<Effect> {
    let Some(Overlay::Slider(slider)) = model.overlays.last() else { return Vec::new() };
    let (at, end) = (slider.at, slider.end.0);
    match outcome {
        slider::Outcome::Stay => return Vec::new(),
        slider::Outcome::Move(moment) => return stop_at(model, moment),
        slider::Outcome::Close | slider::Outcome::Look => model.overlays.pop(),
    };
    match outcome {
        slider::Outcome::Look if at < end => travel(model, Moment::Size(at)),
        slider::Outcome::Look => come_back(model),
        _ => Vec::new(),
    }
}

/// Marks the shown moment, to compare with.
pub(super) fn mark(model: &mut Model) -> Vec<Effect> {
    model.session.mark = Some(model.session.view.clone());
    let size = model.session.view.snapshot.head.size;
    let compare = model.session.keymap.key_of(Action::Compare);
    model.say(format!("marked after {size} entries: go elsewhere, and {compare} compares"), Tone::Plain);
    Vec::new()
}

/// What differs between the shown moment and the mark; without a mark, or on it, between it and now.
pub(super) fn compare(model: &mut Model) -> Vec<Effect> {
    let (shown, now) = (model.session.view.clone(), model.session.present().clone());
    let size = |view: &View| view.snapshot.head.size;
    let marked = model.session.mark.clone().filter(|mark| size(mark) != size(&shown));
    let other = marked.unwrap_or(now);
    if size(&other) == size(&shown) {
        let key = |action| model.session.keymap.key_of(action);
        let (back, mark, compare) = (key(Action::Earlier), key(Action::Mark), key(Action::Compare));
        let words = format!("one moment is no two: {back} goes back, {mark} marks, {compare} compares");
        model.say(words, Tone::Plain);
        return Vec::new();
    }
    let (before, after) = if size(&other) < size(&shown) { (other, shown) } else { (shown, other) };
    let ticket = model.ticket();
    let (sizes, cursor) = ((size(&before), size(&after)), Cursor::default());
    model.overlays.push(Overlay::Compared(compared::State { ticket, sizes, compared: None, cursor }));
    vec![Effect::Compare(ticket, before, after)]
}

/// Shows how things stand now.
pub(super) fn come_back(model: &mut Model) -> Vec<Effect> {
    let Some(past) = model.session.past.take() else { return Vec::new() };
    model.session.now = past.present.judgement.at();
    let mut effects = show(model, past.present, true);
    effects.extend([Effect::Judge(Box::new(model.session.view.snapshot.clone())), Effect::ReadLog]);
    effects
}

/// Takes the past that was asked for.
pub(super) fn arrived(
    model: &mut Model,
    ticket: Ticket,
    outcome: Result<(u64, Arc<View>), String>,
) -> Vec<Effect> {
    let Some(past) = &mut model.session.past else { return Vec::new() };
    if past.awaited != Some(ticket) {
        return Vec::new();
    }
    past.awaited = None;
    match outcome {
        Ok((size, view)) => {
            past.size = size;
            model.session.now = view.judgement.at();
            let mut effects = show(model, view, true);
            if !model.rooms.log.go_to(size) {
                effects.push(Effect::ReadLogAt(size));
            }
            effects
        }
        Err(why) => {
            let effects = come_back(model);
            model.say(format!("the past cannot be read: {why}"), Tone::Bad);
            effects
        }
    }
}
