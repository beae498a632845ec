//! The console line by line: the same answers, in words and in order, and nothing that is drawn.

use crate::cli::Home;
use crate::cli_mesh::family_home;

#[test]
fn a_night_line_by_line_looks_stops_and_says_what_it_did() {
    let home = family_home();
    let lines = "agents state=active\n\
                 2026-03-01T03:12Z gateway ALERT caller=did:mesh:aaaa0002\n\
                 suspend aaaa0002 --reason 'odd calls' --yes\n\
                 /state=suspended\n\
                 log list\n\
                 nonsense that names nobody\n\
                 serve\n\
                 quit\n\
                 log list\n";
    let done = home.run_with(&["--plain"], &[], lines.as_bytes());
    let done = done.expect_code(0);
    let all = format!("{}{}", done.stdout, done.stderr);
    assert!(!all.contains('\u{1b}') && !all.chars().any(|c| ('\u{2500}'..='\u{259f}').contains(&c)), "{all}");
    assert!(done.stderr.contains("> suspend aaaa0002"), "what was typed is in the log of it\n{all}");
    assert!(done.stderr.contains("it is no terminal") || done.stdout.contains("aaaa0002"), "{all}");
    assert!(done.stdout.contains("suspended"), "{all}");
    assert!(done.stderr.contains("nobody is recognized by this"), "{all}");
    assert!(done.stderr.contains("start it as a command of its own"), "{all}");
    home.run(&["agent", "list", "--query", "state=suspended", "--json"]).expect_code(0);
    assert_eq!(done.stderr.matches("> log list").count(), 1, "nothing is read behind quit\n{all}");
}

#[test]
fn a_place_that_is_named_once_holds_for_every_line_and_the_end_of_input_leaves() {
    let home = Home::new();
    let file = home.file("mesh.json", include_bytes!("../vectors/registry_dump_1000.json"));
    let done = home.run_with(&["--plain", file.to_str().unwrap()], &[], b"agents\n").expect_code(0);
    assert!(done.stderr.contains("of 1000 agents"), "{}", done.stderr);
}

#[test]
fn a_dumb_terminal_gets_lines_without_being_asked() {
    let home = family_home();
    let done = home.run_with(&[], &[("TERM", "dumb")], b"quit\n").expect_code(0);
    assert!(done.stderr.contains("line by line"), "{}", done.stderr);
}
