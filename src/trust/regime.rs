//! Whether an agent suddenly behaves differently (IDT 12.3).
//!
//! A divergence is a float, and only ever raises an alarm: no score depends on it, so that scores stay the same on
//! every machine. Whoever acts on the alarm records a violation.

use std::collections::BTreeMap;

use super::RegimeRules;
use crate::time::Time;

/// The fewest actions, and the fewest on either side, that say anything.
const FEWEST: usize = 10;
const FEWEST_EACH: usize = 5;

/// What an action that never happened counts, so that the logarithm exists.
const UNSEEN: f64 = 1e-10;

/// A change of behaviour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RegimeChange {
    /// The Kullback-Leibler divergence of what was done recently from what was done before, in nats.
    pub divergence: f64,
}

/// Compares an agent's recent actions with its baseline; `None` when they are too few or alike.
///
/// An action exactly one window old is recent, one exactly as old as the baseline reaches is in it. Linear in the
/// actions, which the caller bounds.
pub fn regime_change<'a>(
    actions: impl IntoIterator<Item = (Time, &'a str)>,
    rules: &RegimeRules,
    now: Time,
) -> Option<RegimeChange> {
    let (mut all, mut recent, mut before) = (0_usize, 0_usize, 0_usize);
    let mut counts: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for (at, action) in actions {
        all = all.saturating_add(1);
        let age = now.since(at);
        if age <= rules.window {
            recent = recent.saturating_add(1);
            let (count, _) = counts.entry(action).or_default();
            *count = count.saturating_add(1);
        } else if age <= rules.baseline {
            before = before.saturating_add(1);
            let (_, count) = counts.entry(action).or_default();
            *count = count.saturating_add(1);
        }
    }
    if all < FEWEST || recent < FEWEST_EACH || before < FEWEST_EACH {
        return None;
    }
    let divergence = counts.values().map(|(now, then)| {
        let (now, then) = (part(*now, recent), part(*then, before));
        now * (now / then).ln()
    });
    let divergence: f64 = divergence.sum();
    (divergence > f64::from(rules.threshold) / 1000.0).then_some(RegimeChange { divergence })
}

#[allow(clippy::cast_precision_loss, reason = "counts of actions are far below 2^52")]
fn part(count: u32, of: usize) -> f64 {
    if count == 0 { UNSEEN } else { f64::from(count) / of as f64 }
}
