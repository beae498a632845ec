//! The answers of the reference implementation, case by case.
//!
//! `MESHWARDEN_VECTORS` names another directory of such files; a file that is not there is skipped by
//! name. `tests/vectors/README.md` says how answers are graded.

mod answers;
mod grade;
mod handshake_answers;
mod key_answers;
mod registry_answers;
mod scope_chain_answers;
mod trust_answers;

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

fn directory() -> PathBuf {
    std::env::var_os("MESHWARDEN_VECTORS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors"), PathBuf::from)
}

fn brought_by_others() -> bool {
    std::env::var_os("MESHWARDEN_VECTORS").is_some()
}

/// Runs every case of `file`; an operation that `answer` does not know is outside this test and counted.
fn run(file: &str, answer: fn(&Value) -> Option<Value>) {
    let path = directory().join(file);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if brought_by_others() => return println!("skipped {}: {error}", path.display()),
        Err(error) => panic!("{}: {error}", path.display()),
    };
    let document: Value = serde_json::from_str(&text).unwrap();
    let cases = document["cases"].as_array().expect("cases");
    let mut twins: HashMap<String, Vec<&Value>> = HashMap::new();
    for case in cases {
        twins.entry(case["input"].to_string()).or_default().push(case);
    }
    let (mut passed, mut outside, mut failed) = (0, 0, Vec::new());
    for case in cases {
        let mut input = case["input"].clone();
        // A registry dump keeps what all its cases share beside them.
        for shared in ["identities", "now"] {
            if let (Some(members), Some(value)) = (input.as_object_mut(), document.get(shared)) {
                members.entry(shared).or_insert_with(|| value.clone());
            }
        }
        match answer(&input) {
            None => outside += 1,
            // Two cases of one input with different answers contradict each other: one of them must be met.
            Some(given)
                if twins[&case["input"].to_string()]
                    .iter()
                    .any(|twin| grade::grade(twin, &given).is_ok()) =>
            {
                if grade::grade(case, &given).is_err() {
                    println!("{file}: {} contradicts another case of the same input", case["id"]);
                }
                passed += 1;
            }
            Some(given) => match grade::grade(case, &given) {
                Ok(()) => passed += 1,
                Err(why) => failed.push(format!("{}: {why}", case["id"].as_str().unwrap_or("?"))),
            },
        }
    }
    println!("{file}: {passed} passed, {outside} outside this test, {} failed", failed.len());
    assert!(failed.is_empty(), "{file}: {} cases fail:\n{}", failed.len(), failed.join("\n"));
    assert!(passed > 0 || brought_by_others(), "{file}: no case was run");
}

macro_rules! vectors {
    ($($name:ident: $file:literal => $answer:path;)*) => {
        $(#[test] fn $name() { run($file, $answer); })*

        #[test]
        fn no_file_of_ours_is_left_out_by_accident() {
            // The dump is a test of its own, in `registry_answers`.
            const ELSEWHERE: [&str; 1] = ["registry_dump_1000.json"];
            let ours = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
            for entry in fs::read_dir(ours).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                let known = ELSEWHERE.contains(&name.as_str()) || [$($file),*].contains(&name.as_str());
                assert!(known || !name.ends_with(".json"), "{name} is run by no test");
            }
        }
    };
}

vectors! {
    did: "did.json" => answers::did;
    identity: "identity.json" => answers::identity;
    signature: "signature.json" => answers::signature;
    capability: "capability.json" => answers::capability;
    lifecycle: "lifecycle.json" => answers::lifecycle;
    delegation: "delegation.json" => answers::delegation;
    jwk: "jwk.json" => answers::jwk;
    did_document: "diddoc.json" => answers::did_document;
    trust: "trust.json" => trust_answers::trust;
    chain: "chain.json" => registry_answers::chain;
    registry: "registry.json" => registry_answers::registry;
    scope_chain: "scope_chain.json" => scope_chain_answers::scope_chain;
    rotation: "rotation.json" => key_answers::rotation;
    credential: "credential.json" => key_answers::credential;
    revocation: "revocation.json" => key_answers::revocation;
    handshake: "handshake.json" => handshake_answers::handshake;
    auth_header: "auth_header.json" => handshake_answers::auth_header;
}

#[test]
fn registry_dump() {
    for entry in fs::read_dir(directory()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.starts_with("registry_dump") && name.ends_with(".json") {
            registry_answers::dump(&directory().join(name));
        }
    }
}
