//! Everything as it was: in every room, with nothing to be ordered there.

use super::*;
use crate::registry::State;

/// Suspends somebody active, so that the log has two entries.
fn suspended(desk: &mut Desk) -> String {
    let view = desk.model.session.view.clone();
    let row = view.registry().rows().find(|row| view.judgement.state(*row) == State::Active).unwrap();
    let did = view.agent(row).did().to_string();
    desk.keys("2/").keys(&did).keys("\rs1y");
    assert_eq!(state(desk, &did), State::Suspended);
    did
}

fn state(desk: &Desk, did: &str) -> State {
    let view = &desk.model.session.view;
    view.judgement.state(view.registry().find(&crate::identity::Did::parse(did).unwrap()).unwrap())
}

#[test]
fn an_entry_back_shows_every_room_as_it_was_and_esc_is_now() {
    let mut desk = Desk::new(&mesh(60), (120, 40));
    let did = suspended(&mut desk);
    desk.keys("[");
    assert_eq!(state(&desk, &did), State::Active);
    for room in "1234567890".chars() {
        desk.keys(&room.to_string());
        assert!(desk.text().contains("AS OF entry 0, "), "{}", desk.text());
    }
    desk.keys("]");
    assert!(desk.text().contains("AS OF entry 1, "), "{}", desk.text());
    assert_eq!(state(&desk, &did), State::Suspended);
    desk.keys("[\x1b");
    assert!(!desk.text().contains("AS OF"), "{}", desk.text());
    assert_eq!(state(&desk, &did), State::Suspended);
}

#[test]
fn the_past_cannot_be_changed() {
    let mut desk = Desk::new(&mesh(60), (80, 24));
    suspended(&mut desk);
    desk.keys("[2");
    for key in ["s", "D", "a", "S", "K"] {
        desk.keys(key);
        assert!(desk.model.overlays.is_empty(), "{key}");
        assert!(desk.text().contains("this is the past: esc goes back to now"), "{}", desk.text());
    }
    assert_eq!(desk.warden().snapshot().head.size, 2);
}

#[test]
fn what_differs_between_two_moments_is_listed_with_the_entries_that_did_it() {
    let mut desk = Desk::new(&mesh(60), (120, 40));
    let did = suspended(&mut desk);
    desk.keys("=");
    assert!(desk.text().contains("one moment is no two"), "{}", desk.text());
    desk.keys("[=");
    let text = desk.text();
    let short = crate::text::short_did(&did, 20);
    assert!(text.contains("between the first 1 entries and the first 2: "), "{text}");
    assert!(text.contains(&format!("{short}  entry 1")) && text.contains("active -> suspended"), "{text}");
    insta::assert_snapshot!("compared-120x40", text);
    desk.keys("\x1b]").keys("m[=");
    assert!(desk.text().contains("between the first 1 entries and the first 2: "), "{}", desk.text());
    desk.keys("j\x1b[=");
    assert!(
        desk.text().contains("between the first 0 entries and the first 2: 60 agents"),
        "{}",
        desk.text()
    );
    desk.resize(80, 24);
    insta::assert_snapshot!("compared-80x24", desk.text());
    desk.keys("q");
    assert!(desk.model.overlays.is_empty());
}

#[test]
fn before_the_first_entry_there_is_nothing_and_nothing_breaks() {
    let mut desk = Desk::new(&mesh(60), (80, 24));
    suspended(&mut desk);
    desk.keys("2jjj3jjj L6");
    desk.keys("[[[[");
    assert!(desk.text().contains("BEFORE the first entry"), "{}", desk.text());
    for room in "1234567890".chars() {
        desk.keys(&room.to_string()).keys("jk\r-");
    }
    desk.keys("}}");
    assert!(!desk.text().contains("BEFORE"), "{}", desk.text());
}

#[test]
fn a_day_back_is_never_less_than_an_entry() {
    let mut desk = Desk::new(&mesh(60), (80, 24));
    suspended(&mut desk);
    desk.keys("{");
    // All entries are of this noon, so that a day ago there was none.
    assert!(desk.text().contains("BEFORE the first entry"), "{}", desk.text());
    desk.keys("}");
    assert!(desk.text().contains("AS OF entry 0"), "{}", desk.text());
    desk.keys("]]");
    assert!(!desk.text().contains("AS OF"), "beyond the last entry is now\n{}", desk.text());
}

#[test]
fn others_go_on_while_one_looks_at_the_past() {
    let mut desk = Desk::new(&mesh(60), (120, 40));
    let did = suspended(&mut desk);
    desk.keys("[");
    let other = {
        let view = desk.model.session.view.clone();
        let fits = |row: &crate::registry::Row| {
            view.judgement.state(*row) == State::Active && view.agent(*row).did().to_string() != did
        };
        view.agent(view.registry().rows().find(fits).unwrap()).did()
    };
    let verb = crate::change::Verb::Suspend { until: None };
    let request = crate::change::Request::of(verb, other.clone(), crate::registry::Scope::One);
    let warden = desk.warden();
    let frozen = crate::change::Frozen::of(warden.registry(), request, noon()).unwrap();
    let rows = warden.registry().row_count();
    warden.commit(&frozen, rows, crate::warden::Word::of("grace", "odd")).unwrap();
    desk.tick();
    assert_eq!(state(&desk, &other.to_string()), State::Active, "the past stays what it was");
    desk.keys("\x1b");
    assert_eq!(state(&desk, &other.to_string()), State::Suspended, "and now is now");
}

#[test]
fn the_entry_under_the_cursor_is_where_one_goes() {
    let mut desk = Desk::new(&mesh(60), (120, 40));
    suspended(&mut desk);
    desk.keys("5Gt");
    assert!(desk.text().contains("AS OF entry 0, "), "{}", desk.text());
    insta::assert_snapshot!("past-120x40", desk.text());
}

#[test]
fn the_log_is_read_where_one_looks_though_it_is_long() {
    let mut desk = Desk::new(&mesh(20), (80, 24));
    for entry in 0..1200 {
        let on = crate::change::LockOn::Organization(format!("organization {entry}"));
        desk.warden().lock(on, crate::warden::Word::of("grace", "odd")).unwrap();
    }
    desk.tick();
    desk.keys("5G");
    assert!(desk.text().contains("    201 "), "the last thousand are listed\n{}", desk.text());
    desk.keys("{");
    desk.keys("]]]]");
    assert!(desk.text().contains("AS OF entry 3, ") && desk.text().contains("      3 "), "{}", desk.text());
    desk.keys("25");
    assert!(desk.text().contains("      3 "), "also for whoever comes back to the log\n{}", desk.text());
    desk.keys("\x1b5g");
    assert!(desk.text().contains("   1200 "), "{}", desk.text());
}
