//! Who asks.

use super::*;
use crate::delegation::ProofLedger;

fn denied(mesh: &Mesh, change: impl FnOnce(&mut Request<'static>)) -> String {
    let mut request = mesh.request(at(10));
    change(&mut request);
    code(&verify(&request, &mesh.basis(), at(10)))
}

#[test]
fn the_leaf_of_a_chain_is_allowed_what_its_last_token_grants() {
    let mesh = Mesh::new();
    let (verdict, chain) = judge(&mesh.request(at(10)), &mesh.basis(), &Memo::none(), at(10));
    assert_eq!(code(&verdict), "allow");
    let chain = chain.unwrap();
    assert_eq!((chain.caller(), chain.tokens().len(), chain.action()), (&did(3), 3, "read:data"));
    assert_eq!(denied(&mesh, |request| request.action = "write:orders:7".into()), "action_not_granted");
    assert_eq!(denied(&mesh, |request| request.action = "*".into()), "action_not_granted");
    assert_eq!(denied(&mesh, |request| request.action = "".into()), "action_not_granted");
}

#[test]
fn no_chain_comes_with_a_denial() {
    let mut mesh = Mesh::new();
    mesh.stand(1, |standing| standing.status = Status::Suspended);
    let (verdict, chain) = judge(&mesh.request(at(10)), &mesh.basis(), &Memo::none(), at(10));
    assert!(!verdict.allows() && chain.is_none());
}

#[test]
fn a_root_acts_by_itself_and_nobody_else_does() {
    let mesh = Mesh::new();
    let alone = |agent: u8| verify(&request(&[], agent, &secret(agent), at(10)), &mesh.basis(), at(10));
    assert_eq!(code(&alone(0)), "allow");
    assert_eq!(alone(0).token, None);
    assert_eq!(code(&alone(1)), "chain_not_from_root");
    assert_eq!(code(&alone(99)), "agent_unregistered");
}

#[test]
fn a_stolen_chain_is_useless_without_the_leafs_key() {
    let mesh = Mesh::new();
    let by = |agent: u8, key: u8| {
        verify(&request(&mesh.chain, agent, &secret(key), at(10)), &mesh.basis(), at(10))
    };
    assert_eq!(code(&by(3, 3)), "allow");
    assert_eq!(code(&by(3, 9)), "key_unknown");
    assert_eq!(code(&by(2, 2)), "proof_other_key", "not even an agent of the chain");
    assert_eq!(by(2, 2).caller, None);
}

#[test]
fn a_signed_request_is_not_replayed() {
    let mesh = Mesh::new();
    assert_eq!(
        denied(&mesh, |request| request.uri = "https://mesh.example/orders?id=8".into()),
        "proof_other_uri"
    );
    assert_eq!(denied(&mesh, |request| request.method = "DELETE".into()), "proof_other_method");
    assert_eq!(denied(&mesh, |request| request.audience = "verifier-2".into()), "proof_other_audience");
    assert_eq!(denied(&mesh, |request| request.body = Body::Digest(sha256(b"other"))), "proof_other_body");
    assert_eq!(denied(&mesh, |request| drop(request.chain.pop())), "proof_other_chain");
    let mut ledger = ProofLedger::new(8, 8);
    let mut again = mesh.request(at(10));
    assert_eq!(ProofUse::of(&ledger, &again.proof), ProofUse::Fresh);
    ledger.spend(&Proof::parse(&again.proof).unwrap(), at(10)).unwrap();
    again.proof_use = ProofUse::of(&ledger, &again.proof);
    assert_eq!(code(&verify(&again, &mesh.basis(), at(11))), "proof_spent");
}

#[test]
fn a_malformed_request_is_denied_and_nobody_is_named() {
    let mesh = Mesh::new();
    assert_eq!(denied(&mesh, |request| request.proof = "".into()), "token_malformed");
    assert_eq!(denied(&mesh, |request| request.proof = "a".repeat(1 << 20).into()), "proof_too_large");
    assert_eq!(denied(&mesh, |request| request.chain = vec!["a".repeat(1 << 20).into()]), "chain_too_large");
    assert_eq!(denied(&mesh, |request| request.chain = vec!["a.b.c".into(); 10_000]), "chain_too_long");
    assert_eq!(denied(&mesh, |request| request.chain.swap(0, 1)), "token_other_parent");
    assert_eq!(denied(&mesh, |request| request.chain[1] = request.proof.clone()), "token_type_mismatch");
    let mut bad = mesh.request(at(10));
    bad.chain[2] = bad.chain[2].replace('.', "..").into();
    let verdict = verify(&bad, &mesh.basis(), at(10));
    assert_eq!((verdict.caller.clone(), verdict.token, hop(&verdict)), (None, None, Some(2)));
}

#[test]
fn the_header_form_is_the_same_request() {
    let mesh = Mesh::new();
    let header = mesh.chain.join("~");
    let request = mesh.request(at(10)).with_header(&header);
    assert_eq!(request, mesh.request(at(10)));
    let long = vec![mesh.chain[0].as_str(); 10_000].join("~");
    assert_eq!(mesh.request(at(10)).with_header(&long).chain.len(), 11);
}

#[test]
fn every_agent_of_a_chain_is_registered() {
    for gone in 0..=3u8 {
        let mut mesh = Mesh::new();
        mesh.registry.unregister(&did(gone));
        assert_eq!(mesh.code(), "agent_unregistered", "{gone}");
    }
}

#[test]
fn a_chain_begins_at_a_root() {
    let mut mesh = Mesh::new();
    let (issuer, key) = (did(1), secret(1));
    let from_one = Chain::issue(Issuer { did: &issuer, key: &key }, &grant(2)).unwrap();
    mesh.chain = vec![from_one.to_header()];
    let request = request(&mesh.chain, 2, &secret(2), at(10));
    assert_eq!(code(&verify(&request, &mesh.basis(), at(10))), "chain_not_from_root");
}
