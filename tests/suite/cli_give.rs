//! `agent adopt`, `grant`, `narrow`, and containments that spare somebody.

use serde_json::{Value, json};

use crate::cli::Home;
use crate::cli_mesh::{child, family_home, lines, record, values};

fn agent(home: &Home, did: &str) -> Value {
    let shown = home.run(&["agent", "show", did, "--json"]).expect_code(0).stdout;
    serde_json::from_str(&shown).unwrap()
}

#[test]
fn a_branch_is_spared_from_a_containment_and_told_before_and_after() {
    let home = family_home();
    let order = ["agent", "revoke", "aaaa0002", "--subtree", "--except", "bbbb0003", "--reason", "stolen"];
    let plan = home.run(&[&order[..], &["--dry-run"]].concat()).expect_code(0).stdout;
    assert!(plan.contains("agents that change status: 1\n"), "{plan}");
    assert!(plan.contains("spared: did:mesh:bbbb0003, 1 agent, below did:mesh:aaaa0001\n"), "{plan}");
    assert!(plan.contains("attested by operators in the log, not signed by its new parent"), "{plan}");
    let receipt = home.run(&[&order[..], &["--yes", "--json"]].concat()).expect_code(0).stdout;
    let receipt: Value = serde_json::from_str(&receipt).unwrap();
    let spared = json!([{"did": "did:mesh:bbbb0003", "count": 1, "parent": "did:mesh:aaaa0001",
        "capabilities": ["read:data"]}]);
    assert_eq!((&receipt["count"], &receipt["spared"]), (&json!(1), &spared));
    let kept = agent(&home, "bbbb0003");
    assert_eq!(
        (&kept["agent"]["state"], &kept["agent"]["parent_did"], &kept["evidence"]),
        (&json!("active"), &json!("did:mesh:aaaa0001"), &json!("attested"))
    );
    assert_eq!(agent(&home, "aaaa0002")["agent"]["state"], "revoked");
    assert_eq!(home.run(&["log", "verify"]).expect_code(0).code, Some(0));
    let before = home.run(&["agent", "show", "bbbb0003", "--json", "--at", "1"]).expect_code(0).stdout;
    let before: Value = serde_json::from_str(&before).unwrap();
    assert_eq!(before["agent"]["parent_did"], "did:mesh:aaaa0002");
    let none =
        ["agent", "suspend", "cccc0004", "--cascade", "--except", "bbbb0003", "--reason", "x", "--yes"];
    assert!(home.run(&none).expect_code(4).stderr.contains("code: not_below"));
    let alone = ["agent", "suspend", "aaaa0001", "--except", "bbbb0003", "--reason", "x", "--yes"];
    assert!(home.run(&alone).expect_code(4).stderr.contains("code: nothing_to_spare"));
}

#[test]
fn operators_give_within_the_parents_and_take_down_to_the_last() {
    let home = Home::new();
    let wide = record("aaaa0001", json!({"capabilities": ["read:*", "pay:*"]}));
    let below = [child("aaaa0002", "aaaa0001", 1), child("bbbb0003", "aaaa0002", 2)];
    let file = home.file("mesh.jsonl", lines(&[&[wide][..], &below].concat())).display().to_string();
    home.run(&["import", &file]).expect_code(0);
    let grant =
        |what: &str| home.run(&["agent", "grant", "aaaa0002", "--capability", what, "--reason", "asked for"]);
    let done = grant("pay:invoice").expect_code(0);
    assert!(done.stderr.ends_with("did:mesh:aaaa0002 holds: read:data pay:invoice\n"), "{}", done.stderr);
    assert!(grant("delete:all").expect_code(4).stderr.contains("code: capability_escalation"));
    let narrow = ["agent", "narrow", "aaaa0002", "--without", "read:data", "--reason", "unused"];
    home.run(&narrow).expect_code(0);
    let held = |did| agent(&home, did)["agent"]["capabilities"].clone();
    assert_eq!([held("aaaa0002"), held("bbbb0003")], [json!(["pay:invoice"]), json!([])]);
    let adopt = ["agent", "adopt", "bbbb0003", "--by", "aaaa0001", "--reason", "closer"];
    let adopted = home.run(&adopt).expect_code(0);
    assert!(adopted.stderr.contains("not signed by did:mesh:aaaa0001"), "{}", adopted.stderr);
    assert!(home.run(&adopt).expect_code(4).stderr.contains("code: nothing_to_do"));
    let round = ["agent", "adopt", "aaaa0001", "--by", "aaaa0002", "--reason", "x"];
    assert!(home.run(&round).expect_code(4).stderr.contains("code: adoption_loop"));
    let kinds: Vec<Value> = values(&home.run(&["log", "list", "--json"]).expect_code(0).stdout);
    let kinds: Vec<&str> = kinds.iter().map(|line| line["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["import", "grant", "narrow", "adopt"]);
    home.run(&["log", "verify"]).expect_code(0);
}
