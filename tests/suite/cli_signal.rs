//! `revocation`, `policy set|show`, `trust signal|void`: what is said about agents, and what is taken back.

use serde_json::{Value, json};

use crate::cli::Finished;
use crate::cli_enrol::{Enrolled, refused};
use crate::cli_mesh::{members, values};

const SOURCES: &str = "[[trust.sources]]\nname = \"siem\"\nper_hour = 3\n";

fn entry(did: &str, until: Option<&str>) -> Value {
    json!([{"agent_did": did, "reason": "bad\u{202e}", "revoked_at": "2026-01-01T00:00:00Z", "revoked_by": null, "expires_at": until}])
}

fn import(mesh: &Enrolled, list: &Value) -> Finished {
    mesh.home.file("list.json", list.to_string());
    mesh.run(&["revocation", "import", "@list.json"])
}

fn score(mesh: &Enrolled, did: &str) -> u64 {
    mesh.json(&["trust", "explain", did])[0]["score"].as_u64().unwrap()
}

#[test]
fn a_listed_agent_is_revoked_until_it_is_lifted() {
    let mesh = Enrolled::new();
    let taken = import(&mesh, &entry(&mesh.worker, None)).expect_code(0);
    assert_eq!(taken.stderr, "1 entry was taken\nlist: entry 2 of the log\n");
    let denied = mesh.run(&["token", "verify", "@worker.chain"]).expect_code(1).stdout;
    assert!(denied.contains("agent_listed") || denied.contains("agent_revoked"), "{denied}");
    let shown = mesh.json(&["agent", "show", &mesh.worker]).remove(0);
    assert_eq!((&shown["agent"]["state"], &shown["listed"]["until"]), (&json!("revoked"), &Value::Null));
    let words = mesh.run(&["agent", "show", &mesh.worker]).expect_code(0).stdout;
    assert!(
        words.contains("listed         as revoked since 2026-01-01T00:00:00Z, for ever: bad\\u{202e}\n"),
        "{words}"
    );
    let list = mesh.run(&["revocation", "list"]).expect_code(0).stdout;
    assert!(list.lines().nth(1).unwrap().ends_with("for ever                     bad\\u{202e}"), "{list}");
    let lift = || mesh.run(&["revocation", "lift", &mesh.worker, "--reason", "by mistake"]);
    lift().expect_code(0);
    mesh.run(&["token", "verify", "@worker.chain"]).expect_code(0);
    refused(lift(), 4, "not_listed", "is not on the revocation list");
    assert_eq!(mesh.json(&["revocation", "list"]), [json!([])]);
}

#[test]
fn a_temporary_entry_never_takes_the_place_of_a_permanent_one_and_ends_by_itself() {
    let mesh = Enrolled::new();
    import(&mesh, &entry(&mesh.worker, None)).expect_code(0);
    import(&mesh, &entry(&mesh.worker, Some("2026-01-02T00:00:00Z"))).expect_code(0);
    mesh.run(&["token", "verify", "@worker.chain"]).expect_code(1);
    import(&mesh, &entry(&mesh.planner, Some("2026-01-02T00:00:00Z"))).expect_code(0);
    let list = mesh.run(&["revocation", "list"]).expect_code(0).stdout;
    assert_eq!(list.matches("ENDED").count(), 1, "{list}");
    let shown = mesh.json(&["agent", "show", &mesh.planner]).remove(0);
    assert_eq!((&shown["agent"]["state"], &shown["listed"]), (&json!("active"), &Value::Null));
}

#[test]
fn a_damaged_list_is_refused_whole_with_file_and_entry() {
    let mesh = Enrolled::new();
    let mut list = entry(&mesh.worker, None);
    list.as_array_mut()
        .unwrap()
        .push(json!({"agent_did": "did:mesh:AB", "reason": "x", "revoked_at": "2026-01-01T00:00:00"}));
    refused(import(&mesh, &list), 2, "revocation_unreadable", "list.json: entry 2: revoked_at has no zone");
    assert_eq!(mesh.json(&["revocation", "list"]), [json!([])], "nobody of it was taken");
    mesh.run(&["revocation", "import", "@list.json", "--assume-utc"]).expect_code(0);
    assert_eq!(mesh.json(&["revocation", "list"])[0].as_array().unwrap().len(), 2);
    mesh.home.file("empty", "");
    mesh.home.file("big", vec![b'['; 2_000_000]);
    refused(
        mesh.run(&["revocation", "import", "@empty"]),
        2,
        "revocations_malformed",
        "empty: is not an array",
    );
    refused(mesh.run(&["revocation", "import", "@big"]), 2, "message_too_long", "big: is longer than");
    let none = mesh.home.run_with(&["revocation", "import", "-"], &[], b"{}");
    refused(none, 2, "revocations_malformed", "standard input: is not an array");
}

#[test]
fn a_policy_in_the_log_counts_from_its_entry_on() {
    let mesh = Enrolled::new();
    let before = mesh.run(&["policy", "show"]).expect_code(0).stdout;
    let line = mesh.json(&["policy", "show"]);
    assert_eq!(line[0]["tokens"]["max_depth"], 10);
    mesh.policy(&format!("[block]\ndids = [\"{}\"]\n", mesh.worker)).expect_code(0);
    assert_ne!(mesh.run(&["policy", "show"]).expect_code(0).stdout, before);
    let denied = mesh.run(&["token", "verify", "@worker.chain"]).expect_code(1).stdout;
    assert!(denied.contains("(token 0, agent_blocked)"), "{denied}");
    refused(mesh.policy("[tokens]\nttl_max = 5\n"), 2, "policy_value", "policy.toml:2:");
    refused(mesh.policy(" \n"), 2, "usage", "would put every default in force");
    mesh.run(&["token", "verify", "@worker.chain"]).expect_code(1);
    mesh.policy("[tokens]\nmax_depth = 3\n").expect_code(0);
    mesh.run(&["token", "verify", "@worker.chain"]).expect_code(0);
    let log = mesh.run(&["log", "list"]).expect_code(0).stdout;
    assert!(log.lines().nth(2).unwrap().contains("  policy         by "), "{log}");
}

#[test]
fn a_registered_source_is_heard_and_a_void_signal_leaves_no_trace() {
    let mesh = Enrolled::new();
    mesh.policy(SOURCES).expect_code(0);
    let before = score(&mesh, &mesh.worker);
    let signal =
        |said: &[&str]| mesh.run(&[&["trust", "signal", &mesh.worker, "--source", "siem"], said].concat());
    let made = signal(&["violation", "80", "--json"]).expect_code(0).stdout;
    assert_eq!(members(made.trim()), ["index", "time", "kind", "subject", "waits"]);
    assert_eq!((values(&made)[0]["index"].as_u64(), score(&mesh, &mesh.worker)), (Some(3), before - 80));
    let void = |entry: &str, reason: &str| mesh.run(&["trust", "void", entry, "--reason", reason]);
    refused(void("3", ""), 2, "change_text_blank", "reason is blank");
    refused(void("0", "x"), 4, "trust_event_unknown", "no trust event has the log index 0");
    void("3", "a test of the alarm").expect_code(0);
    assert_eq!(score(&mesh, &mesh.worker), before);
    refused(void("3", "again"), 4, "trust_event_void_already", "");
}

#[test]
fn who_is_not_registered_or_says_too_much_is_not_heard() {
    let mesh = Enrolled::new();
    let say = |source: &str| mesh.run(&["trust", "signal", &mesh.worker, "--source", source, "praise", "5"]);
    refused(say("siem"), 4, "trust_source_unknown", "\"siem\" is no registered source");
    mesh.policy(SOURCES).expect_code(0);
    let itself = ["trust", "signal", &mesh.worker, "--source", "siem", "interaction", &mesh.worker];
    refused(mesh.run(&itself), 2, "usage", "an agent does not deal with itself");
    for _ in 0..3 {
        say("siem").expect_code(0);
    }
    refused(say("siem"), 4, "trust_source_over_cap", "3 events about one agent within an hour");
    let own =
        format!("{SOURCES}[[trust.sources]]\nname = \"own\"\nagent = \"{}\"\nper_hour = 9\n", mesh.worker);
    mesh.policy(&own).expect_code(0);
    refused(say("own"), 4, "trust_own_score", "");
}

#[test]
fn a_usage_error_is_json_where_json_is_asked_for() {
    let mesh = Enrolled::new();
    let finished = mesh.run(&["token", "revoke", "--reason", "x", "--json"]).expect_code(2);
    let error: Value = serde_json::from_str(&finished.stderr).unwrap();
    assert_eq!(error["error"]["code"], "usage");
    assert!(
        error["error"]["message"].as_str().unwrap().contains("--jti <ID>|--issuer <DID>|--subtree <DID>")
    );
    let finished = mesh.run(&["agent", "show", "dead", "--json"]).expect_code(2);
    let error: Value = serde_json::from_str(&finished.stderr).unwrap();
    assert_eq!(error["error"]["code"], "unknown_agent");
}
