//! Commands that change agents, and the log that they leave.

use serde_json::{Value, json};

use crate::cli::Home;
use crate::cli_mesh::{child, family, family_file, family_home, lines, members, record, values};
use crate::terminal::Console;

fn states(home: &Home) -> Vec<String> {
    let list = home.run(&["agent", "list", "--json"]).expect_code(0).stdout;
    values(&list).iter().map(|line| line["state"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_revocation_with_everything_below_is_one_entry_and_lasts() {
    let home = family_home();
    let args = ["agent", "revoke", "aaaa0001", "--cascade", "--reason", "key leaked"];
    let plan = home.run(&[&args[..], &["--dry-run"]].concat()).expect_code(0);
    assert_eq!(
        plan.stdout,
        "revoke did:mesh:aaaa0001  agent-aaaa0001, and everything below it\n  \
         agents that change status: 3\n  \
         agents that lose their power: 3 (by hops below: 0: 1, 1: 1, 2: 1)\n  \
         capabilities lost: read:data write:data\n"
    );
    assert_eq!(states(&home), ["active"; 4], "a dry run changes nothing");
    let done = home.run(&[&args[..], &["--yes"]].concat()).expect_code(0);
    assert!(done.stdout.starts_with("revoked did:mesh:aaaa0001: 3 agents, entry 1 at "), "{}", done.stdout);
    assert_eq!(states(&home), ["revoked", "revoked", "revoked", "active"]);
    let again = home.run(&[&args[..], &["--yes"]].concat()).expect_code(4);
    assert!(again.stderr.ends_with("  code: nothing_to_do\n"), "{}", again.stderr);
    let log = home.run(&["log", "list", "--json"]).expect_code(0).stdout;
    let entries = values(&log);
    assert_eq!(entries.len(), 2);
    assert_eq!(
        (&entries[1]["kind"], &entries[1]["count"], &entries[1]["cascade"]),
        (&json!("revoke"), &json!(3), &json!(true))
    );
    assert_eq!(
        members(log.lines().next().unwrap()),
        [
            "index",
            "time",
            "kind",
            "actor",
            "signers",
            "case",
            "break_glass",
            "subject",
            "count",
            "cascade",
            "until",
            "reason",
            "leaf"
        ]
    );
}

#[test]
fn a_plan_as_json_names_its_targets_at_their_versions() {
    let home = family_home();
    let args = ["agent", "suspend", "aaaa0002", "--reason", "x", "--for", "4h", "--dry-run", "--json"];
    let stdout = home.run(&args).expect_code(0).stdout;
    assert_eq!(
        members(stdout.trim()),
        [
            "verb",
            "did",
            "name",
            "cascade",
            "until",
            "targets",
            "spared",
            "subtree",
            "losing_by_level",
            "orphaned",
            "capabilities_lost",
            "states"
        ]
    );
    let plan: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(plan["targets"], json!([{"did": "did:mesh:aaaa0002", "version": 0}]));
    assert_eq!((&plan["orphaned"], &plan["losing_by_level"]), (&json!(1), &json!([1, 1])));
    assert_eq!(
        plan["states"],
        json!({"active": 2, "cut_off": 0, "suspended": 0, "expired": 0, "revoked": 0})
    );
}

#[test]
fn reactivating_wakes_only_what_the_same_change_put_to_sleep() {
    let home = family_home();
    home.run(&["agent", "suspend", "bbbb", "--reason", "own", "--yes"]).expect_code(0);
    home.run(&["agent", "suspend", "aaaa0001", "--cascade", "--reason", "all", "--yes"]).expect_code(0);
    assert_eq!(states(&home), ["suspended", "suspended", "suspended", "active"]);
    let woken =
        home.run(&["agent", "reactivate", "aaaa0001", "--cascade", "--reason", "ok", "--yes", "--json"]);
    let receipt: Value = serde_json::from_str(&woken.expect_code(0).stdout).unwrap();
    assert_eq!((&receipt["verb"], &receipt["count"]), (&json!("reactivate"), &json!(2)));
    assert_eq!(receipt["enforced_by"], "unknown");
    assert_eq!(states(&home), ["active", "active", "suspended", "active"]);
}

#[test]
fn a_security_suspension_needs_the_override_and_a_revocation_stays() {
    let home = family_home();
    home.run(&["agent", "suspend", "cccc", "--reason", "Security review", "--yes"]).expect_code(0);
    let wake = ["agent", "reactivate", "cccc", "--reason", "ok", "--yes"];
    let refused = home.run(&wake).expect_code(4);
    assert!(
        refused
            .stderr
            .ends_with("  fix: investigate first, then say --override-security\n  code: override_required\n"),
        "{}",
        refused.stderr
    );
    home.run(&[&wake[..], &["--override-security"]].concat()).expect_code(0);
    home.run(&["agent", "revoke", "cccc", "--reason", "gone", "--yes"]).expect_code(0);
    let never = home.run(&[&wake[..], &["--override-security"]].concat()).expect_code(4);
    assert!(never.stderr.ends_with("  code: revoked\n"), "{}", never.stderr);
}

#[test]
fn without_a_terminal_and_without_yes_nothing_happens() {
    let home = Home::new();
    let file = family_file(&home);
    let finished = home
        .run_with(&["agent", "revoke", "cccc", "--reason", "x", "--registry", &file], &[], b"y\n")
        .expect_code(2);
    assert_eq!(
        finished.stderr,
        "meshwarden: this changes agents, and there is no terminal to confirm it on\n  \
         fix: look at --dry-run first, then say --yes\n  code: no_terminal\n"
    );
    assert!(std::fs::read_dir(home.path("data")).unwrap().next().is_none());
}

#[test]
fn on_a_terminal_one_agent_is_confirmed_by_y() {
    let home = family_home();
    let args = ["agent", "revoke", "cccc", "--reason", "x"];
    let mut console = Console::open_in(&home, &args, &[], (100, 30));
    console.wait_for("revoke did:mesh:cccc0004").wait_for("[y/N]").raw(b"n\n");
    assert_eq!(console.exit_code(), Some(4));
    assert_eq!(states(&home), ["active"; 4]);
    let mut console = Console::open_in(&home, &args, &[], (100, 30));
    console.wait_for("[y/N]").raw(b"y\n").wait_for("revoked did:mesh:cccc0004");
    assert_eq!(console.exit_code(), Some(0));
    assert_eq!(states(&home), ["active", "active", "active", "revoked"]);
}

#[test]
fn on_a_terminal_several_agents_are_confirmed_by_the_digits_of_the_did() {
    let home = family_home();
    let args = ["agent", "suspend", "aaaa0001", "--cascade", "--reason", "x"];
    for wrong in ["y", "aaaa", "did:mesh:aaaa0001", ""] {
        let mut console = Console::open_in(&home, &args, &[], (100, 30));
        console.wait_for("Type aaaa0001 to suspend 3 agents").raw(format!("{wrong}\n").as_bytes());
        assert_eq!(console.exit_code(), Some(4), "{wrong}");
    }
    assert_eq!(states(&home), ["active"; 4]);
    let mut console = Console::open_in(&home, &args, &[], (100, 30));
    console.wait_for("Type aaaa0001").raw(b"aaaa0001\n");
    assert_eq!(console.exit_code(), Some(0));
    assert_eq!(states(&home), ["suspended", "suspended", "suspended", "active"]);
}

#[test]
fn what_changed_while_the_question_stood_is_not_touched() {
    let home = family_home();
    let mut console = Console::open_in(&home, &["agent", "revoke", "cccc", "--reason", "x"], &[], (100, 30));
    console.wait_for("[y/N]");
    home.run(&["agent", "suspend", "cccc", "--reason", "somebody else", "--yes"]).expect_code(0);
    console.raw(b"y\n").wait_for("stale_plan");
    assert_eq!(console.exit_code(), Some(4));
    assert_eq!(states(&home), ["active", "active", "active", "suspended"]);
}

#[test]
fn records_that_were_replaced_while_the_question_stood_are_not_touched() {
    let fewer = |id: &str| lines(&[record(id, json!({}))]);
    for left in ["aaaa0001", "cccc0004"] {
        let home = family_home();
        let args = ["agent", "revoke", "aaaa0001", "--cascade", "--reason", "x"];
        let mut console = Console::open_in(&home, &args, &[], (100, 30));
        console.wait_for("Type aaaa0001");
        let file = home.file("fewer.jsonl", fewer(left)).display().to_string();
        home.run(&["import", "--replace", "--yes", &file]).expect_code(0);
        console.raw(b"aaaa0001\n").wait_for("stale_plan");
        assert_eq!(console.exit_code(), Some(4), "{left}");
        assert_eq!(states(&home), ["active"], "{left}");
    }
}

#[test]
fn what_is_done_to_a_registry_file_lives_beside_it_and_the_file_stays() {
    let home = Home::new();
    let file = family_file(&home);
    let before = std::fs::read(&file).unwrap();
    let done =
        home.run(&["agent", "revoke", "cccc", "--reason", "x", "--yes", "--registry", &file]).expect_code(0);
    assert!(done.stdout.contains("OFFLINE COPY, ENFORCED BY NOBODY"), "{}", done.stdout);
    assert_eq!(std::fs::read(&file).unwrap(), before);
    let shown = home
        .run(&["agent", "list", "--registry", &file, "--query", "state=revoked", "--json"])
        .expect_code(0);
    assert_eq!(values(&shown.stdout)[0]["did"], "did:mesh:cccc0004");
    assert!(shown.stderr.contains("OFFLINE COPY, ENFORCED BY NOBODY"));
    home.run(&["log", "verify", "--registry", &file]).expect_code(0);
    // The file as it is, judged on its own, knows nothing of it.
    home.run(&["lineage", "verify", "--all", &file]).expect_code(0);
    home.run(&["agent", "list"]).expect_code(2);
}

#[test]
fn a_file_that_changed_is_named_and_taken_again_when_asked() {
    let home = Home::new();
    let file = family_file(&home);
    home.run(&["agent", "revoke", "cccc", "--reason", "x", "--yes", "--registry", &file]).expect_code(0);
    let mut mesh = family();
    mesh.push(child("dddd0005", "cccc0004", 1));
    std::fs::write(&file, lines(&mesh)).unwrap();
    let list = home.run(&["agent", "list", "--registry", &file, "--json"]).expect_code(0);
    assert_eq!(values(&list.stdout).len(), 4);
    assert!(list.stderr.contains("was written since it was imported"), "{}", list.stderr);
    home.run(&["import", "--registry", &file]).expect_code(2);
    let taken = home.run(&["import", "--registry", &file, "--yes"]).expect_code(0);
    assert!(taken.stderr.contains("1 agent would come: did:mesh:dddd0005"), "{}", taken.stderr);
    let list = home.run(&["agent", "list", "--registry", &file, "--json"]).expect_code(0);
    let states: Vec<Value> = values(&list.stdout).iter().map(|line| line["state"].clone()).collect();
    assert_eq!(states, ["active", "active", "active", "revoked", "cut_off"], "what changes made stays");
}

#[test]
fn an_import_adds_refuses_what_is_there_and_replaces_when_asked() {
    let home = family_home();
    let more = home.file("more.jsonl", lines(&[record("eeee0006", json!({}))])).display().to_string();
    home.run(&["import", &more]).expect_code(0);
    assert_eq!(states(&home).len(), 5);
    let again = home.run(&["import", &more]).expect_code(2);
    assert!(again.stderr.contains("more.jsonl:1: record 1 (did:mesh:eeee0006)"), "{}", again.stderr);
    assert_eq!(states(&home).len(), 5);
    home.run(&["import", "--replace", &more]).expect_code(2);
    let replaced = home.run(&["import", "--replace", "--yes", "--json", &more]).expect_code(0);
    assert_eq!(
        members(replaced.stdout.trim()),
        ["index", "taken", "refused", "refused_file", "secrets_dropped", "unused_scores"]
    );
    assert_eq!(states(&home).len(), 1);
    home.run(&["log", "verify"]).expect_code(0);
}

#[test]
fn log_verify_says_yes_and_after_tampering_no() {
    let home = family_home();
    home.run(&["agent", "revoke", "cccc", "--reason", "key leaked", "--yes"]).expect_code(0);
    let sound = home.run(&["log", "verify", "--json"]).expect_code(0).stdout;
    let counted = ["entries", "records", "root", "decisions", "decisions_kept"];
    assert_eq!(members(sound.trim()), [&["sound", "code", "reason", "log"][..], &counted].concat());
    assert_eq!(values(&sound)[0]["sound"], true);
    let file = home.path("data/meshwarden/authority.db");
    let mut bytes = std::fs::read(&file).unwrap();
    let at = bytes.windows(8).rposition(|part| part == b"cccc0004").unwrap();
    bytes[at] = b'd';
    std::fs::write(&file, bytes).unwrap();
    let broken = home.run(&["log", "verify", "--json"]).expect_code(1);
    assert!(values(&broken.stdout).first().is_none_or(|line| line["sound"] == false), "{broken:?}");
}

#[test]
fn the_actor_is_the_configured_one_else_the_login_name() {
    let home = family_home();
    let config = home.file("c.toml", "actor = \"ana@example.org\"\n").display().to_string();
    let suspend = |did, extra: &[&str], env: &[(&str, &str)]| {
        let args = [&["agent", "suspend", did, "--reason", "x", "--yes"], extra].concat();
        home.run_with(&args, env, b"").expect_code(0)
    };
    suspend("cccc", &["--config", &config], &[("USER", "bob")]);
    suspend("bbbb", &[], &[("USER", "bob")]);
    let log = values(&home.run(&["log", "list", "--json", "--from", "1"]).expect_code(0).stdout);
    assert_eq!((&log[0]["actor"], &log[1]["actor"]), (&json!("ana@example.org"), &json!("bob")));
    assert_eq!(values(&home.run(&["log", "list", "--json", "--from", "1", "--most", "1"]).stdout).len(), 1);
}

#[test]
fn an_end_in_the_past_and_a_blank_reason_are_refused() {
    let home = family_home();
    let past = ["agent", "suspend", "cccc", "--reason", "x", "--until", "2020-01-01T00:00:00Z", "--yes"];
    assert!(home.run(&past).expect_code(2).stderr.ends_with("  code: change_ends_before_it_begins\n"));
    let blank = ["agent", "suspend", "cccc", "--reason", " ", "--yes"];
    assert!(home.run(&blank).expect_code(2).stderr.ends_with("  code: change_text_blank\n"));
    assert_eq!(states(&home), ["active"; 4]);
}

#[test]
fn what_others_could_write_is_not_used() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = family_home();
    let directory = home.path("data/meshwarden");
    std::fs::set_permissions(&directory, std::fs::Permissions::from_mode(0o777)).unwrap();
    let finished = home.run(&["agent", "list"]).expect_code(5);
    assert!(finished.stderr.ends_with("  code: store_writable_by_others\n"), "{}", finished.stderr);
}

#[test]
fn a_revocation_stays_on_the_list_when_a_later_file_leaves_the_agent_out() {
    let home = family_home();
    home.run(&["agent", "revoke", "cccc0004", "--reason", "key leaked", "--yes"]).expect_code(0);
    let fewer = home.file("fewer.jsonl", lines(&family()[..3])).display().to_string();
    home.run(&["import", "--replace", "--yes", &fewer]).expect_code(0);
    assert_eq!(states(&home).len(), 3);
    let list = home.run(&["export", "--revocation-list"]).expect_code(0).stdout;
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    assert_eq!(
        (&list[0]["agent_did"], &list[0]["reason"]),
        (&json!("did:mesh:cccc0004"), &json!("key leaked"))
    );
}

#[test]
fn a_change_that_lasts_is_said_to_last_when_its_receipt_cannot_be_written() {
    let home = family_home();
    let more = home.file("more.jsonl", lines(&[record("eeee0006", json!({}))])).display().to_string();
    for (index, args) in
        [(1, vec!["agent", "suspend", "cccc", "--reason", "x", "--yes"]), (2, vec!["import", more.as_str()])]
    {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = std::process::Command::new(crate::cli::MESHWARDEN);
        let finished = command.args(args).env_clear().envs(home.environment()).stdout(full).output().unwrap();
        let said = String::from_utf8_lossy(&finished.stderr).into_owned();
        assert_eq!(finished.status.code(), Some(5), "{said}");
        assert!(said.contains(&format!("the change was made and lasts (entry {index})")), "{said}");
        assert!(said.ends_with("  code: receipt_unwritten\n"), "{said}");
    }
    assert_eq!(states(&home), ["active", "active", "active", "suspended", "active"]);
}

#[test]
fn a_long_actor_and_a_long_path_are_cut_and_refuse_nothing() {
    let home = family_home();
    let actor = "é".repeat(300);
    let mut directory = home.path("");
    for _ in 0..6 {
        directory.push("d".repeat(200));
    }
    std::fs::create_dir_all(&directory).unwrap();
    let file = directory.join("more.jsonl");
    std::fs::write(&file, lines(&[record("eeee0006", json!({}))])).unwrap();
    home.run_with(&["import", file.to_str().unwrap()], &[("USER", &actor)], b"").expect_code(0);
    let log = values(&home.run(&["log", "list", "--json", "--from", "1"]).expect_code(0).stdout);
    for (member, most) in [("actor", 256), ("subject", 1024)] {
        let text = log[0][member].as_str().unwrap();
        assert!(text.len() <= most && text.ends_with('…'), "{text}");
    }
    home.run(&["log", "verify"]).expect_code(0);
}

#[test]
fn several_agents_or_a_query_are_one_entry_and_whom_it_cannot_touch_is_named() {
    let home = family_home();
    let both = ["agent", "suspend", "aaaa0002", "bbbb0003", "--reason", "odd"];
    let plan = home.run(&[&both[..], &["--dry-run"]].concat()).expect_code(0);
    assert!(plan.stdout.starts_with("suspend 2 agents, each alone\n"), "{}", plan.stdout);
    let done = home.run(&[&both[..], &["--yes"]].concat()).expect_code(0);
    assert!(done.stdout.starts_with("suspended 2 agents, entry 1 at "), "{}", done.stdout);
    let query = ["agent", "suspend", "-q", "under:aaaa0001", "--reason", "all", "--dry-run"];
    let plan = home.run(&query).expect_code(0);
    let left = "  left out: did:mesh:aaaa0002: already suspended";
    assert!(plan.stdout.contains(left), "{}", plan.stdout);
    assert!(plan.stdout.contains("agents that change status: 1\n"), "{}", plan.stdout);
    let nobody = home.run(&["agent", "revoke", "-q", "tag:nothing", "--reason", "x", "--yes"]).expect_code(2);
    assert!(nobody.stderr.ends_with("  code: query_nobody\n"), "{}", nobody.stderr);
    let wide = ["agent", "revoke", "aaaa0002", "bbbb0003", "--cascade", "--reason", "x", "--yes"];
    assert!(home.run(&wide).expect_code(2).stderr.contains("--cascade takes one agent"));
    assert!(home.run(&["agent", "revoke", "--reason", "x", "--yes"]).expect_code(2).stderr.contains("DID"));
    let wake = ["agent", "reactivate", "aaaa0002", "bbbb0003", "--reason", "false alarm", "--yes"];
    home.run(&wake).expect_code(0);
    assert_eq!(states(&home), ["active"; 4]);
}
