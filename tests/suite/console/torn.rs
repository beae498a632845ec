//! A write-ahead log cut anywhere: what comes back is a whole prefix of the entries, and its fold.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use meshwarden::change::{Frozen, Request, Verb};
use meshwarden::registry::{Row, Scope, Standing};
use meshwarden::store;
use meshwarden::warden::{Place, Warden};

use super::{Chance, context, mesh, reopen};
use crate::cli::Home;

const CUTS: usize = 200;

#[test]
fn a_cut_wal_gives_back_a_whole_prefix_of_the_entries() {
    let mut chance = Chance::new();
    let home = Home::new();
    let file = mesh(&home, 60);
    let mut warden = reopen(&home, &file);
    let mut past = vec![standings(&warden)];
    for verb in [Verb::Suspend { until: None }, Verb::Reactivate { override_security: true }, Verb::Revoke] {
        for top in 0..6 {
            if change(&mut warden, verb, top * 7) {
                past.push(standings(&warden));
            }
        }
    }
    assert!(past.len() > 10, "only {} changes", past.len());
    let entries = bytes_of_entries(&mut warden);
    assert_eq!(entries.len(), past.len());

    let source = context(&home).directory_of(&fs::canonicalize(&file).unwrap());
    let size = fs::metadata(wal(&source)).unwrap().len();
    let mut seen = vec![0; entries.len() + 1];
    for round in 0..CUTS {
        let copy = home.path(format!("copy-{round}"));
        let cut = chance.below(size + 1);
        copy_directory(&source, &copy);
        File::options().write(true).open(wal(&copy)).unwrap().set_len(cut).unwrap();
        let mut reopened = context(&home).open(&Place::Directory(copy.clone()), |_| Ok(())).unwrap().warden;
        let kept = bytes_of_entries(&mut reopened);
        assert_eq!(kept, entries[..kept.len()], "not a prefix, cut at {cut} of {size}");
        seen[kept.len()] += 1;
        if let Some(last) = kept.len().checked_sub(1) {
            assert_eq!(
                standings(&reopened),
                past[last],
                "not the fold of {} entries, cut at {cut}",
                kept.len()
            );
        }
        assert_eq!(reopened.verify_log().unwrap().fault, None, "cut at {cut} of {size}");
        drop(reopened);
        fs::remove_dir_all(copy).unwrap();
    }
    println!("prefixes seen, by length: {seen:?}");
    assert!(seen.iter().filter(|count| **count > 0).count() > 5, "the cuts all fell in one place: {seen:?}");
}

/// Carries a change out as a console would; answers whether there was anything to do.
fn change(warden: &mut Warden, verb: Verb, row: usize) -> bool {
    let registry = warden.registry();
    let row = registry.rows().nth(row).unwrap();
    let request = Request::of(verb, registry.agent(row).did(), Scope::Subtree);
    let shown = registry.row_count();
    let Ok(frozen) = Frozen::of(registry, request, warden.now()) else { return false };
    warden.commit(&frozen, shown, meshwarden::warden::Word::of("the test", "a test")).unwrap();
    true
}

fn standings(warden: &Warden) -> Vec<Standing> {
    let registry = warden.registry();
    registry.rows().map(|row: Row| registry.standing(row)).collect()
}

fn bytes_of_entries(warden: &mut Warden) -> Vec<Vec<u8>> {
    (0..).map_while(|index| warden.entry_bytes(index).unwrap()).collect()
}

fn wal(directory: &Path) -> std::path::PathBuf {
    directory.join(format!("{}-wal", store::FILE))
}

/// As a power cut leaves it: the database and its log, without the index that is shared in memory.
fn copy_directory(from: &Path, to: &Path) {
    DirBuilder::new().mode(0o700).create(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if !name.ends_with("-shm") {
            fs::copy(&path, to.join(name)).unwrap();
        }
    }
}
