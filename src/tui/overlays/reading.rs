//! Lines to be read, some of them about an agent to go to.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::window;
use crate::identity::Did;
use crate::tui::effect::Ticket;
use crate::tui::theme::Theme;
use crate::tui::widgets::{Cursor, Spans, split_top};

/// One line, and the agent that it is about.
#[derive(Debug)]
pub(in crate::tui) struct Said {
    pub about: Option<Did>,
    pub line: Line<'static>,
}

/// What is read; nothing until it was looked up.
#[derive(Debug)]
pub(in crate::tui) struct State {
    pub ticket: Ticket,
    pub title: &'static str,
    /// What it is about, in words from outside.
    pub head: String,
    pub lines: Option<Vec<Said>>,
    /// The query that lists as rows whoever is meant.
    pub list: Option<String>,
    pub cursor: Cursor,
}

impl Said {
    /// A line about nobody.
    pub(in crate::tui) const fn of(line: Line<'static>) -> Self {
        Self { about: None, line }
    }
}

impl State {
    pub(in crate::tui) fn new(title: &'static str, head: String) -> Self {
        Self { ticket: 0, title, head, lines: None, list: None, cursor: Cursor::default() }
    }

    pub(in crate::tui) fn count(&self) -> usize {
        self.lines.as_ref().map_or(0, Vec::len)
    }

    /// The agent under the cursor.
    pub(in crate::tui) fn about(&self) -> Option<&Did> {
        self.lines.as_ref()?.get(self.cursor.at)?.about.as_ref()
    }
}

pub(in crate::tui) fn view(state: &State, theme: Theme, top: &mut usize, frame: &mut Frame<'_>, area: Rect) {
    let height = u16::try_from(state.count().max(1) + 4).unwrap_or(u16::MAX);
    let inside = window(frame, area, (100, height), state.title, theme);
    let [head, rest] = split_top(inside, 1);
    let [body, foot] = split_top(rest, rest.height.saturating_sub(1));
    let columns = usize::from(inside.width).saturating_sub(2);
    let words = Spans::default().own(" ", theme.text()).foreign(&state.head, columns, theme.heading());
    frame.render_widget(words.line(), head);
    match &state.lines {
        None => frame.render_widget(Line::styled(" looking …", theme.dim()), body),
        Some(lines) if lines.is_empty() => frame.render_widget(Line::styled(" nothing", theme.dim()), body),
        Some(lines) => {
            let window = state.cursor.window(lines.len(), usize::from(body.height), top);
            for (index, y) in window.zip(body.y..body.bottom()) {
                let Some(said) = lines.get(index) else { break };
                let place = Rect { y, height: 1, ..body };
                frame.render_widget(&said.line, place);
                if index == state.cursor.at {
                    frame.buffer_mut().set_style(place, theme.selected());
                }
            }
        }
    }
    let mut keys = Spans::default().own(" esc ", theme.key()).own("back", theme.text());
    if state.about().is_some() {
        keys = keys.own("  enter ", theme.key()).own("inspects the agent", theme.text());
    }
    if state.list.is_some() {
        keys = keys.own("  l ", theme.key()).own("lists them as rows to mark", theme.text());
    }
    frame.render_widget(keys.line(), foot);
}
