//! Keys that a configuration gives.

use super::super::keymap::{Keymap, Rebind};
use super::*;

fn rebind(action: &str, keys: &[&str]) -> Rebind {
    Rebind { action: action.to_owned(), keys: keys.iter().map(|key| (*key).to_owned()).collect() }
}

fn desk() -> Desk {
    let mut desk = Desk::new(&mesh(20), (120, 40));
    let rebinds = [
        rebind("suspend", &["f5"]),
        rebind("suspend-operator", &["f5"]),
        rebind("go-locks", &["Q"]),
        rebind("filter", &["s", "/"]),
    ];
    desk.model.session.keymap = Keymap::with(&rebinds).unwrap();
    desk
}

#[test]
fn footer_tabs_help_and_palette_show_the_keys_in_use() {
    let mut desk = desk();
    let footer = |desk: &Desk| desk.text().lines().last().unwrap().to_owned();
    desk.keys("2");
    assert!(footer(&desk).contains(" f5 suspend "), "{}", footer(&desk));
    assert!(desk.text().contains(" Q locks"), "{}", desk.text());
    let line_of = |desk: &Desk, words: &str| {
        desk.text().lines().find(|line| line.contains(words)).unwrap_or_default().to_owned()
    };
    desk.keys("?");
    assert!(line_of(&desk, "suspend the selected agent").contains("f5"));
    desk.keys("\x1b:suspend");
    assert!(line_of(&desk, "suspend the selected agent").contains("f5"));
}

#[test]
fn a_key_that_was_given_away_does_what_it_was_given_to() {
    let mut desk = desk();
    desk.keys("2s");
    assert!(matches!(desk.model.overlays.last(), Some(Overlay::Filter(_))));
    desk.keys("\x1b");
    desk.key(KeyCode::F(5));
    assert!(matches!(desk.model.overlays.last(), Some(Overlay::Confirm(_))));
    // In the dialog, what confirms is what it was.
    desk.keys("1y");
    assert!(desk.text().contains(": SUSPENDED "), "{}", desk.text());
    desk.keys("Q");
    assert_eq!(desk.model.room, RoomName::Locks);
}

#[test]
fn sentences_name_the_keys_in_use() {
    let mut desk = Desk::new(&mesh(20), (120, 40));
    let rebinds =
        [("freeze", "f9"), ("mark", "f8"), ("compare", "f7"), ("go-agents", "f6"), ("read-policy", "f5")];
    let rebinds: Vec<Rebind> = rebinds.iter().map(|(action, key)| rebind(action, &[key])).collect();
    desk.model.session.keymap = Keymap::with(&rebinds).unwrap();
    for (keys, words) in [
        (vec![KeyCode::F(7)], "f8 marks, f7 compares"),
        (vec![KeyCode::F(8)], "go elsewhere, and f7 compares"),
        (vec![KeyCode::F(9)], "f9 catches up, and so does whatever you order"),
        (vec![], ": f9 catches up ·"),
        (vec![KeyCode::F(9), KeyCode::Char('6')], "choose one in agents (f6) or lineage (3)"),
        (vec![KeyCode::Char('9')], "in agents (f6) or lineage (3), K locks"),
        (vec![KeyCode::Char('0'), KeyCode::Char('d')], "no policy was read from a file: f5 reads one"),
    ] {
        keys.into_iter().for_each(|key| desk.key(key));
        assert!(desk.text().contains(words), "{words}\n{}", desk.text());
    }
}
