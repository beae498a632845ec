//! The screen as a function of the model.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Clear;

use super::action::{Action, RoomName};
use super::crumbs::crumbs;
use super::model::Model;
use super::overlays::{
    Overlay, aftermath, cases, changed, columns, compared, confirm_view, copying, entry, filter, help,
    journal, order_view, palette_view, pick, prompt, reading, slider,
};
use super::rooms::{agents, approvals, inspect, lineage, locks, log, operators, overview, policy, tiers};
use super::session::Drawn;
use super::widgets::{Spans, split_left, split_top};
use crate::text;

/// A smaller screen only says that it is too small.
const SMALLEST: (u16, u16) = (24, 8);

/// What drawing remembers from frame to frame.
#[derive(Debug, Default)]
pub(super) struct Viewport {
    tops: [usize; RoomName::ALL.len()],
    overlay_top: usize,
    /// Rows of the body in the last frame.
    pub page: usize,
    /// Where the rows of the room are.
    pub drawn: Option<Drawn>,
    /// Whether the last frame had room for what a dialog must say before it can be confirmed.
    pub dialog_told: bool,
}

/// Draws everything.
pub(super) fn draw(model: &Model, viewport: &mut Viewport, frame: &mut Frame<'_>) {
    let area = frame.area();
    (viewport.dialog_told, viewport.drawn) = (false, None);
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let words = format!("too small: {}x{} at least", SMALLEST.0, SMALLEST.1);
        frame.render_widget(Clear, area);
        if !area.is_empty() {
            frame.render_widget(Line::from(words), Rect { height: 1, ..area });
        }
        model.session.theme.finish(frame.buffer_mut());
        return;
    }
    let [head, rest] = split_top(area, 3);
    let [body, foot] = split_top(rest, rest.height.saturating_sub(2));
    header(model, frame, head);
    footer(model, frame, foot);
    room(model, viewport, frame, body);
    viewport.drawn = drawn(model, viewport, frame, body);
    for overlay in &model.overlays {
        let theme = model.session.theme;
        match overlay {
            Overlay::Confirm(state) => {
                viewport.dialog_told = confirm_view::view(state, &model.session, frame, area);
            }
            Overlay::Order(state) => {
                viewport.dialog_told = order_view::view(state, &model.session, frame, area);
            }
            Overlay::Cases(state) => {
                cases::view(state, &model.session, &mut viewport.overlay_top, frame, area);
            }
            Overlay::Prompt(state) => prompt::view(state, theme, frame, area),
            Overlay::Pick(state) => pick::view(state, theme, &mut viewport.overlay_top, frame, area),
            Overlay::Entry(state) => entry::view(state, theme, &mut viewport.overlay_top, frame, area),
            Overlay::Compared(state) => compared::view(state, theme, &mut viewport.overlay_top, frame, area),
            Overlay::Slider(state) => slider::view(state, theme, model.session.now, frame, area),
            Overlay::Reading(state) => reading::view(state, theme, &mut viewport.overlay_top, frame, area),
            Overlay::Changed(state) => changed::view(state, &model.session, frame, area),
            Overlay::Help(state) => help::view(state, &model.session, &mut viewport.overlay_top, frame, area),
            Overlay::Palette(state) => {
                palette_view::view(state, &model.session, &mut viewport.overlay_top, frame, area);
            }
            Overlay::Aftermath(state) => {
                aftermath::view(state, &model.session, &mut viewport.overlay_top, frame, area);
            }
            Overlay::Journal(state) => {
                journal::view(state, &model.journal, theme, &mut viewport.overlay_top, frame, area);
            }
            Overlay::Columns(state) => {
                columns::view(state, &model.session, &mut viewport.overlay_top, frame, area);
            }
            Overlay::Copying(state) => copying::view(state, theme, frame, area),
            Overlay::Filter(_) => {}
        }
    }
    if model.overlays.is_empty() {
        viewport.overlay_top = 0;
    }
    model.session.theme.finish(frame.buffer_mut());
}

fn room(model: &Model, viewport: &mut Viewport, frame: &mut Frame<'_>, body: Rect) {
    let (rooms, session) = (&model.rooms, &model.session);
    viewport.page = usize::from(body.height).saturating_sub(1).max(1);
    let index = RoomName::ALL.iter().position(|room| *room == model.room).unwrap_or(0);
    let Some(top) = viewport.tops.get_mut(index) else { return };
    match model.room {
        RoomName::Overview => overview::view(&rooms.overview, session, top, frame, body),
        RoomName::Agents => agents::view(&rooms.agents, session, top, frame, body),
        RoomName::Lineage => lineage::view(&rooms.lineage, session, top, frame, body),
        RoomName::Tiers => tiers::view(&rooms.tiers, session, top, frame, body),
        RoomName::Log => log::view(&rooms.log, session, top, frame, body),
        RoomName::Inspect => inspect::view(&rooms.inspect, session, top, frame, body),
        RoomName::Approvals => approvals::view(&rooms.approvals, session, top, frame, body),
        RoomName::Operators => operators::view(&rooms.operators, session, top, frame, body),
        RoomName::Locks => locks::view(&rooms.locks, session, top, frame, body),
        RoomName::Policy => policy::view(&rooms.policy, session, top, frame, body),
    }
}

/// Where the rows are: the one under the cursor is the one that is reversed to its last column.
fn drawn(model: &Model, viewport: &Viewport, frame: &mut Frame<'_>, body: Rect) -> Option<Drawn> {
    let last = body.right().checked_sub(1)?;
    let buffer = frame.buffer_mut();
    let reversed = |y: &u16| {
        buffer.cell((last, *y)).is_some_and(|cell| cell.modifier.contains(ratatui::style::Modifier::REVERSED))
    };
    let cursor_y = (body.y..body.bottom()).find(reversed)?;
    let index = RoomName::ALL.iter().position(|room| *room == model.room)?;
    Some(Drawn { top: *viewport.tops.get(index)?, cursor_y, bottom: body.bottom() })
}

fn header(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let theme = model.session.theme;
    let columns = usize::from(area.width);
    let mut title = Spans::default().own(" ", theme.text());
    if columns >= 60 {
        title = title.own("meshwarden ", theme.title());
    }
    if let Some(badge) = theme.badge() {
        title = title.own(format!(" {} ", badge.name()), theme.context()).own(" ", theme.text());
    }
    let caveat = model.session.caveat();
    let reserved = caveat.as_ref().map_or(0, |caveat| caveat.len() + 2) + title.columns() + 1;
    let left = columns.saturating_sub(reserved);
    if left > 6 {
        title = title.own(crumbs(model, left), theme.heading()).own("  ", theme.text());
    }
    if let Some(caveat) = caveat {
        let left = columns.saturating_sub(title.columns());
        title = title.foreign(&caveat, left, theme.tone(model.session.caveat_tone()));
    }
    frame.render_widget(title.line(), Rect { height: 1, ..area });
    banner(model, frame, Rect { y: area.y.saturating_add(1), height: 1, ..area });
    tabs(model, frame, Rect { y: area.y.saturating_add(2), height: 1, ..area });
}

/// Who sits here, or which moment of the past this is; and how much of the registry is shown.
fn banner(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let theme = model.session.theme;
    let (words, tone) = model.session.banner();
    let count = where_words(model);
    let columns = usize::from(area.width).saturating_sub(1);
    let room = columns.saturating_sub(count.len());
    let mut spans = Spans::default().own(" ", theme.text());
    // Who sits here says more than how many are shown.
    spans = spans.foreign(&words, if room < 30 { columns } else { room }, theme.tone(tone));
    if room >= 30 {
        spans = spans.own(count, theme.dim());
    }
    frame.render_widget(spans.line(), area);
}

/// The rooms with their keys: whole names where there is room, else the beginning of each, else the keys alone.
fn tabs(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let theme = model.session.theme;
    let waiting = model.rooms.approvals.count();
    let label = |room: RoomName, letters: usize| {
        let name: String = room.as_str().chars().take(letters).collect();
        let badge =
            if room == RoomName::Approvals && waiting > 0 { format!("({waiting})") } else { String::new() };
        let key = model.session.keymap.key_of(Action::Go(room));
        let words = format!(" {key} {name}{badge}");
        if room == model.room { words + " " } else { words.trim_end().to_owned() }
    };
    let width = |letters: usize| -> usize {
        RoomName::ALL
            .map(|room| label(room, if room == model.room { 20 } else { letters }).len())
            .iter()
            .sum()
    };
    let letters = [20, 4, 3, 0].into_iter().find(|letters| width(*letters) <= usize::from(area.width));
    let mut spans = Spans::default();
    for room in RoomName::ALL {
        let here = room == model.room;
        let style = match room {
            _ if here => theme.selected(),
            RoomName::Approvals if waiting > 0 => theme.warning(),
            _ => theme.dim(),
        };
        spans = spans.own(label(room, if here { 20 } else { letters.unwrap_or(0) }), style);
    }
    frame.render_widget(spans.line(), area);
}

/// How much of the registry the room shows.
fn where_words(model: &Model) -> String {
    let all = model.session.view.registry().len();
    let marked = match model.session.marks.len() {
        0 => String::new(),
        marked => format!("  {marked} marked"),
    };
    let marked = format!("{}{marked}", model.session.recent.words());
    let words = |shown: usize| match shown == all {
        true => format!("{marked}  {}", text::agents(all)),
        false => format!("{marked}  {shown} of {all}"),
    };
    match model.room {
        RoomName::Agents => words(model.rooms.agents.rows.shown.len()),
        RoomName::Tiers => words(model.rooms.tiers.table.rows.shown.len()),
        RoomName::Lineage => {
            let rows = text::plural(model.rooms.lineage.count(), "row", "rows");
            format!("{marked}  {rows} of {}", text::agents(all))
        }
        _ => format!("  {}", text::agents(all)),
    }
}

fn footer(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let theme = model.session.theme;
    let columns = usize::from(area.width).saturating_sub(2);
    let status = Rect { height: area.height.min(1), ..area };
    let last = Rect { y: area.y.saturating_add(1), height: area.height.saturating_sub(1).min(1), ..area };
    let wrong = model.filter_wrong();
    if let Some(Overlay::Filter(state)) = model.overlays.last() {
        let [typed, way_out] = split_left(status, status.width.saturating_sub(5));
        frame.render_widget(state.line(wrong, theme, usize::from(typed.width).saturating_sub(2)), typed);
        frame.render_widget(Line::styled(" esc ", theme.key()), way_out);
        frame.render_widget(state.hint(wrong, theme, columns), last);
        return;
    }
    let line = if let Some((words, tone)) = &model.said {
        Spans::default().own(" ", theme.text()).foreign(words, columns, theme.tone(*tone))
    } else if let (Some(text), Some(wrong)) = (model.filter_text(), wrong) {
        let query = filter::written(text, Some(wrong), theme, columns / 3);
        query.own("  ", theme.text()).foreign(&wrong.to_string(), columns * 2 / 3, theme.danger())
    } else if let Some(text) = model.filter_text().filter(|text| !text.is_empty()) {
        Spans::default()
            .own(" filter: ", theme.dim())
            .foreign(text, columns.saturating_sub(24), theme.heading())
            .own("  (esc ends it)", theme.dim())
    } else if let Some(warning) = &model.session.warning {
        Spans::default().own(" ", theme.text()).foreign(warning, columns, theme.warning())
    } else {
        Spans::default()
    };
    frame.render_widget(line.line(), status);
    let mut keys = Spans::default();
    let help = model.session.keymap.key_of(Action::Help);
    let reserved = help.len() + " keys ".len() + 1;
    let shown = model.session.keymap.holding_in(model.room).filter(|bound| !bound.short.is_empty());
    for binding in shown.filter(|bound| bound.action != Action::Help) {
        let Some(key) = binding.keys.first() else { continue };
        let width = key.len() + binding.short.len() + 3;
        if keys.columns() + width + reserved > columns {
            break;
        }
        keys = keys.own(format!(" {key}"), theme.key()).own(format!(" {} ", binding.short), theme.dim());
    }
    // Whatever the room and the width, the way to all keys is the last of them.
    keys = keys.own(format!(" {help}"), theme.key()).own(" keys ", theme.dim());
    frame.render_widget(keys.line(), last);
}
