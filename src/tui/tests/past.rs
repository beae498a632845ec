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

/// A log of several hours: an import, then five locks, an hour after each other.
fn hours(desk: &mut Desk) {
    for entry in 0..5 {
        let on = crate::change::LockOn::Organization(format!("organization {entry}"));
        desk.warden().lock(on, crate::warden::Word::of("grace", &format!("reason {entry}"))).unwrap();
    }
    desk.tick();
}

#[test]
fn a_bar_over_time_shows_what_changed_at_each_stop_and_enter_looks_there() {
    for size in [(80, 24), (120, 40)] {
        let mut desk = Desk::new(&mesh(60), size);
        hours(&mut desk);
        desk.keys("b");
        assert!(desk.text().contains("now: after all 6 entries"), "{}", desk.text());
        desk.keys("hhh");
        let text = desk.text();
        assert!(text.contains("after 3 of 6 entries"), "{text}");
        assert!(text.contains("▸     2") && text.contains("reason 1") && text.contains("reason 4"), "{text}");
        insta::assert_snapshot!(format!("slider-{}x{}", size.0, size.1), text);
        desk.keys("\r");
        assert!(desk.text().contains("AS OF entry 2, "), "{}", desk.text());
        assert_eq!(desk.model.session.view.snapshot.head.size, 3);
        desk.keys("b");
        assert!(desk.text().contains("after 3 of 6 entries"), "it begins where one is: {}", desk.text());
        desk.keys("G\r");
        assert!(!desk.text().contains("AS OF"), "the end is now\n{}", desk.text());
    }
}

#[test]
fn the_bar_ends_where_the_log_does_and_esc_leaves_everything_as_it_was() {
    let mut desk = Desk::new(&mesh(60), (80, 24));
    hours(&mut desk);
    desk.keys("2jjb").keys("lllll");
    assert!(desk.text().contains("now: after all 6 entries"), "{}", desk.text());
    desk.keys("g");
    assert!(desk.text().contains("after 1 of 6 entries"), "{}", desk.text());
    desk.keys("hhhh");
    assert!(desk.text().contains("before the first entry"), "{}", desk.text());
    desk.keys("kkk");
    desk.key(KeyCode::PageUp);
    assert!(desk.text().contains("before the first entry"), "{}", desk.text());
    // All entries are of this noon: an hour on is never less than an entry.
    desk.keys("j");
    assert!(desk.text().contains("now: after all 6 entries"), "{}", desk.text());
    desk.keys("\x1b");
    assert!(desk.model.overlays.is_empty() && desk.model.session.past.is_none());
    assert_eq!(desk.model.rooms.agents.cursor.at, 2);
}
