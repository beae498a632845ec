//! The palette: actions by a few letters, agents by anything that names them.

use crossterm::event::KeyCode;

use super::{Desk, mesh};
use crate::tui::action::RoomName;
use crate::tui::event::Event;
use crate::tui::overlays::Overlay;

fn desk() -> Desk {
    Desk::new(&mesh(60), (80, 24))
}

/// The name and the DID of an agent in the middle.
fn somebody(desk: &Desk) -> (String, String) {
    let view = &desk.model.session.view;
    let agent = view.agent(view.registry().rows().nth(30).unwrap());
    (agent.name().to_owned(), agent.did().to_string())
}

fn paste(desk: &mut Desk, text: &str) {
    desk.event(Event::Paste(text.to_owned()));
}

#[test]
fn a_pasted_alert_names_the_agent_and_enter_shows_it() {
    let mut desk = desk();
    let (name, did) = somebody(&desk);
    let alert = format!("{} gateway-3 WARN denied POST /pay caller={did} status=403", "x ".repeat(400));
    desk.keys(":");
    paste(&mut desk, &alert);
    let text = desk.text();
    assert!(text.contains(name.get(..12).unwrap()) && text.contains("by its did"), "{text}");
    desk.keys("\r");
    assert_eq!(desk.model.room, RoomName::Inspect);
    assert!(desk.text().contains(&did), "{}", desk.text());
}

#[test]
fn a_part_of_a_name_offers_its_agents_behind_the_actions() {
    let mut desk = desk();
    let (name, _) = somebody(&desk);
    desk.keys(":").keys(&name);
    assert!(desk.text().contains("by its text"), "{}", desk.text());
    desk.keys("\r");
    assert_eq!(desk.model.room, RoomName::Inspect, "no action is called so: the agent is first");
    desk.keys("q:reac\r");
    assert_eq!(desk.model.room, RoomName::Overview);
    assert!(!desk.text().contains("by its"), "an action that fits stands first\n{}", desk.text());
}

#[test]
fn a_query_of_the_configuration_is_found_by_its_name() {
    let mut desk = desk();
    desk.model.session.queries = vec![("sleepers".to_owned(), "state=suspended".to_owned())];
    desk.keys(":sleepers");
    assert!(desk.text().contains("state=suspended"), "{}", desk.text());
    desk.keys("\r");
    assert!(desk.text().contains("filter: state=suspended"), "{}", desk.text());
}

#[test]
fn agents_that_are_offered_are_the_same_ones_when_the_registry_was_replaced_meanwhile() {
    let mut desk = desk();
    let (_, did) = somebody(&desk);
    desk.keys(":");
    paste(&mut desk, &did);
    super::import(desk.warden(), &mesh(3), true);
    desk.tick();
    assert!(desk.text().contains("is not registered here any more"), "{}", desk.text());
    desk.keys("\r");
    assert!(desk.text().contains("NOT NOW: it is not registered"), "{}", desk.text());
}

#[test]
fn a_line_of_the_help_does_what_it_says() {
    let mut desk = desk();
    desk.keys("2?\r");
    assert!(matches!(desk.model.overlays.last(), Some(Overlay::Confirm(_))), "{}", desk.text());
    desk.keys("\x1b?j\x1b");
    assert!(desk.model.overlays.is_empty());
}

#[test]
fn what_nobody_is_called_is_said() {
    let mut desk = desk();
    desk.keys(":zzzzqqqq");
    assert!(desk.text().contains("nobody is recognized by it"), "{}", desk.text());
    desk.keys("\r");
    assert!(matches!(desk.model.overlays.last(), Some(Overlay::Palette(_))), "enter does nothing");
    for _ in 0..8 {
        desk.key(KeyCode::Backspace);
    }
    assert!(desk.text().contains("overview: states"), "{}", desk.text());
}

#[test]
fn what_is_pasted_is_drawn_without_its_controls() {
    let mut desk = desk();
    desk.keys(":");
    paste(&mut desk, "\x1b]0;title\x07 \u{202e}evil \u{200b}");
    let cells = &desk.screen.backend().buffer().content;
    assert!(cells.iter().all(|cell| !cell.symbol().chars().any(|c| c.is_control() || c == '\u{202e}')));
}
