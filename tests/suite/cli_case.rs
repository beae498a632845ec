//! `case` and `tag`: shared work in the log, and what it leaves for those who were not there.

use serde_json::{Value, json};

use crate::cli::Home;
use crate::cli_mesh::{child, family_home, lines, record, values};

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_case_is_worked_on_shown_and_closed() {
    let home = family_home();
    let case = home.run(&["case", "open", "odd \u{202e}calls"]).expect_code(0).stdout;
    assert_eq!(case, "C-1\n");
    let suspend =
        ["agent", "suspend", "aaaa0002", "--for", "1h", "--reason", "odd", "--yes", "--case", "C-1"];
    home.run(&suspend).expect_code(0);
    home.run(&["case", "note", "C-1", "-- the vendor knows"]).expect_code(0);
    home.run_with(&["case", "note", "C-1", "-"], &[], b"from a pipe\n").expect_code(0);
    let shown = json_of(&home.run(&["case", "show", "C-1", "--json"]).expect_code(0).stdout);
    let kinds: Vec<&str> =
        shown["timeline"].as_array().unwrap().iter().map(|step| step["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["open", "suspend", "note", "note"]);
    assert_eq!(shown["timeline"][3]["text"], "from a pipe");
    assert_eq!(shown["ending"][0]["did"], "did:mesh:aaaa0002");
    let page = home.run(&["case", "show", "C-1"]).expect_code(0).stdout;
    assert!(page.contains("ends at") && !page.contains('\u{202e}'), "{page}");
    let listed = values(&home.run(&["log", "list", "--json"]).expect_code(0).stdout);
    assert_eq!(listed[2]["case"], "C-1");
    home.run(&["case", "close", "C-1", "--reason", "done"]).expect_code(0);
    assert_eq!(home.run(&["case", "list"]).expect_code(0).stdout, "");
    assert!(home.run(&["case", "list", "--all"]).expect_code(0).stdout.contains("closed"));
    let late = home.run(&["agent", "seal", "cccc0004", "--reason", "x", "--case", "C-1"]).expect_code(4);
    assert!(late.stderr.contains("code: case_closed"), "{late:?}");
    assert!(home.run(&["case", "show", "C-9"]).expect_code(2).stderr.contains("code: case_unknown"));
    home.run(&["case", "show", "seven"]).expect_code(2);
    home.run(&["log", "verify"]).expect_code(0);
}

#[test]
fn an_exported_case_proves_itself_and_a_redacted_one_names_nobody() {
    let home = Home::new();
    let hostile =
        record("aaaa0001", json!({"name": "<b>|\u{202e}`x", "sponsor_email": "mallory@example.org"}));
    let file =
        home.file("mesh.jsonl", lines(&[hostile, child("aaaa0002", "aaaa0001", 1)])).display().to_string();
    home.run(&["import", &file]).expect_code(0);
    home.run(&["case", "open", "the <i>secret</i> vendor"]).expect_code(0);
    let revoke =
        ["agent", "revoke", "aaaa0001", "--cascade", "--reason", "told by Eve", "--yes", "--case", "C-1"];
    home.run(&revoke).expect_code(0);
    let to = |name: &str| home.path(name).display().to_string();
    home.run(&["case", "export", "C-1", "--to", &to("open")]).expect_code(0);
    let read = |name: &str| std::fs::read_to_string(home.path(name)).unwrap();
    let (page, svg) = (read("open/case.md"), read("open/lineage-0.svg"));
    for text in [&page, &svg] {
        assert!(!text.contains("<b>") && !text.contains("<i>") && !text.contains('\u{202e}'), "{text}");
    }
    assert!(page.contains("```mermaid\ngraph TD\n") && page.contains("told by Eve"), "{page}");
    let written = json_of(&read("open/case.json"));
    assert_eq!(written["agents"][0]["before"], "active");
    assert_eq!(written["agents"][0]["after"], "revoked");
    for index in ["1", "2"] {
        let proof = to(&format!("open/evidence/{index}.json"));
        let key = written["key"].as_str().unwrap();
        let checked = home.run(&["log", "check", &proof, "--key", key, "--json"]).expect_code(0);
        assert_eq!(json_of(&checked.stdout)["proven"], true);
    }
    home.run(&["case", "export", "C-1", "--to", &to("open")]).expect_code(2);
    home.run(&["case", "export", "C-1", "--to", &to("redacted"), "--redact"]).expect_code(0);
    let all = ["redacted/case.md", "redacted/case.json", "redacted/lineage-0.svg"].map(read).concat();
    for secret in ["mallory", "Eve", "secret", "aaaa0001", "aaaa0002", "<b>"] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
    assert!(all.contains("agent-1") && all.contains("person-1"), "{all}");
    assert!(!home.path("redacted/evidence").exists(), "an entry is in clear");
}

#[test]
fn a_tag_is_shown_listed_and_locked() {
    let home = family_home();
    home.run(&["tag", "add", "aaaa0002", "pci", "--reason", "audit"]).expect_code(0);
    let listed = values(&home.run(&["tag", "list", "pci", "--json"]).expect_code(0).stdout);
    assert_eq!((&listed[0]["did"], &listed[0]["tags"]), (&json!("did:mesh:aaaa0002"), &json!(["pci"])));
    assert!(home.run(&["agent", "show", "aaaa0002"]).expect_code(0).stdout.contains("tags           pci\n"));
    let tagged = values(&home.run(&["agent", "list", "--query", "tag:pci", "--json"]).expect_code(0).stdout);
    assert_eq!((tagged.len(), &tagged[0]["did"]), (1, &json!("did:mesh:aaaa0002")));
    home.run(&["lock", "add", "--tag", "pci", "--reason", "audit"]).expect_code(0);
    let shown = json_of(&home.run(&["agent", "show", "bbbb0003", "--json"]).expect_code(0).stdout);
    assert_eq!((&shown["agent"]["state"], &shown["locked"]["kind"]), (&json!("cut_off"), &json!("tag")));
    let kept = home.run(&["tag", "remove", "aaaa0002", "pci"]).expect_code(4);
    assert!(kept.stderr.contains("code: tag_locked"), "{kept:?}");
    home.run(&["lock", "lift", "--tag", "pci", "--reason", "done"]).expect_code(0);
    home.run(&["tag", "remove", "aaaa0002", "pci"]).expect_code(0);
    assert_eq!(home.run(&["tag", "list"]).expect_code(0).stdout, "");
    let blank = home.run(&["tag", "add", "aaaa0002", "a b"]).expect_code(2);
    assert!(blank.stderr.contains("visible characters without blanks"), "{blank:?}");
}

#[test]
fn a_sponsor_is_shown_verified_and_relieved_and_its_address_is_not_in_the_log() {
    let home = family_home();
    let ana = "ana@example.org";
    home.run(&["sponsor", "verify", ana, "--reason", "called back"]).expect_code(0);
    home.run(&["sponsor", "deputy", ana, "--is", "dee@example.org"]).expect_code(0);
    let shown = json_of(&home.run(&["sponsor", "show", ana, "--json"]).expect_code(0).stdout);
    assert_eq!((&shown["verified"], &shown["deputy"]), (&json!(true), &json!("dee@example.org")));
    assert_eq!((&shown["active"], &shown["tiers"]), (&json!(4), &json!({"unscored": 4})));
    let transfer =
        |from: &str, to: &str| home.run(&["sponsor", "transfer", from, "--to", to, "--reason", "Ana left"]);
    transfer("cccc0004", "bo@example.org").expect_code(0);
    transfer(ana, "cy@example.org").expect_code(0);
    assert!(transfer(ana, "cy@example.org").expect_code(4).stderr.contains("code: no_sponsored"));
    home.run(&["sponsor", "show", ana]).expect_code(1);
    assert!(
        home.run(&["sponsor", "show", "cy@example.org"]).expect_code(0).stdout.contains("agents    3 agents")
    );
    let proof = home.run(&["log", "prove", "1"]).expect_code(0).stdout;
    let entry = json_of(&proof)["entry"].as_str().unwrap().to_owned();
    let payload = meshwarden::encoding::base64::decode(&entry).unwrap();
    let payload =
        json_of(std::str::from_utf8(&payload).unwrap())["change"]["payload"].as_str().unwrap().to_owned();
    let payload = meshwarden::encoding::base64::decode_url(&payload).unwrap();
    let payload = String::from_utf8(payload).unwrap();
    assert!(payload.contains("commitment") && !payload.contains("ana@"), "{payload}");
    home.run(&["log", "verify"]).expect_code(0);
    home.run(&["log", "erase", "cccc0004", "--reason", "asked for"]).expect_code(0);
    home.run(&["log", "verify"]).expect_code(0);
}

#[test]
fn two_moments_are_compared_and_the_entries_that_did_it_are_named() {
    let home = family_home();
    home.run(&["agent", "suspend", "aaaa0001", "--cascade", "--reason", "odd", "--yes"]).expect_code(0);
    let told = home.run(&["log", "diff", "1"]).expect_code(1).stdout;
    assert!(told.contains("(entry 1)") && told.contains("  active -> suspended"), "{told}");
    let found = values(&home.run(&["log", "diff", "0", "1", "--json"]).expect_code(1).stdout);
    assert_eq!((found.len(), &found[0]["before"], &found[0]["entries"]), (4, &Value::Null, &json!([0])));
    let found = values(&home.run(&["log", "diff", "1", "2", "--json"]).expect_code(1).stdout);
    assert!(found.iter().all(|one| one["after"]["state"] == "suspended" && one["entries"] == json!([1])));
    assert_eq!(home.run(&["log", "diff", "2"]).expect_code(0).stdout, "");
    home.run(&["log", "diff", "2", "1"]).expect_code(2);
}
