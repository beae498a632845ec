//! What an account says, and what is too big.

use super::*;
use crate::identity::{Reading, SecretKey};
use serde_json::{Value, json};

const READING: Reading = Reading { now: Time::MIN, assume_utc: false };

fn at(text: &str) -> Time {
    Time::parse(text).unwrap()
}

/// The sponsor's grant to `aa`, and one from `aa` to `bb` signed by key 1.
fn two_links() -> ScopeChain {
    let now = at("2026-03-01T12:00:00Z");
    let (mut chain, root) = ScopeChain::create_root("ana@example.org", "did:mesh:aa", &["read:*"], 1, 2, now);
    let first = root.link_hash.clone();
    chain.add_link(root.clone()).unwrap();
    let delegated = vec!["read:data".to_owned()];
    let mut link = Link {
        link_id: "link_2".into(),
        depth: 1,
        parent_did: "did:mesh:aa".into(),
        child_did: "did:mesh:bb".into(),
        parent_capabilities: vec!["read:*".into()],
        parent_signature: sign_link("did:mesh:aa", "did:mesh:bb", &delegated, &SecretKey::from_seed([1; 32])),
        delegated_capabilities: delegated,
        previous_link_hash: Some(first),
        ..root
    };
    link.link_hash = link.hash();
    chain.add_link(link).unwrap();
    chain
}

#[test]
fn an_account_tells_a_registered_key_from_one_that_came_along() {
    let mut chain = two_links();
    let key = |seed| SecretKey::from_seed([seed; 32]).public_key().bytes();
    let signed = |chain: &ScopeChain, registered: Option<KeyBytes>| {
        chain
            .account(Time::MIN, |did| registered.filter(|_| did == "did:mesh:aa"))
            .hops
            .last()
            .unwrap()
            .signed
    };
    assert_eq!(signed(&chain, None), Signed::Unchecked);
    assert_eq!(signed(&chain, Some(key(1))), Signed::Registered);
    assert_eq!(signed(&chain, Some(key(2))), Signed::Invalid);
    chain.known.push(("did:mesh:aa".into(), key(1)));
    assert_eq!(signed(&chain, None), Signed::BroughtAlong);
    assert_eq!(
        signed(&chain, Some(key(2))),
        Signed::Invalid,
        "the registry's key counts, not the document's"
    );
}

#[test]
fn an_account_says_of_every_hop_what_nothing_proves() {
    let mut chain = two_links();
    chain.links[1].expires_at = Some(at("2026-03-02T12:00:00Z"));
    let shown = chain.account(at("2026-03-02T12:00:00Z"), |_| None);
    assert!(shown.summary_fits);
    let [first, last] = &shown.hops[..] else { panic!("two hops") };
    assert!(first.unproven.contains(&Unproven::Sponsor) && !first.unproven.contains(&Unproven::Possession));
    assert!(last.unproven.contains(&Unproven::Expiry) && last.unproven.contains(&Unproven::Possession));
    assert!(shown.hops.iter().all(|hop| hop.unproven.contains(&Unproven::Replayable)));
    assert_eq!((last.fault, last.ended), (None, true), "an end that anybody may have moved breaks no hash");
    chain.leaf_capabilities.push("admin".into());
    assert!(!chain.account(Time::MIN, |_| None).summary_fits);
}

fn document() -> Value {
    json!({
        "chain_id": "c", "root_sponsor_email": "ana@example.org", "root_capabilities": ["a"],
        "leaf_did": "did:mesh:aa", "leaf_capabilities": ["a"], "links": [],
    })
}

fn field(document: &Value) -> &'static str {
    ScopeChain::from_json(&document.to_string(), &READING).unwrap_err().field
}

#[test]
fn what_is_too_big_too_deep_or_said_twice_is_refused() {
    assert!(ScopeChain::from_json(&document().to_string(), &READING).is_ok());
    let with = |name: &str, value: Value| {
        let mut document = document();
        document[name] = value;
        document
    };
    let link = two_links().links[1].to_json();
    assert_eq!(field(&with("links", json!(vec![&link; MAX_LINKS + 1]))), "links");
    assert_eq!(field(&with("links", json!(vec![&link; 10_000]))), "document");
    assert_eq!(field(&with("root_capabilities", json!(vec!["a"; MAX_LIST + 1]))), "root_capabilities");
    assert_eq!(field(&with("root_capabilities", json!(vec!["a"; 100_000]))), "document");
    assert_eq!(field(&with("chain_id", json!("x".repeat(1 << 20)))), "document");
    assert_eq!(field(&with("max_depth", json!(-1))), "max_depth");
    let deep = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
    let text = document().to_string();
    for bad in
        [text.replacen('{', &format!("{{\"x\":{deep},"), 1), text.replacen('{', "{\"chain_id\":\"d\",", 1)]
    {
        assert_eq!(ScopeChain::from_json(&bad, &READING).unwrap_err().field, "document");
    }
}

#[test]
fn a_time_is_hashed_as_python_writes_it() {
    for (text, hashed) in [
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05+00:00"),
        ("2026-01-02 03:04:05.5z", "2026-01-02T03:04:05.500000+00:00"),
        ("2026-01-02T03:04:05.0000009-00:00", "2026-01-02T03:04:05+00:00"),
        ("2026-01-02T03:04:05.000001-08:00", "2026-01-02T03:04:05.000001-08:00"),
    ] {
        assert_eq!(Stamp::parse(text).unwrap().text, hashed);
    }
    assert_eq!(Stamp::parse("2026-01-02T03:04:05"), None);
}
