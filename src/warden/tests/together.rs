//! Many callers, one write: nothing is lost, and nobody pays for another's mistake.

use std::thread;

use super::operators::{add, by, code, held, key};
use super::*;
use crate::change::operators::{Operate, Role, Signer};
use crate::change::{ChangeId, Frozen, Payload, SignedChange};
use crate::warden::{Snapshot, Word, Writer};

pub(super) fn ordered(snapshot: &Snapshot, id: u128, verb: Verb, agent: &str) -> Payload {
    let did = Did::from_unique_id(agent).unwrap();
    let frozen = Frozen::of(&snapshot.registry, Request::of(verb, did, Scope::One), start()).unwrap();
    Payload {
        id: ChangeId::from_bits(id),
        actor: "ada".to_owned(),
        order: frozen.order(&snapshot.registry, None),
        reason: "odd".to_owned(),
        case: None,
        created: start(),
        expires: Some(start().plus(Span::seconds(600))),
        break_glass: false,
    }
}

pub(super) fn signed(snapshot: &Snapshot, payload: &Payload, name: &str, seed: u8) -> SignedChange {
    let signer = Signer::new(name, &key(seed).public_key().bytes());
    let (change, log) = (SignedChange::unsigned(payload).unwrap(), snapshot.log.to_string());
    let signature = key(seed).sign(&change.to_sign(&log, &signer));
    change.and(&log, &signer, signature)
}

#[test]
fn what_many_callers_hand_in_at_once_lasts_and_a_refused_one_harms_no_other() {
    let directory = tempfile::TempDir::new().unwrap();
    let mut house = held_on(directory.path());
    let before = house.warden.snapshot();
    let writer = Writer::start(house.warden).unwrap();
    let agents = ["01", "02", "03", "04", "09"];
    let mut answers: Vec<(bool, &'static str)> = thread::scope(|scope| {
        let callers: Vec<_> = (0..20u8)
            .map(|number| {
                // All look at the same moment, however fast the first of them are.
                let (caller, snapshot) = (writer.caller(), before.clone());
                scope.spawn(move || {
                    let agent = agents[usize::from(number) % agents.len()];
                    let payload = ordered(&snapshot, u128::from(number) + 1000, SUSPEND, agent);
                    // Every other one is signed with a key that nobody here has.
                    let good = number % 2 == 0;
                    let change = signed(&snapshot, &payload, "ada", if good { 70 } else { 99 });
                    let answer = caller.submit(change);
                    (good, answer.err().map_or("done", |error| error.code()))
                })
            })
            .collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).collect()
    });
    house.warden = writer.stop();
    answers.sort_unstable();
    assert!(
        answers.iter().filter(|(good, _)| !good).all(|(_, code)| *code == "operator_key_unknown"),
        "{answers:?}"
    );
    let done = answers.iter().filter(|(_, code)| *code == "done").count();
    assert_eq!(done, agents.len(), "the first of each agent: {answers:?}");
    assert_eq!(house.warden.snapshot().head.size, before.head.size + 5);
    assert!(house.states().iter().all(|(_, state)| *state == State::Suspended));
    assert_eq!(house.warden.verify_log().unwrap().fault, None);
    drop(house);
    let again = open(directory.path());
    assert!(states(&again).iter().all(|(_, state)| *state == State::Suspended), "and after the process");
}

#[test]
fn a_signature_that_was_verified_before_its_signer_was_stopped_counts_no_more() {
    let mut house = held();
    add(&mut house, "rex", 73, Role::Responder);
    let (snapshot, judge) = (house.warden.snapshot(), house.warden.judge());
    let prepare = |id, verb, agent| {
        let mut payload = ordered(&snapshot, id, verb, agent);
        payload.actor = "rex".to_owned();
        judge.prepare(signed(&snapshot, &payload, "rex", 73)).unwrap()
    };
    let (early, late) = (prepare(1001, SUSPEND, "09"), prepare(1002, SUSPEND, "03"));
    assert!(house.warden.submit_all(&[early])[0].is_ok());
    let stop = Operate::Suspend { name: "rex".to_owned() };
    by(&mut house, 70).operate(stop, Word::of("ada", "left")).unwrap();
    let answer = house.warden.submit_all(&[late]).remove(0);
    assert_eq!(code(answer), "operator_stopped");
}

#[test]
fn a_change_that_is_handed_in_twice_is_carried_out_once() {
    let mut house = held();
    let (snapshot, judge) = (house.warden.snapshot(), house.warden.judge());
    let change = signed(&snapshot, &ordered(&snapshot, 1001, SUSPEND, "09"), "ada", 70);
    let twice = [judge.prepare(change.clone()).unwrap(), judge.prepare(change).unwrap()];
    let answers: Vec<_> = house
        .warden
        .submit_all(&twice)
        .into_iter()
        .map(|answer| answer.unwrap())
        .map(|taken| (taken.index, taken.known))
        .collect();
    assert_eq!(answers, [(snapshot.head.size, false), (snapshot.head.size, true)]);
}

fn open(root: &std::path::Path) -> Warden {
    let place = crate::warden::Place::Directory(root.join("mesh"));
    let clock: fn() -> Box<dyn Clock> = || Box::new(Standing(std::sync::Arc::new(Mutex::new(start()))));
    let context = Context { clock, ..context(root) };
    context.open(&place, |_| Ok(())).unwrap().warden
}

/// The family in a directory, held by ada and bo.
pub(super) fn held_on(root: &std::path::Path) -> House {
    let mut warden = open(root);
    import(&mut warden, &family(), &ImportOptions::default()).unwrap();
    let house = House { warden, time: Standing(std::sync::Arc::new(Mutex::new(start()))) };
    super::operators::hold(house)
}
