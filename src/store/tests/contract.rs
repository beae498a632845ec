//! What every kind of store does.

use super::*;

#[rstest]
#[case::memory(Place::memory())]
#[case::sqlite(Place::directory())]
fn an_empty_store_has_the_empty_root_and_is_sound(#[case] place: Place) {
    let mut store = place.open();
    assert_eq!(store.meta().unwrap(), meta());
    let view = store.read().unwrap();
    let head = view.head().unwrap();
    assert_eq!((head.size, head.records, head.last_time), (0, 0, None));
    assert_eq!(head.root, Frontier::new().root());
    assert_eq!(verify(&*view, LOG), Ok(Verification::Sound(head)));
}

#[rstest]
#[case::memory(Place::memory())]
#[case::sqlite(Place::directory())]
fn what_is_committed_is_read_back(#[case] place: Place) {
    let mut store = place.open();
    let first = put_import(&mut *store, 3);
    assert_eq!((first.size, first.records), (1, 3));
    put_import(&mut *store, 0);
    put_import(&mut *store, 2);
    let last = put_revocation(&mut *store);
    drop(store);

    let mut store = place.open();
    let view = store.read().unwrap();
    assert_eq!(view.head(), Ok(last));
    assert_eq!(last.last_time, Some(at(2)));
    let entries = all_entries(&*view, 0);
    let mut frontier = Frontier::new();
    entries.iter().for_each(|(_, bytes)| frontier.push(leaf_hash(bytes)));
    assert_eq!((frontier.size(), frontier.root()), (4, last.root));
    assert_eq!(all_entries(&*view, 3), entries[3..]);
    assert_eq!(all_entries(&*view, u64::MAX), []);
    let records = all_records(&*view, 0);
    assert_eq!(records.len(), 5);
    assert_eq!(records[2], (2, 0, "record 2".into()));
    assert_eq!(records[4], (4, 2, "record 1".into()));
    assert_eq!(all_records(&*view, 4), records[4..]);
    assert_eq!(all_standings(&*view), [(3, standing(3))]);
    assert_eq!(view.find_change(ChangeId::from_bits(3)), Ok(Some(3)));
    assert_eq!(view.find_change(ChangeId::from_bits(4)), Ok(None));
    assert_eq!(verify(&*view, LOG), Ok(Verification::Sound(last)));
}

#[rstest]
#[case::memory(Place::memory())]
#[case::sqlite(Place::directory())]
fn a_visitor_that_breaks_is_not_called_again(#[case] place: Place) {
    let mut store = place.open();
    put_import(&mut *store, 3);
    put_revocation(&mut *store);
    let view = store.read().unwrap();
    let mut calls = 0;
    view.records(0, &mut |_| {
        calls += 1;
        ControlFlow::Break(())
    })
    .unwrap();
    view.entries(0, &mut |_| {
        calls += 1;
        ControlFlow::Break(())
    })
    .unwrap();
    assert_eq!(calls, 2);
}

#[rstest]
#[case::memory(Place::memory())]
#[case::sqlite(Place::directory())]
fn a_dropped_transaction_leaves_nothing(#[case] place: Place) {
    let mut store = place.open();
    let before = put_import(&mut *store, 2);
    {
        let mut writing = store.begin().unwrap();
        writing.append(&entry(1, 2, revocation())).unwrap();
        writing.put_standing(0, &standing(1)).unwrap();
        writing.set_origin(&origin()).unwrap();
        assert_eq!(writing.view().head().unwrap().size, 2);
        assert_eq!(all_standings(writing.view()).len(), 1);
    }
    assert_eq!(store.meta().unwrap().origin, None);
    let view = store.read().unwrap();
    assert_eq!(view.head(), Ok(before));
    assert_eq!(all_standings(&*view), []);
    assert_eq!(all_entries(&*view, 0).len(), 1);
}

#[rstest]
#[case::memory(Place::memory())]
#[case::sqlite(Place::directory())]
fn only_the_next_entry_is_appended(#[case] place: Place) {
    let mut store = place.open();
    put_import(&mut *store, 1);
    let mut writing = store.begin().unwrap();
    let other = LogName::from_bits(1);
    for (bytes, expected) in [
        (entry(0, 2, revocation()), "entry_not_next"),
        (entry(2, 2, revocation()), "entry_not_next"),
        (entry(1, 0, revocation()), "entry_time_backwards"),
        (entry_of(other, 7, 1, 2, revocation()), "entry_other_log"),
        (entry_of(LOG, 0, 1, 2, revocation()), "change_repeated"),
        (b"{}".to_vec(), "entry_malformed"),
        ([entry(1, 2, revocation()), b" ".to_vec()].concat(), "entry_not_canonical"),
    ] {
        assert_eq!(code(writing.append(&bytes)), expected);
    }
    assert_eq!(code(writing.put_standing(1, &standing(1))), "row_unknown");
    writing.append(&entry(1, 1, revocation())).unwrap();
    assert_eq!(writing.commit().unwrap().size, 2);
}

#[rstest]
#[case::memory(Place::memory())]
#[case::sqlite(Place::directory())]
fn an_import_says_exactly_what_its_records_are(#[case] place: Place) {
    let mut store = place.open();
    let mut writing = store.begin().unwrap();
    let none = writing.pending();
    assert_eq!(writing.put_record(b"a", Personal::Within), Ok(0));
    let one = writing.pending();
    assert_eq!(writing.put_record(b"b", Personal::Within), Ok(1));
    let both = writing.pending();
    let wrong_root = Pending { root: [0; 32], ..both };
    for order in [import(none), import(one), import(wrong_root), revocation()] {
        assert_eq!(code(writing.append(&entry(0, 1, order))), "import_other_records");
    }
    assert_eq!(code(writing.commit()), "import_unfinished");
    let mut writing = store.begin().unwrap();
    assert_eq!(writing.view().head().unwrap().records, 0);
    assert_eq!(code(writing.append(&entry(0, 1, import(both)))), "import_other_records");
}

#[rstest]
#[case::memory(Place::memory())]
#[case::sqlite(Place::directory())]
fn two_handles_follow_each_other_and_take_turns(#[case] place: Place) {
    let (mut one, mut two) = (place.open(), place.open());
    put_import(&mut *one, 2);
    assert!(two.changed().unwrap());
    assert!(!two.changed().unwrap());
    assert!(!one.changed().unwrap());

    let begun = Instant::now();
    let writing = one.begin().unwrap();
    assert_eq!(code(two.begin().map(drop)), "store_busy");
    assert!(begun.elapsed() >= SHORT);
    let head = two.read().unwrap().head().unwrap();
    assert_eq!(head.size, 1);
    drop(writing);

    let head = put_revocation(&mut *two);
    assert!(one.changed().unwrap());
    let writing = one.begin().unwrap();
    assert_eq!(writing.view().head(), Ok(head));
    assert_eq!(all_entries(writing.view(), 1).len(), 1);
}

#[rstest]
#[case::memory(Place::memory())]
#[case::sqlite(Place::directory())]
fn a_view_does_not_move_while_others_commit(#[case] place: Place) {
    let (mut one, mut two) = (place.open(), place.open());
    let before = put_import(&mut *one, 2);
    let view = one.read().unwrap();
    put_revocation(&mut *two);
    put_import(&mut *two, 2);
    assert_eq!(view.head(), Ok(before));
    assert_eq!(all_entries(&*view, 0).len(), 1);
    assert_eq!(all_records(&*view, 0).len(), 2);
    assert_eq!(all_standings(&*view), []);
    drop(view);
    assert_eq!(one.read().unwrap().head().unwrap().size, 3);
}

#[rstest]
#[case::memory(Place::memory())]
#[case::sqlite(Place::directory())]
fn an_origin_lasts(#[case] place: Place) {
    let mut store = place.open();
    let mut writing = store.begin().unwrap();
    writing.set_origin(&origin()).unwrap();
    writing.commit().unwrap();
    assert_eq!(place.open().meta().unwrap().origin, Some(origin()));
}

#[rstest]
#[case::memory(Place::memory())]
#[case::sqlite(Place::directory())]
fn an_import_that_replaces_begins_the_registry_anew(#[case] place: Place) {
    let mut store = place.open();
    put_import(&mut *store, 3);
    put_revocation(&mut *store);
    let head = put_import_that(&mut *store, 2, true);
    assert_eq!((head.records, head.first_row), (5, 3));
    let mut writing = store.begin().unwrap();
    assert_eq!(all_standings(writing.view()), []);
    assert_eq!(code(writing.put_standing(2, &standing(2))), "row_unknown");
    writing.put_standing(3, &standing(2)).unwrap();
    writing.commit().unwrap();
    let mut store = place.open();
    let view = store.read().unwrap();
    assert_eq!(view.head(), Ok(head));
    assert_eq!(all_records(&*view, head.first_row).len(), 2);
    assert_eq!(verify(&*view, LOG), Ok(Verification::Sound(head)));
}

#[rstest]
#[case::memory(Place::memory())]
#[case::sqlite(Place::directory())]
fn what_is_forgotten_is_gone_while_its_hash_stays_and_an_entry_must_say_so(#[case] place: Place) {
    let mut store = place.open();
    let mut writing = store.begin().unwrap();
    let secret = opening(7, b"ana@example.org");
    writing.put_record(b"{}", Personal::Beside(&secret)).unwrap();
    let pending = writing.pending();
    writing.append(&entry(0, 1, import(pending))).unwrap();
    writing.put_text(&secret).unwrap();
    writing.commit().unwrap();
    let leaf = |store: &mut dyn Store| {
        let mut found = Vec::new();
        let visited = store.read().unwrap().records(0, &mut |row| {
            found.push((
                row.hash,
                record_leaf(row.bytes, row.personal),
                row.personal == Personal::Beside(&secret),
            ));
            ControlFlow::Continue(())
        });
        visited.unwrap();
        found
    };
    let before = leaf(&mut *store);
    assert_eq!((before[0].0, before[0].2), (before[0].1, true));
    let text = |store: &mut dyn Store| store.read().unwrap().text(&commitment(&secret)).unwrap();
    assert_eq!(text(&mut *store).as_deref(), Some("ana@example.org"));

    let mut writing = store.begin().unwrap();
    writing.forget_record(0).unwrap();
    writing.forget_text(&commitment(&secret)).unwrap();
    assert_eq!(code(writing.forget_record(1)), "row_unknown");
    writing.commit().unwrap();
    store.purge().unwrap();
    drop(store);
    let mut store = place.open();
    let after = leaf(&mut *store);
    assert_eq!((after[0].0, after[0].1, after[0].2), (before[0].0, before[0].0, false));
    assert_eq!(text(&mut *store), None);
    let found = verify(&*store.read().unwrap(), LOG).unwrap();
    let Verification::Broken(fault) = found else { panic!("{found:?}") };
    assert_eq!((fault.row, fault.rule.code()), (Some(0), "record_forgotten"));
}
