//! What lies over a room: one stack, the top one has the keys.

pub(super) mod aftermath;
pub(super) mod cases;
pub(super) mod changed;
pub(super) mod columns;
pub(super) mod compared;
pub(super) mod confirm;
pub(super) mod confirm_view;
mod confirm_words;
pub(super) mod copying;
pub(super) mod entry;
pub(super) mod filter;
pub(super) mod help;
pub(super) mod journal;
pub(super) mod order;
pub(super) mod order_view;
pub(super) mod palette;
pub(super) mod palette_view;
pub(super) mod pick;
pub(super) mod prompt;
pub(super) mod reading;
pub(super) mod slider;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Clear};

use super::session::Session;
use super::theme::Theme;
use super::widgets::Spans;
use crate::encoding::{Digest32, hex};
use crate::warden::Drafted;

/// Something over a room.
#[derive(Debug)]
pub(super) enum Overlay {
    /// A change waits for its confirmation.
    Confirm(Box<confirm::State>),
    /// Anything else that is signed waits for its confirmation.
    Order(Box<order::State>),
    /// One line of text is asked for.
    Prompt(Box<prompt::State>),
    /// Some of many are asked for.
    Pick(Box<pick::State>),
    /// The open cases.
    Cases(cases::State),
    /// One entry of the log.
    Entry(entry::State),
    /// The columns of the table of agents.
    Columns(columns::State),
    /// What differs between two moments.
    Compared(compared::State),
    /// A bar over the time of the log.
    Slider(slider::State),
    /// Lines to be read.
    Reading(reading::State),
    /// The registry file is another.
    Changed(Box<changed::State>),
    /// The keys of where you are.
    Help(help::State),
    /// Every action by name.
    Palette(palette::State),
    /// What a containment stopped, and what not.
    Aftermath(aftermath::State),
    /// What this console did and said.
    Journal(journal::State),
    /// What can be copied, by one more key.
    Copying(copying::State),
    /// A filter is typed; the room below follows.
    Filter(filter::State),
}

/// Where something is ordered: what does not hold there, whether it is locked, and who enforces it.
fn whereabouts(session: &Session, columns: usize) -> Vec<Line<'static>> {
    let theme = session.theme;
    let mut lines = Vec::new();
    if let Some(caveat) = session.caveat() {
        let tone = theme.tone(session.caveat_tone());
        lines.push(Spans::default().own(" ", tone).foreign(&caveat, columns, tone).line());
    }
    if let Some((words, tone)) = session.lock_words() {
        lines.push(Line::styled(format!(" {words}"), theme.tone(tone)));
    }
    if let Some(by) = &session.about.enforced_by {
        let line = Spans::default().own(" enforced by ", theme.dim());
        lines.push(line.foreign(by, columns.saturating_sub(13), theme.dim()).line());
    }
    lines
}

/// Draws an empty frame over the middle of `area` and answers what is inside it.
pub(super) fn window(
    frame: &mut Frame<'_>,
    area: Rect,
    (columns, rows): (u16, u16),
    title: &'static str,
    theme: Theme,
) -> Rect {
    let (width, height) = (columns.min(area.width), rows.min(area.height));
    let place = Rect {
        x: area.x.saturating_add(area.width.saturating_sub(width) / 2),
        y: area.y.saturating_add(area.height.saturating_sub(height) / 2),
        width,
        height,
    };
    frame.render_widget(Clear, place);
    let block = Block::bordered()
        .border_type(BorderType::Plain)
        .border_style(theme.border())
        .title_style(theme.title())
        .title(title)
        // However narrow it is, the way out is told.
        .title_bottom(Line::styled(" esc ", theme.key()).right_aligned());
    let block = match theme.badge() {
        None => block,
        Some(badge) => {
            let name = Line::styled(format!(" {} ", badge.name()), theme.context());
            block.title_top(name.right_aligned())
        }
    };
    let inner = block.inner(place);
    frame.render_widget(block, place);
    inner
}

fn signatures(count: usize) -> String {
    if count == 1 { "the signature".to_owned() } else { format!("{count} signatures") }
}

/// In whose name something is signed, and the digest of its bytes.
fn digest(drafted: &Drafted, theme: Theme, columns: usize) -> Vec<Line<'static>> {
    let name = Spans::default().own(" signed as ", theme.dim()).foreign(drafted.actor(), 24, theme.heading());
    let mut lines = vec![name.own(", SHA-256 of what is signed:", theme.dim()).line()];
    lines.extend(hex_lines(drafted.digest(), theme, columns));
    lines
}

/// A digest, whole, on as many lines as it needs.
fn hex_lines(digest: &Digest32, theme: Theme, columns: usize) -> Vec<Line<'static>> {
    let bytes = [32, 16, 8].into_iter().find(|bytes| bytes * 2 + 2 < columns).unwrap_or(4);
    let line = |piece: &[u8]| Line::styled(format!("  {}", hex::encode(piece)), theme.text());
    digest.chunks(bytes).map(line).collect()
}
