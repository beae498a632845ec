//! A machine's clock that was set back: no time before the log's last entry counts.

use meshwarden::time::Time;
use meshwarden::warden::{Clock, Context, Place, Source};
use serde_json::{Value, json};

use crate::cli::Home;
use crate::cli_mesh::{child, lines, record, values};

/// The clock before it was set back.
struct Late;

impl Clock for Late {
    fn now(&self) -> Time {
        Time::parse("2100-01-01T00:00:00Z").unwrap()
    }
}

/// A user whose last entry lies in the future; `aaaa0001` has expired by then, and `cccc0004` slept until before then.
fn set_back() -> Home {
    let home = Home::new();
    let mesh = lines(&[
        record("aaaa0001", json!({"expires_at": "2090-01-01T00:00:00Z"})),
        child("aaaa0002", "aaaa0001", 1),
        record("cccc0004", json!({})),
    ]);
    let file = home.file("mesh.jsonl", mesh).display().to_string();
    home.run(&["import", &file]).expect_code(0);
    let until = ["agent", "suspend", "cccc", "--reason", "odd", "--until", "2090-01-01T00:00:00Z", "--yes"];
    home.run(&until).expect_code(0);
    let directory = home.path("data/meshwarden");
    let mut context = Context::of_this_machine(directory.clone(), "the test".to_owned());
    context.clock = || Box::new(Late);
    let mut warden = context.open(&Place::Directory(directory), |_| Ok(())).unwrap().warden;
    let more = lines(&[record("dddd0005", json!({}))]);
    let source: Source<&[u8]> = Source { reader: more.as_bytes(), name: "more".to_owned(), origin: None };
    warden.import(source, &context.options, "the test", |_| Ok(())).unwrap();
    home
}

#[test]
fn what_had_expired_stays_expired_in_every_answer() {
    let home = set_back();
    let list = values(&home.run(&["agent", "list", "--json"]).expect_code(0).stdout);
    let states: Vec<&Value> = list.iter().map(|line| &line["state"]).collect();
    assert_eq!(states, ["expired", "cut_off", "active", "active"]);
    let shown = values(&home.run(&["agent", "show", "aaaa0001", "--json"]).expect_code(0).stdout);
    assert_eq!(shown[0]["agent"]["state"], "expired");
    home.run(&["lineage", "verify", "aaaa0002"]).expect_code(1);
    home.run(&["lineage", "verify", "aaaa0002", "--at", "2080-01-01T00:00:00Z"]).expect_code(0);
    let revoked = home.run(&["export", "--revocation-list", "--and-suspended"]).expect_code(0).stdout;
    assert_eq!(serde_json::from_str::<Value>(&revoked).unwrap(), json!([]));
}

#[test]
fn a_length_of_time_begins_when_the_change_does() {
    let home = set_back();
    for extra in ["--dry-run", "--yes"] {
        home.run(&["agent", "suspend", "dddd", "--reason", "x", "--for", "4h", extra]).expect_code(0);
    }
    let list = values(&home.run(&["agent", "list", "--json"]).expect_code(0).stdout);
    assert_eq!((&list[3]["state"], &list[3]["until"]), (&json!("suspended"), &json!("2100-01-01T04:00:00Z")));
}

#[test]
fn a_suspension_that_has_elapsed_leaves_nothing_beside_active() {
    let home = set_back();
    let line = &values(&home.run(&["agent", "list", "--json"]).expect_code(0).stdout)[2];
    assert_eq!(
        (&line["status"], &line["reason"], &line["until"]),
        (&json!("active"), &json!(null), &json!(null))
    );
    let words = home.run(&["agent", "show", "cccc"]).expect_code(0).stdout;
    assert!(!words.contains("odd") && !words.contains("2090"), "{words}");
}
