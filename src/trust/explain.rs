//! Where every point of a score comes from.

use super::account::{Account, Change, decayed};
use super::{Book, Points, Rules};
use crate::identity::Did;
use crate::time::Time;

/// All causes of a score; their points add up to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// In the order in which they came; the baseline first, decay and ceilings last.
    pub causes: Vec<Cause>,
}

/// One cause, and what it gives or takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// What.
    pub of: CauseOf,
    /// How much, as far as the bounds 0 and 1000 let it count.
    pub points: Points,
}

/// What gives or takes points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CauseOf {
    /// The score of the record; or policy's, for an agent without one.
    Baseline {
        /// Whether the record has a score.
        recorded: bool,
    },
    /// An event about the agent itself.
    Event {
        /// Its log index.
        index: u64,
        /// When.
        at: Time,
        /// Who said it.
        source: String,
        /// What, as [`super::Kind::as_str`] calls it.
        kind: &'static str,
    },
    /// An event about an agent that it deals with.
    Contagion {
        /// The log index of that event.
        index: u64,
        /// When.
        at: Time,
        /// Whom it was about.
        from: Did,
        /// How far away that is.
        hops: u8,
    },
    /// Time without a positive signal.
    Decay {
        /// Since when.
        since: Time,
    },
    /// A ceiling of the lineage.
    Ceiling {
        /// Whose.
        holder: Did,
        /// The highest score that it leaves.
        score: u16,
    },
}

impl Explanation {
    /// The points that all causes give together.
    pub fn points(&self) -> Points {
        self.causes.iter().fold(Points::ZERO, |sum, cause| sum.plus(cause.points))
    }

    /// The score: the whole points.
    pub fn score(&self) -> u16 {
        self.points().score()
    }
}

impl Book {
    /// Where the points that [`Book::read`] answers come from.
    pub fn explain(&self, did: &Did, base: Option<u16>, rules: &Rules, now: Time) -> Explanation {
        let start = Points::whole(i32::from(base.unwrap_or(rules.default_score)));
        let mut causes = vec![Cause { of: CauseOf::Baseline { recorded: base.is_some() }, points: start }];
        let account = self.accounts.get(did).map(AsRef::as_ref);
        let mut points = start;
        if let Some(account) = account {
            let mut replayed = account.emptied();
            for (&(_, index), effect) in self.effects.range((account.number, 0)..=(account.number, u64::MAX))
            {
                replayed.take(effect);
                let after = replayed.shift.apply(start);
                causes.push(Cause {
                    of: self.cause(index, effect.at, &effect.change),
                    points: after.minus(points),
                });
                points = after;
            }
        }
        self.decay(account, points, rules, now, &mut causes);
        Explanation { causes }
    }

    fn cause(&self, index: u64, at: Time, change: &Change) -> CauseOf {
        if let Change::Contagion { from, hops, .. } = change {
            return CauseOf::Contagion { index, at, from: from.clone(), hops: *hops };
        }
        let event = self.entries.get(&index).map(|entry| &entry.event);
        CauseOf::Event {
            index,
            at,
            source: event.map_or_else(String::new, |event| event.source.clone()),
            kind: event.map_or("", |event| event.kind.as_str()),
        }
    }

    fn decay(
        &self,
        account: Option<&Account>,
        points: Points,
        rules: &Rules,
        now: Time,
        causes: &mut Vec<Cause>,
    ) {
        let anchor = self.anchor(account);
        let lost = decayed(points, anchor, rules, now);
        if let Some(since) = anchor.filter(|_| lost > Points::ZERO) {
            causes.push(Cause { of: CauseOf::Decay { since }, points: lost.negated() });
        }
    }
}
