//! Decision logs of former versions of the tables.

use super::*;
use crate::audit::Hashed;
use crate::encoding::sha256;

#[test]
fn a_log_of_the_first_version_keeps_its_entries_its_ends_its_proofs_and_is_found_in() {
    let (place, head) = filled_with(former_ruling);
    let whole: Vec<Vec<u8>> =
        (0..9).map(|at| open(place.path()).unwrap().bytes_of(at).unwrap().unwrap()).collect();
    let former = tempfile::TempDir::new().unwrap();
    {
        let connection = Connection::open(former.path().join(DECISIONS)).unwrap();
        connection.execute_batch(include_str!("v1.sql")).unwrap();
        let now = place.path().join(DECISIONS).display().to_string();
        connection
            .execute_batch(&format!(
                "ATTACH '{now}' AS now; INSERT INTO head SELECT * FROM now.head;
                INSERT INTO segments SELECT end, peaks, ended, note, dropped FROM now.segments;
                INSERT INTO proofs VALUES (zeroblob(32), {}, 1);
                PRAGMA application_id = 0x6d736864; PRAGMA user_version = 1",
                at(3600).micros()
            ))
            .unwrap();
        for (number, bytes) in whole.iter().enumerate() {
            let leaf = crate::audit::leaf_hash(bytes);
            connection
                .execute(
                    "INSERT INTO entries VALUES (?1, ?2, ?3)",
                    rusqlite::params![i64::try_from(number).unwrap(), leaf, bytes],
                )
                .unwrap();
        }
    }
    private(former.path());
    let mut decisions = open(former.path()).unwrap();
    let report = decisions.verify(&verifiers(), Some(&head)).unwrap();
    assert_eq!((report.fault, report.entries), (None, 9));
    assert!(report.segments >= 2);
    assert_eq!((0..9).map(|at| decisions.bytes_of(at).unwrap().unwrap()).collect::<Vec<_>>(), whole);
    assert_eq!(decisions.marked(Mark::Agent, &Did::from_bits(76).to_string(), 100).unwrap().len(), 8);
    let mut recording = decisions.begin().unwrap();
    assert_eq!(recording.see(&[0; 32], at(60), true), Ok(Some(true)), "used before");
    recording.append(ruling(10), at(20)).unwrap();
    recording.commit().unwrap();
    assert_eq!(open(former.path()).unwrap().verify(&verifiers(), Some(&head)).unwrap().fault, None);
}

#[test]
fn a_log_of_the_second_version_keeps_all_and_is_found_in() {
    let (place, head) = filled_with(former_ruling);
    let former = tempfile::TempDir::new().unwrap();
    let now = place.path().join(DECISIONS).display().to_string();
    let tables = include_str!("v2.sql");
    let filled = ["head", "segments", "entries", "parts", "proofs"]
        .map(|table| format!("INSERT INTO {table} SELECT * FROM now.{table};"))
        .concat();
    Connection::open(former.path().join(DECISIONS))
        .unwrap()
        .execute_batch(&format!(
            "{tables} ATTACH '{now}' AS now; {filled}
            PRAGMA application_id = 0x6d736864; PRAGMA user_version = 2"
        ))
        .unwrap();
    private(former.path());
    let mut decisions = open(former.path()).unwrap();
    assert_eq!(decisions.verify(&verifiers(), Some(&head)).unwrap().fault, None);
    assert_eq!(decisions.marked(Mark::Agent, &Did::from_bits(76).to_string(), 100).unwrap().len(), 8);
    let mut recording = decisions.begin().unwrap();
    recording.append(ruling(10), at(20)).unwrap();
    recording.commit().unwrap();
    assert_eq!(open(former.path()).unwrap().verify(&verifiers(), Some(&head)).unwrap().fault, None);
}

/// An entry as the first three versions had it: hashed as it is.
fn former_ruling(number: u128) -> Told {
    let Told::Ruling(mut ruling) = ruling(number) else { panic!("a ruling") };
    ruling.hashed = Hashed::Whole;
    ruling.digest = sha256(ruling.request.as_ref().unwrap());
    Told::Ruling(ruling)
}

#[test]
fn a_log_of_the_third_version_keeps_its_entries_and_goes_on_with_those_of_today() {
    let (place, head) = filled_with(former_ruling);
    tamper(place.path(), "PRAGMA user_version = 3");
    let mut decisions = open(place.path()).unwrap();
    assert_eq!(decisions.verify(&verifiers(), Some(&head)).unwrap().fault, None);
    let mut recording = decisions.begin().unwrap();
    recording.append(ruling(10), at(20)).unwrap();
    recording.commit().unwrap();
    let report = open(place.path()).unwrap().verify(&verifiers(), Some(&head)).unwrap();
    assert_eq!((report.fault, report.entries), (None, 10));
    assert_eq!(decisions.marked(Mark::Agent, &Did::from_bits(76).to_string(), 100).unwrap().len(), 9);
}

/// The file as this program makes it.
fn private(place: &Path) {
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(place.join(DECISIONS), mode).unwrap();
}
