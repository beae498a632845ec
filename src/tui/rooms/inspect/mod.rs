//! One agent: every field, its lineage hop by hop, what counts for it now, its trust, tokens and calls, what was done to
//! it, whom to call, and its documents.

mod calls;
mod events;
mod hops;
mod people;
mod record;
mod standing;
mod tokens;
mod trust;
mod verdict;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

pub(in crate::tui) use tokens::{Held, held};

use crate::identity::{Did, did_document, public_jwk};
use crate::registry::Row;
use crate::tui::action::{Action, RoomName};
use crate::tui::effect::{Effect, Ticket};
use crate::tui::listing::Selection;
use crate::tui::session::Session;
use crate::tui::theme::Theme;
use crate::tui::widgets::{Cursor, Spans, state_word};
use crate::warden::Dossier;
use crate::wire::DecisionLine;

/// So many lines of one list are shown; the export has them all.
const MOST: usize = 2000;
/// A line is cut after so many columns; scrolling sideways is for another day.
const WIDE: usize = 400;

/// What is shown of the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::tui) enum Tab {
    #[default]
    Record,
    Lineage,
    Verdict,
    Trust,
    Tokens,
    Calls,
    Events,
    People,
    Json,
    DidDocument,
    Jwk,
}

impl Tab {
    const ALL: [Self; 11] = [
        Self::Record,
        Self::Lineage,
        Self::Verdict,
        Self::Trust,
        Self::Tokens,
        Self::Calls,
        Self::Events,
        Self::People,
        Self::Json,
        Self::DidDocument,
        Self::Jwk,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Lineage => "lineage",
            Self::Verdict => "verdict",
            Self::Trust => "trust",
            Self::Tokens => "tokens",
            Self::Calls => "calls",
            Self::Events => "events",
            Self::People => "people",
            Self::Json => "JSON",
            Self::DidDocument => "DID",
            Self::Jwk => "JWK",
        }
    }

    fn step(self, by: isize) -> Self {
        let at = Self::ALL.iter().position(|tab| *tab == self).unwrap_or(0);
        let count = Self::ALL.len();
        let next = at.saturating_add(count).saturating_add_signed(by) % count;
        Self::ALL.get(next).copied().unwrap_or_default()
    }

    /// Whether the logs are asked for it.
    const fn wants_logs(self) -> bool {
        matches!(self, Self::Tokens | Self::Calls | Self::Events)
    }
}

/// A line, and what it opens.
#[derive(Debug)]
struct Said {
    line: Line<'static>,
    opens: Option<Opens>,
}

/// What a line opens.
#[derive(Debug, Clone)]
enum Opens {
    /// An agent.
    Agent(Did),
    /// The agents that a query means.
    List(String),
    /// An entry of the log.
    Entry(u64),
}

impl From<Line<'static>> for Said {
    fn from(line: Line<'static>) -> Self {
        Self { line, opens: None }
    }
}

/// What was looked up about an agent.
#[derive(Debug)]
pub(in crate::tui) struct Looked {
    /// The logs.
    pub dossier: Dossier,
    /// Its last verdicts as the verifier tells them; none where nobody is to be asked.
    pub told: Option<Vec<DecisionLine>>,
    /// Its delegation tokens.
    pub held: Held,
}

/// The agent, the tab, and the lines made of both.
#[derive(Debug, Default)]
pub(in crate::tui) struct State {
    pub row: Option<Row>,
    tab: Tab,
    lines: Vec<Said>,
    pub cursor: Cursor,
    /// What was looked up, and about whom.
    looked: Option<(Did, Result<Looked, String>)>,
    /// The question that is not answered yet.
    awaited: Option<Ticket>,
}

impl State {
    /// Shows an agent from the top of its record.
    pub(in crate::tui) fn show(&mut self, row: Row, session: &Session) {
        if self.row != Some(row) {
            self.cursor = Cursor::default();
            self.tab = Tab::Record;
        }
        self.row = Some(row);
        self.rebuild(session);
    }

    /// Makes the lines again: the agent, the tab or the registry is another.
    pub(in crate::tui) fn rebuild(&mut self, session: &Session) {
        let rows = session.view.registry().row_count();
        self.row = self.row.filter(|row| row.index() < rows);
        self.lines = self.row.map(|row| self.said(session, row)).unwrap_or_default();
        self.cursor.go(self.cursor.at, self.lines.len());
    }

    /// Asks the logs, if the tab shows what they say.
    pub(in crate::tui) fn ask(&mut self, session: &Session, ticket: Ticket) -> Option<Effect> {
        let row = self.row.filter(|_| self.tab.wants_logs())?;
        self.awaited = Some(ticket);
        Some(Effect::ReadDossier(ticket, row, session.view.agent(row).did()))
    }

    /// Takes what was asked for last.
    pub(in crate::tui) fn take(
        &mut self,
        ticket: Ticket,
        did: Did,
        looked: Result<Looked, String>,
        session: &Session,
    ) {
        if self.awaited == Some(ticket) {
            (self.awaited, self.looked) = (None, Some((did, looked)));
            self.rebuild(session);
        }
    }

    fn said(&self, session: &Session, row: Row) -> Vec<Said> {
        let (view, theme) = (&*session.view, session.theme);
        let agent = view.agent(row);
        let plain = |lines: Vec<Line<'static>>| lines.into_iter().map(Said::from).collect();
        let of_logs = |lines: fn(&Session, Row, &Looked) -> Vec<Said>| {
            let looked = self.looked.as_ref().filter(|(did, _)| *did == agent.did());
            match looked.map(|(_, looked)| looked) {
                None => plain(vec![Line::styled(" looking …", theme.dim())]),
                Some(Ok(looked)) => lines(session, row, looked),
                Some(Err(why)) => {
                    let line = Spans::default().own(" cannot be read: ", theme.danger());
                    plain(vec![line.foreign(why, WIDE, theme.text()).line()])
                }
            }
        };
        match self.tab {
            Tab::Record => plain(record::record(session, &agent)),
            Tab::Lineage => hops::path(view, theme, row),
            Tab::Verdict => plain(verdict::verdict(session, row)),
            Tab::Trust => plain(trust::lines(session, row)),
            Tab::Tokens => of_logs(tokens::lines),
            Tab::Calls => of_logs(calls::lines),
            Tab::Events => of_logs(events::lines),
            Tab::People => people::lines(session, &agent),
            Tab::Json => {
                let mut text = String::new();
                agent.identity(session.now).write_json(&mut text);
                plain(pretty(serde_json::from_str(&text).unwrap_or_default(), theme))
            }
            Tab::DidDocument => plain(pretty(did_document(&agent.identity(session.now)), theme)),
            Tab::Jwk => plain(pretty(public_jwk(&agent.identity(session.now)), theme)),
        }
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
    let step = match action {
        Action::NextTab | Action::Right => 1,
        Action::PreviousTab | Action::Left => -1,
        Action::Open => return state.open(session, ticket).into_iter().collect(),
        _ => return Vec::new(),
    };
    state.tab = state.tab.step(step);
    state.cursor = Cursor::default();
    state.rebuild(session);
    state.ask(session, ticket).into_iter().collect()
}

impl State {
    /// What the line under the cursor opens.
    fn open(&self, session: &Session, ticket: Ticket) -> Option<Effect> {
        match self.lines.get(self.cursor.at)?.opens.clone()? {
            Opens::Agent(did) => session.view.registry().find(&did).map(Effect::Inspect),
            Opens::List(text) => Some(Effect::ListAgents(Selection { text, ..Selection::default() })),
            Opens::Entry(index) => Some(Effect::ReadEntry(ticket, index)),
        }
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
    let [head, body] = crate::tui::widgets::split_top(area, 2);
    let Some(row) = state.row else {
        let key = |room| session.keymap.key_to(room);
        let (agents, lineage) = (key(RoomName::Agents), key(RoomName::Lineage));
        let words = format!("No agent is selected: choose one in agents ({agents}) or lineage ({lineage}).");
        frame.render_widget(Line::styled(words, theme.dim()), area);
        return;
    };
    let agent = session.view.agent(row);
    let effective = session.view.judgement.state(row);
    let name = usize::from(area.width).saturating_sub(14);
    let title = Spans::default()
        .foreign(agent.name(), name, theme.heading())
        .own("  ", theme.text())
        .own(state_word(effective), theme.state(effective))
        .line();
    frame.render_widget(title, Rect { height: head.height.min(1), ..head });
    let second = Rect { y: head.y.saturating_add(1), height: head.height.saturating_sub(1), ..head };
    frame.render_widget(tabs(state.tab, theme, usize::from(area.width)), second);
    let window = state.cursor.window(state.lines.len(), usize::from(body.height), top);
    for (index, y) in window.zip(body.y..body.bottom()) {
        let Some(said) = state.lines.get(index) else { break };
        let place = Rect { y, height: 1, ..body };
        frame.render_widget(&said.line, place);
        if index == state.cursor.at {
            let mark = Rect { width: place.width.min(1), ..place };
            frame.buffer_mut().set_style(mark, theme.selected());
        }
    }
}

/// The tabs; where there is no room for all, those next to the one that is shown.
fn tabs(shown: Tab, theme: Theme, columns: usize) -> Line<'static> {
    let width = |tab: &Tab| tab.as_str().len() + 2;
    let at = Tab::ALL.iter().position(|tab| *tab == shown).unwrap_or(0);
    let fits = |from: usize| Tab::ALL.iter().take(at + 1).skip(from).map(width).sum::<usize>() <= columns;
    let from = (0..=at).find(|from| fits(*from)).unwrap_or(at);
    let mut tabs = Spans::default();
    for tab in Tab::ALL.into_iter().skip(from) {
        let style = if tab == shown { theme.selected() } else { theme.dim() };
        tabs = tabs.own(format!(" {} ", tab.as_str()), style);
    }
    tabs.line()
}

fn pretty(value: serde_json::Value, theme: Theme) -> Vec<Line<'static>> {
    let text = serde_json::to_string_pretty(&value).unwrap_or_default();
    let line = |text: &str| Spans::default().own(" ", theme.text()).foreign(text, WIDE, theme.text()).line();
    cut(text.lines().map(line), theme)
}

fn cut(lines: impl Iterator<Item = Line<'static>>, theme: Theme) -> Vec<Line<'static>> {
    let mut lines = lines.peekable();
    let mut shown: Vec<Line<'static>> = lines.by_ref().take(MOST).collect();
    if lines.peek().is_some() {
        shown.push(Line::styled(" … more than fits here; `meshwarden export` has it all", theme.dim()));
    }
    shown
}

/// A heading within a tab.
fn heading(words: &str, theme: Theme) -> Said {
    Line::styled(format!(" {words}"), theme.heading()).into()
}

/// A remark within a tab.
fn remark(words: &str, theme: Theme) -> Said {
    Line::styled(format!("   {words}"), theme.dim()).into()
}
