//! From one context to another; each is found again as it was left.

use std::sync::Arc;

use super::committed::receipt_words;
use super::replies::show;
use super::{go, orders};
use crate::registry::CaseId;
use crate::tui::action::RoomName;
use crate::tui::contexts::About;
use crate::tui::effect::{Effect, Reply};
use crate::tui::history::Trail;
use crate::tui::marks::Marks;
use crate::tui::model::{Model, Rooms};
use crate::tui::overlays::{Overlay, palette};
use crate::tui::session::{Session, View};
use crate::tui::theme::Tone;

/// A context that was left: everything finds its place again by DID.
pub(in crate::tui) struct Left {
    view: Arc<View>,
    room: RoomName,
    history: Vec<RoomName>,
    trail: Trail,
    rooms: Rooms,
    case: Option<CaseId>,
    mark: Option<Arc<View>>,
    marks: Marks,
}

/// Shows where one can go.
pub(super) fn choose(model: &mut Model) -> Vec<Effect> {
    if model.session.contexts.is_empty() {
        return vec![Effect::Refuse("the configuration has no [[context]]".to_owned())];
    }
    let mut palette = palette::State::new(model.room);
    palette.typed.set("ctx ");
    model.overlays.push(Overlay::Palette(palette));
    Vec::new()
}

/// Opens a context; what is open stays open until it is there.
pub(super) fn open(model: &mut Model, name: String) -> Vec<Effect> {
    if name == model.session.place() {
        model.awaited = None;
        return vec![Effect::Say(format!("this is {name}"))];
    }
    let ticket = model.ticket();
    model.say(format!("opening {name} …; what you see is still {}", model.session.place()), Tone::Warning);
    model.awaited = Some((ticket, name.clone()));
    vec![Effect::OpenContext(ticket, name)]
}

/// The context that was awaited is open; one that cannot be opened is said.
pub(in crate::tui) fn landed<T>(model: &mut Model, outcome: Result<T, String>) -> Option<T> {
    let (_, name) = model.awaited.take()?;
    match outcome {
        Ok(there) => {
            model.say(format!("{name} is open: it is shown when this is closed"), Tone::Good);
            Some(there)
        }
        Err(why) => {
            model.say(
                format!("{name} is not open: {why}; this is still {}", model.session.place()),
                Tone::Bad,
            );
            None
        }
    }
}

/// Goes to a context that is open; to one that was left, as it was left.
pub(in crate::tui) fn arrive(model: &mut Model, view: Arc<View>, about: About) -> Vec<Effect> {
    let left = Left {
        view: model.session.view.clone(),
        room: model.room,
        history: std::mem::take(&mut model.history),
        trail: std::mem::take(&mut model.trail),
        rooms: std::mem::take(&mut model.rooms),
        case: model.session.case.take(),
        mark: model.session.mark.take(),
        marks: std::mem::take(&mut model.session.marks),
    };
    model.left.insert(model.session.about.name().to_owned(), left);
    model.session.recent.clear();
    model.own.clear();
    model.visits.push(about.name().to_owned());
    let again = model.left.remove(about.name());
    let now = model.session.now;
    let session = &mut model.session;
    session.theme = session.theme.in_context(about.badge);
    (session.past, session.frozen, session.now) = (None, None, view.snapshot.time(now));
    session.enter(about);
    let mut effects = match again {
        Some(left) => {
            (model.room, model.history, model.rooms) = (left.room, left.history, left.rooms);
            model.trail = left.trail;
            (model.session.case, model.session.mark) = (left.case, left.mark);
            model.session.marks = left.marks;
            // Whoever answered these is gone.
            model.rooms.log = Default::default();
            model.rooms.policy = Default::default();
            model.session.view = left.view;
            show(model, view, true)
        }
        None => {
            model.session.view = view;
            model.rooms.lineage.rebuild(&model.session.view);
            model.rooms.rebuild_small(&model.session);
            (model.room, model.history) = (RoomName::Overview, Vec::new());
            go(model, RoomName::Overview)
        }
    };
    effects.push(Effect::ReadLog);
    let words = format!("this is {} now", model.session.place());
    model.say(words, Tone::Good);
    effects
}

/// What a context that was left still had to say: only what became of orders, and who was told.
pub(super) fn late(model: &mut Model, visit: usize, reply: Reply) -> Vec<Effect> {
    let place = model.visits.get(visit).cloned().unwrap_or_default();
    let task = match &reply {
        Reply::Committed(ticket, ..) | Reply::Ordered(ticket, ..) => model.journal.end(*ticket),
        _ => None,
    };
    let (command, plan) = task.map_or((None, None), |task| (task.command, task.plan));
    if let (Reply::Committed(_, outcome, _), Some(left)) = (&reply, model.left.get_mut(&place))
        && outcome.is_ok()
    {
        plan.iter().for_each(|plan| left.marks.planned(plan));
    }
    let keymap = &model.session.keymap;
    let (outcome, notice) = match reply {
        Reply::Committed(_, outcome, _) => match *outcome {
            Ok(done) => (Ok(receipt_words(&done.receipt, None, keymap)), done.notice),
            Err(error) => (Err(error.to_string()), None),
        },
        Reply::Ordered(_, Ok(done), _) => (Ok(orders::words(&done.receipt, keymap).0), done.notice),
        Reply::Ordered(_, Err(error), _) => (Err(error.to_string()), None),
        Reply::Taken(Ok(()), _) => (Ok("the file was taken".to_owned()), None),
        Reply::Taken(Err(why), _) => (Err(why), None),
        told @ Reply::Told(_) => return super::replies::on_reply(model, told),
        _ => return Vec::new(),
    };
    model.unanswered = model.unanswered.saturating_sub(1);
    match outcome {
        Ok(words) => model.say_of(format!("in {place}: {words}"), Tone::Good, command),
        Err(why) => model.say(format!("in {place}: NOT DONE: {why}"), Tone::Bad),
    }
    notice.map(Effect::Tell).into_iter().collect()
}

/// Unlocks the place for a while, or locks it again.
pub(super) fn unlock(session: &mut Session) -> Vec<Effect> {
    let now = session.now;
    session.bar.toggle(now);
    vec![match session.lock_words() {
        Some((words, _)) => Effect::Say(words),
        None => Effect::Say("nothing is locked here".to_owned()),
    }]
}
