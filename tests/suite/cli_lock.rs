//! `lock` and `agent seal`: standing rules, and parents from whom nothing new comes.

use super::cli::Home;
use super::cli_prove::mesh;

#[test]
fn a_lock_holds_a_sponsors_agents_until_it_is_lifted_by_the_same_name() {
    let home = Home::new();
    let data = mesh(&home);
    let run = |arguments: &[&str]| home.run(&[&["--data", data.as_str()], arguments].concat());
    let list = run(&["agent", "list", "--json", "--query", "state=active"]).expect_code(0).stdout;
    let line: serde_json::Value = serde_json::from_str(list.lines().next().unwrap()).unwrap();
    let sponsor = line["sponsor_email"].as_str().unwrap();
    let active =
        || run(&["agent", "list", "--json", "--query", "state=active"]).expect_code(0).stdout.lines().count();
    let before = active();
    run(&["lock", "add", "--sponsor", sponsor, "--reason", "taken\u{202e}over"]).expect_code(0);
    assert!(active() < before);
    let locks = run(&["lock", "list"]).expect_code(0).stdout;
    assert!(locks.contains(sponsor) && !locks.contains('\u{202e}'), "{locks}");
    let other = run(&["lock", "lift", "--sponsor", "nobody@example.org", "--reason", "x"]).expect_code(4);
    assert!(other.stderr.contains("not_locked"), "{other:?}");
    run(&["lock", "lift", "--sponsor", sponsor, "--reason", "back"]).expect_code(0);
    assert_eq!(active(), before);
    run(&["lock", "add", "--reason", "whom?"]).expect_code(2);
    let bad = run(&["lock", "add", "--key", "short", "--reason", "x"]).expect_code(2);
    assert!(bad.stderr.contains("base64"), "{bad:?}");
    run(&["log", "verify"]).expect_code(0);
}

#[test]
fn a_sealed_agent_goes_on_and_nothing_new_comes_from_it_until_it_is_reactivated() {
    let home = Home::new();
    let data = home.path("mesh").display().to_string();
    let run = |arguments: &[&str]| home.run(&[&["--data", data.as_str()], arguments].concat());
    for name in ["root", "kid"] {
        let file = home.path(name).display().to_string();
        run(&["key", "new", &file, "--no-passphrase"]).expect_code(0);
    }
    let (root, kid) = (home.path("root").display().to_string(), home.path("kid").display().to_string());
    let create = [
        "agent",
        "create",
        "--name",
        "root",
        "--sponsor",
        "a@example.org",
        "--key",
        &root,
        "--capability",
        "read:a",
    ];
    let did = run(&create).expect_code(0).stdout.trim().to_owned();
    let below =
        ["agent", "create", "--name", "kid", "--parent", &did, "--key", &kid, "--capability", "read:a"];
    run(&["agent", "seal", &did, "--reason", "spawns"]).expect_code(0);
    let refused = run(&below).expect_code(4);
    assert!(refused.stderr.contains("agent_sealed"), "{refused:?}");
    assert!(run(&["agent", "show", &did]).expect_code(0).stdout.contains("state          active"));
    run(&["agent", "suspend", &did, "--reason", "x", "--yes"]).expect_code(0);
    run(&["agent", "reactivate", &did, "--reason", "back", "--yes"]).expect_code(0);
    run(&below).expect_code(0);
    run(&["log", "verify"]).expect_code(0);
}
