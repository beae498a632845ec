//! What one person, or somebody with no key at all, tries against changes that wait.

use super::operators::{by, code, held, key, revoke_all, strict, word};
use super::together::signed;
use super::*;
use crate::change::operators::{Propose, Waits};
use crate::change::{ChangeId, Fact, LockOn, Order, Payload, SignedChange, What};

fn waiting(house: &House, id: ChangeId) -> SignedChange {
    house.warden.snapshot().operators.proposal(id).unwrap().change.clone()
}

/// The family under a policy by which every revocation takes two, and one of ada's that waits.
fn with_revocation() -> (House, Waits) {
    let mut house = held();
    strict(&mut house, 0);
    by(&mut house, 70);
    let waits = revoke_all(&mut house, word("stolen")).unwrap().waits.unwrap();
    (house, waits)
}

/// The entry that would let `change` wait, which nobody signs.
fn proposing(id: ChangeId, change: &SignedChange) -> Payload {
    let inner = change.payload().unwrap();
    let change = String::from_utf8(change.to_bytes().unwrap()).unwrap();
    let what = What::Propose(Propose { change });
    let order = Order::Fact(Box::new(Fact { about: None, what }));
    Payload { id, order, expires: None, break_glass: false, ..inner }
}

fn hand_in(house: &mut House, payload: &Payload) -> &'static str {
    code(house.warden.submit(&SignedChange::unsigned(payload).unwrap()))
}

fn locking(house: &House, id: ChangeId) -> SignedChange {
    let what = What::Lock(LockOn::Tag("x".into()));
    let payload = Payload {
        id,
        actor: "bo".to_owned(),
        order: Order::Fact(Box::new(Fact { about: None, what })),
        reason: "another".to_owned(),
        case: None,
        created: start(),
        expires: Some(start().plus(Span::seconds(600))),
        break_glass: false,
    };
    signed(&house.warden.snapshot(), &payload, "bo", 71)
}

#[test]
fn nobody_takes_the_id_of_a_change_that_waits_and_so_lets_go_whom_it_holds() {
    let (mut house, waits) = with_revocation();
    let other = locking(&house, waits.id);
    assert_eq!(code(house.warden.submit(&other)), "change_id_taken");
    let judge = house.warden.judge();
    let answer = house.warden.submit_all(&[judge.prepare(other).unwrap()]).remove(0);
    assert_eq!(code(answer), "change_id_taken");
    // Nor does somebody without a key, by a proposal under the id of what it proposes.
    let own = proposing(waits.id, &waiting(&house, waits.id));
    assert_eq!(hand_in(&mut house, &own), "change_id_taken");
    assert_eq!(of(&house.states(), "01"), State::Suspended);
    assert!(!by(&mut house, 71).approve(waits.id).unwrap().known);
    assert_eq!(of(&house.states(), "04"), State::Revoked);
    assert_eq!(house.warden.verify_log().unwrap().fault, None);
}

#[test]
fn the_answer_to_a_change_is_never_that_of_another_with_its_id() {
    let mut house = held();
    let first = locking(&house, ChangeId::from_bits(77));
    house.warden.submit(&first).unwrap();
    assert!(house.warden.submit(&first).unwrap().known);
    let payload = Payload { reason: "a new one".to_owned(), ..first.payload().unwrap() };
    let second = signed(&house.warden.snapshot(), &payload, "bo", 71);
    assert_eq!(code(house.warden.submit(&second)), "change_id_taken");
}

#[test]
fn what_was_withdrawn_is_not_carried_out_with_the_signatures_that_it_had() {
    let (mut house, waits) = with_revocation();
    let change = waiting(&house, waits.id);
    by(&mut house, 70).withdraw(waits.id, word("false alarm")).unwrap();
    assert_eq!(code(house.warden.submit(&change)), "change_withdrawn");
    let log = house.warden.snapshot().log.to_string();
    let signer = crate::change::operators::Signer::new("bo", &key(71).public_key().bytes());
    let signature = key(71).sign(&change.to_sign(&log, &signer));
    let both = change.clone().and(&log, &signer, signature);
    assert_eq!(code(house.warden.submit(&both)), "change_withdrawn");
    assert_eq!(
        hand_in(&mut house, &proposing(ChangeId::from_bits(9000), &change)),
        "change_withdrawn",
        "nor does it wait again"
    );
    assert_eq!(of(&house.states(), "01"), State::Active);
    assert_eq!(house.warden.verify_log().unwrap().fault, None);
}

#[test]
fn what_was_carried_out_does_not_wait_again() {
    let mut house = held();
    house.order(SUSPEND, "09", Scope::One, "Security: key seen elsewhere").unwrap();
    let wake = Verb::Reactivate { override_security: true };
    let waits = house.order(wake, "09", Scope::One, "checked").unwrap().waits.unwrap();
    let change = waiting(&house, waits.id);
    by(&mut house, 71).approve(waits.id).unwrap();
    let again = proposing(ChangeId::from_bits(9000), &change);
    assert_eq!(hand_in(&mut house, &again), "change_id_taken");
    assert!(house.warden.snapshot().operators.waiting(start()).is_empty());
}

#[test]
fn an_approval_that_comes_too_late_lets_go_of_nobody() {
    let (mut house, waits) = with_revocation();
    let change = waiting(&house, waits.id);
    // The agents are not those any more that ada signed for.
    house.warden.seal(&Did::from_unique_id("01").unwrap(), word("meanwhile")).unwrap();
    let log = house.warden.snapshot().log.to_string();
    let signer = crate::change::operators::Signer::new("bo", &key(71).public_key().bytes());
    let signature = key(71).sign(&change.to_sign(&log, &signer));
    let judge = house.warden.judge();
    let both = judge.prepare(change.and(&log, &signer, signature)).unwrap();
    assert_eq!(code(house.warden.submit_all(&[both]).remove(0)), "stale_plan");
    assert_eq!(of(&house.states(), "01"), State::Suspended, "what it held, it holds");
    assert!(house.warden.snapshot().operators.proposal(waits.id).is_some());
}

#[test]
fn a_proposal_says_nothing_that_the_change_inside_does_not_say() {
    let (mut house, waits) = with_revocation();
    let change = waiting(&house, waits.id);
    by(&mut house, 70).withdraw(waits.id, word("for the test")).unwrap();
    let payload = Payload { id: ChangeId::from_bits(9001), ..change.payload().unwrap() };
    let change = signed(&house.warden.snapshot(), &payload, "ada", 70);
    let honest = proposing(ChangeId::from_bits(9002), &change);
    let by_bo = Payload { actor: "bo".to_owned(), ..honest.clone() };
    let because = Payload { reason: "harmless".to_owned(), ..honest.clone() };
    let under = Payload { case: Some("C-1".to_owned()), ..honest.clone() };
    for forged in [by_bo, because, under] {
        assert_eq!(hand_in(&mut house, &forged), "change_member_unreadable");
    }
    assert_eq!(hand_in(&mut house, &honest), "done");
}

#[test]
fn nothing_waits_longer_than_policy_lets_it() {
    let (mut house, waits) = with_revocation();
    let payload = waiting(&house, waits.id).payload().unwrap();
    by(&mut house, 70).withdraw(waits.id, word("for the test")).unwrap();
    let (id, wait) = (ChangeId::from_bits(9001), house.warden.policy().approvals.wait);
    let mut until = |end: Time| {
        let payload = Payload { id, expires: Some(end), ..payload.clone() };
        let change = signed(&house.warden.snapshot(), &payload, "ada", 70);
        code(house.warden.submit(&change))
    };
    let last = start().plus(wait);
    assert_eq!(until(last.plus(Span::seconds(1))), "change_waits_too_long");
    assert_eq!(until(last), "done");
}

#[test]
fn one_admin_does_not_replace_all_agents_alone() {
    let mut house = held();
    let wider = family().replace(r#"["read:a"]"#, r#"["*"]"#);
    let options = ImportOptions { replaces: true, ..ImportOptions::default() };
    assert_eq!(code(import(&mut house.warden, &wider, &options)), "approvals_missing");
    let four = row(&house.warden, "04");
    assert!(house.warden.registry().agent(four).capabilities().eq(["read:a"]));
}

#[test]
fn what_waits_under_a_case_is_not_withdrawn_beside_it_by_another() {
    let mut house = held();
    strict(&mut house, 0);
    let open = crate::change::OnCase::Open { title: "the theft".to_owned() };
    let opened = by(&mut house, 70).case(None, open, word("")).unwrap();
    let case = format!("C-{}", opened.index);
    let named = |case: &'static str| crate::warden::Word { case: Some(case), ..word("stolen") };
    let case: &'static str = case.leak();
    let waits = revoke_all(&mut house, named(case)).unwrap().waits.unwrap();
    assert_eq!(code(by(&mut house, 71).withdraw(waits.id, word("mine now"))), "case_of_another");
    assert_eq!(of(&house.states(), "01"), State::Suspended);
    assert_eq!(code(by(&mut house, 71).withdraw(waits.id, named(case))), "done");
}

#[test]
fn whoever_hands_in_a_rotation_does_not_say_how_long_the_old_key_lives() {
    use crate::change::{Rotate, Target};
    let mut house = House::new();
    let (nine, did) = (row(&house.warden, "09"), Did::from_unique_id("09").unwrap());
    let version = house.warden.registry().agent(nine).version();
    let keys = house.warden.policy().keys;
    let refused = |house: &mut House, until: Time, kept: u64| {
        let what = What::Rotate(Rotate { statement: "{}".to_owned(), until, kept });
        let about = Some(Target { did: did.clone(), version });
        let order = Order::Fact(Box::new(Fact { about, what }));
        let payload = Payload {
            id: ChangeId::from_bits(9000),
            actor: "somebody".to_owned(),
            order,
            reason: String::new(),
            case: None,
            created: start(),
            expires: None,
            break_glass: false,
        };
        hand_in(house, &payload)
    };
    let (last, history) = (start().plus(keys.overlap), u64::try_from(keys.history).unwrap());
    assert_eq!(refused(&mut house, last.plus(Span::seconds(1)), history), "rotation_other_overlap");
    assert_eq!(refused(&mut house, last, 0), "rotation_other_overlap", "a key of before is never forgotten");
    assert_eq!(refused(&mut house, last, history), "member_missing", "what is judged next is the statement");
}

#[test]
fn a_revocation_that_waits_for_nobody_counts_everybody_whom_its_author_could_have_seen() {
    let mut house = held();
    strict(&mut house, 1);
    house.later(Span::seconds(3600));
    let now = house.warden.now();
    let frozen = house.freeze(Verb::Revoke, "01", Scope::Subtree).unwrap();
    let revocation = |order: Order, expires: Time| Payload {
        id: ChangeId::from_bits(9000),
        actor: "ada".to_owned(),
        order,
        reason: "stolen".to_owned(),
        case: None,
        created: now,
        expires: Some(expires),
        break_glass: false,
    };
    // As if only the root had been there when the subtree was counted.
    let order = frozen.order(house.warden.registry(), Some(1));
    let hiding = revocation(order.clone(), now.plus(Span::seconds(600)));
    let change = signed(&house.warden.snapshot(), &hiding, "ada", 70);
    assert_eq!(code(house.warden.submit(&change)), "stale_plan");
    // Nor does it help to say that it was signed long ago.
    let long_ago = Payload { created: start().plus(Span::seconds(-3600)), ..hiding };
    let change = signed(&house.warden.snapshot(), &long_ago, "ada", 70);
    assert_eq!(code(house.warden.submit(&change)), "stale_plan");
    let glass = Payload { break_glass: true, ..revocation(order, now.plus(Span::seconds(600))) };
    let change = signed(&house.warden.snapshot(), &glass, "ada", 70);
    assert_eq!(house.warden.submit(&change).unwrap().touched.len(), 4, "broken glass is seen by everybody");
}

#[test]
fn children_that_came_while_somebody_read_fall_without_another_approval() {
    let mut house = held();
    strict(&mut house, 1);
    house.later(Span::seconds(3600));
    let frozen = house.freeze(Verb::Revoke, "04", Scope::Subtree).unwrap();
    let rows = house.warden.registry().row_count();
    let children = [record("05", Some("04"), 3), record("06", Some("04"), 3)].concat();
    import(&mut house.warden, &children, &ImportOptions::default()).unwrap();
    house.later(Span::seconds(60));
    let receipt = house.warden.commit(&frozen, rows, word("it spawns")).unwrap();
    assert!(receipt.waits.is_none());
    assert_eq!(receipt.newcomers.len(), 2);
    assert_eq!(of(&house.states(), "06"), State::Revoked);
    assert_eq!(house.warden.verify_log().unwrap().fault, None);
}
