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
        let (before, selected) = (desk.text(), desk.model.selected().map(|row| did(&desk, row)));
        let other = far_away(&desk);
        assert_ne!(selected.as_ref(), Some(&other));
        suspended_elsewhere(&mut desk, &other);
        desk.tick();
        assert_eq!(state(&desk, &other), State::Suspended, "it appeared in room {room}");
        assert_eq!(desk.model.selected().map(|row| did(&desk, row)), selected, "room {room}");
        if room != "4" {
            assert_eq!(desk.text(), before, "no row moved in room {room}");
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
