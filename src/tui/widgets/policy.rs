//! What one policy changes when it takes the place of another.

use ratatui::text::Line;

use super::Spans;
use crate::policy::{FieldChange, Policy, difference};
use crate::tui::theme::Theme;

/// So many fields are shown.
const FIELDS: usize = 100;
/// A line is cut after so many columns.
const WIDE: usize = 300;

/// What another policy changes, a line each.
pub(in crate::tui) fn policy_lines(old: &Policy, new: &Policy, theme: Theme) -> Vec<Line<'static>> {
    let changes = difference(old, new);
    let one = |change: &FieldChange| {
        let spans = Spans::default().own("  ", theme.text()).foreign(&change.field, 60, theme.heading());
        let spans = spans.own(": ", theme.dim());
        let spans = spans.foreign(change.old.as_deref().unwrap_or("nothing"), WIDE, theme.danger());
        let spans = spans.own(" → ", theme.dim());
        spans.foreign(change.new.as_deref().unwrap_or("nothing"), WIDE, theme.good()).line()
    };
    let mut lines: Vec<Line<'static>> = changes.iter().take(FIELDS).map(one).collect();
    if changes.is_empty() {
        lines.push(Line::styled("  the same policy as the one in force", theme.dim()));
    }
    if changes.len() > FIELDS {
        lines.push(Line::styled(format!("  … and {} more", changes.len() - FIELDS), theme.dim()));
    }
    lines
}
