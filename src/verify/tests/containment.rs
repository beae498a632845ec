//! What is stopped stays stopped: states, seals, locks, lists, keys, revocations.

use super::*;
use crate::registry::{Lock, LockTarget};

#[test]
fn a_stopped_agent_anywhere_in_the_chain_stops_it() {
    for (agent, seen_at) in [(0, Some(0)), (1, Some(0)), (2, Some(1)), (3, Some(2))] {
        for (status, stopped) in [(Status::Suspended, "agent_suspended"), (Status::Revoked, "agent_revoked")]
        {
            let mut mesh = Mesh::new();
            mesh.stand(agent, |standing| standing.status = status);
            let verdict = mesh.verdict(at(10));
            assert_eq!((code(&verdict).as_str(), hop(&verdict)), (stopped, seen_at), "{agent}");
            assert_eq!(verdict.caller, Some(did(3)), "who asks is known");
        }
    }
}

#[test]
fn an_agents_own_expiry_ends_its_chains() {
    let mesh = Mesh::with(|identity| {
        if identity.did == did(2) {
            identity.expires_at = Some(at(10));
        }
    });
    assert_eq!(code(&mesh.verdict(at(9))), "allow");
    assert_eq!(code(&mesh.verdict(at(10))), "agent_expired");
}

#[test]
fn a_broken_lineage_cuts_its_agents_off() {
    let mesh = Mesh::with(|identity| {
        if identity.did == did(2) {
            identity.capabilities.push("admin:all".into());
        }
    });
    let verdict = mesh.verdict(at(10));
    assert_eq!((code(&verdict).as_str(), hop(&verdict)), ("agent_cut_off", Some(1)));
    assert!(verdict.failure.unwrap().found.contains("capability_escalation"));
}

#[test]
fn a_seal_lets_only_what_was_logged_before_it_count() {
    let mut mesh = Mesh::new();
    mesh.stand(1, |standing| standing.sealed_at = Some(10));
    let verdict = mesh.verdict(at(10));
    assert_eq!((code(&verdict).as_str(), hop(&verdict)), ("token_after_seal", Some(1)));
    mesh.log(1, 9);
    assert_eq!(hop(&mesh.verdict(at(10))), Some(2), "what is issued below a sealed agent as well");
    mesh.log(2, 10);
    assert_eq!(mesh.code(), "token_after_seal", "the entry of the seal itself is too late");
    let mut mesh = Mesh::new();
    mesh.stand(1, |standing| standing.sealed_at = Some(10));
    mesh.log(1, 8);
    mesh.log(2, 9);
    assert_eq!(mesh.code(), "allow");
}

#[test]
fn a_lock_holds_a_subtree_a_sponsor_an_organization_and_a_key() {
    let targets = [
        LockTarget::Subtree(did(0)),
        LockTarget::Subtree(did(3)),
        LockTarget::Sponsor("ana@example.org".into()),
        LockTarget::Organization("example".into()),
        LockTarget::Key(key(2)),
    ];
    for target in targets {
        let mut mesh = Mesh::new();
        let lock =
            Lock { target: target.clone(), index: 5, since: at(0), reason: "incident".into(), until: None };
        mesh.registry.facts_mut().locks.add(lock);
        assert_eq!(mesh.code(), "agent_locked", "{target:?}");
        mesh.registry.facts_mut().locks.lift(&target);
        assert_eq!(mesh.code(), "allow");
    }
    let mut mesh = Mesh::new();
    mesh.registry.facts_mut().locks.add(Lock {
        target: LockTarget::Key(key(1)),
        index: 5,
        since: at(0),
        reason: "incident".into(),
        until: None,
    });
    mesh.replace_key(1, 101, at(1000), None);
    let verdict = mesh.verdict(at(10));
    assert_eq!(
        (code(&verdict).as_str(), hop(&verdict)),
        ("agent_locked", Some(1)),
        "what the old key signed"
    );
}

#[test]
fn tokens_of_a_rotated_key_live_through_the_overlap() {
    let mut mesh = Mesh::new();
    mesh.replace_key(1, 101, at(100), None);
    assert_eq!(code(&mesh.verdict(at(99))), "allow");
    let verdict = mesh.verdict(at(100));
    assert_eq!((code(&verdict).as_str(), hop(&verdict)), ("key_lapsed", Some(1)));
}

#[test]
fn of_a_compromised_key_only_this_very_token_logged_before_the_cut_counts() {
    let mut mesh = Mesh::new();
    mesh.replace_key(1, 101, at(3600), Some(10));
    assert_eq!(mesh.code(), "key_compromised");
    mesh.log(1, 10);
    assert_eq!(mesh.code(), "key_compromised", "the cut itself is too late");
    let mut mesh = Mesh::new();
    mesh.log(1, 9);
    mesh.replace_key(1, 101, at(3600), Some(10));
    assert_eq!(mesh.code(), "allow");
    // The thief signs another token of the same jti, dated before the cut.
    mesh.chain =
        chain_of(3, |agent, grant| if agent == 2 { Grant { ceiling: Some(999), ..grant } } else { grant });
    assert_eq!(mesh.code(), "key_compromised");
}

#[test]
fn possession_follows_the_key_that_the_token_names() {
    let mut mesh = Mesh::new();
    mesh.replace_key(3, 103, at(100), None);
    assert_eq!(code(&mesh.verdict(at(99))), "allow", "the old key, within its overlap");
    assert_eq!(code(&mesh.verdict(at(100))), "key_lapsed");
    let fresh = request(&mesh.chain, 3, &secret(103), at(10));
    assert_eq!(code(&verify(&fresh, &mesh.basis(), at(10))), "proof_other_key", "cnf names the old one");
    let mut mesh = Mesh::new();
    mesh.replace_key(3, 103, at(100), Some(10));
    mesh.log(2, 1);
    assert_eq!(mesh.code(), "key_compromised", "a thief's proof is made now");
}

#[test]
fn a_revocation_reaches_every_chain_that_contains_the_token() {
    for token in 0..3 {
        let mut mesh = Mesh::new();
        let id = crate::delegation::Token::parse(&mesh.chain[token]).unwrap().claims().id.clone();
        mesh.registry.facts_mut().tokens.revoke_id(&id, 5);
        let verdict = mesh.verdict(at(10));
        assert_eq!((code(&verdict).as_str(), hop(&verdict)), ("token_revoked", u32::try_from(token).ok()));
    }
}

#[test]
fn revoked_issuers_and_subtrees_begin_anew_with_what_is_logged_later() {
    let mut mesh = Mesh::new();
    mesh.registry.facts_mut().tokens.revoke_issuer(did(1), 10, at(0));
    let verdict = mesh.verdict(at(10));
    assert_eq!((code(&verdict).as_str(), hop(&verdict)), ("issuer_tokens_revoked", Some(1)));
    mesh.log(1, 11);
    assert_eq!(mesh.code(), "allow");
    mesh.registry.facts_mut().tokens.revoke_subtree(did(2), 12, at(0));
    let verdict = mesh.verdict(at(10));
    assert_eq!((code(&verdict).as_str(), hop(&verdict)), ("subtree_tokens_revoked", Some(1)));
    let mut mesh = Mesh::new();
    mesh.registry.facts_mut().tokens.revoke_subtree(did(2), 12, at(0));
    mesh.log(1, 12);
    assert_eq!(mesh.code(), "subtree_tokens_revoked", "the entry of the revocation itself is too early");
}

#[test]
fn a_revocation_list_stops_whom_it_names_for_as_long_as_it_says() {
    let mut mesh = Mesh::new();
    let mut list = crate::identity::RevocationList::default();
    list.revoke(did(2), "odd", None, Some(Span::seconds(50)), at(0));
    mesh.registry.facts_mut().listed = std::sync::Arc::new(list);
    let verdict = mesh.verdict(at(50));
    assert_eq!((code(&verdict).as_str(), hop(&verdict)), ("agent_listed", Some(1)));
    assert_eq!(code(&mesh.verdict(at(51))), "allow");
}
