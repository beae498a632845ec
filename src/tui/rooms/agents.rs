//! All agents in a table: filtered, sorted, one line each.

use std::sync::Arc;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::Rows;
use crate::registry::query::QueryError;
use crate::registry::{Row, State as Effective};
use crate::text::short_did;
use crate::tui::action::{Action, RoomName};
use crate::tui::effect::{Effect, Ticket};
use crate::tui::listing::{Listed, Selection};
use crate::tui::session::Session;
use crate::tui::widgets::{Column, Cursor, Spans, Table, expiry_words, name_spans, state_span, tier_span};

/// The table.
#[derive(Debug, Default)]
pub(in crate::tui) struct State {
    pub rows: Rows,
    pub cursor: Cursor,
}

impl State {
    /// The agent under the cursor.
    pub(in crate::tui) fn selected(&self) -> Option<Row> {
        self.rows.shown.get(self.cursor.at).copied()
    }

    /// All rows mean other agents now: none is shown until they are listed again, and the cursor stays on its agent.
    pub(in crate::tui) fn renumber(&mut self, meaning: impl Fn(Row) -> Option<Row>) {
        self.rows.selection.keep = self.selected().and_then(meaning);
        self.rows.shown = Arc::default();
    }

    /// The agent on which the cursor is to stay when the rows are listed again.
    pub(in crate::tui) fn kept(&self) -> Option<Row> {
        self.selected().or(self.rows.selection.keep)
    }

    /// Asks for the rows of `selection`.
    pub(in crate::tui) fn ask(&mut self, room: RoomName, mut selection: Selection, ticket: Ticket) -> Effect {
        selection.callers = None;
        self.rows.ticket = ticket;
        self.rows.loading = true;
        self.rows.selection = Selection { was: None, ..selection.clone() };
        Effect::List(room, ticket, selection)
    }

    /// Takes rows that were asked for; the cursor stays on its agent, or goes to the top.
    pub(in crate::tui) fn listed(&mut self, ticket: Ticket, listed: Result<Listed, QueryError>) {
        if let Some(kept) = self.rows.take(ticket, listed) {
            self.cursor.go(kept.unwrap_or(0), self.rows.shown.len());
        }
    }
}

pub(in crate::tui) fn update(
    state: &mut State,
    action: Action,
    session: &Session,
    ticket: Ticket,
) -> Vec<Effect> {
    if state.cursor.act(action, state.rows.shown.len(), session.page) {
        return Vec::new();
    }
    let mut selection = state.rows.selection.clone();
    selection.keep = state.selected();
    match action {
        Action::Open | Action::Right => state.selected().map(Effect::Inspect).into_iter().collect(),
        Action::Sort => {
            selection.sort = selection.sort.next();
            vec![state.ask(RoomName::Agents, selection, ticket), Effect::Sorted]
        }
        Action::SortDirection => {
            selection.reversed = !selection.reversed;
            vec![state.ask(RoomName::Agents, selection, ticket), Effect::Sorted]
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
    let sort = state.rows.selection.sort;
    let columns = session.layout().fitting(sort, usize::from(area.width));
    let table = Table {
        theme: session.theme,
        columns: &columns,
        sorted: Some((
            sort.as_str(),
            if sort.falls() == state.rows.selection.reversed { " ▲" } else { " ▼" },
        )),
        count: state.rows.shown.len(),
        cursor: state.cursor,
    };
    let rows = state.rows.shown.clone();
    table.draw(frame, area, top, |index| match rows.get(index) {
        Some(row) => line(session, *row, &columns),
        None => Line::default(),
    });
}

/// One agent as a table line.
pub(in crate::tui) fn line(session: &Session, row: Row, columns: &[Column]) -> Line<'static> {
    let view = &*session.view;
    let (agent, theme) = (view.agent(row), session.theme);
    let mut spans = Spans::default();
    for column in columns {
        spans = match column.heading {
            "name" => name_spans(session, row, column.width),
            "state" => spans.span(state_span(theme, view.judgement.state(row))),
            "DID" => spans.own(
                format!(
                    "{:<width$}",
                    short_did(&agent.did().to_string(), column.width),
                    width = column.width
                ),
                theme.dim(),
            ),
            "score" => spans.span(tier_span(theme, view.trust(row).0, view.trust(row).1)),
            "subtree" => {
                let size = view.registry().lineage().subtree(row).len();
                spans.own(format!("{size:>8}"), theme.dim())
            }
            "risk" => match view.risks.risk(view.registry(), row) {
                0 => spans.own(format!("{:>9}", "-"), theme.dim()),
                risk => spans.own(format!("{risk:>9}"), theme.danger()),
            },
            "depth" => spans.own(format!("{:>5}", agent.depth()), theme.dim()),
            "expiry" => {
                let words = agent.expires_at().map(|time| expiry_words(time, session.now));
                spans.own(format!("{:>8}", words.unwrap_or_default()), theme.dim())
            }
            "cut off by" => spans.cell(
                &view.cut_off_by(row).unwrap_or_default(),
                column.width,
                theme.state(Effective::CutOff),
            ),
            "sponsor" => spans.cell(agent.sponsor(), column.width, theme.dim()),
            _ => spans.cell(agent.organization().unwrap_or(""), column.width, theme.dim()),
        };
        spans = spans.own(" ", theme.text());
    }
    spans.line()
}
