//! One agent's account: all its events folded into numbers that a read can use at once.

use super::{Dimension, Gauge, Points, Rules, Share};
use crate::identity::Did;
use crate::time::Time;

/// What an event did to one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    Assessed(Points),
    Positive(Points),
    Signal { dimension: Dimension, value: Share, weight: u8 },
    Violation(Points),
    Contagion { from: Did, hops: u8, points: Points },
}

/// A change with the time of its event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Effect {
    pub at: Time,
    pub change: Change,
}

/// `x` to `clamp(x + add, low, high)`: a row of saturating additions is one of them.
///
/// So an account need not know the baseline that its record gives, and reading costs one addition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shift {
    add: Points,
    low: Points,
    high: Points,
}

/// All effects so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    /// Its number in the book.
    pub number: u32,
    pub shift: Shift,
    /// The last time that somebody spoke for it: decay counts from here.
    pub fresh: Option<Time>,
    /// The first time that anybody scored it.
    pub first: Option<Time>,
    /// When it was introduced, before any event.
    pub introduced: Option<Time>,
    gauges: [Gauge; 5],
}

impl Shift {
    const NONE: Self = Self { add: Points::ZERO, low: Points::ZERO, high: Points::MAX };

    pub(super) fn apply(self, base: Points) -> Points {
        base.plus(self.add).clamp(self.low, self.high)
    }

    fn then(self, points: Points) -> Self {
        let bounded = |end: Points| end.plus(points).clamp(Points::ZERO, Points::MAX);
        Self { add: self.add.plus(points), low: bounded(self.low), high: bounded(self.high) }
    }

    fn settled(points: Points) -> Self {
        let points = points.clamp(Points::ZERO, Points::MAX);
        Self { add: Points::ZERO, low: points, high: points }
    }
}

impl Account {
    pub(super) fn new(number: u32) -> Self {
        Self {
            number,
            shift: Shift::NONE,
            fresh: None,
            first: None,
            introduced: None,
            gauges: [Gauge::default(); 5],
        }
    }

    /// The account as it was before any event.
    pub(super) fn emptied(&self) -> Self {
        Self { introduced: self.introduced, ..Self::new(self.number) }
    }

    pub(super) fn take(&mut self, effect: &Effect) {
        let speaks_for = match effect.change {
            Change::Assessed(points) => {
                self.shift = Shift::settled(points);
                true
            }
            Change::Positive(points) => {
                self.shift = self.shift.then(points);
                true
            }
            Change::Signal { dimension, value, weight } => {
                let points = self.measured(dimension, value, weight);
                self.shift = self.shift.then(points);
                value.is_positive()
            }
            Change::Violation(points) | Change::Contagion { points, .. } => {
                self.shift = self.shift.then(points);
                false
            }
        };
        self.first = self.first.or(Some(effect.at));
        if speaks_for {
            self.fresh = self.fresh.max(Some(effect.at));
        }
    }

    /// Moves a gauge; says by how much the weighted total moves (IDT 11.3): a gauge's 100 are the score's 1000.
    fn measured(&mut self, dimension: Dimension, value: Share, weight: u8) -> Points {
        let at = Dimension::ALL.iter().position(|each| *each == dimension);
        let Some(gauge) = at.and_then(|at| self.gauges.get_mut(at)) else { return Points::ZERO };
        let worth = |gauge: &Gauge| gauge.level().of(i64::from(weight), 10);
        let before = worth(gauge);
        *gauge = gauge.after(value);
        worth(gauge).minus(before)
    }

    pub(super) fn gauge(&self, dimension: Dimension) -> Gauge {
        let gauges = Dimension::ALL.iter().zip(self.gauges);
        gauges
            .into_iter()
            .find(|(each, _)| **each == dimension)
            .map_or_else(Gauge::default, |(_, gauge)| gauge)
    }
}

/// What decay has taken of `points` at `now`: linear since `anchor`, down to the floor (IDT 12.1).
///
/// It depends on two instants and on nothing else: neither on reads nor on when it was last asked for. So decay is
/// never stored: what it took for want of a positive signal, the next positive signal gives back.
pub(super) fn decayed(points: Points, anchor: Option<Time>, rules: &Rules, now: Time) -> Points {
    let Some(anchor) = anchor else { return Points::ZERO };
    let elapsed = now.since(anchor).micros().max(0);
    // A thousandth of a point an hour is a 3,600th of a billionth in a microsecond.
    let lost = Points::billionths(i64::from(rules.decay_per_hour)).of(elapsed, 3600);
    let left = points.minus(Points::whole(i32::from(rules.decay_floor))).max(Points::ZERO);
    lost.min(left)
}
