//! What an entry of the decision log says, and that it says it in one way.
#![allow(clippy::arithmetic_side_effects, reason = "small numbers of invented requests")]

use std::borrow::Cow;

use super::*;
use crate::delegation::Body;
use crate::encoding::{base64, canonical, sha256};
use crate::identity::Did;
use crate::policy::Policy;
use crate::registry::Registry;
use crate::time::Span;
use crate::verify::{Basis, ProofUse, Request, Verdict, verify};
use proptest::prelude::*;

fn start() -> Time {
    Time::parse("2026-03-01T12:00:00.5Z").unwrap()
}

fn request(action: &str, resource: &str) -> Request<'static> {
    Request {
        chain: vec![Cow::Borrowed("no token")],
        proof: Cow::Borrowed("no proof"),
        proof_use: ProofUse::Fresh,
        audience: Cow::Borrowed("mesh"),
        method: Cow::Borrowed("GET"),
        uri: Cow::Borrowed("https://a.example/x"),
        body: Body::Unseen,
        action: Cow::Owned(action.to_owned()),
        resource: Cow::Owned(resource.to_owned()),
    }
}

/// A denial as if its caller had proved who it is.
fn verdict(request: &Request<'_>) -> Verdict {
    let (registry, policy) = (Registry::default(), Policy::default());
    let digest = policy.digest();
    let basis =
        Basis { registry: &registry, policy: &policy, policy_digest: digest, index: 4, as_of: start() };
    Verdict { caller: Some(Did::from_bits(7)), ..verify(request, &basis, start()) }
}

fn decision(told: Told) -> Decision {
    Decision { log: LogName::from_bits(1), index: 3, time: start(), told }
}

fn draft(asked: &Asked<'_>, verdict: &Verdict) -> Option<Draft> {
    Draft::of(asked, verdict, proof_name(&asked.request), None, LogName::from_bits(1))
}

fn ruling(action: &str, resource: &str) -> Ruling {
    let request = request(action, resource);
    let verdict = verdict(&request);
    let asked = Asked { request, id: Some("r-1".into()), peer: None };
    let Told::Ruling(ruling) = draft(&asked, &verdict).unwrap().told() else { panic!("a ruling") };
    *ruling
}

fn sample(code: &str) -> Sample {
    Sample { code: code.to_owned(), found: "f".repeat(5000), action: "a".into(), peer: Some("p".into()) }
}

#[test]
fn a_caller_whom_nobody_knows_gets_no_ruling() {
    let request = request("read:a", "");
    let unknown = Verdict { caller: None, ..verdict(&request) };
    assert!(draft(&Asked::plain(request), &unknown).is_none());
}

#[test]
fn a_request_that_is_kept_is_judged_again_to_the_same_verdict_and_a_huge_one_is_told_by_its_digest() {
    let kept = ruling("read:a", "x");
    let request = Request::from_json(kept.request.as_ref().unwrap()).unwrap();
    assert_eq!(verdict(&request), kept.verdict);
    let huge = ruling("read:a", &"x".repeat(MAX_KEPT_REQUEST));
    assert_eq!(huge.request, None);
    let again = Decision::from_bytes(&decision(Told::Ruling(Box::new(huge.clone()))).to_bytes().unwrap());
    assert_eq!(again.unwrap().told, Told::Ruling(Box::new(huge)));
}

#[test]
fn an_entry_whose_request_is_another_than_its_digest_says_is_refused() {
    let mut other = ruling("read:a", "x");
    other.digest = sha256(b"another");
    let bytes = decision(Told::Ruling(Box::new(other))).to_bytes().unwrap();
    assert_eq!(Decision::from_bytes(&bytes), Err(DecisionError::Unreadable { member: "request" }));
}

#[test]
fn an_entry_whose_request_is_spelled_otherwise_is_refused_though_its_leaf_would_be_the_same() {
    let ruling = ruling("read:a", "x");
    let request = String::from_utf8(ruling.request.clone().unwrap()).unwrap();
    for (from, to) in [(r#""body":null,"#, ""), (r#""fresh""#, r#"{"fresh":null}"#)] {
        let other = request.replace(from, to);
        assert_eq!(Request::from_json(other.as_bytes()), Request::from_json(request.as_bytes()));
        let other = Ruling { request: Some(other.into_bytes()), ..ruling.clone() };
        let bytes = decision(Told::Ruling(Box::new(other))).to_bytes().unwrap();
        assert_eq!(Decision::from_bytes(&bytes), Err(DecisionError::Unreadable { member: "request" }));
    }
}

#[test]
fn whom_a_caller_wants_to_reach_stands_in_the_resource_or_in_the_audience() {
    let did = Did::from_unique_id("abcd").unwrap();
    assert_eq!(ruling("read:a", "did:mesh:abcd/inbox").callee(), Some(did.clone()));
    assert_eq!(ruling("read:a", "https://a.example/did:mesh:abcd").callee(), Some(did.clone()));
    assert_eq!(ruling("read:a", "did:mesh:").callee(), None);
    let called = Ruling { audience: did.to_string(), ..ruling("read:a", "ledger") };
    assert_eq!(called.callee(), Some(did));
}

#[test]
fn a_minute_of_strangers_is_bounded_however_many_come() {
    let mut refusals = Refusals::at(start());
    for number in 0..10_000 {
        refusals.count(sample(&format!("code_{}", number % 300)));
    }
    assert_eq!(refusals.total(), 10_000);
    assert_eq!((refusals.counts.len(), refusals.samples.len()), (MAX_REFUSAL_CODES, MAX_SAMPLES));
    assert_eq!(refusals.samples[0].code, "code_0");
    let bytes = decision(Told::Refusals(refusals.clone())).to_bytes().unwrap();
    assert!(bytes.len() < 8 * 1024, "{}", bytes.len());
    assert_eq!(Decision::from_bytes(&bytes).unwrap().told, Told::Refusals(refusals.clone()));
    assert_eq!(Refusals::from_draft(&refusals.to_draft()), Ok(refusals));
}

#[test]
fn a_minute_is_over_when_the_next_begins() {
    let refusals = Refusals::at(start());
    assert_eq!(refusals.minute, Time::parse("2026-03-01T12:00:00Z").unwrap());
    assert!(!refusals.is_over(start().plus(Span::seconds(59))));
    assert!(refusals.is_over(start().plus(Span::seconds(60))));
    assert_eq!(Refusals::at(Time::MIN).minute, Time::MIN);
}

/// What RFC 6962 hashes for an entry of the second version, made from its JSON alone.
fn short(entry: &[u8]) -> Vec<u8> {
    let mut value: serde_json::Value = serde_json::from_slice(entry).unwrap();
    for place in ["/request/chain", "/tokens", "/verdict/checks"] {
        let Some(list) = value.pointer_mut(place).filter(|list| list.is_array()) else { continue };
        let digest = sha256(&canonical::to_bytes(list).unwrap());
        *list = serde_json::Value::String(base64::encode_url(&digest));
    }
    canonical::to_bytes(&value).unwrap()
}

proptest! {
    #[test]
    fn a_leaf_is_that_of_the_entry_with_the_digest_of_each_list_in_its_place(
        action: String, resource: String, index in 0_u64..=canonical::MAX_SAFE_INTEGER, huge: bool
    ) {
        let action = if huge { action + &"x".repeat(MAX_KEPT_REQUEST) } else { action };
        let request = request(&action, &resource);
        let verdict = verdict(&request);
        let asked = Asked { request, id: Some("r-1".into()), peer: None };
        let draft = draft(&asked, &verdict).unwrap();
        let decision = Decision { index, ..decision(draft.told()) };
        let entry = decision.to_bytes().unwrap();
        let (holed, leaf) = draft.entry(index, decision.time).unwrap();
        prop_assert_eq!(leaf, leaf_hash(&short(&entry)));
        prop_assert_eq!(decision.leaf().unwrap(), leaf);
        let mut lists = draft.lists().map(|list| list.as_str());
        let whole: String = str::from_utf8(&holed).unwrap().split_inclusive('\0').map(|piece| {
            piece.strip_suffix('\0').map_or(piece.to_owned(), |piece| format!("{piece}{}", lists.next().unwrap()))
        }).collect();
        prop_assert_eq!(whole.into_bytes(), entry);
        prop_assert_eq!(lists.next(), None);
    }

    #[test]
    fn an_entry_reads_back_and_any_changed_byte_is_another_entry_or_none(
        action: String, resource: String, at in any::<prop::sample::Index>(), bit in 0u8..8
    ) {
        let decision = decision(Told::Ruling(Box::new(ruling(&action, &resource))));
        let Ok(bytes) = decision.to_bytes() else { return Ok(()) };
        prop_assert_eq!(Decision::from_bytes(&bytes), Ok(decision.clone()));
        let mut other = bytes.clone();
        other[at.index(bytes.len())] ^= 1 << bit;
        prop_assert!(Decision::from_bytes(&other).ok() != Some(decision));
    }
}
