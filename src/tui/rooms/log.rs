//! What was done, newest first.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::change::Kind;
use crate::encoding::hex;
use crate::text::short_did;
use crate::tui::action::Action;
use crate::tui::effect::{Effect, Moment, Ticket};
use crate::tui::session::Session;
use crate::tui::widgets::{Column, Cursor, Spans, Table, split_top};
use crate::warden::{LogLine, LogReport};

/// The end of the log.
#[derive(Debug, Default)]
pub(in crate::tui) struct State {
    pub lines: Vec<LogLine>,
    pub cursor: Cursor,
    pub checked: Option<Checked>,
}

/// What checking the whole log came to.
#[derive(Debug)]
pub(in crate::tui) enum Checked {
    Running,
    Done(Result<LogReport, String>),
}

impl State {
    /// The entry under the cursor.
    pub(in crate::tui) fn selected(&self) -> Option<&LogLine> {
        self.lines.get(self.cursor.at)
    }

    /// Takes the end of the log, newest first.
    pub(in crate::tui) fn take(&mut self, lines: Vec<LogLine>) {
        self.lines = lines;
        self.cursor.go(self.cursor.at, self.lines.len());
    }

    /// Puts the cursor on the last of the first `size` entries; answers whether it is here.
    pub(in crate::tui) fn go_to(&mut self, size: u64) -> bool {
        let last = size.saturating_sub(1);
        let at = self.lines.iter().position(|line| line.index == last);
        if let Some(at) = at {
            self.cursor.go(at, self.lines.len());
        }
        at.is_some()
    }
}

pub(in crate::tui) fn update(
    state: &mut State,
    action: Action,
    session: &Session,
    ticket: Ticket,
) -> Vec<Effect> {
    if state.cursor.act(action, state.lines.len(), session.page) {
        return Vec::new();
    }
    match (action, state.lines.get(state.cursor.at)) {
        (Action::Open | Action::Right, Some(line)) => vec![Effect::ReadEntry(ticket, line.index)],
        (Action::TravelHere, Some(line)) => {
            vec![Effect::Travel(ticket, Moment::Size(line.index.saturating_add(1)))]
        }
        (Action::VerifyLog, _) => {
            state.checked = Some(Checked::Running);
            vec![Effect::VerifyLog]
        }
        _ => Vec::new(),
    }
}

pub(in crate::tui) fn view(
    state: &State,
    session: &Session,
    top: &mut usize,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let area = checked(state, session, frame, area);
    let column = |heading, width| Column { heading, width };
    let width = usize::from(area.width);
    // Why somebody did it says more than who it was, so that goes first when room is short.
    let columns = match width {
        0..70 => vec![column("entry", 7), column("what", 13), column("about", 15)],
        70..104 => vec![
            column("entry", 7),
            column("when (UTC)", 16),
            column("what", 13),
            column("agents", 8),
            column("about", 15),
            column("why", width - 64),
        ],
        _ => vec![
            column("entry", 7),
            column("when (UTC)", 19),
            column("what", 13),
            column("agents", 8),
            column("about", 20),
            column("by", 14),
            column("why", width - 87),
        ],
    };
    let table = Table {
        theme: session.theme,
        columns: &columns,
        sorted: None,
        count: state.lines.len(),
        cursor: state.cursor,
    };
    table.draw(frame, area, top, |index| match state.lines.get(index) {
        Some(entry) => line(entry, session, &columns),
        None => Line::default(),
    });
}

/// Says above the table what checking the log came to; answers what is left of the area.
fn checked(state: &State, session: &Session, frame: &mut Frame<'_>, area: Rect) -> Rect {
    let theme = session.theme;
    let Some(checked) = &state.checked else { return area };
    let [head, rest] = split_top(area, 1);
    let spans = Spans::default();
    let room = usize::from(area.width).saturating_sub(10);
    let line = match checked {
        Checked::Running => spans.own(" checking every hash and every state …", theme.dim()),
        Checked::Done(Err(why)) => {
            spans.own(" NOT CHECKED: ", theme.danger()).foreign(why, room, theme.danger())
        }
        Checked::Done(Ok(report)) => match &report.fault {
            Some(fault) => spans.own(" BROKEN: ", theme.danger()).foreign(fault, room, theme.danger()),
            None => spans.own(
                format!(" SOUND: {} entries, root {}", report.entries, hex::encode(&report.root)),
                theme.good(),
            ),
        },
    };
    frame.render_widget(line.line(), head);
    rest
}

fn line(entry: &LogLine, session: &Session, columns: &[Column]) -> Line<'static> {
    let theme = session.theme;
    let style = match entry.kind {
        Kind::Revoke => theme.danger(),
        Kind::Suspend => theme.warning(),
        Kind::Reactivate => theme.good(),
        Kind::Rekey | Kind::RevokeTokens | Kind::Seal | Kind::List => theme.warning(),
        _ => theme.text(),
    };
    // In the past, what came later is not yet.
    let later = session.past.as_ref().is_some_and(|past| entry.index >= past.size);
    let style = if later { theme.dim() } else { style };
    let mut spans = Spans::default();
    for column in columns {
        let width = column.width;
        spans = match column.heading {
            "entry" => spans.own(format!("{:>7}", entry.index), theme.dim()),
            "when (UTC)" => {
                let when: String = entry.time.to_string().replace('T', " ").chars().take(width).collect();
                spans.own(format!("{when:<width$}"), theme.text())
            }
            "what" => spans.own(format!("{:<13}", entry.kind.as_str()), style),
            "agents" => spans.own(format!("{:>8}", entry.count), theme.text()),
            "about" if entry.kind == Kind::Import => spans.cell(&entry.subject, width, theme.text()),
            "about" => spans.own(format!("{:<width$}", short_did(&entry.subject, width)), theme.text()),
            "by" => spans.cell(&entry.actor, width, theme.dim()),
            _ => spans.cell(&entry.reason, width, theme.text()),
        };
        spans = spans.own(" ", theme.text());
    }
    spans.line()
}
