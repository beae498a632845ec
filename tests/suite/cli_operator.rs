//! `init`, `operator`, `change`: people with keys hold the log.

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::cli::{Finished, Home};
use crate::cli_mesh::{family_home, values};
use crate::interop::skipped;

/// A mesh held by ada and bo, whose keys lie in files; two of three recovery keys replace them.
pub struct Held {
    pub home: Home,
}

impl Held {
    pub fn new() -> Self {
        Self::of(family_home())
    }

    /// The same people hold the log of another user.
    pub fn of(home: Home) -> Self {
        let held = Self { home };
        for name in ["ada", "bo"] {
            held.key(name);
        }
        let secret = held.home.file("secret", "correct horse\n");
        std::fs::set_permissions(secret, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::create_dir(held.home.path("usb")).unwrap();
        held.by(
            "ada",
            &[
                "init",
                "--admin",
                &format!("ada={}", held.public("ada")),
                "--admin",
                &format!("bo={}", held.public("bo")),
                "--make-recovery",
                &held.path("usb"),
                "--recovery-passphrase-file",
                &held.path("secret"),
            ],
        )
        .expect_code(0);
        held
    }

    pub fn path(&self, name: &str) -> String {
        self.home.path(name).display().to_string()
    }

    /// Makes a key file of this name.
    pub fn key(&self, name: &str) {
        self.home.run(&["key", "new", &self.path(name), "--no-passphrase"]).expect_code(0);
    }

    pub fn public(&self, name: &str) -> String {
        let shown = self.home.run(&["key", "show", &self.path(name), "--json"]).expect_code(0).stdout;
        let shown: Value = serde_json::from_str(&shown).unwrap();
        shown["public_key"].as_str().unwrap().to_owned()
    }

    /// Runs a command that `name` signs.
    pub fn by(&self, name: &str, arguments: &[&str]) -> Finished {
        let key = self.path(name);
        self.home.run(&[arguments, ["--operator-key", &key].as_slice()].concat())
    }

    /// The id of the only change that waits.
    pub fn waiting(&self) -> String {
        let list = values(&self.home.run(&["change", "list", "--json"]).expect_code(0).stdout);
        assert_eq!(list.len(), 1, "{list:?}");
        list[0]["id"].as_str().unwrap().to_owned()
    }

    /// Lets somebody join: invited by ada, approved by bo.
    pub fn join(&self, name: &str, role: &str) {
        self.key(name);
        let invitation = self.home.run(&["operator", "invite", name, "--role", role]).expect_code(0).stdout;
        let invitation = self.home.file("invitation", invitation).display().to_string();
        let accepted = self.home.run(&["operator", "accept", &invitation, "--key", &self.path(name)]);
        let accepted = self.home.file("accepted", accepted.expect_code(0).stdout).display().to_string();
        self.by("ada", &["operator", "add", &accepted, "--reason", "joins"]).expect_code(3);
        self.by("bo", &["change", "approve", &self.waiting()]).expect_code(0);
    }
}

#[test]
fn from_init_on_every_change_is_signed_and_the_log_says_by_whom() {
    let held = Held::new();
    let unsigned = held.home.run(&["lock", "add", "--sponsor", "ana@example.org", "--reason", "x"]);
    let unsigned = unsigned.expect_code(4);
    assert!(unsigned.stderr.contains("change_not_signed"), "{unsigned:?}");
    assert!(unsigned.stderr.contains("--operator-key"), "{unsigned:?}");
    let signed = held.by("bo", &["agent", "suspend", "cccc0004", "--reason", "odd", "--yes"]).expect_code(0);
    assert!(signed.stderr.contains("signing with key-"), "{signed:?}");
    assert!(signed.stderr.contains("SHA-256 of the change: "), "{signed:?}");
    let log = values(&held.home.run(&["log", "list", "--json"]).expect_code(0).stdout);
    let last = log.last().unwrap();
    assert_eq!((&last["actor"], &last["signers"][0]), (&"bo".into(), &"bo".into()));
    held.home.run(&["log", "verify"]).expect_code(0);
    let again = held
        .by("ada", &["init", "--solo", "--admin", &format!("ada={}", held.public("ada")), "--no-recovery"]);
    assert!(again.expect_code(4).stderr.contains("operators_begun"));
}

#[test]
fn what_needs_two_waits_for_a_second_person_and_then_is_done_in_one_entry() {
    let held = Held::new();
    let policy = held.home.file("policy.toml", "[approvals]\nrevoke_above = 0\n").display().to_string();
    let first = held.by("ada", &["policy", "set", &policy]).expect_code(3);
    assert!(first.stderr.contains("NOT DONE YET"), "{first:?}");
    let id = held.waiting();
    let same = held.by("ada", &["change", "approve", &id]).expect_code(4);
    assert!(same.stderr.contains("operator_signed_twice"), "{same:?}");
    held.by("bo", &["change", "approve", &id[..8]]).expect_code(0);
    let revoke = ["agent", "revoke", "aaaa0001", "--cascade", "--reason", "stolen", "--yes"];
    let revoked = held.by("ada", &revoke).expect_code(3);
    assert!(revoked.stdout.contains("HELD BACK"), "{revoked:?}");
    let show = |held: &Held| held.home.run(&["agent", "show", "bbbb0003"]).expect_code(0).stdout;
    assert!(show(&held).contains("cut_off"), "{}", show(&held));
    let shown = held.home.run(&["change", "show", &held.waiting()]).expect_code(0).stdout;
    assert!(shown.contains("3 agents"), "{shown}");
    assert!(shown.contains("(1 of 2)"), "{shown}");
    held.by("bo", &["change", "withdraw", &held.waiting(), "--reason", "-false alarm"]).expect_code(0);
    assert!(!show(&held).contains("cut_off"));
    held.by("ada", &revoke).expect_code(3);
    held.by("bo", &["change", "approve", &held.waiting()]).expect_code(0);
    assert!(show(&held).contains("revoked"), "{}", show(&held));
    let log = values(&held.home.run(&["log", "list", "--json"]).expect_code(0).stdout);
    assert_eq!(log.last().unwrap()["signers"], serde_json::json!(["ada", "bo"]));
    assert!(values(&held.home.run(&["change", "list", "--json"]).expect_code(0).stdout).is_empty());
    held.home.run(&["log", "verify"]).expect_code(0);
}

#[test]
fn broken_glass_is_told_to_whom_the_configuration_names() {
    let held = Held::new();
    let told = held.path("told");
    let command = format!("notify = [\"sh\", \"-c\", \"cat >> {told}\"]\n");
    let config = held.home.file("config.toml", command).display().to_string();
    let revoke = [
        "agent",
        "revoke",
        "aaaa0001",
        "--cascade",
        "--reason",
        "it spreads",
        "--yes",
        "--break-glass",
        "--config",
        &config,
    ];
    held.by("bo", &revoke).expect_code(0);
    let notice: Value = serde_json::from_str(&std::fs::read_to_string(&told).unwrap()).unwrap();
    assert_eq!((&notice["event"], &notice["actor"]), (&"break_glass".into(), &"bo".into()));
    assert_eq!(notice["reason"], "it spreads");
    let broken = held.home.file("broken.toml", "notify = [\"false\"]\n").display().to_string();
    let suspended = held.by("ada", &["operator", "suspend", "bo", "--reason", "x", "--config", &broken]);
    assert!(suspended.expect_code(4).stderr.contains("operator_last_admins"));
}

#[test]
fn people_join_are_suspended_and_the_recovery_set_replaces_the_admins() {
    let held = Held::new();
    held.join("cy", "admin");
    held.join("rex", "responder");
    held.by("cy", &["operator", "suspend", "ada", "--reason", "laptop stolen"]).expect_code(0);
    let refused = held.by("ada", &["operator", "remove", "cy", "--reason", "revenge"]).expect_code(4);
    assert!(refused.stderr.contains("operator_stopped"), "{refused:?}");
    let weak = held.by("rex", &["operator", "remove", "cy", "--reason", "me"]).expect_code(4);
    assert!(weak.stderr.contains("operator_role_too_weak"), "{weak:?}");
    let list = held.home.run(&["operator", "list"]).expect_code(0);
    assert!(list.stdout.contains("suspended"), "{list:?}");
    assert!(list.stderr.contains("2 of 3 recovery keys"), "{list:?}");
    for name in ["dee", "eli"] {
        held.key(name);
    }
    let admins = ["dee", "eli"].map(|name| format!("{name}={}", held.public(name)));
    let secret = held.path("secret");
    let sign = |key: &str, arguments: &[&str]| {
        let key = held.path(key);
        let signing = ["--operator-key", key.as_str(), "--operator-passphrase-file", &secret];
        held.home.run(&[["operator", "recover"].as_slice(), arguments, &signing].concat())
    };
    let first = ["--admin", &admins[0], "--admin", &admins[1], "--reason", "keys lost"];
    let draft = held.home.file("draft", sign("usb/recovery-1.pem", &first).expect_code(0).stdout);
    let draft = draft.display().to_string();
    let alone = sign("usb/recovery-1.pem", &["--sign", &draft, "--submit"]).expect_code(4);
    assert!(alone.stderr.contains("operator_signed_twice"), "{alone:?}");
    sign("usb/recovery-3.pem", &["--sign", &draft, "--submit"]).expect_code(0);
    let lock = ["lock", "add", "--sponsor", "ana@example.org", "--reason", "x"];
    assert!(held.by("bo", &lock).expect_code(4).stderr.contains("operator_stopped"));
    held.by("dee", &lock).expect_code(0);
    held.home.run(&["log", "verify"]).expect_code(0);
}

#[test]
fn the_key_of_the_log_is_replaced_by_the_admins_and_no_other_key_signs_for_it() {
    let held = Held::new();
    let key = || held.home.run(&["log", "key"]).expect_code(0).stdout;
    let before = key();
    let old = held.home.file("old.checkpoint", held.home.run(&["log", "checkpoint"]).expect_code(0).stdout);
    held.by("ada", &["log", "rotate-key", "--reason", "yearly"]).expect_code(3);
    assert_eq!(key(), before, "what waits replaces nothing");
    let twice = held.by("ada", &["log", "rotate-key", "--reason", "again"]).expect_code(4);
    assert!(twice.stderr.contains("change_waits_already"), "{twice:?}");
    held.by("bo", &["change", "approve", &held.waiting()]).expect_code(0);
    let after = key();
    assert_ne!(after, before);
    held.home.run(&["log", "verify", "--checkpoint", &old.display().to_string()]).expect_code(0);
    // Somebody with a hand on the disk puts a key of his own in its place.
    held.key("mallory");
    let data = held.home.path("data/meshwarden/log.key");
    std::fs::copy(held.home.path("mallory"), &data).unwrap();
    let refused = held.home.run(&["log", "checkpoint"]).expect_code(2);
    assert!(refused.stderr.contains("log_key_not_announced"), "{refused:?}");
}

/// An agent of OpenSSH that ends with the test.
struct Agent {
    child: Child,
    socket: String,
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill().and_then(|()| self.child.wait());
    }
}

#[test]
fn a_key_that_only_an_ssh_agent_holds_signs_changes() {
    let found =
        |program: &str| Command::new(program).arg("-?").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if found("ssh-agent").is_err() || found("ssh-keygen").is_err() {
        return skipped("a_key_that_only_an_ssh_agent_holds_signs_changes", "there is no ssh-agent");
    }
    let home = family_home();
    let (key, socket) =
        (home.path("id").display().to_string(), home.path("agent.sock").display().to_string());
    let status =
        |command: &mut Command| command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(status(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", &key])).success());
    let child = Command::new("ssh-agent").args(["-D", "-a", &socket]).stdout(Stdio::null()).spawn().unwrap();
    let agent = Agent { child, socket };
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !std::path::Path::new(&agent.socket).exists() {
        assert!(std::time::Instant::now() < deadline, "the agent does not listen");
        std::thread::yield_now();
    }
    assert!(status(Command::new("ssh-add").args(["-q", &key]).env("SSH_AUTH_SOCK", &agent.socket)).success());
    std::fs::remove_file(&key).unwrap();
    let socket = agent.socket.clone();
    let by = |arguments: &[&str]| {
        let signing = ["--operator-key", "agent"];
        home.run_with(&[arguments, &signing].concat(), &[("SSH_AUTH_SOCK", &socket)], b"")
    };
    let admin = format!("ada={key}.pub");
    by(&["init", "--solo", "--admin", &admin, "--no-recovery"]).expect_code(0);
    by(&["lock", "add", "--sponsor", "ana@example.org", "--reason", "x"]).expect_code(0);
    let log = values(&home.run(&["log", "list", "--json"]).expect_code(0).stdout);
    assert_eq!(log.last().unwrap()["signers"], serde_json::json!(["ada"]));
    home.run(&["log", "verify"]).expect_code(0);
    drop(agent);
    let gone = by(&["lock", "lift", "--sponsor", "ana@example.org", "--reason", "x"]).expect_code(2);
    assert!(gone.stderr.contains("ssh_agent_unreachable"), "{gone:?}");
}

#[test]
fn an_import_into_a_held_log_is_signed_like_everything_else() {
    let held = Held::new();
    let more =
        held.home.file("more.jsonl", crate::cli_mesh::record("dddd0005", serde_json::json!({})).to_string());
    let more = more.display().to_string();
    held.home.run(&["import", &more]).expect_code(4);
    held.by("ada", &["import", &more]).expect_code(0);
    let log = values(&held.home.run(&["log", "list", "--json"]).expect_code(0).stdout);
    let import = log.iter().rfind(|line| line["kind"] == "import").unwrap();
    assert_eq!(import["signers"], serde_json::json!(["ada"]), "{import}");
}

#[test]
fn whoever_approves_is_shown_what_is_given_and_no_reason_writes_a_line_of_its_own() {
    let held = Held::new();
    held.join("rex", "viewer");
    let role =
        ["operator", "role", "rex", "--role", "admin", "--reason", "helps\n  signed by  ada, bo (2 of 2)"];
    held.by("ada", &role).expect_code(3);
    let id = held.waiting();
    let shown = held.home.run(&["change", "show", &id]).expect_code(0).stdout;
    let approved = held.by("bo", &["change", "approve", &id]).expect_code(0).stderr;
    for text in [shown, approved] {
        assert!(text.contains(r#""role":"admin""#), "{text}");
        assert_eq!(text.lines().filter(|line| line.starts_with("  signed by")).count(), 1, "{text}");
    }
}

#[test]
fn one_person_alone_is_said_wherever_one_looks_and_json_signers_see_the_digest() {
    let home = family_home();
    home.run(&["key", "new", &home.path("ada").display().to_string(), "--no-passphrase"]).expect_code(0);
    let key = home.path("ada").display().to_string();
    let shown = home.run(&["key", "show", &key, "--json"]).expect_code(0).stdout;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let admin = format!("ada={}", shown["public_key"].as_str().unwrap());
    let init = ["init", "--solo", "--admin", &admin, "--no-recovery", "--operator-key", &key];
    assert!(!home.run(&["agent", "list"]).expect_code(0).stderr.contains("SOLO"));
    home.run(&init).expect_code(0);
    for command in
        [["agent", "list"].as_slice(), &["agent", "show", "aaaa0001"], &["agent", "list", "--json"]]
    {
        let told = home.run(command).expect_code(0);
        assert!(told.stderr.contains("SOLO: one person holds this log alone"), "{told:?}");
        assert!(!told.stdout.contains("SOLO"), "{told:?}");
    }
    let seal = ["agent", "seal", "aaaa0001", "--reason", "odd", "--operator-key", &key, "--json"];
    let sealed = home.run(&seal).expect_code(0);
    assert!(sealed.stderr.contains("SHA-256 of the change: "), "{sealed:?}");
    let line: Value = serde_json::from_str(&sealed.stdout).unwrap();
    assert_eq!(line["kind"], "seal");
}

#[test]
fn nobody_holds_an_offline_copy_and_a_refused_beginning_leaves_no_policy() {
    let held = Held { home: crate::cli::Home::new() };
    held.key("ada");
    let admin = format!("ada={}", held.public("ada"));
    let file = crate::cli_mesh::family_file(&held.home);
    let init = ["init", "--solo", "--admin", &admin, "--no-recovery"];
    let offline = held.by("ada", &[&init[..], &["--registry", &file]].concat()).expect_code(2);
    assert!(offline.stderr.contains("OFFLINE COPY"), "{offline:?}");
    let policy = "[[trust.sources]]\nname = \"siem\"\nper_hour = 3\n";
    let policy = held.home.file("policy.toml", policy).display().to_string();
    let alone = ["init", "--admin", &admin, "--no-recovery", "--policy", &policy];
    let refused = held.by("ada", &alone).expect_code(4);
    assert!(refused.stderr.contains("code: operator_count_refused"), "{refused:?}");
    let entries = held.home.run(&["log", "list"]);
    assert_eq!(entries.stdout, "", "{entries:?}");
    held.by("ada", &[&init[..], &["--policy", &policy]].concat()).expect_code(0);
    let kinds = values(&held.home.run(&["log", "list", "--json"]).expect_code(0).stdout);
    assert_eq!(
        kinds.iter().map(|line| line["kind"].as_str().unwrap()).collect::<Vec<_>>(),
        ["policy", "init"]
    );
}
