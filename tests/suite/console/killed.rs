//! A process that is killed: what it acknowledged lasts, and a subtree falls whole or not at all.

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use meshwarden::identity::{Did, Status};
use meshwarden::registry::Row;

use super::{Chance, find, mesh, open, prepare_revocation, reopen, subtree};
use crate::cli::Home;
use crate::terminal::{Console, Key};

const ROUNDS: usize = 50;

#[test]
fn what_was_acknowledged_survives_fifty_kills() {
    let mut chance = Chance::new();
    let mesh = Mesh::new();
    for top in mesh.tops.iter().take(ROUNDS) {
        let mut console = mesh.about_to_revoke(top);
        console.key(Key::Enter).wait_for(": REVOKED ");
        sleep(Duration::from_micros(chance.below(5_000)));
        console.kill();
        assert_eq!(mesh.revoked(top), mesh.members(top), "acknowledged, and lost: {top}");
    }
    mesh.log_is_sound();
}

#[test]
fn a_kill_at_any_moment_never_leaves_half_a_subtree() {
    let mut chance = Chance::new();
    let mesh = Mesh::new();
    let (mut whole, mut none) = (0, 0);
    let mut wait = Duration::from_millis(20);
    for (round, top) in mesh.tops.iter().take(ROUNDS).enumerate() {
        let mut console = mesh.about_to_revoke(top);
        let begun = Instant::now();
        console.key(Key::Enter);
        if round < 3 {
            // How long it takes here and now, so that the kills fall around the moment that matters.
            console.wait_for(": REVOKED ");
            wait = begun.elapsed();
        } else {
            sleep(wait.mul_f64(chance.below(1000) as f64 / 800.0));
        }
        console.kill();
        let acknowledged = console.screen().contains(": REVOKED ");
        let revoked = mesh.revoked(top);
        match revoked.len() {
            0 if !acknowledged => none += 1,
            _ => {
                assert_eq!(revoked, mesh.members(top), "half a subtree, or acknowledged and lost: {top}");
                whole += 1;
            }
        }
    }
    mesh.log_is_sound();
    println!("{whole} whole, {none} not at all");
    assert!(whole > 0);
}

/// A registry with many small subtrees that do not overlap.
struct Mesh {
    home: Home,
    file: PathBuf,
    tops: Vec<String>,
}

impl Mesh {
    fn new() -> Mesh {
        let home = Home::new();
        let file = mesh(&home, 1000);
        let warden = reopen(&home, &file);
        let registry = warden.registry();
        let lineage = registry.lineage();
        let small = |row: Row| (2..=12).contains(&lineage.size(row));
        let tops = registry.rows().filter(|row| {
            small(*row) && !lineage.path(*row).into_iter().any(|above| above != *row && small(above))
        });
        let now = warden.now();
        let tops = tops.filter(|row| {
            let rows = lineage.subtree(*row).filter_map(|position| lineage.at(position));
            rows.into_iter().all(|row| registry.agent(row).status(now) == Status::Active)
        });
        let tops: Vec<String> = tops.map(|row| registry.agent(row).did().to_string()).collect();
        assert!(tops.len() >= ROUNDS, "only {} subtrees", tops.len());
        Mesh { home, file, tops }
    }

    fn about_to_revoke(&self, top: &str) -> Console {
        let mut console = open(&self.home, &self.file);
        find(&mut console, top);
        prepare_revocation(&mut console, top);
        console.wait_idle();
        assert!(console.screen().contains("type "), "{}", console.screen());
        console
    }

    fn members(&self, top: &str) -> Vec<String> {
        self.select(top, |_| true)
    }

    fn revoked(&self, top: &str) -> Vec<String> {
        self.select(top, |status| status == Status::Revoked)
    }

    fn select(&self, top: &str, wanted: impl Fn(Status) -> bool) -> Vec<String> {
        let warden = reopen(&self.home, &self.file);
        let registry = warden.registry();
        let row = |did: &str| registry.find(&Did::parse(did).unwrap()).unwrap();
        let mut members = subtree(registry, row(top));
        members.retain(|did| wanted(registry.agent(row(did)).status(warden.now())));
        members
    }

    fn log_is_sound(&self) {
        log_is_sound(&self.home, &self.file);
    }
}

fn log_is_sound(home: &Home, file: &Path) {
    let report = reopen(home, file).verify_log().unwrap();
    assert_eq!(report.fault, None);
}
