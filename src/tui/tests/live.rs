//! What others do appears, and nothing that somebody looks at moves.

use super::*;
use crate::change::{Frozen, Request, Verb};
use crate::identity::Did;
use crate::registry::{Row, Scope, State};

/// Somebody else suspends an agent.
fn suspended_elsewhere(desk: &mut Desk, did: &Did) {
    let warden = desk.warden();
    let request = Request::of(Verb::Suspend { until: None }, did.clone(), Scope::One);
    let frozen = Frozen::of(warden.registry(), request, noon()).unwrap();
    let rows = warden.registry().row_count();
    warden.commit(&frozen, rows, crate::warden::Word::of("somebody", "odd")).unwrap();
}

fn did(desk: &Desk, row: Row) -> Did {
    desk.model.session.view.agent(row).did()
}

/// The last active agent of the registry: far from what is on the screen.
fn far_away(desk: &Desk) -> Did {
    let view = &desk.model.session.view;
    let active = |row: &Row| view.judgement.state(*row) == State::Active;
    let row = view.registry().rows().filter(active).last().unwrap();
    view.agent(row).did()
}

fn state(desk: &Desk, did: &Did) -> State {
    let view = &desk.model.session.view;
    view.judgement.state(view.registry().find(did).unwrap())
}

#[test]
fn the_selection_and_the_scroll_stay_when_somebody_else_changes_something() {
    for (room, walk) in [("2", "jjjjjjjjjjjjjjjjjjjjjjjjjjjjj"), ("3", "jjjj"), ("4", "jjj")] {
        let mut desk = Desk::new(&mesh(200), (100, 24));
        desk.keys(room).keys(walk);
        // The second line counts what others changed.
        let rows = |desk: &Desk| desk.text().lines().skip(2).map(str::to_owned).collect::<Vec<_>>();
        let (before, selected) = (rows(&desk), desk.model.selected().map(|row| did(&desk, row)));
        let other = far_away(&desk);
        assert_ne!(selected.as_ref(), Some(&other));
        suspended_elsewhere(&mut desk, &other);
        desk.tick();
        assert_eq!(state(&desk, &other), State::Suspended, "it appeared in room {room}");
        assert_eq!(desk.model.selected().map(|row| did(&desk, row)), selected, "room {room}");
        if room != "4" {
            assert_eq!(rows(&desk), before, "no row moved in room {room}");
        }
    }
}

#[test]
fn what_is_filtered_and_marked_stays_when_somebody_else_changes_something() {
    let mut desk = Desk::new(&mesh(200), (100, 24));
    desk.keys("2/sales\rjjm");
    let (selected, mark) =
        (desk.model.selected().map(|row| did(&desk, row)), desk.model.session.mark.clone());
    let other = far_away(&desk);
    suspended_elsewhere(&mut desk, &other);
    desk.tick();
    assert_eq!(desk.model.filter_text(), Some("sales"));
    assert_eq!(desk.model.selected().map(|row| did(&desk, row)), selected);
    let kept = desk.model.session.mark.as_ref().map(|view| view.snapshot.head);
    assert!(kept.is_some() && kept == mark.map(|view| view.snapshot.head));
}

#[test]
fn an_open_dialog_shows_the_same_targets_and_the_same_key_when_somebody_else_changes_another_agent() {
    let mut desk = Desk::new(&mesh(200), (100, 30));
    desk.keys("2s1");
    let (before, shown) = (desk.text(), desk.shown.clone());
    let other = far_away(&desk);
    let targets = desk.shown.as_ref().unwrap().frozen.root;
    assert_ne!(did(&desk, targets), other);
    suspended_elsewhere(&mut desk, &other);
    desk.tick();
    assert_eq!(state(&desk, &other), State::Suspended);
    assert_eq!(desk.text(), before, "the dialog and what it lies over stand still");
    let still = desk.shown.clone();
    assert!(shown.zip(still).is_some_and(|(before, now)| Arc::ptr_eq(&before, &now)));
    let entries = desk.warden().snapshot().head.size;
    desk.keys("y");
    assert_eq!(desk.warden().snapshot().head.size, entries + 1, "and what it shows is what is done");
}

#[test]
fn a_frozen_view_stands_still_says_so_everywhere_and_catches_up_with_what_differs() {
    let mut desk = Desk::new(&mesh(200), (100, 24));
    desk.keys("2jj");
    let other = far_away(&desk);
    desk.keys("f");
    suspended_elsewhere(&mut desk, &other);
    desk.tick();
    assert_eq!(state(&desk, &other), State::Active, "it stands still");
    for room in "1234567890".chars() {
        desk.keys(&room.to_string());
        assert!(desk.text().contains("FROZEN 0s, 1 entries since: f catches up"), "{}", desk.text());
    }
    desk.keys("5");
    assert!(!desk.text().contains("suspend "), "nor does the log go on\n{}", desk.text());
    desk.keys("2f");
    assert_eq!(state(&desk, &other), State::Suspended);
    assert!(desk.text().contains("active -> suspended"), "what differs is said: {}", desk.text());
    desk.keys("\x1b");
    assert!(!desk.text().contains("FROZEN"), "{}", desk.text());
}

#[test]
fn the_age_of_a_frozen_view_grows() {
    let mut desk = Desk::new(&mesh(20), (80, 24));
    desk.keys("f");
    let _ = pass_time(&mut desk.model, noon().plus(crate::time::Span::seconds(125)));
    desk.event(Event::Tick);
    assert!(desk.text().contains("FROZEN 2m: f catches up"), "{}", desk.text());
    insta::assert_snapshot!("frozen-80x24", desk.text());
}

#[test]
fn whatever_is_ordered_on_a_frozen_view_is_planned_on_how_things_stand_now() {
    let mut desk = Desk::new(&mesh(200), (100, 30));
    desk.keys("2f");
    let target = did(&desk, desk.model.selected().unwrap());
    suspended_elsewhere(&mut desk, &target);
    desk.tick();
    assert_eq!(state(&desk, &target), State::Active, "the screen says what was");
    desk.keys("s");
    assert!(desk.model.session.frozen.is_none());
    assert!(!desk.text().contains("FROZEN"), "{}", desk.text());
    assert_eq!(state(&desk, &target), State::Suspended, "what is below the dialog is now");
    let entries = desk.warden().snapshot().head.size;
    desk.keys("1y");
    assert_eq!(
        desk.warden().snapshot().head.size,
        entries + 1,
        "a plan on what was would be refused as stale"
    );
}

#[test]
fn a_look_at_the_past_ends_the_freeze_and_now_is_now_again() {
    let mut desk = Desk::new(&mesh(200), (100, 24));
    let other = far_away(&desk);
    desk.keys("2f");
    suspended_elsewhere(&mut desk, &other);
    desk.tick();
    desk.keys("[");
    assert!(desk.text().contains("AS OF entry 0"), "{}", desk.text());
    desk.keys("f");
    assert!(desk.text().contains("the past stands still as it is"), "{}", desk.text());
    desk.keys("\x1b");
    assert_eq!(state(&desk, &other), State::Suspended);
    assert!(!desk.text().contains("FROZEN"), "{}", desk.text());
}
