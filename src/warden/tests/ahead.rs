//! Entries that are read before their turn: what they are worth is decided when it comes.

use std::fs;

use super::operators::{add, by, held, word};
use super::together::{ordered, signed};
use super::*;
use crate::audit::Entry;
use crate::change::operators::{Operate, Role};
use crate::change::{Payload, SignedChange};
use crate::store::{FILE, Sqlite, Store};
use crate::warden::{Place, Word};

/// So many entries are read by two threads, all of them before the first is folded.
const MANY: usize = 300;

/// Appends an entry that no warden judged, and answers its place.
fn forge(warden: &mut Warden, change: SignedChange) -> u64 {
    let (log, time) = (warden.snapshot().log, warden.now());
    let mut transaction = warden.store.begin().unwrap();
    let index = transaction.view().head().unwrap().size;
    let entry = Entry { log, index, time, change };
    transaction.append(&entry.to_bytes().unwrap()).unwrap();
    transaction.commit().unwrap();
    index
}

fn nod_on_and_off(house: &mut House, times: usize) {
    for number in 0..times {
        let verb = if number % 2 == 0 { SUSPEND } else { WAKE };
        house.order(verb, "09", Scope::One, "odd").unwrap();
    }
}

#[test]
fn a_signature_that_was_verified_ahead_counts_only_while_its_signer_may_sign() {
    let mut house = held();
    add(&mut house, "rex", 73, Role::Responder);
    nod_on_and_off(&mut house, MANY);
    assert_eq!(house.warden.verify_log().unwrap().fault, None);
    by(&mut house, 70).operate(Operate::Suspend { name: "rex".to_owned() }, word("gone")).unwrap();
    let snapshot = house.warden.snapshot();
    let payload = Payload { actor: "rex".to_owned(), ..ordered(&snapshot, 1 << 64, SUSPEND, "02") };
    let index = forge(&mut house.warden, signed(&snapshot, &payload, "rex", 73));
    let report = house.warden.verify_log().unwrap();
    assert_eq!(report.code, Some("operator_stopped"), "{:?}", report.fault);
    assert!(report.fault.unwrap().starts_with(&format!("entry {index}:")));
}

#[test]
fn a_forged_signature_among_many_is_named() {
    let mut house = held();
    nod_on_and_off(&mut house, MANY);
    let snapshot = house.warden.snapshot();
    let change = signed(&snapshot, &ordered(&snapshot, 1 << 64, SUSPEND, "02"), "ada", 70);
    let mut text = String::from_utf8(change.to_bytes().unwrap()).unwrap();
    let at = text.rfind("\"signature\":\"").unwrap() + 20;
    let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
    text.replace_range(at..=at, other);
    let index = forge(&mut house.warden, SignedChange::from_bytes(text.as_bytes()).unwrap());
    let report = house.warden.verify_log().unwrap();
    assert_eq!(report.code, Some("change_signature_invalid"), "{:?}", report.fault);
    assert!(report.fault.unwrap().starts_with(&format!("entry {index}:")));
}

#[test]
fn any_past_state_of_many_entries_is_the_one_that_was() {
    let mut house = held();
    let first = house.warden.snapshot().head.size;
    nod_on_and_off(&mut house, MANY);
    for past in [0, 1, 2, 254, 255, 256, 257, MANY] {
        let snapshot = house.warden.as_of(first + u64::try_from(past).unwrap()).unwrap();
        let did = Did::from_unique_id("09").unwrap();
        let row = snapshot.registry.find(&did).unwrap();
        assert_eq!(snapshot.registry.agent(row).is_active(start()), past % 2 == 0, "{past}");
    }
}

/// Flips a bit of what is stored as the leaf of an entry.
fn flip_leaf(directory: &std::path::Path, index: u64) {
    let mut leaf = None;
    let mut store = Sqlite::open(directory).unwrap();
    let visit = &mut |row: crate::store::EntryRow<'_>| {
        leaf = Some(row.leaf);
        std::ops::ControlFlow::Break(())
    };
    store.read().unwrap().entries(index, visit).unwrap();
    drop(store);
    let mut bytes = fs::read(directory.join(FILE)).unwrap();
    let leaf = leaf.unwrap();
    let at = bytes.windows(32).position(|window| window == leaf).unwrap();
    bytes[at] ^= 1;
    fs::write(directory.join(FILE), bytes).unwrap();
}

#[test]
fn the_first_wrong_entry_is_named_whether_its_bytes_or_its_meaning_are_wrong() {
    let root = tempfile::tempdir().unwrap();
    let directory = root.path().join("mesh");
    let open = || context(root.path()).open(&Place::Directory(directory.clone()), |_| Ok(())).unwrap().warden;
    let mut warden = open();
    import(&mut warden, &family(), &ImportOptions::default()).unwrap();
    let frozen = freeze(&warden, SUSPEND, "09", Scope::One).unwrap();
    warden.commit(&frozen, 5, Word::of("tester", "odd")).unwrap();
    // Nobody is at the version that this one names, and the next is as if it had been.
    let snapshot = warden.snapshot();
    let second = forge(
        &mut warden,
        SignedChange::unsigned(&Payload {
            order: frozen.order(&snapshot.registry, None),
            ..ordered(&snapshot, 1 << 64, SUSPEND, "02")
        })
        .unwrap(),
    );
    let third =
        forge(&mut warden, SignedChange::unsigned(&ordered(&snapshot, 2 << 64, SUSPEND, "03")).unwrap());
    drop(warden);
    for (flipped, named, code) in [
        (None, second, "already_suspended"),
        (Some(third), second, "already_suspended"),
        (Some(second), second, "entry_changed"),
        (Some(1), 1, "entry_changed"),
    ] {
        if let Some(index) = flipped {
            flip_leaf(&directory, index);
        }
        let report = open().verify_log().unwrap();
        assert_eq!(report.code, Some(code), "{flipped:?}: {:?}", report.fault);
        assert!(report.fault.unwrap().starts_with(&format!("entry {named}:")), "{flipped:?}");
    }
}
