//! The walk that everything else deepens: a registry goes in, an agent is found, revoked, and stays revoked.

use super::{ask, dump, find, open, prepare_revocation, reopen, subtree};
use crate::cli::Home;
use crate::terminal::{Console, Key};
use meshwarden::identity::Did;
use meshwarden::text::short_id;

/// Fifty agents fall with it.
const NAME: &str = "notifier-112";
const DID: &str = "did:mesh:8749bc0bb52eeaeae832ee4d7c869bc3";

/// Finds an agent, revokes it and everybody below, and finds it revoked when the console is opened again; `entry` is the
/// place in the log.
pub fn revoked_by_keys(open: &dyn Fn() -> Console, banner: &str, (name, did): (&str, &str), entry: u64) {
    let mut console = open();
    assert!(console.screen().contains(banner), "{}", console.screen());

    find(&mut console, name);
    let screen = console.screen();
    assert!(screen.contains("1 of 1000") && screen.contains(name), "{screen}");

    console.keys("D").wait_idle();
    let dialog = console.screen();
    for shown in ["REVOKE", name, "revokes ", "in its subtree", "capabilities lost", "targets"] {
        assert!(dialog.contains(shown), "{shown:?} is missing\n{dialog}");
    }
    console.keys("1").wait_idle();
    assert!(console.screen().contains("security: suspected compromise"), "{}", console.screen());
    // The wrong phrase, then the right one.
    let (most, last) = short_id(did).split_at(short_id(did).len() - 1);
    console.keys("y").keys(most).key(Key::Enter).wait_idle();
    assert!(console.screen().contains("is not the short DID"), "{}", console.screen());
    console.keys(last).key(Key::Enter).wait_for(": REVOKED ").wait_idle();
    let receipt = console.screen();
    assert!(receipt.contains(": REVOKED ") && receipt.contains(&format!("entry {entry}")), "{receipt}");
    console.keys("q");
    assert_eq!(console.exit_code(), Some(0));

    let mut console = open();
    find(&mut console, name);
    assert!(
        console.screen().lines().any(|row| row.contains(name) && row.contains("REVOKED")),
        "{}",
        console.screen()
    );
    console.keys("L").keys("t").wait_idle();
    let tree = console.screen();
    assert!(tree.contains("sealed"), "{tree}");
    console.keys("5").wait_idle();
    assert!(console.screen().contains("revoke"), "{}", console.screen());
    console.kill();
}

#[test]
fn a_revocation_by_keys_lasts_and_everybody_agrees_on_it() {
    let home = Home::new();
    let file = dump(&home);
    let before = std::fs::read(&file).unwrap();
    revoked_by_keys(&|| open(&home, &file), "OFFLINE COPY, ENFORCED BY NOBODY", (NAME, DID), 1);

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
        // The first line says where one is.
        screen.lines().skip(3).find(|row| row.contains(NAME)).map(str::to_owned)
    };
    assert!(selected(&console).is_some(), "{}", console.screen());
    prepare_revocation(&mut console, DID);
    console.key(Key::Enter).wait_idle();
    assert!(console.screen().contains(": REVOKED "), "{}", console.screen());
    assert!(selected(&console).unwrap().contains("REVOKED"), "{}", console.screen());
}
