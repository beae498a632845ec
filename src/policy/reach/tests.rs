use std::borrow::Cow;

use super::*;
use crate::identity::{Did, Identity, KeyBytes, Parent, Status};
use crate::policy::ActionClass;
use crate::registry::Standing;
use crate::registry::query::{Callers, Query, reach_query};
use crate::time::Time;

fn at() -> Time {
    Time::parse("2026-03-01T12:00:00Z").unwrap()
}

/// ```text
/// 1 (*)
/// ├── 2 deploy:*, read:data
/// │   └── 3 deploy:prod
/// │       └── 4 deploy:prod, read:data     holds more than 3 may give
/// └── 5 read:data
/// ```
fn registry() -> Registry {
    let agents: [(u8, Option<u8>, u32, &[&str]); 5] = [
        (1, None, 0, &["*"]),
        (2, Some(1), 1, &["deploy:*", "read:data"]),
        (3, Some(2), 2, &["deploy:prod"]),
        (4, Some(3), 3, &["deploy:prod", "read:data"]),
        (5, Some(1), 1, &["read:data"]),
    ];
    let mut intake = Registry::default().intake(false);
    for (number, parent, depth, held) in agents {
        let did = |number: u8| Did::from_bits(u128::from(number));
        let agent = Identity {
            did: did(number),
            name: Cow::Owned(format!("agent-{number}")),
            description: None,
            public_key: KeyBytes([number; 32]),
            sponsor_email: Cow::Borrowed("ana@example.org"),
            sponsor_verified: true,
            organization: None,
            organization_id: None,
            capabilities: held.iter().copied().map(Cow::Borrowed).collect(),
            created_at: at(),
            updated_at: at(),
            expires_at: None,
            status: Status::Active,
            revocation_reason: None,
            parent: parent.map(|parent| Parent::Did(did(parent))),
            delegation_depth: depth,
            max_initial_trust_score: None,
            trust_score: Some(700),
            extra: None,
        };
        intake.register(&agent, false, 0).unwrap();
    }
    intake.settle()
}

fn row(number: u32) -> Row {
    registry().row(number - 1).unwrap()
}

/// The numbers of the hops with what gives it at each; and where it ends, by which code.
type Told = (Vec<(usize, String)>, Option<(usize, &'static str)>);

fn asked(registry: &Registry, policy: &Policy, of: u32, asked: &str) -> Told {
    let reach = policy.reach(registry, &Judgement::of(registry, at()), row(of), asked);
    let number = |hop: &Hop| hop.row.index() + 1;
    let hops = reach.hops.iter().map(|hop| (number(hop), hop.by.clone().unwrap_or_default())).collect();
    (hops, reach.ends().map(|(hop, ends)| (number(hop), ends.code())))
}

fn hops(hops: &[(usize, &str)]) -> Vec<(usize, String)> {
    hops.iter().map(|(number, by)| (*number, (*by).to_owned())).collect()
}

#[test]
fn a_chain_says_what_gives_it_at_each_hop() {
    let (registry, policy) = (registry(), Policy::default());
    let chain = hops(&[(1, "*"), (2, "deploy:*"), (3, "deploy:prod")]);
    assert_eq!(asked(&registry, &policy, 3, "deploy:prod"), (chain, None));
    assert_eq!(asked(&registry, &policy, 1, "anything"), (hops(&[(1, "*")]), None));
}

#[test]
fn whoever_narrowed_it_away_ends_it() {
    let (registry, policy) = (registry(), Policy::default());
    let chain = hops(&[(1, "*"), (2, "read:data"), (3, "")]);
    assert_eq!(asked(&registry, &policy, 3, "read:data"), (chain, Some((3, "scope_not_held"))));
    assert_eq!(asked(&registry, &policy, 5, "deploy:prod").1, Some((5, "scope_not_held")));
    assert_eq!(asked(&registry, &policy, 3, "deploy:*").1, Some((3, "scope_not_held")), "a part is not all");
}

#[test]
fn a_broken_hop_and_a_stopped_agent_end_it_for_all_below() {
    let (mut registry, policy) = (registry(), Policy::default());
    assert_eq!(asked(&registry, &policy, 4, "deploy:prod").1, Some((4, "capability_escalation")));
    let standing = registry.standing(row(2));
    registry.set_standing(row(2), &Standing { status: Status::Suspended, ..standing });
    assert_eq!(asked(&registry, &policy, 3, "deploy:prod").1, Some((2, "agent_suspended")));
    assert_eq!(asked(&registry, &policy, 5, "read:data").1, None);
}

#[test]
fn policy_ends_it_where_a_verdict_would() {
    let registry = registry();
    let gate = |gate| ActionClass { gate: Some(gate), ..ActionClass::default() };
    let policy = Policy { default_class: gate(Tier::VerifiedPartner), ..Policy::default() };
    assert_eq!(asked(&registry, &policy, 3, "deploy:prod").1, Some((1, "tier_too_low")));
    let policy = Policy { default_class: gate(Tier::Trusted), ..Policy::default() };
    assert_eq!(asked(&registry, &policy, 3, "deploy:prod").1, None);
    let mut policy = Policy::default();
    policy.block.dids.insert(Did::from_bits(2));
    assert_eq!(asked(&registry, &policy, 3, "deploy:prod").1, Some((2, "agent_blocked")));
    let mut policy = Policy::default();
    policy.attestation.required = true;
    assert_eq!(asked(&registry, &policy, 1, "x").1, Some((1, "agent_unattested")));
}

#[test]
fn who_can_is_told_from_the_roots_down_and_the_query_means_the_same() {
    let registry = registry();
    let judgement = Judgement::of(&registry, at());
    for (text, expected) in [
        ("deploy:prod", vec![1, 2, 3]),
        ("read:data", vec![1, 2, 5]),
        ("deploy:*", vec![1, 2]),
        ("odd \"one\" \\ (", vec![1]),
    ] {
        let numbers = |rows: Vec<Row>| rows.into_iter().map(|row| row.index() + 1).collect::<Vec<_>>();
        assert_eq!(numbers(who_can(&registry, &judgement, text)), expected, "{text}");
        let query = Query::parse(&reach_query(text)).unwrap();
        let filter = query.over(&registry, &judgement, &Callers::unknown()).unwrap();
        assert_eq!(numbers(filter.rows().collect()), expected, "{text}");
        for row in registry.rows() {
            let can = Policy::default().reach(&registry, &judgement, row, text).ends().is_none();
            assert_eq!(can, expected.contains(&(row.index() + 1)), "{text} of {row:?}");
        }
    }
}
