//! The screen of a verifier whose log is on its way; every frame says that nothing is proved.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Clear;

use super::dialog::Dialog;
use super::state::{Focus, State};
use crate::backend::{Seen, Stage};
use crate::tui::action::Action;
use crate::tui::widgets::{Spans, bar};
use crate::wire::{ToldAgent, ToldDetail};

/// What every frame says.
const TOLD: &str = "AS TOLD BY THE VERIFIER, NOT YET PROVED";

pub(super) fn draw(state: &State, frame: &mut Frame<'_>) {
    let area = frame.area();
    frame.render_widget(Clear, area);
    let columns = usize::from(area.width);
    let theme = state.here.theme;
    let mut lines = vec![title(state, columns), told(state, columns), progress(state, columns)];
    let rows = usize::from(area.height).saturating_sub(6);
    match &state.focus {
        Focus::Detail(detail) => {
            lines.extend(detail_lines(state, detail, columns).into_iter().take(rows + 1))
        }
        Focus::Dialog(dialog) => lines.extend(dialog_lines(state, dialog, columns)),
        Focus::Asking(did) => {
            let asking = Spans::default().own(" what would stop with ", theme.text());
            lines.push(asking.foreign(did, 60, theme.heading()).own(" …", theme.text()).line());
        }
        Focus::List | Focus::Search => lines.extend(list(state, columns, rows)),
    }
    for (at, line) in lines.into_iter().enumerate() {
        let Ok(y) = u16::try_from(at) else { break };
        if y.saturating_add(2) < area.height {
            frame.render_widget(line, Rect { y: area.y.saturating_add(y), height: 1, ..area });
        }
    }
    foot(state, frame, area, columns);
    theme.finish(frame.buffer_mut());
}

fn title(state: &State, columns: usize) -> Line<'static> {
    let theme = state.here.theme;
    let mut title = Spans::default().own(" meshwarden ", theme.title());
    if let Some(badge) = theme.badge() {
        title = title.own(format!(" {} ", badge.name()), theme.context()).own(" ", theme.text());
    }
    let left = columns.saturating_sub(title.columns() + 1);
    title.foreign(&state.here.url, left, theme.heading()).line()
}

/// That nothing is proved, who asks, and whether anything can be ordered.
fn told(state: &State, columns: usize) -> Line<'static> {
    let theme = state.here.theme;
    let mut told = Spans::default().own(format!(" {TOLD}"), theme.warning());
    if let Some((words, locked)) = state.lock_words() {
        let style = if locked { theme.danger() } else { theme.warning() };
        told = told.own(" · ", theme.dim()).own(words, style);
    }
    let left = columns.saturating_sub(told.columns() + 3);
    if left < 8 {
        return told.line();
    }
    told.own(" · ", theme.dim()).foreign(&state.here.name, left.min(30), theme.text()).line()
}

/// How far the log has come.
fn progress(state: &State, columns: usize) -> Line<'static> {
    let (theme, Seen { reached, of, bytes, stage }) = (state.here.theme, &state.seen);
    let spans = Spans::default().own(" its log: ", theme.dim());
    let line = match stage {
        Stage::Broken(why) => {
            return Spans::default()
                .own(" THE VERIFIER IS NOT TO BE TRUSTED: ", theme.danger())
                .foreign(why, columns.saturating_sub(37), theme.danger())
                .line();
        }
        Stage::Judging | Stage::Here => spans.own("here; every entry is checked now", theme.good()),
        Stage::Coming | Stage::Lost(_) => match of {
            None => spans.own("on its way", theme.text()),
            Some(of) => {
                let parts = |entries: u64, records: u32| {
                    u32::try_from(entries).unwrap_or(u32::MAX).saturating_add(records)
                };
                let (part, whole) = (parts(reached.entries, reached.records), parts(of.entries, of.records));
                let words = format!(
                    " {} of {} entries, {} of {} records",
                    reached.entries, of.entries, reached.records, of.records
                );
                let bar = bar(part, whole, 12);
                spans.own(format!("{bar:<12}"), theme.good()).own(words, theme.text())
            }
        },
    };
    let line = line.own(format!(", {} KiB", bytes >> 10), theme.dim());
    match stage {
        Stage::Lost(why) => {
            let left = columns.saturating_sub(line.columns() + 4);
            line.own("  ! ", theme.warning()).foreign(why, left, theme.warning()).line()
        }
        _ => line.line(),
    }
}

fn list(state: &State, columns: usize, rows: usize) -> Vec<Line<'static>> {
    let theme = state.here.theme;
    let typed = state.focus == Focus::Search;
    let mut field = Spans::default().own(" / ", theme.key());
    field = field.foreign(state.text.text(), columns.saturating_sub(6), theme.heading());
    if typed {
        field = field.own("▏", theme.key());
    }
    let mut lines = vec![field.line()];
    let Some((found, more)) = &state.found else {
        lines.push(Line::styled(" the verifier is asked …", theme.dim()));
        return lines;
    };
    if found.is_empty() {
        lines.push(Line::styled(" nobody, as the verifier tells", theme.dim()));
    }
    let top = state.at.saturating_sub(rows.saturating_sub(2));
    for (at, agent) in found.iter().enumerate().skip(top).take(rows.saturating_sub(1)) {
        lines.push(row(state, agent, at == state.at, columns));
    }
    if *more {
        lines.push(Line::styled(" and more: seek further", theme.dim()));
    }
    lines
}

fn row(state: &State, agent: &ToldAgent, here: bool, columns: usize) -> Line<'static> {
    let theme = state.here.theme;
    let style = if here { theme.selected() } else { theme.text() };
    let score = agent.score.map_or_else(|| "-".to_owned(), |score| score.to_string());
    let digits = agent.did.rsplit(':').next().unwrap_or_default();
    let spans = Spans::default()
        .own(if here { ">" } else { " " }, theme.key())
        .cell(digits, 9, theme.dim())
        .own(" ", style)
        .cell(&agent.state, 10, style)
        .cell(&score, 5, style)
        .cell(&agent.name, 28, style);
    let left = columns.saturating_sub(spans.columns());
    spans.foreign(&agent.sponsor_email, left, theme.dim()).line()
}

fn detail_lines(state: &State, detail: &ToldDetail, columns: usize) -> Vec<Line<'static>> {
    let (theme, agent) = (state.here.theme, &detail.agent);
    let score = agent.score.map_or_else(|| "unscored".to_owned(), |score| score.to_string());
    let fields = [
        ("did", agent.did.clone()),
        ("name", agent.name.clone()),
        ("state", agent.state.clone()),
        ("why", agent.code.clone().or_else(|| agent.reason.clone()).unwrap_or_default()),
        ("until", agent.until.clone().unwrap_or_default()),
        ("trust", score),
        ("sponsor", agent.sponsor_email.clone()),
        ("organization", agent.organization.clone().unwrap_or_default()),
        ("capabilities", agent.capabilities.join(" ")),
        ("expires", agent.expires_at.clone().unwrap_or_default()),
        ("parent", agent.parent_did.clone().unwrap_or_default()),
        ("evidence", detail.evidence.clone().unwrap_or_default()),
        ("below", agent.descendants.to_string()),
        ("version", agent.version.to_string()),
    ];
    let line = |(name, text): &(&str, String)| {
        Spans::default()
            .own(format!(" {name:<13} "), theme.dim())
            .foreign(text, columns.saturating_sub(16), theme.text())
            .line()
    };
    let mut lines: Vec<_> = fields.iter().filter(|(_, text)| !text.is_empty()).map(line).collect();
    lines.push(Line::styled(" lineage, from the root, as told:", theme.dim()));
    for step in &detail.path {
        let spans = Spans::default().own("   ", theme.text()).cell(&step.state, 10, theme.text());
        let spans = spans.foreign(&step.name, 40, theme.text()).own(" ", theme.text());
        let broken = step.code.as_deref().unwrap_or_default();
        lines.push(spans.foreign(broken, 30, theme.warning()).line());
    }
    lines
}

fn dialog_lines(state: &State, dialog: &Dialog, columns: usize) -> Vec<Line<'static>> {
    let (theme, impact) = (state.here.theme, &dialog.offer.impact);
    let wide = columns.saturating_sub(20);
    let losing: usize = impact.losing_by_level.iter().sum();
    let own = |words: String| Spans::default().own(words, theme.text()).line();
    let field = |name: &str, text: &str, here: bool| {
        let spans =
            Spans::default().own(format!(" {name:<10} "), if here { theme.key() } else { theme.dim() });
        let spans = spans.foreign(text, wide, theme.heading());
        if here { spans.own("▏", theme.key()).line() } else { spans.line() }
    };
    let last = match state.lock_words() {
        _ if dialog.sent => {
            Line::styled(" signed and sent; waiting for the log's receipt …", theme.warning())
        }
        Some((words, true)) if dialog.confirming => {
            Line::styled(format!(" nothing was sent: {words}"), theme.danger())
        }
        _ => field(&format!("type {}", dialog.phrase()), dialog.word.text(), dialog.confirming),
    };
    vec![
        Spans::default()
            .own(" SUSPEND ", theme.danger())
            .foreign(&impact.name, wide, theme.heading())
            .own(" and everything below it", theme.text())
            .line(),
        Spans::default().own(" ", theme.text()).foreign(&impact.did, wide, theme.text()).line(),
        own(format!(" {} change status, {losing} lose their power", impact.count)),
        Line::styled(
            " whom it stops, and how many, is TOLD, NOT PROVED; you sign exactly that set",
            theme.warning(),
        ),
        field("reason", dialog.reason.text(), !dialog.confirming && !dialog.sent),
        last,
    ]
}

fn foot(state: &State, frame: &mut Frame<'_>, area: Rect, columns: usize) {
    let theme = state.here.theme;
    let keys = keys(state);
    let line = |y: u16| Rect { y: area.y.saturating_add(area.height.saturating_sub(y)), height: 1, ..area };
    if area.height < 2 {
        return;
    }
    if let Some((words, tone)) = &state.said {
        let said = Spans::default().own(" ", theme.text());
        let said = said.foreign(words, columns.saturating_sub(2), theme.tone(*tone));
        frame.render_widget(said.line(), line(2));
    }
    let mut spans = Spans::default();
    for (key, words) in keys {
        spans = spans.own(format!(" {key}"), theme.key()).own(format!(" {words} "), theme.dim());
    }
    frame.render_widget(spans.line(), line(1));
}

/// The keys in use, and what they do here.
fn keys(state: &State) -> Vec<(String, &'static str)> {
    let of = |action| state.here.keymap.key_of(action);
    let fixed = |key: &str, words| (key.to_owned(), words);
    match &state.focus {
        Focus::List => {
            let mut keys = vec![
                (of(Action::Filter), "search"),
                (of(Action::Open), "inspect"),
                (of(Action::Suspend), "suspend"),
                (of(Action::Refresh), "ask again"),
            ];
            keys.push(match state.here.back {
                Some(_) => fixed("esc", "give up"),
                None => (of(Action::Quit), "quit"),
            });
            keys
        }
        Focus::Search => vec![fixed("enter", "to the list"), fixed("esc", "everybody")],
        Focus::Detail(_) => vec![(of(Action::Suspend), "suspend"), fixed("esc", "back")],
        Focus::Asking(_) => vec![fixed("esc", "back")],
        Focus::Dialog(dialog) if dialog.sent => Vec::new(),
        Focus::Dialog(_) => {
            vec![fixed("enter", "next, sign"), fixed("tab", "the other field"), fixed("esc", "back")]
        }
    }
}
