//! Some of many: a list that is searched by typing, and marked with blanks.

use std::collections::BTreeSet;
use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::window;
use crate::identity::Did;
use crate::registry::Row;
use crate::text::short_did;
use crate::tui::action::Action;
use crate::tui::session::View;
use crate::tui::theme::Theme;
use crate::tui::widgets::{Cursor, Field, Spans, split_top};

/// What is marked.
#[derive(Debug)]
pub(in crate::tui) enum Items {
    Texts(Vec<String>),
    /// Agents of this view.
    Agents(Vec<Row>, Arc<View>),
}

/// What the marked ones are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::tui) enum Purpose {
    /// What the agent may do no more.
    Without(Did),
    /// The tags that come off the agent.
    Untag(Did),
    /// Who does not fall with the agent of the dialog below.
    Spare,
}

/// A list, and what is marked of it.
#[derive(Debug)]
pub(in crate::tui) struct State {
    pub purpose: Purpose,
    items: Items,
    marked: BTreeSet<usize>,
    typed: Field,
    /// Those that hold what was typed.
    shown: Vec<usize>,
    pub cursor: Cursor,
}

/// What a key did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tui) enum Outcome {
    Stay,
    Close,
    Done,
}

impl State {
    pub(in crate::tui) fn new(purpose: Purpose, items: Items) -> Self {
        let count = match &items {
            Items::Texts(texts) => texts.len(),
            Items::Agents(rows, _) => rows.len(),
        };
        let (typed, cursor) = Default::default();
        Self { purpose, items, marked: BTreeSet::new(), typed, shown: (0..count).collect(), cursor }
    }

    /// The same with those marked that `is` tells.
    pub(in crate::tui) fn marking(mut self, is: impl Fn(Row) -> bool) -> Self {
        if let Items::Agents(rows, _) = &self.items {
            self.marked = rows.iter().enumerate().filter(|(_, row)| is(**row)).map(|(at, _)| at).collect();
        }
        self
    }

    pub(in crate::tui) fn marked_texts(&self) -> Vec<String> {
        let Items::Texts(texts) = &self.items else { return Vec::new() };
        self.marked.iter().filter_map(|at| texts.get(*at).cloned()).collect()
    }

    pub(in crate::tui) fn marked_agents(&self) -> Vec<Did> {
        let Items::Agents(rows, view) = &self.items else { return Vec::new() };
        self.marked.iter().filter_map(|at| rows.get(*at)).map(|row| view.agent(*row).did()).collect()
    }

    fn words(&self, at: usize) -> String {
        match &self.items {
            Items::Texts(texts) => texts.get(at).cloned().unwrap_or_default(),
            Items::Agents(rows, view) => rows.get(at).map_or_else(String::new, |row| {
                let agent = view.agent(*row);
                format!("{}  {}", agent.name(), agent.did())
            }),
        }
    }

    pub(in crate::tui) fn key(&mut self, key: &KeyEvent, page: usize) -> Outcome {
        let action = match key.code {
            KeyCode::Esc => return Outcome::Close,
            KeyCode::Enter => return Outcome::Done,
            KeyCode::Up => Action::Up,
            KeyCode::Down => Action::Down,
            KeyCode::PageUp => Action::PageUp,
            KeyCode::PageDown => Action::PageDown,
            KeyCode::Home => Action::Top,
            KeyCode::End => Action::Bottom,
            KeyCode::Char(' ') => {
                if let Some(at) = self.shown.get(self.cursor.at).copied()
                    && !self.marked.remove(&at)
                {
                    self.marked.insert(at);
                }
                return Outcome::Stay;
            }
            _ => {
                if self.typed.edit(key) {
                    self.search();
                }
                return Outcome::Stay;
            }
        };
        self.cursor.act(action, self.shown.len(), page);
        Outcome::Stay
    }

    fn search(&mut self) {
        let typed = self.typed.text().to_lowercase();
        let count = match &self.items {
            Items::Texts(texts) => texts.len(),
            Items::Agents(rows, _) => rows.len(),
        };
        self.shown = (0..count).filter(|at| self.words(*at).to_lowercase().contains(&typed)).collect();
        self.cursor = Cursor::default();
    }

    const fn title(&self) -> &'static str {
        match self.purpose {
            Purpose::Without(_) => " What it may do no more ",
            Purpose::Untag(_) => " Tags that come off ",
            Purpose::Spare => " Whom to spare, with everybody below ",
        }
    }
}

pub(in crate::tui) fn view(state: &State, theme: Theme, top: &mut usize, frame: &mut Frame<'_>, area: Rect) {
    let height = u16::try_from(state.shown.len().max(1) + 4).unwrap_or(u16::MAX).min(20);
    let inside = window(frame, area, (76, height), state.title(), theme);
    let [head, rest] = split_top(inside, 1);
    let [body, foot] = split_top(rest, rest.height.saturating_sub(1));
    let columns = usize::from(inside.width);
    let search = Spans::default().own(" search: ", theme.dim());
    let search = search.foreign(state.typed.text(), columns.saturating_sub(30), theme.heading());
    let marked = format!("▏  {} of {} marked", state.marked.len(), state.shown.len());
    frame.render_widget(search.own(marked, theme.dim()).line(), head);
    let window = state.cursor.window(state.shown.len(), usize::from(body.height), top);
    for (index, y) in window.zip(body.y..body.bottom()) {
        let Some(at) = state.shown.get(index).copied() else { break };
        let mark = if state.marked.contains(&at) { " [x] " } else { " [ ] " };
        let line = Spans::default().own(mark, theme.key());
        let line = match &state.items {
            Items::Texts(_) => line.foreign(&state.words(at), columns.saturating_sub(6), theme.text()),
            Items::Agents(rows, view) => {
                let Some(row) = rows.get(at) else { break };
                let agent = view.agent(*row);
                let below = view.registry().lineage().size(*row).saturating_sub(1);
                let line = line.cell(agent.name(), columns.saturating_sub(42), theme.text());
                let did = short_did(&agent.did().to_string(), 20);
                line.own(format!(" {did:<20} {below:>6} below"), theme.dim())
            }
        };
        let place = Rect { y, height: 1, ..body };
        frame.render_widget(line.line(), place);
        if index == state.cursor.at {
            frame.buffer_mut().set_style(place, theme.selected());
        }
    }
    let keys = [("space", "mark"), ("enter", "goes on"), ("esc", "back"), ("letters", "search")];
    let one = |spans: Spans, (keys, words): (&str, &str)| {
        spans.own(format!(" {keys} "), theme.key()).own(words.to_owned(), theme.text())
    };
    frame.render_widget(keys.into_iter().fold(Spans::default(), one).line(), foot);
}
