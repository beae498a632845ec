//! Judging all lineages of a million agents, once loaded.

use super::shared::{self, ISSUE_2, MILLION, against, figure, heading, ms, now, quantile, rounds};
use meshwarden::registry::Judgement;

pub fn run() {
    let registry = shared::open(&shared::lines(MILLION));
    heading("judge: all lineages of 1,000,000 agents");
    let times = rounds(41, || Judgement::of(&registry, now()));
    against("median", ms(quantile(&times, 0.5)), 50.0, "ms", ISSUE_2);
    figure("slowest of 41", ms(quantile(&times, 1.0)), "ms");
}
