//! What users of other consoles complain of does not happen here; each test has the name of a complaint.
//!
//! Some complaints have their tests where their subject is: a dead endpoint and the wrong context in `console::contexts`, a
//! lost connection in `console::remote`, the mouse in `console::mouse` and `pointer`, remapped keys in `keys`, mistakes of the
//! configuration in `cli`, light themes in `looks`, tiny terminals in `laws`, forgotten deeds in `journal`, paths in `paths`.

use super::*;
use crate::tui::action::Action;
use crate::tui::keymap::BINDINGS;

fn desk() -> Desk {
    Desk::new(&mesh(60), (100, 30))
}

/// How many entries the log has.
fn entries(desk: &mut Desk) -> u64 {
    desk.warden().snapshot().head.size
}

/// The dialogs, by the keys that open them on the first agent of the table.
const DIALOGS: [&str; 9] = ["s", "D", "a", "S", "K", "U", "V", "  s", "  D"];

#[test]
fn marks_outlive_the_filter_and_a_bulk_change_hits_rows_that_nobody_sees() {
    let mut desk = desk();
    desk.keys("2  /state=suspended\r s");
    assert!(desk.text().contains("2 of them are not in the list behind"), "{}", desk.text());
}

#[test]
fn the_selection_moves_under_the_cursor_when_the_list_refreshes_and_the_key_acts_on_another_row() {
    let mut desk = desk();
    desk.keys("2jjj");
    let did = desk.model.session.view.agent(desk.model.selected().unwrap()).did();
    // Newcomers come in front of everybody when the order is by name.
    desk.keys("ooo");
    import(desk.warden(), mesh(90).split_at(60).1, false);
    desk.tick();
    let now = desk.model.session.view.agent(desk.model.selected().unwrap()).did();
    assert_eq!(now, did);
    desk.keys("s");
    assert!(desk.text().contains(&did.to_string()), "{}", desk.text());
}

#[test]
fn a_single_key_destroys_without_asking() {
    let mut desk = desk();
    let before = entries(&mut desk);
    for room in ["2", "3", "4", "6"] {
        for binding in BINDINGS.iter().filter(|binding| binding.action.orders().is_some()) {
            for key in binding.keys {
                desk.keys(room).keys(key);
                assert_eq!(entries(&mut desk), before, "{key} in {room}");
                while !desk.model.overlays.is_empty() {
                    desk.key(KeyCode::Esc);
                }
            }
        }
    }
}

#[test]
fn one_uniform_dialog_is_answered_by_muscle_memory_whatever_is_at_stake() {
    let mut desk = desk();
    let view = desk.model.session.view.clone();
    let lineage = view.registry().lineage();
    let big = view.registry().rows().find(|row| lineage.size(*row) > 3).unwrap();
    desk.keys("2g");
    while desk.model.selected() != Some(big) {
        desk.keys("j");
    }
    let before = entries(&mut desk);
    desk.keys("D1y\r");
    assert_eq!(entries(&mut desk), before, "a subtree is not revoked by keys that suspend one agent");
    assert!(desk.text().contains("type"), "{}", desk.text());
}

#[test]
fn the_key_that_asks_also_confirms() {
    let mut desk = desk();
    let before = entries(&mut desk);
    for dialog in DIALOGS {
        let last = dialog.chars().last().unwrap();
        desk.keys("2g").keys(dialog).keys("1");
        for _ in 0..6 {
            desk.keys(&last.to_string());
        }
        assert_eq!(entries(&mut desk), before, "{dialog}");
        while !desk.model.overlays.is_empty() {
            desk.key(KeyCode::Esc);
        }
    }
}

#[test]
fn enter_at_once_does_what_the_dialog_warns_of() {
    let mut desk = desk();
    let before = entries(&mut desk);
    for dialog in DIALOGS {
        desk.keys("2g").keys(dialog);
        for _ in 0..3 {
            desk.key(KeyCode::Enter);
        }
        assert_eq!(entries(&mut desk), before, "{dialog}");
        while !desk.model.overlays.is_empty() {
            desk.key(KeyCode::Esc);
        }
    }
}

#[test]
fn a_paste_runs_as_commands() {
    let mut desk = desk();
    let before = entries(&mut desk);
    for place in ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "2?", "2y", "w"] {
        desk.keys(place);
        let room = desk.model.room;
        desk.event(Event::Paste("s1y\rD1y\r2q".to_owned()));
        assert_eq!((desk.model.room, entries(&mut desk)), (room, before), "in {place}");
        let said = desk.model.said.as_ref().map_or("", |(words, _)| words);
        assert!(said.contains("ignored"), "it is said in {place}: {said}");
        while !desk.model.overlays.is_empty() {
            desk.key(KeyCode::Esc);
        }
    }
}

#[test]
fn a_pasted_reason_confirms_by_the_line_break_in_it() {
    let mut desk = desk();
    let before = entries(&mut desk);
    desk.keys("2gsr");
    desk.event(Event::Paste("because\ry\r".to_owned()));
    assert_eq!(entries(&mut desk), before);
    assert!(desk.text().contains("because y"), "{}", desk.text());
}

#[test]
fn a_filter_knows_no_and_with_not_and_no_fields() {
    let mut desk = desk();
    desk.keys("2/state=active and not tier:trusted and not depth=0\r");
    let view = desk.model.session.view.clone();
    let shown = desk.model.rooms.agents.rows.shown.clone();
    assert!(!shown.is_empty());
    for row in shown.iter() {
        assert_eq!(view.judgement.state(*row), crate::registry::State::Active);
        assert_ne!(view.trust(*row).1, Some(crate::trust::Tier::Trusted));
        assert!(view.agent(*row).depth() > 0);
    }
}

#[test]
fn an_action_freezes_the_screen_until_it_is_answered() {
    let mut desk = desk();
    desk.keys("2gs1");
    // The answer never comes.
    drop(update(&mut desk.model, Event::Key(KeyCode::Char('y').into())));
    desk.keys("w");
    assert!(desk.text().contains("UNDER WAY"), "{}", desk.text());
    desk.keys("w3");
    assert_eq!(desk.model.room, RoomName::Lineage, "{}", desk.text());
    desk.keys("?");
    assert!(desk.text().contains("Keys"), "{}", desk.text());
}

#[test]
fn a_wide_glyph_shifts_the_rest_of_its_row() {
    let mut agents = mesh(20);
    for (at, agent) in agents.iter_mut().enumerate() {
        agent.name = ["漢字の名前", "👩‍👩‍👧 family", "e\u{301}\u{301} marks", "plain"][at % 4].into();
    }
    let mut desk = Desk::new(&agents, (100, 30));
    desk.keys("2");
    let buffer = desk.screen.backend().buffer();
    let column = |y: u16, text: &str| {
        let row: Vec<&str> = (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect();
        (0..row.len()).find(|x| row[*x..].concat().starts_with(text))
    };
    let rows: Vec<u16> =
        (4..20).filter(|y| column(*y, "active").or_else(|| column(*y, "cut off")).is_some()).collect();
    let places: std::collections::BTreeSet<usize> =
        rows.iter().filter_map(|y| column(*y, "active").or_else(|| column(*y, "cut off"))).collect();
    assert!(rows.len() > 8 && places.len() == 1, "{places:?}\n{}", desk.text());
}

#[test]
fn what_is_locked_is_unlocked_by_an_opaque_id_and_still_looks_as_if_it_could_act() {
    let mut desk = desk();
    desk.keys("2gs2y");
    assert!(desk.text().lines().any(|row| row.contains("SUSPENDED")), "{}", desk.text());
    desk.keys("a1y");
    assert!(desk.text().contains("REACTIVATED"), "by the agent itself\n{}", desk.text());
}

#[test]
fn what_cannot_be_undone_is_found_out_afterwards() {
    let mut desk = desk();
    desk.keys("2/state=active\rgs2y\x1b/state=suspended\rz");
    assert!(desk.text().contains("REACTIVATE"), "{}", desk.text());
    desk.keys("\x1b");
    desk.keys("\x1b/state=cut_off\rgz");
    assert!(desk.text().contains("that has to be undone, not this"), "{}", desk.text());
    desk.keys("\x1b/state=expired\rgz");
    assert!(desk.text().contains("nothing undoes that"), "{}", desk.text());
    desk.keys("\x1b/state=active\rgz");
    assert!(desk.text().contains("there is nothing to undo"), "{}", desk.text());
}

#[test]
fn a_disabled_action_is_hidden_instead_of_saying_why() {
    let mut desk = desk();
    desk.keys("1:suspend the selected");
    assert!(desk.text().contains("(not in this room)"), "{}", desk.text());
    assert!(BINDINGS.iter().any(|binding| binding.action == Action::Suspend));
}
