//! What is signed is what was shown: drafted first, by its digest, and signed afterwards or not at all.

use super::*;
use crate::change::operators::{Init, Newcomer, Role};
use crate::change::{LockOn, What};
use crate::encoding::sha256;
use crate::identity::SecretKey;
use crate::warden::{Drafted, Word};

/// The family, held by ada alone.
fn held() -> House {
    let mut house = House::new();
    let key = SecretKey::from_seed([70; 32]);
    let spelled = key.public_key().bytes().to_base64();
    house.warden.sign_with(Box::new(key));
    let ada = Newcomer { name: "ada".to_owned(), key: spelled, role: Role::Admin, accepted: None };
    let log_key = "a+b+c".to_owned();
    let init = Init { operators: vec![ada], threshold: 0, recovery: Vec::new(), solo: true, log_key };
    house.warden.init(init, word("alone")).unwrap();
    house
}

fn word(reason: &str) -> Word<'_> {
    Word::of("somebody", reason)
}

fn draft(house: &mut House, frozen: &Frozen) -> (Drafted, usize) {
    let rows = house.warden.registry().row_count();
    (house.warden.draft_commit(frozen, rows, word("odd")).unwrap(), rows)
}

/// The digest of what the last entry's signatures are over.
fn signed(house: &mut House) -> [u8; 32] {
    let index = house.warden.snapshot().head.size - 1;
    let (entry, _) = house.warden.entry(index).unwrap().unwrap();
    assert_eq!(entry.change.signatures().len(), 1);
    sha256(entry.change.payload_bytes())
}

#[test]
fn the_entry_has_the_digest_that_was_shown_and_a_draft_alone_does_nothing() {
    let mut house = held();
    let frozen = house.freeze(SUSPEND, "02", Scope::Subtree).unwrap();
    let before = house.warden.snapshot().head;
    let (drafted, rows) = draft(&mut house, &frozen);
    assert_eq!((drafted.actor(), drafted.reason(), drafted.needed()), ("ada", "odd", 1));
    assert_eq!(house.warden.snapshot().head, before, "nothing happened yet");
    house.warden.commit_drafted(&frozen, rows, &drafted).unwrap();
    assert_eq!(signed(&mut house), *drafted.digest());

    let on = What::Lock(LockOn::Sponsor("a@example.com".into()));
    let drafted = house.warden.draft_fact(None, &on, word("odd")).unwrap();
    house.warden.say_drafted(&drafted).unwrap();
    assert_eq!(signed(&mut house), *drafted.digest(), "also where a text that names people is hidden");
}

#[test]
fn a_draft_whose_targets_changed_is_stale() {
    let mut house = held();
    let frozen = house.freeze(SUSPEND, "02", Scope::Subtree).unwrap();
    let (drafted, rows) = draft(&mut house, &frozen);
    house.order(SUSPEND, "04", Scope::One, "somebody was faster").unwrap();
    let refused = house.warden.commit_drafted(&frozen, rows, &drafted).unwrap_err();
    assert!(matches!(refused, Rejection::Stale(_)), "{refused}");
    let seal =
        house.warden.draft_fact(Some(&Did::from_unique_id("03").unwrap()), &What::Seal {}, word("odd"));
    house.order(SUSPEND, "03", Scope::One, "faster again").unwrap();
    let refused = house.warden.say_drafted(&seal.unwrap()).unwrap_err();
    assert_eq!(refused.code(), "stale_plan", "{refused}");
}

#[test]
fn a_draft_that_lay_too_long_is_refused_and_can_be_drafted_again() {
    let mut house = held();
    let frozen = house.freeze(SUSPEND, "02", Scope::One).unwrap();
    let (drafted, rows) = draft(&mut house, &frozen);
    house.later(Span::seconds(15 * 60));
    let refused = house.warden.commit_drafted(&frozen, rows, &drafted).unwrap_err();
    assert_eq!(refused.code(), "change_expired");
    assert_eq!(of(&house.states(), "02"), State::Active);
    let (drafted, rows) = draft(&mut house, &frozen);
    house.warden.commit_drafted(&frozen, rows, &drafted).unwrap();
    assert_eq!(of(&house.states(), "02"), State::Suspended);
}

#[test]
fn a_draft_is_carried_out_once() {
    let mut house = held();
    let on = What::Lock(LockOn::Organization("example".to_owned()));
    let drafted = house.warden.draft_fact(None, &on, word("odd")).unwrap();
    let first = house.warden.say_drafted(&drafted).unwrap();
    let again = house.warden.say_drafted(&drafted).unwrap();
    assert_eq!(first.index, again.index, "the same change id is answered, and not done twice");
    assert_eq!(house.warden.snapshot().head.size, first.index + 1);
}
