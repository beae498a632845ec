//! What this console does, did and said, with the command lines that do the same.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::window;
use crate::tui::action::RoomName;
use crate::tui::journal::{Journal, Noted, Task};
use crate::tui::session::Session;
use crate::tui::theme::Theme;
use crate::tui::widgets::{Cursor, Spans, split_top};

/// Where one reads; what is newest stands first.
#[derive(Debug, Default)]
pub(in crate::tui) struct State {
    pub cursor: Cursor,
    /// Whether only what changed something is listed.
    pub only_deeds: bool,
}

/// What a key did.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::tui) enum Outcome {
    Stay,
    Close,
    /// Put this on the clipboard.
    Copy(String),
    /// Forget the work of this number.
    Cancel(usize),
}

/// One line.
enum Entry<'j> {
    Task(&'j Task),
    Noted(&'j Noted),
}

impl State {
    fn entries<'j>(&self, journal: &'j Journal) -> Vec<Entry<'j>> {
        let tasks = journal.tasks().iter().map(Entry::Task);
        let shown = |noted: &&Noted| !self.only_deeds || noted.command.is_some();
        tasks.chain(journal.newest().filter(shown).map(Entry::Noted)).collect()
    }

    pub(in crate::tui) fn key(&mut self, key: &KeyEvent, journal: &Journal, session: &Session) -> Outcome {
        let entries = self.entries(journal);
        self.cursor.go(self.cursor.at, entries.len());
        match (key.code, entries.get(self.cursor.at)) {
            (KeyCode::Esc | KeyCode::Char('q' | 'w'), _) => return Outcome::Close,
            (KeyCode::Char('a'), _) => {
                self.only_deeds = !self.only_deeds;
                self.cursor = Cursor::default();
            }
            (KeyCode::Char('x'), Some(Entry::Task(_))) => return Outcome::Cancel(self.cursor.at),
            (KeyCode::Enter | KeyCode::Char('y' | 'c'), Some(entry)) => {
                let command = match entry {
                    Entry::Task(task) => task.command.as_ref(),
                    Entry::Noted(noted) => noted.command.as_ref().or(Some(&noted.words)),
                };
                return command.map_or(Outcome::Stay, |text| Outcome::Copy(text.clone()));
            }
            _ => {
                if let Some(action) = session.keymap.action_for(RoomName::Log, key) {
                    self.cursor.act(action, entries.len(), session.page);
                }
            }
        }
        Outcome::Stay
    }
}

/// Two lines: what, and the command line that does the same, if there is one.
fn lines(entry: &Entry<'_>, journal: &Journal, theme: Theme, columns: usize) -> [Line<'static>; 2] {
    let clock = |time: crate::time::Time| time.to_string().get(11..19).unwrap_or_default().to_owned();
    let (time, words, tone, command) = match entry {
        Entry::Task(task) => {
            let seconds = journal.now().since(task.since).as_seconds();
            let words = format!("UNDER WAY for {seconds}s: {}", task.words);
            (task.since, words, theme.warning(), task.command.as_ref())
        }
        Entry::Noted(noted) => {
            let times = if noted.times > 1 { format!(" ({} times)", noted.times) } else { String::new() };
            (noted.time, format!("{}{times}", noted.words), theme.tone(noted.tone), noted.command.as_ref())
        }
    };
    let left = columns.saturating_sub(11);
    let first = Spans::default().own(format!(" {} ", clock(time)), theme.dim()).foreign(&words, left, tone);
    let second = Spans::default().own("          ", theme.dim());
    let second = match command {
        Some(command) => second.foreign(&format!("$ {command}"), left, theme.dim()),
        None => second,
    };
    [first.line(), second.line()]
}

pub(in crate::tui) fn view(
    state: &State,
    journal: &Journal,
    theme: Theme,
    top: &mut usize,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let inside = window(frame, area, (110, area.height), " Journal: what this console did and said ", theme);
    let [body, foot] = split_top(inside, inside.height.saturating_sub(1));
    let entries = state.entries(journal);
    if entries.is_empty() {
        frame.render_widget(Line::styled(" nothing yet", theme.dim()), body);
    }
    let columns = usize::from(body.width);
    let window = state.cursor.window(entries.len(), usize::from(body.height / 2), top);
    for (index, y) in window.zip((body.y..body.bottom()).step_by(2)) {
        let Some(entry) = entries.get(index) else { break };
        let place = Rect { y, height: 1, ..body };
        for (line, y) in lines(entry, journal, theme, columns).into_iter().zip(y..body.bottom()) {
            frame.render_widget(line, Rect { y, ..place });
        }
        if index == state.cursor.at {
            frame.buffer_mut().set_style(place, theme.selected());
        }
    }
    let all = if state.only_deeds { "everything  " } else { "only changes  " };
    let keys = Spans::default()
        .own(" enter ", theme.key())
        .own("copy the command  ", theme.text())
        .own(" a ", theme.key())
        .own(all, theme.text())
        .own(" x ", theme.key())
        .own("give up waiting  ", theme.text())
        .own(" esc ", theme.key())
        .own("back", theme.text());
    frame.render_widget(keys.line(), foot);
}
