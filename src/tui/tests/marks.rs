//! Marked agents: one change means all of them, and nobody else.

use super::*;
use crate::registry::{Row, State};

fn marked(desk: &Desk) -> Vec<Row> {
    desk.model.session.marks.sorted()
}

fn states(desk: &Desk, rows: &[Row]) -> Vec<State> {
    rows.iter().map(|row| desk.model.session.view.judgement.state(*row)).collect()
}

#[test]
fn space_marks_and_goes_on_a_range_is_marked_at_once_and_esc_unmarks() {
    let mut desk = Desk::new(&mesh(60), (100, 24));
    desk.keys("2/state=active\r  jjv");
    let shown = desk.model.rooms.agents.rows.shown.clone();
    assert_eq!(marked(&desk), [shown[0], shown[1], shown[2], shown[3], shown[4]]);
    assert!(desk.text().contains("5 marked"), "{}", desk.text());
    desk.key(KeyCode::Esc);
    assert_eq!(marked(&desk).len(), 5, "the filter ends first");
    desk.key(KeyCode::Esc);
    assert!(marked(&desk).is_empty());
}

#[test]
fn everybody_who_matches_is_marked_and_unmarked_by_one_key() {
    let mut desk = Desk::new(&mesh(60), (100, 24));
    desk.keys("2/state=suspended\r*");
    let shown = desk.model.rooms.agents.rows.shown.to_vec();
    assert_eq!(marked(&desk), shown);
    desk.keys("*");
    assert!(marked(&desk).is_empty());
}

#[test]
fn marked_agents_fall_as_one_entry_and_whom_nothing_could_be_done_to_stays_marked() {
    let mut desk = Desk::new(&mesh(60), (100, 40));
    desk.keys("2/state=suspended\r");
    let asleep = desk.model.rooms.agents.rows.shown[0];
    desk.keys(" ");
    desk.key(KeyCode::Esc);
    desk.keys("/state=active\r  ");
    let chosen: Vec<Row> = marked(&desk).into_iter().filter(|row| *row != asleep).collect();
    assert_eq!(chosen.len(), 2);
    let before = desk.warden().snapshot().head.size;
    desk.keys("s");
    let text = desk.text();
    assert!(text.contains("3 marked agents") && text.contains("suspends 2 agents, each alone"), "{text}");
    assert!(text.contains("1 of them are not in the list behind"), "{text}");
    assert!(text.contains("left out: 1 agent"), "{text}");
    desk.keys("c2y");
    assert_eq!(states(&desk, &chosen), [State::Suspended; 2]);
    assert_eq!(desk.warden().snapshot().head.size, before + 1, "one change");
    assert_eq!(marked(&desk), [asleep], "it stays marked: nothing was done to it");
}

#[test]
fn a_revocation_of_many_wants_their_number_and_enter_alone_does_nothing() {
    let mut desk = Desk::new(&mesh(60), (100, 40));
    desk.keys("2/state=active\r   D1");
    let chosen = marked(&desk);
    desk.keys("\r");
    assert_eq!(states(&desk, &chosen), [State::Active; 3]);
    desk.keys("y2\r");
    assert!(desk.text().contains("is not how many they are"), "{}", desk.text());
    desk.key(KeyCode::Backspace);
    desk.keys("3\r");
    assert_eq!(states(&desk, &chosen), [State::Revoked; 3]);
    assert!(marked(&desk).is_empty());
}

#[test]
fn nothing_is_done_to_many_while_the_filter_has_a_mistake() {
    let mut desk = Desk::new(&mesh(60), (100, 24));
    desk.keys("2  /");
    desk.event(Event::Paste("trust<".into()));
    desk.keys("\rs");
    assert!(desk.model.overlays.is_empty());
    assert!(desk.text().contains("the filter has a mistake"), "{}", desk.text());
}

#[test]
fn marks_stay_with_their_agents_when_all_rows_are_others() {
    let mut desk = Desk::new(&mesh(60), (100, 24));
    desk.keys("2  ");
    let dids = |desk: &Desk| -> Vec<String> {
        marked(desk).iter().map(|row| desk.model.session.view.agent(*row).did().to_string()).collect()
    };
    let before = dids(&desk);
    let mut agents = mesh(60);
    agents.rotate_left(7);
    import(desk.warden(), &agents, true);
    desk.tick();
    let after = dids(&desk);
    assert_eq!(before.iter().collect::<std::collections::BTreeSet<_>>(), after.iter().collect());
}

#[test]
fn whoever_leaves_the_dialog_finds_nobody_marked_to_whom_it_was_done_meanwhile() {
    let mut desk = Desk::new(&mesh(60), (100, 40));
    desk.keys("2/state=active\r  s2");
    let chosen = marked(&desk);
    let press =
        |desk: &mut Desk, code| update(&mut desk.model, Event::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    let order = press(&mut desk, KeyCode::Char('y'));
    press(&mut desk, KeyCode::Esc);
    assert!(desk.model.overlays.is_empty() && marked(&desk) == chosen, "its answer is still to come");
    desk.carry_out(order);
    assert_eq!(states(&desk, &chosen), [State::Suspended; 2]);
    assert!(marked(&desk).is_empty());
}
