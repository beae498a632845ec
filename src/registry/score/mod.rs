//! The score that counts for an agent: its events and the time, under every ceiling above it.

#[cfg(test)]
mod tests;

use super::{Registry, Row};
use crate::delegation::MAX_DEPTH;
use crate::time::Time;
use crate::trust::{Cause, CauseOf, Explanation, Points, Rules, Tier};

/// The score that counts for an agent at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustReading {
    /// The score, under the ceiling.
    pub score: u16,
    /// Its tier.
    pub tier: Tier,
    /// Whether its record or any event ever scored it; otherwise the score is policy's default.
    pub scored: bool,
    /// The lowest ceiling of the agent and those above it.
    pub ceiling: Option<u16>,
}

impl Registry {
    /// The score that counts for an agent at `now`; reading it changes nothing.
    ///
    /// It never exceeds a ceiling of the lineage, at whatever depth the ceiling was set (IDT 16.3). A lineage deeper
    /// than delegation goes has no end to look for: its ceiling is 0.
    pub fn trust_of(&self, row: Row, rules: &Rules, now: Time) -> TrustReading {
        let agent = self.agent(row);
        let reading = self.facts().trust.read(&agent.did(), agent.score(), rules, now);
        let ceiling = self.lowest_ceiling(row).map(|(_, ceiling)| ceiling);
        let score = reading.points.score().min(ceiling.unwrap_or(u16::MAX));
        TrustReading { score, tier: Tier::of(i64::from(score)), scored: reading.scored, ceiling }
    }

    /// Where every point of [`Registry::trust_of`] comes from; the whole points of the causes together are the score.
    pub fn explain_trust(&self, row: Row, rules: &Rules, now: Time) -> Explanation {
        let agent = self.agent(row);
        let mut explanation = self.facts().trust.explain(&agent.did(), agent.score(), rules, now);
        if let Some((holder, score)) = self.lowest_ceiling(row) {
            let over = explanation.points().minus(Points::whole(i32::from(score)));
            if over > Points::ZERO {
                let of = CauseOf::Ceiling { holder: self.agent(holder).did(), score };
                explanation.causes.push(Cause { of, points: over.negated() });
            }
        }
        explanation
    }

    /// The lowest ceiling of an agent and those above it, and whose it is: of several the nearest.
    fn lowest_ceiling(&self, row: Row) -> Option<(Row, u16)> {
        let mut lowest: Option<(Row, u16)> = None;
        let mut end = row;
        for (hop, holder) in self.upwards(row).enumerate() {
            if hop > MAX_DEPTH as usize {
                return Some((holder, 0));
            }
            if let Some(ceiling) = self.agent(holder).ceiling()
                && lowest.is_none_or(|(_, found)| ceiling < found)
            {
                lowest = Some((holder, ceiling));
            }
            end = holder;
        }
        // A walk that was cut short has not seen every ceiling.
        if self.parent_row(end).is_some() { Some((end, 0)) } else { lowest }
    }

    /// The registered children of an agent, the last one registered first.
    pub fn children_from_the_newest(&self, row: Row) -> impl Iterator<Item = Row> {
        let children = self.lineage().graph().neighbors((row.number()).into());
        children
            .map(|child| Row::from_index(child.index()))
            .filter(|child| !self.columns.hot(child.index()).gone)
    }
}
