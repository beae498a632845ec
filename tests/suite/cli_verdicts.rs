//! `verdicts`, `calls`, `who` and `policy diff|dry-run`: what was decided, and what another policy would change.

use std::fs;

use serde_json::{Value, json};

use crate::cli::Finished;
use crate::cli_enrol::{Enrolled, refused};
use crate::cli_mesh::{members, values};

const URI: &str = "https://a.example/x";

/// The worker asks with a fresh proof, and the answer is kept.
fn ask(mesh: &Enrolled, action: &str, more: &[&str]) -> Finished {
    let prove =
        ["token", "prove", "--agent", &mesh.worker, "--key", "@worker.pem", "--chain", "@worker.chain"];
    let proof = mesh.run(&[&prove[..], &["--audience", "mesh", "--uri", URI]].concat()).expect_code(0);
    mesh.home.file("worker.proof", proof.stdout);
    again(mesh, action, more)
}

/// The same proof once more.
fn again(mesh: &Enrolled, action: &str, more: &[&str]) -> Finished {
    let verify = ["verify", "--chain", "@worker.chain", "--proof", "@worker.proof", "--audience", "mesh"];
    mesh.run(&[&verify[..], &["--uri", URI, "--action", action], more].concat())
}

/// A mesh in which the worker read something of the planner's twice, and was denied to write.
fn asked() -> Enrolled {
    let mesh = Enrolled::new();
    let inbox = format!("{}/inbox", mesh.planner);
    ask(&mesh, "read:data", &["--resource", &inbox, "--request-id=-req-1", "--peer", "10.0.0.7"])
        .expect_code(0);
    ask(&mesh, "read:data", &["--resource", &inbox]).expect_code(0);
    ask(&mesh, "write:data", &["--resource", "big ledger"]).expect_code(1);
    mesh
}

fn codes(mesh: &Enrolled, words: &[&str]) -> Vec<Value> {
    let lines = mesh.json(&[&["verdicts"], words].concat());
    lines.iter().map(|line| json!([line["index"], line["decision"], line["code"]])).collect()
}

#[test]
fn what_was_decided_is_listed_newest_first_and_asked_for_by_words() {
    let mesh = asked();
    let denied = json!([2, "deny", "action_not_granted"]);
    let (first, second) = (json!([0, "allow", null]), json!([1, "allow", null]));
    assert_eq!(codes(&mesh, &[]), [denied.clone(), second.clone(), first.clone()]);
    assert_eq!(codes(&mesh, &["--limit", "1"])[0], denied);
    assert_eq!(codes(&mesh, &["--limit", "1"]).len(), 1);
    assert_eq!(codes(&mesh, &["result:allow", "action:read:*"]), [second.clone(), first.clone()]);
    assert_eq!(codes(&mesh, &["resource:\"big ledger\"", "between:1h.."]), [denied]);
    assert_eq!(codes(&mesh, &[&format!("agent:{}", &mesh.planner), "result:allow"]), [second, first]);
    let listed = mesh.run(&["verdicts", "--json"]).expect_code(0).stdout;
    let expected = [
        "kind",
        "index",
        "time",
        "judged",
        "decision",
        "code",
        "hop",
        "expected",
        "found",
        "caller",
        "callee",
        "action",
        "resource",
        "audience",
        "jtis",
        "request_id",
        "peer",
        "entries",
        "replayable",
    ];
    let last = listed.lines().last().unwrap();
    assert_eq!(members(last), expected);
    let line: Value = serde_json::from_str(last).unwrap();
    assert_eq!((&line["request_id"], &line["peer"]), (&json!("-req-1"), &json!("10.0.0.7")));
    assert_eq!((&line["caller"], &line["callee"]), (&json!(mesh.worker), &json!(mesh.planner)));
    let words = mesh.run(&["verdicts", "result:deny"]).expect_code(0);
    assert!(words.stdout.contains("deny   "), "{}", words.stdout);
    assert!(words.stdout.contains("  write:data  big ledger  action_not_granted"), "{}", words.stdout);
}

#[test]
fn a_kept_decision_is_shown_and_judged_again_whatever_happened_since() {
    let mesh = asked();
    mesh.run(&["agent", "revoke", &mesh.planner, "--cascade", "--reason", "since", "--yes"]).expect_code(0);
    let shown = mesh.run(&["verify", "--kept", "0"]).expect_code(0).stdout;
    assert!(shown.starts_with(&format!("ALLOWED  {}  read:data", mesh.worker)), "{shown}");
    assert!(shown.ends_with("The same verdict, byte for byte.\n"), "{shown}");
    let denied = values(&mesh.run(&["verify", "--kept", "2", "--json"]).expect_code(0).stdout).remove(0);
    assert_eq!(denied["failure"]["code"], "action_not_granted");
    refused(mesh.run(&["verify", "--kept", "3"]), 2, "usage", "keeps no verdict there");
}

#[test]
fn a_mistake_in_a_query_is_named_with_its_place() {
    let mesh = Enrolled::new();
    let say = |words: &[&str]| mesh.run(&[&["verdicts"], words].concat());
    refused(say(&["result:deny", "agnet:28ea"]), 2, "search_word_unknown", "at character 13: ");
    refused(say(&["agnet:28ea"]), 2, "search_word_unknown", "did you mean agent:?");
    refused(say(&["between:yesterday.."]), 2, "search_period_malformed", "at character 9: ");
    let file = mesh.home.file("mesh.jsonl", mesh.run(&["export", "--format", "jsonl"]).stdout);
    let file = file.display().to_string();
    refused(mesh.run(&["verdicts", "--registry", &file]), 2, "usage", "a registry file keeps no verdicts");
}

#[test]
fn a_proof_allows_once_and_a_look_uses_nothing_up() {
    let mesh = Enrolled::new();
    ask(&mesh, "read:data", &["--dry-run"]).expect_code(0);
    assert_eq!(codes(&mesh, &[]), Vec::<Value>::new());
    let kept = again(&mesh, "read:data", &[]).expect_code(0);
    assert!(kept.stdout.ends_with("  kept      decision 0\n"), "{}", kept.stdout);
    let spent = again(&mesh, "read:data", &["--json"]).expect_code(1);
    assert_eq!(values(&spent.stdout)[0]["failure"]["code"], "proof_spent");
    let lines = mesh.json(&["verdicts"]);
    assert_eq!((&lines[0]["kind"], &lines[0]["index"]), (&json!("refusals"), &Value::Null));
    assert_eq!(lines[0]["codes"], json!({"proof_spent": 1}));
    assert_eq!(lines[1]["index"], 0);
    let words = mesh.run(&["verdicts", "result:unknown"]).expect_code(0).stdout;
    assert!(words.contains("1 stranger in this minute: 1 proof_spent"), "{words}");
}

#[test]
fn whom_an_agent_called_and_who_called_it_is_counted() {
    let mesh = asked();
    let of = |did: &str| mesh.json(&["calls", did]);
    let told =
        |line: &Value| json!([line["way"], line["other"], line["action"], line["decision"], line["count"]]);
    let worker: Vec<Value> = of(&mesh.worker).iter().map(told).collect();
    let read = json!(["made", mesh.planner, "read:data", "allow", 2]);
    assert_eq!(worker, [json!(["made", null, "write:data", "deny", 1]), read]);
    let planner: Vec<Value> = of(&mesh.planner[9..20]).iter().map(told).collect();
    let received = json!(["received", mesh.worker, "read:data", "allow", 2]);
    assert_eq!(planner, [received, json!(["through", mesh.worker, "write:data", "deny", 1])]);
    let words = mesh.run(&["calls", &mesh.worker, "--since", "1h"]).expect_code(0).stdout;
    assert!(words.contains("  it called\n    1x      deny   write:data"), "{words}");
    assert!(words.contains("  it was called by: nothing that is known"), "{words}");
    let later = mesh.json(&["calls", &mesh.worker, "--since", "9000-01-01T00:00:00Z"]);
    assert_eq!(later, Vec::<Value>::new());
    mesh.run(&["calls", "xyz"]).expect_code(2);
}

#[test]
fn a_pasted_line_names_the_agent_whose_it_is_its_chain_and_its_verdicts_around_that_time() {
    let mesh = asked();
    let first = mesh.json(&["verdicts"]).remove(2);
    let time = first["time"].as_str().unwrap();
    let line = format!(r#"{{"time":"{time}","level":"warn","request_id":"-req-1","status":200}}"#);
    let seen =
        values(&mesh.home.run_with(&["who", "-", "--json"], &[], line.as_bytes()).expect_code(0).stdout);
    assert_eq!(seen.len(), 1);
    assert_eq!((&seen[0]["by"], &seen[0]["text"]), (&json!("request_id"), &json!("-req-1")));
    assert_eq!(
        (&seen[0]["agent"]["agent"]["did"], &seen[0]["agent"]["agent"]["state"]),
        (&json!(mesh.worker), &json!("active"))
    );
    assert_eq!(seen[0]["agent"]["agent"]["sponsor_email"], "ops@example.org");
    assert_eq!(seen[0]["chain"][0]["iss"], json!(mesh.planner));
    assert_eq!(seen[0]["verdicts"].as_array().unwrap().len(), 3);
    let elsewhen = line.replace(time, "2020-01-01T00:00:00Z");
    let words = mesh.home.run_with(&["who", "-"], &[], elsewhen.as_bytes()).expect_code(0).stdout;
    assert!(words.contains("verdicts       none within 5 minutes of 2020-01-01T00:00:00Z"), "{words}");
    let now = mesh.run(&["who", &mesh.worker]).expect_code(0).stdout;
    assert!(now.contains("verdicts       the last\n    2  "), "{now}");
    // A whole chain, as a gateway logs the header.
    let chain = fs::read_to_string(mesh.home.path("worker.chain")).unwrap();
    let by_chain = mesh.json(&["who", chain.trim()]);
    assert_eq!(
        (&by_chain[0]["by"], &by_chain[0]["agent"]["agent"]["did"]),
        (&json!("token_subject"), &json!(mesh.worker))
    );
}

#[test]
fn what_a_policy_would_change_is_said_before_it_is_in_force() {
    let mesh = asked();
    mesh.home.file("new.toml", "[tokens]\nttl_max = \"90m\"\n[default_class]\ngate = \"trusted\"\n");
    let diff = mesh.run(&["policy", "diff", "@new.toml"]).expect_code(1).stdout;
    assert!(diff.contains("~ default_class.gate: none -> trusted\n"), "{diff}");
    assert!(diff.contains("~ tokens.ttl_max: "), "{diff}");
    let dry =
        values(&mesh.run(&["policy", "dry-run", "@new.toml", "--json"]).expect_code(1).stdout).remove(0);
    assert_eq!((&dry["judged"], &dry["changed"], &dry["drifted"]), (&json!(3), &json!(3), &json!(0)));
    let shifts: Vec<Value> = dry["shifts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|shift| json!([shift["from_code"], shift["to_code"], shift["count"]]))
        .collect();
    assert_eq!(shifts, [json!([null, "tier_too_low", 2]), json!(["action_not_granted", "tier_too_low", 1])]);
    let words = mesh.run(&["policy", "dry-run", "@new.toml", "--last", "2"]).expect_code(1).stdout;
    assert!(words.contains("1 verdict from allow to deny (tier_too_low)\n  1  "), "{words}");
    assert!(words.ends_with("2 of 2 verdicts would change\n"), "{words}");
    mesh.run(&["policy", "set", "@new.toml"]).expect_code(0);
    mesh.run(&["policy", "diff", "@new.toml"]).expect_code(0);
    let after = mesh.run(&["policy", "dry-run", "@new.toml"]).expect_code(0);
    assert!(after.stderr.contains("3 are answered otherwise by the policy in force"), "{}", after.stderr);
}

#[test]
fn log_verify_checks_the_decisions_too_and_remembers_them() {
    let mesh = asked();
    let sound = mesh.json(&["log", "verify"]).remove(0);
    assert_eq!((&sound["decisions"], &sound["decisions_kept"]), (&json!(3), &json!(3)));
    assert_eq!(mesh.json(&["log", "list", "--decisions", "--from", "1"]).len(), 2);
    let key = mesh.run(&["log", "key"]).expect_code(0).stdout;
    mesh.home.file("2.evidence", mesh.run(&["log", "prove", "--decisions", "2"]).expect_code(0).stdout);
    let proven = mesh.json(&["log", "check", "@2.evidence", "--key", key.trim()]).remove(0);
    assert_eq!(
        (&proven["kind"], &proven["actor"], &proven["subject"], &proven["why"]),
        (&json!("deny"), &json!(mesh.worker), &json!("write:data big ledger"), &json!("action_not_granted"))
    );
    refused(mesh.run(&["log", "prove", "--decisions", "3"]), 2, "log_too_short", "");
    let data = mesh.home.path("data/meshwarden");
    for file in ["decisions.db", "decisions.db-wal", "decisions.db-shm"] {
        let _ = fs::remove_file(data.join(file));
    }
    let gone = mesh.run(&["log", "verify"]).expect_code(1).stdout;
    assert!(
        gone.contains("BROKEN  decision 0: the log has not the 3 entries that the remembered head has"),
        "{gone}"
    );
    fs::write(data.join("decisions.db"), "x".repeat(5000)).unwrap();
    let damaged = mesh.run(&["log", "verify"]).expect_code(1).stdout;
    assert!(damaged.contains("code: store_not_a_database"), "{damaged}");
    let denied = ask(&mesh, "read:data", &["--json"]).expect_code(1);
    assert_eq!(values(&denied.stdout)[0]["failure"]["code"], "decision_not_kept");
    mesh.run(&["agent", "suspend", &mesh.worker, "--reason", "goes on", "--yes"]).expect_code(0);
}

#[test]
fn whoever_was_judged_lately_is_listed_and_stopped_by_a_query() {
    let mesh = asked();
    let listed = mesh.json(&["agent", "list", "-q", "seen<1h"]);
    let dids: Vec<&Value> = listed.iter().map(|line| &line["did"]).collect();
    assert_eq!(dids, [&json!(mesh.worker)]);
    let rest = mesh.json(&["agent", "list", "-q", "seen>1h"]);
    assert!(!rest.is_empty() && rest.iter().all(|line| line["did"] != json!(mesh.worker)));
    let stop = ["agent", "suspend", "-q", "seen<1h", "--reason", "odd"];
    let plan = mesh.run(&[&stop[..], &["--dry-run"]].concat()).expect_code(0);
    assert!(plan.stdout.starts_with(&format!("suspend {}", mesh.worker)), "{}", plan.stdout);
    mesh.run(&[&stop[..], &["--yes"]].concat()).expect_code(0);
    assert_eq!(mesh.json(&["agent", "show", &mesh.worker])[0]["agent"]["state"], "suspended");
}
