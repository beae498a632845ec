//! A query while it is typed: what may come next, what is wrong with it, and what was asked before.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::text::Line;

use crate::registry::Registry;
use crate::registry::query::{Completion, QueryError, complete};
use crate::tui::theme::Theme;
use crate::tui::widgets::{Field, Spans};

/// So many queries are remembered.
const REMEMBERED: usize = 50;

/// The query that is typed.
#[derive(Debug, Default)]
pub(in crate::tui) struct State {
    pub typed: Field,
    offered: Option<Offered>,
    /// How far back in what was asked before.
    recalled: Option<usize>,
}

/// What may come next, and which of it stands in the field.
#[derive(Debug)]
struct Offered {
    before: String,
    texts: Vec<String>,
    chosen: Option<usize>,
}

/// What a key did.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::tui) enum Outcome {
    Stay,
    /// Ask for what is typed.
    Ask,
    Close,
    /// Ask for everything again.
    Clear,
}

/// The queries that were asked, the newest last.
#[derive(Debug, Default)]
pub(in crate::tui) struct Asked(Vec<String>);

impl Asked {
    /// Remembers a query once, as the newest.
    pub(in crate::tui) fn remember(&mut self, text: &str) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        self.0.retain(|each| each != text);
        self.0.push(text.to_owned());
        let surplus = self.0.len().saturating_sub(REMEMBERED);
        self.0.drain(..surplus);
    }

    fn back(&self, steps: usize) -> Option<&String> {
        self.0.iter().rev().nth(steps)
    }
}

impl State {
    pub(in crate::tui) fn new(text: &str) -> Self {
        let mut typed = Field::default();
        typed.set(text);
        Self { typed, ..Self::default() }
    }

    pub(in crate::tui) fn key(&mut self, key: &KeyEvent, registry: &Registry, asked: &Asked) -> Outcome {
        match key.code {
            KeyCode::Enter => return Outcome::Close,
            KeyCode::Esc => return Outcome::Clear,
            KeyCode::Tab => return self.complete(true),
            KeyCode::BackTab => return self.complete(false),
            KeyCode::Up => return self.recall(self.recalled.map_or(0, |at| at + 1), asked),
            KeyCode::Down => match self.recalled {
                None => return Outcome::Close,
                Some(0) => {
                    self.recalled = None;
                    self.set("");
                }
                Some(at) => return self.recall(at - 1, asked),
            },
            _ if !self.typed.edit(key) => return Outcome::Stay,
            _ => {}
        }
        self.recalled = None;
        self.offer(registry);
        Outcome::Ask
    }

    /// Adds what was pasted.
    pub(in crate::tui) fn paste(&mut self, text: &str, registry: &Registry) {
        self.typed.push(text.trim());
        self.offer(registry);
    }

    fn set(&mut self, text: &str) {
        self.typed.set(text);
        self.offered = None;
    }

    fn recall(&mut self, steps: usize, asked: &Asked) -> Outcome {
        let Some(text) = asked.back(steps) else { return Outcome::Stay };
        self.recalled = Some(steps);
        self.set(text);
        Outcome::Ask
    }

    fn offer(&mut self, registry: &Registry) {
        let text = self.typed.text();
        let Completion { at, texts } = complete(text, registry);
        let typed = text.get(at.clone()).unwrap_or_default();
        let before = text.get(..at.start).unwrap_or_default().to_owned();
        let nothing_new = texts.is_empty() || texts.iter().all(|each| each == typed);
        self.offered = (!nothing_new).then_some(Offered { before, texts, chosen: None });
    }

    /// Writes the next or the last of what is offered.
    fn complete(&mut self, forward: bool) -> Outcome {
        let Some(offered) = &mut self.offered else { return Outcome::Stay };
        let last = offered.texts.len().saturating_sub(1);
        let at = match offered.chosen {
            None if forward => 0,
            None | Some(0) if !forward => last,
            Some(at) if !forward => at - 1,
            Some(at) if at < last => at + 1,
            _ => 0,
        };
        offered.chosen = Some(at);
        let text = format!("{}{}", offered.before, offered.texts.get(at).map_or("", String::as_str));
        self.typed.set(&text);
        Outcome::Ask
    }

    /// The line as it is typed, its mistake marked.
    pub(in crate::tui) fn line(
        &self,
        wrong: Option<&QueryError>,
        theme: Theme,
        columns: usize,
    ) -> Line<'static> {
        written(self.typed.text(), wrong, theme, columns).own("▏", theme.key()).line()
    }

    /// What may come next, or what is wrong.
    pub(in crate::tui) fn hint(
        &self,
        wrong: Option<&QueryError>,
        theme: Theme,
        columns: usize,
    ) -> Line<'static> {
        let mistake =
            wrong.filter(|wrong| self.offered.is_none() || wrong.at.end < self.typed.text().trim_end().len());
        if let Some(wrong) = mistake {
            return Spans::default()
                .own("  ", theme.text())
                .foreign(&wrong.to_string(), columns, theme.danger())
                .line();
        }
        let Some(offered) = &self.offered else {
            let words = Spans::default().own("  tab ", theme.key()).own("completes  ", theme.dim());
            let words = words.own("↑ ", theme.key()).own("asked before  ", theme.dim());
            let words = words.own("enter ", theme.key()).own("keeps it  ", theme.dim());
            return words.own("esc ", theme.key()).own("ends it", theme.dim()).line();
        };
        let mut spans = Spans::default().own("  tab ", theme.key());
        for (at, text) in offered.texts.iter().enumerate() {
            let style = if offered.chosen == Some(at) { theme.selected() } else { theme.dim() };
            let room = columns.saturating_sub(spans.columns());
            if room < 4 {
                break;
            }
            spans = spans.foreign(text, room, style).own("  ", theme.text());
        }
        spans.line()
    }
}

/// A query with its mistake marked.
pub(in crate::tui) fn written(text: &str, wrong: Option<&QueryError>, theme: Theme, columns: usize) -> Spans {
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    let at = wrong.map_or(text.len()..text.len(), |wrong| wrong.at.clone());
    let (start, end) = (at.start.min(text.len()), at.end.min(text.len()));
    let mut spans = Spans::default().own(" /", theme.key());
    for (words, style) in [
        (part(0..start), theme.heading()),
        (part(start..end), theme.danger()),
        (part(end..text.len()), theme.heading()),
    ] {
        if !words.is_empty() {
            let room = columns.saturating_sub(spans.columns());
            spans = spans.foreign(words, room, style);
        }
    }
    spans
}
