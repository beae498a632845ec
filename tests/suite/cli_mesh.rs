//! Small registries for the tests of the command line.

use meshwarden::identity::KeyBytes;
use serde_json::{Value, json};

use crate::cli::Home;

/// The time that the 1000-identity vectors are judged at.
pub const NOW: &str = "2026-03-01T12:00:00Z";

/// A record whose id is `id`; the members of `changes` replace or join its own.
pub fn record(id: &str, changes: Value) -> Value {
    let key = KeyBytes([7; 32]);
    let mut record = json!({
        "did": {"method": "mesh", "unique_id": id},
        "name": format!("agent-{id}"),
        "description": null,
        "public_key": key.to_base64(),
        "verification_key_id": key.key_id().to_string(),
        "sponsor_email": "ana@example.org",
        "sponsor_verified": true,
        "organization": "example",
        "organization_id": null,
        "capabilities": ["read:data", "write:data"],
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        "expires_at": null,
        "status": "active",
        "revocation_reason": null,
        "parent_did": null,
        "delegation_depth": 0,
        "max_initial_trust_score": null,
    });
    for (name, value) in changes.as_object().expect("changes") {
        record[name] = value.clone();
    }
    record
}

/// A record below another one, holding less.
pub fn child(id: &str, parent: &str, depth: u32) -> Value {
    let parent = format!("did:mesh:{parent}");
    record(id, json!({"parent_did": parent, "delegation_depth": depth, "capabilities": ["read:data"]}))
}

/// A root `aaaa0001`, its child `aaaa0002`, its grandchild `bbbb0003`, and another root `cccc0004`.
pub fn family() -> Vec<Value> {
    vec![
        record("aaaa0001", json!({})),
        child("aaaa0002", "aaaa0001", 1),
        child("bbbb0003", "aaaa0002", 2),
        record("cccc0004", json!({})),
    ]
}

/// JSON Lines of records.
pub fn lines(records: &[Value]) -> String {
    records.iter().map(|record| format!("{record}\n")).collect()
}

/// The family in a file `mesh.jsonl`; the path as text.
pub fn family_file(home: &Home) -> String {
    home.file("mesh.jsonl", lines(&family())).display().to_string()
}

/// A user whose data directory holds the family.
pub fn family_home() -> Home {
    let home = Home::new();
    let file = family_file(&home);
    home.run(&["import", &file]).expect_code(0);
    home
}

/// Every line of some output as JSON.
pub fn values(stdout: &str) -> Vec<Value> {
    stdout.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// The members of an object in the order of its text.
pub fn members(line: &str) -> Vec<String> {
    let value: Value = serde_json::from_str(line).expect("a line of JSON");
    let mut names: Vec<(usize, String)> = value
        .as_object()
        .expect("an object")
        .keys()
        .map(|name| (line.find(&format!("\"{name}\":")).expect("the member"), name.clone()))
        .collect();
    names.sort();
    names.into_iter().map(|(_, name)| name).collect()
}
