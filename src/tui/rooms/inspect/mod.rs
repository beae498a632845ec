//! One agent: every field, its lineage hop by hop, the verdict with its checks, and its documents.

mod standing;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::lineage::evidence;
use crate::capability::Held;
use crate::identity::{did_document, public_jwk};
use crate::registry::{Agent, Evidence, Row, State as Effective, explain};
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::session::{Session, View};
use crate::tui::theme::Theme;
use crate::tui::widgets::{Cursor, Spans, expiry_words, state_word};

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
    Json,
    DidDocument,
    Jwk,
}

impl Tab {
    const ALL: [Self; 6] =
        [Self::Record, Self::Lineage, Self::Verdict, Self::Json, Self::DidDocument, Self::Jwk];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Lineage => "lineage",
            Self::Verdict => "verdict",
            Self::Json => "JSON",
            Self::DidDocument => "DID document",
            Self::Jwk => "JWK",
        }
    }

    fn step(self, by: isize) -> Self {
        let at = Self::ALL.iter().position(|tab| *tab == self).unwrap_or(0);
        let count = Self::ALL.len();
        let next = at.saturating_add(count).saturating_add_signed(by) % count;
        Self::ALL.get(next).copied().unwrap_or_default()
    }
}

/// The agent, the tab, and the lines made of both.
#[derive(Debug, Default)]
pub(in crate::tui) struct State {
    pub row: Option<Row>,
    tab: Tab,
    lines: Vec<Line<'static>>,
    pub cursor: Cursor,
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
        self.lines = self.row.map(|row| lines(session, row, self.tab)).unwrap_or_default();
        self.cursor.go(self.cursor.at, self.lines.len());
    }
}

pub(in crate::tui) fn update(state: &mut State, action: Action, session: &Session) -> Vec<Effect> {
    if state.cursor.act(action, state.lines.len(), session.page) {
        return Vec::new();
    }
    let step = match action {
        Action::NextTab | Action::Right => 1,
        Action::PreviousTab | Action::Left => -1,
        _ => return Vec::new(),
    };
    state.tab = state.tab.step(step);
    state.cursor = Cursor::default();
    state.rebuild(session);
    Vec::new()
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
        let words = "No agent is selected: choose one in agents (2) or lineage (3).";
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
    let mut tabs = Spans::default();
    for tab in Tab::ALL {
        let style = if tab == state.tab { theme.selected() } else { theme.dim() };
        tabs = tabs.own(format!(" {} ", tab.as_str()), style);
    }
    let second = Rect { y: head.y.saturating_add(1), height: head.height.saturating_sub(1), ..head };
    frame.render_widget(tabs.line(), second);
    let window = state.cursor.window(state.lines.len(), usize::from(body.height), top);
    for (index, y) in window.zip(body.y..body.bottom()) {
        let Some(line) = state.lines.get(index) else { break };
        let place = Rect { y, height: 1, ..body };
        frame.render_widget(line, place);
        if index == state.cursor.at {
            let mark = Rect { width: place.width.min(1), ..place };
            frame.buffer_mut().set_style(mark, theme.selected());
        }
    }
}

fn lines(session: &Session, row: Row, tab: Tab) -> Vec<Line<'static>> {
    let (view, theme) = (&*session.view, session.theme);
    let agent = view.agent(row);
    match tab {
        Tab::Record => record(session, &agent),
        Tab::Lineage => path(view, theme, row),
        Tab::Verdict => verdict(session, row),
        Tab::Json => {
            let mut text = String::new();
            agent.identity(session.now).write_json(&mut text);
            pretty(serde_json::from_str(&text).unwrap_or_default(), theme)
        }
        Tab::DidDocument => pretty(did_document(&agent.identity(session.now)), theme),
        Tab::Jwk => pretty(public_jwk(&agent.identity(session.now)), theme),
    }
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

fn record(session: &Session, agent: &Agent<'_>) -> Vec<Line<'static>> {
    let theme = session.theme;
    let field = |name: &str, value: &str, style: Style| {
        Spans::default().own(format!(" {name:<24}"), theme.dim()).foreign(value, WIDE, style).line()
    };
    let plain = |name: &str, value: &str| field(name, value, theme.text());
    let did = agent.did();
    let bound =
        if did.is_bound_to(&agent.public_key()) { "bound to its key" } else { "not bound to its key" };
    let time = |time: crate::time::Time| format!("{time}  ({})", expiry_words(time, session.now));
    let none = "none";
    let confused = confused(session, agent);
    let mut lines = vec![
        plain("DID", &did.to_string()),
        plain("", bound),
        plain("name", agent.name()),
        plain("description", agent.description().unwrap_or(none)),
        plain("sponsor", agent.sponsor()),
        plain("sponsor verified", if agent.sponsor_verified() { "yes" } else { "no" }),
        plain("organization", agent.organization().unwrap_or(none)),
        field("status (stored)", agent.status(session.now).as_str(), theme.heading()),
        plain("reason", agent.reason().unwrap_or(none)),
        plain("until", &agent.until().map_or_else(|| none.to_owned(), time)),
        plain("sealed since entry", &agent.sealed_at().map_or_else(|| none.to_owned(), |at| at.to_string())),
        plain("version (log entry)", &agent.version().to_string()),
        plain("created", &time(agent.created_at())),
        plain("updated", &time(agent.updated_at())),
        plain("expires", &agent.expires_at().map_or_else(|| "never".to_owned(), time)),
        plain("trust score", &score_words(&session.view, agent.row())),
        plain("score ceiling", &agent.ceiling().map_or_else(|| none.to_owned(), |score| score.to_string())),
        plain("delegation depth", &agent.depth().to_string()),
        plain("parent", &agent.parent_did().unwrap_or_else(|| "none: a root".to_owned())),
        plain("evidence of its edge", evidence(&session.view, agent.row())),
        plain("key id", &agent.public_key().key_id().to_string()),
        plain("public key", &agent.public_key().to_base64()),
        field("key checked on curve", key_words(agent).0, key_words(agent).1(theme)),
    ];
    lines.extend(
        standing::fields(session, agent).into_iter().map(|(name, value, style)| field(name, &value, style)),
    );
    if !confused.is_empty() {
        lines.insert(2, field("easily confused with", &confused, theme.danger()));
    }
    let capabilities = agent.capabilities().map(|text| plain("", text));
    let count = agent.capabilities().count();
    lines.push(plain("capabilities", &count.to_string()));
    lines.extend(cut(capabilities, theme));
    lines
}

/// Agents whose DIDs differ from this one's only in case: different agents that people take for one.
fn confused(session: &Session, agent: &Agent<'_>) -> String {
    let registry = session.view.registry();
    let others =
        registry.confusable_with(agent.row()).take(20).map(|row| registry.agent(row).did().to_string());
    others.collect::<Vec<_>>().join(", ")
}

fn key_words(agent: &Agent<'_>) -> (&'static str, fn(Theme) -> Style) {
    match agent.public_key().check() {
        Ok(_) => ("yes: canonical, torsion-free", Theme::good),
        Err(crate::identity::InvalidKey::NotCanonical) => ("NO: not a canonical point", Theme::danger),
        Err(crate::identity::InvalidKey::Torsion) => ("NO: has a small-order component", Theme::danger),
    }
}

/// The weakest evidence of the edges above, in words.
fn edges_words(view: &View, row: Row) -> &'static str {
    let edges =
        view.registry().upwards(row).filter_map(|at| view.registry().evidence(at, view.judgement.at()));
    match edges.max() {
        None => "as a root it has no edge",
        Some(Evidence::Signed) => "every edge above it was signed by its parent",
        Some(Evidence::Attested) => "every edge above it is signed or attested",
        Some(Evidence::Asserted) => "its edges are only asserted",
    }
}

fn score_words(view: &View, row: Row) -> String {
    match view.trust(row) {
        (Some(score), Some(tier)) => format!("{score}, {}", tier.as_str()),
        _ => "unscored; counts as 500".to_owned(),
    }
}

fn path(view: &View, theme: Theme, row: Row) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for (hop, at) in view.registry().lineage().path(row).into_iter().enumerate() {
        let agent = view.agent(at);
        let state = view.judgement.state(at);
        lines.push(
            Spans::default()
                .own(format!(" {hop:>2}  "), theme.dim())
                .foreign(agent.name(), 30, theme.heading())
                .own("  ", theme.text())
                .own(state_word(state), theme.state(state))
                .own(format!("  {}  {}", agent.did(), evidence(view, at)), theme.dim())
                .line(),
        );
        if let Some(fault) = view.judgement.verdict_of(at).fault.filter(|fault| fault.hop == at) {
            lines.push(Spans::default().own(format!("     ✗ {}", fault.rule.code()), theme.danger()).line());
        }
        lines.extend(difference(&agent, theme));
    }
    lines
}

/// What a hop took away, what it kept, and what it has beyond its parent.
fn difference(agent: &Agent<'_>, theme: Theme) -> Vec<Line<'static>> {
    let mark = |sign: &'static str, capability: &str, style: Style| {
        Spans::default().own(format!("       {sign} "), style).foreign(capability, WIDE, style).line()
    };
    let Some(parent) = agent.parent() else {
        return cut(agent.capabilities().map(|capability| mark("=", capability, theme.text())), theme);
    };
    let (above, below) = (Held::new(parent.capabilities()), Held::new(agent.capabilities()));
    let taken = parent
        .capabilities()
        .filter(|capability| !below.allows(capability))
        .map(|capability| mark("-", capability, theme.dim()));
    let kept = agent.capabilities().map(|capability| {
        if above.allows(capability) {
            mark("=", capability, theme.text())
        } else {
            mark("+", capability, theme.danger())
        }
    });
    cut(taken.chain(kept), theme)
}

/// The checks in order, each with its answer, and what the lineage's own breaks.
fn verdict(session: &Session, row: Row) -> Vec<Line<'static>> {
    let (view, theme) = (&*session.view, session.theme);
    let agent = view.agent(row);
    let verdict = view.judgement.verdict_of(row);
    let check = |name: &str, holds: bool, words: &str| {
        let (mark, style) = if holds { ("✓", theme.good()) } else { ("✗", theme.danger()) };
        Spans::default().own(format!(" {mark} {name:<22}"), style).foreign(words, WIDE, theme.text()).line()
    };
    let status = agent.status(session.now);
    let expired = agent.expires_at().is_some_and(|expiry| session.now >= expiry);
    let why = explain(view.registry(), &view.judgement, row);
    let mut lines = vec![
        Spans::default()
            .own(" effective state        ", theme.dim())
            .own(state_word(verdict.state), theme.state(verdict.state))
            .line(),
        check("status", status == crate::identity::Status::Active, status.as_str()),
        check(
            "expiry",
            !expired,
            &agent.expires_at().map_or_else(|| "never".to_owned(), |time| time.to_string()),
        ),
        check("key", agent.public_key().check().is_ok(), key_words(&agent).0),
        check(
            "lineage",
            why.is_none(),
            &why.as_ref().map_or_else(|| "valid up to its root".to_owned(), |why| why.rule.code().to_owned()),
        ),
    ];
    if let Some(by) = view.cut_off_by(row) {
        lines.insert(
            1,
            Spans::default()
                .own(" cut off by             ", theme.dim())
                .foreign(&by, WIDE, theme.state(Effective::CutOff))
                .line(),
        );
    }
    if let Some(why) = why {
        let detail = |name: &str, value: &str| {
            Spans::default()
                .own(format!("     {name:<20}"), theme.dim())
                .foreign(value, WIDE, theme.text())
                .line()
        };
        lines.extend([
            detail("failing hop", &why.hop),
            detail("parent", why.parent.as_deref().unwrap_or("none")),
            detail("expected", &why.expected),
            detail("found", &why.found),
        ]);
        if why.on_cycle {
            lines.push(detail("cycle", "its parents lead back to itself"));
        }
    }
    if verdict.state == Effective::Active {
        lines.push(Line::styled(
            format!(" The records agree that it may act; {}.", edges_words(view, row)),
            theme.dim(),
        ));
    }
    lines
}
