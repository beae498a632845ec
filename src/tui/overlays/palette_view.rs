//! How the palette looks.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::palette::{Choice, Named, State};
use super::window;
use crate::text::short_did;
use crate::tui::contexts::Destination;
use crate::tui::keymap::Binding;
use crate::tui::session::Session;
use crate::tui::widgets::{Spans, split_top, state_span};

/// A context, and where it is.
fn context(there: &Destination, session: &Session, columns: usize) -> Line<'static> {
    let theme = session.theme;
    let here = if there.name == session.place() { "▸" } else { " " };
    let line = Spans::default().own(format!(" {here} {:<24} ", there.name), theme.key());
    line.foreign(&there.words, columns.saturating_sub(28), theme.text()).line()
}

/// An agent: its name, how it stands, who answers for it, and by what it was recognized.
fn agent(named: &Named, session: &Session, columns: usize) -> Line<'static> {
    let (theme, view) = (session.theme, &session.view);
    let Some(row) = view.registry().find(&named.did) else {
        let words = format!(" {}  is not registered here any more", named.did);
        return Spans::default().foreign(&words, columns, theme.dim()).line();
    };
    let agent = view.agent(row);
    let by = format!("by its {}", named.by.as_str().replace('_', " "));
    let rest = columns.saturating_sub(14 + 12 + 11);
    let (name, sponsor) = (rest * 2 / 5, rest * 3 / 10);
    let spans = Spans::default().own(" ", theme.text()).cell(agent.name(), name, theme.heading());
    let spans = spans.own(" ", theme.text()).cell(&short_did(&agent.did().to_string(), 12), 12, theme.dim());
    let spans = spans.own(" ", theme.text()).span(state_span(theme, view.judgement.state(row)));
    let spans = spans.own(" ", theme.text()).cell(agent.sponsor(), sponsor, theme.text());
    let left = columns.saturating_sub(spans.columns() + 2);
    spans.own(" ", theme.text()).foreign(&by, left, theme.dim()).line()
}

/// An action with its keys, and why it cannot be run.
fn action(choice: &Binding, state: &State, session: &Session, columns: usize) -> Line<'static> {
    let theme = session.theme;
    let refused = state.refusal(choice, session);
    let style = if refused.is_none() { theme.text() } else { theme.dim() };
    let keys = if refused.is_none() { theme.key() } else { theme.dim() };
    let spans = Spans::default()
        .own(format!(" {:<12}", session.keymap.keys_of(choice.action).join(" ")), keys)
        .own(choice.words, style);
    let left = columns.saturating_sub(spans.columns() + 4);
    match &refused {
        Some(why) => spans.own("  (", style).foreign(why, left, style).own(")", style).line(),
        None => spans.line(),
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
    let title = " Palette: an action, ctx and a context, an agent, or paste anything ";
    let inside = window(frame, area, (100, 18), title, theme);
    let [head, body] = split_top(inside, 1);
    let prompt = Spans::default()
        .own(":", theme.key())
        .foreign(state.typed.text(), usize::from(head.width).saturating_sub(3), theme.text())
        .own("▏", theme.key())
        .line();
    frame.render_widget(prompt, head);
    let choices = state.choices(&session.contexts, &session.queries);
    if choices.is_empty() {
        let words =
            if state.answered { " nothing is called that, and nobody is recognized by it" } else { " ..." };
        frame.render_widget(Line::styled(words, theme.dim()), body);
    }
    let columns = usize::from(body.width);
    let window = state.cursor.window(choices.len(), usize::from(body.height), top);
    for (index, y) in window.zip(body.y..body.bottom()) {
        let line = match choices.get(index) {
            None => break,
            Some(Choice::Agent(sighting)) => agent(sighting, session, columns),
            Some(Choice::Query((name, text))) => {
                let spans = Spans::default().own(" query ", theme.dim()).foreign(name, 24, theme.key());
                let left = columns.saturating_sub(spans.columns() + 2);
                spans.own("  ", theme.text()).foreign(text, left, theme.text()).line()
            }
            Some(Choice::Context(there)) => context(there, session, columns),
            Some(Choice::Action(choice)) => action(choice, state, session, columns),
        };
        let place = Rect { y, height: 1, ..body };
        frame.render_widget(line, place);
        if index == state.cursor.at {
            frame.buffer_mut().set_style(place, theme.selected());
        }
    }
}
