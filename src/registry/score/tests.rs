//! Scores under their ceilings.

use std::borrow::Cow;

use proptest::prelude::*;

use super::*;
use crate::identity::{Did, Identity, KeyBytes, Parent, Status};
use crate::time::Span;
use crate::trust::{Event, Kind, Share, Source};

fn at() -> Time {
    Time::parse("2026-03-01T12:00:00Z").unwrap()
}

fn rules() -> Rules {
    Rules { sources: vec![Source { name: "monitor".into(), agent: None, per_hour: 100 }], ..Rules::default() }
}

/// A line of agents, each below the one before, with these ceilings and scores.
fn line(agents: &[(Option<u16>, Option<u16>)]) -> Registry {
    let mut intake = Registry::default().intake(false);
    for (depth, (ceiling, score)) in (0_u32..).zip(agents) {
        let did = |number: u32| Did::from_bits(u128::from(number));
        let record = Identity {
            did: did(depth),
            name: Cow::Borrowed("agent"),
            description: None,
            public_key: KeyBytes([1; 32]),
            sponsor_email: Cow::Borrowed("ops@example.com"),
            sponsor_verified: true,
            organization: None,
            organization_id: None,
            capabilities: vec![],
            created_at: at(),
            updated_at: at(),
            expires_at: None,
            status: Status::Active,
            revocation_reason: None,
            parent: depth.checked_sub(1).map(|above| Parent::Did(did(above))),
            delegation_depth: depth,
            max_initial_trust_score: *ceiling,
            trust_score: *score,
            extra: None,
        };
        intake.register(&record, false, 0).unwrap();
    }
    intake.settle()
}

fn leaf(registry: &Registry) -> Row {
    registry.rows().last().unwrap()
}

#[test]
fn a_child_never_exceeds_a_ceiling_of_its_lineage() {
    let registry = line(&[(Some(900), None), (Some(450), None), (Some(800), Some(1000)), (None, Some(1000))]);
    let reading = registry.trust_of(leaf(&registry), &rules(), at());
    assert_eq!((reading.score, reading.tier, reading.ceiling), (450, Tier::Probationary, Some(450)));
    let explained = registry.explain_trust(leaf(&registry), &rules(), at());
    assert_eq!(explained.score(), 450);
    let holder = Did::from_bits(1);
    assert_eq!(explained.causes.last().unwrap().of, CauseOf::Ceiling { holder, score: 450 });
}

#[test]
fn a_ceiling_of_zero_is_a_ceiling() {
    let registry = line(&[(Some(0), Some(900)), (Some(900), Some(900))]);
    assert_eq!(registry.trust_of(leaf(&registry), &rules(), at()).score, 0);
}

#[test]
fn praise_lifts_nobody_over_a_ceiling() {
    let mut registry = line(&[(None, Some(500)), (Some(600), Some(590))]);
    let subject = registry.agent(leaf(&registry)).did();
    for index in 1..=20 {
        let kind = Kind::Positive(Points::whole(50));
        let event = Event { index, at: at(), subject: subject.clone(), source: "monitor".into(), kind };
        registry.facts_mut().trust.record(event, &rules()).unwrap();
    }
    assert_eq!(registry.trust_of(leaf(&registry), &rules(), at()).score, 600);
}

#[test]
fn a_lineage_without_an_end_has_the_ceiling_zero() {
    let deepest = line(&[(None, Some(900)); 11]);
    assert_eq!(deepest.trust_of(leaf(&deepest), &rules(), at()).score, 900);
    for count in [12, 13, 14, 500] {
        let too_deep = line(&vec![(None, Some(900)); count]);
        assert_eq!(too_deep.trust_of(leaf(&too_deep), &rules(), at()).score, 0, "{count}");
    }
}

#[test]
fn an_agent_that_nobody_scored_has_the_default_and_is_called_unscored() {
    let mut registry = line(&[(None, None)]);
    let reading = registry.trust_of(leaf(&registry), &rules(), at());
    assert_eq!((reading.score, reading.scored), (500, false));
    let subject = registry.agent(leaf(&registry)).did();
    let event =
        Event { index: 1, at: at(), subject, source: "monitor".into(), kind: Kind::Violation(Share::NONE) };
    registry.facts_mut().trust.record(event, &rules()).unwrap();
    assert!(registry.trust_of(leaf(&registry), &rules(), at()).scored);
}

proptest! {
    #[test]
    fn the_causes_add_up_under_any_ceiling_and_time_only_lowers(
        agents in prop::collection::vec((prop::option::of(0..=1000_u16), prop::option::of(0..=1000_u16)), 1..12),
        hours in 0..2000_i64, more in 0..2000_i64,
    ) {
        let mut registry = line(&agents);
        registry.facts_mut().trust.begin(at());
        let then = |hours: i64| at().plus(Span::seconds(hours * 3600));
        for row in registry.rows() {
            let reading = registry.trust_of(row, &rules(), then(hours));
            let lowest = registry.upwards(row).filter_map(|row| registry.agent(row).ceiling()).min();
            prop_assert_eq!(reading.ceiling, lowest);
            prop_assert!(lowest.is_none_or(|lowest| reading.score <= lowest));
            prop_assert_eq!(registry.explain_trust(row, &rules(), then(hours)).score(), reading.score);
            prop_assert!(registry.trust_of(row, &rules(), then(hours + more)).score <= reading.score);
        }
    }
}
