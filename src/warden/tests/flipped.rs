//! Any byte of a directory that is changed is found, or changes nothing that anybody reads.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use super::*;
use crate::store::{FILE, Sqlite, Store};
use crate::warden::Word;

/// Every so many bytes one is flipped; `MESHWARDEN_FLIP_EVERY=1` flips each.
fn stride() -> usize {
    std::env::var("MESHWARDEN_FLIP_EVERY").ok().and_then(|text| text.parse().ok()).unwrap_or(53)
}

/// A directory with records, cascades, a lock, and something forgotten.
fn directory(root: &Path) {
    let place = crate::warden::Place::Directory(root.join("mesh"));
    let mut warden = context(root).open(&place, |_| Ok(())).unwrap().warden;
    import(&mut warden, &family(), &ImportOptions::default()).unwrap();
    let order = |warden: &mut Warden, verb, id, scope| {
        let frozen = freeze(warden, verb, id, scope).unwrap();
        let rows = warden.registry().row_count();
        warden.commit(&frozen, rows, Word::of("tester", "odd")).unwrap();
    };
    order(&mut warden, SUSPEND, "02", Scope::Subtree);
    warden.lock(crate::change::LockOn::Sponsor("b@example.com".into()), Word::of("tester", "odd")).unwrap();
    order(&mut warden, WAKE, "02", Scope::Subtree);
    order(&mut warden, Verb::Revoke, "09", Scope::One);
    let (receipt, wiped) =
        warden.erase(&Did::from_unique_id("09").unwrap(), Word::of("tester", "asked")).unwrap();
    assert!(receipt.is_some() && wiped.is_ok());
}

/// Everything that anybody reads of a directory, if it opens and holds.
fn reading(directory: &Path) -> Option<Vec<String>> {
    let mut all = Vec::new();
    {
        let mut store = Sqlite::open(directory).ok()?;
        // When the directory was made is a note, under no hash, and nothing is judged by it.
        all.push(store.meta().ok()?.log.to_string());
        let view = store.read().ok()?;
        all.push(format!("{:?}", view.head().ok()?));
        let mut keep = |line: String| {
            all.push(line);
            ControlFlow::Continue(())
        };
        view.entries(0, &mut |row| keep(format!("{row:?}"))).ok()?;
        view.records(0, &mut |row| keep(format!("{row:?}"))).ok()?;
        view.texts(&mut |row| keep(format!("{row:?}"))).ok()?;
        view.facts(&mut |row| keep(format!("{}", row.index))).ok()?;
        view.standings(&mut |row, standing| keep(format!("{row} {standing:?}"))).ok()?;
    }
    let place = crate::warden::Place::Directory(directory.to_owned());
    let mut warden = context(directory).open(&place, |_| Ok(())).ok()?.warden;
    let report = warden.verify_log().ok()?;
    report.fault.is_none().then_some(all)
}

#[test]
fn a_flipped_byte_of_the_database_is_found_or_changes_nothing_that_is_read() {
    let root = tempfile::TempDir::new().unwrap();
    directory(root.path());
    let mesh = root.path().join("mesh");
    let before = reading(&mesh).expect("the directory is sound");
    let whole = fs::read(mesh.join(FILE)).unwrap();
    let (mut found, mut harmless) = (0, 0);
    for at in (0..whole.len()).step_by(stride()) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        for name in ["authority.db-wal", "authority.db-shm"] {
            let _ = fs::remove_file(mesh.join(name));
        }
        fs::write(mesh.join(FILE), &bytes).unwrap();
        match reading(&mesh) {
            None => found += 1,
            Some(after) => {
                assert_eq!(after, before, "byte {at} of {}: read, and not found", whole.len());
                harmless += 1;
            }
        }
    }
    println!("{found} found, {harmless} in bytes that nobody reads");
    assert!(found > 10 && harmless > 10, "{found} found, {harmless} harmless");
}
