//! `agent create|delegate|rotate|rekey|attest`: who comes in, with which key, and on whose word.

use std::fs;

use meshwarden::delegation::{Chain, Grant, Issuer};
use meshwarden::identity::{Did, SecretKey};
use meshwarden::time::{Span, Time};
use meshwarden::{encoding::base64, keystore};
use serde_json::{Value, json};

use crate::cli::{Finished, Home};
use crate::cli_mesh::{members, values};

/// A user whose registry holds the root `planner` and its child `worker`, with key files and the worker's chain.
pub struct Enrolled {
    pub home: Home,
    /// The root's DID.
    pub planner: String,
    /// The child's.
    pub worker: String,
}

impl Enrolled {
    pub fn new() -> Self {
        let mut mesh = Self { home: Home::new(), planner: String::new(), worker: String::new() };
        mesh.planner = mesh.key("planner.pem");
        mesh.worker = mesh.key("worker.pem");
        let granted = ["--capability", "read:data", "--capability", "write:data"];
        let root =
            ["agent", "create", "--name", "planner", "--sponsor", "ops@example.org", "--key", "@planner.pem"];
        mesh.run(&[&root[..], &granted].concat()).expect_code(0);
        let child = mesh.delegate("worker", &["--capability", "read:data"]).expect_code(0);
        mesh.home.file("worker.chain", child.stdout);
        mesh
    }

    /// A file inside; what begins with @ in the arguments of [`Self::run`] is one.
    pub fn path(&self, name: &str) -> String {
        self.home.path(name).display().to_string()
    }

    /// Makes a key file, and gives the DID that is derived from the key.
    pub fn key(&self, name: &str) -> String {
        let made = self.run(&["key", "new", &format!("@{name}"), "--no-passphrase", "--json"]).expect_code(0);
        values(&made.stdout)[0]["bound_did"].as_str().unwrap().to_owned()
    }

    pub fn secret(&self, name: &str) -> SecretKey {
        keystore::open(&self.home.path(name), || unreachable!("the file is not encrypted")).unwrap()
    }

    pub fn public(&self, name: &str) -> String {
        self.secret(name).public_key().bytes().to_base64()
    }

    pub fn run(&self, args: &[&str]) -> Finished {
        let args: Vec<String> = args
            .iter()
            .map(|argument| argument.strip_prefix('@').map_or((*argument).to_owned(), |name| self.path(name)))
            .collect();
        self.home.run(&args.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// The JSON of a command that succeeds.
    pub fn json(&self, args: &[&str]) -> Vec<Value> {
        values(&self.run(&[args, &["--json"]].concat()).expect_code(0).stdout)
    }

    /// The planner delegates to a new child with the key `NAME.pem`.
    pub fn delegate(&self, name: &str, more: &[&str]) -> Finished {
        let key = format!("@{name}.pem");
        let parent = ["agent", "delegate", &self.planner, "--parent-key", "@planner.pem"];
        self.run(&[&parent[..], &["--name", name, "--key", &key], more].concat())
    }

    pub fn policy(&self, text: &str) -> Finished {
        self.home.file("policy.toml", text);
        self.run(&["policy", "set", "@policy.toml"])
    }

    pub fn entries(&self) -> usize {
        self.json(&["log", "list"]).len()
    }

    /// A token of the planner for the worker, of which the log knows nothing, dated `ago` seconds back.
    pub fn backdated(&self, ago: i64, length: i64) -> String {
        let now = Time::from_micros(meshwarden_now()).unwrap();
        let issued = now.plus(Span::seconds(-ago));
        let grant = Grant {
            subject: Did::parse(&self.worker).unwrap(),
            key: self.secret("worker.pem").public_key().bytes(),
            scope: &["read:data"],
            issued,
            not_before: issued,
            expires: issued.plus(Span::seconds(length)),
            id: [7; 16],
            max_depth: 10,
            ceiling: None,
        };
        let did = Did::parse(&self.planner).unwrap();
        let root = Issuer { did: &did, key: &self.secret("planner.pem") };
        Chain::issue(root, &grant).unwrap().to_header()
    }
}

fn meshwarden_now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_micros()).unwrap()
}

/// Requires a refusal with its exit code, its stable code, and a part of its words.
pub fn refused(finished: Finished, exit: i32, code: &str, words: &str) {
    let finished = finished.expect_code(exit);
    assert!(finished.stderr.contains(&format!("  code: {code}\n")), "{code}: {finished:#?}");
    assert!(finished.stderr.contains(words), "{words}: {finished:#?}");
}

#[test]
fn an_agent_comes_in_under_the_did_of_its_key_with_what_is_granted() {
    let mesh = Enrolled::new();
    let listed = mesh.json(&["agent", "list"]);
    let of = |line: &Value| (line["did"].clone(), line["capabilities"].clone(), line["parent_did"].clone());
    assert_eq!(of(&listed[0]), (json!(mesh.planner), json!(["read:data", "write:data"]), Value::Null));
    assert_eq!(of(&listed[1]), (json!(mesh.worker), json!(["read:data"]), json!(mesh.planner)));
    let shown = mesh.json(&["agent", "show", &mesh.worker]).remove(0);
    assert_eq!((&shown["evidence"], &shown["bound"]), (&json!("signed"), &json!(true)));
    mesh.run(&["token", "verify", "@worker.chain"]).expect_code(0);
    mesh.key("other.pem");
    let made = mesh.delegate("other", &["--capability", "read:data", "--json"]).expect_code(0).stdout;
    assert_eq!(members(made.trim()), ["index", "time", "kind", "subject", "jti", "exp", "prev", "chain"]);
    assert_eq!((made.lines().count(), &values(&made)[0]["kind"]), (1, &json!("register")));
}

#[test]
fn a_child_gets_only_what_its_parent_lists_word_for_word() {
    let mesh = Enrolled::new();
    mesh.key("other.pem");
    let before = mesh.entries();
    let ask = |capability: &str| mesh.delegate("other", &["--capability", capability]);
    refused(ask("admin:all"), 4, "not_subset", "word for word");
    refused(ask("read:*"), 4, "not_subset", "does not hold \"read:*\"");
    refused(ask("*"), 4, "wildcard_delegated", "list the capabilities one by one");
    refused(mesh.delegate("other", &[]), 2, "usage", "name it with --capability");
    assert_eq!(mesh.entries(), before, "what is refused leaves no trace");
}

#[test]
fn an_order_that_cannot_be_meant_is_refused_by_name() {
    let mesh = Enrolled::new();
    let create = |more: &[&str]| mesh.run(&[&["agent", "create", "--name", "x"], more].concat());
    let key = ["--key", "@other.pem"];
    mesh.key("other.pem");
    let sponsored = |more: &[&str]| create(&[&key[..], &["--sponsor", "a@example.org"], more].concat());
    refused(create(&[&key[..], &["--sponsor", "nobody"]].concat()), 2, "usage", "--sponsor must be an email");
    refused(sponsored(&["--expires", "2020-01-01T00:00:00Z"]), 2, "usage", "--expires lies in the past");
    refused(
        sponsored(&["--attestation", "@worker.chain"]),
        2,
        "message_not_json",
        "worker.chain: the statement",
    );
    refused(create(&[&key[..], &["--parent", "dead"]].concat()), 2, "unknown_agent", "dead: no agent");
    refused(create(&["--key", "@worker.pem", "--sponsor", "a@b.c"]), 4, "duplicate", "is registered already");
    refused(create(&["--key", "@gone.pem", "--sponsor", "a@b.c"]), 2, "key_file_io", "there is no such file");
    let zero = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let small = create(&["--public-key", zero, "--sponsor", "a@b.c"]).expect_code(2);
    assert!(small.stderr.contains("is no strict Ed25519 key"), "{}", small.stderr);
    refused(
        mesh.delegate("other", &["--capability", "read:data", "--chain", "@other.pem"]),
        2,
        "token_malformed",
        "other.pem: ",
    );
}

#[test]
fn a_key_file_that_is_not_the_agents_is_named_before_anything_is_signed() {
    let mesh = Enrolled::new();
    mesh.key("other.pem");
    let before = mesh.entries();
    let (planner, worker) = (mesh.planner.as_str(), mesh.worker.as_str());
    let uri = ["--audience", "mesh", "--uri", "https://a.example/x"];
    for args in [
        &[
            "agent",
            "delegate",
            planner,
            "--parent-key",
            "@other.pem",
            "--name",
            "x",
            "--key",
            "@other.pem",
            "--capability",
            "read:data",
        ][..],
        &["token", "issue", "--from", planner, "--to", worker, "--key", "@other.pem"],
        &["token", "refresh", "@worker.chain", "--key", "@other.pem"],
        &["agent", "rotate", worker, "--key", "@other.pem", "--new-key", "@worker.pem"],
        &[
            &["token", "prove", "--agent", worker, "--key", "@other.pem", "--chain", "@worker.chain"],
            &uri[..],
        ]
        .concat(),
    ] {
        refused(mesh.run(args), 2, "key_unknown", "other.pem: holds key-");
    }
    assert_eq!(mesh.entries(), before);
}

#[test]
fn a_lifetime_over_the_policys_is_refused_and_never_cut_in_silence() {
    let mesh = Enrolled::new();
    mesh.key("other.pem");
    let (planner, worker) = (mesh.planner.as_str(), mesh.worker.as_str());
    let words = "--ttl 2d is longer than the 1d that the policy in force allows";
    let code = "policy_lifetime_exceeded";
    refused(mesh.delegate("other", &["--capability", "read:data", "--ttl", "2d"]), 4, code, words);
    let issue = ["token", "issue", "--from", planner, "--to", worker, "--key", "@planner.pem", "--ttl"];
    refused(mesh.run(&[&issue[..], &["2d"]].concat()), 4, code, words);
    refused(
        mesh.run(&["token", "refresh", "@worker.chain", "--key", "@planner.pem", "--ttl", "2d"]),
        4,
        code,
        words,
    );
    mesh.run(&[&issue[..], &["1d"]].concat()).expect_code(0);
    // Below a token that ends sooner the child's ends with it, and that is said.
    mesh.home.file("short.chain", mesh.run(&[&issue[..], &["5m"]].concat()).expect_code(0).stdout);
    let below =
        ["agent", "delegate", worker, "--parent-key", "@worker.pem", "--name", "x", "--key", "@other.pem"];
    let rest = ["--capability", "read:data", "--chain", "@short.chain", "--ttl", "1h"];
    let granted = mesh.run(&[&below[..], &rest].concat()).expect_code(0);
    assert!(granted.stderr.contains("It ends with the token above it"), "{}", granted.stderr);
}

#[test]
fn a_rotation_needs_the_present_key_and_a_fresh_one() {
    let mesh = Enrolled::new();
    mesh.key("next.pem");
    let rotate =
        |old: &str, new: &str| mesh.run(&["agent", "rotate", &mesh.planner, "--key", old, "--new-key", new]);
    rotate("@planner.pem", "@next.pem").expect_code(0);
    mesh.run(&["token", "verify", "@worker.chain"]).expect_code(0);
    refused(rotate("@planner.pem", "@next.pem"), 4, "rotation_not_current", "is not the agent's current key");
    refused(rotate("@next.pem", "@planner.pem"), 4, "key_used_before", "make a fresh key");
    mesh.run(&["agent", "suspend", &mesh.planner, "--reason", "test", "--yes"]).expect_code(0);
    mesh.key("third.pem");
    refused(rotate("@next.pem", "@third.pem"), 4, "agent_suspended", "is suspended, so it may not");
}

#[test]
fn a_rekey_with_a_cut_refuses_a_backdated_token_and_keeps_a_logged_one() {
    let mesh = Enrolled::new();
    mesh.key("safe.pem");
    let rekey = |cut: &str, reason: &str| {
        mesh.run(&[
            "agent",
            "rekey",
            &mesh.planner,
            "--new-key",
            "@safe.pem",
            "--reason",
            reason,
            "--cut",
            cut,
        ])
    };
    // The thief has the key, and dates a token before the theft.
    mesh.home.file("stolen.chain", mesh.backdated(600, 3600));
    mesh.run(&["token", "verify", "@stolen.chain"]).expect_code(0);
    refused(rekey("900", "stolen"), 4, "rekey_cut_ahead", "the cut at entry 900");
    refused(rekey("2", ""), 2, "change_text_blank", "reason is blank");
    rekey("2", "laptop stolen").expect_code(0);
    mesh.run(&["token", "verify", "@worker.chain"]).expect_code(0);
    let denied = mesh.run(&["token", "verify", "@stolen.chain", "--json"]).expect_code(1);
    assert_eq!(values(&denied.stdout)[0]["failure"]["code"], "key_compromised", "{denied:#?}");
    refused(mesh.run(&["token", "log", "@stolen.chain"]), 4, "key_compromised", "the key was stolen or lost");
    let issue =
        |key| mesh.run(&["token", "issue", "--from", &mesh.planner, "--to", &mesh.worker, "--key", key]);
    refused(issue("@planner.pem"), 4, "key_compromised", "");
    mesh.home.file("new.chain", issue("@safe.pem").expect_code(0).stdout);
    mesh.run(&["token", "verify", "@new.chain"]).expect_code(0);
}

#[test]
fn only_an_attester_of_the_policy_attests() {
    let mesh = Enrolled::new();
    mesh.key("attester.pem");
    let attest = |more: &[&str]| mesh.run(&[&["agent", "attest", &mesh.worker], more].concat());
    let by = ["--attester-key", "@attester.pem"];
    refused(
        attest(&by),
        4,
        "attestation_unknown_attester",
        "the attestation is by a key that policy names no attester",
    );
    let statement = attest(&[&by[..], &["--print"]].concat()).expect_code(0).stdout;
    mesh.home.file("statement.json", &statement);
    mesh.home.file("forged.json", statement.replace("\"worker\"", "\"admin\""));
    mesh.policy(&format!(
        "[attestation]\nrequired = true\nattesters = [\"{}\"]\n",
        mesh.public("attester.pem")
    ))
    .expect_code(0);
    let denied = mesh.run(&["token", "verify", "@worker.chain"]).expect_code(1);
    assert!(denied.stdout.contains("(token 0, agent_unattested)"), "{}", denied.stdout);
    refused(
        attest(&["--statement", "@forged.json"]),
        4,
        "attestation_differs",
        "the attestation attests another name",
    );
    refused(
        attest(&["--statement", "@worker.chain"]),
        2,
        "message_not_json",
        "worker.chain: the statement is not",
    );
    attest(&["--statement", "@statement.json"]).expect_code(0);
    let shown = mesh.json(&["agent", "show", &mesh.worker]).remove(0);
    assert_eq!(shown["attested"]["attester"], mesh.public("attester.pem"));
    let words = mesh.run(&["agent", "show", &mesh.worker]).expect_code(0).stdout;
    assert!(words.contains(&format!("attested       by {} until ", mesh.public("attester.pem"))), "{words}");
}

#[test]
fn a_parent_over_its_breadth_is_refused_and_sealed() {
    let mesh = Enrolled::new();
    mesh.key("other.pem");
    mesh.policy("[breadth]\nmax_children = 1\nseal_parent = true\n").expect_code(0);
    let more = || mesh.delegate("other", &["--capability", "read:data"]);
    refused(
        more(),
        4,
        "children_limit",
        "max_children allows 1, and the child would be number 2; the parent is sealed",
    );
    refused(more(), 4, "agent_sealed", "is sealed since entry 3");
    let log = mesh.json(&["log", "list"]);
    assert_eq!((&log[3]["kind"], &log[3]["subject"]), (&json!("seal"), &json!(mesh.planner)));
    mesh.run(&["token", "verify", "@worker.chain"]).expect_code(0);
    assert_eq!(mesh.json(&["agent", "list"]).len(), 2);
}

#[test]
fn hostile_names_are_shown_and_kept() {
    let mesh = Enrolled::new();
    mesh.key("other.pem");
    let name = "x\u{1b}[31m\u{202e}y";
    let key = ["--key", "@other.pem", "--sponsor", "a@example.org"];
    mesh.run(&[&["agent", "create", "--name", name], &key[..]].concat()).expect_code(0);
    let list = mesh.run(&["agent", "list"]).expect_code(0).stdout;
    assert!(list.contains("x␛[31m\\u{202e}y"), "{list}");
    assert_eq!(mesh.json(&["agent", "list"])[2]["name"], name);
    refused(
        mesh.run(&["token", "inspect", "@\u{1b}[2J"]),
        2,
        "file_unreadable",
        "␛[2J: there is no such file",
    );
}

/// The seed in a key file that is not encrypted.
pub fn seed(path: &std::path::Path) -> Vec<u8> {
    let pem = fs::read_to_string(path).unwrap();
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    base64::decode(&body).unwrap().split_off(16)
}
