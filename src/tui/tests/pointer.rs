//! The mouse selects and never confirms; a key that came with the focus signs nothing.

use ratatui::style::Modifier;

use super::*;

/// The rows of the screen that are drawn in reverse to their last column.
fn reversed(desk: &Desk) -> Vec<u16> {
    let buffer = desk.screen.backend().buffer();
    let last = buffer.area.width - 1;
    (3..buffer.area.height).filter(|y| buffer[(last, *y)].modifier.contains(Modifier::REVERSED)).collect()
}

fn log_size(desk: &mut Desk) -> u64 {
    desk.warden().snapshot().head.size
}

#[test]
fn a_click_selects_the_row_under_it_and_nothing_beside_the_list() {
    let mut desk = Desk::new(&mesh(60), (100, 30));
    let line = |desk: &Desk, y: u16| desk.text().lines().nth(usize::from(y)).unwrap_or_default().to_owned();
    for (keys, first) in [("2", 4), ("3tG", 3), ("4", 11), ("2G", 4), ("2/trust<600\r", 4), ("5", 4)] {
        desk.keys("\x1b\x1b").keys(keys);
        for y in first..28 {
            let clicked = line(&desk, y);
            if clicked.trim().is_empty() {
                break;
            }
            desk.event(Event::Click(y));
            let [cursor] = reversed(&desk)[..] else { panic!("one row is selected\n{}", desk.text()) };
            // The list may have scrolled a little.
            assert_eq!(line(&desk, cursor), clicked, "{keys}: row {y}");
        }
        for outside in [0, 2, first - 1, 28, 29, 200] {
            let before = desk.text();
            desk.event(Event::Click(outside));
            assert_eq!(desk.text(), before, "{keys}: row {outside} is no row of the list");
        }
    }
}

#[test]
fn no_click_and_no_wheel_confirms_or_changes_what_is_asked() {
    let mut desk = Desk::new(&mesh(60), (100, 30));
    let before = log_size(&mut desk);
    for dialog in ["2s", "2s1", "2D", "2K", "2S", "2T", "3+"] {
        desk.keys("\x1b\x1b").keys(dialog);
        let shown = desk.text();
        for y in 0..30 {
            desk.event(Event::Click(y));
        }
        for down in [true, false, false, true] {
            desk.event(Event::Wheel(down));
        }
        let without_status = |text: &str| text.lines().take(28).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(without_status(&desk.text()), without_status(&shown), "{dialog}");
    }
    assert_eq!(log_size(&mut desk), before);
}

#[test]
fn the_wheel_moves_over_rows_and_over_help() {
    let mut desk = Desk::new(&mesh(60), (100, 30));
    desk.keys("2");
    desk.event(Event::Wheel(true));
    assert_eq!(desk.model.rooms.agents.cursor.at, 3);
    desk.event(Event::Wheel(false));
    assert_eq!(desk.model.rooms.agents.cursor.at, 0);
    desk.keys("?");
    desk.event(Event::Wheel(true));
    assert_eq!(desk.model.rooms.agents.cursor.at, 0, "what lies below stays where it is");
}

#[test]
fn a_key_that_came_with_the_focus_signs_nothing_and_says_so() {
    let mut desk = Desk::new(&mesh(60), (100, 30));
    let before = log_size(&mut desk);
    let key = |letter| KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE);
    for dialog in ["2s1", "2D1", "2K1", "2S"] {
        desk.keys("\x1b\x1b").keys(dialog);
        desk.event(Event::Early(key('y')));
        assert!(desk.text().contains("a key came with the focus"), "{dialog}\n{}", desk.text());
        assert!(!desk.model.overlays.is_empty());
    }
    assert_eq!(log_size(&mut desk), before);
    desk.keys("\x1b\x1b2s1");
    desk.event(Event::Early(key('y')));
    desk.keys("y");
    assert_eq!(log_size(&mut desk), before + 1, "the same key later does what it says");
    desk.event(Event::Early(key('3')));
    assert_eq!(desk.model.room, RoomName::Lineage, "where nothing is signed, no key is lost");
    desk.event(Event::Early(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)));
    assert!(desk.model.leaving);
}

#[test]
fn the_mouse_is_the_terminals_until_somebody_wants_it() {
    let mut desk = Desk::new(&mesh(20), (100, 30));
    assert!(!desk.model.session.mouse);
    let mut switch =
        || update(&mut desk.model, Event::Key(KeyEvent::new(KeyCode::Char('M'), KeyModifiers::NONE)));
    assert!(matches!(switch()[..], [Effect::Mouse(true)]));
    assert!(matches!(switch()[..], [Effect::Mouse(false)]));
}
