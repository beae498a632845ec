//! How the mesh stands at a glance: what asks for somebody first, then verdicts, states and tiers.
//!
//! Two columns of figures, each of which opens the list behind it; where there is room for one, they stand below each
//! other. Nothing is counted here: the snapshot brings its figures, the decision log its own.

mod items;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line as TextLine;

pub(in crate::tui) use items::{Behind, late};
use items::{Item, columns};

use crate::backend::Beat;
use crate::tui::action::Action;
use crate::tui::effect::{Effect, Ticket};
use crate::tui::listing::Selection;
use crate::tui::session::Session;
use crate::tui::widgets::{Cursor, split_left};
use crate::warden::{Kind, Line};
use crate::wire::{ContactLine, UnsignedLine};

/// Two columns need so much room.
const WIDE: u16 = 72;

/// The figure under the cursor, and what verdicts say.
#[derive(Debug, Default)]
pub(in crate::tui) struct State {
    cursor: Cursor,
    /// What the cursor is on: it stays there, whatever comes to stand above it.
    on: Option<Behind>,
    /// What verdicts say; none before anybody looked.
    beat: Option<Result<Option<Beat>, String>>,
    /// The question that is not answered yet.
    awaited: Option<Ticket>,
}

impl State {
    /// Asks what verdicts say, unless somebody is looking; the past has none of its own.
    pub(in crate::tui) fn ask(&mut self, session: &Session, ticket: Ticket) -> Option<Effect> {
        let lost =
            matches!(&session.present().snapshot.kind, Kind::Verifier { line, .. } if *line != Line::Live);
        if session.past.is_some() || self.awaited.is_some() || lost {
            return None;
        }
        self.awaited = Some(ticket);
        Some(Effect::ReadBeat(ticket))
    }

    /// When enforcement points and sources were last heard, as far as somebody told.
    pub(in crate::tui) fn contacts(&self) -> &[ContactLine] {
        self.told().map_or(&[], |beat| &beat.contacts)
    }

    /// Requests that came unsigned, as far as somebody told.
    pub(in crate::tui) fn unsigned(&self) -> &[UnsignedLine] {
        self.told().map_or(&[], |beat| &beat.unsigned)
    }

    fn told(&self) -> Option<&Beat> {
        self.beat.as_ref()?.as_ref().ok()?.as_ref()
    }

    /// Takes what was asked for last.
    pub(in crate::tui) fn take(&mut self, ticket: Ticket, beat: Result<Option<Beat>, String>) {
        if self.awaited == Some(ticket) {
            (self.awaited, self.beat) = (None, Some(beat));
        }
    }
}

/// A place where the cursor can stand: a column, a line in it, and what that opens.
struct Place<'i> {
    column: usize,
    line: usize,
    behind: &'i Behind,
}

fn places(columns: &[Vec<Item>; 2]) -> Vec<Place<'_>> {
    let all = columns.iter().enumerate().flat_map(|(column, items)| {
        let lines = items.iter().enumerate();
        lines.filter_map(move |(line, item)| Some(Place { column, line, behind: item.behind.as_ref()? }))
    });
    all.collect()
}

/// The cursor, on what it was on before if that is still there.
fn cursor(state: &State, places: &[Place<'_>]) -> Cursor {
    let on = state.on.as_ref();
    let at = on.and_then(|on| places.iter().position(|place| place.behind == on));
    let mut cursor = Cursor::default();
    cursor.go(at.unwrap_or(state.cursor.at), places.len());
    cursor
}

pub(in crate::tui) fn update(state: &mut State, action: Action, session: &Session) -> Vec<Effect> {
    let columns = columns(state.beat.as_ref(), session);
    let places = places(&columns);
    let mut cursor = cursor(state, &places);
    let Some(here) = places.get(cursor.at) else { return Vec::new() };
    match action {
        Action::Open => return vec![open(here.behind.clone())],
        Action::Left | Action::Right => {
            let wanted = usize::from(action == Action::Right);
            let there = places.iter().enumerate().filter(|(_, place)| place.column == wanted);
            let nearest = there.min_by_key(|(_, place)| place.line.abs_diff(here.line));
            if let Some((at, _)) = nearest.filter(|_| wanted != here.column) {
                cursor.go(at, places.len());
            }
        }
        action => {
            cursor.act(action, places.len(), session.page);
        }
    }
    let on = places.get(cursor.at).map(|place| place.behind.clone());
    (state.cursor, state.on) = (cursor, on);
    Vec::new()
}

fn open(behind: Behind) -> Effect {
    match behind {
        Behind::Agents(text, sort) => Effect::ListAgents(Selection { text, sort, ..Selection::default() }),
        Behind::Agent(row) => Effect::Inspect(row),
        Behind::Verdicts(words) => Effect::ShowVerdicts(words.to_owned()),
        Behind::Sources | Behind::Unsigned => Effect::ShowSources,
    }
}

/// What the cursor can open, in its order, with what the figures say.
#[cfg(test)]
pub(in crate::tui) fn counted(state: &State, session: &Session) -> Vec<(Behind, u32)> {
    let columns = columns(state.beat.as_ref(), session);
    columns.into_iter().flatten().filter_map(|item| Some((item.behind?, item.count))).collect()
}

pub(in crate::tui) fn view(
    state: &State,
    session: &Session,
    _top: &mut usize,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let [left, right] = columns(state.beat.as_ref(), session);
    let columns = if area.width >= WIDE {
        [left, right]
    } else {
        [left.into_iter().chain(right).collect(), Vec::new()]
    };
    let places = places(&columns);
    let at = places.get(cursor(state, &places).at).map(|place| (place.column, place.line));
    let areas = split_left(area, if area.width >= WIDE { area.width / 2 } else { area.width });
    for (number, (items, area)) in columns.iter().zip(areas).enumerate() {
        let here = at.filter(|(column, _)| *column == number).map(|(_, line)| line);
        let mut cursor = Cursor::default();
        cursor.go(here.unwrap_or(0), items.len());
        let window = cursor.window(items.len(), usize::from(area.height), &mut 0);
        for (line, y) in window.zip(area.y..area.bottom()) {
            let Some(item) = items.get(line) else { break };
            let place = Rect { y, height: 1, ..area };
            let words: TextLine<'_> = item.line(session, usize::from(area.width));
            frame.render_widget(words, place);
            if here == Some(line) {
                let words = Rect { width: place.width.min(items::WORDS), ..place };
                frame.buffer_mut().set_style(words, session.theme.selected());
            }
        }
    }
}
