//! What the console opens on, and that it leaves as it should.

use crate::cli::Home;
use crate::cli_mesh::{family_file, family_home};
use crate::terminal::Console;

fn leave(mut console: Console) {
    console.keys("q");
    assert_eq!(console.exit_code(), Some(0));
}

#[test]
fn without_arguments_and_data_a_demo_opens_and_nothing_is_written() {
    let home = Home::new();
    let mut console = Console::open_in(&home, &[], &[], (100, 30));
    console.wait_for("DEMO").wait_idle();
    leave(console);
    for folder in ["data", "config", "state", "cache", "tmp", "home"] {
        assert!(std::fs::read_dir(home.path(folder)).unwrap().next().is_none(), "{folder}");
    }
}

#[test]
fn without_arguments_the_data_directory_opens_if_there_is_one() {
    let home = family_home();
    let mut console = Console::open_in(&home, &["console"], &[], (100, 30));
    console.wait_idle();
    assert!(!console.screen().contains("DEMO"), "{}", console.screen());
    leave(console);
}

#[test]
fn a_registry_file_opens_as_an_offline_copy() {
    let home = Home::new();
    let file = family_file(&home);
    let mut console = Console::open_in(&home, &[&file], &[], (100, 30));
    console.wait_for("OFFLINE COPY").wait_idle();
    leave(console);
    assert!(home.path("data/meshwarden/files").exists());
}

#[test]
fn a_registry_file_that_was_torn_since_opens_with_a_warning() {
    let home = Home::new();
    let file = family_file(&home);
    home.run(&["agent", "revoke", "cccc", "--reason", "x", "--yes", "--registry", &file]).expect_code(0);
    let torn = std::fs::read_to_string(&file).unwrap() + "{\"torn";
    std::fs::write(&file, torn).unwrap();
    let mut console = Console::open_in(&home, &[&file], &[], (200, 30));
    console
        .wait_for("mesh.jsonl cannot be read now: line 5: ")
        .wait_for("this is what was imported")
        .wait_idle();
    leave(console);
}

#[test]
fn without_a_terminal_the_console_says_so() {
    let finished = Home::new().run(&[]).expect_code(2);
    assert!(finished.stderr.ends_with("  code: console_needs_terminal\n"), "{}", finished.stderr);
}
