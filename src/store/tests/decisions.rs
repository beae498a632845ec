//! The decision log against whoever holds the disk.

mod former;

use std::borrow::Cow;
use std::path::Path;

use rusqlite::Connection;

use crate::audit::{
    Asked, Draft, LogName, NoteVerifier, Refusals, Sample, Search, Told, Tree, decisions_origin, proof_name,
};
use crate::delegation::{Body, Chain, Grant, Issuer};
use crate::encoding::base64;
use crate::identity::{Did, SecretKey};
use crate::policy::Policy;
use crate::registry::Registry;
use crate::store::{DECISIONS, Decisions, Keeping, Mark, Minute, StoreError};
use crate::time::{Span, Time};
use crate::verify::{Basis, ProofUse, Request, Verdict, verify};

const LOG: LogName = LogName::from_bits(5);

fn at(seconds: i64) -> Time {
    Time::parse("2026-03-01T12:00:00Z").unwrap().plus(Span::seconds(seconds))
}

fn key() -> SecretKey {
    SecretKey::from_seed([3; 32])
}

fn verifiers() -> Vec<NoteVerifier> {
    vec![NoteVerifier::new(&decisions_origin(LOG), key().public_key()).unwrap()]
}

/// One token, whose issuer and subject nobody registered.
fn chain() -> String {
    let grant = Grant {
        subject: Did::from_bits(77),
        key: key().public_key().bytes(),
        scope: &["read:data"],
        issued: at(0),
        not_before: at(0),
        expires: at(60),
        id: [7; 16],
        max_depth: 3,
        ceiling: None,
    };
    Chain::issue(Issuer { did: &Did::from_bits(76), key: &key() }, &grant).unwrap().to_header()
}

/// A denial as if its caller had proved who it is.
fn ruling(number: u128) -> Told {
    let request = Request {
        chain: vec![Cow::Owned(chain())],
        proof: Cow::Owned(format!("proof {number}")),
        proof_use: ProofUse::Fresh,
        audience: Cow::Borrowed("mesh"),
        method: Cow::Borrowed("GET"),
        uri: Cow::Borrowed("https://a.example/x"),
        body: Body::Unseen,
        action: Cow::Borrowed("read:data"),
        resource: Cow::Borrowed("did:mesh:ab"),
    };
    let (registry, policy) = (Registry::default(), Policy::default());
    let digest = policy.digest();
    let basis = Basis { registry: &registry, policy: &policy, policy_digest: digest, index: 1, as_of: at(0) };
    let verdict = Verdict { caller: Some(Did::from_bits(number)), ..verify(&request, &basis, at(0)) };
    let proof = proof_name(&request);
    let chain = Chain::parse(&request.chain).ok();
    let log = LogName::from_bits(1);
    Draft::of(&Asked::plain(request), &verdict, proof, chain.as_ref(), log).unwrap().told()
}

fn open(directory: &Path) -> Result<Decisions, StoreError> {
    let keeping = Keeping { segment_bytes: 3000, ..Keeping::default() };
    Decisions::open_or_create(directory, LOG, keeping)
}

/// Nine entries, the fifth of them a minute of strangers, in segments of a few.
fn filled() -> (tempfile::TempDir, Tree) {
    filled_with(ruling)
}

fn filled_with(ruling: fn(u128) -> Told) -> (tempfile::TempDir, Tree) {
    let place = tempfile::TempDir::new().unwrap();
    let mut decisions = open(place.path()).unwrap();
    for number in 0..9 {
        let mut recording = decisions.begin().unwrap();
        let told = if number == 4 {
            let mut refusals = Refusals::at(at(0));
            let text = || "x".to_owned();
            refusals.count(Sample { code: "proof_spent".into(), found: text(), action: text(), peer: None });
            Told::Refusals(refusals)
        } else {
            ruling(number)
        };
        assert_eq!(
            recording.append(told, at(i64::try_from(number).unwrap())),
            Ok(u64::try_from(number).unwrap())
        );
        if let Some(head) = recording.due(at(20)) {
            recording.end_segment(&head.sign(&key()).unwrap()).unwrap();
        }
        recording.commit().unwrap();
    }
    let report = decisions.verify(&verifiers(), None).unwrap();
    assert_eq!((report.fault, report.entries, report.first), (None, 9, 0));
    assert!(report.segments >= 2, "{}", report.segments);
    (place, decisions.tail().unwrap().head().tree)
}

/// Does something to the file, and tells the place and the code of what is found then.
fn found(sql: &str) -> (u64, &'static str) {
    let (place, _) = filled();
    tamper(place.path(), sql);
    let report = open(place.path()).unwrap().verify(&verifiers(), None).unwrap();
    report.fault.map_or((0, "sound"), |fault| (fault.index, fault.rule.code()))
}

fn tamper(place: &Path, sql: &str) {
    let connection = Connection::open(place.join(DECISIONS)).unwrap();
    connection.execute_batch("DROP TRIGGER entries_stay; DROP TRIGGER parts_stay").unwrap();
    connection.execute_batch(sql).unwrap();
}

#[test]
fn whatever_is_changed_in_the_decision_log_is_named_by_its_place() {
    for (sql, index, code) in [
        (
            "UPDATE entries SET bytes = CAST(replace(CAST(bytes AS TEXT), 'read', 'ruin') AS BLOB) WHERE number = 3",
            3,
            "entry_changed",
        ),
        ("UPDATE entries SET leaf = zeroblob(32) WHERE number = 2", 2, "entry_changed"),
        ("DELETE FROM entries WHERE number = 6", 6, "entry_missing"),
        ("UPDATE entries SET number = 100 WHERE number = 6", 6, "entry_missing"),
        ("DELETE FROM entries WHERE number = 8", 8, "decision_tail_differs"),
        ("DELETE FROM indexes WHERE first = 8", 8, "decision_index_differs"),
        (
            "UPDATE indexes SET page = (SELECT page FROM indexes WHERE first = 7) WHERE first = 8",
            8,
            "decision_index_differs",
        ),
        ("INSERT INTO indexes SELECT 1000, page FROM indexes WHERE first = 8", 9, "decision_index_differs"),
        ("UPDATE indexes SET first = 9 WHERE first = 8", 8, "decision_index_differs"),
        ("DELETE FROM parts WHERE number = 2", 0, "entry_changed"),
        (
            "UPDATE parts SET bytes = CAST(replace(CAST(bytes AS TEXT), 'true', 'false') AS BLOB)
                WHERE number = 2",
            0,
            "entry_changed",
        ),
        ("UPDATE entries SET parts = x'' WHERE number = 3", 3, "entry_changed"),
        ("UPDATE entries SET parts = x'00' WHERE number = 3", 3, "entry_changed"),
        ("UPDATE head SET last_time = last_time + 1", 9, "decision_tail_differs"),
        (
            "UPDATE segments SET ended = ended - 1 WHERE end = (SELECT min(end) FROM segments)",
            2,
            "decision_root_differs",
        ),
        (
            "UPDATE segments SET note = replace(note, 'time 2026', 'time 2025') WHERE end = (SELECT min(end) FROM segments)",
            2,
            "note_signature_invalid",
        ),
    ] {
        let (place, answer) = found(sql);
        assert_eq!(answer, code, "{sql}");
        // Where a segment ends is the size of its entries' business.
        assert!(sql.contains("segments") || place == index, "{place}: {sql}");
    }
}

#[test]
fn entries_that_were_made_anew_do_not_lead_to_the_signed_root() {
    let (place, head) = filled();
    let other = tempfile::TempDir::new().unwrap();
    let mut forged = open(other.path()).unwrap();
    let mut recording = forged.begin().unwrap();
    for number in 0..9 {
        recording.append(ruling(number + 100), at(0)).unwrap();
    }
    recording.commit().unwrap();
    let attached = format!(
        "ATTACH '{}' AS forged; DELETE FROM entries; INSERT INTO entries SELECT * FROM forged.entries;
            DELETE FROM indexes; INSERT INTO indexes SELECT * FROM forged.indexes;
            DELETE FROM parts; INSERT INTO parts SELECT * FROM forged.parts;
            UPDATE head SET (peaks, last_time) = (SELECT peaks, last_time FROM forged.head)",
        other.path().join(DECISIONS).display()
    );
    tamper(place.path(), &attached);
    let decisions = open(place.path()).unwrap();
    let code = |then: Option<&Tree>| {
        let fault = decisions.verify(&verifiers(), then).unwrap().fault;
        fault.map(|fault| fault.rule.code())
    };
    assert_eq!(code(None), Some("decision_root_differs"));
    // Who drops the signed heads, too, is found out by whoever remembers one.
    tamper_again(place.path(), "DELETE FROM segments");
    assert_eq!(code(None), None, "nobody remembers");
    assert_eq!(code(Some(&head)), Some("log_rewritten"));
}

fn tamper_again(place: &Path, sql: &str) {
    Connection::open(place.join(DECISIONS)).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn the_file_of_another_log_or_program_is_refused_and_never_replaced() {
    let (place, _) = filled();
    let other = Decisions::open_or_create(place.path(), LogName::from_bits(6), Keeping::default());
    assert_eq!(other.err().map(|error| error.code()), Some("store_foreign"));
    let empty = tempfile::TempDir::new().unwrap();
    std::fs::write(empty.path().join(DECISIONS), b"").unwrap();
    assert_eq!(open(empty.path()).err().map(|error| error.code()), Some("store_empty"));
    assert!(
        Decisions::open(tempfile::TempDir::new().unwrap().path(), LOG, Keeping::default()).unwrap().is_none()
    );
}

#[test]
fn what_was_not_committed_leaves_nothing_and_two_writers_take_turns() {
    let (place, head) = filled();
    let mut decisions = open(place.path()).unwrap();
    let mut recording = decisions.begin().unwrap();
    recording.append(ruling(50), at(60)).unwrap();
    let mut second = open(place.path()).unwrap().with_patience(std::time::Duration::ZERO).unwrap();
    assert_eq!(second.begin().err().map(|error| error.code()), Some("store_busy"));
    drop(recording);
    assert_eq!(second.tail().unwrap().head().tree, head);
    let mut recording = second.begin().unwrap();
    assert_eq!(recording.append(ruling(51), at(-60)), Ok(9));
    recording.commit().unwrap();
    assert_eq!(second.page(9, 1).unwrap()[0].time, at(8), "never before the one before it");
    assert_eq!(second.verify(&verifiers(), Some(&head)).unwrap().fault, None);
}

#[test]
fn an_index_with_any_bit_turned_is_found_out() {
    let (place, _) = filled();
    let file = || Connection::open(place.path().join(DECISIONS)).unwrap();
    let pages = || -> Vec<(i64, Vec<u8>)> {
        let connection = file();
        let mut read = connection.prepare("SELECT first, page FROM indexes ORDER BY first").unwrap();
        let rows = read.query_map((), |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    let put = |first: i64, page: &[u8]| {
        file()
            .execute("UPDATE indexes SET page = ?2 WHERE first = ?1", rusqlite::params![first, page])
            .unwrap();
    };
    let pages = pages();
    assert!(pages.len() >= 2, "a page for each ended segment, and one for each commit since");
    for (first, page) in [pages.first().unwrap(), pages.last().unwrap()] {
        for bit in (0..page.len() * 8).step_by(3) {
            let mut turned = page.clone();
            turned[bit / 8] ^= 1 << (bit % 8);
            put(*first, &turned);
            let found = open(place.path()).unwrap().verify(&verifiers(), None);
            let code = match &found {
                Ok(report) => report.fault.as_ref().map(|fault| fault.rule.code()),
                Err(error) => Some(error.code()),
            };
            assert!(code.is_some(), "page {first}, bit {bit}");
        }
        put(*first, page);
    }
    assert_eq!(open(place.path()).unwrap().verify(&verifiers(), None).unwrap().fault, None);
}

#[test]
fn an_index_with_a_gap_answers_nothing_rather_than_something_else() {
    let (place, _) = filled();
    tamper(place.path(), "DELETE FROM indexes WHERE first = (SELECT min(first) FROM indexes)");
    let decisions = open(place.path()).unwrap();
    let whose = |number| Search::parse(&format!("agent:{}", Did::from_bits(number)), at(0)).unwrap();
    assert_eq!(decisions.find(&whose(8), 1).unwrap().len(), 1, "the newest lies before the gap");
    assert_eq!(decisions.find(&whose(0), 1).unwrap_err().code(), "store_value");
    assert_eq!(decisions.calls(&Did::from_bits(76), None).unwrap_err().code(), "store_value");
}

#[test]
fn a_look_up_reads_no_entry_but_those_that_it_tells() {
    let (place, _) = filled();
    tamper(place.path(), "UPDATE entries SET bytes = x'7b' WHERE number <> 6");
    let decisions = open(place.path()).unwrap();
    let found = |words: &str| {
        let found = decisions.find(&Search::parse(words, at(10)).unwrap(), 50);
        found.map(|found| found.iter().map(|decision| decision.index).collect::<Vec<_>>())
    };
    let six = format!("agent:{}", Did::from_bits(6));
    assert_eq!(found(&six), Ok(vec![6]));
    assert_eq!(found(&format!("{six} action:read:* result:deny between:1h..")), Ok(vec![6]));
    assert_eq!(found("between:4s..4s"), Ok(vec![6]));
    for nothing in ["action:write:*", "resource:nowhere", "result:allow", "result:no_such_code"] {
        assert_eq!(found(nothing), Ok(vec![]), "{nothing}");
    }
    assert_eq!(found("").map_err(|error| error.code()), Err("store_value"), "the others are not there");
    assert_eq!(decisions.calls(&Did::from_bits(76), None).unwrap().calls.len(), 8);
    assert_eq!(decisions.callers(at(0), false).unwrap().len(), 8);
}

#[test]
fn a_cut_wal_gives_back_a_whole_prefix_of_the_decisions() {
    let place = tempfile::TempDir::new().unwrap();
    let mut decisions = open(place.path()).unwrap();
    for number in 0..8 {
        let mut recording = decisions.begin().unwrap();
        recording.append(ruling(number), at(0)).unwrap();
        assert_eq!(recording.see(&[7; 32], at(60), false), Ok((number > 0).then_some(false)));
        recording.commit().unwrap();
    }
    let beside = |place: &Path, end: &str| place.join(format!("{DECISIONS}{end}"));
    let wal = std::fs::read(beside(place.path(), "-wal")).unwrap();
    assert!(wal.len() > 8 * 8192, "every commit lies in it");
    let mut sizes = Vec::new();
    // A step that is no divisor of a page or of a frame.
    for cut in (0..=wal.len()).step_by(3001).chain([wal.len()]) {
        let copy = tempfile::TempDir::new().unwrap();
        std::fs::copy(beside(place.path(), ""), beside(copy.path(), "")).unwrap();
        std::fs::write(beside(copy.path(), "-wal"), &wal[..cut]).unwrap();
        let report = open(copy.path()).unwrap().verify(&verifiers(), None).unwrap();
        assert_eq!(report.fault, None, "cut at {cut}");
        sizes.push(report.entries);
    }
    assert!(sizes.is_sorted(), "{sizes:?}");
    assert_eq!((sizes.first(), sizes.last()), (Some(&0), Some(&8)));
}

#[test]
fn a_chain_that_many_verdicts_have_is_stored_once_in_each_segment() {
    let (place, _) = filled();
    let connection = Connection::open(place.path().join(DECISIONS)).unwrap();
    let count = |sql: &str| connection.query_row(sql, (), |row| row.get::<_, i64>(0)).unwrap();
    let segments = count("SELECT count(*) FROM segments") + 1;
    let chains = count("SELECT count(*) FROM parts WHERE instr(bytes, CAST('[\"eyJ' AS BLOB)) = 1");
    assert!((2..=segments).contains(&chains), "{chains}");
    let stays = connection.execute_batch("UPDATE parts SET bytes = x''").unwrap_err();
    assert!(stays.to_string().contains("parts stay"), "{stays}");
}

#[test]
fn a_segment_that_another_handle_ended_takes_no_part_of_the_next_one_with_it() {
    let place = tempfile::TempDir::new().unwrap();
    let (mut one, mut other) = (open(place.path()).unwrap(), open(place.path()).unwrap());
    let append = |decisions: &mut Decisions, number: u128| {
        let mut recording = decisions.begin().unwrap();
        recording.append(ruling(number), at(1)).unwrap();
        recording.commit().unwrap();
    };
    append(&mut one, 1);
    let mut recording = other.begin().unwrap();
    recording.end_segment(&recording.tail().head().sign(&key()).unwrap()).unwrap();
    recording.commit().unwrap();
    append(&mut one, 2);
    let connection = Connection::open(place.path().join(DECISIONS)).unwrap();
    let read = |sql: &str| connection.query_row(sql, (), |row| row.get::<_, i64>(0)).unwrap();
    let (parts, ended) = (read("SELECT count(*) FROM parts"), read("SELECT max(parts) FROM segments"));
    assert_eq!((parts, ended), (4, 2), "the tokens and the checks, once for each segment");
}

#[test]
fn a_token_of_a_chain_finds_the_verdicts_by_its_id_and_by_its_digest_and_nothing_else_does() {
    let (place, _) = filled();
    let decisions = open(place.path()).unwrap();
    let Told::Ruling(ruling) = decisions.page(0, 1).unwrap().remove(0).told else { panic!("a ruling") };
    let token = &ruling.tokens[0];
    let found = |mark: Mark, name: &str| decisions.marked(mark, name, 100).unwrap();
    let all = [8, 7, 6, 5, 3, 2, 1, 0];
    assert_eq!(found(Mark::Token, &token.id), all);
    assert_eq!(found(Mark::Digest, &base64::encode_url(&token.digest)), all);
    assert_eq!(found(Mark::Agent, &token.issuer.to_string()), all);
    assert_eq!(found(Mark::Agent, &Did::from_bits(6).to_string()), [6], "whoever asked");
    for (mark, name) in [(Mark::Token, "nobody"), (Mark::Digest, "nobody"), (Mark::Digest, &*token.id)] {
        assert!(found(mark, name).is_empty());
    }
}

#[test]
fn verdicts_are_counted_by_the_minute_and_strangers_as_many_as_they_were() {
    let (place, _) = filled();
    let mut decisions = open(place.path()).unwrap();
    let mut recording = decisions.begin().unwrap();
    recording.append(ruling(9), at(61)).unwrap();
    recording.commit().unwrap();
    let minute = |seconds, denied, strangers| Minute { begin: at(seconds), allowed: 0, denied, strangers };
    assert_eq!(decisions.minutes(at(0)).unwrap(), [minute(0, 8, 1), minute(60, 1, 0)]);
    assert_eq!(decisions.minutes(at(61)).unwrap(), [minute(60, 1, 0)]);
    assert_eq!(decisions.minutes(at(62)).unwrap(), []);
    let callers = decisions.callers(at(8), true).unwrap();
    assert_eq!(callers, decisions.callers(at(8), false).unwrap(), "all of them were denied");
    assert_eq!(callers.len(), 2);
}
