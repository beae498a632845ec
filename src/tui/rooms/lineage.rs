//! The delegation tree: who got what from whom, what was taken away on the way, and where it is broken.

use std::ops::Range;
use std::sync::Arc;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::Rows;
use crate::capability::Held;
use crate::registry::query::QueryError;
use crate::registry::{Agent, Evidence, Row, Rule, State as Effective};
use crate::text::short_did;
use crate::tui::action::{Action, RoomName};
use crate::tui::effect::{Effect, Ticket};
use crate::tui::listing::{Listed, Selection};
use crate::tui::session::{Session, View};
use crate::tui::widgets::{Cursor, Node, Tree, name_spans, state_span};

/// Beyond this level the indentation stops growing: only broken lineages go there.
const DEEPEST_INDENT: usize = 40;

/// The open nodes, and the rows that follow from them.
#[derive(Debug, Default)]
pub(in crate::tui) struct State {
    open: Open,
    /// Rows of a filtered tree; those of the whole tree are in `visible`.
    pub filtered: Rows,
    visible: Arc<Vec<Row>>,
    pub cursor: Cursor,
}

/// A set of rows, one bit each: a million open nodes are asked for at every key that opens or closes one.
#[derive(Debug, Default)]
struct Open(Vec<u64>);

impl Open {
    fn place(row: Row) -> (usize, u64) {
        (row.index() / 64, 1 << (row.index() % 64))
    }

    fn contains(&self, row: Row) -> bool {
        let (word, bit) = Self::place(row);
        self.0.get(word).is_some_and(|held| held & bit != 0)
    }

    fn insert(&mut self, row: Row) {
        let (word, bit) = Self::place(row);
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(held) = self.0.get_mut(word) {
            *held |= bit;
        }
    }

    /// Answers whether it was in the set.
    fn remove(&mut self, row: Row) -> bool {
        let was = self.contains(row);
        let (word, bit) = Self::place(row);
        if let Some(held) = self.0.get_mut(word) {
            *held &= !bit;
        }
        was
    }
}

impl State {
    /// The agent under the cursor.
    pub(in crate::tui) fn selected(&self) -> Option<Row> {
        self.rows().get(self.cursor.at).copied()
    }

    fn rows(&self) -> &Arc<Vec<Row>> {
        if self.filtered.selection.narrows() { &self.filtered.shown } else { &self.visible }
    }

    /// The rows.
    pub(in crate::tui) fn shown(&self) -> Arc<Vec<Row>> {
        self.rows().clone()
    }

    /// How many rows there are.
    pub(in crate::tui) fn count(&self) -> usize {
        self.rows().len()
    }

    /// All rows mean other agents now; what was open stays open, and the cursor stays on its agent.
    pub(in crate::tui) fn renumber(
        &mut self,
        before: &View,
        view: &View,
        meaning: impl Fn(Row) -> Option<Row>,
    ) {
        let kept = self.selected().and_then(&meaning);
        let mut open = Open::default();
        let was_open = before.registry().rows().filter(|row| self.open.contains(*row));
        was_open.filter_map(&meaning).for_each(|row| open.insert(row));
        self.open = open;
        self.filtered.shown = Arc::default();
        self.filtered.selection.keep = kept;
        self.visible = Arc::default();
        self.rebuild(view);
        self.keep(kept);
    }

    /// The agent on which the cursor is to stay when the rows are listed again.
    pub(in crate::tui) fn kept(&self) -> Option<Row> {
        self.selected().or(self.filtered.selection.keep)
    }

    /// Lists the visible rows again: after a node was opened or closed, or the registry changed.
    pub(in crate::tui) fn rebuild(&mut self, view: &View) {
        let kept = self.selected();
        let mut rows = Arc::try_unwrap(std::mem::take(&mut self.visible)).unwrap_or_default();
        rows.clear();
        rows.extend(self.visible_within(view, 0..view.registry().lineage().len()));
        self.visible = Arc::new(rows);
        self.keep(kept);
    }

    /// The rows of a stretch of the preorder that no closed node hides.
    fn visible_within(&self, view: &View, stretch: Range<usize>) -> impl Iterator<Item = Row> {
        let (lineage, mut position) = (view.registry().lineage(), stretch.start);
        std::iter::from_fn(move || {
            let row = lineage.at(position).filter(|_| position < stretch.end)?;
            position += if self.open.contains(row) { 1 } else { lineage.size(row) };
            Some(row)
        })
    }

    /// Lists again what lies below the node under the cursor; everything else stays where it is.
    fn rebuild_below_cursor(&mut self, view: &View) {
        let (at, lineage) = (self.cursor.at, view.registry().lineage());
        let Some(row) = self.visible.get(at).copied().filter(|_| !self.filtered.selection.narrows()) else {
            return self.rebuild(view);
        };
        let top = lineage.position(row);
        let end = top + lineage.size(row);
        let stretch = if self.open.contains(row) { top + 1..end } else { end..end };
        let below: Vec<Row> = self.visible_within(view, stretch).collect();
        let rows = Arc::make_mut(&mut self.visible);
        let behind = rows.get(at + 1..).unwrap_or(&[]);
        let old = behind.partition_point(|row| lineage.position(*row) < end);
        rows.splice(at + 1..at + 1 + old, below);
    }

    fn keep(&mut self, kept: Option<Row>) {
        let at = kept.and_then(|kept| self.rows().iter().position(|row| *row == kept));
        let count = self.rows().len();
        self.cursor.go(at.unwrap_or(self.cursor.at), count);
    }

    /// Asks for the rows of a filtered tree; an empty filter shows the whole one again.
    pub(in crate::tui) fn ask(&mut self, mut selection: Selection, ticket: Ticket) -> Option<Effect> {
        selection.callers = None;
        let kept = self.selected();
        let narrows = selection.narrows();
        self.filtered.ticket = ticket;
        self.filtered.loading = narrows;
        if narrows && !self.filtered.selection.narrows() {
            self.filtered.shown = self.visible.clone();
        }
        self.filtered.selection = selection.clone();
        if narrows {
            return Some(Effect::List(RoomName::Lineage, ticket, selection));
        }
        self.keep(kept);
        None
    }

    /// Takes rows that were asked for; the cursor goes to the first real match.
    pub(in crate::tui) fn listed(&mut self, ticket: Ticket, listed: Result<Listed, QueryError>) {
        if let Some(kept) = self.filtered.take(ticket, listed) {
            self.cursor.go(kept.unwrap_or(0), self.filtered.shown.len());
        }
    }

    /// Opens every node.
    pub(in crate::tui) fn open_everything(&mut self, view: &View) {
        let lineage = view.registry().lineage();
        for row in lineage.preorder().filter(|row| lineage.size(*row) > 1) {
            self.open.insert(row);
        }
        self.rebuild(view);
    }

    /// Opens everything above an agent and goes there.
    pub(in crate::tui) fn reveal(&mut self, row: Row, view: &View) {
        self.filtered.selection = Selection::default();
        for above in view.registry().lineage().path(row) {
            if above != row {
                self.open.insert(above);
            }
        }
        self.rebuild(view);
        self.keep(Some(row));
    }
}

pub(in crate::tui) fn update(state: &mut State, action: Action, session: &Session) -> Vec<Effect> {
    let count = state.count();
    if state.cursor.act(action, count, session.page) {
        return Vec::new();
    }
    let Some(row) = state.selected() else { return Vec::new() };
    let lineage = session.view.registry().lineage();
    let has_children = lineage.size(row) > 1;
    match action {
        Action::Open => return vec![Effect::Inspect(row)],
        Action::Right if has_children && !state.open.contains(row) => {
            state.open.insert(row);
        }
        Action::Right if has_children => {
            state.cursor.act(Action::Down, count, session.page);
            return Vec::new();
        }
        Action::Left if state.open.remove(row) => {}
        Action::Left => {
            if let Some(parent) = lineage.parent(row) {
                state.keep(Some(parent));
            }
            return Vec::new();
        }
        Action::Toggle => toggle(state, row, session),
        _ => return Vec::new(),
    }
    state.rebuild_below_cursor(&session.view);
    Vec::new()
}

/// Opens a node with everything below it, or closes it all.
fn toggle(state: &mut State, row: Row, session: &Session) {
    let lineage = session.view.registry().lineage();
    let start = lineage.position(row);
    let below = (start..start + lineage.size(row)).filter_map(|position| lineage.at(position));
    if state.open.contains(row) {
        for row in below {
            state.open.remove(row);
        }
    } else {
        for row in below.filter(|row| lineage.size(*row) > 1) {
            state.open.insert(row);
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
    let rows = state.rows();
    let window = state.cursor.window(rows.len(), usize::from(area.height), top);
    let Some(first) = rows.get(window.start).copied() else { return };
    let lineage = session.view.registry().lineage();
    let mut path = lineage.path(first);
    path.pop();
    let base = path.len().saturating_sub(DEEPEST_INDENT);
    let above = path.len() - base;
    let columns = usize::from(area.width);
    let shown = rows.get(window.clone()).unwrap_or(&[]);
    let indent = |row: Row| lineage.level(row).saturating_sub(base);
    let mut nodes: Vec<Node> = path
        .iter()
        .skip(base)
        .map(|row| Node {
            id: row.number(),
            level: indent(*row),
            has_children: true,
            open: true,
            line: Line::default(),
        })
        .collect();
    let filtered = state.filtered.selection.narrows();
    for (index, row) in shown.iter().enumerate() {
        let next = rows.get(window.start + index + 1);
        let has_children = lineage.size(*row) > 1;
        let open = if filtered {
            next.is_some_and(|next| lineage.parent(*next) == Some(*row))
        } else {
            state.open.contains(*row)
        };
        let room = columns.saturating_sub(2 * indent(*row) + 2);
        nodes.push(Node {
            id: row.number(),
            level: indent(*row),
            has_children,
            open,
            line: line(session, *row, room),
        });
    }
    let selected = state.cursor.at.checked_sub(window.start).map(|at| at + above);
    Tree { theme: session.theme, nodes, above, selected }.draw(frame, area);
}

/// One agent on its edge: name, state, what the hop took away, evidence, and the rule that it breaks.
fn line(session: &Session, row: Row, columns: usize) -> Line<'static> {
    let view = &*session.view;
    let (agent, theme) = (view.agent(row), session.theme);
    let verdict = view.judgement.verdict_of(row);
    let name = columns.saturating_sub(12).clamp(4, 26);
    let mut spans = name_spans(session, row, name);
    spans = spans.own(" ", theme.text());
    spans = spans.span(state_span(theme, verdict.state));
    if let Some(fault) = verdict.fault.filter(|fault| fault.hop == row) {
        // A stopped parent is told by name below, and not at all of those who are stopped themselves.
        if fault.rule != Rule::InactiveParent {
            spans = spans.own(format!("✗ {} ", fault.rule.code()), theme.danger());
        }
    }
    // The edge that is broken says so itself; everybody below says where to look.
    if let Some(by) = view
        .cut_off_by(row)
        .filter(|_| verdict.fault.is_some_and(|fault| fault.hop != row || fault.rule == Rule::InactiveParent))
    {
        let room = columns.saturating_sub(spans.columns() + 4).min(40);
        spans = spans
            .own("by ", theme.dim())
            .foreign(&by, room, theme.state(Effective::CutOff))
            .own(" ", theme.text());
    }
    if agent.sealed_at().is_some() {
        spans = spans.own("sealed ", theme.warning());
    }
    for (words, style) in [
        (short_did(&agent.did().to_string(), 18), theme.dim()),
        (score_words(view, row), theme.tier(view.trust(row).1)),
        (narrowing_words(&agent), theme.dim()),
        (evidence(view, row).to_owned(), theme.dim()),
        (size_words(view, row), theme.dim()),
    ] {
        if !words.is_empty() && spans.columns() + crate::text::width(&words) + 2 <= columns {
            spans = spans.own(words, style).own("  ", theme.text());
        }
    }
    spans.line()
}

fn score_words(view: &View, row: Row) -> String {
    match view.trust(row) {
        (Some(score), Some(tier)) => format!("{score} {}", tier.as_str()),
        _ => "unscored".to_owned(),
    }
}

/// How many of the parent's capabilities the hop took away.
fn narrowing_words(agent: &Agent<'_>) -> String {
    let held = agent.capabilities().count();
    let Some(parent) = agent.parent() else { return format!("caps {held}") };
    let kept = Held::new(agent.capabilities());
    match parent.capabilities().filter(|capability| !kept.allows(capability)).count() {
        0 => format!("caps {held}"),
        dropped => format!("caps {held} -{dropped}"),
    }
}

/// What an edge rests on: records only assert, and an asserted edge is never shown as verified.
pub(in crate::tui) fn evidence(view: &View, row: Row) -> &'static str {
    view.registry().evidence(row, view.judgement.at()).map_or("root", Evidence::as_str)
}

fn size_words(view: &View, row: Row) -> String {
    match view.registry().lineage().size(row) - 1 {
        0 => String::new(),
        below if view.judgement.state(row) == Effective::Active => format!("{below} below"),
        below => format!("{below} cut off below"),
    }
}
