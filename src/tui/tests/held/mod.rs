//! A log that people hold: who may do what, what is shown before it is signed, and what waits.

mod giving;
mod screens;

use super::super::seat::Seat;
use super::*;
use crate::change::operators::{Init, Newcomer, Operate, Role, invitation};
use crate::encoding::base64;
use crate::identity::SecretKey;
use crate::policy::Policy;
use crate::registry::{Row, State};
use crate::text::short_id;
use crate::warden::Word;

const ADA: u8 = 70;
const BO: u8 = 71;
const GRACE: u8 = 72;
const VI: u8 = 73;

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed([seed; 32])
}

fn bytes(seed: u8) -> KeyBytes {
    key(seed).public_key().bytes()
}

fn newcomer(log: &str, name: &str, seed: u8, role: Role) -> Newcomer {
    let signature = key(seed).sign(&invitation(log, name, role, &bytes(seed)));
    let accepted = Some(base64::encode(&signature));
    Newcomer { name: name.to_owned(), key: bytes(seed).to_base64(), role, accepted }
}

/// Gives the log its operators: ada and bo, who are admins, the responder grace and the viewer vi; every revocation of
/// more than `above` agents needs two of them.
fn found(warden: &mut Warden, above: u64, solo: bool) {
    let log = warden.snapshot().log.to_string();
    let person = |name: &str, seed, role| newcomer(&log, name, seed, role);
    let first = |name: &str, seed| Newcomer { accepted: None, ..person(name, seed, Role::Admin) };
    let word = |reason| Word::of("nobody", reason);
    warden.sign_with(Box::new(key(ADA)));
    let mut operators = vec![first("ada", ADA)];
    if !solo {
        operators.push(first("bo", BO));
    }
    let recovery = [90, 91, 92].map(|seed| bytes(seed).to_base64()).to_vec();
    let init = Init { operators, threshold: 2, recovery, solo, log_key: "a+b+c".to_owned() };
    warden.init(init, word("the beginning")).unwrap();
    let approved = |warden: &mut Warden, receipt: crate::warden::FactReceipt| {
        if let Some(waits) = receipt.waits {
            warden.sign_with(Box::new(key(BO)));
            warden.approve(waits.id).unwrap();
            warden.sign_with(Box::new(key(ADA)));
        }
    };
    for (name, seed, role) in [("grace", GRACE, Role::Responder), ("vi", VI, Role::Viewer)] {
        let receipt = warden.operate(Operate::Add(person(name, seed, role)), word("joins")).unwrap();
        approved(warden, receipt);
    }
    let mut policy = Policy::default();
    policy.approvals.revoke_above = above;
    let receipt = warden.set_policy(&policy, word("")).unwrap();
    approved(warden, receipt);
}

/// The console of somebody on a held log.
fn desk_of(seed: u8, size: (u16, u16)) -> Desk {
    sat_down(&mesh(60), seed, size)
}

/// ada's console on a held log with these agents.
pub(super) fn desk_on(agents: &[Identity<'_>], size: (u16, u16)) -> Desk {
    sat_down(agents, ADA, size)
}

fn sat_down(agents: &[Identity<'_>], seed: u8, size: (u16, u16)) -> Desk {
    Desk::with(agents, size, |warden| {
        found(warden, 2, false);
        warden.sign_with(Box::new(key(seed)));
        Some(bytes(seed))
    })
}

/// The same console with somebody else at it.
fn sit_down(desk: &mut Desk, seed: u8) {
    desk.warden().sign_with(Box::new(key(seed)));
    desk.model.session.key = Some(bytes(seed));
    desk.tick();
}

/// An active agent with a family of four to nine below it, all active; the cursor of the agents room is on it.
fn to_family(desk: &mut Desk) -> String {
    let view = desk.model.session.view.clone();
    let lineage = view.registry().lineage();
    let active = |at| lineage.at(at).is_some_and(|row| view.judgement.state(row) == State::Active);
    let fits = |row: &Row| (4..=9).contains(&lineage.size(*row)) && lineage.subtree(*row).all(active);
    let row = view.registry().rows().find(fits).unwrap();
    let did = view.agent(row).did().to_string();
    desk.keys("2/").keys(&did).keys("\r");
    did
}

fn state(desk: &Desk, did: &str) -> State {
    let view = &desk.model.session.view;
    view.judgement.state(view.registry().find(&crate::identity::Did::parse(did).unwrap()).unwrap())
}

fn entries(desk: &mut Desk) -> u64 {
    desk.warden().snapshot().head.size
}

/// Revokes the family under the cursor: it waits for a second signature.
fn revoke(desk: &mut Desk, did: &str) {
    desk.keys("D1y").keys(short_id(did)).keys("\r");
}

#[test]
fn who_sits_here_is_said_on_every_screen() {
    let mut desk = desk_of(GRACE, (80, 24));
    for room in "1234567890".chars() {
        desk.keys(&room.to_string());
        assert!(desk.text().contains("signed in as grace (responder)"), "{}", desk.text());
    }
    desk.model.session.key = None;
    desk.event(Event::Resize);
    assert!(desk.text().contains("NOT SIGNED IN: to look only"), "{}", desk.text());
    desk.model.session.key = Some(bytes(99));
    desk.event(Event::Resize);
    assert!(desk.text().contains("NOT SIGNED IN: key-"), "{}", desk.text());
    let mut desk = Desk::new(&mesh(20), (80, 24));
    desk.keys("2");
    assert!(desk.text().contains("UNSIGNED: nobody holds this log"), "{}", desk.text());
}

#[test]
fn one_person_alone_is_said_on_every_screen() {
    let mut desk = Desk::with(&mesh(20), (80, 24), |warden| {
        found(warden, 2, true);
        Some(bytes(ADA))
    });
    for room in "1234567890".chars() {
        desk.keys(&room.to_string());
        assert!(desk.text().contains("SOLO: one person holds this log"), "{}", desk.text());
    }
}

#[test]
fn without_a_key_nothing_is_asked_and_the_screen_says_why() {
    let mut desk = desk_of(ADA, (80, 24));
    desk.model.session.key = None;
    to_family(&mut desk);
    let before = entries(&mut desk);
    for keys in ["s", "D", "a", "S", "K"] {
        desk.keys(keys);
        assert!(desk.model.overlays.is_empty(), "{keys}");
        assert!(desk.text().contains("no operator key: start with --operator-key"), "{}", desk.text());
    }
    for keys in ["8s", "8r", "8D", "8a", "7x", "7a", "9u", "0p"] {
        desk.keys(keys);
        assert!(desk.model.overlays.is_empty(), "{keys}");
        assert!(desk.text().contains("NOT NOW: no operator key"), "{keys}\n{}", desk.text());
    }
    desk.keys("2:suspend the");
    assert!(desk.text().contains("(no operator key"), "{}", desk.text());
    assert_eq!(entries(&mut desk), before);
}

#[test]
fn a_role_that_is_too_weak_is_named_before_anything_is_asked() {
    let mut desk = desk_of(VI, (80, 24));
    to_family(&mut desk);
    desk.keys("s");
    assert!(desk.text().contains("vi is viewer, and suspend takes responder"), "{}", desk.text());
    sit_down(&mut desk, GRACE);
    desk.keys("8s");
    assert!(desk.text().contains("grace is responder, and operator takes admin"), "{}", desk.text());
    desk.keys("2s");
    assert_eq!(desk.model.overlays.len(), 1, "a responder contains");
}

#[test]
fn a_suspension_is_signed_by_whoever_sits_here() {
    let mut desk = desk_of(GRACE, (80, 24));
    let did = to_family(&mut desk);
    desk.keys("s1y");
    assert_eq!(state(&desk, &did), State::Suspended);
    let last = entries(&mut desk) - 1;
    let line = desk.warden().entries(last, 1).unwrap().pop().unwrap();
    assert_eq!((line.actor.as_str(), line.signers), ("grace", vec!["grace".to_owned()]));
}

#[test]
fn a_revocation_that_waits_holds_back_at_once_until_somebody_else_approves() {
    let mut desk = desk_of(ADA, (120, 40));
    let did = to_family(&mut desk);
    desk.keys("D1");
    assert!(desk.text().contains("WAITS for the signature of another operator"), "{}", desk.text());
    desk.keys("y").keys(short_id(&did)).keys("\r");
    assert!(desk.text().contains("NOT DONE YET: revoke waits for 1 more"), "{}", desk.text());
    assert!(desk.text().contains("approvals(1)"), "{}", desk.text());
    assert_eq!(state(&desk, &did), State::Suspended, "held back, though nobody approved");
    desk.keys("7a");
    assert!(desk.text().contains("you signed it yourself: somebody else approves it"), "{}", desk.text());
    assert!(desk.model.overlays.is_empty());
    sit_down(&mut desk, BO);
    let id = desk.warden().snapshot().operators.waiting(noon())[0].0.to_string();
    desk.keys("ay");
    assert_eq!(state(&desk, &did), State::Suspended, "one key is too little for many agents");
    desk.keys(id.get(..8).unwrap()).keys("\r");
    assert_eq!(state(&desk, &did), State::Revoked, "{}", desk.text());
    assert!(desk.text().contains("DONE: revoke"), "{}", desk.text());
}

#[test]
fn a_withdrawn_change_lets_go_whom_it_held_back() {
    let mut desk = desk_of(ADA, (80, 24));
    let did = to_family(&mut desk);
    revoke(&mut desk, &did);
    desk.keys("7x");
    desk.keys("y");
    assert!(desk.text().contains("a reason is missing"), "{}", desk.text());
    desk.keys("rfalse alarm\ry");
    assert_eq!(state(&desk, &did), State::Active, "{}", desk.text());
    assert!(desk.text().contains("Nothing waits for signatures"), "{}", desk.text());
}

#[test]
fn broken_glass_wants_its_own_phrase_waits_for_nobody_and_is_told() {
    let mut desk = desk_of(GRACE, (120, 40));
    let did = to_family(&mut desk);
    desk.keys("D1B");
    assert!(desk.text().contains("BREAKS THE GLASS"), "{}", desk.text());
    desk.keys("y").keys(short_id(&did)).keys("\r");
    assert_eq!(state(&desk, &did), State::Active, "the phrase of an ordinary revocation is not enough");
    desk.keys("\x1by").keys(&format!("break {}", short_id(&did))).keys("\r");
    assert_eq!(state(&desk, &did), State::Revoked, "{}", desk.text());
    let told: Vec<_> = desk.told.iter().map(|notice| (notice.event, notice.actor.as_str())).collect();
    assert_eq!(told, [("break_glass", "grace")]);
    assert_eq!(desk.told[0].subject, did);
}

#[test]
fn glass_is_not_broken_where_nothing_waits() {
    let mut desk = desk_of(GRACE, (120, 40));
    to_family(&mut desk);
    desk.keys("Dc1B");
    assert!(desk.text().contains("no glass to break"), "{}", desk.text());
}

#[test]
fn an_operator_is_suspended_by_one_admin_and_everybody_is_told() {
    let mut desk = desk_of(ADA, (80, 24));
    // ada, bo, grace, vi
    desk.keys("8jjs1y");
    let stands = desk.warden().snapshot().operators.get("grace").unwrap().active();
    assert!(!stands, "{}", desk.text());
    assert_eq!(desk.told.iter().map(|notice| notice.event).collect::<Vec<_>>(), ["operator"]);
    sit_down(&mut desk, GRACE);
    assert!(desk.text().contains("grace IS SUSPENDED"), "{}", desk.text());
    desk.keys("2s");
    assert!(desk.text().contains("grace is suspended"), "{}", desk.text());
}

#[test]
fn another_role_waits_for_a_second_admin() {
    let mut desk = desk_of(ADA, (80, 24));
    desk.keys("8jjr1y");
    assert!(desk.text().contains("NOT DONE YET"), "{}", desk.text());
    assert!(desk.told.is_empty(), "nothing happened yet");
    sit_down(&mut desk, BO);
    let id = desk.warden().snapshot().operators.waiting(noon())[0].0.to_string();
    desk.keys("7a");
    assert!(desk.text().contains("grace becomes viewer"), "{}", desk.text());
    desk.keys("y").keys(id.get(..8).unwrap()).keys("\r");
    assert_eq!(desk.warden().snapshot().operators.get("grace").unwrap().role, Role::Viewer);
    assert_eq!(desk.told.len(), 1);
}

#[test]
fn what_is_approved_is_what_was_shown() {
    let mut desk = desk_of(ADA, (80, 24));
    let did = to_family(&mut desk);
    revoke(&mut desk, &did);
    sit_down(&mut desk, BO);
    desk.keys("7ay");
    let id = desk.warden().snapshot().operators.waiting(noon())[0].0;
    // Meanwhile whoever ordered it takes it back.
    desk.warden().sign_with(Box::new(key(ADA)));
    desk.warden().withdraw(id, Word::of("ada", "no")).unwrap();
    desk.warden().sign_with(Box::new(key(BO)));
    desk.keys(id.to_string().get(..8).unwrap()).keys("\r");
    assert!(desk.text().contains("NOT DONE: no change of this id waits"), "{}", desk.text());
    let digest = [7; 32];
    let refused = desk.warden().approve_shown(id, &digest).unwrap_err();
    assert_eq!(refused.code(), "change_not_waiting");
}

#[test]
fn a_lock_holds_and_is_lifted_by_what_it_names() {
    let mut desk = desk_of(GRACE, (120, 40));
    let did = to_family(&mut desk);
    desk.keys("K1y");
    assert_eq!(state(&desk, &did), State::Suspended, "{}", desk.text());
    desk.keys("9u");
    assert!(desk.text().contains("LIFT A LOCK"), "{}", desk.text());
    desk.keys("4y");
    assert_eq!(state(&desk, &did), State::Active, "{}", desk.text());
    assert!(desk.text().contains("No lock stands"), "{}", desk.text());
}

#[test]
fn what_a_waiting_change_holds_is_not_lifted_as_a_lock() {
    let mut desk = desk_of(ADA, (80, 24));
    let did = to_family(&mut desk);
    revoke(&mut desk, &did);
    desk.keys("9u");
    assert!(desk.model.overlays.is_empty());
    assert!(desk.text().contains("withdraw the change in approvals (7)"), "{}", desk.text());
}

#[test]
fn a_sealed_agent_says_so() {
    let mut desk = desk_of(GRACE, (120, 40));
    let did = to_family(&mut desk);
    desk.keys("S1y");
    let view = &desk.model.session.view;
    let row = view.registry().find(&crate::identity::Did::parse(&did).unwrap()).unwrap();
    assert!(view.agent(row).sealed_at().is_some(), "{}", desk.text());
}

#[test]
fn a_policy_that_cannot_be_read_is_refused_with_its_reason_and_not_proposed() {
    let mut desk = desk_of(ADA, (80, 24));
    desk.keys("0p");
    assert!(desk.text().contains("no policy was read from a file"), "{}", desk.text());
    desk.means.policy = Some(Arc::new(|_| Err("line 3: no such field".to_owned())));
    desk.keys("Fbad.toml\r");
    assert!(desk.text().contains("REFUSED: line 3: no such field"), "{}", desk.text());
    desk.keys("p");
    assert!(desk.model.overlays.is_empty());
}

#[test]
fn a_proposed_policy_waits_and_shows_its_fields_to_whoever_approves() {
    let mut desk = desk_of(ADA, (120, 40));
    desk.means.policy = Some(Arc::new(|_| {
        let mut policy = Policy::default();
        policy.approvals.revoke_above = 7;
        Ok(policy)
    }));
    desk.keys("0Fnew.toml\rp1y");
    assert!(desk.text().contains("NOT DONE YET: policy"), "{}", desk.text());
    desk.keys("7");
    assert!(desk.text().contains("approvals.revoke_above: 2 → 7"), "{}", desk.text());
}

#[test]
fn an_entry_is_proven_here_and_the_whole_log_checked() {
    let mut desk = desk_of(GRACE, (120, 40));
    to_family(&mut desk);
    desk.keys("s2y5\r");
    let shown = desk.text();
    assert!(shown.contains("proven here") && shown.contains("grace#key-"), "{shown}");
    desk.keys("\x1bv");
    assert!(desk.text().contains("SOUND: "), "{}", desk.text());
}

#[test]
fn a_stranger_s_key_is_nobody() {
    let desk = desk_of(ADA, (80, 24));
    let operators = desk.model.session.view.snapshot.operators.clone();
    assert!(matches!(Seat::of(&operators, Some(&bytes(99))), Seat::Stranger(_)));
    assert!(matches!(Seat::of(&operators, None), Seat::NoKey));
    assert_eq!(Seat::of(&operators, Some(&bytes(BO))).name(), Some("bo"));
}

#[test]
fn what_is_done_under_a_case_carries_its_name_until_it_is_closed() {
    let mut desk = desk_of(ADA, (120, 40));
    desk.keys("Coodd calls at night\r");
    assert!(desk.text().contains("open odd calls at night"), "{}", desk.text());
    desk.keys("y");
    let id = desk.model.session.case.unwrap().to_string();
    for room in "1234567890".chars() {
        desk.keys(&room.to_string());
        assert!(desk.text().contains(&format!("CASE {id} odd calls at night")), "{}", desk.text());
    }
    to_family(&mut desk);
    desk.keys("s1y");
    desk.keys("Cnthe logs show two hosts\ry");
    let size = entries(&mut desk);
    let last = desk.warden().entries(size - 2, 2).unwrap();
    assert!(last.iter().all(|line| line.case.as_deref() == Some(id.as_str())), "{last:?}");
    desk.keys("Cx4y");
    assert!(desk.model.session.case.is_none(), "{}", desk.text());
    assert!(!desk.text().contains(&format!("CASE {id} ")), "{}", desk.text());
}
