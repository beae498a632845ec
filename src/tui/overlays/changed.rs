//! The registry file was written since it was imported: what taking it again would do.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::window;
use crate::registry::Registry;
use crate::text::{agents, short_did};
use crate::tui::session::Session;
use crate::tui::widgets::Spans;
use crate::warden::{FileDifference, Side};

/// So many agents of each kind are named.
const NAMED: usize = 4;

/// The difference, shown until somebody answers.
#[derive(Debug)]
pub(in crate::tui) struct State {
    pub difference: FileDifference,
    pub taking: bool,
    pub failure: Option<String>,
}

pub(in crate::tui) fn view(state: &State, session: &Session, frame: &mut Frame<'_>, area: Rect) {
    let theme = session.theme;
    let mut lines = vec![
        Line::styled(" The file is not what was imported. Taking it would:", theme.text()),
        Line::default(),
    ];
    let registry = session.view.registry();
    lines.extend(side(registry, "add", &state.difference.added, session));
    lines.extend(side(registry, "change the record of", &state.difference.changed, session));
    lines.extend(side(registry, "remove", &state.difference.removed, session));
    lines.push(Line::default());
    lines.push(Line::styled(" Whom you suspended or revoked stays so.", theme.text()));
    if let Some(failure) = &state.failure {
        let line = Spans::default().own(" NOT TAKEN: ", theme.danger());
        lines.push(line.foreign(failure, usize::from(area.width).saturating_sub(16), theme.danger()).line());
    }
    let foot = if state.taking {
        Line::styled(" taking it …", theme.warning())
    } else {
        Spans::default()
            .own(" y ", theme.key())
            .own("take the file  ", theme.text())
            .own(" esc ", theme.key())
            .own("go on with what was imported", theme.text())
            .line()
    };
    let height = u16::try_from(lines.len() + 3).unwrap_or(u16::MAX);
    let inside = window(frame, area, (76, height), " THE FILE CHANGED ", theme);
    let room = inside.height.saturating_sub(1);
    for (line, y) in lines.iter().zip(inside.y..inside.y.saturating_add(room)) {
        frame.render_widget(line, Rect { y, height: 1, ..inside });
    }
    let last = Rect { y: inside.y.saturating_add(room), height: inside.height.min(1), ..inside };
    frame.render_widget(foot, last);
}

fn side(registry: &Registry, verb: &'static str, side: &Side, session: &Session) -> Vec<Line<'static>> {
    let theme = session.theme;
    let agents = agents(side.count);
    let style = if side.count == 0 { theme.dim() } else { theme.heading() };
    let mut lines = vec![Line::styled(format!("   {verb} {agents}"), style)];
    lines.extend(side.dids.iter().take(NAMED).map(|did| {
        let spans = Spans::default().own(format!("      {}  ", short_did(&did.to_string(), 20)), theme.dim());
        match registry.find(did) {
            Some(row) => spans.foreign(registry.agent(row).name(), 40, theme.text()).line(),
            None => spans.line(),
        }
    }));
    lines
}
