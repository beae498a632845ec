//! The log: changes that many hand in at once, a large cascade, the state of long ago, and checking everything.
#![allow(clippy::indexing_slicing, reason = "a bench that cannot run has nothing better to do than to stop")]

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::shared::{self, MILLION, against, figure, heading, ms, now, quantile, rounds, time};
use meshwarden::audit::{Entry, StoredRecord, leaf_hash};
use meshwarden::change::operators::{Init, Newcomer, Role, Signer};
use meshwarden::change::{ChangeId, Frozen, Order, Payload, Request, SignedChange, Targets, Verb};
use meshwarden::identity::SecretKey;
use meshwarden::registry::Scope;
use meshwarden::store::{Sqlite, Store};
use meshwarden::time::{Span, Time};
use meshwarden::warden::{Context, ImportOptions, Place, Source, Warden, Word, Writer};

const ISSUE_4: &str = "issue 4, Must 9";
const CALLERS: usize = 64;
const CHANGES: usize = 20_000;
const SUSPEND: Verb = Verb::Suspend { until: None };

fn root() -> tempfile::TempDir {
    tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

fn context(root: &Path) -> Context {
    Context::of_this_machine(root.to_owned(), "bench".to_owned())
}

/// A directory of so many agents.
fn mesh(root: &Path, agents: u32) -> Warden {
    let context = context(root);
    let mut warden = context.open(&Place::Directory(root.join("mesh")), |_| Ok(())).unwrap().warden;
    let reader = std::fs::File::open(shared::lines(agents)).unwrap();
    let source = Source { reader, name: "bench".to_owned(), origin: None };
    warden.import(source, &ImportOptions::default(), "bench", |_| Ok(())).unwrap();
    warden
}

pub fn run() {
    together();
    cascade();
    long_ago();
    checked();
}

fn key() -> SecretKey {
    SecretKey::from_seed([7; 32])
}

/// Suspensions of one agent each, signed by the one who holds the log.
fn signed(warden: &Warden, count: usize) -> Vec<SignedChange> {
    let snapshot = warden.snapshot();
    let (log, signer) = (snapshot.log.to_string(), Signer::new("ada", &key().public_key().bytes()));
    let active = snapshot.registry.rows().filter(|row| snapshot.registry.agent(*row).is_active(now()));
    let sign = |(number, row)| {
        let request = Request::of(SUSPEND, snapshot.registry.agent(row).did(), Scope::One);
        let frozen = Frozen::of(&snapshot.registry, request, warden.now()).unwrap();
        let payload = Payload {
            id: ChangeId::from_bits(number),
            actor: "ada".to_owned(),
            order: frozen.order(&snapshot.registry, None),
            reason: "bench".to_owned(),
            case: None,
            created: warden.now(),
            expires: Some(warden.now().plus(Span::seconds(3600))),
            break_glass: false,
        };
        let change = SignedChange::unsigned(&payload).unwrap();
        let signature = key().sign(&change.to_sign(&log, &signer));
        change.and(&log, &signer, signature)
    };
    (1..).zip(active).take(count).map(sign).collect()
}

fn together() {
    heading("log: durable signed changes, group-committed, 64 callers, one target each, strictly verified");
    let root = root();
    let mut warden = mesh(root.path(), 100_000);
    warden.sign_with(Box::new(key()));
    let held = Newcomer {
        name: "ada".to_owned(),
        key: key().public_key().bytes().to_base64(),
        role: Role::Admin,
        accepted: None,
    };
    let init = Init {
        operators: vec![held],
        threshold: 0,
        recovery: Vec::new(),
        solo: true,
        log_key: warden.verifier().unwrap().to_string(),
    };
    warden.init(init, Word::of("ada", "bench")).unwrap();
    let changes = signed(&warden, CHANGES);
    let before = warden.snapshot().head.size;
    let writer = Writer::start(warden).unwrap();
    let next = AtomicUsize::new(0);
    let hand_in = || {
        thread::scope(|scope| {
            for _ in 0..CALLERS {
                let (caller, next, changes) = (writer.caller(), &next, &changes);
                scope.spawn(move || {
                    while let Some(change) = changes.get(next.fetch_add(1, Ordering::Relaxed)) {
                        caller.submit(change.clone()).unwrap();
                    }
                });
            }
        });
    };
    let took = time(hand_in).1;
    let mut warden = writer.stop();
    assert_eq!(warden.snapshot().head.size, before + CHANGES as u64);
    let each = took.as_secs_f64() / CHANGES as f64;
    against("one change (100 us are 10,000 a second)", each * 1e6, 100.0, "us", ISSUE_4);
    figure("changes a second", 1.0 / each, "");
    heading("log: verifying a directory of 100,000 agents and as many signed changes as those");
    let (public, message) = (key().public_key(), vec![7; 600]);
    let signature = key().sign(&message);
    let alone = rounds(3, || (0..CHANGES).all(|_| public.verify(&message, &signature)));
    verified(&mut warden, hashes_of_records() + ms(quantile(&alone, 0.5)));
}

fn cascade() {
    heading("log: a cascade of 100,000 agents, one durable transaction");
    let root = root();
    let mut warden = mesh(root.path(), MILLION);
    let held = warden.snapshot();
    let top = shared::subtree_near(&held.registry, 100_000);
    let request = Request::of(SUSPEND, held.registry.agent(top).did(), Scope::Subtree);
    let frozen = Frozen::of(&held.registry, request, warden.now()).unwrap();
    let members = frozen.members.len();
    let rows = held.registry.row_count();
    let took = time(|| warden.commit(&frozen, rows, Word::of("bench", "bench")).unwrap()).1;
    against(&format!("{members} agents suspended"), ms(took), 1000.0, "ms", ISSUE_4);
}

/// A log of so many suspensions and reactivations, written as a store that is brought back has them.
fn long(root: &Path, entries: u64) {
    let mut warden = mesh(root, 10_000);
    let snapshot = warden.snapshot();
    drop(warden.checkpoint());
    drop(warden);
    let mut store = Sqlite::open(&root.join("mesh")).unwrap();
    let mut transaction = store.begin().unwrap();
    let size = snapshot.head.size;
    let active: Vec<_> =
        snapshot.registry.rows().filter(|row| snapshot.registry.agent(*row).is_active(now())).collect();
    let mut versions = vec![size - 1; active.len()];
    let mut standings = std::collections::HashMap::new();
    for index in size..entries {
        let at = usize::try_from(index).unwrap() % active.len();
        let (row, round) = (active[at], usize::try_from(index - size).unwrap() / active.len());
        let targets = Targets::one(snapshot.registry.agent(row).did(), versions[at]);
        let wake = round % 2 == 1;
        let order = match wake {
            false => Order::Suspend { targets, until: None, seal: false },
            true => Order::Reactivate { targets, override_security: false, woken: None },
        };
        let created =
            Time::from_micros(snapshot.head.last_time.unwrap().micros() + i64::try_from(index).unwrap());
        let created = created.unwrap();
        let payload = Payload {
            id: ChangeId::from_bits(u128::from(index) << 64),
            actor: "bench".to_owned(),
            order,
            reason: "bench".to_owned(),
            case: None,
            created,
            expires: None,
            break_glass: false,
        };
        let change = SignedChange::unsigned(&payload).unwrap();
        let entry = Entry { log: snapshot.log, index, time: created, change };
        transaction.append(&entry.to_bytes().unwrap()).unwrap();
        versions[at] = index;
        standings.insert(row, (index, created, wake));
    }
    for (row, (index, time, wake)) in standings {
        let mut standing = snapshot.registry.standing(row);
        standing.status =
            if wake { meshwarden::identity::Status::Active } else { meshwarden::identity::Status::Suspended };
        standing.reason = (!wake).then(|| "bench".to_owned());
        (standing.version, standing.updated_at, standing.put_by) = (index, time, Some(index));
        transaction.put_standing(row.number(), &standing).unwrap();
    }
    transaction.commit().unwrap();
}

fn long_ago() {
    heading("log: 1,000,000 entries");
    let root = root();
    let made = time(|| long(root.path(), u64::from(MILLION))).1;
    figure("writing them", made.as_secs_f64(), "s");
    let place = Place::Directory(root.path().join("mesh"));
    let (mut warden, took) = time(|| context(root.path()).open(&place, |_| Ok(())).unwrap().warden);
    figure("opening the directory", ms(took), "ms");
    for size in [10_000, 500_000, 999_999] {
        let times = rounds(3, || warden.as_of(size).unwrap());
        against(&format!("the state after {size} entries"), ms(quantile(&times, 0.5)), 2000.0, "ms", ISSUE_4);
    }
    verified(&mut warden, 0.0);
}

/// `log verify` beside the same hashes alone, of bytes in memory; `more` is what else must be computed.
fn verified(warden: &mut Warden, more: f64) {
    let mut entries = Vec::new();
    let mut index = 0;
    while let Some(bytes) = warden.entry_bytes(index).unwrap() {
        entries.push(bytes);
        index += 1;
    }
    let hashes = rounds(3, || entries.iter().map(|bytes| leaf_hash(bytes)[0]).fold(0, u8::wrapping_add));
    let (report, took) = time(|| warden.verify_log().unwrap());
    assert_eq!(report.fault, None);
    let alone = ms(quantile(&hashes, 0.5)) + more;
    figure("its hashes (and signatures) alone", alone, "ms");
    figure("log verify", ms(took), "ms");
    figure("log verify beside those alone", ms(took) / alone, "times");
}

/// The hashes of 100,000 records, and of what is committed to beside each.
fn hashes_of_records() -> f64 {
    let records: Vec<_> =
        shared::plan(100_000).mesh().map(|identity| StoredRecord::of(&identity, 7)).collect();
    let hashes = rounds(3, || records.iter().map(|record| record.leaf()[0]).fold(0, u8::wrapping_add));
    ms(quantile(&hashes, 0.5))
}

fn checked() {
    heading("log: verifying a directory of 100,000 agents");
    let root = root();
    let mut warden = mesh(root.path(), 100_000);
    verified(&mut warden, hashes_of_records());
}
