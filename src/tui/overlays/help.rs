//! The keys of where you are, from the binding table.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::window;
use crate::tui::action::{Action, RoomName};
use crate::tui::keymap::{Bound, Keymap};
use crate::tui::session::Session;
use crate::tui::widgets::{Cursor, Spans};

/// Which room's keys, and how far down one has read.
#[derive(Debug)]
pub(in crate::tui) struct State {
    pub room: RoomName,
    pub cursor: Cursor,
}

impl State {
    /// What the line under the cursor does.
    pub(in crate::tui) fn chosen(&self, keymap: &Keymap) -> Option<Action> {
        keymap.holding_in(self.room).nth(self.cursor.at).map(|binding| binding.action)
    }

    fn lines(&self, session: &Session, columns: usize) -> Vec<Line<'static>> {
        let theme = session.theme;
        let line = |binding: &Bound| {
            let why = binding.action.orders().and_then(|kind| session.refusal(kind));
            let (keys, words) =
                if why.is_some() { (theme.dim(), theme.dim()) } else { (theme.key(), theme.text()) };
            let spans = Spans::default().own(format!(" {:<12}", binding.keys.join(" ")), keys);
            let spans = spans.own(binding.words, words);
            let left = columns.saturating_sub(spans.columns() + 3);
            match why {
                Some(why) => spans.own(" (", words).foreign(&why, left, words).own(")", words).line(),
                None => spans.line(),
            }
        };
        session.keymap.holding_in(self.room).map(line).collect()
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
    let lines = state.lines(session, usize::from(area.width.min(76)).saturating_sub(2));
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let inside = window(frame, area, (76, height), " Keys: enter does it ", theme);
    let window = state.cursor.window(lines.len(), usize::from(inside.height), top);
    for (index, y) in window.zip(inside.y..inside.bottom()) {
        let Some(line) = lines.get(index) else { break };
        let place = Rect { y, height: 1, ..inside };
        frame.render_widget(line, place);
        if index == state.cursor.at {
            frame.buffer_mut().set_style(place, theme.selected());
        }
    }
}
