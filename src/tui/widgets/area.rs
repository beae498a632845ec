//! Cutting the screen into parts, whatever its size.

use ratatui::layout::Rect;

/// The upper `rows` of an area, and the rest.
pub(in crate::tui) fn split_top(area: Rect, rows: u16) -> [Rect; 2] {
    let rows = rows.min(area.height);
    let below = Rect { y: area.y.saturating_add(rows), height: area.height.saturating_sub(rows), ..area };
    [Rect { height: rows, ..area }, below]
}

/// The left `columns` of an area, and the rest.
pub(in crate::tui) fn split_left(area: Rect, columns: u16) -> [Rect; 2] {
    let columns = columns.min(area.width);
    let right = Rect { x: area.x.saturating_add(columns), width: area.width.saturating_sub(columns), ..area };
    [Rect { width: columns, ..area }, right]
}
