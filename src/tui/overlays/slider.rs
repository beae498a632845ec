//! A bar over the time of the log: one moves along it, sees what changed at each stop, and looks there.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::window;
use crate::text::{agents, short_did};
use crate::time::{Span, Time};
use crate::tui::effect::{Moment, Ticket};
use crate::tui::theme::Theme;
use crate::tui::widgets::{Spans, expiry_words};
use crate::warden::LogLine;

const HOUR: Span = Span::seconds(3600);
const DAY: Span = Span::seconds(86_400);

/// A stop: after so many entries, and the entries around it.
#[derive(Debug)]
pub(in crate::tui) struct Stop {
    pub size: u64,
    /// When the log begins.
    pub first: Time,
    /// A few entries, the oldest first; the stop is right behind the last one of the past.
    pub lines: Vec<LogLine>,
}

/// Where one is, and what is there once it is known.
#[derive(Debug)]
pub(in crate::tui) struct State {
    pub ticket: Ticket,
    /// After so many entries.
    pub at: u64,
    /// How many there are, and when the last one was.
    pub end: (u64, Time),
    pub stop: Option<Result<Stop, String>>,
}

/// What a key did.
pub(in crate::tui) enum Outcome {
    Stay,
    Close,
    /// Go along the bar.
    Move(Moment),
    /// Show everything as it was here.
    Look,
}

impl State {
    /// At the end of the log, or after so many entries.
    pub(in crate::tui) const fn new(at: u64, end: (u64, Time)) -> Self {
        Self { ticket: 0, at, end, stop: None }
    }

    pub(in crate::tui) fn key(&self, key: &KeyEvent) -> Outcome {
        let size = self.end.0;
        let by = |span: Span| match self.time() {
            time if span.as_seconds() < 0 => Moment::Until(time.plus(span), self.at.saturating_sub(1)),
            time => Moment::From(time.plus(span), self.at.saturating_add(1).min(size)),
        };
        let back = |span: Span| by(Span::seconds(span.as_seconds().saturating_neg()));
        Outcome::Move(match key.code {
            KeyCode::Esc | KeyCode::Char('q' | 'b') => return Outcome::Close,
            KeyCode::Enter => return Outcome::Look,
            KeyCode::Left | KeyCode::Char('h') => Moment::Size(self.at.saturating_sub(1)),
            KeyCode::Right | KeyCode::Char('l') => Moment::Size(self.at.saturating_add(1).min(size)),
            KeyCode::Up | KeyCode::Char('k') => back(HOUR),
            KeyCode::Down | KeyCode::Char('j') if self.at < size => by(HOUR),
            KeyCode::PageUp => back(DAY),
            KeyCode::PageDown if self.at < size => by(DAY),
            KeyCode::Home | KeyCode::Char('g') => Moment::Size(1.min(size)),
            KeyCode::End | KeyCode::Char('G') => Moment::Size(size),
            _ => return Outcome::Stay,
        })
    }

    /// Takes a stop that was asked for.
    pub(in crate::tui) fn arrive(&mut self, stop: Result<Stop, String>) {
        if let Ok(stop) = &stop {
            self.at = stop.size;
        }
        self.stop = Some(stop);
    }

    /// The time of the last entry of the past.
    fn time(&self) -> Time {
        let stop = self.stop.as_ref().and_then(|stop| stop.as_ref().ok());
        let line = stop.and_then(|stop| stop.lines.iter().rev().find(|line| line.index < self.at));
        line.map_or(stop.map_or(self.end.1, |stop| stop.first), |line| line.time)
    }

    /// The bar, so many columns wide.
    fn bar(&self, columns: usize) -> String {
        let first =
            self.stop.as_ref().and_then(|stop| stop.as_ref().ok()).map_or(self.end.1, |stop| stop.first);
        let whole = self.end.1.since(first).micros().max(1);
        let passed = self.time().since(first).micros().clamp(0, whole);
        let last = columns.saturating_sub(3);
        let at = match self.at {
            0 => 0,
            at if at >= self.end.0 => last,
            // Where no time passed, entries are counted.
            at if whole == 1 => {
                usize::try_from(u128::from(at) * last as u128 / u128::from(self.end.0)).unwrap_or(0)
            }
            _ => usize::try_from(i128::from(passed) * last as i128 / i128::from(whole)).unwrap_or(0),
        };
        format!("├{}●{}┤", "─".repeat(at), "─".repeat(last.saturating_sub(at)))
    }
}

pub(in crate::tui) fn view(state: &State, theme: Theme, now: Time, frame: &mut Frame<'_>, area: Rect) {
    let inside = window(frame, area, (100, 13), " Time ", theme);
    let columns = usize::from(inside.width);
    let lines = lines(state, theme, now, columns);
    let last = inside.bottom().saturating_sub(1);
    for (line, y) in lines.iter().zip(inside.y..last) {
        frame.render_widget(line, Rect { y, height: 1, ..inside });
    }
    let keys =
        [("h l", "entry"), ("k j", "hour"), ("pgup pgdn", "day"), ("enter", "look there"), ("esc", "back")];
    let keys = keys.iter().fold(Spans::default(), |spans, (key, words)| {
        spans.own(format!(" {key} "), theme.key()).own(*words, theme.text())
    });
    frame.render_widget(keys.line(), Rect { y: last, height: inside.height.min(1), ..inside });
}

fn lines(state: &State, theme: Theme, now: Time, columns: usize) -> Vec<Line<'static>> {
    let (size, _) = state.end;
    let room = columns.saturating_sub(2);
    let mut lines = vec![Spans::default().own(" ", theme.text()).own(state.bar(room), theme.key()).line()];
    let time = state.time();
    let words = match state.at {
        0 => " before the first entry".to_owned(),
        at if at >= size => {
            format!(" now: after all {size} entries, the last one {}", expiry_words(time, now))
        }
        at => format!(" after {at} of {size} entries, at {time}, {}", expiry_words(time, now)),
    };
    lines.push(Spans::default().own(words, theme.heading()).line());
    match &state.stop {
        None => lines.push(Line::styled(" reading …", theme.dim())),
        Some(Err(why)) => {
            let spans = Spans::default().own(" cannot be read: ", theme.danger());
            lines.push(spans.foreign(why, room, theme.text()).line());
        }
        Some(Ok(stop)) => lines.extend(stop.lines.iter().map(|line| entry(line, state.at, theme, columns))),
    }
    lines
}

/// An entry: the last one of the past is marked, and what came later is dim.
fn entry(line: &LogLine, at: u64, theme: Theme, columns: usize) -> Line<'static> {
    let (mark, style) = match line.index.saturating_add(1) {
        next if next == at => ("▸", theme.heading()),
        next if next > at => (" ", theme.dim()),
        _ => (" ", theme.text()),
    };
    let time: String = line.time.to_string().replace('T', " ").chars().skip(5).take(14).collect();
    let agents = agents(line.count);
    let spans = Spans::default()
        .own(format!(" {mark}{:>6}  {time}  ", line.index), style)
        .own(format!("{:<12} {agents:<10} ", line.kind.as_str()), style)
        .own(format!("{:<16} ", short_did(&line.subject, 16)), style);
    let left = columns.saturating_sub(spans.columns());
    spans.foreign(&line.reason, left, style).line()
}
