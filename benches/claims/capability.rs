//! What an agent may do, and whether a child narrows its parent, on the registry's interned sets.

use std::hint::black_box;

use super::shared::{self, against, heading, quantile, rounds};

const ISSUE_3: &str = "issue 3, Must 9: nanoseconds";
const AGENTS: u32 = 10_000;

pub fn run() {
    heading("capability: on interned sets, 10,000 agents one after another");
    let registry = shared::open(&shared::lines(AGENTS));
    let agents: Vec<_> = registry.rows().map(|row| registry.agent(row)).collect();
    let children: Vec<_> = agents.iter().filter_map(|child| Some((*child, child.parent()?))).collect();
    let each = |times: Vec<std::time::Duration>, count: usize| {
        quantile(&times, 0.5).as_secs_f64() * 1e9 / f64::from(u32::try_from(count).unwrap())
    };
    let held = rounds(101, || agents.iter().filter(|agent| agent.allows(black_box("read:data"))).count());
    against("whether an agent holds read:data", each(held, agents.len()), 1000.0, "ns", ISSUE_3);
    let missed = rounds(101, || agents.iter().filter(|agent| agent.allows(black_box("no:such"))).count());
    against("whether an agent holds what nobody holds", each(missed, agents.len()), 1000.0, "ns", ISSUE_3);
    let narrow = rounds(101, || children.iter().filter(|(child, parent)| child.narrows(parent)).count());
    against("whether a child narrows its parent", each(narrow, children.len()), 1000.0, "ns", ISSUE_3);
}
