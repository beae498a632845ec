//! Hostile texts: what a terminal would obey or hide reaches no stream raw, and is never dropped.

use meshwarden::text::is_hostile;
use serde_json::{Value, json};

use crate::cli::{Finished, Home};
use crate::cli_mesh::{child, lines, record, values};

const HOSTILE: &str = "ad\u{1b}]0;x\u{7}\u{9b}31m\u{202e}\u{200b}\u{e0041}\nmin";

fn hostile_mesh() -> String {
    let texts = json!({
        "name": HOSTILE, "description": HOSTILE, "organization": HOSTILE, "capabilities": [HOSTILE, "read:data"],
        "sponsor_email": format!("{HOSTILE}@x"), "status": "suspended", "revocation_reason": HOSTILE,
        "x\u{202e}y": HOSTILE,
    });
    lines(&[record("aaaa0001", texts), child("bbbb0002", "aaaa0001", 1)])
}

fn harmless(finished: &Finished) {
    for text in [&finished.stdout, &finished.stderr] {
        let bad: Vec<char> = text.chars().filter(|c| is_hostile(*c) && *c != '\n').collect();
        assert!(bad.is_empty(), "{bad:?} in {text}");
    }
}

#[test]
fn no_command_writes_a_hostile_character_and_none_drops_one() {
    let home = Home::new();
    let file = home.file("m\u{1b}[2J\u{202e}.jsonl", hostile_mesh()).display().to_string();
    home.run(&["import", &file]).expect_code(0);
    home.run(&["agent", "revoke", "bbbb", "--reason", HOSTILE, "--yes"]).expect_code(0);
    for args in [
        &["agent", "list"][..],
        &["agent", "list", "--query", HOSTILE],
        &["agent", "show", "aaaa"],
        &["agent", "show", "aaaa", "--format", "record"],
        &["agent", "show", "aaaa", "--format", "did-document"],
        &["agent", "show", HOSTILE],
        &["agent", "list", "--query", &format!("state={HOSTILE}")],
        &["agent", HOSTILE],
        &[HOSTILE],
        &["codes", HOSTILE],
        &["lineage", "verify", "--all"],
        &["lineage", "verify", "bbbb"],
        &["agent", "suspend", "aaaa", "--cascade", "--reason", "x", "--dry-run"],
        &["log", "list"],
        &["export"],
        &["export", "--revocation-list", "--and-suspended"],
        &["import", &file],
    ] {
        harmless(&home.run(args));
        harmless(&home.run(&[args, &["--json"]].concat()));
    }
    let list = home.run(&["agent", "list"]).stdout;
    assert!(list.contains("ad␛]0;x␇\\u{9b}31m\\u{202e}\\u{200b}\\u{e0041}␊min"), "{list}");
    assert_eq!(list.lines().count(), 3, "a line feed in a name starts no line");
    let line = &values(&home.run(&["agent", "list", "--json"]).stdout)[0];
    assert_eq!(line["name"], HOSTILE);
    let exported: Value = serde_json::from_str(&home.run(&["export"]).stdout).unwrap();
    assert_eq!((&exported[0]["name"], &exported[0]["x\u{202e}y"]), (&json!(HOSTILE), &json!(HOSTILE)));
    let log = values(&home.run(&["log", "list", "--json"]).stdout);
    assert_eq!(log[1]["reason"], HOSTILE);
}

#[test]
fn hostile_files_are_refused_without_repeating_them() {
    let home = Home::new();
    for text in [
        format!("{{\"{HOSTILE}\":"),
        hostile_mesh().replace("suspended", "\u{202e}"),
        hostile_mesh().replace("\"name\"", "\"nam\u{200b}e\""),
    ] {
        let finished =
            home.run_with(&["lineage", "verify", "--all", "-"], &[], text.as_bytes()).expect_code(2);
        harmless(&finished);
    }
    let config = home.file("c\u{1b}.toml", format!("\"a\u{202e}\" = {HOSTILE:?}\n")).display().to_string();
    harmless(&home.run(&["codes", "--config", &config]).expect_code(2));
}
