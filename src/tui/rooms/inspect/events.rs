//! The entries of the log that are about the agent, or about everybody below somebody above it, the newest first.

use super::{Looked, Opens, Said, WIDE, remark};
use crate::registry::Row;
use crate::text::short_did;
use crate::tui::session::Session;
use crate::tui::widgets::Spans;

pub(super) fn lines(session: &Session, _: Row, looked: &Looked) -> Vec<Said> {
    let (history, theme) = (&looked.dossier.history, session.theme);
    let mut lines: Vec<Said> = Vec::new();
    for touch in &history.touches {
        let entry = &touch.line;
        let time: String = entry.time.to_string().replace('T', " ").chars().take(19).collect();
        let mut spans = Spans::default()
            .own(format!(" {:>7}  {time}  ", entry.index), theme.dim())
            .own(format!("{:<13} ", entry.kind.as_str()), theme.heading())
            .foreign(&entry.actor, 16, theme.text())
            .own("  ", theme.text());
        if let Some(through) = &touch.through {
            spans = spans
                .own(format!("with all below {}  ", short_did(&through.to_string(), 18)), theme.warning());
        }
        let line = spans.foreign(&entry.reason, WIDE, theme.text()).line();
        lines.push(Said { line, opens: Some(Opens::Entry(entry.index)) });
    }
    if lines.is_empty() {
        lines.push(remark("no entry names it since its record came", theme));
    }
    if history.next.is_some() {
        lines.push(remark("there is more: `meshwarden agent history`", theme));
    }
    lines
}
