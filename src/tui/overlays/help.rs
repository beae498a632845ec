//! The keys of where you are, from the binding table.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::window;
use crate::tui::action::RoomName;
use crate::tui::keymap::Keymap;
use crate::tui::session::Session;
use crate::tui::theme::Theme;
use crate::tui::widgets::{Cursor, Spans};

/// Which room's keys, and how far down one has read.
#[derive(Debug)]
pub(in crate::tui) struct State {
    pub room: RoomName,
    pub cursor: Cursor,
}

impl State {
    pub(in crate::tui) fn lines(&self, keymap: &Keymap, theme: Theme) -> Vec<Line<'static>> {
        keymap
            .holding_in(self.room)
            .map(|binding| {
                Spans::default()
                    .own(format!(" {:<12}", binding.keys.join(" ")), theme.key())
                    .own(binding.words, theme.text())
                    .line()
            })
            .collect()
    }
}

pub(in crate::tui) fn view(
    state: &State,
    session: &Session,
    top: &mut usize,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let theme = session.theme;
    let lines = state.lines(&session.keymap, theme);
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let inside = window(frame, area, (76, height), " Keys ", theme);
    let window = state.cursor.window(lines.len(), usize::from(inside.height), top);
    for (index, y) in window.zip(inside.y..inside.bottom()) {
        let Some(line) = lines.get(index) else { break };
        frame.render_widget(line, Rect { y, height: 1, ..inside });
    }
}
