//! What a verdict says, and that it says it again.

use super::*;
use proptest::prelude::*;

#[test]
fn an_allow_names_every_check_at_every_hop() {
    let verdict = Mesh::new().verdict(at(10));
    let names: Vec<(&str, Option<u32>)> =
        verdict.checks.iter().map(|check| (check.name.as_ref(), check.hop)).collect();
    for name in ["revocation", "seal", "signing_key", "lifetime", "depth", "lineage", "holding", "rules"] {
        for hop in 0..3 {
            assert_eq!(names.iter().filter(|found| **found == (name, Some(hop))).count(), 1, "{name} {hop}");
        }
    }
    for name in ["lists", "lock", "active", "attestation", "tier"] {
        assert_eq!(names.iter().filter(|(found, _)| *found == name).count(), 4, "{name}: the root as well");
    }
    for name in
        ["chain_form", "proof_form", "chain", "proof_request", "proof_key", "proof_signature", "proof_unused"]
    {
        assert!(names.contains(&(name, None)), "{name}");
    }
    assert_eq!(names.last(), Some(&("action", None)));
    assert!(verdict.checks.iter().all(|check| check.passed));
}

#[test]
fn a_denial_ends_with_the_check_that_failed_and_says_both_values() {
    let mut mesh = Mesh::new();
    mesh.policy.tokens.max_depth = 2;
    let verdict = mesh.verdict(at(10));
    let (last, before) = verdict.checks.split_last().unwrap();
    assert_eq!((last.name.as_ref(), last.hop, last.passed), ("depth", Some(2), false));
    assert!(before.iter().all(|check| check.passed));
    let failure = verdict.failure.unwrap();
    assert_eq!((failure.expected.as_str(), failure.found.as_str()), ("depth of at most 2", "3"));
}

#[test]
fn a_verdict_says_what_it_was_judged_by() {
    let verdict = Mesh::new().verdict(at(10));
    assert_eq!((verdict.index, verdict.as_of, verdict.age()), (42, at(0), Span::seconds(10)));
    assert_eq!((verdict.policy, verdict.caller.clone()), (POLICY_DIGEST, Some(did(3))));
    let text = verdict.to_json().unwrap();
    assert!(text.contains(r#""verdict":"meshwarden.verdict.v1""#), "{text}");
}

#[test]
fn time_never_goes_backwards() {
    let mut mesh = Mesh::new();
    mesh.as_of = at(3600);
    let verdict = verify(&mesh.request(at(10)), &mesh.basis(), at(10));
    assert_eq!((verdict.now, code(&verdict).as_str()), (at(3600), "token_expired"));
}

#[test]
fn requests_and_verdicts_read_back_and_nothing_else_does() {
    let mesh = Mesh::new();
    for body in [Body::Unseen, Body::Digest(sha256(b"body"))] {
        let request = Request { body, ..mesh.request(at(10)) };
        let bytes = request.to_json();
        assert_eq!(Request::from_json(&bytes).unwrap(), request);
    }
    let verdict = mesh.verdict(at(10));
    let text = verdict.to_json().unwrap();
    assert_eq!(Verdict::from_json(text.as_bytes()).unwrap(), verdict);
    for bad in
        ["{}", "", "null", &text.replace("verdict.v1", "verdict.v2"), &text.replacen('{', "{\"x\":1,", 1)]
    {
        assert_eq!(Verdict::from_json(bad.as_bytes()), Err(Unreadable), "{bad}");
        assert!(Request::from_json(bad.as_bytes()).is_err());
    }
}

#[test]
fn a_memo_changes_no_verdict() {
    let memo = Memo::new(64, 64);
    let mut mesh = Mesh::new();
    for _ in 0..2 {
        let request = mesh.request(at(10));
        let with = judge(&request, &mesh.basis(), &memo, at(10)).0;
        assert_eq!(with, verify(&request, &mesh.basis(), at(10)));
        assert_eq!(code(&with), "allow");
    }
    mesh.stand(2, |standing| standing.status = Status::Revoked);
    let (verdict, _) = judge(&mesh.request(at(10)), &mesh.basis(), &memo, at(10));
    assert_eq!(code(&verdict), "agent_revoked", "a signature is remembered, never a verdict");
    let mut forged = mesh.request(at(10));
    let (signed, signature) = forged.chain[1].rsplit_once('.').unwrap();
    let other: String = signature.chars().rev().collect();
    forged.chain[1] = format!("{signed}.{other}").into();
    assert!(!judge(&forged, &mesh.basis(), &memo, at(10)).0.allows());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_verdict_replays_to_the_same_bytes(seconds in -20i64..4000, tokens in 1u8..=5, action in "(read|write):(data|orders)(:x)?", stopped in prop::option::of(0u8..=5)) {
        let mut mesh = Mesh::new();
        mesh.chain = chain(tokens);
        if let Some(agent) = stopped {
            mesh.stand(agent, |standing| standing.status = Status::Suspended);
        }
        let request = Request { action: action.into(), ..mesh.request(at(seconds)) };
        let first = verify(&request, &mesh.basis(), at(seconds)).to_json().unwrap();
        let read = Request::from_json(&request.to_json()).unwrap();
        let stored = Verdict::from_json(first.as_bytes()).unwrap();
        prop_assert_eq!(verify(&read, &mesh.basis(), stored.now).to_json().unwrap(), first);
    }

    #[test]
    fn what_has_ended_never_comes_back(first in 0i64..5000, later in 0i64..5000) {
        let mesh = Mesh::new();
        let state = |now| mesh.verdict(at(now));
        let (before, after) = (state(first), state(first + later));
        if !before.allows() {
            prop_assert!(!after.allows(), "{} {}", code(&before), code(&after));
        }
    }

    #[test]
    fn any_mutated_byte_of_a_request_denies(token in 0usize..3, place in any::<prop::sample::Index>(), byte in 0x21u8..0x7f, in_proof: bool) {
        let mesh = Mesh::new();
        let mut request = mesh.request(at(10));
        let text = if in_proof { &mut request.proof } else { &mut request.chain[token] };
        let mut bytes = text.clone().into_owned().into_bytes();
        let at_byte = place.index(bytes.len());
        prop_assume!(bytes[at_byte] != byte);
        bytes[at_byte] = byte;
        *text = String::from_utf8(bytes).unwrap().into();
        prop_assert!(!verify(&request, &mesh.basis(), at(10)).allows());
    }
}
