//! The open cases: one is worked under, and what is done from then on carries its name.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::window;
use crate::registry::{Case, CaseId};
use crate::tui::action::Action;
use crate::tui::session::Session;
use crate::tui::widgets::{Cursor, Spans, split_top};

/// The open cases when the list was opened; the first line is none of them.
#[derive(Debug)]
pub(in crate::tui) struct State {
    ids: Vec<CaseId>,
    pub cursor: Cursor,
}

/// What a key did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tui) enum Outcome {
    Stay,
    Close,
    /// Work under this case, or under none.
    Work(Option<CaseId>),
    /// Open a new one.
    Open,
    /// Say something under it.
    Note(CaseId),
    /// Take part in it.
    Join(CaseId),
    /// Answer for it.
    Claim(CaseId),
    /// Give it to somebody else.
    Handover(CaseId),
    /// It is over.
    CloseCase(CaseId),
    /// Write it down for people who were not there.
    Export(CaseId),
}

impl State {
    pub(in crate::tui) fn new(session: &Session) -> Self {
        let cases = session.view.registry().facts().cases.iter();
        let mut ids: Vec<CaseId> = cases.filter(|case| case.is_open()).map(|case| case.id).collect();
        ids.reverse();
        let at = session.case.and_then(|current| ids.iter().position(|id| *id == current));
        let mut cursor = Cursor::default();
        cursor.go(at.map_or(0, |at| at + 1), ids.len() + 1);
        Self { ids, cursor }
    }

    fn selected(&self) -> Option<CaseId> {
        self.cursor.at.checked_sub(1).and_then(|at| self.ids.get(at)).copied()
    }

    pub(in crate::tui) fn key(&mut self, key: &KeyEvent, page: usize) -> Outcome {
        let about = |outcome: fn(CaseId) -> Outcome| self.selected().map_or(Outcome::Stay, outcome);
        let action = match key.code {
            KeyCode::Esc | KeyCode::Char('q') => return Outcome::Close,
            KeyCode::Enter => return Outcome::Work(self.selected()),
            KeyCode::Char('o') => return Outcome::Open,
            KeyCode::Char('n') => return about(Outcome::Note),
            KeyCode::Char('t') => return about(Outcome::Join),
            KeyCode::Char('c') => return about(Outcome::Claim),
            KeyCode::Char('h') => return about(Outcome::Handover),
            KeyCode::Char('x') => return about(Outcome::CloseCase),
            KeyCode::Char('e') => return about(Outcome::Export),
            KeyCode::Up | KeyCode::Char('k') => Action::Up,
            KeyCode::Down | KeyCode::Char('j') => Action::Down,
            KeyCode::PageUp => Action::PageUp,
            KeyCode::PageDown => Action::PageDown,
            _ => return Outcome::Stay,
        };
        self.cursor.act(action, self.ids.len() + 1, page);
        Outcome::Stay
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
    let height = u16::try_from(state.ids.len() + 6).unwrap_or(u16::MAX);
    let inside = window(frame, area, (90, height), " Cases: what you do carries the name of yours ", theme);
    let [body, foot] = split_top(inside, inside.height.saturating_sub(2));
    let window = state.cursor.window(state.ids.len() + 1, usize::from(body.height), top);
    let cases = &session.view.registry().facts().cases;
    for (index, y) in window.zip(body.y..body.bottom()) {
        let id = index.checked_sub(1).and_then(|at| state.ids.get(at));
        let case = id.and_then(|id| cases.get(*id));
        let place = Rect { y, height: 1, ..body };
        frame.render_widget(line(case, session, usize::from(body.width)), place);
        if index == state.cursor.at {
            frame.buffer_mut().set_style(place, theme.selected());
        }
    }
    let key = |spans: Spans, keys: &str, words: &str| {
        spans.own(format!(" {keys} "), theme.key()).own(words.to_owned(), theme.text())
    };
    let first = [("enter", "work under it"), ("o", "open a new one"), ("n", "note"), ("t", "take part")];
    let second = [("c", "claim"), ("h", "hand over"), ("x", "close it"), ("e", "export"), ("esc", "back")];
    for (keys, y) in [first.as_slice(), &second].into_iter().zip(foot.y..foot.bottom()) {
        let line = keys.iter().fold(Spans::default(), |spans, (keys, words)| key(spans, keys, words));
        frame.render_widget(line.line(), Rect { y, height: 1, ..foot });
    }
}

fn line(case: Option<&Case>, session: &Session, columns: usize) -> Line<'static> {
    let theme = session.theme;
    let Some(case) = case else {
        return Line::styled(" under no case", theme.dim());
    };
    let mark = if session.case == Some(case.id) { " ▸ " } else { "   " };
    Spans::default()
        .own(mark, theme.key())
        .cell(&case.id.to_string(), 8, theme.heading())
        .own(" ", theme.text())
        .cell(&case.title, columns.saturating_sub(40).max(8), theme.text())
        .own(" ", theme.text())
        .cell(&case.owner, 14, theme.dim())
        .own(format!(" {} entries", case.entries.len()), theme.dim())
        .line()
}
