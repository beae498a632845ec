//! A place in a list of any length, and the part of it that is on the screen.

use crate::tui::action::Action;

/// A place in a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::tui) struct Cursor {
    pub at: usize,
}

impl Cursor {
    /// Moves as `action` says over `count` rows; answers whether the action is a move.
    pub(in crate::tui) fn act(&mut self, action: Action, count: usize, page: usize) -> bool {
        let page = page.max(1);
        let last = count.saturating_sub(1);
        let target = match action {
            Action::Up => self.at.saturating_sub(1),
            Action::Down => self.at.saturating_add(1),
            Action::HalfUp => self.at.saturating_sub(page.div_ceil(2)),
            Action::HalfDown => self.at.saturating_add(page.div_ceil(2)),
            Action::PageUp => self.at.saturating_sub(page),
            Action::PageDown => self.at.saturating_add(page),
            Action::Top => 0,
            Action::Bottom => last,
            _ => return false,
        };
        self.at = target.min(last);
        true
    }

    /// Goes to a place, kept within the list.
    pub(in crate::tui) fn go(&mut self, at: usize, count: usize) {
        self.at = at.min(count.saturating_sub(1));
    }

    /// The rows that a screen of `height` shows, the cursor among them.
    ///
    /// A screen that has room shows three rows beyond the cursor, so that one sees where one is going.
    pub(in crate::tui) fn window(
        &self,
        count: usize,
        height: usize,
        top: &mut usize,
    ) -> std::ops::Range<usize> {
        let margin = if height > 10 { 3 } else { 0 };
        let at = self.at.min(count.saturating_sub(1));
        let lowest = at.saturating_add(margin + 1).saturating_sub(height);
        let highest = at.saturating_sub(margin);
        *top = (*top).clamp(lowest.min(highest), highest).min(count.saturating_sub(height));
        *top..(*top).saturating_add(height).min(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_cursor_is_always_on_the_screen(at in 0usize..2000, count in 1usize..1000, height in 1usize..100, top in 0usize..2000) {
            let mut cursor = Cursor::default();
            cursor.go(at, count);
            let mut top = top;
            let window = cursor.window(count, height, &mut top);
            prop_assert!(window.contains(&cursor.at));
            prop_assert!(window.len() <= height && window.end <= count);
            prop_assert!(window.len() == height.min(count));
        }
    }
}
