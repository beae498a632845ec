use std::borrow::Cow;

use super::*;
use crate::delegation::{Child, Request, delegate};
use crate::identity::{Identity, KeyBytes, Status};
use crate::time::{Span, Time};

fn at() -> Time {
    Time::parse("2026-03-01T12:00:00Z").unwrap()
}

fn later(seconds: i64) -> Time {
    at().plus(Span::seconds(seconds))
}

fn key(number: u8) -> KeyBytes {
    KeyBytes([number; 32])
}

/// A line of agents, each below the one before: their DIDs are 1, 2, 3, ...
pub(super) fn line(count: u8) -> Registry {
    let root = Identity {
        did: Did::from_bits(1),
        name: Cow::Borrowed("root"),
        description: None,
        public_key: key(1),
        sponsor_email: Cow::Borrowed("ops@example.com"),
        sponsor_verified: true,
        organization: Some(Cow::Borrowed("Example")),
        organization_id: None,
        capabilities: vec![Cow::Borrowed("read:data")],
        created_at: at(),
        updated_at: at(),
        expires_at: None,
        status: Status::Active,
        revocation_reason: None,
        parent: None,
        delegation_depth: 0,
        max_initial_trust_score: None,
        trust_score: None,
        extra: None,
    };
    let mut agents = vec![root];
    for number in 2..=count {
        let parent = agents.last().unwrap();
        let request = Request {
            name: "child",
            capabilities: &["read:data"],
            description: None,
            max_initial_trust_score: None,
        };
        let child = Child { did: Did::from_bits(number.into()), public_key: key(number) };
        agents.push(delegate(parent, &request, child, at()).unwrap());
    }
    let mut intake = Registry::default().intake(false);
    for agent in &agents {
        intake.register(agent, false, 0).unwrap();
    }
    intake.settle()
}

fn row(registry: &Registry, number: u128) -> Row {
    registry.find(&Did::from_bits(number)).unwrap()
}

fn replacement(number: u8, index: u64, cut: Option<u64>) -> Replacement {
    Replacement { key: key(number), index, time: at(), until: later(60), cut, history: 5 }
}

#[test]
fn a_rotated_key_counts_until_its_overlap_ends() {
    let mut registry = line(1);
    let root = row(&registry, 1);
    registry.replace_key(root, &replacement(101, 7, None));
    let standing = |number: u8, now| registry.key(root, &key(number).key_id(), now).map(|key| key.standing);
    assert_eq!(standing(101, at()), Some(KeyStanding::Current));
    assert_eq!(standing(1, later(59)), Some(KeyStanding::Overlap { until: later(60) }));
    assert_eq!(standing(1, later(60)), Some(KeyStanding::Lapsed { since: later(60) }));
    assert_eq!(standing(102, at()), None, "a key that was never the agent's");
    assert_eq!(registry.agent(root).public_key(), key(101));
}

#[test]
fn a_rekey_cuts_every_key_before_it_and_a_later_cut_cannot_move_it_up() {
    let mut registry = line(1);
    let root = row(&registry, 1);
    registry.replace_key(root, &replacement(101, 7, None));
    registry.replace_key(root, &replacement(102, 9, Some(5)));
    registry.replace_key(root, &replacement(103, 12, Some(11)));
    let standing = |number: u8| registry.key(root, &key(number).key_id(), at()).unwrap().standing;
    assert_eq!(standing(1), KeyStanding::Compromised { cut: 5 });
    assert_eq!(standing(101), KeyStanding::Compromised { cut: 5 });
    assert_eq!(standing(102), KeyStanding::Compromised { cut: 11 });
}

#[test]
fn a_compromised_key_stays_so_when_it_comes_back() {
    let mut registry = line(1);
    let root = row(&registry, 1);
    registry.replace_key(root, &replacement(101, 7, Some(3)));
    registry.replace_key(root, &replacement(1, 8, None));
    let standing = registry.key(root, &key(1).key_id(), at()).unwrap().standing;
    assert_eq!(standing, KeyStanding::Compromised { cut: 3 });
}

#[test]
fn the_history_is_bounded_and_what_fell_out_of_it_is_unknown() {
    let mut registry = line(1);
    let root = row(&registry, 1);
    for number in 2..=9 {
        registry.replace_key(root, &replacement(number, number.into(), None));
    }
    assert_eq!(registry.ring(root).unwrap().past.len(), 5);
    assert_eq!(registry.key(root, &key(3).key_id(), at()), None);
    assert!(registry.key(root, &key(4).key_id(), at()).is_some());
}

fn token(number: u8, expires: Time) -> (crate::encoding::Digest32, LoggedToken) {
    let (issuer, subject) = (Did::from_bits(1), Did::from_bits(2));
    let (id, compact) = (format!("jti-{number}"), String::new());
    ([number; 32], LoggedToken { index: number.into(), id, issuer, subject, expires, compact })
}

#[test]
fn an_expired_token_is_forgotten_and_another_is_not() {
    let mut tokens = Tokens::default();
    for (number, expires) in [(1, later(10)), (2, later(20))] {
        let (digest, token) = token(number, expires);
        tokens.log(digest, token, at());
    }
    let (digest, last) = token(3, later(30));
    tokens.log(digest, last, later(10));
    assert_eq!([1, 2, 3].map(|number| tokens.logged(&[number; 32])), [None, Some(2), Some(3)]);
    assert_eq!(tokens.find("jti-1"), None);
    assert_eq!(tokens.iter().count(), 2);
}

#[test]
fn a_token_does_not_take_the_name_of_one_that_was_logged_before() {
    let mut tokens = Tokens::default();
    let (digest, first) = token(1, later(10));
    tokens.log(digest, first.clone(), at());
    tokens.log([9; 32], LoggedToken { index: 9, ..first }, at());
    assert_eq!(tokens.find("jti-1").unwrap().index, 1);
    assert_eq!(tokens.logged(&[9; 32]), Some(9));
}

#[test]
fn a_revoked_subtree_cuts_every_token_that_enters_or_stays_in_it() {
    let mut registry = line(4);
    registry.facts_mut().tokens.revoke_subtree(Did::from_bits(2), 7, Time::MIN);
    let rows = [1, 2, 3, 4].map(|number| row(&registry, number));
    let cut = |from: usize, to: usize| registry.tokens_cut(rows[from], rows[to]).map(|cut| cut.index);
    assert_eq!([cut(0, 1), cut(1, 2), cut(2, 3)], [Some(7), Some(7), Some(7)]);
    registry.facts_mut().tokens.revoke_issuer(Did::from_bits(3), 9, Time::MIN);
    let cut = |from: usize, to: usize| registry.tokens_cut(rows[from], rows[to]);
    assert_eq!(cut(2, 3), Some(Cut { index: 9, at: Time::MIN, by: CutBy::Issuer }));
    assert_eq!(cut(0, 1).unwrap().by, CutBy::Subtree(rows[1]));
}

#[test]
fn a_lock_holds_whom_it_names_and_everybody_below() {
    let targets = [
        (LockTarget::Subtree(Did::from_bits(2)), [false, true, true]),
        (LockTarget::Key(key(2)), [false, true, true]),
        (LockTarget::Sponsor("ops@example.com".to_owned()), [true; 3]),
        (LockTarget::Organization("Example".to_owned()), [true; 3]),
        (LockTarget::Sponsor("other@example.com".to_owned()), [false; 3]),
    ];
    for (target, held) in targets {
        let mut registry = line(3);
        let lock = Lock { target: target.clone(), index: 1, since: at(), reason: String::new(), until: None };
        registry.facts_mut().locks.add(lock);
        let found = [1, 2, 3].map(|number| registry.lock_on(row(&registry, number), at()).is_some());
        assert_eq!(found, held, "{target:?}");
        assert!(registry.facts_mut().locks.lift(&target));
        assert!(registry.facts().locks.is_empty());
    }
}

#[test]
fn whoever_is_sealed_stopped_or_locked_at_or_above_may_not_delegate() {
    let mut registry = line(3);
    let rows = [1, 2, 3].map(|number| row(&registry, number));
    assert_eq!(registry.stop_of(rows[2], at()), None);
    let mut standing = registry.standing(rows[0]);
    standing.sealed_at = Some(4);
    registry.set_standing(rows[0], &standing);
    assert_eq!(registry.stop_of(rows[2], at()), Some(Stop::Sealed { at: rows[0], index: 4 }));
    standing.status = Status::Suspended;
    registry.set_standing(rows[0], &standing);
    assert_eq!(registry.stop_of(rows[0], at()).unwrap().code(), "agent_suspended");
    assert_eq!(registry.stop_of(rows[2], at()).unwrap().code(), "agent_cut_off");
}

#[test]
fn a_snapshot_keeps_what_it_saw() {
    let mut registry = line(2);
    let root = row(&registry, 1);
    let before = registry.clone();
    registry.replace_key(root, &replacement(101, 7, None));
    registry.facts_mut().tokens.revoke_id("a", 3);
    assert_eq!(before.agent(root).public_key(), key(1));
    assert_eq!((before.facts().tokens.revoked("a"), registry.facts().tokens.revoked("a")), (None, Some(3)));
}
