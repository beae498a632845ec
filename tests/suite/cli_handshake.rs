//! `meshwarden handshake`: two agents with a key file each, and the registry between them.

use std::fs;
use std::path::PathBuf;

use meshwarden::encoding::base64;
use meshwarden::handshake::reference::{Challenge, Responding, Response};
use meshwarden::identity::{Did, KeyBytes, SecretKey};
use meshwarden::time::{Span, Time};
use serde_json::{Value, json};

use crate::cli::{Finished, Home};
use crate::cli_mesh::{lines, members, record, values};

/// Agents `aaaa` and `bbbb` with keys `a.pem` and `b.pem`, in the registry `mesh.jsonl`.
struct Pair {
    home: Home,
}

impl Pair {
    fn new() -> Self {
        let home = Home::new();
        let key = |name: &str| {
            let file = home.path(name).display().to_string();
            let made = home.run(&["key", "new", &file, "--no-passphrase", "--json"]).expect_code(0);
            KeyBytes::from_base64(values(&made.stdout)[0]["public_key"].as_str().unwrap()).unwrap()
        };
        let pair = [("aaaa", key("a.pem")), ("bbbb", key("b.pem"))];
        let records = pair.map(|(id, key)| registered(id, &key, json!({})));
        home.file("mesh.jsonl", lines(&records));
        Self { home }
    }

    fn path(&self, name: &str) -> String {
        self.home.path(name).display().to_string()
    }

    fn run(&self, args: &[&str]) -> Finished {
        let args: Vec<String> = args
            .iter()
            .map(|arg| match arg.strip_prefix('@') {
                Some(name) => self.path(name),
                None => (*arg).to_owned(),
            })
            .collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        self.home.run(&[&["handshake"], &args[..], &["--registry", &self.path("mesh.jsonl")]].concat())
    }

    fn keep(&self, name: &str, finished: &Finished) -> PathBuf {
        self.home.file(name, &finished.stdout)
    }

    fn hello(&self) -> Finished {
        self.run(&[
            "hello",
            "--key",
            "@a.pem",
            "--as",
            "did:mesh:aaaa",
            "--to",
            "did:mesh:bbbb",
            "--scope",
            "read:data",
            "--purpose",
            "audit",
        ])
        .expect_code(0)
    }

    fn answer(&self) -> Finished {
        self.run(&[
            "answer",
            "--key",
            "@b.pem",
            "--as",
            "did:mesh:bbbb",
            "--min-score",
            "500",
            "--pending",
            "@open.json",
            "@hello.json",
        ])
    }

    fn finish(&self) -> Finished {
        self.run(&[
            "finish",
            "--key",
            "@a.pem",
            "--as",
            "did:mesh:aaaa",
            "--min-score",
            "500",
            "--hello",
            "@hello.json",
            "@challenge.json",
        ])
    }

    /// Messages up to the proof, each in its file.
    fn proven(&self) {
        self.keep("hello.json", &self.hello());
        self.keep("challenge.json", &self.answer().expect_code(0));
        self.keep("proof.json", &self.finish().expect_code(0));
    }

    fn check(&self, more: &[&str]) -> Finished {
        self.run(&[&["check", "--min-score", "500", "--pending", "@open.json", "@proof.json"], more].concat())
    }

    fn change(&self, id: &str, change: Value) {
        let text = fs::read_to_string(self.home.path("mesh.jsonl")).unwrap();
        let mut records = values(&text);
        for (name, value) in change.as_object().unwrap() {
            records
                .iter_mut()
                .filter(|record| record["did"]["unique_id"] == id)
                .for_each(|record| record[name] = value.clone());
        }
        self.home.file("mesh.jsonl", lines(&records));
    }
}

fn registered(id: &str, key: &KeyBytes, changes: Value) -> Value {
    let mut record = record(id, changes);
    record["public_key"] = json!(key.to_base64());
    record["verification_key_id"] = json!(key.key_id().to_string());
    record
}

#[test]
fn two_terminals_prove_their_keys_to_each_other() {
    let pair = Pair::new();
    pair.keep("hello.json", &pair.hello());
    pair.keep("challenge.json", &pair.answer().expect_code(0));
    let finished = pair.finish().expect_code(0);
    assert!(
        finished.stderr.contains("PROVEN  did:mesh:bbbb holds its registered key"),
        "{}",
        finished.stderr
    );
    pair.keep("proof.json", &finished);
    let checked = pair.check(&["--json"]).expect_code(0);
    assert_eq!(
        members(checked.stdout.trim()),
        ["proven", "form", "peer", "score", "scopes", "purpose", "transcript", "expires", "code", "reason"]
    );
    let line = values(&checked.stdout).remove(0);
    assert_eq!((&line["proven"], &line["peer"]), (&json!(true), &json!("did:mesh:aaaa")));
    assert_eq!((&line["scopes"], &line["purpose"]), (&json!(["read:data"]), &json!("audit")));
}

#[test]
fn a_proof_is_checked_once() {
    let pair = Pair::new();
    pair.proven();
    assert!(
        pair.check(&[]).expect_code(0).stdout.starts_with("PROVEN  did:mesh:aaaa holds its registered key\n")
    );
    let again = pair.check(&[]).expect_code(2);
    assert!(again.stderr.contains("code: file_unreadable"), "{}", again.stderr);
}

#[test]
fn who_was_stopped_in_between_proves_nothing() {
    let pair = Pair::new();
    pair.proven();
    pair.change("aaaa", json!({"status": "suspended"}));
    let refused = pair.check(&[]).expect_code(1);
    assert_eq!(
        refused.stdout,
        "NOT PROVEN  the peer may not act now\n  \
         fix: look at it with: meshwarden agent show DID\n  code: peer_inactive\n"
    );
}

#[test]
fn a_message_that_was_changed_on_the_way_proves_nothing() {
    let pair = Pair::new();
    pair.proven();
    let change = |name: &str, member: &str, value: Value| {
        let mut message: Value =
            serde_json::from_str(&fs::read_to_string(pair.home.path(name)).unwrap()).unwrap();
        message[member] = value;
        pair.home.file(name, message.to_string());
    };
    let challenge = fs::read_to_string(pair.home.path("challenge.json")).unwrap();
    change("challenge.json", "signature", json!(base64::encode(&[7; 64])));
    assert!(pair.finish().expect_code(1).stdout.contains("code: bad_signature"));
    pair.home.file("challenge.json", challenge);
    change("hello.json", "purpose", json!("payment"));
    assert!(pair.finish().expect_code(1).stdout.contains("code: challenge_id_mismatch"));
    change("proof.json", "signature", json!(base64::encode(&[7; 64])));
    assert!(pair.check(&[]).expect_code(1).stdout.contains("code: bad_signature"));
    change("proof.json", "more", json!(1));
    let input = pair.run(&["check", "--pending", "@open.json", "@proof.json"]).expect_code(2);
    assert!(
        input.stderr.contains("proof.json: has a member that the form does not have"),
        "{}",
        input.stderr
    );
}

#[test]
fn nothing_is_signed_for_who_asks_for_more_than_it_holds_or_is_not_trusted_enough() {
    let pair = Pair::new();
    pair.keep("hello.json", &pair.hello());
    pair.change("aaaa", json!({"capabilities": ["write:data"]}));
    assert!(pair.answer().expect_code(1).stdout.contains("code: missing_capabilities"));
    pair.change("aaaa", json!({"capabilities": ["read:*"], "trust_score": 499}));
    assert!(pair.answer().expect_code(1).stdout.contains("code: trust_too_low"));
    pair.change("aaaa", json!({"did": {"method": "mesh", "unique_id": "cccc"}}));
    assert!(pair.answer().expect_code(1).stdout.contains("code: unknown_peer"));
    assert!(!pair.home.path("open.json").exists());
}

#[test]
fn an_impossible_hello_is_a_usage_error() {
    let pair = Pair::new();
    for (args, code) in [
        (&["--to", "did:mesh:aaaa", "--purpose", "p"][..], "handshake_same_agent"),
        (&["--to", "did:mesh:bbbb", "--purpose", " "], "handshake_terms"),
        (&["--to", "did:mesh:bbbb", "--purpose", "p", "--for", "6m"], "handshake_window_too_long"),
    ] {
        let own = ["hello", "--key", "@a.pem", "--as", "did:mesh:aaaa"];
        let refused = pair.run(&[&own, args].concat()).expect_code(2);
        assert!(refused.stderr.contains(&format!("code: {code}")), "{}", refused.stderr);
    }
}

#[test]
fn the_references_form_is_judged_and_named() {
    let pair = Pair::new();
    let key = SecretKey::from_seed([5; 32]);
    let agent = registered("cccc", &key.public_key().bytes(), json!({"trust_score": 800}));
    pair.home.file("mesh.jsonl", lines(&[agent]));
    let clock = now_of_the_machine();
    let challenge = Challenge::new(7, &[9; 32], None, clock);
    let did = Did::parse("did:mesh:cccc").unwrap();
    let me = Responding {
        did: &did,
        key: &key,
        capabilities: &["admin:x"],
        trust_score: 1000,
        user_context: None,
    };
    let response = Response::to(&challenge, me, &[3; 16], clock).unwrap();
    pair.home.file("challenge.json", challenge.to_json().to_string());
    pair.home.file("response.json", response.to_json().to_string());
    let verify = |more: &[&str]| {
        pair.run(&[&["verify", "--challenge", "@challenge.json", "@response.json"], more].concat())
    };
    let good = verify(&["--json", "--peer", "did:mesh:cccc"]).expect_code(0);
    let line = values(&good.stdout).remove(0);
    assert_eq!((&line["form"], &line["score"]), (&json!("reference"), &json!(800)), "never its own word");
    assert!(good.stderr.contains("COMPATIBILITY FORM"));
    assert!(verify(&["--require", "admin:x"]).expect_code(1).stdout.contains("code: missing_capabilities"));
    assert!(verify(&["--peer", "did:mesh:dddd"]).expect_code(1).stdout.contains("code: did_mismatch"));
    let old = Challenge::new(7, &[9; 32], None, clock.plus(Span::seconds(-60)));
    pair.home.file("challenge.json", old.to_json().to_string());
    assert!(verify(&[]).expect_code(1).stdout.contains("code: challenge_expired"));
}

/// The program judges by the machine's clock.
fn now_of_the_machine() -> Time {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Time::from_micros(i64::try_from(since.as_micros()).unwrap()).unwrap()
}
