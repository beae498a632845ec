//! From one context to another, and what is read-only there.

use super::*;
use crate::tui::badge::{Badge, ContextColour};
use crate::tui::caution::Caution;
use crate::tui::contexts::Destination;
use crate::tui::keymap::{Keymap, Rebind};
use crate::tui::update::{enter_context, landed};

const NAMES: [&str; 3] = ["staging", "prod", "default"];

/// A desk in a configuration with three contexts.
fn desk(size: (u16, u16)) -> Desk {
    let mut desk = Desk::new(&mesh(60), size);
    let there = |name: &str| Destination { name: name.to_owned(), words: format!("https://{name}.example") };
    desk.model.session.contexts = NAMES.map(there).into();
    desk
}

fn about(name: &str, caution: Caution) -> About {
    let colour = if caution == Caution::Open { ContextColour::Green } else { ContextColour::Red };
    let enforced_by = (caution != Caution::Open).then(|| "the gateways".to_owned());
    About { badge: Badge::new(name, colour), caution, enforced_by, ..About::default() }
}

/// Asks for a context; answers the ticket of the question.
fn ask(desk: &mut Desk, name: &str) -> u64 {
    desk.keys(":ctx ").keys(name).keys("\r");
    let (ticket, awaited) = desk.model.awaited.clone().unwrap();
    assert_eq!(awaited, name);
    ticket
}

/// The context is open and shown; its registry is `warden`'s, or the one that is there already.
fn arrive(desk: &mut Desk, about: About, other: Option<Desk>) {
    let view = other.as_ref().map_or(&desk.model, |other| &other.model).session.view.clone();
    let effects = enter_context(&mut desk.model, view, about);
    if let Some(other) = other {
        desk.backend = other.backend;
    }
    desk.carry_out(effects);
    desk.draw();
}

fn go(desk: &mut Desk, name: &str, caution: Caution) {
    let ticket = ask(desk, name);
    assert!(desk.model.awaits(ticket));
    assert_eq!(landed(&mut desk.model, Ok(7)), Some(7));
    arrive(desk, about(name, caution), None);
}

#[test]
fn the_name_of_the_context_is_on_every_screen_and_in_every_dialog() {
    let mut desk = desk((80, 24));
    go(&mut desk, "prod", Caution::Production);
    for room in "1234567890".chars() {
        desk.keys(&room.to_string());
        let text = desk.text();
        assert!(text.lines().next().unwrap().contains(" prod "), "{text}");
        assert!(text.contains("READ-ONLY: ! unlocks for 5 minutes"), "{text}");
    }
    desk.model.session.bar.toggle(noon());
    for opening in ["2s", "2D", "2a", "2S", "2K", "2?", "2:", "2C", "2A", "2+"] {
        desk.keys(opening);
        let text = desk.text();
        let framed =
            text.lines().any(|row| row.contains('┌') && row.contains(" prod ─") || row.contains(" prod ┐"));
        assert!(framed, "{opening}\n{text}");
        desk.keys("\x1b\x1b\x1b");
    }
}

#[test]
fn contexts_look_like_this() {
    for size in [(80, 24), (120, 40)] {
        let mut desk = desk(size);
        go(&mut desk, "prod", Caution::Production);
        let name = |what: &str| format!("{what}-{}x{}", size.0, size.1);
        desk.keys("2s1y");
        insta::assert_snapshot!(name("locked"), desk.text());
        desk.keys("!");
        insta::assert_snapshot!(name("unlocked"), desk.text());
        desk.keys("\x1b:ctx ");
        insta::assert_snapshot!(name("picker"), desk.text());
    }
}

#[test]
fn the_colour_of_the_context_is_that_of_its_name_and_of_the_borders() {
    let mut desk = desk((80, 24));
    let colour_of = |desk: &Desk, wanted: &str| {
        let buffer = desk.screen.backend().buffer();
        let cell = buffer.content.iter().find(|cell| cell.symbol() == wanted).unwrap();
        cell.fg
    };
    go(&mut desk, "prod", Caution::Production);
    desk.keys("2s");
    assert_eq!(colour_of(&desk, "┌"), ratatui::style::Color::Indexed(203), "red");
    desk.keys("\x1b");
    go(&mut desk, "staging", Caution::Open);
    desk.keys("2s");
    assert_eq!(colour_of(&desk, "┌"), ratatui::style::Color::Indexed(114), "green");
}

#[test]
fn in_production_a_suspension_is_unlocked_in_place_and_by_another_key_than_enter() {
    let mut desk = desk((100, 40));
    go(&mut desk, "prod", Caution::Production);
    let before = desk.warden().snapshot().head.size;
    desk.keys("2s1").keys("y");
    assert!(desk.text().contains("nothing was sent: this context is read-only"), "{}", desk.text());
    desk.keys("\r\r");
    assert_eq!(desk.warden().snapshot().head.size, before);
    desk.keys("!");
    assert!(desk.text().contains("UNLOCKED for 5:00"), "{}", desk.text());
    desk.keys("y");
    assert_eq!(desk.warden().snapshot().head.size, before + 1, "{}", desk.text());
}

#[test]
fn in_a_dialog_too_the_key_that_unlocks_is_the_one_in_use() {
    let mut desk = desk((100, 40));
    let unlock = Rebind { action: "unlock".to_owned(), keys: vec!["f9".to_owned()] };
    desk.model.session.keymap = Keymap::with(&[unlock]).unwrap();
    go(&mut desk, "prod", Caution::Production);
    let before = desk.warden().snapshot().head.size;
    desk.keys("2s1y!");
    assert!(desk.text().contains("READ-ONLY: f9 unlocks for 5 minutes"), "{}", desk.text());
    desk.keys("y");
    assert_eq!(desk.warden().snapshot().head.size, before);
    desk.key(KeyCode::F(9));
    desk.keys("y");
    assert_eq!(desk.warden().snapshot().head.size, before + 1, "{}", desk.text());
}

#[test]
fn what_gives_authority_in_production_waits_for_the_unlock_and_the_unlock_ends() {
    let mut desk = desk((100, 40));
    go(&mut desk, "prod", Caution::Production);
    desk.keys("2a");
    assert!(desk.model.overlays.is_empty(), "{}", desk.text());
    assert!(desk.text().contains("production, read-only: ! unlocks it"), "{}", desk.text());
    desk.keys("!a");
    assert_eq!(desk.model.overlays.len(), 1);
    desk.keys("\x1b");
    desk.model.session.now = noon().plus(crate::time::Span::seconds(300));
    desk.keys("a");
    assert!(desk.model.overlays.is_empty(), "five minutes are over");
}

#[test]
fn a_context_that_does_not_answer_leaves_the_screen_alone_and_another_can_be_asked_for_at_once() {
    let mut desk = desk((80, 24));
    let first = ask(&mut desk, "prod");
    desk.keys("2j");
    assert_eq!(desk.model.room, RoomName::Agents);
    let second = ask(&mut desk, "staging");
    assert!(!desk.model.awaits(first) && desk.model.awaits(second), "the first one is late now");
    assert_eq!(landed::<()>(&mut desk.model, Err("nobody answers".to_owned())), None);
    desk.draw();
    assert!(desk.text().contains("staging is not open: nobody answers"), "{}", desk.text());
    assert!(desk.model.awaited.is_none());
}

#[test]
fn each_context_is_found_as_it_was_left() {
    let mut desk = desk((120, 40));
    go(&mut desk, "staging", Caution::Open);
    desk.keys("2/sales\rjjj");
    let selected = desk.model.selected().map(|row| did(&desk, row));
    assert!(selected.is_some());
    desk.keys("m");
    let other = Desk::new(&mesh(20), (120, 40));
    ask(&mut desk, "prod");
    landed(&mut desk.model, Ok(())).unwrap();
    arrive(&mut desk, about("prod", Caution::Open), Some(other));
    assert_eq!((desk.model.room, desk.model.session.view.registry().len()), (RoomName::Overview, 20));
    assert!(desk.model.session.mark.is_none(), "marks stay where they were made");
    let other = Desk::new(&mesh(60), (120, 40));
    ask(&mut desk, "staging");
    landed(&mut desk.model, Ok(())).unwrap();
    arrive(&mut desk, about("staging", Caution::Open), Some(other));
    assert_eq!(desk.model.room, RoomName::Agents);
    assert_eq!(desk.model.filter_text(), Some("sales"));
    assert_eq!(desk.model.selected().map(|row| did(&desk, row)), selected);
    assert!(desk.model.session.mark.is_some());
}

#[test]
fn what_a_left_context_answers_changes_nothing_but_what_became_of_orders() {
    let mut desk = desk((120, 40));
    go(&mut desk, "staging", Caution::Open);
    let visit = desk.model.visit();
    desk.keys("2s1");
    let mut backend = std::mem::replace(&mut desk.backend, Desk::new(&mesh(60), (80, 24)).backend);
    let (view, now) = (desk.model.session.view.clone(), noon());
    let effects = update(&mut desk.model, Event::Key(KeyEvent::new(KeyCode::Char('y'), KeyModifiers::NONE)));
    let replies: Vec<Reply> = effects
        .into_iter()
        .filter_map(|effect| match job_of(effect, &view, now, &Means::default()) {
            Ok(Job::Store(job)) => Some(answer_store(&mut backend, "ada", job)),
            _ => None,
        })
        .collect();
    assert_eq!((replies.len(), desk.model.unanswered), (1, 1));
    desk.keys("\x1b");
    desk.model.overlays.clear();
    desk.keys("1");
    go(&mut desk, "prod", Caution::Open);
    let shown = desk.model.session.view.snapshot.head;
    for reply in replies {
        desk.event(Event::Reply(visit, Box::new(reply)));
    }
    desk.event(Event::Reply(visit, Box::new(Reply::FollowFailed("gone".to_owned()))));
    assert_eq!(desk.model.unanswered, 0);
    assert_eq!(desk.model.session.view.snapshot.head, shown, "its registry is not shown here");
    assert!(desk.text().contains("in staging: entry 1: SUSPENDED"), "{}", desk.text());
    assert!(desk.model.session.warning.is_none());
}

fn did(desk: &Desk, row: crate::registry::Row) -> String {
    desk.model.session.view.agent(row).did().to_string()
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(48))]

    #[test]
    fn whatever_is_pressed_in_a_locked_context_but_the_unlock_writes_nothing(
        walk in proptest::collection::vec("[1-9a-zA-Z+:/\r\t\x1b ]|2s1y|2D1y|3S1y|2K1y|2n \r1y|4a1y|2T", 1..60)
    ) {
        let mut desk = desk((100, 40));
        go(&mut desk, "prod", Caution::Production);
        let before = desk.warden().snapshot().head.size;
        for keys in walk {
            desk.keys(&keys);
        }
        proptest::prop_assert_eq!(desk.warden().snapshot().head.size, before);
    }
}
