//! A verifier that is caught stays caught, with its evidence, until an operator has seen it.

use super::elsewhere::Far;
use super::operators::{held, word};
use super::*;
use crate::audit::Note;
use crate::change::{LockOn, OnCase, PersonalText};
use crate::warden::{Lie, Line, Named, NotFollowed, Piece, Reached, WardenError};

fn note(text: &str) -> OnCase {
    OnCase::Note { text: text.to_owned(), seen: None }
}

fn line(house: &House) -> Line {
    match house.warden.snapshot().kind {
        Kind::Verifier { line, .. } => line,
        kind => panic!("{kind:?}"),
    }
}

/// The same log twice, with a case in it, under one key.
fn twins() -> (Far, Far) {
    let twin = || {
        let mut house = held();
        house.warden.case(None, OnCase::Open { title: "odd calls".to_owned() }, word("odd")).unwrap();
        Far::of(house)
    };
    let (one, other) = (twin(), twin());
    let head = |far: &Far| far.source.lock().unwrap().warden.snapshot().head;
    assert_eq!((head(&one), &one.pinned), (head(&other), &other.pinned));
    (one, other)
}

fn case(house: &House) -> crate::registry::CaseId {
    house.warden.registry().facts().cases.iter().next().unwrap().id
}

#[test]
fn who_is_shown_another_log_finds_out_by_what_another_operator_saw() {
    let (one, other) = twins();
    one.source.lock().unwrap().order(SUSPEND, "02", Scope::One, "odd").unwrap();
    other.source.lock().unwrap().order(SUSPEND, "09", Scope::One, "odd").unwrap();
    let (mut ada, mut bo) = (one.open("ada", 70), other.open("bo", 71));
    ada.warden.fetch().unwrap();
    bo.warden.fetch().unwrap();
    let id = case(&ada);
    let receipt = ada.warden.case(Some(id), note("it is stopped"), word("")).unwrap();
    // To pass her note on is to pass on what she saw.
    let (entry, _) = ada.warden.entry(receipt.index).unwrap().unwrap();
    other.source.lock().unwrap().warden.submit(&entry.change).unwrap();
    let before = bo.warden.reached();
    assert_eq!(bo.warden.fetch().unwrap_err().code(), "verifier_forked");
    assert_eq!(bo.warden.reached(), before, "nothing of it is taken");
    let Line::Lies(Lie::OtherLine { head, .. }) = line(&bo) else { panic!("{:?}", line(&bo)) };
    let found = bo.warden.findings().unwrap().open();
    assert_eq!((found.len(), found[0].contradicts.as_deref()), (1, Some(head.as_str())));
    let held = Note::parse(found[0].held.as_ref().unwrap()).unwrap();
    assert!(
        crate::audit::Checkpoint::open(&held, &other.pinned).is_ok(),
        "both heads are signed with one key"
    );
    // After a restart it is said again, whatever the verifier says now; until somebody has seen it.
    drop(bo);
    let mut bo = other.open("bo", 71);
    assert!(matches!(line(&bo), Line::Lies(Lie::Before { .. })));
    assert_eq!(bo.warden.fetch().unwrap_err().code(), "verifier_lied");
    assert_eq!(bo.warden.findings().unwrap().acknowledge().unwrap(), 1);
    let mut bo = other.open("bo", 71);
    assert_eq!(line(&bo), Line::Live);
    assert_eq!(bo.warden.fetch().unwrap_err().code(), "verifier_forked", "and it is caught again");
}

#[test]
fn who_is_shown_the_same_log_reads_the_note_and_blames_nobody() {
    let (one, _) = twins();
    one.source.lock().unwrap().order(SUSPEND, "02", Scope::One, "odd").unwrap();
    let mut ada = one.open("ada", 70);
    ada.warden.fetch().unwrap();
    let id = case(&ada);
    let receipt = ada.warden.case(Some(id), note("it is stopped"), word("")).unwrap();
    one.source.lock().unwrap().order(WAKE, "02", Scope::One, "false alarm").ok();
    let (_, payload) = ada.warden.entry(receipt.index).unwrap().unwrap();
    let what = &payload.order.fact().unwrap().what;
    assert!(matches!(what, crate::change::What::Case(OnCase::Note { seen: Some(_), .. })), "{what:?}");
    let bo = tempfile::TempDir::new().unwrap();
    let second = Far { directory: bo, source: one.source, answers: one.answers, pinned: one.pinned };
    let mut bo = second.open("bo", 71);
    bo.warden.fetch().unwrap();
    assert_eq!(line(&bo), Line::Live);
    assert_eq!(bo.warden.findings().unwrap().open(), []);
}

/// What a follower would be sent of a log with a lock on a person.
fn sent(house: &mut House) -> (Vec<Piece>, Note) {
    let lock = LockOn::Sponsor(PersonalText::from("a@example.com"));
    house.warden.lock(lock, word("all of them")).unwrap();
    let head = house.warden.checkpoint().unwrap();
    let from = Reached { entries: 0, records: 0 };
    (house.warden.pieces(from, head.checkpoint.tree.size, usize::MAX).unwrap(), head.note)
}

#[test]
fn what_is_kept_back_or_sent_besides_is_named_and_nothing_is_taken() {
    let mut house = held();
    let (pieces, note) = sent(&mut house);
    let pinned = house.warden.verifier().unwrap();
    let directory = tempfile::TempDir::new().unwrap();
    let mut replica = super::replica::replica(&house, directory.path());
    let mut lie = |pieces: Vec<Piece>| {
        let outcome = replica.absorb(pieces.into_iter().map(Ok::<_, WardenError>), &note, &pinned);
        let Err(NotFollowed::Lie(lie)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(replica.reached(), Reached { entries: 0, records: 0 });
        lie
    };
    let is_text = |piece: &Piece| matches!(piece, Piece::Text(_));
    let without: Vec<Piece> = pieces.iter().filter(|piece| !is_text(piece)).cloned().collect();
    assert!(without.len() < pieces.len());
    let Lie::Withheld(index) = lie(without) else { panic!("not withheld") };
    assert_eq!(index, house.warden.snapshot().head.size - 1);
    let mut more = pieces.clone();
    let opening = crate::encoding::commitment::opening(9, b"nobody said it");
    more.insert(more.len() - 1, Piece::Text(opening));
    assert_eq!(lie(more), Lie::Surplus(1));
    let mut behind = pieces.clone();
    behind.push(pieces.iter().find(|piece| matches!(piece, Piece::Record { .. })).unwrap().clone());
    assert!(matches!(lie(behind), Lie::Entries(_)));
    let mut silent = pieces.clone();
    let record = silent.iter_mut().find_map(|piece| match piece {
        Piece::Record { personal: Named::Beside(opening), .. } => Some(opening.clone()),
        _ => None,
    });
    let commitment = crate::encoding::commitment::commitment(&record.unwrap());
    for piece in &mut silent {
        if let Piece::Record { personal, .. } = piece {
            *personal = Named::Forgotten(commitment);
            break;
        }
    }
    assert!(matches!(lie(silent), Lie::WithheldRecord(_)));
    let mut unsound = pieces;
    let entry = unsound.iter().position(|piece| matches!(piece, Piece::Entry(_))).unwrap();
    unsound[entry] = Piece::Entry(b"{}".to_vec());
    assert!(matches!(lie(unsound), Lie::Unsound { index: 0, .. }));
}
