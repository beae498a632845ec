//! Opening a data directory that exists: the log's end, all records, all standings, the judgement.

use std::fs;

use super::shared::{self, ISSUE_2, against, figure, heading, ms, now, quantile, rounds, time};
use meshwarden::registry::Judgement;
use meshwarden::warden::{Context, Place};

const AGENTS: u32 = 100_000;

pub fn run() {
    heading("directory: an existing data directory of 100,000 agents");
    let root = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("root-{}", std::process::id()));
    let context = Context::of_this_machine(root.clone(), "bench".to_owned());
    let place = Place::File(shared::lines(AGENTS));
    let (opened, took) = time(|| context.open(&place, |_| Ok(())).unwrap());
    drop(opened);
    figure("the first opening of the file, which imports it", took.as_secs_f64(), "s");
    let times = rounds(15, || {
        let opened = context.open(&place, |_| Ok(())).unwrap();
        let judgement = Judgement::of(opened.warden.registry(), now());
        (opened, judgement)
    });
    against("opening it again and judging it, median", ms(quantile(&times, 0.5)), 300.0, "ms", ISSUE_2);
    figure("fastest of 15", ms(quantile(&times, 0.0)), "ms");
    figure("slowest of 15", ms(quantile(&times, 1.0)), "ms");
    fs::remove_dir_all(root).unwrap();
}
