//! `agent why` and `agent reach`.

use serde_json::json;

use crate::cli_mesh::{family_home, members, values};

#[test]
fn a_chain_is_told_hop_by_hop_and_where_it_ends() {
    let home = family_home();
    let finished = home.run(&["agent", "why", "bbbb", "read:data"]).expect_code(0);
    assert_eq!(
        finished.stdout,
        "did:mesh:bbbb0003  agent-bbbb0003  can read:data\n\
         \x20 did:mesh:aaaa0001  active  agent-aaaa0001  by read:data\n\
         \x20   did:mesh:aaaa0002  active  agent-aaaa0002  by read:data  asserted\n\
         \x20     did:mesh:bbbb0003  active  agent-bbbb0003  by read:data  asserted\n"
    );
    let finished = home.run(&["agent", "why", "bbbb", "write:data"]).expect_code(1);
    assert!(
        finished.stdout.contains("why  agent-aaaa0002 holds nothing that allows it\n"),
        "{}",
        finished.stdout
    );
    let line = home.run(&["agent", "why", "bbbb", "write:data", "--json"]).expect_code(1).stdout;
    assert_eq!(
        members(line.lines().next().unwrap()).into_iter().take(9).collect::<Vec<_>>(),
        ["did", "name", "capability", "can", "degree", "ends_at", "code", "reason", "hops"]
    );
    let line = &values(&line)[0];
    assert_eq!((&line["ends_at"], &line["code"]), (&json!("did:mesh:aaaa0002"), &json!("scope_not_held")));
}

#[test]
fn who_can_is_told_from_the_roots_down() {
    let home = family_home();
    let reached = values(&home.run(&["agent", "reach", "read:data", "--json"]).expect_code(0).stdout);
    let told: Vec<_> = reached.iter().map(|line| json!([line["did"], line["degree"]])).collect();
    let expected = [("aaaa0001", 0), ("cccc0004", 0), ("aaaa0002", 1), ("bbbb0003", 2)];
    assert_eq!(told, expected.map(|(did, degree)| json!([format!("did:mesh:{did}"), degree])));
    let finished = home.run(&["agent", "reach", "read:data", "--limit", "1"]).expect_code(0);
    assert!(finished.stderr.contains("4 agents can reach read:data; 3 are not named"), "{}", finished.stderr);
    home.run(&["agent", "suspend", "aaaa0002", "--reason", "odd", "--yes"]).expect_code(0);
    let finished = home.run(&["agent", "reach", "read:data"]).expect_code(0);
    assert!(!finished.stdout.contains("bbbb0003"), "{}", finished.stdout);
    let finished = home.run(&["agent", "why", "bbbb", "read:data"]).expect_code(1);
    assert!(finished.stdout.contains("why  agent-aaaa0002 is suspended\n"), "{}", finished.stdout);
    home.run(&["agent", "reach", "-odd:thing"]).expect_code(1);
}
