//! A table of any length, of which only the visible rows are built.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::{Cursor, Spans};
use crate::tui::theme::Theme;

/// A column: its heading, and how wide it is.
#[derive(Debug, Clone, Copy)]
pub(in crate::tui) struct Column {
    pub heading: &'static str,
    pub width: usize,
}

/// A table about to be drawn.
pub(in crate::tui) struct Table<'t> {
    pub theme: Theme,
    pub columns: &'t [Column],
    /// The heading that is marked, and with what.
    pub sorted: Option<(&'static str, &'static str)>,
    pub count: usize,
    pub cursor: Cursor,
}

impl Table<'_> {
    /// Draws headings and the rows around the cursor; `row` makes the line of one of them.
    pub(in crate::tui) fn draw(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        top: &mut usize,
        row: impl Fn(usize) -> Line<'static>,
    ) {
        let [head, body] = super::split_top(area, 1);
        frame.render_widget(self.headings(), head);
        let window = self.cursor.window(self.count, usize::from(body.height), top);
        for (offset, index) in window.enumerate() {
            let Ok(offset) = u16::try_from(offset) else { break };
            let line = row(index);
            let place = Rect { y: body.y.saturating_add(offset), height: 1, ..body };
            frame.render_widget(Paragraph::new(line), place);
            if index == self.cursor.at {
                frame.buffer_mut().set_style(place, self.theme.selected());
            }
        }
    }

    fn headings(&self) -> Line<'static> {
        let mut spans = Spans::default();
        for column in self.columns {
            let mark = match self.sorted {
                Some((heading, mark)) if heading == column.heading => mark,
                _ => "",
            };
            let words = format!("{}{mark}", column.heading);
            spans = spans.cell(&words, column.width, self.theme.heading()).own(" ", self.theme.text());
        }
        spans.line()
    }
}
