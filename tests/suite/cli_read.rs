//! Commands that only look: list, show, lineage, export, generate, codes, completions, help.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::cli::{Home, MESHWARDEN};
use crate::cli_mesh::{NOW, family, family_file, family_home, lines, members, record, values};

fn dump() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/registry_dump_1000.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn lineage_verify_answers_every_did_of_the_thousand_as_the_vectors_do() {
    let (home, dump) = (Home::new(), dump());
    let file = home.file("mesh.json", dump["identities"].to_string()).display().to_string();
    let args = ["lineage", "verify", "--all", "--json", "--at", NOW, &file];
    let finished = home.run(&args).expect_code(1);
    assert_eq!(finished.stderr, "");
    let answers = values(&finished.stdout);
    let cases = dump["cases"].as_array().unwrap();
    assert_eq!(answers.len(), cases.len());
    for (answer, case) in answers.iter().zip(cases) {
        let expect = &case["expect"];
        assert_eq!(answer["did"], case["input"]["did"]);
        assert_eq!(answer["valid"], expect["verify"], "{case}");
        assert_eq!(answer["active"], expect["is_active"], "{case}");
        assert_eq!(answer["effective_capabilities"], expect["effective_capabilities"], "{case}");
        assert_eq!(answer["code"], case.get("reason").cloned().unwrap_or(Value::Null), "{case}");
        assert_eq!(answer["hop"].is_null(), answer["valid"] == true, "{case}");
        assert_eq!(answer["reason"].is_null(), answer["valid"] == true, "{case}");
    }
    assert_eq!(
        members(finished.stdout.lines().next().unwrap()),
        ["did", "valid", "code", "hop", "reason", "active", "effective_capabilities"]
    );
    assert!(std::fs::read_dir(home.path("data")).unwrap().next().is_none(), "no data directory is touched");
}

#[test]
fn lineage_verify_says_what_is_broken_where_and_what_to_do() {
    let home = Home::new();
    let mut mesh = family();
    mesh[0]["status"] = json!("suspended");
    let file = home.file("mesh.jsonl", lines(&mesh)).display().to_string();
    let finished = home.run(&["lineage", "verify", "bbbb", &file]).expect_code(1);
    assert_eq!(
        finished.stdout,
        "did:mesh:bbbb0003  agent-bbbb0003\n\
         lineage  broken: inactive_parent\n  \
         did:mesh:aaaa0002: expected an active parent, found did:mesh:aaaa0001 suspended\n  \
         fix: settle the parent first; until then the agent may not act\n\
         agent    active\n\
         holds    read:data\n"
    );
    assert!(home.run(&["lineage", "verify", "cccc", &file]).expect_code(0).stdout.contains("lineage  valid"));
    let all = home.run(&["lineage", "verify", "--all", "--at", NOW, &file]).expect_code(1);
    assert!(
        all.stdout.ends_with(&format!("2 of 4 lineages of {file} are broken at {NOW}\n")),
        "{}",
        all.stdout
    );
    let usage = home.run(&["lineage", "verify"]).expect_code(2);
    assert_eq!(
        usage.stderr,
        "meshwarden: give a DID, or --all\n  fix: see meshwarden --help\n  code: usage\n"
    );
}

#[test]
fn standard_input_is_a_registry_too_and_time_is_an_argument() {
    let home = Home::new();
    let mut mesh = family();
    mesh[0]["expires_at"] = json!("2026-06-01T00:00:00Z");
    let judge =
        |at| home.run_with(&["lineage", "verify", "--all", "--at", at, "-"], &[], lines(&mesh).as_bytes());
    judge("2026-05-31T23:59:59Z").expect_code(0);
    judge("2026-06-01T00:00:00Z").expect_code(1);
    let list = home.run_with(&["agent", "list", "--registry", "-", "--json"], &[], lines(&mesh).as_bytes());
    assert_eq!(values(&list.expect_code(0).stdout).len(), 4);
}

#[test]
fn agent_list_filters_by_text_state_and_subtree() {
    let home = family_home();
    home.run(&["agent", "suspend", "aaaa0002", "--reason", "test", "--yes"]).expect_code(0);
    let dids = |args: &[&str]| -> Vec<String> {
        let finished = home.run(&[&["agent", "list", "--json"], args].concat()).expect_code(0);
        values(&finished.stdout)
            .iter()
            .map(|line| line["did"].as_str().unwrap().replace("did:mesh:", ""))
            .collect()
    };
    assert_eq!(dids(&[]), ["aaaa0001", "aaaa0002", "bbbb0003", "cccc0004"]);
    assert_eq!(dids(&["--query", "AGENT-AAAA"]), ["aaaa0001", "aaaa0002"]);
    assert_eq!(dids(&["--query", "state=suspended,cut_off"]), ["aaaa0002", "bbbb0003"]);
    assert_eq!(dids(&["--query", "under:aaaa0002"]), ["aaaa0002", "bbbb0003"]);
    let words = home.run(&["agent", "list", "--query", "state=cut_off"]).expect_code(0);
    assert_eq!(words.stderr, "1 of 4 agents\n");
    assert_eq!(
        words.stdout,
        "DID                                        STATE      TIER              SCORE  NAME                          SPONSOR\n\
         did:mesh:bbbb0003                          cut_off    unscored          -      agent-bbbb0003                ana@example.org\n"
    );
    assert!(
        home.run(&["agent", "list", "--query", "state=asleep"]).expect_code(2).stderr.contains("cut_off")
    );
}

#[test]
fn the_members_of_agent_lines_stay_as_they_are() {
    let home = family_home();
    let list = home.run(&["agent", "list", "--json"]).expect_code(0).stdout;
    let order = [
        "did",
        "name",
        "state",
        "status",
        "reason",
        "until",
        "code",
        "score",
        "tier",
        "sponsor_email",
        "organization",
        "parent_did",
        "delegation_depth",
        "descendants",
        "capabilities",
        "expires_at",
        "version",
        "sealed_at",
    ];
    assert_eq!(members(list.lines().next().unwrap()), order);
    let show = home.run(&["agent", "show", "bbbb", "--json"]).expect_code(0).stdout;
    let detail: Value = serde_json::from_str(&show).unwrap();
    assert_eq!(detail["agent"]["did"], "did:mesh:bbbb0003");
    assert_eq!(detail["lineage"]["valid"], true);
    assert_eq!(detail["evidence"], "asserted");
    assert_eq!(detail["path"][1]["narrowed_away"], json!(["write:data"]));
    assert_eq!(detail["record"]["delegation_depth"], 2);
}

#[test]
fn agent_show_tells_the_lineage_with_what_was_narrowed_away() {
    let home = family_home();
    let shown = home.run(&["agent", "show", "bbbb0003"]).expect_code(0).stdout;
    assert!(
        shown.ends_with(
            "lineage, from the root:\n  \
             did:mesh:aaaa0001  active  agent-aaaa0001\n    \
             did:mesh:aaaa0002  active  agent-aaaa0002\n      \
             without write:data\n      \
             did:mesh:bbbb0003  active  agent-bbbb0003\n"
        ),
        "{shown}"
    );
    let form = |form| -> Value {
        let finished = home.run(&["agent", "show", "cccc", "--format", form]).expect_code(0);
        serde_json::from_str(&finished.stdout).unwrap()
    };
    assert_eq!(form("record")["did"]["unique_id"], "cccc0004");
    assert_eq!(form("jwk")["kid"], "did:mesh:cccc0004");
    assert_eq!(form("did-document")["id"], "did:mesh:cccc0004");
}

#[test]
fn agents_are_named_by_did_digits_or_their_beginning_and_never_guessed() {
    let home = family_home();
    for name in ["did:mesh:aaaa0001", "aaaa0001", "did:mesh:bbbb", "bbbb", "cccc0"] {
        home.run(&["agent", "show", name]).expect_code(0);
    }
    for (name, code) in [
        ("aaaa", "did_ambiguous"),
        ("did:mesh:aaaa000", "did_ambiguous"),
        ("bbb", "did_malformed"),
        ("BBBB0003", "unknown_agent"),
        ("dddd0005", "unknown_agent"),
        ("did:web:x", "did_malformed"),
        ("", "did_malformed"),
        ("\u{1b}[31m", "did_malformed"),
    ] {
        let finished = home.run(&["agent", "show", name]).expect_code(2);
        assert!(finished.stderr.ends_with(&format!("  code: {code}\n")), "{name}: {}", finished.stderr);
        assert_eq!(finished.stdout, "");
        assert!(!finished.stderr.contains('\u{1b}'), "{name}");
    }
    let ambiguous = home.run(&["agent", "show", "aaaa"]).stderr;
    assert!(ambiguous.contains("did:mesh:aaaa0001, did:mesh:aaaa0002"), "{ambiguous}");
}

#[test]
fn dids_that_differ_only_in_case_are_different_agents_and_said_to_be_confusable() {
    let home = Home::new();
    let mesh = [record("abc", json!({})), record("aBc", json!({})), record("abcd", json!({}))];
    let file = home.file("mesh.jsonl", lines(&mesh)).display().to_string();
    let taken = home.run(&["import", &file]).expect_code(0);
    assert!(taken.stderr.contains("warning: 2 agents have a DID that differs"), "{}", taken.stderr);
    let alike = |did: &str| -> Value {
        let shown = home.run(&["agent", "show", did, "--json"]).expect_code(0).stdout;
        values(&shown)[0]["confusable_with"].clone()
    };
    assert_eq!(alike("did:mesh:abc"), json!(["did:mesh:aBc"]));
    assert_eq!(alike("did:mesh:aBc"), json!(["did:mesh:abc"]));
    assert_eq!(alike("did:mesh:abcd"), json!([]));
    let words = home.run(&["agent", "show", "did:mesh:aBc"]).expect_code(0).stdout;
    assert!(words.contains("confusable     with did:mesh:abc, which differs only in case\n"), "{words}");
}

#[test]
fn a_whole_did_wins_over_a_longer_one_that_begins_with_it() {
    let home = Home::new();
    let mesh = lines(&[record("abcd", json!({})), record("abcdef", json!({}))]);
    let shown = home.run_with(&["agent", "show", "abcd", "--registry", "-"], &[], mesh.as_bytes());
    assert!(shown.expect_code(0).stdout.starts_with("did            did:mesh:abcd\n"));
}

#[test]
fn an_export_is_the_registry_again() {
    let home = Home::new();
    let file = family_file(&home);
    let array = home.run(&["export", "--registry", &file]).expect_code(0);
    assert_eq!(serde_json::from_str::<Vec<Value>>(&array.stdout).unwrap(), family());
    let jsonl = home.run(&["export", "--registry", &file, "--format", "jsonl"]).expect_code(0);
    assert_eq!(values(&jsonl.stdout), family());
    let again = home.run_with(&["export", "--registry", "-"], &[], jsonl.stdout.as_bytes()).expect_code(0);
    assert_eq!(again.stdout, array.stdout);
    let none = home.run_with(&["export", "--registry", "-"], &[], b"[]").expect_code(0);
    assert_eq!(none.stdout, "[]\n");
}

#[test]
fn a_revocation_list_names_the_revoked_and_on_request_the_suspended() {
    let home = family_home();
    home.run(&["agent", "revoke", "bbbb", "--reason", "key leaked", "--yes"]).expect_code(0);
    home.run(&["agent", "suspend", "cccc", "--for", "2d", "--reason", "odd", "--yes"]).expect_code(0);
    let finished = home.run(&["export", "--revocation-list"]).expect_code(0);
    let list: Vec<Value> = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(list.len(), 1);
    assert_eq!(list[0]["agent_did"], "did:mesh:bbbb0003");
    assert_eq!(list[0]["reason"], "key leaked");
    assert_eq!(list[0]["expires_at"], Value::Null);
    assert!(finished.stderr.contains("1 suspended agent is not on the list"), "{}", finished.stderr);
    let both = home.run(&["export", "--revocation-list", "--and-suspended"]).expect_code(0);
    let both: Vec<Value> = serde_json::from_str(&both.stdout).unwrap();
    assert!(both[1]["expires_at"].is_string(), "{both:?}");
}

#[test]
fn scores_come_from_a_file_beside() {
    let home = Home::new();
    let file = family_file(&home);
    let scores = home
        .file("scores.json", r#"{"scores":{"did:mesh:aaaa0001":{"score":850},"did:mesh:ffff":{"score":1}}}"#);
    let args = ["agent", "list", "--registry", &file, "--json", "--scores", scores.to_str().unwrap()];
    let finished = home.run(&args).expect_code(0);
    let list = values(&finished.stdout);
    assert_eq!((&list[0]["score"], &list[0]["tier"]), (&json!(850), &json!("trusted")));
    assert_eq!((&list[1]["score"], &list[1]["tier"]), (&Value::Null, &Value::Null));
    assert!(finished.stderr.contains("1 score belongs to nobody"), "{}", finished.stderr);
    let bad = home.file("bad.json", r#"{"did:mesh:aaaa0001":1001}"#).display().to_string();
    let refused = home.run(&["agent", "list", "--registry", &file, "--scores", &bad]).expect_code(2);
    assert_eq!(
        refused.stderr.lines().skip_while(|line| !line.starts_with("meshwarden:")).collect::<Vec<_>>(),
        [
            &*format!("meshwarden: {bad}:1: did:mesh:aaaa0001: the score is not in 0..=1000"),
            "  fix: write a score from 0 to 1000",
            "  code: scores_out_of_range"
        ]
    );
}

#[test]
fn a_generated_mesh_is_the_same_for_the_same_arguments_and_reads_back() {
    let home = Home::new();
    let args = ["generate", "--agents", "120", "--seed", "7", "--at", NOW];
    let mesh = home.run(&args).expect_code(0).stdout;
    assert_eq!(mesh, home.run(&args).expect_code(0).stdout);
    assert_eq!(mesh.lines().count(), 120);
    let array = home.run(&[&args[..], &["--format", "json"]].concat()).expect_code(0).stdout;
    assert_eq!(serde_json::from_str::<Vec<Value>>(&array).unwrap(), values(&mesh));
    let judged =
        home.run_with(&["lineage", "verify", "--all", "--json", "--at", NOW, "-"], &[], mesh.as_bytes());
    assert_eq!(values(&judged.stdout).len(), 120);
    let broken =
        ["generate", "--agents", "200", "--at", NOW, "--broken", "none", "--broken", "missing_parent=5%"];
    let mesh = home.run(&broken).expect_code(0).stdout;
    let judged =
        home.run_with(&["lineage", "verify", "--all", "--json", "--at", NOW, "-"], &[], mesh.as_bytes());
    assert!(values(&judged.stdout).iter().any(|line| line["code"] == "missing_parent"));
    for (bad, why) in [("cycle", "write it like"), ("holes=1%", "the ways are"), ("cycle=60%", "a share")] {
        assert!(home.run(&["generate", "--broken", bad]).expect_code(2).stderr.contains(why), "{bad}");
    }
    let too_many = ["generate", "--broken", "cycle=40%", "--broken", "missing_parent=40%"];
    assert!(home.run(&too_many).expect_code(2).stderr.contains("more than 50% together"));
}

#[test]
fn a_code_is_explained_and_a_mistyped_one_is_suggested() {
    let home = Home::new();
    assert_eq!(
        home.run(&["codes", "inactive_parent"]).expect_code(0).stdout,
        "inactive_parent  (lineage of an agent)\n  \
         the parent is suspended, revoked or expired\n  \
         fix: settle the parent first; until then the agent may not act\n"
    );
    assert!(
        home.run(&["codes", "inactive_paren"])
            .expect_code(2)
            .stderr
            .contains("did you mean inactive_parent?")
    );
    let all = home.run(&["codes", "--json"]).expect_code(0).stdout;
    assert!(values(&all).len() > 100);
    assert_eq!(members(all.lines().next().unwrap()), ["code", "topic", "words", "advice"]);
}

#[test]
fn every_shell_gets_completions() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(home.run(&["completions", shell]).expect_code(0).stdout.contains("meshwarden"), "{shell}");
    }
}

#[test]
fn help_explains_exit_codes_units_and_examples_and_no_line_is_too_long() {
    let home = Home::new();
    let help = home.run(&["--help"]).expect_code(0).stdout;
    for word in ["Examples:", "Exit codes:", "Units:", "RFC 3339", "--dry-run", "70"] {
        assert!(help.contains(word), "{word}");
    }
    let commands: [&[&str]; 18] = [
        &["--help"],
        &["-h"],
        &["console", "--help"],
        &["agent", "--help"],
        &["agent", "list", "--help"],
        &["agent", "show", "--help"],
        &["agent", "suspend", "--help"],
        &["agent", "revoke", "--help"],
        &["agent", "reactivate", "--help"],
        &["lineage", "--help"],
        &["lineage", "verify", "--help"],
        &["import", "--help"],
        &["export", "--help"],
        &["generate", "--help"],
        &["log", "--help"],
        &["log", "list", "--help"],
        &["codes", "--help"],
        &["completions", "--help"],
    ];
    for command in commands {
        let help = home.run(command).expect_code(0).stdout;
        let longest = help.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(longest <= 100, "{command:?}: {longest} columns");
        assert!(help.contains("Usage: meshwarden"), "{command:?}");
    }
    assert!(home.run(&["--version"]).expect_code(0).stdout.starts_with("meshwarden "));
}

#[test]
fn nobody_reading_the_output_ends_the_program_silently() {
    let home = Home::new();
    let mut child = Command::new(MESHWARDEN)
        .args(["generate", "--agents", "20000"])
        .env_clear()
        .envs(home.environment())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let finished = child.wait_with_output().unwrap();
    assert_eq!(finished.status.code(), Some(141));
    assert_eq!(String::from_utf8_lossy(&finished.stderr), "");
}

#[test]
fn a_full_disk_behind_the_output_is_said() {
    let home = Home::new();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let finished = Command::new(MESHWARDEN)
        .args(["codes", "--json"])
        .env_clear()
        .envs(home.environment())
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(finished.status.code(), Some(5));
    assert!(String::from_utf8_lossy(&finished.stderr).contains("\"code\":\"output_failed\""));
}
