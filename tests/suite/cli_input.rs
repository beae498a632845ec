//! Inputs that are wrong: each is refused with a clear word, the place, the fix, and exit code 2.

use serde_json::{Value, json};

use crate::cli::{Finished, Home};
use crate::cli_mesh::{family, family_file, lines, record, values};
use crate::terminal::Console;

/// Judges a registry given as bytes, and requires a refusal with this stable code.
fn refused(bytes: &[u8], code: &str) -> Finished {
    let home = Home::new();
    let finished = home.run_with(&["lineage", "verify", "--all", "-"], &[], bytes).expect_code(2);
    assert_eq!(finished.stdout, "", "{code}");
    assert!(finished.stderr.ends_with(&format!("  code: {code}\n")), "{code}: {}", finished.stderr);
    finished
}

#[test]
fn broken_files_are_refused_by_what_is_wrong_with_them() {
    let good = lines(&family());
    let array = json!(family()).to_string();
    let torn = &good.as_bytes()[..good.len() - 40];
    refused(b"", "input_empty");
    refused(b" \n\n", "input_empty");
    refused(b"42", "input_no_records");
    refused(b"{\"identities\":[],\"agents\":[]}", "input_second_list");
    refused(torn, "input_truncated");
    refused(&array.as_bytes()[..array.len() - 1], "input_truncated");
    refused(format!("{array}x").as_bytes(), "input_trailing_text");
    refused(b"[\xff\xfe]", "input_not_utf8");
    refused("[".repeat(100_000).as_bytes(), "record_too_deep");
    refused(format!("[{{\"name\":\"{}", "x".repeat(2 << 20)).as_bytes(), "record_too_long");
    let twice = good.replacen("\"name\":", "\"name\":\"other\",\"name\":", 1);
    refused(twice.as_bytes(), "field_duplicate");
    refused(lines(&[&family()[..], &family()[..1]].concat()).as_bytes(), "duplicate_did");
}

#[test]
fn wrong_fields_are_refused_by_line_field_and_fix() {
    let home = Home::new();
    for (field, value, said, fix) in [
        ("created_at", json!("2026-01-01T00:00:00"), "field created_at has no zone", "--assume-utc"),
        ("delegation_depth", json!(1.0e300), "field delegation_depth", ""),
        ("status", json!("asleep"), "field status is not a status", "active, suspended or revoked"),
        ("sponsor_email", json!("nobody"), "field sponsor_email is not an email address", "human"),
        ("did", json!("did:mesh:xyz"), "field did is not did:mesh: and hex digits", "unique_id"),
        ("capabilities", json!("read:data"), "field capabilities is not an array of strings", ""),
        ("verification_key_id", json!("key-0000000000000000"), "does not belong to public_key", "SHA-256"),
    ] {
        let mut mesh = family();
        mesh[2][field] = value;
        let file = home.file("bad.jsonl", lines(&mesh)).display().to_string();
        let finished = home.run(&["import", &file]).expect_code(2);
        let (first, rest) = finished.stderr.split_once('\n').unwrap();
        assert!(first.starts_with(&format!("meshwarden: {file}:3: record 3")), "{first}");
        assert!(first.contains(said), "{first}");
        assert!(rest.contains(fix), "{rest}");
    }
    for look in [&["agent", "list"][..], &["export"], &["log", "verify"]] {
        let finished = home.run(look).expect_code(2);
        assert!(finished.stderr.ends_with("  code: no_registry_yet\n"), "nothing was taken: {finished:?}");
    }
}

#[test]
fn a_huge_number_is_refused_and_not_computed() {
    for (digits, code) in [(20, "field_value"), (500_000, "record_not_json")] {
        let huge = format!("\"delegation_depth\":{}", "9".repeat(digits));
        refused(lines(&family()).replacen("\"delegation_depth\":0", &huge, 1).as_bytes(), code);
    }
}

#[test]
fn times_without_a_zone_are_read_when_asked() {
    let home = Home::new();
    let naive = lines(&family()).replace("T00:00:00Z", "T00:00:00");
    home.run_with(&["lineage", "verify", "--all", "-"], &[], naive.as_bytes()).expect_code(2);
    home.run_with(&["lineage", "verify", "--all", "--assume-utc", "-"], &[], naive.as_bytes()).expect_code(0);
    let config = home.path("config/meshwarden");
    std::fs::create_dir(&config).unwrap();
    std::fs::write(config.join("config.toml"), "assume_utc = true\n").unwrap();
    home.run_with(&["lineage", "verify", "--all", "-"], &[], naive.as_bytes()).expect_code(0);
}

#[test]
fn skipping_takes_the_good_records_and_keeps_the_bad_ones_beside_with_the_reason() {
    let home = Home::new();
    let mut mesh = family();
    mesh[1]["name"] = json!(" ");
    mesh[2]["status"] = json!("asleep");
    let file = home.file("mesh.jsonl", lines(&mesh)).display().to_string();
    let finished = home.run(&["import", "--skip-invalid", "--json", &file]).expect_code(3);
    let report: Value = serde_json::from_str(&finished.stdout).unwrap();
    let beside = format!("{file}.refused.jsonl");
    assert_eq!((&report["taken"], &report["refused"]), (&json!(2), &json!(2)));
    assert_eq!(report["refused_file"], json!(beside));
    let kept = values(&std::fs::read_to_string(&beside).unwrap());
    assert_eq!(kept[0]["line"], 2);
    assert_eq!(kept[0]["reason"], "field name is blank");
    assert_eq!(kept[1]["did"], "did:mesh:bbbb0003");
    assert_eq!(serde_json::from_str::<Value>(kept[1]["source"].as_str().unwrap()).unwrap(), mesh[2]);
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(std::fs::metadata(&beside).unwrap().permissions().mode() & 0o777, 0o600);
    let judged = home.run(&["lineage", "verify", "--all", "--skip-invalid", &file]).expect_code(3);
    assert!(judged.stderr.contains("refused: "), "{}", judged.stderr);
}

#[test]
fn the_refused_records_take_the_place_of_what_stood_there_and_touch_nothing_else() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new();
    let file = home.file("mesh.jsonl", format!("{}{{}}\n", lines(&family()))).display().to_string();
    let beside = format!("{file}.refused.jsonl");
    let victim = home.file("victim", "precious");
    let private = |what: &str| {
        let finished = home.run(&["import", "--skip-invalid", "--replace", "--yes", &file]).expect_code(3);
        assert!(finished.stdout.contains(&beside), "{what}: {finished:#?}");
        let found = std::fs::symlink_metadata(&beside).unwrap();
        assert!(found.is_file() && found.permissions().mode() & 0o777 == 0o600, "{what}: {found:?}");
        assert_eq!(values(&std::fs::read_to_string(&beside).unwrap()).len(), 1, "{what}");
        std::fs::remove_file(&beside).unwrap();
    };
    std::os::unix::fs::symlink(&victim, &beside).unwrap();
    private("a link");
    assert_eq!(std::fs::read_to_string(&victim).unwrap(), "precious");
    std::fs::write(&beside, "old\n".repeat(999)).unwrap();
    std::fs::set_permissions(&beside, std::fs::Permissions::from_mode(0o644)).unwrap();
    private("a file that everybody reads");
    assert!(std::process::Command::new("mkfifo").arg(&beside).status().unwrap().success());
    private("a pipe");
    std::fs::create_dir(&beside).unwrap();
    let finished = home.run(&["import", "--skip-invalid", "--replace", "--yes", &file]).expect_code(2);
    assert!(finished.stderr.contains("refused_unwritable"), "{}", finished.stderr);
    let mut left = std::fs::read_dir(home.path("")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(!left.any(|name| name.to_string_lossy().contains(".refused.jsonl.")));
}

#[test]
fn the_refused_records_hold_no_secret() {
    let home = Home::new();
    let bad =
        record("aaaa0001", json!({"name": " ", "private_key": "hunter2", "x": {"jwk": {"d": "hunter2"}}}));
    let torn = "{\"name\":\"b\",\"private_key\":\"hunter2\n";
    let file = home.file("mesh.jsonl", format!("{}{torn}{}", lines(&[bad]), lines(&family()[3..])));
    home.run(&["import", "--skip-invalid", &file.display().to_string()]).expect_code(3);
    let kept = std::fs::read_to_string(home.path("mesh.jsonl.refused.jsonl")).unwrap();
    assert!(!kept.contains("hunter2"), "{kept}");
    assert_eq!(values(&kept)[1]["source"], json!(null));
}

#[test]
fn secrets_in_records_are_dropped_with_a_warning_that_does_not_print_them() {
    let home = Home::new();
    let mesh = lines(&[record("aaaa0001", json!({"private_key": "hunter2", "team": "blue"}))]);
    let finished = home.run_with(&["export", "--registry", "-"], &[], mesh.as_bytes()).expect_code(0);
    assert!(
        finished.stderr.contains("warning: 1 member that could hold a secret was dropped (private_key)"),
        "{}",
        finished.stderr
    );
    assert!(finished.stdout.contains("\"team\":\"blue\""));
    assert!(!finished.stdout.contains("hunter2") && !finished.stderr.contains("hunter2"));
}

#[test]
fn a_registry_that_is_no_file_is_refused_and_never_waited_for() {
    let home = Home::new();
    let pipe = home.path("pipe").display().to_string();
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for path in [&pipe, "/dev/zero"] {
        for args in [
            &["agent", "list"][..],
            &["log", "list"],
            &["import"],
            &["agent", "revoke", "aaaa", "--reason", "x", "--yes"],
        ] {
            let finished = home.run(&[args, &["--registry", path]].concat()).expect_code(2);
            assert!(finished.stderr.contains("is no ordinary file; feed it as -"), "{}", finished.stderr);
            assert!(finished.stderr.ends_with("  code: not_a_registry\n"), "{}", finished.stderr);
        }
        let mut console = Console::open_in(&home, &[path], &[], (100, 30));
        console.wait_for("not_a_registry");
        assert_eq!(console.exit_code(), Some(2));
    }
}

#[test]
fn paths_that_are_not_there_are_named() {
    let home = Home::new();
    for args in [
        &["lineage", "verify", "--all", "nowhere.json"][..],
        &["import", "nowhere.json"],
        &["agent", "list", "--registry", "nowhere.json"],
        &["agent", "list", "--registry", "-", "--scores", "nowhere.json"],
        &["codes", "--config", "nowhere.json"],
        &["nowhere.json"],
    ] {
        let finished = home.run_with(args, &[], lines(&family()).as_bytes()).expect_code(2);
        assert!(finished.stderr.contains("nowhere.json"), "{args:?}: {}", finished.stderr);
    }
    let typo = home.run(&["agnet"]).expect_code(2);
    assert!(typo.stderr.contains("did you mean agent?"), "{}", typo.stderr);
    let hurried = home.run(&["revoke", "aaaa", "--reason", "x"]).expect_code(2);
    assert!(hurried.stderr.ends_with("Did you mean: meshwarden agent revoke\n"), "{}", hurried.stderr);
    assert!(home.run(&["list"]).expect_code(2).stderr.contains("did you mean agent list?"));
    let nothing = home.run(&["agent", "list"]).expect_code(2);
    assert!(nothing.stderr.ends_with("  code: no_registry_yet\n"), "{}", nothing.stderr);
    assert!(std::fs::read_dir(home.path("data")).unwrap().next().is_none(), "looking makes nothing");
}

#[test]
fn a_wrong_configuration_is_refused_by_file_line_and_column() {
    let home = Home::new();
    let file = home.file("c.toml", "actor = \"ana\"\nthem = \"dark\"\n").display().to_string();
    let finished = home.run(&["codes", "--config", &file]).expect_code(2);
    assert_eq!(
        finished.stderr,
        format!(
            "meshwarden: {file}:2:1: unknown key \"them\"; did you mean \"theme\"?\n  \
             fix: correct or remove it; see config.example.toml\n  code: config_unknown_key\n"
        )
    );
    for (text, code) in [
        ("theme = 1", "config_value"),
        ("theme = ", "config_malformed"),
        ("[colours]\n", "config_unknown_key"),
    ] {
        let file = home.file("c.toml", text).display().to_string();
        let json = home.run(&["codes", "--json", "--config", &file]).expect_code(2);
        let error: Value = serde_json::from_str(&json.stderr).unwrap();
        assert_eq!(error["error"]["code"], code, "{text}");
        assert_eq!(json.stdout, "");
    }
}

#[test]
fn wrong_times_and_lengths_are_refused_with_what_is_right() {
    let home = Home::new();
    let file = family_file(&home);
    for (args, said) in [
        (&["lineage", "verify", "--all", "--at", "2026-03-01T12:00:00", &file][..], "has no zone; add Z"),
        (&["lineage", "verify", "--all", "--at", "noon", &file], "write it like 2026-03-01T12:00:00Z"),
        (&["agent", "suspend", "aaaa", "--reason", "x", "--for", "4"], "90s, 15m, 4h, 2d"),
        (
            &["agent", "suspend", "aaaa", "--reason", "x", "--for", "4h", "--until", "2027-01-01T00:00:00Z"],
            "cannot be used with",
        ),
        (&["agent", "suspend", "aaaa"], "--reason"),
    ] {
        let finished = home.run(args).expect_code(2);
        assert!(finished.stderr.contains(said), "{args:?}: {}", finished.stderr);
    }
}
