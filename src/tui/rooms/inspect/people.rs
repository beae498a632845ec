//! Whom to call now, and what else is theirs; what falls with the agent, and who stands above it.

use super::{Opens, Said, WIDE, heading, remark};
use crate::registry::Agent;
use crate::tui::action::Action;
use crate::tui::session::Session;
use crate::tui::widgets::{Spans, expiry_words};

pub(super) fn lines(session: &Session, agent: &Agent<'_>) -> Vec<Said> {
    let (view, theme) = (&*session.view, session.theme);
    let registry = view.registry();
    let email = agent.sponsor();
    let deputy = registry.facts().sponsors.deputy(email, session.now);
    let call = deputy.map_or(email, |deputy| deputy.email.as_str());
    let field = |name: &str, value: &str, style| {
        Said::from(
            Spans::default().own(format!("   {name:<20}"), theme.dim()).foreign(value, WIDE, style).line(),
        )
    };
    let mut lines = vec![heading("Call now", theme), field("", call, theme.title())];
    if let Some(deputy) = deputy {
        let until = deputy.until.map_or_else(
            || "until another is named".to_owned(),
            |until| format!("ends {}", expiry_words(until, session.now)),
        );
        let words = format!("deputy of {email}, by entry {}, {until}", deputy.index);
        lines.push(field("why", &words, theme.text()));
    }
    let (words, style) = match agent.sponsor_verified() {
        true => ("verified", theme.good()),
        false => ("NOT VERIFIED: nobody vouches that this address is theirs", theme.danger()),
    };
    lines.push(field("sponsor", email, theme.text()));
    lines.push(field("", words, style));
    lines.push(field("organization", agent.organization().unwrap_or("none"), theme.text()));
    let others = registry.of_sponsor(email).count().saturating_sub(1);
    let opens = format!("sponsor=\"{}\"", email.replace('\\', "\\\\").replace('"', "\\\""));
    let key = |action| session.keymap.key_of(action);
    let open = key(Action::Open);
    let listed = |name: &str, words: String, query: String| Said {
        opens: Some(Opens::List(query)),
        ..field(name, &format!("{words}  ({open})"), theme.heading())
    };
    lines.push(listed("their other agents", others.to_string(), opens));
    lines.push(heading("Reach", theme));
    let (did, lineage) = (agent.did(), registry.lineage());
    let impact = view.risks.impact(registry, agent.row());
    lines.push(listed("impact", format!("{impact} may act and would stop with it"), format!("under:{did}")));
    let above = lineage.level(agent.row());
    lines.push(listed("exposure", format!("{above} above it could act through it"), format!("above:{did}")));
    let risk = view.risks.risk(registry, agent.row());
    let style = if risk > 0 { theme.danger() } else { theme.text() };
    lines.push(field("risk", &format!("{risk}: impact times the trust that it lost within a day"), style));
    let words = format!("{} asks why it can do something, and who else can", key(Action::Paths));
    lines.push(remark(&words, theme));
    lines
}
