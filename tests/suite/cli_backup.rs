//! `backup`, `restore`, `doctor`: a copy that proves itself, a log that says that it was brought back, and what is wrong.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use meshwarden::audit::{Checkpoint, Note, NoteVerifier, origin};
use meshwarden::identity::SecretKey;
use serde_json::Value;

use super::cli::{Finished, Home};
use super::cli_operator::Held;
use super::cli_prove::mesh;

fn on(home: &Home, data: &str, rest: &[&str]) -> Finished {
    home.run(&[&["--data", data], rest].concat())
}

fn json(text: &str) -> Value {
    serde_json::from_str(text.lines().next().unwrap_or_default()).unwrap()
}

fn suspend(home: &Home, data: &str) {
    let list = on(home, data, &["agent", "list", "--json", "--query", "state=active"]).expect_code(0).stdout;
    let did = json(&list)["did"].as_str().unwrap().to_owned();
    on(home, data, &["agent", "suspend", &did, "--reason", "x", "--yes"]).expect_code(0);
}

#[test]
fn a_restored_log_says_so_itself_and_the_entries_that_it_lost_are_named() {
    let home = Home::new();
    let data = mesh(&home);
    let backup = home.path("backup").display().to_string();
    let made =
        json(&on(&home, &data, &["backup", &backup, "--with-log-key", "--json"]).expect_code(0).stdout);
    assert_eq!(
        (&made["entries"], &made["files"]),
        (&2.into(), &serde_json::json!(["authority.db", "log.key"]))
    );
    on(&home, &data, &["backup", &backup]).expect_code(2);
    suspend(&home, &data);
    on(&home, &data, &["log", "verify"]).expect_code(0);

    let restored = home.path("restored").display().to_string();
    let answer = home.run(&["restore", &backup, "--to", &restored, "--reason", "disk died"]).expect_code(0);
    assert!(answer.stderr.contains("1 entries after the backup are gone"), "{answer:?}");
    home.run(&["restore", &backup, "--to", &restored, "--reason", "again"]).expect_code(2);
    let log = on(&home, &restored, &["log", "list", "--json"]).expect_code(0).stdout;
    assert_eq!(json(log.lines().last().unwrap())["kind"], "restore");
    let verified = on(&home, &restored, &["log", "verify"]).expect_code(0);
    assert!(verified.stderr.contains("brought back from a backup, as entry 2 says"), "{verified:?}");
    // What is no declared restore is found as before: the directory that went on is now the other one.
    let other = on(&home, &data, &["log", "verify"]).expect_code(1);
    assert!(other.stdout.contains("log_rewritten"), "{other:?}");
}

#[test]
fn a_backup_that_was_touched_is_restored_nowhere() {
    let home = Home::new();
    let data = mesh(&home);
    let (backup, to) = (home.path("backup").display().to_string(), home.path("to").display().to_string());
    on(&home, &data, &["backup", &backup]).expect_code(0);
    let whole = fs::read(Path::new(&backup).join("authority.db")).unwrap();
    let manifest = fs::read_to_string(Path::new(&backup).join("manifest.json")).unwrap();
    for at in (0..whole.len()).step_by(whole.len() / 40) {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        fs::write(Path::new(&backup).join("authority.db"), &changed).unwrap();
        let answer = home.run(&["restore", &backup, "--to", &to, "--reason", "x"]).expect_code(1);
        assert!(answer.stderr.contains("backup_file_differs"), "{answer:?}");
    }
    fs::write(Path::new(&backup).join("authority.db"), &whole[..whole.len() / 2]).unwrap();
    home.run(&["restore", &backup, "--to", &to, "--reason", "x"]).expect_code(1);
    fs::write(Path::new(&backup).join("authority.db"), &whole).unwrap();
    for (from, into) in
        [("\"entries\"", "\"entrees\""), ("authority.db", "../authority.db"), ("state ", "stade ")]
    {
        fs::write(Path::new(&backup).join("manifest.json"), manifest.replacen(from, into, 1)).unwrap();
        home.run(&["restore", &backup, "--to", &to, "--reason", "x"]).expect_code(1);
    }
    assert!(!Path::new(&to).exists());
    fs::write(Path::new(&backup).join("manifest.json"), manifest).unwrap();
    home.run(&["restore", &backup, "--to", &to, "--reason", "x"]).expect_code(0);
}

#[test]
fn a_doctor_finds_what_is_wrong_and_says_what_to_do() {
    let home = Home::new();
    let data = mesh(&home);
    let findings = |code| -> Vec<Value> {
        let answer = on(&home, &data, &["doctor", "--json"]).expect_code(code);
        answer.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let wrong = |findings: &[Value]| -> Vec<String> {
        let wrong = findings.iter().filter(|finding| finding["well"] == false);
        wrong
            .map(|finding| {
                format!("{} {}", finding["check"].as_str().unwrap(), finding["code"].as_str().unwrap_or(""))
            })
            .collect()
    };
    on(&home, &data, &["log", "verify"]).expect_code(0);
    // A disk that is nearly full is for whoever runs the tests to look after.
    let well = on(&home, &data, &["doctor", "--json"]);
    if wrong(&well.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<_>>())
        .iter()
        .any(|check| check.starts_with("disk") || check.starts_with("reserve"))
    {
        return eprintln!("SKIPPED: there is hardly any room on this disk");
    }
    assert_eq!(wrong(&findings(0)), Vec::<String>::new());
    let key = Path::new(&data).join("log.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    fs::remove_file(Path::new(&data).join("reserve")).unwrap();
    fs::write(Path::new(&data).join("reserve"), b"").unwrap();
    let found = findings(1);
    assert!(wrong(&found).iter().any(|check| check.starts_with("log key ")), "{found:#?}");
    assert!(
        found.iter().all(|finding| finding["well"] == true || finding["advice"].is_string()),
        "{found:#?}"
    );
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let connection = rusqlite::Connection::open(Path::new(&data).join("authority.db")).unwrap();
    connection.execute_batch("UPDATE standings SET status = 'active', reason = NULL").unwrap();
    drop(connection);
    assert_eq!(wrong(&findings(1)), ["log cache_differs"]);
    fs::set_permissions(&data, fs::Permissions::from_mode(0o777)).unwrap();
    assert!(wrong(&findings(1)).contains(&"directory ".to_owned()));
    fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).unwrap();
    fs::remove_dir_all(&data).unwrap();
    assert_eq!(wrong(&findings(1)), ["directory "]);
}

#[test]
fn a_backup_whose_head_another_key_signed_than_its_log_announces_is_restored_nowhere() {
    let held = Held::new();
    held.by("ada", &["agent", "suspend", "cccc0004", "--reason", "odd", "--yes"]).expect_code(0);
    let (backup, to) = (held.path("backup"), held.path("to"));
    held.home.run(&["backup", &backup]).expect_code(0);
    // Whoever rewrites a backup needs a key for its head, and makes one: here another log's, under this log's name.
    let manifest = fs::read_to_string(Path::new(&backup).join("manifest.json")).unwrap();
    let forged = signed_by_a_stranger(&manifest);
    fs::write(Path::new(&backup).join("manifest.json"), forged).unwrap();
    let restore = ["restore", &backup, "--to", &to, "--reason", "disk died"];
    let answer = held.by("ada", &restore).expect_code(1);
    assert!(answer.stderr.contains("backup_other_head"), "{answer:?}");
    assert!(!Path::new(&to).exists());
    fs::write(Path::new(&backup).join("manifest.json"), manifest).unwrap();
    held.by("ada", &restore).expect_code(3);
}

fn signed_by_a_stranger(manifest: &str) -> String {
    let mut manifest: Value = serde_json::from_str(manifest).unwrap();
    let note = Note::parse(manifest["checkpoint"].as_str().unwrap()).unwrap();
    let verifier = NoteVerifier::parse(manifest["verifier"].as_str().unwrap()).unwrap();
    let checkpoint = Checkpoint::open(&note, &verifier).unwrap();
    let key = SecretKey::from_seed([7; 32]);
    let stranger = NoteVerifier::new(&origin(checkpoint.log), key.public_key()).unwrap();
    manifest["checkpoint"] = checkpoint.sign(&key).unwrap().to_string().into();
    manifest["verifier"] = stranger.to_string().into();
    manifest.to_string()
}
