//! Who may order what: signatures, roles, approvals, and what waits.

use super::*;
use crate::change::operators::{Init, Newcomer, Operate, Role, invitation};
use crate::change::{Exception, LockOn};
use crate::identity::SecretKey;
use crate::policy::Policy;
use crate::warden::{FactReceipt, WardenError, Word};

pub(super) fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed([seed; 32])
}

fn newcomer(name: &str, seed: u8, role: Role) -> Newcomer {
    let key = key(seed).public_key().bytes().to_base64();
    Newcomer { name: name.to_owned(), key, role, accepted: None }
}

fn accepted(house: &House, name: &str, seed: u8, role: Role) -> Newcomer {
    let log = house.warden.snapshot().log.to_string();
    let bytes = key(seed).public_key().bytes();
    let signature = key(seed).sign(&invitation(&log, name, role, &bytes));
    let accepted = Some(crate::encoding::base64::encode(&signature));
    Newcomer { accepted, ..newcomer(name, seed, role) }
}

pub(super) fn word(reason: &str) -> Word<'_> {
    Word::of("nobody in particular", reason)
}

/// The family, held by ada and bo, both admins, with the recovery keys 90, 91 and 92 of which two must sign.
pub(super) fn held() -> House {
    hold(House::new())
}

/// The same, of a house that nobody holds yet.
pub(super) fn hold(mut house: House) -> House {
    house.warden.sign_with(Box::new(key(70)));
    let recovery = [90, 91, 92].map(|seed| key(seed).public_key().bytes().to_base64()).to_vec();
    let log_key = house.warden.verifier().unwrap().to_string();
    let init = Init {
        operators: vec![newcomer("ada", 70, Role::Admin), newcomer("bo", 71, Role::Admin)],
        threshold: 2,
        recovery,
        solo: false,
        log_key,
    };
    house.warden.init(init, word("the beginning")).unwrap();
    house
}

pub(super) fn by(house: &mut House, seed: u8) -> &mut Warden {
    house.warden.sign_with(Box::new(key(seed)));
    &mut house.warden
}

pub(super) fn code<T>(outcome: Result<T, WardenError>) -> &'static str {
    outcome.err().map_or("done", |error| error.code())
}

pub(super) fn add(house: &mut House, name: &str, seed: u8, role: Role) {
    let newcomer = accepted(house, name, seed, role);
    let receipt = by(house, 70).operate(Operate::Add(newcomer), word("joins")).unwrap();
    let id = receipt.waits.unwrap().id;
    assert!(by(house, 71).approve(id).unwrap().waits.is_none());
}

pub(super) fn revoke_all(house: &mut House, word: Word<'_>) -> Result<Receipt, Rejection> {
    let frozen = house.freeze(Verb::Revoke, "01", Scope::Subtree).unwrap();
    let rows = house.warden.registry().row_count();
    house.warden.commit(&frozen, rows, word)
}

/// A policy by which every revocation of more than `above` agents needs approval.
pub(super) fn strict(house: &mut House, above: u64) {
    let mut policy = Policy::default();
    policy.approvals.revoke_above = above;
    let receipt = by(house, 70).set_policy(&policy, word("")).unwrap();
    by(house, 71).approve(receipt.waits.unwrap().id).unwrap();
    assert_eq!(house.warden.policy().approvals.revoke_above, above);
}

#[test]
fn without_operators_changes_are_unsigned_and_with_them_never() {
    let mut house = House::new();
    house.order(Verb::Suspend { until: None }, "09", Scope::One, "odd").unwrap();
    let mut house = held();
    house.order(Verb::Suspend { until: None }, "09", Scope::One, "odd").unwrap();
    let lines = house.warden.entries(0, 10).unwrap();
    let said: Vec<_> = lines.iter().map(|line| (line.actor.as_str(), line.signers.clone())).collect();
    assert_eq!(said[0], ("tester", vec![]));
    assert_eq!(said[1], ("ada", vec!["ada".to_owned()]));
    assert_eq!(said[2], ("ada", vec!["ada".to_owned()]), "whatever name was said, the key tells whose it is");
    house.warden.hand = None;
    let refused = house.order(Verb::Revoke, "09", Scope::One, "worse").unwrap_err();
    assert_eq!(refused.code(), "change_not_signed");
    house.warden.sign_with(Box::new(key(99)));
    let refused = house.order(Verb::Revoke, "09", Scope::One, "worse").unwrap_err();
    assert_eq!(refused.code(), "operator_key_unknown");
}

#[test]
fn a_viewer_orders_nothing_and_a_responder_gives_no_authority() {
    let mut house = held();
    add(&mut house, "vi", 72, Role::Viewer);
    add(&mut house, "rex", 73, Role::Responder);
    let lock = || LockOn::Sponsor("a@example.com".into());
    assert_eq!(code(by(&mut house, 72).lock(lock(), word("x"))), "operator_role_too_weak");
    assert_eq!(code(by(&mut house, 73).lock(lock(), word("x"))), "done");
    assert_eq!(code(by(&mut house, 73).set_policy(&Policy::default(), word(""))), "operator_role_too_weak");
    let role = Operate::Role { name: "rex".to_owned(), role: Role::Admin };
    assert_eq!(code(by(&mut house, 73).operate(role, word("me"))), "operator_role_too_weak");
}

#[test]
fn one_person_approves_once_even_with_two_keys() {
    let mut house = held();
    let more = accepted(&house, "ada", 75, Role::Admin);
    let operate = Operate::AddKey { name: "ada".to_owned(), key: more.key, accepted: more.accepted };
    let receipt = by(&mut house, 70).operate(operate, word("a second laptop")).unwrap();
    by(&mut house, 71).approve(receipt.waits.unwrap().id).unwrap();
    strict(&mut house, 0);
    by(&mut house, 70);
    let waits = revoke_all(&mut house, word("stolen")).unwrap().waits.unwrap();
    assert_eq!((waits.signers.as_slice(), waits.needed), (["ada".to_owned()].as_slice(), 2));
    assert_eq!(code(by(&mut house, 70).approve(waits.id)), "operator_signed_twice");
    assert_eq!(code(by(&mut house, 75).approve(waits.id)), "operator_signed_twice");
    assert_eq!(code(by(&mut house, 71).approve(waits.id)), "done");
    assert_eq!(of(&house.states(), "04"), State::Revoked);
    let last = house.warden.entries(0, 100).unwrap().pop().unwrap();
    assert_eq!(last.signers, ["ada", "bo"], "both signatures are over the same bytes, in one entry");
    assert_eq!(code(by(&mut house, 71).approve(waits.id)), "change_not_waiting");
}

#[test]
fn what_waits_for_a_signature_holds_at_once_and_for_a_time() {
    let mut house = held();
    strict(&mut house, 2);
    let waits = revoke_all(&mut house, word("stolen")).unwrap().waits.unwrap();
    let states = house.states();
    assert_eq!(of(&states, "01"), State::Suspended, "held back, though nobody approved");
    assert_eq!(of(&states, "04"), State::CutOff);
    assert_eq!(of(&states, "09"), State::Active);
    let held = house.warden.registry().lock_on(row(&house.warden, "04"), house.warden.now()).unwrap();
    assert_eq!(held.until, Some(waits.expires));
    house.later(waits.expires.since(house.warden.now()));
    assert_eq!(of(&house.states(), "01"), State::Active, "what nobody approved ends with its time");
    assert_eq!(code(by(&mut house, 71).approve(waits.id)), "change_expired");
}

#[test]
fn a_change_withdrawn_holds_nobody_and_only_its_owner_or_an_admin_withdraws_it() {
    let mut house = held();
    add(&mut house, "rex", 73, Role::Responder);
    add(&mut house, "ria", 74, Role::Responder);
    strict(&mut house, 0);
    by(&mut house, 73);
    let first = revoke_all(&mut house, word("stolen")).unwrap().waits.unwrap().id;
    assert_eq!(code(by(&mut house, 74).withdraw(first, word("no"))), "change_not_yours");
    assert_eq!(code(by(&mut house, 73).withdraw(first, word("false alarm"))), "done");
    assert_eq!(of(&house.states(), "01"), State::Active);
    by(&mut house, 73);
    let second = revoke_all(&mut house, word("stolen")).unwrap().waits.unwrap().id;
    assert_eq!(code(by(&mut house, 71).withdraw(second, word("by an admin"))), "done");
    assert_eq!(code(by(&mut house, 71).approve(second)), "change_not_waiting");
}

#[test]
fn an_approval_fits_no_other_change() {
    let mut house = held();
    strict(&mut house, 0);
    by(&mut house, 70);
    let waits = revoke_all(&mut house, word("stolen")).unwrap().waits.unwrap();
    let proposal = house.warden.snapshot().operators.proposal(waits.id).unwrap().clone();
    // The signature of bo over other bytes does not help these.
    let log = house.warden.snapshot().log.to_string();
    let signer = crate::change::operators::Signer::new("bo", &key(71).public_key().bytes());
    let other = crate::change::Payload { reason: "another".to_owned(), ..proposal.payload.clone() };
    let other = crate::change::SignedChange::unsigned(&other).unwrap();
    let stolen = key(71).sign(&other.to_sign(&log, &signer));
    let forged = proposal.change.clone().and(&log, &signer, stolen);
    assert_eq!(code(house.warden.submit(&forged)), "change_signature_invalid");
    // The right one does; handed in twice it is one change.
    let right = key(71).sign(&proposal.change.to_sign(&log, &signer));
    let whole = proposal.change.clone().and(&log, &signer, right);
    let taken = house.warden.submit(&whole).unwrap();
    assert!(!taken.known && taken.waits.is_none());
    let again = house.warden.submit(&whole).unwrap();
    assert!(again.known);
    assert_eq!(again.index, taken.index);
}

#[test]
fn break_glass_removes_authority_only() {
    let mut house = held();
    strict(&mut house, 0);
    let glass = Word { break_glass: true, ..word("it spreads") };
    assert!(revoke_all(&mut house, glass).unwrap().waits.is_none());
    assert_eq!(of(&house.states(), "04"), State::Revoked);
    assert!(house.warden.entries(0, 100).unwrap().pop().unwrap().break_glass);
    let frozen = house.freeze(Verb::Suspend { until: None }, "09", Scope::One).unwrap();
    let rows = house.warden.registry().row_count();
    assert!(house.warden.commit(&frozen, rows, glass).is_err(), "there is no glass to break");
    assert_eq!(code(house.warden.set_policy(&Policy::default(), glass)), "change_member_unreadable");
}

#[test]
fn reactivating_a_security_suspension_takes_two() {
    let mut house = held();
    house.order(Verb::Suspend { until: None }, "09", Scope::One, "Security: key seen elsewhere").unwrap();
    let wake = Verb::Reactivate { override_security: true };
    let waits = house.order(wake, "09", Scope::One, "checked").unwrap().waits.unwrap();
    assert_eq!(of(&house.states(), "09"), State::Suspended, "waiting gives nothing");
    by(&mut house, 71).approve(waits.id).unwrap();
    assert_eq!(of(&house.states(), "09"), State::Active);
    house.order(Verb::Suspend { until: None }, "09", Scope::One, "odd").unwrap();
    let wake = Verb::Reactivate { override_security: false };
    assert!(house.order(wake, "09", Scope::One, "").unwrap().waits.is_none());
}

#[test]
fn a_change_whose_targets_moved_on_is_not_approved() {
    let mut house = held();
    house.order(Verb::Suspend { until: None }, "09", Scope::One, "Security: key seen elsewhere").unwrap();
    let wake = Verb::Reactivate { override_security: true };
    let waits = house.order(wake, "09", Scope::One, "checked").unwrap().waits.unwrap();
    house.warden.seal(&Did::from_unique_id("09").unwrap(), word("meanwhile")).unwrap();
    assert_eq!(code(by(&mut house, 71).approve(waits.id)), "stale_plan");
    assert_eq!(of(&house.states(), "09"), State::Suspended);
}

#[test]
fn the_last_two_admins_stay_and_the_recovery_set_replaces_them() {
    let mut house = held();
    let suspend = |name: &str| Operate::Suspend { name: name.to_owned() };
    assert_eq!(code(by(&mut house, 70).operate(suspend("bo"), word("x"))), "operator_last_admins");
    add(&mut house, "cy", 76, Role::Admin);
    assert_eq!(code(by(&mut house, 76).operate(suspend("ada"), word("laptop stolen"))), "done");
    assert_eq!(code(by(&mut house, 70).lock(LockOn::Sponsor("s".into()), word("x"))), "operator_stopped");
    let restore = Operate::Restore { name: "ada".to_owned() };
    let waits = by(&mut house, 76).operate(restore, word("found")).unwrap().waits.unwrap();
    assert_eq!(code(by(&mut house, 70).approve(waits.id)), "operator_stopped", "nobody restores himself");
    assert_eq!(code(by(&mut house, 71).approve(waits.id)), "done");
    // All admins are lost: two of three recovery keys put others in their place, and can do nothing else.
    let recover = crate::change::operators::Recover {
        operators: vec![newcomer("dee", 80, Role::Admin), newcomer("eli", 81, Role::Admin)],
    };
    let draft = house.warden.draft_recovery(recover, word("all keys lost")).unwrap();
    let once = by(&mut house, 90).sign_recovery(draft).unwrap();
    assert_eq!(code(house.warden.submit(&once)), "approvals_missing");
    let same = by(&mut house, 90).sign_recovery(once.clone()).unwrap();
    assert_eq!(code(house.warden.submit(&same)), "operator_signed_twice");
    let other = by(&mut house, 70).sign_recovery(once.clone()).unwrap();
    assert_eq!(code(house.warden.submit(&other)), "operator_key_unknown", "an admin is no recovery key");
    let twice = by(&mut house, 92).sign_recovery(once).unwrap();
    house.warden.submit(&twice).unwrap();
    assert_eq!(code(by(&mut house, 71).lock(LockOn::Sponsor("s".into()), word("x"))), "operator_stopped");
    assert_eq!(code(by(&mut house, 80).lock(LockOn::Sponsor("s".into()), word("x"))), "done");
    assert_eq!(code(by(&mut house, 90).lock(LockOn::Sponsor("t".into()), word("x"))), "operator_key_unknown");
}

#[test]
fn a_newcomer_signs_the_invitation_and_a_key_has_one_owner() {
    let mut house = held();
    let add = |house: &mut House, newcomer| {
        let receipt: Result<FactReceipt, _> = by(house, 70).operate(Operate::Add(newcomer), word("joins"));
        match receipt {
            Ok(FactReceipt { waits: Some(waits), .. }) => code(by(house, 71).approve(waits.id)),
            other => code(other),
        }
    };
    assert_eq!(add(&mut house, newcomer("vi", 72, Role::Viewer)), "operator_key_refused");
    let other = Newcomer { role: Role::Admin, ..accepted(&house, "vi", 72, Role::Viewer) };
    assert_eq!(add(&mut house, other), "operator_key_refused", "the newcomer accepted another role");
    let used = accepted(&house, "vi", 71, Role::Viewer);
    assert_eq!(add(&mut house, used), "operator_key_refused", "the key of bo stays with bo");
    let recovery = accepted(&house, "vi", 90, Role::Viewer);
    assert_eq!(add(&mut house, recovery), "operator_key_refused");
    let taken = accepted(&house, "bo", 77, Role::Viewer);
    assert_eq!(add(&mut house, taken), "operator_name_taken");
    let fine = accepted(&house, "vi", 72, Role::Viewer);
    assert_eq!(add(&mut house, fine), "done");
}

#[test]
fn one_who_is_alone_approves_nothing_and_a_second_beginning_is_refused() {
    let mut house = House::new();
    house.warden.sign_with(Box::new(key(70)));
    let init = |operators: Vec<Newcomer>, solo| Init {
        operators,
        threshold: 0,
        recovery: Vec::new(),
        solo,
        log_key: String::new(),
    };
    let ada = || newcomer("ada", 70, Role::Admin);
    let refused = |house: &mut House, said| code(house.warden.init(said, word("x")));
    assert_eq!(refused(&mut house, init(vec![ada()], false)), "operator_count_refused");
    assert_eq!(
        refused(&mut house, init(vec![ada(), newcomer("bo", 71, Role::Admin)], true)),
        "operator_count_refused"
    );
    assert_eq!(
        refused(&mut house, init(vec![newcomer("bo", 71, Role::Admin)], true)),
        "operator_key_unknown"
    );
    assert_eq!(
        refused(&mut house, init(vec![ada(), newcomer("bo", 70, Role::Admin)], false)),
        "operator_key_refused"
    );
    assert_eq!(refused(&mut house, init(vec![ada()], true)), "done");
    assert!(house.warden.snapshot().operators.solo());
    assert!(house.warden.set_policy(&Policy::default(), word("")).unwrap().waits.is_none());
    assert_eq!(refused(&mut house, init(vec![ada()], true)), "operators_begun");
}

#[test]
fn who_opens_a_directory_anew_finds_the_operators_and_what_waits() {
    let root = tempfile::tempdir().unwrap();
    let context = Context::of_this_machine(root.path().to_owned(), "tester".to_owned());
    let place = super::super::Place::Directory(root.path().join("data"));
    let open = || context.open(&place, |_| Ok(())).unwrap().warden;
    let time = Standing(std::sync::Arc::new(Mutex::new(start())));
    let mut house = House { warden: open(), time };
    import(&mut house.warden, &family(), &ImportOptions::default()).unwrap();
    house.warden.sign_with(Box::new(key(70)));
    let operators = vec![newcomer("ada", 70, Role::Admin), newcomer("bo", 71, Role::Admin)];
    let init = Init { operators, threshold: 0, recovery: Vec::new(), solo: false, log_key: String::new() };
    house.warden.init(init, word("begin")).unwrap();
    strict(&mut house, 0);
    by(&mut house, 70);
    let waits = revoke_all(&mut house, word("stolen")).unwrap().waits.unwrap();
    let mut second = open();
    assert_eq!(second.snapshot().operators, house.warden.snapshot().operators);
    assert_eq!(states(&second), house.states());
    second.sign_with(Box::new(key(71)));
    second.approve(waits.id).unwrap();
    assert!(house.warden.follow().unwrap());
    let third = open();
    assert!(third.snapshot().operators.proposal(waits.id).is_none(), "what was carried out waits no more");
    assert_eq!(third.snapshot().operators, house.warden.snapshot().operators);
    assert_eq!(states(&third), house.states());
    assert!(third.registry().facts().locks.is_empty());
    assert_eq!(house.warden.verify_log().unwrap().fault, None);
}

#[test]
fn whoever_spares_gives_so_it_waits_for_approval_and_until_then_nobody_is_spared() {
    let mut house = held();
    add(&mut house, "rex", 73, Role::Responder);
    let did = |id: &str| Did::from_unique_id(id).unwrap();
    let except = [Exception { did: did("04"), by: None }];
    let spare = |house: &House| {
        let request = Request::of(SUSPEND, did("02"), Scope::Subtree);
        Frozen::sparing(house.warden.registry(), request, &except, house.warden.now()).unwrap()
    };
    let (frozen, rows) = (spare(&house), house.warden.registry().row_count());
    let refused = by(&mut house, 73).commit(&frozen, rows, word("all but one")).unwrap_err();
    assert_eq!(refused.code(), "operator_role_too_weak");
    let waits = by(&mut house, 70).commit(&frozen, rows, word("all but one")).unwrap().waits.unwrap();
    let states = house.states();
    assert_eq!([of(&states, "02"), of(&states, "04")], [State::Suspended, State::CutOff]);
    assert_eq!(code(by(&mut house, 71).approve(waits.id)), "done");
    let states = house.states();
    assert_eq!([of(&states, "02"), of(&states, "04")], [State::Suspended, State::Active]);
    let four = row(&house.warden, "04");
    assert_eq!(house.warden.registry().agent(four).parent_did().as_deref(), Some("did:mesh:01"));
    assert_eq!(house.warden.verify_log().unwrap().fault, None);
}

#[test]
fn adopting_and_granting_wait_for_approval_and_narrowing_for_nobody() {
    let mut house = held();
    add(&mut house, "rex", 73, Role::Responder);
    let did = |id: &str| Did::from_unique_id(id).unwrap();
    let waits = by(&mut house, 70).adopt(&did("04"), &did("09"), None, word("moves")).unwrap().waits;
    let four = row(&house.warden, "04");
    assert_eq!(house.warden.registry().agent(four).parent_did().as_deref(), Some("did:mesh:02"));
    assert_eq!(code(by(&mut house, 71).approve(waits.unwrap().id)), "done");
    assert_eq!(house.warden.registry().agent(four).parent_did().as_deref(), Some("did:mesh:09"));
    let grant = by(&mut house, 70).grant(&did("09"), &["read:b".to_owned()], word("asked for")).unwrap();
    assert!(grant.waits.is_some());
    let narrow = by(&mut house, 73).narrow(&did("09"), &["read:a".to_owned()], word("unused")).unwrap();
    assert_eq!(narrow.waits, None);
    assert_eq!(code(by(&mut house, 71).approve(grant.waits.unwrap().id)), "stale_plan");
    assert_eq!(house.warden.verify_log().unwrap().fault, None);
}
