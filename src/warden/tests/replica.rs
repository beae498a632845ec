//! A follower has exactly what was signed, or nothing new.

use super::operators::{add, by, word};
use super::together::held_on;
use super::*;
use crate::audit::Checkpoint;
use crate::change::operators::Role;
use crate::change::{LockOn, PersonalText};
use crate::store::Sqlite;
use crate::warden::{Lie, Named, NotFollowed, Piece, Reached, SignedHead, WardenError};

/// An empty place for the same log.
pub(super) fn replica(house: &House, directory: &std::path::Path) -> Warden {
    let meta = Meta { log: house.warden.snapshot().log, created: start(), origin: None };
    let store = Box::new(Sqlite::open_or_create(directory, &meta).unwrap());
    let kind = Kind::OfflineCopy(directory.to_owned());
    Warden::over(store, kind, Box::new(house.time.clone()), Box::new(Counting(7 << 64))).unwrap()
}

/// A log with everything: a cascade, a seal, a lock on a person, approvals, an import that replaces, somebody forgotten.
fn eventful(directory: &std::path::Path) -> House {
    let mut house = held_on(directory);
    house.order(SUSPEND, "02", Scope::Subtree, "odd").unwrap();
    add(&mut house, "rex", 73, Role::Responder);
    let lock = LockOn::Sponsor(PersonalText::from("a@example.com"));
    by(&mut house, 70).lock(lock, word("all of them")).unwrap();
    by(&mut house, 71).seal(&Did::from_unique_id("09").unwrap(), word("no more")).unwrap();
    by(&mut house, 70);
    house.later(Span::seconds(60));
    house.order(WAKE, "02", Scope::Subtree, "false alarm").unwrap();
    house
}

fn all(house: &mut House, from: Reached) -> (Vec<Piece>, SignedHead) {
    let signed = house.warden.checkpoint().unwrap();
    let (mut pieces, mut reached) = (Vec::new(), from);
    // In the smallest portions there are, as over a bad line.
    while reached.entries < signed.checkpoint.tree.size {
        let portion = house.warden.pieces(reached, signed.checkpoint.tree.size, 1).unwrap();
        assert!(!portion.is_empty());
        for piece in &portion {
            match piece {
                Piece::Entry(_) => reached.entries += 1,
                Piece::Record { .. } => reached.records += 1,
                Piece::Text(_) => {}
            }
        }
        pieces.extend(portion);
    }
    (pieces, signed)
}

fn absorb(replica: &mut Warden, pieces: &[Piece], signed: &SignedHead) -> Result<(), NotFollowed> {
    replica.absorb(pieces.iter().cloned().map(Ok::<_, WardenError>), &signed.note, &signed.verifier)
}

#[test]
fn a_follower_has_every_entry_every_record_and_the_same_state_and_so_has_whoever_opens_it_later() {
    let (theirs, ours) = (tempfile::TempDir::new().unwrap(), tempfile::TempDir::new().unwrap());
    let mut house = eventful(theirs.path());
    let mut replica = replica(&house, ours.path());
    let (pieces, signed) = all(&mut house, replica.reached());
    absorb(&mut replica, &pieces, &signed).unwrap();
    assert_eq!(states(&replica), house.states());
    // And what comes later, piece by piece.
    house.order(SUSPEND, "03", Scope::One, "odd").unwrap();
    let (pieces, signed) = all(&mut house, replica.reached());
    assert_eq!(pieces.len(), 1);
    absorb(&mut replica, &pieces, &signed).unwrap();
    assert_eq!(states(&replica), house.states());
    assert_eq!(replica.snapshot().head, house.warden.snapshot().head);
    assert_eq!(replica.snapshot().operators, house.warden.snapshot().operators);
    drop(replica);
    let mut again = super::replica::replica(&house, ours.path());
    assert_eq!(states(&again), house.states());
    assert_eq!(again.verify_log().unwrap().fault, None);
    assert_eq!(again.checkpoint().unwrap().checkpoint.state, signed.checkpoint.state);
}

#[test]
fn what_departs_from_what_was_signed_in_any_byte_changes_nothing() {
    let (theirs, ours) = (tempfile::TempDir::new().unwrap(), tempfile::TempDir::new().unwrap());
    let mut house = eventful(theirs.path());
    let mut replica = replica(&house, ours.path());
    let (pieces, signed) = all(&mut house, replica.reached());
    let lie = |replica: &mut Warden, pieces: &[Piece], signed: &SignedHead| {
        let code = absorb(replica, pieces, signed).unwrap_err().code();
        assert_eq!(replica.reached(), Reached { entries: 0, records: 0 });
        assert_eq!(replica.registry().len(), 0);
        code
    };
    // A suspension is left out at the end.
    assert_eq!(lie(&mut replica, &pieces[..pieces.len() - 1], &signed), "verifier_rewrote");
    // A record is another one.
    let mut forged = pieces.clone();
    let Piece::Record { bytes, .. } = &mut forged[0] else { panic!("no record") };
    let at = bytes.windows(6).position(|part| part == b"read:a").unwrap();
    bytes[at + 5] = b'b';
    assert_ne!(lie(&mut replica, &forged, &signed), "done");
    // Its texts are others.
    let mut forged = pieces.clone();
    let Piece::Record { personal: Named::Beside(opening), .. } = &mut forged[0] else { panic!("no texts") };
    *opening.last_mut().unwrap() ^= 1;
    assert_ne!(lie(&mut replica, &forged, &signed), "done");
    // Entries change places, or one is another.
    let entries: Vec<usize> = (0..pieces.len()).filter(|at| matches!(pieces[*at], Piece::Entry(_))).collect();
    let mut forged = pieces.clone();
    forged.swap(entries[2], entries[3]);
    assert_ne!(lie(&mut replica, &forged, &signed), "done");
    // The head says another state, or is another log's.
    let key = house.warden.log_key().unwrap();
    let says = |checkpoint: Checkpoint, key: &crate::identity::SecretKey| SignedHead {
        note: checkpoint.sign(key).unwrap(),
        checkpoint,
        verifier: signed.verifier.clone(),
        former: Vec::new(),
    };
    let head = signed.checkpoint.clone();
    let other = says(Checkpoint { state: [1; 32], ..head.clone() }, &key);
    assert_eq!(lie(&mut replica, &pieces, &other), "verifier_other_state");
    let other = says(Checkpoint { log: crate::audit::LogName::from_bits(99), ..head.clone() }, &key);
    assert_eq!(lie(&mut replica, &pieces, &other), "checkpoint_other_log");
    let other = says(head.clone(), &super::operators::key(1));
    assert_eq!(lie(&mut replica, &pieces, &other), "verifier_other_key");
    absorb(&mut replica, &pieces, &signed).unwrap();
    let mut shorter = head;
    shorter.tree.size -= 1;
    let shorter = says(shorter, &key);
    let error = absorb(&mut replica, &[], &shorter).unwrap_err();
    assert!(matches!(error, NotFollowed::Lie(Lie::Shorter { .. })), "{error:?}");
}
