//! What the log once had, it still has; and one entry is proved by one file.

use super::*;
use crate::audit::{Checkpoint, Evidence, Note, NoteVerifier};
use crate::warden::{Departure, LOG_KEY};

const BY: crate::warden::Word<'_> = crate::warden::Word::of("tester", "because");

fn house() -> House {
    let mut house = House::new();
    for id in ["02", "03", "09"] {
        house.order(SUSPEND, id, Scope::One, "x").unwrap();
    }
    house
}

#[test]
fn a_log_that_grew_does_not_depart_from_any_checkpoint_before() {
    let mut house = house();
    let mut heads = vec![house.warden.checkpoint().unwrap()];
    for id in ["02", "03"] {
        house.order(WAKE, id, Scope::One, "").unwrap();
        heads.push(house.warden.checkpoint().unwrap());
    }
    for head in &heads {
        assert_eq!(house.warden.departs_from(&head.checkpoint).unwrap(), None);
        assert_eq!(head.verifier, heads[0].verifier);
        assert_eq!(Checkpoint::open(&head.note, &head.verifier), Ok(head.checkpoint.clone()));
    }
    assert_ne!(heads[0].checkpoint.state, heads[1].checkpoint.state, "waking an agent changes the state");
    let again =
        Checkpoint { time: heads[2].checkpoint.time, ..house.warden.checkpoint().unwrap().checkpoint };
    assert_eq!(again, heads[2].checkpoint, "asking changes nothing");
}

#[test]
fn a_truncated_a_rewritten_and_another_log_are_told_apart() {
    let head = house().warden.checkpoint().unwrap().checkpoint;
    let mut shorter = House::new();
    let then = head.tree.size;
    assert_eq!(shorter.warden.departs_from(&head).unwrap(), Some(Departure::Truncated { then, now: 1 }));
    let mut forked = House::new();
    for id in ["02", "09", "03", "01"] {
        forked.order(SUSPEND, id, Scope::One, "x").unwrap();
    }
    assert_eq!(forked.warden.departs_from(&head).unwrap(), Some(Departure::Rewritten(then)));
    let other = Checkpoint { log: crate::audit::LogName::from_bits(2), ..head };
    assert_eq!(forked.warden.departs_from(&other).unwrap(), Some(Departure::OtherLog(other.log)));
}

#[test]
fn every_entry_is_proved_by_one_file_and_a_changed_file_proves_nothing() {
    let mut house = house();
    let size = house.warden.snapshot().head.size;
    for index in 0..size {
        let text = house.warden.prove(index).unwrap().to_json();
        let evidence = Evidence::from_json(&text).unwrap();
        let proven = evidence.check(None).unwrap();
        assert_eq!((proven.entry().index, proven.checkpoint().tree.size), (index, size));
        assert_eq!(evidence.check(Some(&evidence.verifier)).unwrap(), proven);
        let stranger = SecretKeyOf(9).verifier(&evidence);
        assert_eq!(evidence.check(Some(&stranger)).unwrap_err().code(), "evidence_other_key");
        let mut edited = evidence.clone();
        let at = edited.entry.len() / 2;
        edited.entry[at] ^= 1;
        assert!(edited.check(None).is_err());
        let mut moved = evidence.clone();
        moved.proof.push([0; 32]);
        assert_eq!(moved.check(None).unwrap_err().code(), "proof_length");
    }
    assert_eq!(house.warden.prove(size).unwrap_err().code(), "log_too_short");
}

/// Somebody who signs in the log's name with a key of their own.
struct SecretKeyOf(u8);

impl SecretKeyOf {
    fn verifier(&self, evidence: &Evidence) -> NoteVerifier {
        let key = crate::identity::SecretKey::from_seed([self.0; 32]);
        NoteVerifier::new(evidence.verifier.name(), key.public_key()).unwrap()
    }
}

#[test]
fn the_key_of_a_directory_is_private_lasts_and_signs_every_checkpoint() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let place = crate::warden::Place::Directory(directory.path().join("mesh"));
    let context = context(directory.path());
    let open = || context.open(&place, |_| Ok(())).unwrap().warden;
    let mut warden = open();
    import(&mut warden, &family(), &ImportOptions::default()).unwrap();
    let head = warden.checkpoint().unwrap();
    let file = directory.path().join("mesh").join(LOG_KEY);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    drop(warden);
    let mut again = open();
    assert_eq!(again.checkpoint().unwrap().verifier, head.verifier);
    let note = Note::parse(&head.note.to_string()).unwrap();
    assert!(Checkpoint::open(&note, &head.verifier).is_ok());
    // A key that others can read has been read.
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(again.checkpoint().is_err());
}

#[test]
fn the_state_of_any_past_index_is_the_state_that_was() {
    let mut house = House::new();
    let mut roots =
        vec![(house.warden.snapshot().head.size, house.warden.checkpoint().unwrap().checkpoint.state)];
    for id in ["02", "03", "09"] {
        house.order(SUSPEND, id, Scope::One, "x").unwrap();
        roots.push((house.warden.snapshot().head.size, house.warden.checkpoint().unwrap().checkpoint.state));
    }
    house.warden.revoke_tokens(None, crate::change::TokenSet::Token { jti: "a".into() }, BY).unwrap();
    for (size, root) in roots {
        assert_eq!(house.warden.state_at(size).unwrap(), root, "{size}");
    }
    assert_eq!(house.warden.as_of(99).unwrap_err().code(), "log_too_short");
}
