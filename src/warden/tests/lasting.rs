//! What was acknowledged is there again; what was refused left nothing.

use std::fs;

use super::*;
use crate::store::FILE;
use crate::warden::{Opened, Place, WardenError};

fn open(root: &std::path::Path, place: &Place) -> Opened {
    context(root).open(place, |_| Ok(())).unwrap()
}

fn commit(warden: &mut Warden, verb: Verb, id: &str, scope: Scope) -> Receipt {
    let frozen = freeze(warden, verb, id, scope).unwrap();
    let rows = warden.registry().row_count();
    warden.commit(&frozen, rows, crate::warden::Word::of("tester", "test")).unwrap()
}

#[test]
fn a_revoke_lasts_and_the_registry_file_is_never_written() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("mesh.jsonl");
    fs::write(&file, family()).unwrap();
    let place = Place::File(file.clone());
    let mut opened = open(root.path(), &place);
    assert_eq!(opened.imported.unwrap().summary.taken, 5);
    commit(&mut opened.warden, Verb::Revoke, "02", Scope::Subtree);
    drop(opened.warden);
    let mut again = open(root.path(), &place);
    assert!(again.imported.is_none() && again.staleness.is_none());
    let states = states(&again.warden);
    assert_eq!([of(&states, "02"), of(&states, "04")], [State::Revoked; 2]);
    assert_eq!(again.warden.verify_log().unwrap().fault, None);
    assert_eq!(fs::read_to_string(&file).unwrap(), family());
}

#[test]
fn a_changed_file_is_shown_and_taken_without_losing_a_revocation() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("mesh.jsonl");
    fs::write(&file, family()).unwrap();
    let place = Place::File(file.clone());
    let mut opened = open(root.path(), &place);
    commit(&mut opened.warden, Verb::Revoke, "02", Scope::Subtree);
    drop(opened.warden);
    let newer = [
        record("02", Some("01"), 1),
        record("01", None, 0),
        record("04", Some("02"), 2),
        record("03", Some("01"), 1).replace("agent 03", "renamed"),
        record("0f", Some("01"), 1),
    ]
    .concat();
    fs::write(&file, &newer).unwrap();
    let mut opened = open(root.path(), &place);
    assert!(opened.staleness.is_some_and(|stale| !stale.missing));
    assert_eq!(opened.warden.registry().len(), 5, "nothing was taken unasked");
    let difference = opened.warden.compare(&file, &ImportOptions::default()).unwrap();
    let ids = |side: &crate::warden::Side| side.dids.iter().map(Did::unique_id).collect::<Vec<_>>();
    assert_eq!(ids(&difference.added), ["0f"]);
    assert_eq!(ids(&difference.changed), ["03"]);
    assert_eq!(ids(&difference.removed), ["09"]);
    context(root.path()).take_again(&mut opened.warden, &file, Some(difference.digest), |_| Ok(())).unwrap();
    for warden in [opened.warden, open(root.path(), &place).warden] {
        let mut warden = warden;
        let states = states(&warden);
        assert_eq!(states.len(), 5);
        assert_eq!([of(&states, "02"), of(&states, "04")], [State::Revoked; 2]);
        assert_eq!([of(&states, "01"), of(&states, "0f")], [State::Active; 2]);
        assert_eq!(warden.registry().agent(row(&warden, "02")).sealed_at(), Some(1));
        assert_eq!(warden.verify_log().unwrap().fault, None);
    }
}

#[test]
fn a_refused_import_leaves_nothing() {
    let mut house = House::new();
    let bad = record("20", None, 0) + &record("01", None, 0);
    let refused = import(&mut house.warden, &bad, &ImportOptions::default()).unwrap_err();
    assert!(matches!(refused, WardenError::Ingest(_)), "{refused}");
    assert_eq!(house.warden.registry().len(), 5);
    assert_eq!(house.warden.entries(0, 10).unwrap().len(), 1);
    let options = ImportOptions { skip_invalid: true, ..ImportOptions::default() };
    let report = import(&mut house.warden, &bad, &options).unwrap();
    assert_eq!((report.summary.taken, report.summary.refused), (1, 1));
    assert_eq!(house.warden.registry().len(), 6);
    assert_eq!(house.warden.verify_log().unwrap().fault, None);
}

#[test]
fn two_wardens_on_one_directory_follow_each_other_and_check_versions() {
    let root = tempfile::tempdir().unwrap();
    let place = Place::Directory(root.path().join("data"));
    let mut first = open(root.path(), &place).warden;
    import(&mut first, &family(), &ImportOptions::default()).unwrap();
    let mut second = open(root.path(), &place).warden;
    let shown = freeze(&second, Verb::Revoke, "02", Scope::Subtree).unwrap();
    let rows = second.registry().row_count();
    commit(&mut first, SUSPEND, "04", Scope::One);
    assert!(matches!(
        second.commit(&shown, rows, crate::warden::Word::of("tester", "x")),
        Err(Rejection::Stale(_))
    ));
    commit(&mut second, Verb::Revoke, "02", Scope::Subtree);
    assert!(first.follow().unwrap());
    assert_eq!(states(&first), states(&second));
    assert!(!first.follow().unwrap());
    assert_eq!(first.verify_log().unwrap().fault, None);
}

#[test]
fn a_cache_that_departs_from_the_log_is_found() {
    let root = tempfile::tempdir().unwrap();
    let place = Place::Directory(root.path().join("data"));
    let mut warden = open(root.path(), &place).warden;
    import(&mut warden, &family(), &ImportOptions::default()).unwrap();
    commit(&mut warden, Verb::Revoke, "02", Scope::Subtree);
    drop(warden);
    let mut store = crate::store::Sqlite::open(&root.path().join("data")).unwrap();
    let mut transaction = crate::store::Store::begin(&mut store).unwrap();
    let mut standing = None;
    transaction
        .view()
        .standings(&mut |_, each| {
            standing = Some(each);
            std::ops::ControlFlow::Break(())
        })
        .unwrap();
    let mut standing = standing.unwrap();
    standing.status = crate::identity::Status::Active;
    transaction.put_standing(1, &standing).unwrap();
    transaction.commit().unwrap();
    drop(store);
    let mut warden = open(root.path(), &place).warden;
    let report = warden.verify_log().unwrap();
    assert_eq!(report.code, Some("cache_differs"), "{:?}", report.fault);
}

#[test]
fn a_truncated_database_is_an_error_and_never_an_empty_registry() {
    let root = tempfile::tempdir().unwrap();
    let directory = root.path().join("data");
    let place = Place::Directory(directory.clone());
    let mut warden = open(root.path(), &place).warden;
    import(&mut warden, &family(), &ImportOptions::default()).unwrap();
    drop(warden);
    let file = directory.join(FILE);
    let length = fs::metadata(&file).unwrap().len();
    for keep in [0, 100, length / 2] {
        fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(keep).unwrap();
        let outcome = context(root.path()).open(&place, |_| Ok(()));
        assert!(matches!(outcome, Err(WardenError::Store(_))), "{keep} bytes of {length}");
    }
}

#[test]
fn a_revocation_outlives_a_file_that_leaves_the_agent_out_and_brings_it_back() {
    let root = tempfile::tempdir().unwrap();
    let place = Place::Directory(root.path().join("data"));
    let mut warden = open(root.path(), &place).warden;
    import(&mut warden, &family(), &ImportOptions::default()).unwrap();
    commit(&mut warden, Verb::Revoke, "04", Scope::One);
    let replaces = ImportOptions { replaces: true, ..ImportOptions::default() };
    let without = [record("01", None, 0), record("02", Some("01"), 1)].concat();
    import(&mut warden, &without, &replaces).unwrap();
    assert_eq!(warden.snapshot().absent.len(), 1, "it is remembered");
    drop(warden);
    let mut warden = open(root.path(), &place).warden;
    assert_eq!(warden.snapshot().absent.len(), 1, "also after a restart");
    import(&mut warden, &family(), &replaces).unwrap();
    assert_eq!(of(&states(&warden), "04"), State::Revoked);
    assert!(warden.snapshot().absent.is_empty());
    assert_eq!(warden.verify_log().unwrap().fault, None);
    drop(warden);
    assert_eq!(of(&states(&open(root.path(), &place).warden), "04"), State::Revoked);
}

#[test]
fn a_revocation_that_the_file_brings_counts_whatever_was_done_here_before() {
    let mut house = House::new();
    house.order(SUSPEND, "03", Scope::One, "odd").unwrap();
    house.order(WAKE, "03", Scope::One, "").unwrap();
    let options = ImportOptions { replaces: true, ..ImportOptions::default() };
    let revoked = family().replace(
        "\"name\":\"agent 03\"",
        "\"name\":\"agent 03\",\"status\":\"revoked\",\"revocation_reason\":\"key leaked\"",
    );
    import(&mut house.warden, &revoked, &options).unwrap();
    assert_eq!(of(&house.states(), "03"), State::Revoked);
    assert_eq!(house.warden.verify_log().unwrap().fault, None);
}

#[test]
fn only_the_file_that_was_compared_is_taken() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("mesh.jsonl");
    fs::write(&file, family()).unwrap();
    let place = Place::File(file.clone());
    drop(open(root.path(), &place));
    fs::write(&file, family() + &record("0f", None, 0)).unwrap();
    let mut opened = open(root.path(), &place);
    let shown = opened.warden.compare(&file, &ImportOptions::default()).unwrap();
    fs::write(&file, record("01", None, 0)).unwrap();
    let context = context(root.path());
    let refused = context.take_again(&mut opened.warden, &file, Some(shown.digest), |_| Ok(()));
    assert_eq!(refused.unwrap_err().code(), "file_moved");
    assert_eq!(opened.warden.registry().len(), 5);
}

#[test]
fn a_pipe_in_the_place_of_a_registry_file_is_refused_and_not_waited_for() {
    let root = tempfile::tempdir().unwrap();
    let pipe = root.path().join("mesh.jsonl");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    let refused = context(root.path()).open(&Place::File(pipe), |_| Ok(()));
    assert!(matches!(refused, Err(WardenError::NotARegistry { .. })));
}
