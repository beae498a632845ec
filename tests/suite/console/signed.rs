//! Two people at two consoles: what one orders waits, holds at once, and is done when the other approves.

use meshwarden::text::short_id;

use crate::cli_mesh::values;
use crate::cli_operator::Held;
use crate::terminal::{Console, Key};

/// The console of whoever has this key, on the usual data directory.
fn sit_down(held: &Held, name: &str) -> Console {
    let key = held.path(name);
    let mut console = Console::open_in(&held.home, &["console", "--operator-key", &key], &[], (120, 40));
    console.wait_idle();
    console
}

/// A policy by which every revocation needs two people.
fn strict(held: &Held) {
    let file = held.home.file("policy.toml", "[approvals]\nrevoke_above = 0\n").display().to_string();
    held.by("ada", &["policy", "set", &file]).expect_code(3);
    held.by("bo", &["change", "approve", &held.waiting()]).expect_code(0);
}

fn first_agent(held: &Held) -> String {
    let list = held.home.run(&["agent", "list", "--json"]).expect_code(0).stdout;
    values(&list)[0]["did"].as_str().unwrap().to_owned()
}

#[test]
fn one_orders_another_approves_and_the_log_has_both_signatures() {
    let held = Held::new();
    strict(&held);
    let did = first_agent(&held);
    let mut ada = sit_down(&held, "ada");
    assert!(ada.screen().contains("signed in as ada (admin)"), "{}", ada.screen());
    ada.keys("2/").keys(&did).key(Key::Enter).wait_idle();
    ada.keys("D").wait_idle();
    ada.keys("1").wait_idle();
    assert!(ada.screen().contains("WAITS for the signature of another operator"), "{}", ada.screen());
    ada.keys("y").wait_idle();
    if ada.screen().contains("and enter:") {
        ada.keys(short_id(&did)).key(Key::Enter).wait_idle();
    }
    assert!(ada.screen().contains("NOT DONE YET: revoke waits for 1 more"), "{}", ada.screen());
    ada.keys("q");
    assert_eq!(ada.exit_code(), Some(0));

    let waiting = held.waiting();
    let mut bo = sit_down(&held, "bo");
    bo.keys("7").wait_idle();
    let queue = bo.screen();
    assert!(queue.contains("approvals(1)") && queue.contains("ada (1 of 2)"), "{queue}");
    bo.keys("a").wait_idle();
    bo.keys("y").wait_idle();
    if bo.screen().contains("and enter:") {
        bo.keys(waiting.get(..8).unwrap()).key(Key::Enter).wait_idle();
    }
    assert!(bo.screen().contains("DONE: revoke"), "{}", bo.screen());
    bo.keys("5v").wait_idle();
    assert!(bo.screen().contains("SOUND: "), "{}", bo.screen());
    bo.key(Key::Enter).wait_idle();
    let entry = bo.screen();
    for shown in ["ada#key-", "bo#key-", "proven here", "revoke"] {
        assert!(entry.contains(shown), "{shown:?} is missing\n{entry}");
    }
    bo.kill();
    let log = held.home.run(&["log", "list", "--json"]).expect_code(0).stdout;
    let signed = values(&log).into_iter().find(|line| line["kind"] == "revoke").unwrap();
    assert_eq!(signed["signers"], serde_json::json!(["ada", "bo"]), "{signed}");
}

#[test]
fn the_passphrase_is_asked_once_before_the_screen_is_taken_and_never_again() {
    let held = Held::new();
    let secret = held.path("secret");
    // The key of ada, once more, under a passphrase.
    held.home.run(&["key", "new", &held.path("cy"), "--passphrase-file", &secret]).expect_code(0);
    let invitation =
        held.home.run(&["operator", "invite", "cy", "--role", "responder"]).expect_code(0).stdout;
    let invitation = held.home.file("invitation", invitation).display().to_string();
    let accept = ["operator", "accept", &invitation, "--key", &held.path("cy"), "--passphrase-file", &secret];
    let accepted = held.home.run(&accept).expect_code(0).stdout;
    let accepted = held.home.file("accepted", accepted).display().to_string();
    held.by("ada", &["operator", "add", &accepted, "--reason", "joins"]).expect_code(3);
    held.by("bo", &["change", "approve", &held.waiting()]).expect_code(0);

    let did = first_agent(&held);
    let key = held.path("cy");
    let mut console = Console::open_in(&held.home, &["console", "--operator-key", &key], &[], (120, 40));
    console.wait_for("Passphrase for ");
    console.raw(b"correct horse\r");
    console.wait_idle();
    assert!(console.screen().contains("signed in as cy (responder)"), "{}", console.screen());
    console.keys("2/").keys(&did).key(Key::Enter).wait_idle();
    console.keys("s").wait_idle();
    console.keys("1").wait_idle();
    console.keys("y").wait_idle();
    assert!(console.screen().contains(": SUSPENDED "), "{}", console.screen());
    assert!(!console.screen().contains("Passphrase"), "{}", console.screen());
}

#[test]
fn without_a_key_a_held_log_is_looked_at_only() {
    let held = Held::new();
    let mut console = Console::open_in(&held.home, &["console"], &[], (80, 24));
    console.wait_idle();
    assert!(console.screen().contains("NOT SIGNED IN: to look only"), "{}", console.screen());
    console.keys("2s").wait_idle();
    assert!(console.screen().contains("no operator key: start with --operator-key"), "{}", console.screen());
    // What was is open to everybody who may read the directory.
    console.keys("[").wait_idle();
    assert!(console.screen().contains("AS OF entry 0, "), "{}", console.screen());
    console.key(Key::Esc).wait_idle();
    assert!(console.screen().contains("NOT SIGNED IN: to look only"), "{}", console.screen());
}
