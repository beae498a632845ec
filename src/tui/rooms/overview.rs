//! How the mesh stands at a glance: states, tiers, broken lineages, and what expires soon.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::registry::{Rule, State as Effective};
use crate::trust::Tier;
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::listing::{Selection, Sort};
use crate::tui::session::Session;
use crate::tui::widgets::{Cursor, Spans, bar, expiry_words, split_left, state_word};

/// The figure under the cursor.
#[derive(Debug, Default)]
pub(in crate::tui) struct State {
    pub cursor: Cursor,
}

/// Agents that expire soon.
const EXPIRING: &str = "expires<=7d state=active";

/// A figure that opens the list behind it.
struct Figure {
    words: String,
    count: u32,
    /// The query that means these agents.
    query: String,
    style: ratatui::style::Style,
}

/// A heading, or a figure.
enum Item {
    Heading(&'static str),
    Figure(Figure),
}

fn items(session: &Session) -> Vec<Item> {
    let (tally, theme) = (session.view.judgement.tally(), session.theme);
    let mut items = vec![Item::Heading("Effective state")];
    items.extend(Effective::ALL.into_iter().map(|state| {
        Item::Figure(Figure {
            words: state_word(state).to_owned(),
            count: tally.state(state),
            query: format!("state={}", state.as_str()),
            style: theme.state(state),
        })
    }));
    items.push(Item::Heading("Trust tier"));
    let tiers = Tier::ALL.into_iter().map(Some).chain([None]);
    items.extend(tiers.map(|tier| {
        Item::Figure(Figure {
            words: tier.map_or("unscored", Tier::as_str).to_owned(),
            count: tier.map_or(tally.unscored, |tier| tally.tier(tier)),
            query: format!("tier={}", tier.map_or("unscored", Tier::as_str)),
            style: theme.tier(tier),
        })
    }));
    items.push(Item::Heading("Broken lineage, at the hop that breaks it"));
    let broken = Rule::ALL.into_iter().zip(tally.broken_hops).filter(|(_, count)| *count > 0);
    items.extend(broken.map(|(rule, count)| {
        Item::Figure(Figure {
            words: rule.code().to_owned(),
            count,
            query: format!("breaks:{}", rule.code()),
            style: theme.danger(),
        })
    }));
    items.push(Item::Heading("Attention"));
    items.push(Item::Figure(Figure {
        words: "expiring in 7 days".to_owned(),
        count: u32::try_from(session.view.expiring_count).unwrap_or(u32::MAX),
        query: EXPIRING.to_owned(),
        style: theme.warning(),
    }));
    items
}

fn figures(session: &Session) -> Vec<String> {
    items(session)
        .into_iter()
        .filter_map(|item| match item {
            Item::Figure(figure) => Some(figure.query),
            Item::Heading(_) => None,
        })
        .collect()
}

/// The queries behind the figures, with what the figures say.
#[cfg(test)]
pub(in crate::tui) fn counted(session: &Session) -> Vec<(String, u32)> {
    let figure = |item| match item {
        Item::Figure(figure) => Some((figure.query, figure.count)),
        Item::Heading(_) => None,
    };
    items(session).into_iter().filter_map(figure).collect()
}

pub(in crate::tui) fn update(state: &mut State, action: Action, session: &Session) -> Vec<Effect> {
    let figures = figures(session);
    if state.cursor.act(action, figures.len(), session.page) {
        return Vec::new();
    }
    match (action, figures.get(state.cursor.at)) {
        (Action::Open | Action::Right, Some(query)) => {
            let sort = if query == EXPIRING { Sort::Expiry } else { Sort::Registration };
            vec![Effect::ListAgents(Selection { text: query.clone(), sort, ..Selection::default() })]
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
    let wide = area.width >= 100;
    let [left, right] = split_left(area, if wide { area.width * 3 / 5 } else { area.width });
    let items = items(session);
    let mut figure = 0;
    let mut places = Vec::new();
    for (line, item) in items.iter().enumerate() {
        if matches!(item, Item::Figure(_)) {
            places.push(line);
            figure += 1;
        }
    }
    let at = places.get(state.cursor.at.min(figure.max(1) - 1)).copied().unwrap_or(0);
    let mut cursor = Cursor::default();
    cursor.go(at, items.len());
    let window = cursor.window(items.len(), usize::from(left.height), top);
    for (index, y) in window.zip(left.y..left.bottom()) {
        let Some(item) = items.get(index) else { break };
        let place = Rect { y, height: 1, ..left };
        frame.render_widget(line(item, session, usize::from(left.width)), place);
        if index == at {
            let words = Rect { width: place.width.min(38), ..place };
            frame.buffer_mut().set_style(words, session.theme.selected());
        }
    }
    if wide {
        expiring(session, frame, right);
    }
}

fn line(item: &Item, session: &Session, columns: usize) -> Line<'static> {
    let theme = session.theme;
    match item {
        Item::Heading(words) => Spans::default().own(*words, theme.heading()).line(),
        Item::Figure(figure) => Spans::default()
            .own(format!("  {:<24}", figure.words), figure.style)
            .own(format!("{:>9}  ", figure.count), theme.text())
            .own(
                bar(figure.count, session.view.judgement.tally().agents, columns.saturating_sub(38)),
                figure.style,
            )
            .line(),
    }
}

fn expiring(session: &Session, frame: &mut Frame<'_>, area: Rect) {
    let theme = session.theme;
    let head = Spans::default().own("Expiring soon", theme.heading()).line();
    frame.render_widget(head, Rect { height: area.height.min(1), ..area });
    let name = usize::from(area.width).saturating_sub(12);
    for ((time, row), y) in session.view.expiring.iter().zip(area.y.saturating_add(1)..area.bottom()) {
        let line = Spans::default()
            .own(format!("{:>8}  ", expiry_words(*time, session.now)), theme.warning())
            .foreign(session.view.agent(*row).name(), name, theme.text())
            .line();
        frame.render_widget(line, Rect { y, height: 1, ..area });
    }
}
