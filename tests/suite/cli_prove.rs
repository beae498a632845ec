//! `log checkpoint`, `log prove`, `log check`, `log verify --checkpoint`: the log against whoever holds the disk.

use std::fs;
use std::path::Path;

use super::cli::Home;

/// A data directory with a few entries; gives the path of the database.
pub fn mesh(home: &Home) -> String {
    let records = home.run(&["generate", "--agents", "20", "--seed", "1"]).expect_code(0).stdout;
    let file = home.file("mesh.jsonl", records);
    let data = home.path("mesh").display().to_string();
    home.run(&["--data", &data, "import", &file.display().to_string()]).expect_code(0);
    suspend(home, &data, 0);
    data
}

fn suspend(home: &Home, data: &str, at: usize) {
    let list = home
        .run(&["--data", data, "agent", "list", "--json", "--query", "state=active"])
        .expect_code(0)
        .stdout;
    let line: serde_json::Value = serde_json::from_str(list.lines().nth(at).unwrap()).unwrap();
    let did = line["did"].as_str().unwrap();
    home.run(&["--data", data, "agent", "suspend", did, "--reason", "x", "--yes"]).expect_code(0);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
    let mode = fs::metadata(from).unwrap().permissions();
    fs::set_permissions(to, mode).unwrap();
}

#[test]
fn a_directory_that_is_put_back_to_yesterday_is_found_out_by_memory_and_by_a_checkpoint() {
    let home = Home::new();
    let data = mesh(&home);
    copy(Path::new(&data), &home.path("yesterday"));
    suspend(&home, &data, 1);
    let checkpoint = home.run(&["--data", &data, "log", "checkpoint"]).expect_code(0).stdout;
    let checkpoint = home.file("today.checkpoint", checkpoint).display().to_string();
    home.run(&["--data", &data, "log", "verify", "--checkpoint", &checkpoint]).expect_code(0);
    fs::remove_dir_all(&data).unwrap();
    fs::rename(home.path("yesterday"), &data).unwrap();
    for arguments in [vec!["log", "verify"], vec!["log", "verify", "--checkpoint", &checkpoint]] {
        let arguments = [vec!["--data", &data], arguments].concat();
        let answer = home.run(&arguments).expect_code(1);
        assert!(answer.stdout.contains("log_truncated"), "{answer:?}");
    }
    // A fork that grew past the checkpoint is no continuation.
    suspend(&home, &data, 2);
    let answer = home.run(&["--data", &data, "log", "verify", "--checkpoint", &checkpoint]).expect_code(1);
    assert!(answer.stdout.contains("log_rewritten"), "{answer:?}");
}

#[test]
fn evidence_is_checked_without_a_registry_and_any_change_to_it_is_found() {
    let home = Home::new();
    let data = mesh(&home);
    let key = home.run(&["--data", &data, "log", "key"]).expect_code(0).stdout;
    let evidence = home.run(&["--data", &data, "log", "prove", "1"]).expect_code(0).stdout;
    fs::remove_dir_all(&data).unwrap();
    let file = home.file("one.evidence", &evidence).display().to_string();
    let answer = home.run(&["log", "check", &file, "--key", key.trim(), "--json"]).expect_code(0);
    let line: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(
        (&line["proven"], &line["kind"], &line["index"]),
        (&true.into(), &"suspend".into(), &1.into())
    );
    let mut refused = 0;
    for at in (0..evidence.len()).step_by(7).filter(|at| evidence.as_bytes()[*at].is_ascii_alphanumeric()) {
        let mut changed = evidence.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let file = home.file("changed.evidence", changed).display().to_string();
        let answer = home.run(&["log", "check", &file, "--key", key.trim()]);
        assert!(matches!(answer.code, Some(1 | 2)), "byte {at}: {answer:?}");
        refused += 1;
    }
    assert!(refused > 50, "{refused}");
}

#[test]
fn a_checkpoint_of_another_log_or_key_is_refused_by_name() {
    let (home, other) = (Home::new(), Home::new());
    let (data, theirs) = (mesh(&home), mesh(&other));
    let foreign = other.run(&["--data", &theirs, "log", "checkpoint"]).expect_code(0).stdout;
    let foreign = home.file("foreign.checkpoint", foreign).display().to_string();
    let answer = home.run(&["--data", &data, "log", "verify", "--checkpoint", &foreign]).expect_code(1);
    assert!(answer.stderr.contains("note_unsigned"), "{answer:?}");
    // A new key for the old log: what is remembered was signed by another.
    home.run(&["--data", &data, "log", "verify"]).expect_code(0);
    fs::remove_file(Path::new(&data).join("log.key")).unwrap();
    let answer = home.run(&["--data", &data, "log", "verify"]).expect_code(1);
    assert!(answer.stderr.contains("note_unsigned"), "{answer:?}");
}

#[test]
fn any_past_moment_can_be_looked_at_by_entry_and_by_time() {
    let home = Home::new();
    let data = mesh(&home);
    suspend(&home, &data, 1);
    let log = home.run(&["--data", &data, "log", "list", "--json"]).expect_code(0).stdout;
    let times: Vec<String> = log
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["time"].as_str().unwrap().to_owned()
        })
        .collect();
    let suspended = |at: &[&str]| {
        let arguments =
            [&["--data", &data, "agent", "list", "--json", "--query", "state=suspended"], at].concat();
        home.run(&arguments).expect_code(0).stdout.lines().count()
    };
    let now = suspended(&[]);
    assert_eq!(
        [suspended(&["--at", "3"]), suspended(&["--at", "2"]), suspended(&["--at", "1"])],
        [now, now - 1, now - 2]
    );
    assert_eq!([suspended(&["--at", &times[2]]), suspended(&["--at", &times[1]])], [now, now - 1]);
    assert_eq!(suspended(&["--at", "0"]), 0, "before the import there was nobody");
    let answer = home.run(&["--data", &data, "agent", "list", "--at", "99"]).expect_code(2);
    assert!(answer.stderr.contains("log_too_short"), "{answer:?}");
    let file = home.path("mesh.jsonl").display().to_string();
    let answer = home.run(&["--registry", &file, "agent", "list", "--at", "1"]).expect_code(2);
    assert!(answer.stderr.contains("has no log"), "{answer:?}");
}

#[test]
fn what_is_no_checkpoint_and_what_is_no_evidence_are_both_slips() {
    let home = crate::cli_mesh::family_home();
    let nothing = home.file("nothing", "not a note\n").display().to_string();
    let checkpoint = home.run(&["log", "verify", "--checkpoint", &nothing]).expect_code(2);
    let evidence = home.run(&["log", "check", &nothing]).expect_code(2);
    assert!(checkpoint.stderr.contains("code: note_malformed"), "{checkpoint:?}");
    assert!(evidence.stderr.contains("code: "), "{evidence:?}");
    let agent = home.run(&["agent", "show", "deadbeef"]).expect_code(2);
    let case = home.run(&["case", "show", "C-9"]).expect_code(2);
    assert!(agent.stderr.contains("code: unknown_agent") && case.stderr.contains("code: case_unknown"));
}
