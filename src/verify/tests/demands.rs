//! What policy demands, and what registry and token must agree on.

use super::*;
use crate::policy::ActionClass;
use crate::trust::Tier;

fn class(gate: Option<Tier>, staleness: i64) -> ActionClass {
    ActionClass {
        name: "reading".into(),
        capabilities: vec!["read:*".into()],
        gate,
        staleness: Span::seconds(staleness),
    }
}

#[test]
fn the_registered_parent_is_the_issuer() {
    let mesh = Mesh::with(|identity| {
        if identity.did == did(5) {
            identity.parent = Some(Parent::Did(did(0)));
            identity.delegation_depth = 1;
        }
    });
    let chain = chain_of(1, |_, grant| Grant { subject: did(5), key: key(5), ..grant });
    let request = |chain: &[String]| super::request(chain, 5, &secret(5), at(10));
    assert_eq!(code(&verify(&request(&chain), &mesh.basis(), at(10))), "allow");
    let other = chain_of(
        2,
        |agent, grant| {
            if agent == 2 { Grant { subject: did(5), key: key(5), ..grant } } else { grant }
        },
    );
    let verdict = verify(&request(&other), &mesh.basis(), at(10));
    assert_eq!((code(&verdict).as_str(), hop(&verdict)), ("depth_differs", Some(1)));
    let mesh = Mesh::with(|identity| {
        if identity.did == did(5) {
            identity.parent = Some(Parent::Did(did(1)));
            identity.delegation_depth = 2;
        }
    });
    let sideways =
        chain_of(
            3,
            |agent, grant| {
                if agent == 3 { Grant { subject: did(5), key: key(5), ..grant } } else { grant }
            },
        );
    assert_eq!(code(&verify(&request(&sideways), &mesh.basis(), at(10))), "depth_differs");
}

#[test]
fn a_child_of_another_parent_at_the_same_depth_is_refused() {
    let mesh = Mesh::with(|identity| {
        if identity.did == did(4) {
            identity.parent = Some(Parent::Did(did(0)));
            identity.delegation_depth = 1;
        }
        if identity.did == did(5) {
            identity.delegation_depth = 2;
        }
    });
    // 4 is a child of 0, and 5 of 4: a token from 1 to 5 has the right depth and the wrong parent.
    let chain = chain_of(
        2,
        |agent, grant| {
            if agent == 2 { Grant { subject: did(5), key: key(5), ..grant } } else { grant }
        },
    );
    let verdict = verify(&super::request(&chain, 5, &secret(5), at(10)), &mesh.basis(), at(10));
    assert_eq!((code(&verdict).as_str(), hop(&verdict)), ("parent_differs", Some(1)));
}

#[test]
fn a_token_grants_no_more_than_the_registry_says_that_its_subject_holds() {
    let mut mesh = Mesh::new();
    mesh.chain = chain_of(3, |_, grant| Grant { scope: &["read:data", "admin:all"], ..grant });
    let verdict = mesh.verdict(at(10));
    assert_eq!((code(&verdict).as_str(), hop(&verdict)), ("scope_not_held", Some(0)));
    assert_eq!(verdict.failure.unwrap().found, "admin:all");
}

#[test]
fn life_and_depth_stay_within_the_policy() {
    let mut mesh = Mesh::new();
    mesh.policy.tokens.ttl_max = Span::seconds(3599);
    let verdict = mesh.verdict(at(10));
    assert_eq!((code(&verdict).as_str(), hop(&verdict)), ("policy_lifetime_exceeded", Some(0)));
    mesh.policy.tokens.ttl_max = Span::seconds(3600);
    mesh.policy.tokens.max_depth = 2;
    let verdict = mesh.verdict(at(10));
    assert_eq!((code(&verdict).as_str(), hop(&verdict)), ("policy_depth_exceeded", Some(2)));
    mesh.policy.tokens.max_depth = 3;
    assert_eq!(mesh.code(), "allow");
}

#[test]
fn block_and_allow_lists_name_agents_sponsors_organizations_and_keys() {
    type Name = fn(&mut crate::policy::Lists) -> bool;
    let names: [Name; 4] = [
        |list| list.dids.insert(did(2)),
        |list| list.sponsors.insert("ana@example.org".into()),
        |list| list.organizations.insert("example".into()),
        |list| list.keys.insert(key(2)),
    ];
    for name in names {
        let mut mesh = Mesh::new();
        name(&mut mesh.policy.block);
        assert_eq!(mesh.code(), "agent_blocked");
    }
    let mut mesh = Mesh::new();
    mesh.policy.allow.dids.extend([did(0), did(1), did(3)]);
    let verdict = mesh.verdict(at(10));
    assert_eq!((code(&verdict).as_str(), hop(&verdict)), ("agent_not_allowed", Some(1)));
    mesh.policy.allow.organizations.insert("example".into());
    assert_eq!(mesh.code(), "allow");
    mesh.policy.block.dids.insert(did(0));
    assert_eq!(mesh.code(), "agent_blocked", "whatever else is said");
}

#[test]
fn every_agent_of_a_chain_meets_the_gate_of_the_class() {
    let low = |agent: u8| {
        move |identity: &mut Identity<'_>| {
            if identity.did == did(agent) {
                identity.trust_score = Some(699);
            }
        }
    };
    for (agent, seen_at) in [(0, Some(0)), (1, Some(0)), (3, Some(2))] {
        let mut mesh = Mesh::with(low(agent));
        assert_eq!(mesh.code(), "allow");
        mesh.policy.classes.push(class(Some(Tier::Trusted), 300));
        let verdict = mesh.verdict(at(10));
        assert_eq!((code(&verdict).as_str(), hop(&verdict)), ("tier_too_low", seen_at), "{agent}");
    }
}

#[test]
fn no_score_exceeds_a_ceiling_of_its_lineage_or_its_tokens() {
    let mut mesh = Mesh::with(|identity| {
        identity.max_initial_trust_score = (identity.did == did(0)).then_some(600);
    });
    mesh.policy.classes.push(class(Some(Tier::Trusted), 300));
    assert_eq!(mesh.code(), "tier_too_low");
    let mut mesh = Mesh::new();
    mesh.policy.classes.push(class(Some(Tier::Trusted), 300));
    assert_eq!(mesh.code(), "allow");
    mesh.chain =
        chain_of(3, |agent, grant| if agent == 2 { Grant { ceiling: Some(699), ..grant } } else { grant });
    let verdict = mesh.verdict(at(10));
    assert_eq!((code(&verdict).as_str(), hop(&verdict)), ("tier_too_low", Some(1)));
}

#[test]
fn a_registry_older_than_the_class_allows_denies() {
    let mut mesh = Mesh::new();
    mesh.policy.classes.push(class(None, 10));
    assert_eq!(code(&mesh.verdict(at(10))), "allow");
    assert_eq!(code(&mesh.verdict(at(11))), "registry_stale");
}

#[test]
fn an_attestation_is_wanted_of_everybody_when_the_policy_says_so() {
    let mut mesh = Mesh::new();
    mesh.policy.attestation.required = true;
    let verdict = mesh.verdict(at(10));
    assert_eq!((code(&verdict).as_str(), hop(&verdict)), ("agent_unattested", Some(0)));
    let mut intake = Registry::default().intake(true);
    for agent in 0..=3u8 {
        let identity = record(agent, agent.checked_sub(1), u32::from(agent));
        intake.register(&identity, true, 0).unwrap();
    }
    mesh.registry = intake.settle();
    assert_eq!(mesh.code(), "allow");
    mesh.replace_key(2, 102, at(1000), None);
    let verdict = mesh.verdict(at(10));
    assert_eq!(
        (code(&verdict).as_str(), hop(&verdict)),
        ("agent_unattested", Some(1)),
        "not for another key"
    );
}

#[cfg(feature = "console")]
#[test]
fn rules_judge_every_hop_and_an_unjudgeable_one_is_denied() {
    let mut mesh = Mesh::new();
    let rules = |text: &str| crate::policy::Rules::parse(text, &["default"]).unwrap();
    mesh.policy.rules = rules("permit(principal, action, resource);");
    assert_eq!(mesh.code(), "allow");
    mesh.policy.rules = rules("permit(principal, action, resource) when { context.depth < 3 };");
    let verdict = mesh.verdict(at(10));
    assert_eq!((code(&verdict).as_str(), hop(&verdict)), ("rule_denied", Some(2)));
}

#[cfg(feature = "console")]
#[test]
fn a_root_that_acts_by_itself_is_judged_by_the_rules_too() {
    let mut mesh = Mesh::new();
    let alone =
        |mesh: &Mesh| code(&verify(&super::request(&[], 0, &secret(0), at(10)), &mesh.basis(), at(10)));
    let rules = |text: &str| crate::policy::Rules::parse(text, &["default"]).unwrap();
    for (text, answer) in [
        ("permit(principal, action, resource);", "allow"),
        ("permit(principal, action, resource); forbid(principal, action, resource);", "rule_denied"),
        ("permit(principal, action, resource) when { context.hop >= 1 };", "rule_denied"),
        ("permit(principal, action, resource) when { context.scopes.contains(\"read:data\") };", "allow"),
    ] {
        mesh.policy.rules = rules(text);
        assert_eq!(alone(&mesh), answer, "{text}");
    }
}
