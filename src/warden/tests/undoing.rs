//! Who undoes what another set, and what nobody takes with him: locks, lists, signals, texts.

use super::operators::{add, by, code, held, word};
use super::*;
use crate::change::operators::{Init, Newcomer, Role};
use crate::change::{Erase, Hidden, LockOn, OnCase, OnSponsor, What};
use crate::policy::Policy;
use crate::registry::CaseId;
use crate::trust::{Event, Kind as Said, Share, Source as Sender};
use crate::warden::Word;

const REX: u8 = 73;
const RIA: u8 = 74;

fn with_responders() -> House {
    let mut house = held();
    add(&mut house, "rex", REX, Role::Responder);
    add(&mut house, "ria", RIA, Role::Responder);
    house
}

fn lock() -> LockOn {
    LockOn::Organization("x".into())
}

#[test]
fn a_lock_of_another_operator_is_lifted_by_its_owner_an_admin_or_under_its_case() {
    let mut house = with_responders();
    by(&mut house, REX).lock(lock(), word("odd")).unwrap();
    assert_eq!(code(by(&mut house, RIA).unlock(lock(), word("seems fine"))), "set_by_another");
    assert_eq!(code(by(&mut house, REX).unlock(lock(), word("false alarm"))), "done");
    by(&mut house, REX).lock(lock(), word("odd")).unwrap();
    assert_eq!(code(by(&mut house, 70).unlock(lock(), word("an admin"))), "done");
    let opened = by(&mut house, REX).case(None, OnCase::Open { title: "odd".into() }, word("")).unwrap();
    let case = CaseId::of(opened.index).to_string();
    let under = |reason| Word { case: Some(&case), ..word(reason) };
    by(&mut house, REX).lock(lock(), under("odd")).unwrap();
    assert_eq!(code(by(&mut house, RIA).unlock(lock(), word("no case"))), "case_of_another");
    assert_eq!(code(by(&mut house, RIA).unlock(lock(), under("the case is hers too"))), "done");
    by(&mut house, 70).lock(lock(), word("an admin's")).unwrap();
    assert_eq!(code(by(&mut house, RIA).unlock(lock(), word("no"))), "set_by_another");
    assert_eq!(house.warden.verify_log().unwrap().fault, None);
}

#[test]
fn so_is_an_entry_of_the_list_and_a_signal_that_another_operator_brought() {
    let mut house = with_responders();
    let did = Did::from_unique_id("09").unwrap();
    let list = format!(
        r#"[{{"agent_did":"{did}","revoked_at":"2026-03-01T00:00:00Z","reason":"x","revoked_by":null,"expires_at":null}}]"#
    );
    by(&mut house, REX).list(list, word("told")).unwrap();
    assert_eq!(code(by(&mut house, RIA).unlist(&did, word("no"))), "set_by_another");
    assert_eq!(code(by(&mut house, REX).unlist(&did, word("mine"))), "done");
    let mut policy = Policy::default();
    policy.trust.sources = vec![Sender { name: "siem".into(), agent: None, per_hour: 10 }];
    let waits = by(&mut house, 70).set_policy(&policy, word("")).unwrap().waits.unwrap();
    by(&mut house, 71).approve(waits.id).unwrap();
    let now = house.warden.now();
    let kind = Said::Violation(Share::WHOLE);
    let event = Event { index: 0, at: now, subject: did, source: "siem".into(), kind };
    let brought = house.warden.signal(&event, Word::of("rex", "")).unwrap().index;
    let other = house.warden.signal(&event, Word::of("siem", "")).unwrap().index;
    assert_eq!(code(by(&mut house, RIA).void(brought, word("no"))), "set_by_another");
    assert_eq!(code(by(&mut house, REX).void(brought, word("mine"))), "done");
    assert_eq!(code(by(&mut house, RIA).void(other, word("a source is nobody's"))), "done");
    assert_eq!(house.warden.verify_log().unwrap().fault, None);
}

#[test]
fn nobody_is_called_in_place_of_oneself() {
    let mut house = House::new();
    let depute = |email: &str, deputy: &str| OnSponsor::Deputy {
        email: email.into(),
        deputy: Some(deputy.into()),
        until: None,
    };
    let same = house.warden.sponsor(depute("a@example.com", "a@example.com"), word(""));
    assert_eq!(code(same), "deputy_of_oneself");
    assert_eq!(code(house.warden.sponsor(depute("a@example.com", "b@example.com"), word(""))), "done");
}

#[test]
fn an_erasure_takes_no_text_of_others_with_it() {
    let mut house = House::new();
    house.warden.lock(LockOn::Sponsor("somebody@example.org".into()), word("odd")).unwrap();
    let mut texts = Vec::new();
    let view = house.warden.store.read().unwrap();
    view.texts(&mut |row| {
        texts.push(Hidden { commitment: row.commitment });
        std::ops::ControlFlow::Continue(())
    })
    .unwrap();
    drop(view);
    assert_eq!(texts.len(), 1);
    let did = Did::from_unique_id("09").unwrap();
    let erase = |texts| What::Erase(Erase { did: did.clone(), texts });
    assert_eq!(code(house.warden.say(None, erase(texts), word("asked for"))), "erase_foreign_text");
    let lock = LockOn::Sponsor("somebody@example.org".into());
    assert_eq!(code(house.warden.unlock(lock, word("the text is there"))), "done");
    assert_eq!(code(house.warden.say(None, erase(Vec::new()), word("asked for"))), "done");
    assert_eq!(house.warden.verify_log().unwrap().fault, None);
}

#[test]
fn a_beginning_that_would_be_refused_is_known_before_anything_is_written() {
    let mut house = House::new();
    house.warden.sign_with(Box::new(super::operators::key(70)));
    let key = super::operators::key(70).public_key().bytes().to_base64();
    let ada = || Newcomer { name: "ada".into(), key: key.clone(), role: Role::Admin, accepted: None };
    let init = |solo| Init {
        operators: vec![ada()],
        threshold: 0,
        recovery: Vec::new(),
        solo,
        log_key: String::new(),
    };
    let before = house.warden.snapshot().head;
    assert_eq!(code(house.warden.could_init(&init(false))), "operator_count_refused");
    assert_eq!(code(house.warden.could_init(&init(true))), "done");
    assert_eq!(house.warden.snapshot().head, before);
    assert!(!house.warden.snapshot().operators.held());
}
