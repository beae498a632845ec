//! Cut, flipped and forged files.

use super::*;

#[test]
fn a_damaged_file_is_named_and_never_replaced() {
    let place = Place::directory();
    let data = directory(&place);
    let path = data.join(FILE);
    put_import(&mut *place.open(), 500);
    let whole = fs::read(&path).unwrap();
    let cut = |length: usize| whole[..length].to_vec();
    let mut foreign = whole.clone();
    foreign[68] ^= 1;
    for (bytes, expected) in [
        (vec![], "store_empty"),
        (b"not a database at all".to_vec(), "store_not_a_database"),
        (cut(10), "store_not_a_database"),
        (cut(50), "store_corrupt"),
        (cut(5000), "store_corrupt"),
        (cut(whole.len() / 2), "store_corrupt"),
        (foreign, "store_foreign"),
    ] {
        fs::write(&path, &bytes).unwrap();
        let opened = Sqlite::open_or_create(&data, &meta());
        assert_eq!(code(opened), expected, "{} bytes", bytes.len());
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
}

#[test]
fn flipped_bytes_never_panic_and_are_never_taken_for_sound() {
    let place = Place::directory();
    let data = directory(&place);
    let path = data.join(FILE);
    let mut store = place.open();
    put_import(&mut *store, 100);
    let head = put_revocation(&mut *store);
    drop(store);
    let whole = fs::read(&path).unwrap();
    let seed = 7;
    println!("seed {seed}");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    for _ in 0..200 {
        let mut bytes = whole.clone();
        let at = random.next_u32() as usize % bytes.len();
        bytes[at] ^= 1 << (random.next_u32() % 8);
        fs::write(&path, &bytes).unwrap();
        let Ok(mut store) = Sqlite::open(&data) else {
            continue;
        };
        let Ok(view) = store.read() else { continue };
        // Bytes that SQLite does not use, and the standings' cache, are no part of what is verified.
        if let Ok(Verification::Sound(found)) = verify(&*view, LOG) {
            assert_eq!(found, head, "byte {at}");
        }
        let _ = view.standings(&mut |_, _| ControlFlow::Continue(()));
    }
}

#[test]
fn a_cut_wal_is_always_a_whole_prefix() {
    let place = Place::directory();
    let data = directory(&place);
    put_import(&mut *place.open(), 7);
    let mut store = place.open();
    for _ in 0..40 {
        put_revocation(&mut *store);
    }
    let expected = all_entries(&*store.read().unwrap(), 0);
    let database = fs::read(data.join(FILE)).unwrap();
    let wal = fs::read(data.join("authority.db-wal")).unwrap();
    assert!(wal.len() > 100_000);

    let seed = rand_seed();
    println!("seed {seed}");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut sizes = Vec::new();
    for _ in 0..200 {
        let copy = TempDir::new().unwrap();
        let length = usize::try_from(random.next_u64() % (wal.len() as u64 + 1)).unwrap();
        for (name, bytes) in [(FILE, &database[..]), ("authority.db-wal", &wal[..length])] {
            fs::write(copy.path().join(name), bytes).unwrap();
            set_mode(&copy.path().join(name), 0o600);
        }
        let mut store = Sqlite::open(copy.path()).unwrap();
        let view = store.read().unwrap();
        let head = view.head().unwrap();
        assert_eq!(verify(&*view, LOG), Ok(Verification::Sound(head)), "cut at {length}");
        let entries = all_entries(&*view, 0);
        assert_eq!(entries, expected[..entries.len()], "cut at {length}");
        assert_eq!(all_standings(&*view), fold(head.size), "cut at {length}");
        sizes.push(head.size);
    }
    assert!(sizes.iter().any(|size| *size < 10) && sizes.iter().any(|size| *size > 30));
}

/// What the first `size` entries of [`put_revocation`] put.
fn fold(size: u64) -> Vec<(u32, Standing)> {
    let mut rows = std::collections::BTreeMap::new();
    for index in 1..size {
        rows.insert(u32::try_from(index % 7).unwrap(), standing(index));
    }
    rows.into_iter().collect()
}

fn rand_seed() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    u64::try_from(now.unwrap().as_nanos() % u128::from(u64::MAX)).unwrap()
}

#[rstest]
#[case("UPDATE records SET bytes = x'00' WHERE number = 1", 0, Some(1), "record_changed")]
#[case("UPDATE records SET hash = zeroblob(32) WHERE number = 4", 2, Some(4), "record_changed")]
#[case("DELETE FROM records WHERE number = 1", 0, Some(1), "record_missing")]
#[case("DELETE FROM records WHERE number = 4", 2, None, "record_missing")]
#[case("UPDATE records SET entry = 1 WHERE number = 3", 2, Some(3), "record_misplaced")]
#[case("INSERT INTO records VALUES (5, 2, zeroblob(32), x'', NULL, NULL)", 2, Some(5), "record_misplaced")]
#[case("UPDATE head SET last_time = 0", 4, None, "head_time_differs")]
#[case("UPDATE head SET records = 4", 4, None, "head_records_differ")]
#[case("UPDATE head SET first_row = 3", 4, None, "head_first_row_differs")]
#[case("UPDATE head SET peaks = zeroblob(32)", 4, None, "head_root_differs")]
#[case("UPDATE entries SET leaf = zeroblob(32) WHERE number = 1", 1, None, "entry_changed")]
#[case("UPDATE entries SET change = randomblob(16) WHERE number = 3", 3, None, "change_misfiled")]
#[case("DELETE FROM entries WHERE number = 1", 1, None, "entry_missing")]
#[case("INSERT INTO facts (entry) VALUES (1)", 1, None, "facts_differ")]
#[case("INSERT INTO texts VALUES (1, zeroblob(32), NULL)", 0, None, "text_unknown")]
fn tampering_is_found_at_its_entry(
    #[case] sql: &str,
    #[case] index: u64,
    #[case] row: Option<u32>,
    #[case] expected: &str,
) {
    let place = Place::directory();
    let mut store = place.open();
    put_import(&mut *store, 3);
    put_revocation(&mut *store);
    put_import(&mut *store, 2);
    put_revocation(&mut *store);
    let connection = rusqlite::Connection::open(directory(&place).join(FILE)).unwrap();
    let forge = "PRAGMA foreign_keys = OFF; DROP TRIGGER entries_stay; DROP TRIGGER entries_last";
    connection.execute_batch(forge).unwrap();
    connection.execute_batch(sql).unwrap();
    let found = verify(&*store.read().unwrap(), LOG).unwrap();
    let Verification::Broken(fault) = found else { panic!("{found:?}") };
    assert_eq!((fault.index, fault.row, fault.rule.code()), (index, row, expected));
}

#[test]
fn a_log_without_its_tail_is_not_written_to() {
    let place = Place::directory();
    let mut store = place.open();
    put_import(&mut *store, 3);
    put_revocation(&mut *store);
    let connection = rusqlite::Connection::open(directory(&place).join(FILE)).unwrap();
    let forge = "PRAGMA foreign_keys = OFF; DROP TRIGGER entries_last; DELETE FROM entries WHERE number = 1";
    connection.execute_batch(forge).unwrap();
    assert_eq!(code(store.begin().map(drop)), "store_tail");
    assert_eq!(code(store.read().map(drop)), "store_tail");
    assert_eq!(code(Sqlite::open(&directory(&place))), "store_tail");
}

#[test]
fn a_fact_that_was_struck_from_the_list_is_found() {
    let place = Place::directory();
    let mut store = place.open();
    put_import(&mut *store, 3);
    put_fact(&mut *store);
    let connection = rusqlite::Connection::open(directory(&place).join(FILE)).unwrap();
    connection.execute_batch("DELETE FROM facts WHERE entry = 1").unwrap();
    let found = verify(&*store.read().unwrap(), LOG).unwrap();
    let Verification::Broken(fault) = found else { panic!("{found:?}") };
    assert_eq!((fault.index, fault.rule.code()), (1, "facts_differ"));
}
