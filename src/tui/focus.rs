//! Keys that were meant for another window: those that arrive right after this one has the focus again.

use std::time::{Duration, Instant};

/// So long after the focus came back, a key may have been meant for another window.
const EARLY: Duration = Duration::from_millis(150);

/// What is said of a key that came early where something is about to be signed.
pub(super) const EARLY_KEY: &str =
    "a key came with the focus, perhaps meant for another window: ignored, press it again";

/// Knows when the focus came back.
#[derive(Debug, Default)]
pub(super) struct Focus {
    back: Option<Instant>,
}

impl Focus {
    /// The focus came back.
    pub(super) fn came_back(&mut self, at: Instant) {
        self.back = Some(at);
    }

    /// Whether a key at this time comes early.
    pub(super) fn early(&mut self, at: Instant) -> bool {
        let early = self.back.is_some_and(|back| at.saturating_duration_since(back) < EARLY);
        if !early {
            self.back = None;
        }
        early
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_early_for_150_ms_after_the_focus_came_back() {
        let start = Instant::now();
        let after = |ms| start + Duration::from_millis(ms);
        let mut focus = Focus::default();
        assert!(!focus.early(start), "the focus was never away");
        focus.came_back(start);
        assert!(focus.early(start) && focus.early(after(149)));
        assert!(!focus.early(after(150)));
        focus.came_back(after(200));
        assert!(focus.early(after(300)));
    }
}
