//! What falls if an agent falls: counts by depth, size and capabilities lost of a large subtree.

use super::shared::{self, ISSUE_2, MILLION, against, figure, heading, ms, now, quantile, rounds};
use meshwarden::change::{Frozen, Request, Verb};
use meshwarden::registry::{Impact, Judgement, Scope};

/// Agents in the tree that falls; a tenth of every generated mesh hangs under one agent.
const SUBTREE: usize = 100_000;

pub fn run() {
    heading("impact: a subtree of 100,000 agents among 1,000,000");
    let registry = shared::open(&shared::lines(MILLION));
    let judgement = Judgement::of(&registry, now());
    let root = shared::subtree_near(&registry, SUBTREE);
    let impact = Impact::of(&registry, &judgement, root, Scope::Subtree);
    println!(
        "  ({} agents, {} of them may act, {} levels, {} capabilities lost)",
        impact.size,
        impact.losing(),
        impact.losing_by_level.len(),
        impact.capabilities_lost.len()
    );
    let times = rounds(101, || Impact::of(&registry, &judgement, root, Scope::Subtree));
    against(
        "counts by depth, size, capabilities lost: median",
        ms(quantile(&times, 0.5)),
        1.0,
        "ms",
        ISSUE_2,
    );
    against("slowest of 101", ms(quantile(&times, 1.0)), 1.0, "ms", ISSUE_2);
    let did = registry.agent(root).did();
    let request = || Request::of(Verb::Suspend { until: None }, did.clone(), Scope::Subtree);
    let times = rounds(21, || Frozen::of(&registry, request(), now()).unwrap());
    figure("freezing every target by version, median", ms(quantile(&times, 0.5)), "ms");
}
