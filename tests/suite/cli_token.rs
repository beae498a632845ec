//! `token`: issued, refreshed, inspected, revoked.

use serde_json::{Value, json};

use crate::cli_enrol::{Enrolled, refused};
use crate::cli_mesh::{members, values};

const VECTORS: &str = include_str!("../vectors/scope_chain.json");

/// A chain of the reference's vectors, by the end of the vector's id.
fn scope_chain(id: &str) -> Value {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let mut cases = vectors["cases"].as_array().unwrap().iter();
    let case = cases.find(|case| case["id"].as_str().unwrap().ends_with(id)).unwrap();
    case["input"]["chain"].clone()
}

fn issue(mesh: &Enrolled, file: &str) {
    let args = ["token", "issue", "--from", &mesh.planner, "--to", &mesh.worker, "--key", "@planner.pem"];
    mesh.home.file(file, mesh.run(&args).expect_code(0).stdout);
}

fn jti(mesh: &Enrolled, file: &str) -> String {
    mesh.json(&["token", "inspect", &format!("@{file}")])[0]["jti"].as_str().unwrap().to_owned()
}

fn denial(mesh: &Enrolled, file: &str) -> Value {
    let finished = mesh.run(&["token", "verify", &format!("@{file}"), "--json"]).expect_code(1);
    assert_eq!(members(finished.stdout.trim()), ["counts", "checks", "failure"]);
    values(&finished.stdout).remove(0)["failure"].take()
}

#[test]
fn a_refreshed_token_names_what_it_replaces_and_grants_no_more() {
    let mesh = Enrolled::new();
    let old = jti(&mesh, "worker.chain");
    let refresh = |more: &[&str]| {
        mesh.run(&[&["token", "refresh", "@worker.chain", "--key", "@planner.pem"], more].concat())
    };
    let fresh = refresh(&["--json"]).expect_code(0).stdout;
    assert_eq!(members(fresh.trim()), ["index", "time", "kind", "subject", "jti", "exp", "prev", "chain"]);
    let fresh = values(&fresh).remove(0);
    assert_eq!((&fresh["prev"], &fresh["kind"]), (&json!(old), &json!("log tokens")));
    assert_ne!(fresh["jti"], json!(old));
    let words = refresh(&["--ttl", "15m"]).expect_code(0);
    assert!(words.stderr.contains(&format!(", in place of {old}\n")), "{}", words.stderr);
    mesh.home.file("fresh.chain", &words.stdout);
    let inspected = mesh.run(&["token", "inspect", "@fresh.chain"]).expect_code(0).stdout;
    assert!(inspected.contains(&format!("  replaces  {old}\n")), "{inspected}");
    mesh.run(&["token", "verify", "@fresh.chain"]).expect_code(0);
    refused(
        refresh(&["--capability", "write:data"]),
        4,
        "token_refresh_refused",
        "expected read:data, found write:data",
    );
    mesh.run(&["agent", "suspend", &mesh.planner, "--reason", "test", "--yes"]).expect_code(0);
    refused(refresh(&[]), 4, "agent_suspended", "is suspended");
}

#[test]
fn tokens_revoked_by_jti_by_issuer_or_by_subtree_deny() {
    let mesh = Enrolled::new();
    let revoke = |which: &str, whom: &str| {
        mesh.run(&["token", "revoke", which, whom, "--reason", "leaked"]).expect_code(0)
    };
    let code = |file| denial(&mesh, file)["code"].clone();
    issue(&mesh, "second.chain");
    let first = jti(&mesh, "worker.chain");
    revoke("--jti", &first);
    assert_eq!(code("worker.chain"), "token_revoked");
    mesh.run(&["token", "verify", "@second.chain"]).expect_code(0);
    revoke("--issuer", &mesh.planner);
    assert_eq!(code("second.chain"), "issuer_tokens_revoked");
    issue(&mesh, "third.chain");
    mesh.run(&["token", "verify", "@third.chain"]).expect_code(0);
    revoke("--subtree", &mesh.planner);
    assert_eq!(code("third.chain"), "subtree_tokens_revoked");
    issue(&mesh, "fourth.chain");
    mesh.run(&["token", "verify", "@fourth.chain"]).expect_code(0);
    let list = mesh.json(&["token", "list"]);
    let mut by: Vec<Value> = list.iter().map(|line| line["revoked"].clone()).collect();
    by.sort_by_key(|entry| entry.as_u64().unwrap_or(u64::MAX));
    assert_eq!(by, [json!(3), json!(6), json!(6), Value::Null], "each names the entry that revoked it");
    let words = mesh.run(&["token", "list"]).expect_code(0);
    assert!(words.stdout.starts_with("JTI                     ISSUER "), "{}", words.stdout);
    assert_eq!(words.stdout.matches("REVOKED by entry").count(), 3);
    let unknown = revoke("--jti", "nobody");
    assert!(unknown.stderr.contains("The log has no token of this jti"), "{}", unknown.stderr);
    let args = ["token", "revoke", "--issuer", &mesh.planner, "--reason", " "];
    refused(mesh.run(&args), 2, "change_text_blank", "reason is blank");
}

#[test]
fn a_denial_names_hop_rule_both_values_and_what_to_do() {
    let mesh = Enrolled::new();
    let args = ["token", "verify", "@worker.chain", "--action", "write:data"];
    let denied = mesh.run(&args).expect_code(1).stdout;
    let why = "The chain counts for NOTHING.\n  \
        why       the chain does not grant the action (action_not_granted)\n  expected  write:data\n  \
        found     read:data\n  fix       ask for a token that does\n";
    assert!(denied.starts_with(why), "{denied}");
    mesh.home.file("old.chain", mesh.backdated(7200, 3600));
    let denial = denial(&mesh, "old.chain");
    assert_eq!((&denial["code"], &denial["hop"]), (&json!("token_expired"), &json!(0)));
    refused(mesh.run(&["token", "log", "@old.chain"]), 4, "token_expired", "(token 0): expected ");
}

#[test]
fn what_is_no_chain_is_refused_with_the_name_of_its_file() {
    let mesh = Enrolled::new();
    let home = &mesh.home;
    home.file("empty", "");
    home.file("binary", [0xff, 0xfe, 0, 1].repeat(500));
    home.file("big", vec![b'a'; 2_000_000]);
    let half = std::fs::read_to_string(home.path("worker.chain")).unwrap();
    home.file("half", &half[..half.len() / 2]);
    for (file, code, words) in [
        ("empty", "chain_empty", "the chain has no token"),
        ("binary", "file_unreadable", "is not UTF-8 text"),
        ("big", "message_too_long", "is longer than 1048576 bytes"),
        ("half", "token_malformed", "the token is not three parts of canonical base64url (token 0)"),
        ("worker.pem", "token_malformed", "the token is not three parts"),
        ("gone", "file_unreadable", "there is no such file"),
        ("tmp", "file_unreadable", "is a directory"),
    ] {
        let path = mesh.path(file);
        for args in [&["inspect"][..], &["log"], &["refresh", "--key", "@planner.pem"]] {
            let finished = mesh.run(&[&["token"], args, &[&path]].concat());
            assert!(finished.stderr.starts_with(&format!("meshwarden: {path}: ")), "{finished:#?}");
            refused(finished, 2, code, words);
        }
    }
    assert_eq!(denial(&mesh, "half")["code"], "token_malformed", "whether it counts has an answer: no");
    assert_eq!(mesh.entries(), 2);
}

#[test]
fn a_chain_from_elsewhere_is_logged_and_read_from_standard_input() {
    let mesh = Enrolled::new();
    let chain = mesh.backdated(60, 3600);
    let logged = mesh.home.run_with(&["token", "log", "-"], &[], chain.as_bytes()).expect_code(0);
    assert_eq!(logged.stderr, format!("log tokens {}: entry 2 of the log\n", mesh.worker));
    let array = json!(chain.split('~').collect::<Vec<_>>()).to_string();
    mesh.home.run_with(&["token", "verify", "-"], &[], array.as_bytes()).expect_code(0);
    let list = mesh.run(&["token", "list", "--json"]).expect_code(0).stdout;
    assert_eq!(
        members(list.lines().next().unwrap()),
        [
            "jti",
            "iss",
            "sub",
            "scope",
            "nbf",
            "exp",
            "depth",
            "max_depth",
            "trust_ceiling",
            "prev",
            "logged",
            "revoked"
        ]
    );
}

#[test]
fn what_is_only_inspected_is_labelled_as_not_verified() {
    let mesh = Enrolled::new();
    let words = mesh.run(&["token", "inspect", "@worker.chain"]).expect_code(0).stdout;
    assert!(words.starts_with("NOT VERIFIED: this is what the tokens say; see: meshwarden token verify\n"));
    let line = mesh.json(&["token", "inspect", "@worker.chain"]).remove(0);
    assert_eq!((&line["verified"], &line["sub"]), (&json!(false), &json!(mesh.worker)));
    let signed = format!("{}#{}", mesh.planner, mesh.secret("planner.pem").public_key().bytes().key_id());
    assert_eq!(line["kid"], signed);
}

#[test]
fn a_scope_chain_of_the_reference_is_shown_hop_by_hop_with_what_it_proves_and_what_not() {
    let mesh = Enrolled::new();
    mesh.home.file("scope.json", scope_chain("-049-verify-all-known").to_string());
    let words = mesh.run(&["token", "inspect", "@scope.json"]).expect_code(0).stdout;
    assert!(words.starts_with(
        "A SCOPE CHAIN OF THE REFERENCE: an account of what was granted, never authority here\n"
    ));
    assert_eq!(
        words.matches("  proves      signed by a key that came with the document\n").count(),
        3,
        "{words}"
    );
    assert_eq!(words.matches("  not proven  when, at which depth and in which chain").count(), 3, "{words}");
    assert!(words.contains("that the presenter is the leaf"), "{words}");
    mesh.home.file("edited.json", scope_chain("-079-verify-tampered-caps-added").to_string());
    let edited = mesh.run(&["token", "inspect", "@edited.json", "--json"]).expect_code(1).stdout;
    assert_eq!(members(edited.trim()), ["authority", "sound", "summary_fits", "links"]);
    let edited = values(&edited).remove(0);
    assert_eq!((&edited["authority"], &edited["sound"]), (&json!(false), &json!(false)));
    assert_eq!(edited["links"][0]["code"], "invalid_link_hash");
    let edited = mesh.run(&["token", "inspect", "@edited.json"]).expect_code(1).stdout;
    assert!(
        edited.contains("  BROKEN      invalid_link_hash: a link does not hash to its link_hash\n"),
        "{edited}"
    );
    mesh.home.file("none.json", "{}");
    refused(mesh.run(&["token", "inspect", "@none.json"]), 2, "scope_chain_malformed", "none.json: ");
}
