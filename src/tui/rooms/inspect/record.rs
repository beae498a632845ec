//! Every field of a record, and what the log says beside it.

use ratatui::style::Style;
use ratatui::text::Line;

use super::super::lineage::evidence;
use super::{WIDE, cut, standing};
use crate::registry::{Agent, Row};
use crate::tui::session::{Session, View};
use crate::tui::theme::Theme;
use crate::tui::widgets::{Spans, expiry_words};

pub(super) fn record(session: &Session, agent: &Agent<'_>) -> Vec<Line<'static>> {
    let theme = session.theme;
    let field = |name: &str, value: &str, style: Style| {
        Spans::default().own(format!(" {name:<24}"), theme.dim()).foreign(value, WIDE, style).line()
    };
    let plain = |name: &str, value: &str| field(name, value, theme.text());
    let did = agent.did();
    let bound =
        if did.is_bound_to(&agent.public_key()) { "bound to its key" } else { "not bound to its key" };
    let time = |time: crate::time::Time| format!("{time}  ({})", expiry_words(time, session.now));
    let none = "none";
    let confused = confused(session, agent);
    let mut lines = vec![
        plain("DID", &did.to_string()),
        plain("", bound),
        plain("name", agent.name()),
        plain("description", agent.description().unwrap_or(none)),
        plain("sponsor", agent.sponsor()),
        plain("sponsor verified", if agent.sponsor_verified() { "yes" } else { "no" }),
        plain("organization", agent.organization().unwrap_or(none)),
        field("status (stored)", agent.status(session.now).as_str(), theme.heading()),
        plain("reason", agent.reason().unwrap_or(none)),
        plain("until", &agent.until().map_or_else(|| none.to_owned(), time)),
        plain("sealed since entry", &agent.sealed_at().map_or_else(|| none.to_owned(), |at| at.to_string())),
        plain("version (log entry)", &agent.version().to_string()),
        plain("created", &time(agent.created_at())),
        plain("updated", &time(agent.updated_at())),
        plain("expires", &agent.expires_at().map_or_else(|| "never".to_owned(), time)),
        plain("trust score", &score_words(&session.view, agent.row())),
        plain("score ceiling", &agent.ceiling().map_or_else(|| none.to_owned(), |score| score.to_string())),
        plain("delegation depth", &agent.depth().to_string()),
        plain("parent", &agent.parent_did().unwrap_or_else(|| "none: a root".to_owned())),
        plain("evidence of its edge", evidence(&session.view, agent.row())),
        plain("key id", &agent.public_key().key_id().to_string()),
        plain("public key", &agent.public_key().to_base64()),
        field("key checked on curve", key_words(agent).0, key_words(agent).1(theme)),
    ];
    lines.extend(
        standing::fields(session, agent).into_iter().map(|(name, value, style)| field(name, &value, style)),
    );
    if !confused.is_empty() {
        lines.insert(2, field("easily confused with", &confused, theme.danger()));
    }
    let capabilities = agent.capabilities().map(|text| plain("", text));
    let count = agent.capabilities().count();
    lines.push(plain("capabilities", &count.to_string()));
    lines.extend(cut(capabilities, theme));
    lines
}

/// Agents whose DIDs differ from this one's only in case: different agents that people take for one.
fn confused(session: &Session, agent: &Agent<'_>) -> String {
    let registry = session.view.registry();
    let others =
        registry.confusable_with(agent.row()).take(20).map(|row| registry.agent(row).did().to_string());
    others.collect::<Vec<_>>().join(", ")
}

pub(super) fn key_words(agent: &Agent<'_>) -> (&'static str, fn(Theme) -> Style) {
    match agent.public_key().check() {
        Ok(_) => ("yes: canonical, torsion-free", Theme::good),
        Err(crate::identity::InvalidKey::NotCanonical) => ("NO: not a canonical point", Theme::danger),
        Err(crate::identity::InvalidKey::Torsion) => ("NO: has a small-order component", Theme::danger),
    }
}

fn score_words(view: &View, row: Row) -> String {
    match view.trust(row) {
        (Some(score), Some(tier)) => format!("{score}, {}", tier.as_str()),
        _ => "unscored; counts as 500".to_owned(),
    }
}
