//! The columns of the table of agents: shown or hidden, in which order, and by which it is sorted.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::window;
use crate::tui::action::Action;
use crate::tui::columns::{ColumnName, Layout};
use crate::tui::session::Session;
use crate::tui::widgets::{Cursor, Spans, split_top};

/// The columns in their order, and whether each is shown.
#[derive(Debug)]
pub(in crate::tui) struct State {
    rows: Vec<(ColumnName, bool)>,
    sort: (crate::tui::listing::Sort, bool),
    pub cursor: Cursor,
}

/// What a key did.
pub(in crate::tui) enum Outcome {
    Stay,
    /// The table behind follows.
    Changed,
    Close,
}

impl State {
    pub(in crate::tui) fn new(layout: &Layout) -> Self {
        let always = ColumnName::ALL.into_iter().filter(|column| column.always());
        let hidden =
            ColumnName::ALL.into_iter().filter(|column| !column.always() && !layout.shown.contains(column));
        let rows = always
            .chain(layout.shown.iter().copied())
            .map(|column| (column, true))
            .chain(hidden.map(|column| (column, false)))
            .collect();
        Self { rows, sort: (layout.sort, layout.reversed), cursor: Cursor::default() }
    }

    /// What is chosen.
    pub(in crate::tui) fn layout(&self) -> Layout {
        let shown = |(column, shown): &(ColumnName, bool)| (*shown && !column.always()).then_some(*column);
        let shown = self.rows.iter().filter_map(shown).collect();
        Layout { shown, sort: self.sort.0, reversed: self.sort.1 }
    }

    pub(in crate::tui) fn key(&mut self, key: &KeyEvent) -> Outcome {
        let shift = key.modifiers.contains(KeyModifiers::SHIFT);
        let action = match key.code {
            KeyCode::Esc | KeyCode::Enter | KeyCode::Char(',' | 'q') => return Outcome::Close,
            KeyCode::Char('K') => return self.carry(false),
            KeyCode::Char('J') => return self.carry(true),
            KeyCode::Up if shift => return self.carry(false),
            KeyCode::Down if shift => return self.carry(true),
            KeyCode::Up | KeyCode::Char('k') => Action::Up,
            KeyCode::Down | KeyCode::Char('j') => Action::Down,
            KeyCode::Home | KeyCode::Char('g') => Action::Top,
            KeyCode::End | KeyCode::Char('G') => Action::Bottom,
            KeyCode::Char(' ') => {
                let row = self.rows.get_mut(self.cursor.at).filter(|(column, _)| !column.always());
                return row.map_or(Outcome::Stay, |(_, shown)| {
                    *shown = !*shown;
                    Outcome::Changed
                });
            }
            KeyCode::Char('o') => {
                let sort = self.rows.get(self.cursor.at).and_then(|(column, _)| column.sort());
                return sort.map_or(Outcome::Stay, |sort| {
                    self.sort = (sort, self.sort.0 == sort && !self.sort.1);
                    Outcome::Changed
                });
            }
            KeyCode::Char('d') => {
                *self = Self::new(&Layout::default());
                return Outcome::Changed;
            }
            _ => return Outcome::Stay,
        };
        self.cursor.act(action, self.rows.len(), self.rows.len());
        Outcome::Stay
    }

    /// Moves the column under the cursor one place; name and state stay the first.
    fn carry(&mut self, down: bool) -> Outcome {
        let from = self.cursor.at;
        let to = if down { from + 1 } else { from.saturating_sub(1) };
        let moves = |at: usize| self.rows.get(at).is_some_and(|(column, _)| !column.always());
        if from == to || !moves(from) || !moves(to) {
            return Outcome::Stay;
        }
        self.rows.swap(from, to);
        self.cursor.at = to;
        Outcome::Changed
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
    let rows = u16::try_from(state.rows.len()).unwrap_or(u16::MAX);
    let inside = window(frame, area, (40, rows.saturating_add(4)), " Columns ", theme);
    let [list, foot] = split_top(inside, inside.height.saturating_sub(2));
    let window = state.cursor.window(state.rows.len(), usize::from(list.height), top);
    for (index, y) in window.zip(list.y..list.bottom()) {
        let Some((column, shown)) = state.rows.get(index) else { break };
        let mark = match (column.always(), shown) {
            (true, _) => " [always] ",
            (false, true) => " [x]      ",
            (false, false) => " [ ]      ",
        };
        let sorted = match (column.sort() == Some(state.sort.0), state.sort.0.falls() == state.sort.1) {
            (false, _) => "",
            (true, true) => " ▲",
            (true, false) => " ▼",
        };
        let style = if *shown { theme.text() } else { theme.dim() };
        let line =
            Spans::default().own(mark, theme.dim()).own(column.as_str(), style).own(sorted, theme.key());
        let place = Rect { y, height: 1, ..list };
        frame.render_widget(line.line(), place);
        if index == state.cursor.at {
            frame.buffer_mut().set_style(place, theme.selected());
        }
    }
    let hints = [
        [("space", "show/hide"), ("J K", "move"), ("o", "sort")],
        [("d", "as at first"), ("esc", "close"), ("", "")],
    ];
    for (hints, y) in hints.iter().zip(foot.y..foot.bottom()) {
        let hint = |spans: Spans, (key, words): &(&str, &str)| {
            spans.own(format!(" {key}"), theme.key()).own(format!(" {words} "), theme.dim())
        };
        frame.render_widget(hints.iter().fold(Spans::default(), hint).line(), Rect { y, height: 1, ..foot });
    }
}
