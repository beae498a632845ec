//! Possession: one request, one time, one key.

use super::*;
use crate::encoding::sha256;

fn act(chain: &Chain) -> Act<'static> {
    Act {
        audience: "verifier-1",
        method: "POST",
        uri: "https://mesh.example/orders?id=7",
        leaf: chain.leaf_digest(),
    }
}

fn prove(chain: &Chain, agent: u8, id: u8) -> Proof {
    let (did, key) = (did(agent), secret(agent));
    let issuer = Issuer { did: &did, key: &key };
    Proof::make(&act(chain), sha256(b"body"), issuer, at(10), Span::seconds(30), [id; 16]).unwrap()
}

#[test]
fn a_proof_is_for_one_audience_method_uri_chain_and_body() {
    let chain = line(2, &["read:data"]);
    let proof = prove(&chain, 2, 1);
    let (act, body) = (act(&chain), Body::Digest(sha256(b"body")));
    assert_eq!(proof.covers(&act, body, at(10)), Ok(()));
    assert_eq!(proof.covers(&act, Body::Unseen, at(10)), Ok(()));
    let other = |act: &Act<'_>, body| code(proof.covers(act, body, at(10)));
    assert_eq!(other(&Act { audience: "verifier-2", ..act.clone() }, body), "proof_other_audience");
    assert_eq!(other(&Act { method: "GET", ..act.clone() }, body), "proof_other_method");
    assert_eq!(
        other(&Act { uri: "https://mesh.example/orders?id=8", ..act.clone() }, body),
        "proof_other_uri"
    );
    assert_eq!(
        other(&Act { leaf: line(3, &["read:data"]).leaf_digest(), ..act.clone() }, body),
        "proof_other_chain"
    );
    assert_eq!(other(&Act { leaf: None, ..act.clone() }, body), "proof_other_chain");
    assert_eq!(other(&act, Body::Digest(sha256(b"Body"))), "proof_other_body");
}

#[test]
fn a_proof_counts_for_at_most_a_minute_and_not_before_it_was_made() {
    let chain = line(1, &["read:data"]);
    let proof = prove(&chain, 1, 1);
    let covers = |now| proof.covers(&act(&chain), Body::Unseen, now);
    assert!(covers(at(5)).is_ok(), "a signer's clock may be 5 s ahead");
    assert_eq!(code(covers(at(4))), "proof_window");
    assert!(covers(at(39)).is_ok());
    assert_eq!(code(covers(at(40))), "proof_expired");
    let (did, key) = (did(1), secret(1));
    for life in [0, -1, 61, i64::MAX] {
        let issuer = Issuer { did: &did, key: &key };
        let made = Proof::make(&act(&chain), [0; 32], issuer, at(0), Span::seconds(life), [0; 16]);
        assert_eq!(code(made), "proof_window", "{life}");
    }
}

#[test]
fn a_proof_is_signed_by_one_key_and_every_byte_of_it_matters() {
    let proof = prove(&line(1, &["read:data"]), 1, 1);
    assert_eq!(proof.signed_by(&secret(1).public_key()), Ok(()));
    assert_eq!(code(proof.signed_by(&secret(2).public_key())), "proof_signature_invalid");
    let text = proof.as_str();
    for at in 0..text.len() {
        let mut bytes = text.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let other = Proof::parse(std::str::from_utf8(&bytes).unwrap());
        assert!(other.and_then(|proof| proof.signed_by(&secret(1).public_key())).is_err(), "byte {at}");
    }
}

#[test]
fn neither_a_delegation_nor_a_big_text_is_a_proof() {
    assert_eq!(code(Proof::parse(line(1, &["read:data"]).leaf().unwrap().as_str())), "token_type_mismatch");
    assert_eq!(code(Proof::parse(&"a".repeat(1 << 20))), "proof_too_large");
    let proof = prove(&line(1, &["read:data"]), 1, 1);
    assert_eq!(code(Chain::parse(&[proof.as_str()])), "token_type_mismatch");
    let (header, payload) = opened(proof.as_str());
    let unknown = forge(1, &header, &payload.replacen('{', "{\"x\":1,", 1));
    assert_eq!(code(Proof::parse(&unknown)), "proof_claims_malformed");
}

#[test]
fn a_proof_is_used_once_however_the_clock_goes() {
    let chain = line(1, &["read:data"]);
    let mut ledger = ProofLedger::new(10, 10);
    let proof = prove(&chain, 1, 1);
    assert!(!ledger.knows(&proof));
    assert_eq!(ledger.spend(&proof, at(20)), Ok(()));
    assert!(ledger.knows(&proof));
    assert_eq!(code(ledger.spend(&proof, at(20))), "proof_spent");
    assert_eq!(code(ledger.spend(&proof, at(40))), "proof_expired");
    assert!(ledger.is_empty(), "it is forgotten once it counts no more");
    assert_eq!(code(ledger.spend(&proof, at(20))), "proof_expired", "a clock set back wakes no proof");
}

#[test]
fn a_full_ledger_refuses_and_one_agent_cannot_fill_it() {
    let chain = line(1, &["read:data"]);
    let mut ledger = ProofLedger::new(5, 3);
    for id in 0..3 {
        assert_eq!(ledger.spend(&prove(&chain, 1, id), at(20)), Ok(()));
    }
    assert_eq!(code(ledger.spend(&prove(&chain, 1, 3), at(20))), "proof_no_room");
    assert_eq!(ledger.spend(&prove(&chain, 2, 0), at(20)), Ok(()));
    assert_eq!(ledger.spend(&prove(&chain, 3, 0), at(20)), Ok(()));
    assert_eq!(code(ledger.spend(&prove(&chain, 4, 0), at(20))), "proof_no_room");
    assert_eq!(
        code(ledger.spend(&prove(&chain, 1, 0), at(20))),
        "proof_spent",
        "what is full still remembers"
    );
}

#[test]
fn a_ledger_survives_a_restart() {
    let chain = line(1, &["read:data"]);
    let mut ledger = ProofLedger::new(5, 5);
    ledger.spend(&prove(&chain, 1, 7), at(20)).unwrap();
    let mut again = ProofLedger::new(5, 5);
    for (name, signer, end) in ledger.entries() {
        again.restore(name, signer, end, at(21)).unwrap();
    }
    assert_eq!(code(again.spend(&prove(&chain, 1, 7), at(21))), "proof_spent");
}
