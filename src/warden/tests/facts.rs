//! Registrations, keys, tokens and signals: only who is entitled says them, and they last.

mod anything;
mod hostile;

use std::borrow::Cow;

use super::*;
use crate::change::{Exception, Kind as Change, LockOn, OnCase, OnSponsor, Tagging, TokenSet};
use crate::delegation::{Chain, Child, Grant, Issuer, delegate};
use crate::identity::{Attestation, Identity, Parent, Rekey, Rotation, SecretKey, Status};
use crate::policy::Policy;
use crate::registry::KeyStanding;
use crate::store::Sqlite;
use crate::trust::{Event, Kind as Said, Share, Source as Sender};
use crate::warden::{FactReceipt, Newcomer, WardenError, Word};

pub(super) const BY: Word<'_> = Word::of("tester", "because");

pub(super) fn key(number: u8) -> SecretKey {
    SecretKey::from_seed([number; 32])
}

pub(super) fn root(number: u8) -> Identity<'static> {
    let public_key = key(number).public_key().bytes();
    Identity {
        did: public_key.bound_did(),
        name: Cow::Owned(format!("root {number}")),
        description: None,
        public_key,
        sponsor_email: Cow::Borrowed("a@example.com"),
        sponsor_verified: true,
        organization: None,
        organization_id: None,
        capabilities: vec![Cow::Borrowed("read:*"), Cow::Borrowed("pay:invoice")],
        created_at: start(),
        updated_at: start(),
        expires_at: None,
        status: Status::Active,
        revocation_reason: None,
        parent: None,
        delegation_depth: 0,
        max_initial_trust_score: None,
        trust_score: None,
        extra: None,
    }
}

pub(super) fn child(parent: &Identity<'_>, number: u8, capabilities: &[&str]) -> Identity<'static> {
    let public_key = key(number).public_key().bytes();
    let request = crate::delegation::Request {
        name: "child",
        capabilities,
        description: None,
        max_initial_trust_score: None,
    };
    let child = Child { did: public_key.bound_did(), public_key };
    delegate(parent, &request, child, start()).unwrap()
}

pub(super) fn grant<'a>(child: &Identity<'_>, scope: &'a [&'a str], at: Time) -> Grant<'a> {
    Grant {
        subject: child.did.clone(),
        key: child.public_key,
        scope,
        issued: at,
        not_before: at,
        expires: at.plus(Span::seconds(3600)),
        id: [7; 16],
        max_depth: 10,
        ceiling: None,
    }
}

pub(super) fn newcomer(identity: Identity<'static>) -> Newcomer<'static> {
    Newcomer { identity, chain: None, attestation: None }
}

/// A mesh of one root, number 1.
fn mesh() -> (House, Identity<'static>) {
    let mut house = House::new();
    let identity = root(1);
    house.warden.register(newcomer(identity.clone()), BY).unwrap();
    (house, identity)
}

fn refused(answer: Result<FactReceipt, WardenError>) -> &'static str {
    answer.unwrap_err().code()
}

fn row_of(house: &House, identity: &Identity<'_>) -> crate::registry::Row {
    house.warden.registry().find(&identity.did).unwrap()
}

#[test]
fn a_registered_agent_lasts_and_a_second_one_of_its_did_is_refused() {
    let (mut house, identity) = mesh();
    assert_eq!(house.warden.registry().agent(row_of(&house, &identity)).name(), "root 1");
    assert_eq!(refused(house.warden.register(newcomer(identity), BY)), "duplicate");
    let report = house.warden.verify_log().unwrap();
    assert_eq!(report.fault, None);
}

#[test]
fn an_agent_gets_what_its_parents_chain_grants_and_nothing_more() {
    let (mut house, parent) = mesh();
    let kid = child(&parent, 2, &["pay:invoice"]);
    let key = key(1);
    let issuer = Issuer { did: &parent.did, key: &key };
    let chain = |scope: &[&str]| Chain::issue(issuer, &grant(&kid, scope, start())).unwrap().to_header();
    let with = |chain: String| Newcomer { identity: kid.clone(), chain: Some(chain), attestation: None };
    let narrow = house.warden.register(with(chain(&["read:a"])), BY);
    assert_eq!(refused(narrow), "registration_other_grant");
    let mut thief = kid.clone();
    thief.public_key = super::facts::key(9).public_key().bytes();
    let stolen = Newcomer { identity: thief, chain: Some(chain(&["pay:invoice"])), attestation: None };
    assert_eq!(refused(house.warden.register(stolen, BY)), "registration_other_grant");
    house.warden.register(with(chain(&["pay:invoice"])), BY).unwrap();
    assert_eq!(house.warden.registry().facts().tokens.iter().count(), 1);
}

#[test]
fn a_record_wider_than_its_parent_is_not_registered_whoever_asks() {
    let (mut house, parent) = mesh();
    let mut wide = child(&parent, 2, &["pay:invoice"]);
    wide.capabilities.push(Cow::Borrowed("delete:all"));
    assert_eq!(refused(house.warden.register(newcomer(wide), BY)), "capability_escalation");
    let mut orphan = child(&parent, 3, &["pay:invoice"]);
    orphan.parent = Some(Parent::Did(Did::from_bits(0xdead)));
    assert_eq!(refused(house.warden.register(newcomer(orphan), BY)), "unknown_agent");
}

#[test]
fn a_contained_agent_regains_no_power_by_a_child_a_rotation_or_a_token() {
    for verb in [SUSPEND, Verb::Revoke] {
        let (mut house, parent) = mesh();
        let kid = child(&parent, 2, &["pay:invoice"]);
        house.warden.register(newcomer(kid.clone()), BY).unwrap();
        let id = parent.did.unique_id();
        house.order(verb, &id, Scope::Subtree, "stolen").unwrap();
        let below = child(&kid, 3, &["pay:invoice"]);
        let codes = ["agent_suspended", "agent_revoked", "agent_cut_off"];
        assert!(codes.contains(&refused(house.warden.register(newcomer(below), BY))));
        let rotation = Rotation::sign(kid.did.clone(), &key(2), &key(22), 1, start()).to_json().to_string();
        assert!(codes.contains(&refused(house.warden.rotate(&kid.did, rotation, BY))));
        let secret = key(1);
        let issuer = Issuer { did: &parent.did, key: &secret };
        let chain = Chain::issue(issuer, &grant(&kid, &["pay:invoice"], start())).unwrap().to_header();
        assert!(codes.contains(&refused(house.warden.log_tokens(chain, BY))));
    }
}

#[test]
fn a_rotation_needs_both_keys_and_fits_once() {
    let (mut house, agent) = mesh();
    let statement = |sequence| Rotation::sign(agent.did.clone(), &key(1), &key(11), sequence, start());
    let text = |rotation: Rotation| rotation.to_json().to_string();
    assert_eq!(refused(house.warden.rotate(&agent.did, text(statement(2)), BY)), "rotation_out_of_sequence");
    let forged = Rotation::sign(agent.did.clone(), &key(5), &key(11), 1, start());
    assert_eq!(refused(house.warden.rotate(&agent.did, text(forged), BY)), "rotation_not_current");
    house.warden.rotate(&agent.did, text(statement(1)), BY).unwrap();
    let row = row_of(&house, &agent);
    assert_eq!(house.warden.registry().agent(row).public_key(), key(11).public_key().bytes());
    let old = key(1).public_key().bytes().key_id();
    let held = house.warden.registry().key(row, &old, house.warden.now()).unwrap();
    assert!(matches!(held.standing, KeyStanding::Overlap { .. }));
    // Back to a key of before, which somebody may have kept.
    let back = Rotation::sign(agent.did.clone(), &key(11), &key(1), 2, start());
    assert_eq!(refused(house.warden.rotate(&agent.did, text(back), BY)), "key_used_before");
}

#[test]
fn after_a_rekey_only_what_was_logged_before_the_cut_counts() {
    let (mut house, parent) = mesh();
    let kid = child(&parent, 2, &["pay:invoice"]);
    house.warden.register(newcomer(kid.clone()), BY).unwrap();
    let secret = key(1);
    let issuer = Issuer { did: &parent.did, key: &secret };
    let honest = Chain::issue(issuer, &grant(&kid, &["pay:invoice"], start())).unwrap().to_header();
    house.warden.log_tokens(honest.clone(), BY).unwrap();
    let statement = Rekey::sign(parent.did.clone(), parent.public_key, &key(31)).to_json().to_string();
    house.warden.rekey(&parent.did, statement, None, BY).unwrap();
    // The thief dates a token back to before the theft.
    let mut backdated = grant(&kid, &["read:a", "pay:invoice"], start());
    backdated.id = [8; 16];
    let forged = Chain::issue(issuer, &backdated).unwrap().to_header();
    assert_eq!(refused(house.warden.log_tokens(forged, BY)), "key_compromised");
    house.warden.log_tokens(honest, BY).unwrap();
}

#[test]
fn an_attestation_counts_by_an_attester_of_the_policy_and_until_the_key_changes() {
    let (mut house, agent) = mesh();
    let until = start().plus(Span::seconds(3600));
    let statement = Attestation::sign(&agent, start(), until, &key(50)).to_json().to_string();
    let row = row_of(&house, &agent);
    assert_eq!(
        refused(house.warden.attest(&agent.did, statement.clone(), BY)),
        "attestation_unknown_attester"
    );
    let mut policy = Policy::default();
    policy.attestation.attesters = vec![key(50).public_key().bytes()];
    house.warden.set_policy(&policy, BY).unwrap();
    house.warden.attest(&agent.did, statement, BY).unwrap();
    assert!(house.warden.registry().attestation(row, start()).is_some());
    assert!(house.warden.registry().attestation(row, until).is_none());
    let rotation = Rotation::sign(agent.did.clone(), &key(1), &key(11), 1, start()).to_json().to_string();
    house.warden.rotate(&agent.did, rotation, BY).unwrap();
    assert!(house.warden.registry().attestation(row, start()).is_none());
}

#[test]
fn a_parent_that_spawns_too_many_is_refused_and_sealed() {
    let (mut house, parent) = mesh();
    let mut policy = Policy::default();
    policy.breadth.max_children = 2;
    policy.breadth.seal_parent = true;
    house.warden.set_policy(&policy, BY).unwrap();
    for number in [2, 3] {
        house.warden.register(newcomer(child(&parent, number, &["pay:invoice"])), BY).unwrap();
    }
    let fourth = || newcomer(child(&parent, 4, &["pay:invoice"]));
    assert_eq!(refused(house.warden.register(fourth(), BY)), "children_limit");
    let size = house.warden.snapshot().head.size;
    assert_eq!(refused(house.warden.register(fourth(), BY)), "agent_sealed");
    assert_eq!(house.warden.snapshot().head.size, size, "one seal is enough");
    let rotation = Rotation::sign(parent.did.clone(), &key(1), &key(11), 1, start()).to_json().to_string();
    assert_eq!(refused(house.warden.rotate(&parent.did, rotation, BY)), "agent_sealed");
}

fn violation(subject: &Did) -> Event {
    let kind = Said::Violation(Share::WHOLE);
    Event { index: 0, at: start(), subject: subject.clone(), source: "siem".into(), kind }
}

#[test]
fn a_voided_signal_leaves_no_trace_in_the_score() {
    let (mut house, agent) = mesh();
    let mut policy = Policy::default();
    policy.trust.sources = vec![Sender { name: "siem".into(), agent: None, per_hour: 10 }];
    assert_eq!(refused(house.warden.signal(&violation(&agent.did), BY)), "trust_source_unknown");
    house.warden.set_policy(&policy, BY).unwrap();
    let score = |house: &House| {
        let row = row_of(house, &agent);
        house.warden.registry().trust_of(row, &house.warden.policy().trust, house.warden.now()).score
    };
    let before = score(&house);
    let receipt = house.warden.signal(&violation(&agent.did), BY).unwrap();
    assert!(score(&house) < before);
    house.warden.void(receipt.index, BY).unwrap();
    assert_eq!(score(&house), before);
    let stranger = Did::from_bits(0xdead);
    assert_eq!(refused(house.warden.signal(&violation(&stranger), BY)), "unknown_agent");
}

#[test]
fn a_registered_agent_decays_from_the_day_it_came_though_nobody_speaks_of_it() {
    let (house, agent) = mesh();
    let row = row_of(&house, &agent);
    let score = |hours: i64| {
        let at = start().plus(Span::seconds(hours * 3600));
        house.warden.registry().trust_of(row, &house.warden.policy().trust, at).score
    };
    assert_eq!([score(0), score(10), score(10_000)], [500, 480, 100]);
}

#[test]
fn a_list_of_the_reference_is_taken_and_an_agent_comes_off_it() {
    let (mut house, agent) = mesh();
    let entries = format!(
        r#"[{{"agent_did":"{}","revoked_at":"2026-03-01T00:00:00Z","reason":"x","revoked_by":null,"expires_at":null}}]"#,
        agent.did
    );
    house.warden.list(entries, BY).unwrap();
    let listed =
        |house: &House| house.warden.registry().facts().listed.revoked(&agent.did, start()).is_some();
    assert!(listed(&house));
    house.warden.unlist(&agent.did, BY).unwrap();
    assert!(!listed(&house));
}

#[test]
fn every_fact_is_the_same_after_the_directory_is_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let time = Standing(std::sync::Arc::new(Mutex::new(start())));
    let meta = Meta { log: crate::audit::LogName::from_bits(1), created: start(), origin: None };
    Sqlite::create(directory.path(), &meta).unwrap();
    let open = |draw| {
        let store = Box::new(Sqlite::open(directory.path()).unwrap());
        let kind = Kind::Directory(directory.path().to_owned());
        Warden::over(store, kind, Box::new(time.clone()), Box::new(Counting(draw))).unwrap()
    };
    let mut warden = open(0);
    let (parent, mut policy) = (root(1), Policy::default());
    let kid = child(&parent, 2, &["pay:invoice"]);
    policy.trust.sources = vec![Sender { name: "siem".into(), agent: None, per_hour: 10 }];
    policy.attestation.attesters = vec![key(50).public_key().bytes()];
    warden.set_policy(&policy, BY).unwrap();
    warden.register(newcomer(parent.clone()), BY).unwrap();
    let secret = key(1);
    let issuer = Issuer { did: &parent.did, key: &secret };
    let chain = Chain::issue(issuer, &grant(&kid, &["pay:invoice"], start())).unwrap().to_header();
    let until = start().plus(Span::seconds(3600));
    let attestation = Attestation::sign(&kid, start(), until, &key(50)).to_json().to_string();
    let entitled = Newcomer { identity: kid.clone(), chain: Some(chain), attestation: Some(attestation) };
    warden.register(entitled, BY).unwrap();
    let rotation = Rotation::sign(parent.did.clone(), &key(1), &key(11), 1, start()).to_json().to_string();
    warden.rotate(&parent.did, rotation, BY).unwrap();
    let jti = TokenSet::Token { jti: "other".into() };
    let receipt = warden.revoke_tokens(None, jti, BY).unwrap();
    assert_eq!(receipt.kind, Change::RevokeTokens);
    warden.revoke_tokens(Some(&parent.did), TokenSet::Issuer {}, BY).unwrap();
    warden.signal(&violation(&kid.did), BY).unwrap();

    let tell = |warden: &Warden| {
        let registry = warden.registry();
        let row = |identity: &Identity<'_>| registry.find(&identity.did).unwrap();
        let (parent, kid) = (row(&parent), row(&kid));
        let facts = registry.facts();
        (
            registry.agent(parent).public_key(),
            registry.key(parent, &key(1).public_key().bytes().key_id(), start()),
            registry.attestation(kid, start()).cloned(),
            registry.trust_of(kid, &warden.policy().trust, start()).score,
            facts.tokens.iter().cloned().collect::<Vec<_>>(),
            (facts.tokens.revoked("other"), registry.tokens_cut(parent, kid)),
            [parent, kid].map(|row| registry.standing(row)),
            warden.policy().digest(),
        )
    };
    let before = tell(&warden);
    drop(warden);
    let mut again = open(100);
    assert_eq!(tell(&again), before);
    assert_eq!(again.verify_log().unwrap().fault, None);
}

#[test]
fn a_rotated_key_is_no_difference_to_the_file_that_knew_the_old_one_and_outlives_taking_it_again() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("mesh.json");
    let agent = root(1);
    std::fs::write(&file, agent.to_json().to_string()).unwrap();
    let context = context(directory.path());
    let mut opened = context.open(&crate::warden::Place::File(file.clone()), |_| Ok(())).unwrap();
    let at = opened.warden.now();
    let rotation = Rotation::sign(agent.did.clone(), &key(1), &key(11), 1, at).to_json().to_string();
    opened.warden.rotate(&agent.did, rotation, BY).unwrap();
    let options = ImportOptions { replaces: true, ..ImportOptions::default() };
    assert!(opened.warden.compare(&file, &options).unwrap().is_empty());
    let renamed = Identity { name: Cow::Borrowed("renamed"), ..agent.clone() };
    import(&mut opened.warden, &renamed.to_json().to_string(), &options).unwrap();
    let row = opened.warden.registry().find(&agent.did).unwrap();
    assert_eq!(opened.warden.registry().agent(row).name(), "renamed");
    assert_eq!(opened.warden.registry().agent(row).public_key(), key(11).public_key().bytes());
    drop(opened);
    let mut opened = context.open(&crate::warden::Place::File(file), |_| Ok(())).unwrap();
    let row = opened.warden.registry().find(&agent.did).unwrap();
    assert_eq!(opened.warden.registry().agent(row).public_key(), key(11).public_key().bytes());
    assert_eq!(opened.warden.verify_log().unwrap().fault, None);
}

#[test]
fn a_lock_holds_whoever_it_names_also_those_that_come_later_until_it_is_lifted() {
    use crate::change::LockOn;
    use crate::registry::State;
    let (mut house, parent) = mesh();
    let sponsor = || LockOn::Sponsor("a@example.com".into());
    house.warden.lock(sponsor(), BY).unwrap();
    assert_eq!(of(&house.states(), &parent.did.unique_id()), State::Suspended);
    let late = root(5);
    assert_eq!(refused(house.warden.register(newcomer(late.clone()), BY)), "agent_locked");
    let kid = child(&parent, 2, &["pay:invoice"]);
    assert_eq!(refused(house.warden.register(newcomer(kid.clone()), BY)), "agent_locked");
    let rotation = Rotation::sign(parent.did.clone(), &key(1), &key(11), 1, start()).to_json().to_string();
    assert_eq!(refused(house.warden.rotate(&parent.did, rotation, BY)), "agent_locked");
    let other = LockOn::Sponsor("b@example.com".into());
    assert_eq!(refused(house.warden.unlock(other, BY)), "not_locked");
    house.warden.unlock(sponsor(), BY).unwrap();
    assert_eq!(of(&house.states(), &parent.did.unique_id()), State::Active);
    house.warden.register(newcomer(kid.clone()), BY).unwrap();
    // A lock on a subtree suspends its top and cuts off what lies below.
    house.warden.lock(LockOn::Subtree(parent.did.to_string()), BY).unwrap();
    assert_eq!(of(&house.states(), &kid.did.unique_id()), State::CutOff);
    // A lock on a key stops a rotation to it, and away from it.
    house.warden.unlock(LockOn::Subtree(parent.did.to_string()), BY).unwrap();
    let stolen = LockOn::Key(key(11).public_key().bytes().to_base64());
    house.warden.lock(stolen, BY).unwrap();
    let rotation = Rotation::sign(parent.did.clone(), &key(1), &key(11), 1, start()).to_json().to_string();
    assert_eq!(refused(house.warden.rotate(&parent.did, rotation, BY)), "key_used_before");
}
