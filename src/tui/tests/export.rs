//! Agents on their way to other programs.

use super::{Desk, mesh};

fn desk() -> Desk {
    Desk::new(&mesh(60), (100, 30))
}

#[test]
fn what_is_listed_is_written_for_its_owner_alone_and_never_over_something() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = tempfile::TempDir::new().unwrap();
    let file = place.path().join("list.csv");
    let mut desk = desk();
    let type_file = |desk: &mut Desk| {
        desk.key(crossterm::event::KeyCode::Char('E'));
        for _ in 0.."agents.csv".len() {
            desk.key(crossterm::event::KeyCode::Backspace);
        }
        desk.keys(&file.display().to_string()).keys("\r");
    };
    desk.keys("2/not state=active\r");
    type_file(&mut desk);
    let shown = desk.model.rooms.agents.rows.shown.len();
    assert!(desk.text().contains(&format!("{shown} agents were written to")), "{}", desk.text());
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(text.lines().count(), shown + 1);
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    type_file(&mut desk);
    assert!(desk.text().contains("NOT WRITTEN"), "{}", desk.text());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn a_file_that_says_no_form_is_asked_for_again() {
    let mut desk = desk();
    desk.keys("2E.txt\r");
    assert!(desk.text().contains("says no form"), "{}", desk.text());
}
