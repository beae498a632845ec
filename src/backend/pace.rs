//! How much is asked for at once, and how soon again: a line that is slow is left free for whoever wants to stop an agent.

use std::time::Duration;

use crate::warden::{Entropy as _, SystemEntropy};

/// After a failure it is tried again so soon at first, and then more and more rarely.
pub(super) const FIRST_RETRY: Duration = Duration::from_millis(500);
/// And at least so often.
pub(super) const LAST_RETRY: Duration = Duration::from_secs(30);
/// A portion is to take about so long: an operator's request waits behind one at most.
const QUICK: Duration = Duration::from_millis(300);
/// One that takes so long was too big.
const SLOW: Duration = Duration::from_millis(900);

/// How many bytes are asked for at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace(usize);

impl Default for Pace {
    /// A small mesh whole, and half a second at 1 Mbit/s.
    fn default() -> Self {
        Self(64 << 10)
    }
}

impl Pace {
    pub(super) const fn most(self) -> usize {
        self.0
    }

    /// A portion took so long.
    pub(super) fn took(&mut self, time: Duration) {
        if time < QUICK {
            self.0 = self.0.saturating_mul(2).min(16 << 20);
        } else if time > SLOW {
            self.0 = (self.0 / 2).max(16 << 10);
        }
    }
}

/// Between half and all of it, so that not everybody comes back at once.
pub(super) fn jittered(time: Duration) -> Duration {
    let part = u32::try_from(SystemEntropy.bits().unwrap_or(0) % 512).unwrap_or(0);
    time / 2 + (time / 1024) * part
}
