//! How much of a mesh is broken so far, and what comes next.

use super::draw::Draw;
use super::{Broken, Shares};

/// How much damage is still to be done, and how much of it now.
pub(super) struct Damage {
    pub(super) left: [u32; 8],
    pub(super) due: [u32; 8],
}

impl Damage {
    pub(super) fn new(shares: &Shares, agents: u32) -> Self {
        Self { left: Broken::ALL.map(|kind| shares.count(kind, agents)), due: [0; 8] }
    }

    /// Spreads what is left evenly over the agents to come, with a tenth of them to spare.
    pub(super) fn draw(&mut self, made: u32, agents: u32, draw: &mut Draw) {
        let spread = agents.saturating_sub(agents / 10).saturating_sub(made);
        for (left, due) in self.left.iter_mut().zip(&mut self.due) {
            while *left > 0 && draw.below(spread) < *left {
                *left = left.saturating_sub(1);
                *due = due.saturating_add(1);
                if spread > *left {
                    break;
                }
            }
        }
    }

    pub(super) fn is_due(&self, kind: Broken) -> bool {
        self.due.get(kind.row()).is_some_and(|due| *due > 0)
    }

    pub(super) fn wants(&self, kind: Broken) -> bool {
        self.is_due(kind) || self.left.get(kind.row()).is_some_and(|left| *left > 0)
    }

    pub(super) fn done(&mut self, kind: Broken) {
        for counts in [&mut self.due, &mut self.left] {
            if let Some(count) = counts.get_mut(kind.row()).filter(|count| **count > 0) {
                *count = count.saturating_sub(1);
                return;
            }
        }
    }
}
