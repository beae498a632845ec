//! What counts for the agent now, check by check, and why its lineage breaks.

use ratatui::text::Line;

use super::WIDE;
use super::record::key_words;
use crate::registry::{Evidence, Row, State as Effective, explain};
use crate::tui::session::{Session, View};
use crate::tui::widgets::{Spans, state_word};

/// The weakest evidence of the edges above, in words.
fn edges_words(view: &View, row: Row) -> &'static str {
    let edges =
        view.registry().upwards(row).filter_map(|at| view.registry().evidence(at, view.judgement.at()));
    match edges.max() {
        None => "as a root it has no edge",
        Some(Evidence::Signed) => "every edge above it was signed by its parent",
        Some(Evidence::Attested) => "every edge above it is signed or attested",
        Some(Evidence::Asserted) => "its edges are only asserted",
    }
}

/// The checks in order, each with its answer, and what the lineage's own breaks.
pub(super) fn verdict(session: &Session, row: Row) -> Vec<Line<'static>> {
    let (view, theme) = (&*session.view, session.theme);
    let agent = view.agent(row);
    let verdict = view.judgement.verdict_of(row);
    let check = |name: &str, holds: bool, words: &str| {
        let (mark, style) = if holds { ("✓", theme.good()) } else { ("✗", theme.danger()) };
        Spans::default().own(format!(" {mark} {name:<22}"), style).foreign(words, WIDE, theme.text()).line()
    };
    let status = agent.status(session.now);
    let expired = agent.expires_at().is_some_and(|expiry| session.now >= expiry);
    let why = explain(view.registry(), &view.judgement, row);
    let mut lines = vec![
        Spans::default()
            .own(" effective state        ", theme.dim())
            .own(state_word(verdict.state), theme.state(verdict.state))
            .line(),
        check("status", status == crate::identity::Status::Active, status.as_str()),
        check(
            "expiry",
            !expired,
            &agent.expires_at().map_or_else(|| "never".to_owned(), |time| time.to_string()),
        ),
        check("key", agent.public_key().check().is_ok(), key_words(&agent).0),
        check(
            "lineage",
            why.is_none(),
            &why.as_ref().map_or_else(|| "valid up to its root".to_owned(), |why| why.rule.code().to_owned()),
        ),
    ];
    if let Some(by) = view.cut_off_by(row) {
        lines.insert(
            1,
            Spans::default()
                .own(" cut off by             ", theme.dim())
                .foreign(&by, WIDE, theme.state(Effective::CutOff))
                .line(),
        );
    }
    if let Some(why) = why {
        let detail = |name: &str, value: &str| {
            Spans::default()
                .own(format!("     {name:<20}"), theme.dim())
                .foreign(value, WIDE, theme.text())
                .line()
        };
        lines.extend([
            detail("failing hop", &why.hop),
            detail("parent", why.parent.as_deref().unwrap_or("none")),
            detail("expected", &why.expected),
            detail("found", &why.found),
        ]);
        if why.on_cycle {
            lines.push(detail("cycle", "its parents lead back to itself"));
        }
    }
    if verdict.state == Effective::Active {
        lines.push(Line::styled(
            format!(" The records agree that it may act; {}.", edges_words(view, row)),
            theme.dim(),
        ));
    }
    lines
}
