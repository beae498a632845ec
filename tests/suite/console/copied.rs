//! What the console copies for a command line works on one.

use meshwarden::encoding::base64;
use serde_json::json;

use super::{dump, find, open};
use crate::cli::Home;
use crate::cli_mesh::{lines, record, values};
use crate::terminal::Console;

fn copied(console: &mut Console, keys: &str) -> Vec<String> {
    console.keys(keys).wait_idle();
    let text = String::from_utf8(base64::decode(&console.clipboard()).unwrap()).unwrap();
    let words = shlex::split(&text).unwrap();
    assert_eq!(words[0], "meshwarden");
    words[1..].to_vec()
}

/// Runs what was copied, with more words.
fn run(home: &Home, words: &[String], more: &[&str]) -> String {
    let words: Vec<&str> = words.iter().map(String::as_str).chain(more.iter().copied()).collect();
    home.run(&words).expect_code(0).stdout
}

#[test]
fn the_command_that_shows_a_list_shows_the_same_agents() {
    let home = Home::new();
    let file = dump(&home);
    let mut console = open(&home, &file);
    console.keys("2/trust<300 or not state=active\r").wait_idle();
    let shown = console.screen();
    let count = values(&run(&home, &copied(&mut console, "yc"), &["--json"])).len();
    assert!(count > 0 && shown.contains(&format!("{count} of 1000")), "{count}\n{shown}");
}

#[test]
fn the_command_of_a_change_is_accepted_and_the_end_says_what_was_done() {
    let home = Home::new();
    let file = dump(&home);
    let mut console = open(&home, &file);
    let did = values(&home.run(&["agent", "list", "--json", "--registry", file.to_str().unwrap()]).stdout)[0]
        ["did"]
        .as_str()
        .unwrap()
        .to_owned();
    find(&mut console, &did);
    console.keys("s1").wait_idle();
    console.keys("y").wait_for("entry 1: SUSPENDED");
    let words = copied(&mut console, "wy");
    assert!(words.contains(&did), "{words:?}");
    let words: Vec<&str> = words.iter().map(String::as_str).chain(["--yes"]).collect();
    let again = home.run(&words).expect_code(4);
    assert!(again.stderr.contains("already suspended"), "{again:?}");
    console.keys("\x1b").wait_idle();
    console.keys("\x1b").wait_idle();
    console.key(crate::terminal::Key::Ctrl('c'));
    assert_eq!(console.exit_code(), Some(0));
    let left = console.screen();
    assert!(left.contains("entry 1: SUSPENDED") && left.contains("meshwarden agent suspend"), "{left}");
}

#[test]
fn the_command_that_opens_the_console_here_opens_it_here() {
    let home = Home::new();
    let file = dump(&home);
    let mut console = open(&home, &file);
    console.keys("2/state=active\rGL").wait_idle();
    let words = copied(&mut console, "yl");
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut again = Console::open_in(&home, &words, &[], (120, 40));
    again.wait_idle();
    let body = |console: &Console| console.screen().lines().skip(4).take(30).collect::<Vec<_>>().join("\n");
    assert_eq!(body(&console), body(&again));
}

#[test]
fn a_copied_command_reads_the_file_as_the_console_did_on_a_machine_that_never_saw_it() {
    let home = Home::new();
    let zoneless = record("aa01", json!({ "created_at": "2026-01-01T00:00:00" }));
    let records = [zoneless, record("aa02", json!({ "public_key": "no key" })), record("aa03", json!({}))];
    let file = home.file("mesh.jsonl", lines(&records));
    let scores = home.file("scores.json", r#"{"did:mesh:aa01": 850}"#);
    let (file, scores) = (file.to_str().unwrap(), scores.to_str().unwrap());
    let given = ["--assume-utc", "--skip-invalid", "--scores", scores, file];
    let mut console = Console::open_in(&home, &given, &[], (120, 40));
    console.wait_idle();
    let words = copied(&mut console, "2yc");
    let words: Vec<&str> = words.iter().map(String::as_str).chain(["--json"]).collect();
    let listed = values(&Home::new().run(&words).expect_code(3).stdout);
    let scored = |did: &str| listed.iter().find(|agent| agent["did"] == did).unwrap()["score"].clone();
    assert_eq!((listed.len(), scored("did:mesh:aa01")), (2, json!(850)), "{words:?}");
}

#[test]
fn the_command_of_the_overview_says_its_figures() {
    let home = Home::new();
    let file = dump(&home);
    let mut console = open(&home, &file);
    let words = copied(&mut console, "1yc");
    assert_eq!(words[0], "pulse");
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let figures = home.run(&words).expect_code(1).stdout;
    let broken = figures.lines().find(|line| line.contains("broken")).unwrap();
    let count = broken.split_whitespace().next().unwrap();
    assert!(console.screen().contains(count), "{count}\n{}", console.screen());
}
