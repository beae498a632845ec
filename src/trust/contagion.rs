//! Who else suffers from a violation: those it deals with, nearest first (IDT 12.2).

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

use super::{Book, Points, Share, Strengths};

/// The most agents that one violation reaches; beyond it the closest ties of the nearest hop count.
pub const MAX_REACHED: usize = 4096;

impl Book {
    /// The accounts that a violation of `subject` reaches: number, hops and points, all below zero.
    ///
    /// Breadth first, so that an agent is charged once, for its shortest way; of several ways of that length for
    /// the closest tie. The impact halves with every hop.
    pub(super) fn contagion(
        &self,
        subject: u32,
        severity: Share,
        strengths: &Strengths,
    ) -> impl Iterator<Item = (u32, u8, Points)> + use<> {
        let mut reached = Vec::new();
        let mut seen = HashSet::from([subject]);
        let mut ring = vec![subject];
        for hop in 1..=strengths.reach {
            let mut next: BTreeMap<u32, u8> = BTreeMap::new();
            for from in ring {
                for (&(_, to), &ties) in self.edges.range((from, 0)..=(from, u32::MAX)) {
                    if !seen.contains(&to) {
                        let closest = next.entry(to).or_default();
                        *closest = ties.max(*closest);
                    }
                }
            }
            let mut next: Vec<(u32, u8)> = next.into_iter().collect();
            let room = MAX_REACHED.saturating_sub(reached.len());
            if next.len() > room {
                // By DID, not by number: the choice must not depend on who was heard of first.
                next.sort_by_cached_key(|(to, ties)| (Reverse(*ties), self.names.get(*to as usize).cloned()));
                next.truncate(room);
            }
            seen.extend(next.iter().map(|(to, _)| *to));
            ring = next.iter().map(|(to, _)| *to).collect();
            let charge = |(to, ties)| (to, hop, impact(severity, ties, hop, strengths));
            reached.extend(next.into_iter().map(charge));
        }
        reached.into_iter()
    }
}

fn impact(severity: Share, ties: u8, hop: u8, strengths: &Strengths) -> Points {
    let halved = 1_i64 << hop.saturating_sub(1).min(8);
    Points::whole(-100).part(severity).of(
        i64::from(ties).saturating_mul(i64::from(strengths.contagion)),
        100_000_i64.saturating_mul(halved),
    )
}
