//! One line of text, asked for.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::window;
use crate::registry::CaseId;
use crate::tui::theme::Theme;
use crate::tui::widgets::{Field, Spans};

/// What the text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tui) enum Purpose {
    /// A file with a policy.
    PolicyFile,
    /// What a new case is about.
    CaseTitle,
    /// What is to be said under a case.
    CaseNote(CaseId),
    /// Who is to answer for a case.
    CaseOwner(CaseId),
}

/// What was typed.
#[derive(Debug)]
pub(in crate::tui) struct State {
    pub purpose: Purpose,
    pub typed: Field,
}

/// What a key did.
pub(in crate::tui) enum Outcome {
    Stay,
    Close,
    Done,
}

impl State {
    pub(in crate::tui) fn new(purpose: Purpose) -> Self {
        Self { purpose, typed: Field::default() }
    }

    pub(in crate::tui) fn key(&mut self, key: &KeyEvent) -> Outcome {
        match key.code {
            KeyCode::Esc => return Outcome::Close,
            KeyCode::Enter if !self.typed.text().trim().is_empty() => return Outcome::Done,
            _ => self.typed.edit(key),
        };
        Outcome::Stay
    }

    const fn words(&self) -> (&'static str, &'static str) {
        match self.purpose {
            Purpose::PolicyFile => (" Policy from a file ", " a TOML file with a whole policy:"),
            Purpose::CaseTitle => (" A new case ", " what it is about, in a few words:"),
            Purpose::CaseNote(_) => (" A note ", " what everybody on the case should know:"),
            Purpose::CaseOwner(_) => (" Hand a case over ", " the operator who answers for it from now on:"),
        }
    }
}

pub(in crate::tui) fn view(state: &State, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let (title, words) = state.words();
    let inside = window(frame, area, (76, 5), title, theme);
    let typed = Spans::default()
        .own(" > ", theme.key())
        .foreign(state.typed.text(), usize::from(inside.width).saturating_sub(5), theme.heading())
        .own("▏", theme.key())
        .line();
    let keys = Spans::default()
        .own(" enter ", theme.key())
        .own("goes on  ", theme.text())
        .own(" esc ", theme.key())
        .own("back", theme.text())
        .line();
    let lines = [Line::styled(words, theme.text()), typed, keys];
    for (line, y) in lines.iter().zip(inside.y..inside.bottom()) {
        frame.render_widget(line, Rect { y, height: 1, ..inside });
    }
}
