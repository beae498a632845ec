//! Signatures over changes: one header each, and none that fits elsewhere.

use super::*;
use crate::change::tests::suspension;
use crate::identity::SecretKey;

const LOG: &str = "00000000000000000000000000000001";

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed([seed; 32])
}

fn newcomer(name: &str, seed: u8) -> Newcomer {
    let key = key(seed).public_key().bytes().to_base64();
    Newcomer { name: name.to_owned(), key, role: Role::Admin, accepted: None }
}

fn place(index: u64) -> crate::change::Place<'static> {
    crate::change::Place {
        index,
        time: crate::time::Time::parse("2026-03-01T12:00:00Z").unwrap(),
        reason: "",
        actor: "",
        case: None,
    }
}

fn held() -> Operators {
    let mut operators = Operators::default();
    let init = Init {
        operators: vec![newcomer("ada", 1), newcomer("bo", 2)],
        threshold: 0,
        recovery: Vec::new(),
        solo: false,
        log_key: String::new(),
    };
    let approvals = crate::policy::Approvals::default();
    let ground = Ground { log: LOG, approvals: &approvals, signers: &[], fresh: true };
    assert!(operators.settle(&crate::change::What::Init(init), place(0), ground).unwrap());
    operators
}

fn signed(name: &str, seed: u8, log: &str) -> (SignedChange, Payload) {
    let payload = Payload { actor: "ada".to_owned(), expires: None, ..suspension() };
    let change = SignedChange::unsigned(&payload).unwrap();
    let key = key(seed);
    let signer = Signer::new(name, &key.public_key().bytes());
    let signature = key.sign(&change.to_sign(log, &signer));
    (change.and(log, &signer, signature), payload)
}

fn answer((change, payload): &(SignedChange, Payload)) -> Result<Vec<String>, &'static str> {
    let approvals = crate::policy::Approvals::default();
    let consent = held().consent(change, payload, (LOG, &approvals), payload.created);
    consent.map(|consent| consent.signers).map_err(|error| error.code())
}

#[test]
fn a_signature_counts_for_one_log_one_person_and_these_bytes() {
    assert_eq!(answer(&signed("ada", 1, LOG)), Ok(vec!["ada".to_owned()]));
    let other = "00000000000000000000000000000002";
    assert_eq!(answer(&signed("ada", 1, other)), Err("signature_header_refused"));
    assert_eq!(answer(&signed("ada", 2, LOG)), Err("operator_key_unknown"));
    assert_eq!(answer(&signed("bo", 2, LOG)), Err("change_other_actor"));
    assert_eq!(answer(&signed("recovery", 1, LOG)), Err("operator_key_unknown"));
    let (change, payload) = signed("ada", 1, LOG);
    let moved = Payload { reason: "another".to_owned(), ..payload.clone() };
    let text = String::from_utf8(change.to_bytes().unwrap()).unwrap();
    let (old, new) = (payload.to_bytes().unwrap(), moved.to_bytes().unwrap());
    let url = crate::encoding::base64::encode_url;
    let text = text.replace(&url(&old), &url(&new));
    let forged = SignedChange::from_bytes(text.as_bytes()).unwrap();
    assert_eq!(answer(&(forged, moved)), Err("change_signature_invalid"));
    let unsigned = SignedChange::unsigned(&payload).unwrap();
    assert_eq!(answer(&(unsigned, payload)), Err("change_not_signed"));
}

#[test]
fn a_signature_is_vouched_for_only_under_a_key_of_whom_it_names() {
    let vouched = |(change, _): &(SignedChange, Payload)| held().vouched(change, LOG);
    let kid = |name: &str, seed| Signer::new(name, &key(seed).public_key().bytes()).kid();
    assert_eq!(vouched(&signed("ada", 1, LOG)), [(kid("ada", 1), true)]);
    let other = "00000000000000000000000000000002";
    for (name, seed, log) in [("ada", 2, LOG), ("zoe", 1, LOG), ("ada", 1, other), ("recovery", 1, LOG)] {
        assert_eq!(vouched(&signed(name, seed, log)), [(kid(name, seed), false)], "{name} {seed}");
    }
    let (mut forged, payload) = signed("ada", 1, LOG);
    forged.signatures[0].signature[0] ^= 1;
    assert_eq!(vouched(&(forged.clone(), payload.clone())), [(kid("ada", 1), false)]);
    forged.signatures[0].protected = b"{}".to_vec();
    assert!(!vouched(&(forged, payload))[0].1);
}

#[test]
fn a_header_has_one_spelling_and_nothing_beside_it() {
    let (change, payload) = signed("ada", 1, LOG);
    for (before, after) in [
        (r#""alg":"EdDSA""#, r#""alg":"none""#),
        (r#""typ":"meshwarden-change+jws""#, r#""typ":"mesh-proof+jwt""#),
        (r#"{"alg""#, r#"{ "alg""#),
        (r#""kid":"ada#"#, r#""crit":["x"],"kid":"ada#"#),
    ] {
        let mut other = change.clone();
        let header = String::from_utf8(other.signatures[0].protected.clone()).unwrap();
        assert!(header.contains(before), "{header}");
        other.signatures[0].protected = header.replace(before, after).into_bytes();
        assert_eq!(answer(&(other, payload.clone())), Err("signature_header_refused"), "{after}");
    }
    let mut beside = change.clone();
    beside.signatures[0].header = Some(serde_json::Map::new());
    assert_eq!(answer(&(beside, payload.clone())), Err("signature_header_refused"));
    let mut short = change;
    short.signatures[0].signature.pop();
    assert_eq!(answer(&(short, payload)), Err("change_signature_invalid"));
}

#[test]
fn names_look_like_nobody_else() {
    for name in ["a", "grace.hopper", "ops_7-b", &"a".repeat(64)] {
        assert!(is_name(name), "{name}");
    }
    for name in ["", "Ada", "7a", ".a", "ad a", "ad\u{430}", "recovery", "a\n", &"a".repeat(65)] {
        assert!(!is_name(name), "{name}");
    }
}
