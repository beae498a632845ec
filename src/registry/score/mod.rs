//! The score that counts for an agent: its events and the time, under every ceiling above it.

#[cfg(test)]
mod tests;

use super::{Registry, Row};
use crate::identity::MAX_SCORE;
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
        let ceiling = Some(self.shared.ceilings[row.index()]).filter(|ceiling| *ceiling <= MAX_SCORE);
        let score = reading.points.score().min(ceiling.unwrap_or(u16::MAX));
        TrustReading { score, tier: Tier::of(i64::from(score)), scored: reading.scored, ceiling }
    }

    /// What [`Registry::trust_of`] says by the policy in force; none for an agent that nobody ever scored.
    pub fn scored(&self, row: Row, now: Time) -> Option<TrustReading> {
        let reading = self.trust_of(row, &self.facts().rules, now);
        reading.scored.then_some(reading)
    }

    /// Where every point of [`Registry::trust_of`] comes from; the whole points of the causes together are the score.
    pub fn explain_trust(&self, row: Row, rules: &Rules, now: Time) -> Explanation {
        let agent = self.agent(row);
        let mut explanation = self.facts().trust.explain(&agent.did(), agent.score(), rules, now);
        let score = self.shared.ceilings[row.index()];
        if score <= MAX_SCORE {
            let holder = self.holder_of(row, score);
            let over = explanation.points().minus(Points::whole(i32::from(score)));
            if over > Points::ZERO {
                let of = CauseOf::Ceiling { holder: self.agent(holder).did(), score };
                explanation.causes.push(Cause { of, points: over.negated() });
            }
        }
        explanation
    }

    /// Whose ceiling it is: of several the nearest; where a lineage has no end, the last one looked at.
    fn holder_of(&self, row: Row, ceiling: u16) -> Row {
        let holds = |holder: &Row| self.agent(*holder).ceiling() == Some(ceiling);
        self.upwards(row).find(holds).or_else(|| self.upwards(row).last()).unwrap_or(row)
    }

    /// The registered children of an agent, the last one registered first.
    pub fn children_from_the_newest(&self, row: Row) -> impl Iterator<Item = Row> {
        let children = self.lineage().graph().neighbors((row.number()).into());
        children
            .map(|child| Row::from_index(child.index()))
            .filter(|child| !self.columns.hot(child.index()).gone)
    }
}
