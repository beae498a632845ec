//! The walk that everything else deepens: a registry goes in, an agent is found, revoked, and stays revoked.

use super::{ask, dump, find, open, prepare_revocation, reopen, subtree};
use crate::cli::Home;
use crate::terminal::Key;
use meshwarden::identity::Did;

/// Fifty agents fall with it.
const NAME: &str = "notifier-112";
const DID: &str = "did:mesh:8749bc0bb52eeaeae832ee4d7c869bc3";

#[test]
fn a_revocation_by_keys_lasts_and_everybody_agrees_on_it() {
    let home = Home::new();
    let file = dump(&home);
    let before = std::fs::read(&file).unwrap();
    let mut console = open(&home, &file);
    assert!(console.screen().contains("OFFLINE COPY, ENFORCED BY NOBODY"), "{}", console.screen());

    find(&mut console, NAME);
    let screen = console.screen();
    assert!(screen.contains("1 of 1000") && screen.contains(NAME), "{screen}");

    console.keys("D").wait_idle();
    let dialog = console.screen();
    for shown in ["REVOKE", NAME, "revokes ", "in its subtree", "capabilities lost", "targets "] {
        assert!(dialog.contains(shown), "{shown:?} is missing\n{dialog}");
    }
    console.keys("1").wait_idle();
    assert!(console.screen().contains("security: suspected compromise"), "{}", console.screen());
    // The wrong phrase, then the right one.
    console.keys("y").keys("8749bc0").key(Key::Enter).wait_idle();
    assert!(console.screen().contains("is not the short DID"), "{}", console.screen());
    console.keys("b").key(Key::Enter).wait_idle();
    let receipt = console.screen();
    assert!(receipt.contains(": REVOKED ") && receipt.contains("entry 1"), "{receipt}");
    console.keys("q");
    assert_eq!(console.exit_code(), Some(0));

    let mut console = open(&home, &file);
    find(&mut console, NAME);
    assert!(
        console.screen().lines().any(|row| row.contains(NAME) && row.contains("REVOKED")),
        "{}",
        console.screen()
    );
    console.keys("L").keys(" ").wait_idle();
    let tree = console.screen();
    assert!(tree.contains("sealed"), "{tree}");
    console.keys("5").wait_idle();
    assert!(console.screen().contains("revoke"), "{}", console.screen());
    console.kill();

    let registry = reopen(&home, &file).registry().clone();
    let top = registry.find(&Did::parse(DID).unwrap()).unwrap();
    let members = subtree(&registry, top);
    assert_eq!(members.len(), 50);
    let listed = home.run(&[
        "agent",
        "list",
        "--query",
        &format!("under:{DID}"),
        "--json",
        "--registry",
        file.to_str().unwrap(),
    ]);
    let lines: Vec<serde_json::Value> =
        listed.expect_code(0).stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 50);
    assert!(lines.iter().all(|line| line["status"] == "revoked" && line["state"] == "revoked"), "{lines:#?}");
    let shown = ask(&home, &file, &["agent", "show", DID]);
    assert_eq!((&shown["agent"]["state"], &shown["agent"]["version"]), (&"revoked".into(), &1.into()));
    let log = ask(&home, &file, &["log", "verify"]);
    assert_eq!(log["entries"], 2, "{log}");
    assert_eq!(std::fs::read(&file).unwrap(), before, "the registry file is never written");
}

#[test]
fn the_agent_is_reached_and_stopped_from_the_tree_too() {
    let home = Home::new();
    let file = dump(&home);
    let mut console = open(&home, &file);
    console.keys("3/").keys(NAME).key(Key::Enter).wait_idle();
    let selected = |console: &crate::terminal::Console| {
        let screen = console.screen();
        screen.lines().find(|row| row.contains(NAME)).map(str::to_owned)
    };
    assert!(selected(&console).is_some(), "{}", console.screen());
    prepare_revocation(&mut console, DID);
    console.key(Key::Enter).wait_idle();
    assert!(console.screen().contains(": REVOKED "), "{}", console.screen());
    assert!(selected(&console).unwrap().contains("REVOKED"), "{}", console.screen());
}
