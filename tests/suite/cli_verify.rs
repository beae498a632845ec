//! `verify`: may this caller do this, and does an old verdict come out the same.

use std::fs;

use serde_json::{Value, json};

use crate::cli::Finished;
use crate::cli_enrol::{Enrolled, refused};
use crate::cli_mesh::values;

const URI: &str = "https://a.example/x";

fn prove(mesh: &Enrolled, file: &str, more: &[&str]) {
    let args =
        ["token", "prove", "--agent", &mesh.worker, "--key", "@worker.pem", "--chain", "@worker.chain"];
    let asked = ["--audience", "mesh", "--uri", URI];
    mesh.home.file(file, mesh.run(&[&args[..], &asked, more].concat()).expect_code(0).stdout);
}

fn verify(mesh: &Enrolled, more: &[&str]) -> Finished {
    let request =
        ["verify", "--dry-run", "--chain", "@worker.chain", "--proof", "@worker.proof", "--audience", "mesh"];
    mesh.run(&[&request[..], &["--uri", URI, "--action", "read:data"], more].concat())
}

/// The worker's request in `request.json`, allowed, with its verdict in `verdict.json`.
fn allowed() -> Enrolled {
    let mesh = Enrolled::new();
    prove(&mesh, "worker.proof", &[]);
    let verdict = verify(&mesh, &["--save", "@request.json", "--json"]).expect_code(0).stdout;
    mesh.home.file("verdict.json", verdict);
    mesh
}

fn replay(mesh: &Enrolled, json: &[&str]) -> Finished {
    mesh.run(&[&["verify", "@request.json", "--replay", "@verdict.json"], json].concat())
}

#[test]
fn a_worker_is_allowed_then_denied_when_its_root_is_suspended_and_the_old_verdict_replays_to_the_same_bytes()
{
    let mesh = allowed();
    let words = mesh.run(&["verify", "@request.json"]).expect_code(0).stdout;
    assert!(words.starts_with(&format!("ALLOWED  {}  read:data\n", mesh.worker)), "{words}");
    mesh.run(&["agent", "suspend", &mesh.planner, "--reason", "incident", "--yes"]).expect_code(0);
    let denied = mesh.run(&["verify", "@request.json"]).expect_code(1).stdout;
    let why = format!(
        "DENIED  {}  read:data\n  why       the agent is suspended (token 0, agent_suspended)\n  \
         expected  {} active\n  found     suspended\n  fix       reactivate it when the matter is settled\n",
        mesh.worker, mesh.planner
    );
    assert!(denied.starts_with(&why), "{denied}");
    assert!(replay(&mesh, &[]).expect_code(0).stdout.ends_with("The same verdict, byte for byte.\n"));
    let again = replay(&mesh, &["--json"]).expect_code(0).stdout;
    assert_eq!(again, fs::read_to_string(mesh.home.path("verdict.json")).unwrap());
    mesh.run(&["log", "verify"]).expect_code(0);
}

#[test]
fn a_denial_replays_too_and_another_request_gives_another_verdict() {
    let mesh = allowed();
    let denied = verify(&mesh, &["--resource", "ledger", "--json"]).expect_code(0).stdout;
    mesh.home.file("verdict.json", denied);
    let other = replay(&mesh, &[]).expect_code(1).stdout;
    assert!(other.ends_with("ANOTHER VERDICT than the one given.\n"), "{other}");
    let write = [
        "verify",
        "--chain",
        "@worker.chain",
        "--proof",
        "@worker.proof",
        "--audience",
        "mesh",
        "--uri",
        URI,
    ];
    let more = ["--action", "write:data", "--save", "@request.json", "--json"];
    let denied = mesh.run(&[&write[..], &more].concat()).expect_code(1).stdout;
    assert_eq!(values(&denied)[0]["failure"]["code"], "action_not_granted");
    mesh.home.file("verdict.json", denied);
    replay(&mesh, &[]).expect_code(0);
}

#[test]
fn a_proof_serves_one_audience_method_uri_and_body() {
    let mesh = allowed();
    let code = |args: &[&str]| {
        let request =
            ["verify", "--chain", "@worker.chain", "--proof", "@worker.proof", "--action", "read:data"];
        let denied = mesh.run(&[&request[..], args, &["--json"]].concat()).expect_code(1).stdout;
        values(&denied)[0]["failure"]["code"].as_str().unwrap().to_owned()
    };
    mesh.home.file("body", "all of it");
    let asked = |audience, uri, more: &[&'static str]| {
        code(&[&["--audience", audience, "--uri", uri], more].concat())
    };
    assert_eq!(asked("other", URI, &[]), "proof_other_audience");
    assert_eq!(asked("mesh", "https://a.example/y", &[]), "proof_other_uri");
    assert_eq!(asked("mesh", URI, &["--method", "POST"]), "proof_other_method");
    let path = mesh.path("body");
    assert_eq!(code(&["--audience", "mesh", "--uri", URI, "--body", &path]), "proof_other_body");
    prove(&mesh, "worker.proof", &["--body", "@body"]);
    verify(&mesh, &["--body", "@body"]).expect_code(0);
    verify(&mesh, &["--body-unseen"]).expect_code(0);
    verify(&mesh, &[]).expect_code(1);
}

#[test]
fn a_chain_without_its_leafs_key_is_worth_nothing() {
    let mesh = allowed();
    let stolen =
        ["token", "prove", "--agent", &mesh.planner, "--key", "@planner.pem", "--chain", "@worker.chain"];
    let proof =
        mesh.run(&[&stolen[..], &["--audience", "mesh", "--uri", URI, "--json"]].concat()).expect_code(0);
    mesh.home.file("worker.proof", values(&proof.stdout)[0]["proof"].as_str().unwrap());
    let denied = verify(&mesh, &["--json"]).expect_code(1).stdout;
    assert_eq!(values(&denied)[0]["failure"]["code"], "proof_other_key");
}

#[test]
fn a_verdict_by_scores_of_a_file_replays_with_that_file() {
    let mesh = allowed();
    mesh.policy("[default_class]\ngate = \"trusted\"\n").expect_code(0);
    let denied = mesh.run(&["verify", "@request.json", "--json"]).expect_code(1).stdout;
    assert_eq!(values(&denied)[0]["failure"]["code"], "tier_too_low");
    let scores = json!({&mesh.planner: 800, &mesh.worker: 800}).to_string();
    mesh.home.file("scores.json", scores);
    let scored = ["verify", "@request.json", "--scores", "@scores.json"];
    let verdict = mesh.run(&[&scored[..], &["--json"]].concat()).expect_code(0).stdout;
    mesh.home.file("verdict.json", verdict);
    mesh.run(&[&scored[..], &["--replay", "@verdict.json"]].concat()).expect_code(0);
    replay(&mesh, &[]).expect_code(1);
}

#[test]
fn a_spent_proof_denies() {
    let mesh = allowed();
    let path = mesh.home.path("request.json");
    let mut request: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(request["proof_use"], "fresh");
    request["proof_use"] = json!("spent");
    mesh.home.file("request.json", request.to_string());
    let denied = mesh.run(&["verify", "@request.json", "--json"]).expect_code(1).stdout;
    assert_eq!(values(&denied)[0]["failure"]["code"], "proof_spent");
}

#[test]
fn a_registry_file_is_judged_by_and_replayed_without_making_a_log_for_it() {
    let mesh = allowed();
    let exported = mesh.run(&["export", "--format", "jsonl"]).expect_code(0).stdout;
    let file = mesh.home.file("mesh.jsonl", exported).display().to_string();
    // On another machine, which has the file and nothing else.
    let data = mesh.path("elsewhere");
    let there = ["--registry", file.as_str()];
    let run = |args: &[&str]| {
        let args: Vec<String> =
            args.iter().map(|a| a.strip_prefix('@').map_or((*a).to_owned(), |n| mesh.path(n))).collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        mesh.home.run_with(&[&args[..], &there].concat(), &[("XDG_DATA_HOME", &data)], b"")
    };
    let verdict = run(&["verify", "@request.json", "--json"]).expect_code(0);
    assert!(verdict.stderr.contains("ENFORCED BY NOBODY"), "{}", verdict.stderr);
    mesh.home.file("verdict.json", verdict.stdout);
    run(&["verify", "@request.json", "--replay", "@verdict.json"]).expect_code(0);
    assert!(!mesh.home.path("elsewhere").exists(), "looking changes nothing");
}

#[test]
fn what_is_no_request_or_verdict_is_refused_by_the_name_of_its_file() {
    let mesh = allowed();
    mesh.home.file("empty", "");
    mesh.home.file("big", vec![b'{'; 2_000_000]);
    let bad = |file: &str, code: &str, words: &str| {
        refused(mesh.run(&["verify", &format!("@{file}")]), 2, code, words);
        refused(mesh.run(&["verify", "@request.json", "--replay", &format!("@{file}")]), 2, code, words);
    };
    bad("empty", "verdict_unreadable", "empty: the bytes are not a request or verdict");
    bad("big", "message_too_long", "big: is longer than 1048576 bytes");
    bad("worker.chain", "verdict_unreadable", "worker.chain: ");
    bad("gone", "file_unreadable", "gone: there is no such file");
    let ahead =
        fs::read_to_string(mesh.home.path("verdict.json")).unwrap().replace("\"index\":2", "\"index\":99");
    mesh.home.file("verdict.json", ahead);
    refused(replay(&mesh, &[]), 2, "log_too_short", "the log has 2 entries, not 99");
    let twice = ["verify", "--chain", "-", "--proof", "-", "--audience", "a", "--uri", "b", "--action", "c"];
    refused(mesh.run(&twice), 2, "usage", "- can stand for one of the files only");
    let short = mesh.run(&["verify", "--proof", "@worker.proof"]).expect_code(2);
    assert!(!short.stderr.contains("Did you mean"), "the command is right: {}", short.stderr);
    let blank =
        ["token", "prove", "--agent", &mesh.worker, "--key", "@worker.pem", "--audience", "", "--uri", URI];
    mesh.run(&blank).expect_code(2);
}
