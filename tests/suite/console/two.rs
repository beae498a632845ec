//! Two consoles on one directory: they follow each other, and neither acts on what it no longer shows.

use std::time::{Duration, Instant};

use super::{find, mesh, open, prepare_revocation, reopen, subtree};
use crate::cli::Home;
use crate::terminal::Key;
use meshwarden::registry::Row;

/// A subtree of some agents, all active: its top, and the agent below it that comes first.
fn family(home: &Home, file: &std::path::Path) -> (String, String, usize) {
    let warden = reopen(home, file);
    let registry = warden.registry();
    let lineage = registry.lineage();
    let active = |row: Row| registry.agent(row).is_active(warden.now());
    let fits = |row: &Row| {
        let mut rows = lineage.subtree(*row).filter_map(|position| lineage.at(position));
        (4..=12).contains(&lineage.size(*row)) && rows.all(active)
    };
    let top = registry.rows().find(fits).unwrap();
    let members = subtree(registry, top);
    (members[0].clone(), members[1].clone(), members.len())
}

#[test]
fn a_console_shows_what_the_other_one_did_within_about_a_second() {
    let home = Home::new();
    let file = mesh(&home, 300);
    let (top, ..) = family(&home, &file);
    let (mut one, mut other) = (open(&home, &file), open(&home, &file));
    find(&mut other, &top);
    assert!(!other.screen().contains("REVOKED"), "{}", other.screen());
    find(&mut one, &top);
    prepare_revocation(&mut one, &top);
    one.key(Key::Enter).wait_for(": REVOKED ");
    let begun = Instant::now();
    other.wait_for("REVOKED");
    // A busy machine may be late; a console that does not look at all would be later than this.
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    println!("followed after {:?}", begun.elapsed());
    other.keys("5").wait_for("revoke").wait_idle();
}

#[test]
fn a_dialog_over_something_that_changed_says_what_and_asks_again() {
    let home = Home::new();
    let file = mesh(&home, 300);
    let (top, below, size) = family(&home, &file);
    let (mut one, mut other) = (open(&home, &file), open(&home, &file));
    find(&mut one, &top);
    one.keys("s").wait_idle();
    one.keys("1").wait_idle();
    assert!(one.screen().contains(&format!("suspends {size} of {size}")), "{}", one.screen());

    find(&mut other, &below);
    other.keys("s").wait_idle();
    other.keys("c3").wait_idle();
    other.keys("y").wait_for(": SUSPENDED ");

    one.keys("y").wait_for("CHANGED MEANWHILE: 1 of the agents shown").wait_idle();
    let asked_again = one.screen();
    assert!(asked_again.contains("is no target any more"), "{asked_again}");
    assert!(asked_again.contains(&format!("suspends {} of {size}", size - 1)), "{asked_again}");
    let log = |home: &Home| reopen(home, &file).snapshot().head.size;
    assert_eq!(log(&home), 2, "nothing was done behind what the dialog showed");
    one.key(Key::Enter).wait_idle();
    assert_eq!(log(&home), 2, "Enter alone confirms nothing");
    one.keys("y").wait_idle();
    assert_eq!(log(&home), 2, "the key that is still held confirms nothing");
    one.keys("Y").wait_for(": SUSPENDED ");
    assert_eq!(log(&home), 3);
}

#[test]
fn enter_at_once_does_nothing_in_any_dialog() {
    let home = Home::new();
    let file = mesh(&home, 300);
    let (top, ..) = family(&home, &file);
    let mut console = open(&home, &file);
    find(&mut console, &top);
    for opening in ["s", "D", "a"] {
        console.keys(opening).wait_idle();
        let dialog = console.screen();
        console.key(Key::Enter).key(Key::Enter).wait_idle();
        assert_eq!(console.screen(), dialog, "Enter is no answer to {opening}");
        // The key that opened it is none either.
        console.keys(opening).key(Key::Enter).wait_idle();
        assert_eq!(reopen(&home, &file).snapshot().head.size, 1, "after {opening}");
        console.key(Key::Esc).wait_idle();
        assert_ne!(console.screen(), dialog);
    }
}
