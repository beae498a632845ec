//! Containment against a parent that works on while it is contained: two processes, one directory.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::facts::{BY, child, newcomer, root};
use super::*;
use crate::change::Kind as Change;
use crate::policy::Policy;
use crate::warden::{Lane, Place, WardenError, Writer};

/// So many children the parent tries to register at most.
const TRIES: u8 = 60;
/// After so many children it is contained.
const FIRST: usize = 3;

/// A directory with one root that may have many children, opened twice.
fn two() -> (tempfile::TempDir, Warden, Warden) {
    let directory = tempfile::tempdir().unwrap();
    let place = Place::Directory(directory.path().join("data"));
    let open = || context(directory.path()).open(&place, |_| Ok(())).unwrap().warden;
    let mut first = open();
    let mut policy = Policy::default();
    policy.breadth.delegations_per_hour = 1000;
    first.set_policy(&policy, BY).unwrap();
    first.register(newcomer(root(1)), BY).unwrap();
    let second = open();
    (directory, first, second)
}

/// Registers children until it is refused; answers how many lasted, and the code of the refusal.
fn spawn(warden: &mut Warden, born: &AtomicUsize) -> Option<&'static str> {
    for number in 2..TRIES {
        let mut kid = child(&root(1), number, &["pay:invoice"]);
        kid.created_at = start();
        match warden.register(newcomer(kid), BY) {
            Ok(_) => born.fetch_add(1, Ordering::SeqCst),
            Err(WardenError::Store(_)) => continue,
            Err(error) => return Some(error.code()),
        };
    }
    None
}

fn contain(warden: &mut Warden, verb: Verb) -> Receipt {
    let id = root(1).did.unique_id();
    let frozen = freeze(warden, verb, &id, Scope::Subtree).unwrap();
    let rows = warden.registry().row_count();
    warden.commit(&frozen, rows, BY).unwrap()
}

#[test]
fn a_parent_that_spawns_while_it_is_contained_gains_nothing() {
    for verb in [SUSPEND, Verb::Revoke] {
        let (_directory, mut operator, mut thief) = two();
        let born = AtomicUsize::new(0);
        let (receipt, refusal) = std::thread::scope(|scope| {
            let spawning = scope.spawn(|| spawn(&mut thief, &born));
            while born.load(Ordering::SeqCst) < FIRST && !spawning.is_finished() {
                std::thread::yield_now();
            }
            (contain(&mut operator, verb), spawning.join().unwrap())
        });
        operator.follow().unwrap();
        let states = states(&operator);
        let born = born.load(Ordering::SeqCst);
        assert_eq!(states.len(), born + 1);
        assert!(states.iter().all(|(_, state)| *state != State::Active), "{states:?}");
        // Whoever came in before the seal fell with it, each by name; nobody came in after.
        assert_eq!(receipt.count, born + 1);
        let entries = operator.entries(0, 1000).unwrap();
        let registered_late =
            |line: &&crate::warden::LogLine| line.kind == Change::Register && line.index > receipt.index;
        assert_eq!(entries.iter().filter(registered_late).count(), 0);
        let stopped = match verb {
            Verb::Revoke => "agent_revoked",
            _ => "agent_suspended",
        };
        assert!(refusal.is_none_or(|code| code == stopped), "{refusal:?}");
        assert_eq!(operator.verify_log().unwrap().fault, None);
    }
}

#[test]
fn whoever_another_process_stops_is_stopped_here_while_there_is_always_work() {
    let (_directory, mut operator, served) = two();
    let writer = Writer::start(served).unwrap();
    let caller = writer.caller();
    let size = caller.shown().snapshot.head.size;
    contain(&mut operator, SUSPEND);
    let began = Instant::now();
    while caller.shown().snapshot.head.size == size {
        assert!(began.elapsed() < Duration::from_secs(20), "nobody looks");
        // So many that the thread always finds the next one.
        while caller.ask(Lane::Others, |_| (), drop).is_ok() {}
    }
    writer.stop();
}

#[test]
fn children_of_another_process_fall_with_the_parent_and_are_named() {
    let (_directory, mut operator, mut thief) = two();
    let id = root(1).did.unique_id();
    let shown = freeze(&operator, Verb::Revoke, &id, Scope::Subtree).unwrap();
    let rows = operator.registry().row_count();
    let kids: Vec<Did> = (2..5).map(|number| child(&root(1), number, &["pay:invoice"]).did).collect();
    for number in 2..5 {
        thief.register(newcomer(child(&root(1), number, &["pay:invoice"])), BY).unwrap();
    }
    let receipt = operator.commit(&shown, rows, BY).unwrap();
    assert_eq!(receipt.newcomers, kids);
    let late = thief.register(newcomer(child(&root(1), 9, &["pay:invoice"])), BY).unwrap_err();
    assert_eq!(late.code(), "agent_revoked");
}
