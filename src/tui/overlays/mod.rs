//! What lies over a room: one stack, the top one has the keys.

pub(super) mod changed;
pub(super) mod confirm;
pub(super) mod confirm_view;
pub(super) mod help;
pub(super) mod palette;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::{Block, BorderType, Clear};

use super::theme::Theme;
use super::widgets::Field;

/// Something over a room.
#[derive(Debug)]
pub(super) enum Overlay {
    /// A change waits for its confirmation.
    Confirm(Box<confirm::State>),
    /// The registry file is another.
    Changed(Box<changed::State>),
    /// The keys of where you are.
    Help(help::State),
    /// Every action by name.
    Palette(palette::State),
    /// A filter is typed; the room below follows.
    Filter(Field),
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
        .title(title);
    let inner = block.inner(place);
    frame.render_widget(block, place);
    inner
}
