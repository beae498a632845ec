//! How an order that waits for its confirmation is shown.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::confirm::{Focus, REASONS};
use super::order::{Deed, Phase, State, Under};
use super::{digest, hex_lines, signatures, whereabouts, window};
use crate::text::{visible, wrap};
use crate::tui::action::Action;
use crate::tui::session::Session;
use crate::tui::theme::Theme;
use crate::tui::widgets::Spans;

/// A narrower dialog cannot say what it is about.
const NARROWEST: u16 = 30;

/// Draws the dialog; answers whether there was room for what must be read before confirming.
pub(in crate::tui) fn view(state: &State, session: &Session, frame: &mut Frame<'_>, area: Rect) -> bool {
    let theme = session.theme;
    let columns = area.width.clamp(1, 90);
    let inner = usize::from(columns).saturating_sub(4);
    let mut body =
        vec![Spans::default().own(" ", theme.text()).foreign(&state.about, inner, theme.heading()).line()];
    body.extend(whereabouts(session, inner));
    let line = |text: String| Spans::default().own(format!(" {text}"), theme.text()).line();
    body.extend(state.lines.iter().flat_map(|text| wrap(&visible(text), inner)).map(line));
    body.extend(choices(state, theme, inner));
    if state.under == Under::Current {
        body.extend(session.case.map(|case| Line::styled(format!(" under the case {case}"), theme.text())));
    }
    body.extend(signed(state, session, inner));
    if let Some(failure) = &state.failure {
        let lines = wrap(&visible(&format!("NOT DONE: {failure}")), inner).into_iter();
        body.extend(lines.map(|line| Line::styled(format!(" {line}"), theme.danger())));
    }
    let foot = foot(state, session, inner);
    let wanted = u16::try_from(body.len() + foot.len() + 2).unwrap_or(u16::MAX);
    let inside = window(frame, area, (columns, wanted), state.title, theme);
    let feet = u16::try_from(foot.len()).unwrap_or(0).min(inside.height);
    let room = inside.height.saturating_sub(feet);
    for (line, y) in body.iter().zip(inside.y..inside.y.saturating_add(room)) {
        frame.render_widget(line, Rect { y, height: 1, ..inside });
    }
    for (line, y) in foot.iter().zip(inside.y.saturating_add(room)..inside.bottom()) {
        frame.render_widget(line, Rect { y, height: 1, ..inside });
    }
    body.len() <= usize::from(room) && inside.width >= NARROWEST
}

fn choices(state: &State, theme: Theme, columns: usize) -> Vec<Line<'static>> {
    let one = |(index, choice): (usize, &super::order::Choice)| {
        let here = index == state.chosen;
        let (mark, style) = if here { (" ▸ ", theme.heading()) } else { ("   ", theme.dim()) };
        Spans::default()
            .own(mark, theme.key())
            .foreign(&choice.words, columns.saturating_sub(3), style)
            .line()
    };
    state.choices().iter().enumerate().map(one).collect()
}

/// What is signed, and what it waits for.
fn signed(state: &State, session: &Session, columns: usize) -> Vec<Line<'static>> {
    let theme = session.theme;
    match (&state.deed, &state.phase) {
        (Deed::Approve(_, digest), _) => {
            let mut lines = vec![Line::styled(" SHA-256 of what you sign:", theme.dim())];
            lines.extend(hex_lines(digest, theme, columns));
            lines
        }
        (_, Phase::Ready(Some(drafted))) => {
            let mut lines = Vec::new();
            let more = drafted.needed().saturating_sub(1);
            if more > 0 {
                let words = format!(
                    " WAITS for {} of another operator; until then nothing changes",
                    signatures(more)
                );
                lines.push(Line::styled(words, theme.warning()));
            }
            if session.view.snapshot.operators.held() {
                lines.extend(digest(drafted, theme, columns));
            } else {
                lines.push(Line::styled(" unsigned: nobody holds this log", theme.warning()));
            }
            lines
        }
        _ if state.wants_reason && state.reason.text().trim().is_empty() => {
            vec![Line::styled(" what you sign is fixed when there is a reason", theme.dim())]
        }
        _ => vec![Line::styled(" what you sign: …", theme.dim())],
    }
}

fn key(spans: Spans, keys: &str, words: &str, theme: Theme) -> Spans {
    spans.own(format!(" {keys} "), theme.key()).own(words.to_owned(), theme.text())
}

fn foot(state: &State, session: &Session, columns: usize) -> Vec<Line<'static>> {
    let theme = session.theme;
    let mut lines = vec![Line::default()];
    let typing = state.focus == Focus::Reason;
    if state.wants_reason {
        if !typing && state.reason.text().is_empty() {
            let numbered = REASONS.iter().enumerate();
            let one = |(index, words): (usize, &&str)| {
                key(Spans::default(), &(index + 1).to_string(), words, theme).line()
            };
            lines.extend(numbered.map(one));
        }
        let room = columns.saturating_sub(11);
        let line = Spans::default().own(" reason: ", theme.dim());
        let line = line.foreign(state.reason.text(), room, theme.heading());
        lines.push(if typing { line.own("▏", theme.key()).line() } else { line.line() });
    }
    if let Some(missing) = state.missing {
        lines.push(Line::styled(format!(" {missing}"), theme.danger()));
    }
    match (&state.phase, state.focus) {
        (Phase::Ordering, _) => {
            let key = session.keymap.key_of(Action::Journal);
            let words = format!(" writing it down …  {key} lists what is under way, esc leaves it to itself");
            lines.push(Line::styled(words, theme.warning()));
        }
        (_, Focus::Reason) => lines.push(key(Spans::default(), "enter", "done typing", theme).line()),
        (_, Focus::Phrase) => {
            let wanted = state.phrase_wanted.clone().unwrap_or_default();
            let line = Spans::default().own(format!(" type {wanted} and enter: "), theme.danger());
            let line = line.foreign(state.phrase.text(), 40, theme.heading());
            lines.push(line.own("▏", theme.key()).line());
        }
        (_, Focus::Choices) => {
            let confirm = state.confirm_key.to_string();
            let mut spans = key(Spans::default(), &confirm, "sign and send", theme);
            spans = key(spans, "esc", "no", theme);
            if state.choices().len() > 1 {
                spans = key(spans, "c", "choose", theme);
            }
            if state.wants_reason {
                spans = key(spans, "r", "reason", theme);
            }
            lines.push(spans.line());
        }
    }
    lines
}
