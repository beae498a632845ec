//! Who differs between two moments of the log, and which entries did it.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::window;
use crate::registry::{Moment, compare};
use crate::text::{agents, short_did};
use crate::tui::effect::Ticket;
use crate::tui::session::View;
use crate::tui::theme::Theme;
use crate::tui::widgets::{Cursor, Spans, split_top};
use crate::wire::{difference_words, entry_words};

/// A line is cut after so many columns.
const WIDE: usize = 300;

/// What differs, line by line.
#[derive(Debug)]
pub(in crate::tui) struct Compared {
    /// How many agents differ.
    pub count: usize,
    /// Each line, and whether an agent begins with it.
    pub lines: Vec<(bool, String)>,
}

/// Two moments, and what differs once that is known.
#[derive(Debug)]
pub(in crate::tui) struct State {
    pub ticket: Ticket,
    /// After how many entries each moment is.
    pub sizes: (u64, u64),
    pub compared: Option<Compared>,
    pub cursor: Cursor,
}

/// Compares two moments.
pub(in crate::tui) fn of(before: &View, after: &View) -> Compared {
    let found = compare(moment(before), moment(after));
    let mut lines = Vec::new();
    for differing in &found {
        let did = short_did(&differing.did.to_string(), 20);
        lines.push((true, format!("{}  {did}  {}", differing.name, entry_words(&differing.entries))));
        lines.extend(difference_words(differing).into_iter().map(|words| (false, words)));
    }
    Compared { count: found.len(), lines }
}

fn moment(view: &View) -> Moment<'_> {
    Moment { registry: view.registry(), judgement: &view.judgement, size: view.snapshot.head.size }
}

impl State {
    pub(in crate::tui) fn count(&self) -> usize {
        self.compared.as_ref().map_or(0, |compared| compared.lines.len())
    }
}

pub(in crate::tui) fn view(state: &State, theme: Theme, top: &mut usize, frame: &mut Frame<'_>, area: Rect) {
    let height = u16::try_from(state.count().max(1) + 4).unwrap_or(u16::MAX);
    let inside = window(frame, area, (100, height), " What differs ", theme);
    let [head, rest] = split_top(inside, 1);
    let [body, foot] = split_top(rest, rest.height.saturating_sub(1));
    let columns = usize::from(inside.width).saturating_sub(4);
    let (from, to) = state.sizes;
    let between = format!(" between the first {from} entries and the first {to}: ");
    let words = match &state.compared {
        None => "comparing …".to_owned(),
        Some(compared) if compared.count == 0 => "nothing".to_owned(),
        Some(compared) => agents(compared.count),
    };
    frame.render_widget(Spans::default().own(between, theme.dim()).own(words, theme.heading()).line(), head);
    let none = Vec::new();
    let lines = state.compared.as_ref().map_or(&none, |compared| &compared.lines);
    let window = state.cursor.window(lines.len(), usize::from(body.height), top);
    for (index, y) in window.zip(body.y..body.bottom()) {
        let Some((begins, words)) = lines.get(index) else { break };
        let (indent, style) = if *begins { (" ", theme.heading()) } else { ("    ", theme.text()) };
        let line = Spans::default().own(indent, style).foreign(words, columns.min(WIDE), style);
        let place = Rect { y, height: 1, ..body };
        frame.render_widget(line.line(), place);
        if index == state.cursor.at {
            frame.buffer_mut().set_style(place, theme.selected());
        }
    }
    let keys = Spans::default().own(" esc ", theme.key()).own("back", theme.text());
    let keys = keys.own("  m ", theme.key()).own("marks a moment to compare with", theme.text());
    frame.render_widget(keys.line(), foot);
}
