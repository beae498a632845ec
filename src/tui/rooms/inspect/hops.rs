//! The lineage, hop by hop: what each hop took away, and the rule that it breaks.

use ratatui::style::Style;
use ratatui::text::Line;

use super::super::lineage::evidence;
use super::{Opens, Said, WIDE, cut};
use crate::capability::Held;
use crate::registry::{Agent, Row};
use crate::tui::session::View;
use crate::tui::theme::Theme;
use crate::tui::widgets::{Spans, state_word};

pub(super) fn path(view: &View, theme: Theme, row: Row) -> Vec<Said> {
    let mut lines = Vec::new();
    for (hop, at) in view.registry().lineage().path(row).into_iter().enumerate() {
        let agent = view.agent(at);
        let state = view.judgement.state(at);
        let line = Spans::default()
            .own(format!(" {hop:>2}  "), theme.dim())
            .foreign(agent.name(), 30, theme.heading())
            .own("  ", theme.text())
            .own(state_word(state), theme.state(state))
            .own(format!("  {}  {}", agent.did(), evidence(view, at)), theme.dim())
            .line();
        lines.push(Said { line, opens: Some(Opens::Agent(agent.did())) });
        if let Some(fault) = view.judgement.verdict_of(at).fault.filter(|fault| fault.hop == at) {
            lines.push(
                Spans::default().own(format!("     ✗ {}", fault.rule.code()), theme.danger()).line().into(),
            );
        }
        lines.extend(difference(&agent, theme).into_iter().map(Said::from));
    }
    lines
}

/// What a hop took away, what it kept, and what it has beyond its parent.
fn difference(agent: &Agent<'_>, theme: Theme) -> Vec<Line<'static>> {
    let mark = |sign: &'static str, capability: &str, style: Style| {
        Spans::default().own(format!("       {sign} "), style).foreign(capability, WIDE, style).line()
    };
    let Some(parent) = agent.parent() else {
        return cut(agent.capabilities().map(|capability| mark("=", capability, theme.text())), theme);
    };
    let (above, below) = (Held::new(parent.capabilities()), Held::new(agent.capabilities()));
    let taken = parent
        .capabilities()
        .filter(|capability| !below.allows(capability))
        .map(|capability| mark("-", capability, theme.dim()));
    let kept = agent.capabilities().map(|capability| {
        if above.allows(capability) {
            mark("=", capability, theme.text())
        } else {
            mark("+", capability, theme.danger())
        }
    });
    cut(taken.chain(kept), theme)
}
