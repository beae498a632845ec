//! One event in, the next state and some effects out; nothing slow, nothing from outside.

mod aftermath;
mod asked;
mod case;
mod columns;
mod committed;
mod contexts;
mod dialog;
mod export;
mod frozen;
mod give;
mod history;
mod keys;
mod looked;
mod novelty;
mod orders;
mod overlay_keys;
mod past;
pub(in crate::tui) mod paths;
mod pointer;
mod reading;
mod rekey;
mod replies;
mod sponsor;
mod tag;
mod tasks;

pub(in crate::tui) use contexts::{Left, landed};
pub(in crate::tui) use past::travel;

use std::sync::Arc;

use super::action::RoomName;
use super::columns::Layout;
use super::contexts::About;
use super::effect::Effect;
use super::event::Event;
use super::history::Trail;
use super::listing::Selection;
use super::model::Model;
use super::overlays::{Overlay, entry, help, palette};
use super::session::View;
use super::theme::Tone;
use super::widgets::Cursor;
use crate::time::Time;

/// Takes an event; the effects that come back are for the loop to carry out.
pub(in crate::tui) fn update(model: &mut Model, event: Event) -> Vec<Effect> {
    let effects = match event {
        Event::Key(key) => keys::on_key(model, &key),
        Event::Early(key) => keys::on_early_key(model, &key),
        Event::Click(row) => pointer::click(model, row),
        Event::Wheel(down) => pointer::wheel(model, down),
        Event::Paste(text) => overlay_keys::on_paste(model, &text),
        Event::Reply(visit, reply) if visit == model.visit() => replies::on_reply(model, *reply),
        Event::Reply(visit, reply) => contexts::late(model, visit, *reply),
        Event::Terminate | Event::InputClosed => vec![Effect::Quit],
        Event::Stopped => vec![Effect::Background],
        Event::Tick => aftermath::look_again(model),
        // What a screen of another size shows is not known before it was drawn.
        Event::Resize => {
            model.drawn(false);
            Vec::new()
        }
        // What was told before the log was here is proved by it, or not.
        Event::Continued | Event::News(_) | Event::Landed(_) | Event::Told(..) => Vec::new(),
    };
    let outside = settle(model, effects);
    outside.iter().for_each(|effect| tasks::begin(model, effect));
    outside
}

/// Goes to a context that is open.
pub(in crate::tui) fn enter_context(model: &mut Model, view: Arc<View>, about: About) -> Vec<Effect> {
    let effects = contexts::arrive(model, view, about);
    settle(model, effects)
}

/// Goes to the room that the console begins in.
pub(in crate::tui) fn start_in(model: &mut Model, room: RoomName) -> Vec<Effect> {
    let effects = settle(model, vec![Effect::Go(room)]);
    model.history.clear();
    model.trail = Trail::default();
    effects
}

/// Takes the time; an expiry that has come makes the judgement old.
pub(in crate::tui) fn pass_time(model: &mut Model, now: Time) -> Vec<Effect> {
    model.journal.pass_time(now);
    // In the past the clock stands still.
    if model.session.past.is_some() {
        return Vec::new();
    }
    let now = model.session.view.snapshot.time(now);
    let minute = |time: Time| time.micros().div_euclid(60_000_000);
    let another = minute(model.session.now) != minute(now);
    model.session.now = now;
    model.session.recent.pass(now);
    model.rooms.approvals.rebuild(&model.session);
    let mut effects = Vec::new();
    if another && model.room == RoomName::Overview && model.session.frozen.is_none() {
        let ticket = model.ticket();
        effects.extend(model.rooms.overview.ask(&model.session, ticket));
    }
    let present = model.session.present();
    if present.judgement.next_change().is_some_and(|next| now >= next) {
        effects.push(Effect::Judge(Box::new(present.snapshot.clone())));
    }
    effects
}

/// Carries out the effects that only change the model; the others are for the loop.
fn settle(model: &mut Model, effects: Vec<Effect>) -> Vec<Effect> {
    let mut outside = Vec::new();
    for effect in effects {
        match effect {
            Effect::Go(room) => outside.extend(go(model, room)),
            Effect::Inspect(row) => {
                if model.room == RoomName::Inspect && model.rooms.inspect.row != Some(row) {
                    history::leave(model);
                }
                outside.extend(go(model, RoomName::Inspect));
                // Whoever was selected in the room before is not meant.
                model.rooms.inspect.show(row, &model.session);
                let ticket = model.ticket();
                outside.extend(model.rooms.inspect.ask(&model.session, ticket));
            }
            Effect::ShowInLineage(row) => {
                model.rooms.lineage.reveal(row, &model.session.view);
                outside.extend(go(model, RoomName::Lineage));
            }
            Effect::ListAgents(selection) => {
                let ticket = model.ticket();
                enter(model, RoomName::Agents);
                outside.push(model.rooms.agents.ask(RoomName::Agents, selection, ticket));
            }
            Effect::Ask(verb, row) => outside.extend(dialog::open_dialog(model, verb, row)),
            Effect::AskOrder(order) => outside.extend(dialog::open_order(model, order)),
            Effect::Prompt(prompt) => model.overlays.push(Overlay::Prompt(prompt)),
            Effect::Pick(picked) => model.overlays.push(Overlay::Pick(picked)),
            Effect::Travel(_, moment) => outside.extend(past::travel(model, moment)),
            Effect::ReadEntry(ticket, index) => {
                let (details, cursor) = (None, Cursor::default());
                model.overlays.push(Overlay::Entry(entry::State { index, ticket, details, cursor }));
                outside.push(Effect::ReadEntry(ticket, index));
            }
            Effect::ShowVerdicts(words) => outside.push(reading::verdicts(model, words)),
            Effect::ShowSources => reading::sources(model),
            Effect::Tell(notice) => {
                model.untold += 1;
                outside.push(Effect::Tell(notice));
            }
            Effect::Sorted => outside.extend(columns::sorted(model)),
            Effect::Say(words) => model.say(words, Tone::Plain),
            Effect::Refuse(why) => model.say(format!("NOT NOW: {why}"), Tone::Bad),
            Effect::Help => {
                model
                    .overlays
                    .push(Overlay::Help(help::State { room: model.room, cursor: Cursor::default() }));
            }
            Effect::Palette => model.overlays.push(Overlay::Palette(palette::State::new(model.room))),
            Effect::Quit => {
                model.leaving = true;
                outside.push(Effect::Quit);
            }
            other => outside.push(other),
        }
    }
    outside
}

fn enter(model: &mut Model, room: RoomName) {
    if model.room != room {
        history::leave(model);
        model.history.push(model.room);
        if model.history.len() > 100 {
            model.history.remove(0);
        }
        model.room = room;
    }
}

/// Goes to a room; one that was never looked at asks for its rows.
fn go(model: &mut Model, room: RoomName) -> Vec<Effect> {
    if room == RoomName::Inspect
        && let Some(row) = model.selected()
    {
        model.rooms.inspect.show(row, &model.session);
    }
    enter(model, room);
    let ticket = model.ticket();
    match room {
        RoomName::Inspect => model.rooms.inspect.ask(&model.session, ticket).into_iter().collect(),
        RoomName::Overview => model.rooms.overview.ask(&model.session, ticket).into_iter().collect(),
        RoomName::Agents if model.rooms.agents.rows.ticket == 0 => {
            let Layout { sort, reversed, .. } = model.session.layout();
            let selection = Selection { sort, reversed, ..Selection::default() };
            vec![model.rooms.agents.ask(RoomName::Agents, selection, ticket)]
        }
        RoomName::Tiers if model.rooms.tiers.table.rows.ticket == 0 => {
            vec![model.rooms.tiers.ask(String::new(), ticket)]
        }
        RoomName::Log => match &model.session.past {
            Some(past) => vec![Effect::ReadLogAt(past.size)],
            None => vec![Effect::ReadLog],
        },
        RoomName::Approvals => {
            model.rooms.approvals.rebuild(&model.session);
            model.rooms.approvals.weigh(&model.session, ticket).into_iter().collect()
        }
        _ => Vec::new(),
    }
}
