//! `log erase`: personal data is forgotten, in every file, and every proof still holds.

use std::fs;
use std::path::Path;

use super::cli::Home;

const NAME: &str = "Zebulon-Quartz-Runner";
const SPONSOR: &str = "zebulon.quartz@example.org";
const NOTE: &str = "call-zebulon-at-noon";

/// A mesh in which one agent has texts of its own; gives the directory and that agent's DID.
fn mesh(home: &Home) -> (String, String) {
    let records = home.run(&["generate", "--agents", "200", "--seed", "1"]).expect_code(0).stdout;
    let mut did = String::new();
    let changed: Vec<String> = records
        .lines()
        .enumerate()
        .map(|(at, line)| {
            let mut record: serde_json::Value = serde_json::from_str(line).unwrap();
            if at == 100 {
                record["name"] = NAME.into();
                record["sponsor_email"] = SPONSOR.into();
                record["description"] = format!("belongs to {SPONSOR}").into();
                record["contact"] = NOTE.into();
                did = format!("did:mesh:{}", record["did"]["unique_id"].as_str().unwrap());
            }
            record.to_string()
        })
        .collect();
    let file = home.file("mesh.jsonl", changed.join("\n")).display().to_string();
    let data = home.path("mesh").display().to_string();
    home.run(&["--data", &data, "import", &file]).expect_code(0);
    (data, did)
}

/// Where a text lies in the files of a directory.
fn places(data: &str, text: &str) -> Vec<String> {
    let holds = |path: &Path| {
        let bytes = fs::read(path).unwrap();
        bytes.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text.as_bytes()))
    };
    let files = fs::read_dir(data).unwrap().map(|file| file.unwrap().path());
    files.filter(|path| holds(path)).map(|path| path.display().to_string()).collect()
}

fn on<'a>(data: &'a str, rest: &[&'a str]) -> Vec<&'a str> {
    [&["--data", data], rest].concat()
}

#[test]
fn what_is_erased_is_in_no_file_and_every_proof_still_holds() {
    let home = Home::new();
    let (data, did) = mesh(&home);
    for text in [NAME, SPONSOR, NOTE] {
        assert!(!places(&data, text).is_empty(), "{text} is stored before");
    }
    // A sponsor enters the log as a commitment, whatever is said about it.
    home.run(&on(&data, &["lock", "add", "--sponsor", SPONSOR, "--reason", "x"])).expect_code(0);
    let log = home.run(&on(&data, &["log", "list"])).expect_code(0).stdout;
    assert!(log.contains(SPONSOR), "kept beside the log: {log}");
    let refused = home.run(&on(&data, &["log", "erase", &did, "--reason", "asked"])).expect_code(4);
    assert!(refused.stderr.contains("erase_sponsor_named"), "{refused:?}");
    home.run(&on(&data, &["lock", "lift", "--sponsor", SPONSOR, "--reason", "x"])).expect_code(0);
    let checkpoint = home.run(&on(&data, &["log", "checkpoint"])).expect_code(0).stdout;
    let state = |text: &str| {
        text.lines()
            .find(|line| line.starts_with("state "))
            .map(str::to_owned)
            .expect("a state in the checkpoint")
    };
    let before = home.file("before.checkpoint", &checkpoint).display().to_string();
    let evidence = home.run(&on(&data, &["log", "prove", "1"])).expect_code(0).stdout;
    assert!(!evidence.contains(SPONSOR));

    let erased = home.run(&on(&data, &["log", "erase", &did, "--reason", "asked", "--json"])).expect_code(0);
    let line: serde_json::Value = serde_json::from_str(&erased.stdout).unwrap();
    assert_eq!((&line["index"], &line["wiped"]), (&3.into(), &true.into()));

    for text in [NAME, SPONSOR, NOTE, "zebulon"] {
        assert_eq!(places(&data, text), Vec::<String>::new(), "{text}");
    }
    home.run(&on(&data, &["log", "verify"])).expect_code(0);
    home.run(&on(&data, &["log", "verify", "--checkpoint", &before])).expect_code(0);
    let now = home.run(&on(&data, &["log", "checkpoint"])).expect_code(0).stdout;
    assert_eq!(state(&now), state(&checkpoint), "the state's root is the same");
    let evidence = home.file("one.evidence", evidence).display().to_string();
    home.run(&["log", "check", &evidence]).expect_code(0);

    let shown = home.run(&on(&data, &["agent", "show", &did, "--json"])).expect_code(0).stdout;
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["agent"]["name"], "[erased]");
    assert_eq!(shown["record"]["description"], serde_json::Value::Null);
    for arguments in [
        &["agent", "list", "--json"][..],
        &["agent", "list", "--at", "1", "--json"],
        &["agent", "list", "--query", "zebulon"],
        &["log", "list"],
        &["export", "--format", "jsonl"],
    ] {
        let answer = home.run(&on(&data, arguments)).expect_code(0);
        assert!(!answer.stdout.to_lowercase().contains("zebulon"), "{arguments:?}");
    }
    let nobody = home.run(&on(&data, &["who", SPONSOR]));
    assert!(!nobody.stdout.contains(&did), "{nobody:?}");
    // Again: nothing is left, and nothing is said twice in the log.
    let again = home.run(&on(&data, &["log", "erase", &did, "--reason", "asked", "--json"])).expect_code(0);
    let line: serde_json::Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!((&line["index"], &line["wiped"]), (&serde_json::Value::Null, &true.into()));
}

#[test]
fn a_copy_from_before_that_is_put_back_under_the_log_is_found() {
    let home = Home::new();
    let (data, did) = mesh(&home);
    let database = Path::new(&data).join("authority.db");
    let row = |sql: &str| {
        let connection = rusqlite::Connection::open(&database).unwrap();
        connection.query_one(sql, (), |row| row.get::<_, Vec<u8>>(0)).unwrap()
    };
    let opening = row("SELECT opening FROM records WHERE number = 100");
    home.run(&on(&data, &["log", "erase", &did, "--reason", "asked"])).expect_code(0);
    for (sql, code) in [
        ("UPDATE records SET commitment = NULL, opening = ?1 WHERE number = 100", "record_not_forgotten"),
        (
            "UPDATE records SET commitment = randomblob(32), opening = NULL WHERE number = 100 AND ?1 > ''",
            "record_changed",
        ),
    ] {
        rusqlite::Connection::open(&database).unwrap().execute(sql, [&opening]).unwrap();
        let answer = home.run(&on(&data, &["log", "verify"])).expect_code(1);
        assert!(answer.stdout.contains(code), "{answer:?}");
    }
}

#[test]
fn a_text_that_is_gone_without_an_entry_is_missed() {
    let home = Home::new();
    let (data, _) = mesh(&home);
    let database = Path::new(&data).join("authority.db");
    home.run(&on(&data, &["lock", "add", "--sponsor", SPONSOR, "--reason", "x"])).expect_code(0);
    for (sql, code) in [
        ("UPDATE texts SET opening = zeroblob(30)", "text_changed"),
        ("UPDATE texts SET opening = NULL", "text_forgotten"),
        ("DELETE FROM texts", "text_forgotten"),
        ("INSERT INTO texts (commitment, opening) VALUES (zeroblob(32), zeroblob(20))", "text_changed"),
    ] {
        rusqlite::Connection::open(&database).unwrap().execute(sql, []).unwrap();
        let answer = home.run(&on(&data, &["log", "verify"]));
        assert_eq!(answer.code, Some(1), "{sql}: {answer:?}");
        assert!(
            (answer.stdout.clone() + &answer.stderr).contains(code) || sql.contains("zeroblob(30)"),
            "{sql}: {answer:?}"
        );
    }
}
