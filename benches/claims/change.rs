//! What a snapshot, a suspension and a cascade cost while a million agents are loaded and looked at.

use std::fs::File;

use super::shared::{self, MILLION, figure, heading, ms, now, quantile, rounds, time};
use meshwarden::change::{Frozen, Request, Verb};
use meshwarden::registry::{Registry, Row, Scope};
use meshwarden::warden::{Context, Opened};

pub fn run() {
    heading("change: 1,000,000 agents in memory, a snapshot held by a reader");
    let context = Context::of_this_machine(std::env::temp_dir(), "bench".to_owned());
    let (opened, took) = time(|| context.open_demo(File::open(shared::lines(MILLION)).unwrap()).unwrap());
    figure("import into the memory store", took.as_secs_f64(), "s");
    let Opened { mut warden, .. } = opened;
    let clones = rounds(101, || warden.snapshot());
    figure("snapshot, median", ms(quantile(&clones, 0.5)), "ms");
    let mut commits = Vec::new();
    let mut roots: Vec<Row> = leaves(warden.registry());
    for _ in 0..50 {
        let held = warden.snapshot();
        let root = roots.pop().unwrap();
        let did = held.registry.agent(root).did();
        let request = Request::of(Verb::Suspend { until: None }, did, Scope::One);
        let frozen = Frozen::of(&held.registry, request, now()).unwrap();
        let commit = || {
            warden
                .commit(&frozen, held.registry.row_count(), meshwarden::warden::Word::of("bench", "bench"))
                .unwrap()
        };
        commits.push(time(commit).1);
    }
    commits.sort_unstable();
    figure("one suspension, median", ms(quantile(&commits, 0.5)), "ms");
    figure("one suspension, slowest of 50", ms(quantile(&commits, 1.0)), "ms");
    let held = warden.snapshot();
    let root = shared::subtree_near(&held.registry, 100_000);
    let did = held.registry.agent(root).did();
    let request = Request::of(Verb::Suspend { until: None }, did, Scope::Subtree);
    let frozen = Frozen::of(&held.registry, request, now()).unwrap();
    let members = frozen.members.len();
    let commit = || {
        warden
            .commit(&frozen, held.registry.row_count(), meshwarden::warden::Word::of("bench", "bench"))
            .unwrap()
    };
    figure(&format!("suspension of a subtree, {members} agents touched"), ms(time(commit).1), "ms");
}

/// Active agents far apart.
fn leaves(registry: &Registry) -> Vec<Row> {
    let free = |row: &Row| registry.agent(*row).is_active(now());
    registry.rows().filter(free).step_by(7001).take(50).collect()
}
