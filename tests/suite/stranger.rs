//! What somebody meets who has read nothing but the README: slips are named, and every answer says what comes next.

use std::fs;

use crate::cli::Home;
use crate::cli_mesh::{family_home, values};
use crate::cli_operator::Held;

#[test]
fn a_refused_init_leaves_no_recovery_keys_in_the_way_of_the_next_try() {
    let home = family_home();
    let path = |name: &str| home.path(name).display().to_string();
    home.run(&["key", "new", &path("ada"), "--no-passphrase"]).expect_code(0);
    home.run(&["key", "new", &path("bo"), "--no-passphrase"]).expect_code(0);
    let public = |name: &str| {
        let shown = home.run(&["key", "show", &path(name), "--json"]).expect_code(0).stdout;
        format!("{name}={}", home.file(&format!("{name}.pub"), shown).display())
    };
    let (ada, bo) = (public("ada"), public("bo"));
    let secret = home.file("secret", "correct horse\n");
    fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    fs::create_dir(home.path("usb")).unwrap();
    let (usb, secret, key) = (path("usb"), path("secret"), path("ada"));
    let begin = ["--make-recovery", &usb, "--recovery-passphrase-file", &secret, "--operator-key", &key];
    let init = |more: &[&str]| home.run(&[&["init"], begin.as_slice(), more].concat());
    let left = || fs::read_dir(home.path("usb")).unwrap().count();
    let alone = init(&["--admin", &ada]).expect_code(4);
    assert!(alone.stderr.contains("operator_count_refused"), "{alone:?}");
    assert_eq!(left(), 0, "the keys of a set that the log never got");
    let never = init(&["--admin", &ada, "--admin", &bo, "--threshold", "5"]).expect_code(4);
    assert!(never.stderr.contains("operator_count_refused"), "{never:?}");
    init(&["--admin", &ada, "--admin", &bo, "--of", "0"]).expect_code(2);
    assert_eq!(left(), 0);
    init(&["--admin", &ada, "--admin", &bo]).expect_code(0);
    assert_eq!(left(), 3, "the keys of the set that the log has");
    init(&["--admin", &ada, "--admin", &bo]).expect_code(4);
    assert_eq!(left(), 3);
}

#[test]
fn a_lock_says_what_it_names_and_how_many_it_holds() {
    let home = family_home();
    let listed = values(&home.run(&["agent", "list", "--json"]).expect_code(0).stdout);
    let sponsor = listed[0]["sponsor_email"].as_str().unwrap();
    let held = home.run(&["lock", "add", "--sponsor", sponsor, "--reason", "taken over"]).expect_code(0);
    assert!(held.stderr.contains(&format!("lock {sponsor}")), "{held:?}");
    assert!(!held.stderr.contains("it holds 0 agents"), "{held:?}");
    let slip =
        home.run(&["lock", "add", "--sponsor", "nobody@example.org", "--reason", "typo"]).expect_code(0);
    assert!(slip.stderr.contains("it holds 0 agents now"), "{slip:?}");
    let shown = home.run(&["agent", "show", "cccc0004", "--json"]).expect_code(0).stdout;
    let id = values(&shown)[0]["key_id"].as_str().unwrap().to_owned();
    home.run(&["lock", "add", "--key", &id, "--reason", "seen elsewhere"]).expect_code(0);
    let locks = home.run(&["lock", "list"]).expect_code(0).stdout;
    assert!(locks.contains(values(&shown)[0]["record"]["public_key"].as_str().unwrap()), "{locks}");
    let none = home.run(&["lock", "add", "--key", "key-0000000000000000", "--reason", "x"]).expect_code(2);
    assert!(none.stderr.contains("key id"), "{none:?}");
}

#[test]
fn a_slip_in_a_result_never_reads_as_nothing_was_denied() {
    let home = family_home();
    let slip = home.run(&["verdicts", "result:denied"]).expect_code(2);
    assert!(slip.stderr.contains("did you mean deny?"), "{slip:?}");
    for word in ["result:deny", "result:agent_suspended", "result:agent_*"] {
        home.run(&["verdicts", word]).expect_code(0);
    }
}

#[test]
fn an_operators_key_that_cannot_be_had_is_told_with_the_option_that_names_it() {
    let held = Held::new();
    let suspend = ["agent", "suspend", "cccc0004", "--reason", "odd", "--yes"];
    let missing = held.by("nowhere", &suspend).expect_code(2);
    assert!(missing.stderr.contains("--operator-key"), "{missing:?}");
    assert!(missing.stderr.contains("there is no such file"), "{missing:?}");
    let sealed = held.path("usb/recovery-1.pem");
    let asked = held.home.run(&[suspend.as_slice(), &["--operator-key", &sealed]].concat()).expect_code(2);
    assert!(asked.stderr.contains("--operator-passphrase-file"), "{asked:?}");
}

#[test]
fn a_key_is_dropped_by_the_id_that_the_list_shows() {
    let held = Held::new();
    held.join("grace", "responder");
    held.key("spare");
    let invitation = held.home.run(&["operator", "invite", "grace", "--role", "responder"]);
    let invitation = held.home.file("again", invitation.expect_code(0).stdout).display().to_string();
    let accepted = held.home.run(&["operator", "accept", &invitation, "--key", &held.path("spare")]);
    let accepted = held.home.file("yes", accepted.expect_code(0).stdout).display().to_string();
    held.by("ada", &["operator", "add", &accepted, "--reason", "second key"]).expect_code(3);
    held.by("bo", &["change", "approve", &held.waiting()]).expect_code(0);
    let list = || values(&held.home.run(&["operator", "list", "--json"]).expect_code(0).stdout);
    let lost = list()[2]["key_ids"][0].as_str().unwrap().to_owned();
    held.by("ada", &["operator", "drop-key", "grace", "--key", &lost, "--reason", "lost"]).expect_code(0);
    let kept = list()[2]["key_ids"].clone();
    assert!(kept.as_array().unwrap().len() == 1 && kept[0] != lost.as_str(), "{kept}");
    let dropped =
        held.by("grace", &["agent", "suspend", "cccc0004", "--reason", "x", "--yes"]).expect_code(4);
    assert!(dropped.stderr.contains("operator_key_unknown"), "{dropped:?}");
}

#[test]
fn whoever_approves_a_policy_or_a_key_of_the_log_sees_what_it_changes() {
    let held = Held::new();
    let policy = held.home.file("policy.toml", "[tokens]\nmax_depth = 3\n").display().to_string();
    held.by("ada", &["policy", "set", &policy]).expect_code(3);
    let shown = held.home.run(&["change", "show", &held.waiting()]).expect_code(0).stdout;
    assert!(shown.contains("~ tokens.max_depth: 10 -> 3"), "{shown}");
    held.by("bo", &["change", "approve", &held.waiting()]).expect_code(0);
    held.by("ada", &["log", "rotate-key", "--reason", "leaked"]).expect_code(3);
    let shown = held.home.run(&["change", "show", &held.waiting()]).expect_code(0).stdout;
    held.by("bo", &["change", "approve", &held.waiting()]).expect_code(0);
    let key = values(&held.home.run(&["log", "key", "--json"]).expect_code(0).stdout);
    assert!(shown.contains(key[0]["key"].as_str().unwrap()), "{shown}");
}

#[test]
fn what_could_not_be_done_asks_nobody_for_a_signature() {
    let held = Held::new();
    let alone = held.by("ada", &["operator", "remove", "bo", "--reason", "leaves"]).expect_code(4);
    assert!(alone.stderr.contains("operator_last_admins"), "{alone:?}");
    held.by("ada", &["operator", "restore", "bo", "--reason", "was never away"]).expect_code(4);
    held.by("ada", &["agent", "adopt", "aaaa0001", "--by", "aaaa0001", "--reason", "itself"]).expect_code(4);
    assert_eq!(held.home.run(&["change", "list", "--json"]).expect_code(0).stdout, "");
}

#[test]
fn a_lost_log_key_stops_no_check_and_no_revocation_and_the_admins_replace_it() {
    let held = Held::new();
    let key = held.home.path("data/meshwarden/log.key");
    let before = held.home.run(&["log", "key"]).expect_code(0).stdout;
    fs::remove_file(&key).unwrap();
    held.by("ada", &["agent", "revoke", "cccc0004", "--reason", "stolen", "--yes"]).expect_code(0);
    let checked = held.home.run(&["log", "verify"]).expect_code(0);
    assert!(checked.stderr.contains("is not there"), "{checked:?}");
    let lost = held.home.run(&["log", "checkpoint"]).expect_code(2);
    assert!(lost.stderr.contains("log_key_lost") && lost.stderr.contains("log rotate-key"), "{lost:?}");
    assert!(!key.exists(), "no key is made that nobody announced");
    held.by("ada", &["log", "rotate-key", "--reason", "lost"]).expect_code(3);
    held.home.run(&["log", "checkpoint"]).expect_code(2);
    held.by("bo", &["change", "approve", &held.waiting()]).expect_code(0);
    assert_ne!(held.home.run(&["log", "key"]).expect_code(0).stdout, before);
    let checkpoint = held.home.run(&["log", "checkpoint"]).expect_code(0).stdout;
    let checkpoint = held.home.file("checkpoint", checkpoint).display().to_string();
    held.home.run(&["log", "verify", "--checkpoint", &checkpoint]).expect_code(0);
}

#[test]
fn a_change_that_waits_elsewhere_is_approved_there() {
    let held = Held::new();
    let (kept, back) = (held.path("kept"), held.path("back"));
    held.home.run(&["backup", &kept]).expect_code(0);
    let again = held.home.run(&["backup", &kept]).expect_code(2);
    assert!(again.stderr.contains("is there already"), "{again:?}");
    let restored = held.by("ada", &["restore", &kept, "--to", &back, "--reason", "disk died"]).expect_code(3);
    assert!(restored.stderr.contains(&format!("--data {back}")), "{restored:?}");
}

#[test]
fn no_help_breaks_its_lines_in_the_middle() {
    let home = Home::new();
    let mut commands = vec![Vec::<String>::new()];
    let mut seen = 0;
    while let Some(command) = commands.pop() {
        seen += 1;
        let mut arguments: Vec<&str> = command.iter().map(String::as_str).collect();
        arguments.push("--help");
        let help = home.run(&arguments).expect_code(0).stdout;
        let subcommands = help.split_once("\nCommands:\n").map_or("", |(_, rest)| rest);
        let named = subcommands.lines().take_while(|line| line.starts_with("  "));
        let names =
            named.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
        commands
            .extend(names.filter(|name| *name != "help").map(|name| [&command[..], &[name.into()]].concat()));
        for (line, next) in help.lines().zip(help.lines().skip(1)) {
            let prose = |line: &str| !line.is_empty() && !line.starts_with(' ');
            let word = next.split_whitespace().next().unwrap_or_default();
            let ended = line.ends_with(['.', ':']) || line.len() + 1 + word.len() > 100;
            assert!(!prose(line) || !prose(next) || ended, "{command:?}: {line}");
        }
    }
    assert!(seen > 60, "only {seen} commands were found");
}
