use super::*;
use crate::encoding::base64;
use crate::handshake::{Demand, HandshakeError, Peer};
use crate::identity::{Attestation, AttestationError, Identity, Reading, Rotation, RotationError};
use crate::time::Span;
use proptest::prelude::*;
use serde_json::{Value, json};

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed([seed; 32])
}

fn did(number: u8) -> Did {
    Did::from_bits(u128::from(number))
}

fn peer(number: u8) -> Peer {
    Peer {
        did: did(number),
        key: key(number).public_key().bytes(),
        version: 1,
        active: true,
        attested: false,
        score: Some(800),
        capabilities: vec!["read:*".into()],
    }
}

fn now() -> Time {
    Time::parse("2026-03-01T12:00:00Z").unwrap()
}

fn terms() -> Terms {
    let scopes = ["read:b".to_owned(), "read:a".to_owned(), "read:a".to_owned()];
    Terms::new(scopes, "audit".into(), None, now().plus(Span::seconds(30))).unwrap()
}

fn demand() -> Demand {
    Demand { score: 700, capabilities: Vec::new(), attested: false }
}

/// Agent 1 says hello to agent 2.
fn hello() -> Hello {
    let (did1, key1) = (did(1), key(1));
    Initiator::begin(Me { did: &did1, key: &key1 }, did(2), terms(), Nonce([1; 32]), now())
        .unwrap()
        .hello()
        .clone()
}

fn answer(hello: Hello) -> Result<(Challenge, Awaiting), HandshakeError> {
    let (did2, key2) = (did(2), key(2));
    Awaiting::answer(Me { did: &did2, key: &key2 }, hello, &peer(1), &demand(), Nonce([2; 32]), now())
}

fn meet(hello: Hello, challenge: &Challenge) -> Result<(Proof, Session), HandshakeError> {
    let (did1, key1) = (did(1), key(1));
    Initiator::resume(hello).meet(Me { did: &did1, key: &key1 }, challenge, &peer(2), &demand(), now())
}

#[test]
fn both_sides_prove_their_keys_over_one_transcript() {
    let (challenge, awaiting) = answer(hello()).unwrap();
    let (proof, theirs) = meet(hello(), &challenge).unwrap();
    let ours = awaiting.finish(&proof, &peer(1), &demand(), now()).unwrap();
    assert_eq!((theirs.peer(), ours.peer()), (&did(2), &did(1)));
    assert_eq!((theirs.role(), ours.role()), (Role::Initiator, Role::Responder));
    assert_eq!(theirs.transcript(), ours.transcript());
    assert_eq!(ours.terms().scopes(), ["read:a", "read:b"]);
}

#[test]
fn every_message_reads_back_what_it_writes() {
    let (challenge, awaiting) = answer(hello()).unwrap();
    let (proof, _) = meet(hello(), &challenge).unwrap();
    assert_eq!(Hello::from_json(&hello().to_json().to_string()), Ok(hello()));
    assert_eq!(Challenge::from_json(&challenge.to_json().to_string()), Ok(challenge));
    assert_eq!(Proof::from_json(&proof.to_json().to_string()), Ok(proof));
    assert_eq!(Awaiting::from_json(&awaiting.to_json().to_string()), Ok(awaiting));
}

#[test]
fn a_signature_of_one_side_is_never_good_as_the_others() {
    let (challenge, awaiting) = answer(hello()).unwrap();
    let reflected = Proof { nonce: challenge.nonce, signature: challenge.signature };
    let refused = awaiting.clone().finish(&reflected, &peer(1), &demand(), now());
    assert_eq!(refused, Err(HandshakeError::BadSignature));
    let mut twin = peer(1);
    twin.key = key(2).public_key().bytes();
    assert_eq!(awaiting.finish(&reflected, &twin, &demand(), now()), Err(HandshakeError::KeyMismatch));
    let same = Initiator::begin(Me { did: &did(1), key: &key(1) }, did(1), terms(), Nonce([1; 32]), now());
    assert_eq!(same.unwrap_err(), HandshakeError::SameAgent);
}

#[test]
fn a_proof_is_taken_once() {
    let (did2, key2) = (did(2), key(2));
    let mut responder = Responder::with_limit(9);
    let me = Me { did: &did2, key: &key2 };
    let challenge = responder.answer(me, hello(), &peer(1), &demand(), Nonce([2; 32]), now()).unwrap();
    let (proof, _) = meet(hello(), &challenge).unwrap();
    assert!(responder.finish(&proof, |_| Some(peer(1)), &demand(), now()).is_ok());
    let again = responder.finish(&proof, |_| Some(peer(1)), &demand(), now());
    assert_eq!(again, Err(HandshakeError::NotPending));
}

#[test]
fn a_stranger_cannot_fill_the_set_of_open_handshakes() {
    let (did2, key2) = (did(2), key(2));
    let me = Me { did: &did2, key: &key2 };
    let mut responder = Responder::with_limit(3);
    let mut open =
        |nonce, now| responder.answer(me, hello(), &peer(1), &demand(), Nonce([nonce; 32]), now).err();
    assert_eq!(
        [1, 2, 3, 4].map(|nonce| open(nonce, now())),
        [None, None, None, Some(HandshakeError::TooManyPending)]
    );
    assert_eq!(
        open(5, now().plus(Span::seconds(31))),
        Some(HandshakeError::Expired),
        "room, and an old hello"
    );
    assert_eq!(responder.open(), 0);
}

#[test]
fn hellos_in_one_name_do_not_take_the_room_of_others() {
    let (did2, key2) = (did(2), key(2));
    let me = Me { did: &did2, key: &key2 };
    let mut responder = Responder::with_limit(99);
    for nonce in 0..=99 {
        let answered = responder.answer(me, hello(), &peer(1), &demand(), Nonce([nonce; 32]), now());
        assert_eq!(answered.is_ok(), usize::from(nonce) < MAX_OPEN_PER_PEER);
    }
    let mut other = hello();
    other.initiator.did = did(3);
    other.initiator.key = key(3).public_key().bytes();
    assert!(responder.answer(me, other, &peer(3), &demand(), Nonce([200; 32]), now()).is_ok());
}

#[test]
fn a_handshake_ends_with_its_terms_and_never_stays_open_for_long() {
    let after = |seconds| now().plus(Span::seconds(seconds));
    let (challenge, awaiting) = answer(hello()).unwrap();
    let (proof, _) = meet(hello(), &challenge).unwrap();
    assert!(awaiting.clone().finish(&proof, &peer(1), &demand(), after(30)).is_ok());
    assert_eq!(awaiting.finish(&proof, &peer(1), &demand(), after(31)), Err(HandshakeError::Expired));
    let long = Terms::new([], "audit".into(), None, after(301)).unwrap();
    let begun = Initiator::begin(Me { did: &did(1), key: &key(1) }, did(2), long, Nonce([1; 32]), now());
    assert_eq!(begun.unwrap_err(), HandshakeError::WindowTooLong);
}

#[test]
fn what_happened_to_the_peer_in_between_counts() {
    type Change = fn(&mut Peer);
    let changes: [(Change, &str); 6] = [
        (|peer| peer.active = false, "peer_inactive"),
        (|peer| peer.key = key(9).public_key().bytes(), "public_key_mismatch"),
        (|peer| peer.score = Some(699), "trust_too_low"),
        (|peer| peer.score = None, "trust_too_low"),
        (|peer| peer.capabilities = vec!["read:a".into()], "missing_capabilities"),
        (|peer| peer.did = did(9), "did_mismatch"),
    ];
    let (challenge, awaiting) = answer(hello()).unwrap();
    let (proof, _) = meet(hello(), &challenge).unwrap();
    for (change, code) in changes {
        let mut changed = peer(1);
        change(&mut changed);
        assert_eq!(awaiting.clone().finish(&proof, &changed, &demand(), now()).unwrap_err().code(), code);
    }
    let attested = Demand { attested: true, ..demand() };
    assert_eq!(awaiting.finish(&proof, &peer(1), &attested, now()), Err(HandshakeError::NotTrusted));
}

#[test]
fn a_message_is_measured_before_it_is_read() {
    let long = format!("{{\"type\":\"{}\"}}", "x".repeat(MAX_MESSAGE_BYTES));
    for code in [
        Hello::from_json(&long).unwrap_err().code(),
        Challenge::from_json(&long).unwrap_err().code(),
        Proof::from_json(&long).unwrap_err().code(),
    ] {
        assert_eq!(code, "message_too_long");
    }
    let with = |member: &str, value: Value| {
        let mut document = hello().to_json();
        document[member] = value;
        Hello::from_json(&document.to_string()).unwrap_err().code()
    };
    assert_eq!(with("scopes", json!(vec!["a"; MAX_SCOPES + 1])), "member_value");
    assert_eq!(with("scopes", json!(["b", "a"])), "member_value");
    assert_eq!(with("scopes", json!(["x".repeat(MAX_SCOPE_BYTES + 1)])), "handshake_terms");
    assert_eq!(with("purpose", json!(" ")), "handshake_terms");
    assert_eq!(with("purpose", json!("x".repeat(MAX_PURPOSE_BYTES + 1))), "handshake_terms");
    assert_eq!(with("nonce", json!("AA".repeat(32))), "member_value");
    assert_eq!(with("more", json!(1)), "member_unknown");
    assert_eq!(with("type", json!("meshwarden.handshake.proof.v1")), "member_value");
}

/// The signed bytes name their purpose, so that a signature of a handshake is good nowhere else, and none from elsewhere
/// is good here.
#[test]
fn a_signature_of_a_handshake_is_valid_for_nothing_else() {
    let (challenge, _) = answer(hello()).unwrap();
    let (proof, _) = meet(hello(), &challenge).unwrap();
    let (signer, old) = (key(1).public_key(), key(1).public_key().bytes());
    let new = key(3).public_key().bytes();
    let rotate = format!("rotate:{}:{}", old.to_base64(), new.to_base64());
    for other in [rotate.as_bytes(), b"eyJhbGciOiJFZERTQSJ9.e30", now().to_string().as_bytes()] {
        assert!(!signer.verify(other, &proof.signature));
    }
    let rotation = Rotation::sign(did(1), &key(1), &key(3), 1, now());
    let agent = json!({
        "did": did(1).to_string(), "name": "a", "public_key": old.to_base64(), "sponsor_email": "a@b.c",
        "verification_key_id": old.key_id().to_string(),
    });
    let agent = agent.to_string();
    let agent = Identity::from_json(&agent, &Reading { now: now(), assume_utc: false }).unwrap().identity;
    assert!(rotation.verify(&agent, 0, now()).is_ok());
    let mut forged = rotation.to_json();
    forged["by_old"] = json!(base64::encode(&proof.signature));
    let forged = Rotation::from_json(&forged.to_string()).unwrap();
    assert_eq!(forged.verify(&agent, 0, now()), Err(RotationError::OldSignature));
    let mut attestation = Attestation::sign(&agent, now(), now().plus(Span::seconds(9)), &key(1)).to_json();
    attestation["signature"] = json!(base64::encode(&proof.signature));
    let attestation = Attestation::from_json(&attestation.to_string()).unwrap();
    assert_eq!(attestation.verify(&agent, &[old], now()), Err(AttestationError::Signature));
    let (_, awaiting) = answer(hello()).unwrap();
    let stolen = base64::decode_array(rotation.to_json()["by_old"].as_str().unwrap()).unwrap();
    let forged = Proof { nonce: challenge.nonce, signature: stolen };
    assert_eq!(awaiting.finish(&forged, &peer(1), &demand(), now()), Err(HandshakeError::BadSignature));
}

/// The hello with one member changed.
fn changed(member: &str, seed: u8) -> Hello {
    let mut document = hello().to_json();
    document[member] = match member {
        "from" | "to" => json!(did(seed).to_string()),
        "key" => json!(key(seed).public_key().bytes().to_base64()),
        "nonce" | "freshness" => json!(Nonce([seed; 32]).to_hex()),
        "scopes" => json!([format!("read:{seed}")]),
        "purpose" => json!(format!("purpose {seed}")),
        _ => json!(now().plus(Span::seconds(i64::from(seed))).to_string()),
    };
    Hello::from_json(&document.to_string()).unwrap()
}

proptest! {
    #[test]
    fn any_changed_member_of_the_hello_breaks_the_handshake(
        member in prop::sample::select(vec!["from", "to", "key", "nonce", "scopes", "purpose", "freshness", "expires"]),
        seed in 40u8..250,
    ) {
        let altered = changed(member, seed);
        prop_assert_ne!(&altered, &hello());
        if let Ok((challenge, awaiting)) = answer(altered.clone()) {
            // The initiator's own hello and the one that arrived differ: neither side is content.
            prop_assert!(meet(hello(), &challenge).is_err());
            // Nor is the responder, should somebody bring the digest of the hello in order.
            let forged = Challenge { hello: hello().digest(), ..challenge.clone() };
            prop_assert_eq!(meet(hello(), &forged).unwrap_err(), HandshakeError::BadSignature);
            let (honest, _) = answer(hello()).unwrap();
            let (proof, _) = meet(hello(), &honest).unwrap();
            prop_assert_eq!(awaiting.finish(&proof, &peer(1), &demand(), now()), Err(HandshakeError::BadSignature));
        }
    }

    #[test]
    fn any_changed_byte_of_challenge_or_proof_is_refused(at in 0usize..64, bit in 0u8..8, nonce in any::<[u8; 32]>()) {
        let (challenge, awaiting) = answer(hello()).unwrap();
        let (proof, _) = meet(hello(), &challenge).unwrap();
        let flip = |mut signature: [u8; 64]| { signature[at] ^= 1 << bit; signature };
        let bent = Challenge { signature: flip(challenge.signature), ..challenge.clone() };
        prop_assert_eq!(meet(hello(), &bent).unwrap_err(), HandshakeError::BadSignature);
        let moved = Challenge { nonce: Nonce(nonce), ..challenge };
        prop_assert_eq!(meet(hello(), &moved).unwrap_err(), HandshakeError::BadSignature);
        let bent = Proof { signature: flip(proof.signature), ..proof.clone() };
        prop_assert_eq!(awaiting.clone().finish(&bent, &peer(1), &demand(), now()), Err(HandshakeError::BadSignature));
        let moved = Proof { nonce: Nonce(nonce), ..proof };
        prop_assert_eq!(awaiting.finish(&moved, &peer(1), &demand(), now()), Err(HandshakeError::ChallengeMismatch));
    }

    #[test]
    fn any_text_has_an_answer(text in "\\PC{0,200}") {
        prop_assert!(Hello::from_json(&text).is_err() && Challenge::from_json(&text).is_err() && Proof::from_json(&text).is_err());
    }
}
