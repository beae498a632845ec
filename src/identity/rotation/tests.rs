use super::*;
use crate::identity::{Did, Identity, KeyBytes, Reading, SecretKey};
use crate::time::{Span, Time};
use proptest::prelude::*;
use serde_json::{Value, json};

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed([seed; 32])
}

fn now() -> Time {
    Time::parse("2026-03-01T12:00:00Z").unwrap()
}

fn agent(status: &str) -> Identity<'static> {
    let key = key(1).public_key().bytes();
    let text = json!({
        "did": "did:mesh:aa", "name": "a", "public_key": key.to_base64(), "status": status,
        "verification_key_id": key.key_id().to_string(), "sponsor_email": "a@b.c",
    });
    Identity::from_json(&text.to_string(), &Reading { now: now(), assume_utc: false })
        .unwrap()
        .identity
        .into_owned()
}

fn rotation() -> Rotation {
    Rotation::sign(agent("active").did, &key(1), &key(2), 1, now())
}

fn code(rotation: &Rotation, status: &str, done: u64) -> &'static str {
    rotation.verify(&agent(status), done, now()).map_or_else(|error| error.code(), |_| "")
}

#[test]
fn both_keys_sign_a_rotation_and_it_reads_back() {
    let verified = rotation().verify(&agent("active"), 0, now()).unwrap();
    assert_eq!((verified.sequence(), verified.new_key()), (1, &key(2).public_key()));
    assert_eq!(Rotation::from_json(&rotation().to_json().to_string()), Ok(rotation()));
}

#[test]
fn a_suspended_or_revoked_agent_cannot_rotate() {
    for status in ["suspended", "revoked"] {
        assert_eq!(code(&rotation(), status, 0), "not_active");
        let (mut agent, mut history) = (agent(status), KeyHistory::default());
        let refused = rotate(&mut agent, &mut history, &key(1), key(2).public_key().bytes(), now());
        assert_eq!(refused, Err(RotationError::NotActive));
        assert_eq!((agent.public_key, history.retired().len()), (key(1).public_key().bytes(), 0));
    }
}

#[test]
fn a_rotation_is_used_once_and_in_its_place() {
    assert_eq!(code(&rotation(), "active", 1), "rotation_out_of_sequence");
    let skipped = Rotation::sign(agent("active").did, &key(1), &key(2), 2, now());
    assert_eq!(code(&skipped, "active", 0), "rotation_out_of_sequence");
}

#[test]
fn a_rotation_of_another_agent_key_or_to_itself_is_refused() {
    let did = agent("active").did;
    let sign = |did: Did, old, new| Rotation::sign(did, &key(old), &key(new), 1, now());
    assert_eq!(code(&sign(Did::from_bits(1), 1, 2), "active", 0), "rotation_other_agent");
    assert_eq!(code(&sign(did.clone(), 3, 2), "active", 0), "rotation_not_current");
    assert_eq!(code(&sign(did, 1, 1), "active", 0), "rotation_same_key");
}

#[test]
fn nobody_rotates_to_a_key_that_they_do_not_hold() {
    let mut forged = rotation().to_json();
    forged["by_new"] = forged["by_old"].clone();
    assert_eq!(
        code(&Rotation::from_json(&forged.to_string()).unwrap(), "active", 0),
        "rotation_new_signature"
    );
    let mut torsion = rotation();
    torsion.new = KeyBytes([0; 32]);
    assert_eq!(code(&torsion, "active", 0), "rotation_unusable_key");
}

#[test]
fn a_proof_that_does_not_name_both_keys_is_refused() {
    let (old, new, other) =
        (key(1).public_key().bytes(), key(2).public_key().bytes(), key(3).public_key().bytes());
    let proof = ReferenceProof::sign(&key(1), new, now());
    assert!(proof.verify(&old, &new));
    assert!(!proof.verify(&old, &other) && !proof.verify(&other, &new) && !proof.verify(&new, &old));
    let mut rewritten = proof.to_json();
    rewritten["new_public_key"] = json!(other.to_base64());
    assert!(
        !ReferenceProof::from_json(&rewritten).unwrap().verify(&old, &other),
        "the signed bytes are rebuilt"
    );
    rewritten["message"] = json!(format!("rotate:{}:{}", old.to_base64(), other.to_base64()));
    assert!(!ReferenceProof::from_json(&rewritten).unwrap().verify(&old, &other));
}

#[test]
fn a_rekey_is_the_new_keys_word_for_one_agent_and_one_old_key() {
    let (did, old) = (agent("active").did, key(1).public_key().bytes());
    let rekey = Rekey::sign(did.clone(), old, &key(2));
    assert_eq!(Rekey::from_json(&rekey.to_json().to_string()), Ok(rekey.clone()));
    assert_eq!(rekey.verify(&did, &old), Ok(key(2).public_key()));
    assert_eq!(rekey.verify(&Did::from_bits(1), &old), Err(RotationError::OtherAgent));
    assert_eq!(rekey.verify(&did, &key(3).public_key().bytes()), Err(RotationError::NotCurrent));
    let mut other = rekey.to_json();
    other["new_key"] = json!(key(3).public_key().bytes().to_base64());
    let other = Rekey::from_json(&other.to_string()).unwrap();
    assert_eq!(other.verify(&did, &old), Err(RotationError::NewSignature));
}

#[test]
fn a_rotation_is_no_rekey_and_no_reference_proof() {
    let text = rotation().to_json().to_string();
    assert_eq!(Rekey::from_json(&text).unwrap_err().code(), "member_unknown");
    let (old, new) = (key(1).public_key().bytes(), key(2).public_key().bytes());
    let crossed = json!({
        "old_public_key": old.to_base64(), "new_public_key": new.to_base64(),
        "message": format!("rotate:{}:{}", old.to_base64(), new.to_base64()),
        "signature": rotation().to_json()["by_old"],
    });
    assert!(!ReferenceProof::from_json(&crossed).unwrap().verify(&old, &new));
    let mut crossed = Rekey::sign(agent("active").did, old, &key(2)).to_json();
    crossed["by_new"] = rotation().to_json()["by_new"].clone();
    let crossed = Rekey::from_json(&crossed.to_string()).unwrap();
    assert_eq!(crossed.verify(&agent("active").did, &old), Err(RotationError::NewSignature));
}

#[test]
fn a_rotation_is_due_at_its_age_and_after() {
    let since = now();
    let due = |elapsed: i64| rotation_due(since, Span::seconds(60), since.plus(Span::seconds(elapsed)));
    assert_eq!([59, 60, 61].map(due), [false, true, true]);
}

proptest! {
    #[test]
    fn any_changed_member_breaks_a_rotation(member in 1usize..6, seed in 3u8..250) {
        let mut value = rotation().to_json();
        let other = key(seed).public_key().bytes().to_base64();
        let (name, changed): (&str, Value) = [
            ("did", json!(format!("did:mesh:{seed:02x}00"))), ("did", json!(format!("did:mesh:{seed:02x}00"))),
            ("old_key", json!(other)), ("new_key", json!(other)), ("sequence", json!(seed)),
            ("at", json!("2026-03-01T12:00:01Z")),
        ][member].clone();
        value[name] = changed;
        prop_assert_ne!(code(&Rotation::from_json(&value.to_string()).unwrap(), "active", 0), "");
    }

    #[test]
    fn a_history_keeps_the_last_ones_and_no_more(keep in 0usize..8, rotations in 0u8..12) {
        let (mut agent, mut history) = (agent("active"), KeyHistory::keeping(keep));
        for seed in 1..=rotations {
            rotate(&mut agent, &mut history, &key(seed), key(seed.wrapping_add(1)).public_key().bytes(), now()).unwrap();
        }
        let kept: Vec<KeyBytes> = history.retired().map(|retired| retired.key).collect();
        let first = usize::from(rotations).saturating_sub(keep);
        let expected: Vec<KeyBytes> = (1..=rotations).skip(first).map(|seed| key(seed).public_key().bytes()).collect();
        prop_assert_eq!(kept, expected);
    }
}
