//! One contract for every kind of store, and what only a directory can show: what the tests share.

mod contract;
mod damage;
mod decisions;
mod directory;

use std::fs;
use std::ops::ControlFlow;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rstest::rstest;
use tempfile::TempDir;

use super::*;
use crate::audit::{Entry, Frontier, leaf_hash, record_leaf};
use crate::change::{Fact, Import, Order, Payload, SignedChange, Targets, TokenSet, What};
use crate::encoding::commitment::{commitment, opening};
use crate::identity::{Did, Status};

const LOG: LogName = LogName::from_bits(0xf00d);
const SHORT: Duration = Duration::from_millis(50);

/// A store of either kind, to be opened more than once.
enum Place {
    Memory(Memory),
    Directory(TempDir),
}

impl Place {
    fn memory() -> Self {
        Self::Memory(Memory::new(meta()))
    }

    fn directory() -> Self {
        let place = TempDir::new().unwrap();
        Sqlite::create(&place.path().join("data"), &meta()).unwrap();
        Self::Directory(place)
    }

    fn open(&self) -> Box<dyn Store> {
        match self {
            Self::Memory(memory) => Box::new(memory.share().with_patience(SHORT)),
            Self::Directory(place) => {
                let store = Sqlite::open(&place.path().join("data")).unwrap();
                Box::new(store.with_patience(SHORT).unwrap())
            }
        }
    }
}

fn meta() -> Meta {
    Meta { log: LOG, created: at(0), origin: None }
}

fn at(second: i64) -> Time {
    Time::from_micros(second * 1_000_000).unwrap()
}

fn origin() -> Origin {
    Origin { path: PathBuf::from("/x/y z.json"), digest: [3; 32], size: 12, modified: at(5), imported: at(6) }
}

fn entry(index: u64, second: i64, order: Order) -> Vec<u8> {
    entry_of(LOG, u128::from(index), index, second, order)
}

fn entry_of(log: LogName, id: u128, index: u64, second: i64, order: Order) -> Vec<u8> {
    let payload = Payload {
        id: ChangeId::from_bits(id),
        actor: "test".into(),
        order,
        reason: "because".into(),
        case: None,
        created: at(second),
        expires: None,
        break_glass: false,
    };
    let change = SignedChange::unsigned(&payload).unwrap();
    let entry = Entry { log, index, time: at(second), change };
    entry.to_bytes().unwrap()
}

fn revocation() -> Order {
    Order::Revoke { targets: Targets::one(Did::from_bits(1), 0), seal: false }
}

fn import(pending: Pending) -> Order {
    Order::Import(Import {
        count: pending.count,
        root: pending.root,
        skipped: 0,
        name: "a file".into(),
        replaces: false,
    })
}

fn standing(version: u64) -> Standing {
    Standing {
        status: Status::Revoked,
        reason: Some(format!("reason {version}")),
        updated_at: at(i64::try_from(version).unwrap()),
        version,
        put_by: Some(version),
        until: version.is_multiple_of(2).then(|| at(99)),
        sealed_at: version.is_multiple_of(3).then_some(version),
    }
}

fn put_import(store: &mut dyn Store, count: u32) -> Head {
    put_import_that(store, count, false)
}

fn put_import_that(store: &mut dyn Store, count: u32, replaces: bool) -> Head {
    let mut writing = store.begin().unwrap();
    let head = writing.view().head().unwrap();
    for record in 0..count {
        writing.put_record(format!("record {record}").as_bytes(), Personal::Within).unwrap();
    }
    let mut order = import(writing.pending());
    if let Order::Import(import) = &mut order {
        import.replaces = replaces;
    }
    let second = head.last_time.map_or(1, |last| last.since(at(0)).as_seconds());
    writing.append(&entry(head.size, second, order)).unwrap();
    writing.commit().unwrap()
}

/// Appends one entry, and the one standing that it is known to write.
fn put_revocation(store: &mut dyn Store) -> Head {
    let mut writing = store.begin().unwrap();
    let head = writing.view().head().unwrap();
    writing.append(&entry(head.size, 2, revocation())).unwrap();
    let row = u32::try_from(head.size).unwrap() % head.records;
    writing.put_standing(row, &standing(head.size)).unwrap();
    writing.commit().unwrap()
}

/// Appends one entry that says something beside the standing of agents.
fn put_fact(store: &mut dyn Store) {
    let mut writing = store.begin().unwrap();
    let head = writing.view().head().unwrap();
    let what = What::RevokeTokens(TokenSet::Token { jti: "stolen".into() });
    let order = Order::Fact(Box::new(Fact { about: None, what }));
    writing.append(&entry(head.size, 2, order)).unwrap();
    writing.commit().unwrap();
}

fn all_entries(view: &dyn View, from: u64) -> Vec<(u64, Vec<u8>)> {
    let mut all = Vec::new();
    let visited = view.entries(from, &mut |row| {
        assert_eq!(row.leaf, leaf_hash(row.bytes));
        all.push((row.index, row.bytes.to_vec()));
        ControlFlow::Continue(())
    });
    visited.unwrap();
    all
}

fn all_records(view: &dyn View, from: u32) -> Vec<(u32, u64, String)> {
    let mut all = Vec::new();
    let visited = view.records(from, &mut |row| {
        let text = String::from_utf8(row.bytes.to_vec()).unwrap();
        all.push((row.row, row.entry, text));
        ControlFlow::Continue(())
    });
    visited.unwrap();
    all
}

fn all_standings(view: &dyn View) -> Vec<(u32, Standing)> {
    let mut all = Vec::new();
    let visited = view.standings(&mut |row, standing| {
        all.push((row, standing));
        ControlFlow::Continue(())
    });
    visited.unwrap();
    all
}

fn code<T>(result: Result<T, StoreError>) -> &'static str {
    result.err().map_or("", |error| error.code())
}

fn directory(place: &Place) -> PathBuf {
    match place {
        Place::Directory(place) => place.path().join("data"),
        Place::Memory(_) => unreachable!(),
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}
