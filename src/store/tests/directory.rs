//! Files, permissions, and several processes on one directory.

use super::*;

#[test]
fn directory_and_files_are_private() {
    let place = Place::directory();
    let data = directory(&place);
    let mut store = place.open();
    put_import(&mut *store, 1);
    assert_eq!(mode(&data), 0o700);
    let mut names = Vec::new();
    for file in fs::read_dir(&data).unwrap() {
        let file = file.unwrap();
        assert_eq!(mode(&file.path()), 0o600, "{:?}", file.path());
        names.push(file.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["authority.db", "authority.db-shm", "authority.db-wal"]);
}

#[test]
fn what_others_can_write_is_not_opened() {
    let place = Place::directory();
    let data = directory(&place);
    let mut store = place.open();
    put_import(&mut *store, 1);
    for (name, private) in
        [("", 0o700), (FILE, 0o600), ("authority.db-wal", 0o600), ("authority.db-shm", 0o600)]
    {
        let path = data.join(name);
        for shared in [private | 0o020, private | 0o002] {
            set_mode(&path, shared);
            assert_eq!(code(Sqlite::open(&data)), "store_writable_by_others", "{name}");
        }
        set_mode(&path, private | 0o044);
        assert_eq!(code(Sqlite::open(&data)), "", "{name}");
        set_mode(&path, private);
    }
}

#[test]
fn links_and_odd_files_are_not_opened() {
    let place = TempDir::new().unwrap();
    let missing = place.path().join("missing");
    assert_eq!(code(Sqlite::open(&missing)), "store_missing");
    let file = place.path().join("file");
    fs::write(&file, "x").unwrap();
    assert_eq!(code(Sqlite::open(&file)), "store_not_a_directory");
    assert_eq!(code(Sqlite::create(&file, &meta())), "store_not_a_directory");

    let real = place.path().join("real");
    drop(Sqlite::create(&real, &meta()).unwrap());
    assert_eq!(code(Sqlite::create(&real, &meta())), "store_exists");
    let linked = place.path().join("linked");
    symlink(&real, &linked).unwrap();
    assert_eq!(code(Sqlite::open(&linked)), "");

    let other = place.path().join("other");
    fs::create_dir(&other).unwrap();
    set_mode(&other, 0o700);
    assert_eq!(code(Sqlite::open(&other)), "store_missing");
    symlink(real.join(FILE), other.join(FILE)).unwrap();
    assert_eq!(code(Sqlite::open(&other)), "store_not_a_file");
    assert_eq!(code(Sqlite::create(&other, &meta())), "store_exists");
    fs::remove_file(other.join(FILE)).unwrap();
    fs::create_dir(other.join(FILE)).unwrap();
    assert_eq!(code(Sqlite::open(&other)), "store_not_a_file");
}

#[test]
fn a_newer_version_is_refused_and_says_so() {
    let place = Place::directory();
    let data = directory(&place);
    let connection = rusqlite::Connection::open(data.join(FILE)).unwrap();
    connection.execute_batch("PRAGMA user_version = 99").unwrap();
    let error = Sqlite::open(&data).unwrap_err();
    assert_eq!(error.code(), "store_too_new");
    assert!(error.to_string().contains("version 99"), "{error}");
}

#[test]
fn a_directory_of_the_first_version_is_brought_to_the_newest_and_keeps_what_it_has() {
    let place = Place::directory();
    let data = directory(&place);
    let head = put_import(&mut Sqlite::open(&data).unwrap(), 3);
    let connection = rusqlite::Connection::open(data.join(FILE)).unwrap();
    let back =
        "DROP TABLE facts; DROP TABLE texts; DROP TABLE mentions; ALTER TABLE records DROP COLUMN commitment;
        ALTER TABLE records DROP COLUMN opening; PRAGMA user_version = 1";
    connection.execute_batch(back).unwrap();
    drop(connection);
    let mut store = Sqlite::open(&data).unwrap();
    assert_eq!(code(store.begin().unwrap().forget_record(0)), "record_whole");
    assert_eq!(store.read().unwrap().head().unwrap(), head);
    put_fact(&mut store);
    let mut facts = Vec::new();
    let view = store.read().unwrap();
    view.facts(&mut |row| {
        facts.push(row.index);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(facts, [head.size]);
}

#[test]
fn entries_that_were_there_before_the_index_of_mentions_are_in_it_after_an_opening() {
    let place = Place::directory();
    let data = directory(&place);
    let mut store = Sqlite::open(&data).unwrap();
    let mut writing = store.begin().unwrap();
    let about = Some(crate::change::Target { did: Did::from_bits(7), version: 0 });
    let order = Order::Fact(Box::new(Fact { about, what: What::Seal {} }));
    writing.append(&entry(0, 2, order)).unwrap();
    writing.commit().unwrap();
    let mentions = |store: &mut Sqlite| {
        let mut mentions = Vec::new();
        let view = store.read().unwrap();
        view.mentions(&mut |number, index| {
            mentions.push((number, index));
            ControlFlow::Continue(())
        })
        .unwrap();
        mentions
    };
    let before = mentions(&mut store);
    drop(store);
    assert!(!before.is_empty());
    let connection = rusqlite::Connection::open(data.join(FILE)).unwrap();
    connection.execute_batch("DROP TABLE mentions; PRAGMA user_version = 3").unwrap();
    drop(connection);
    assert_eq!(mentions(&mut Sqlite::open(&data).unwrap()), before);
    let connection = rusqlite::Connection::open(data.join(FILE)).unwrap();
    connection.execute_batch("DELETE FROM mentions").unwrap();
    drop(connection);
    let mut store = Sqlite::open(&data).unwrap();
    let found = verify(&*store.read().unwrap(), LOG).unwrap();
    assert!(matches!(found, Verification::Broken(Fault { rule: Rule::MentionsListed, .. })), "{found:?}");
}

#[test]
fn whoever_makes_a_directory_first_wins_and_the_other_opens_it() {
    let place = TempDir::new().unwrap();
    let data = place.path().join("deep").join("data");
    let opened: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|name| {
                let data = &data;
                scope.spawn(move || {
                    let meta = Meta { log: LogName::from_bits(name), ..meta() };
                    Sqlite::open_or_create(data, &meta).unwrap().meta().unwrap().log
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(opened.iter().all(|log| *log == opened[0]), "{opened:?}");
    assert_eq!(fs::read_dir(&data).unwrap().count(), 1);
}

#[test]
fn four_writers_lose_nothing() {
    let place = Place::directory();
    let data = directory(&place);
    put_import(&mut *place.open(), 3);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut store = Sqlite::open(&data).unwrap();
                for _ in 0..25 {
                    put_revocation(&mut store);
                }
            });
        }
    });
    let mut store = place.open();
    let view = store.read().unwrap();
    assert_eq!(view.head().unwrap().size, 101);
    assert!(matches!(verify(&*view, LOG), Ok(Verification::Sound(_))));
}
