//! Why an agent can do something, and who can: asked for by one line, read as chains.

use std::sync::Arc;

use crate::identity::Did;
use crate::policy::{Reach, who_can};
use crate::registry::Row;
use crate::registry::query::reach_query;
use crate::text::agents;
use crate::tui::effect::{Effect, Ticket};
use crate::tui::model::Model;
use crate::tui::overlays::reading::{Said, State};
use crate::tui::overlays::{Overlay, prompt};
use crate::tui::session::View;
use crate::tui::theme::Theme;
use crate::tui::widgets::{Spans, state_word};

/// So many of those who can are named; the list has them all.
const NAMED: usize = 200;
/// A line is cut after so many columns.
const WIDE: usize = 300;

/// What was found.
#[derive(Debug)]
pub(in crate::tui) struct Paths {
    /// What the rows are of.
    view: Arc<View>,
    capability: String,
    /// The agent that was asked about, and the way to it.
    why: Option<(Row, Reach)>,
    /// Who can, those next to a root first, with the way to each.
    who: Vec<Reach>,
    /// How many they are.
    count: usize,
}

/// Asks what is to be done.
pub(super) fn begin(model: &Model) -> Effect {
    let agent = model.selected().map(|row| model.session.view.agent(row));
    let known = agent.map(|agent| format!("why {} can do it: {}", agent.name(), agent.did()));
    let purpose = prompt::Purpose::Paths(agent.map(|agent| agent.did()));
    let known = known.into_iter().collect();
    Effect::Prompt(Box::new(prompt::State { known, ..prompt::State::new(purpose) }))
}

/// Opens the paths of a capability.
pub(super) fn open(model: &mut Model, did: Option<Did>, capability: String) -> Vec<Effect> {
    let ticket = model.ticket();
    let state = State {
        ticket,
        list: Some(reach_query(&capability)),
        ..State::new(" Paths ", format!("to {capability}"))
    };
    model.overlays.push(Overlay::Reading(state));
    let row = did.and_then(|did| model.session.view.registry().find(&did));
    vec![Effect::FindPaths(ticket, row, capability)]
}

/// Finds them; done off the screen thread.
pub(in crate::tui) fn find(view: Arc<View>, row: Option<Row>, capability: String) -> Paths {
    let reach = |row| view.snapshot.policy.reach(view.registry(), &view.judgement, row, &capability);
    let who = who_can(view.registry(), &view.judgement, &capability);
    let count = who.len();
    let why = row.map(|row| (row, reach(row)));
    let who = who.into_iter().take(NAMED).map(reach).collect();
    Paths { view, capability, why, who, count }
}

/// Takes what was found.
pub(super) fn found(model: &mut Model, ticket: Ticket, paths: &Paths) {
    let theme = model.session.theme;
    if let Some(Overlay::Reading(state)) = model.overlays.last_mut()
        && state.ticket == ticket
    {
        state.lines = Some(lines(paths, theme));
    }
}

fn lines(paths: &Paths, theme: Theme) -> Vec<Said> {
    let (view, mut lines) = (&*paths.view, Vec::new());
    if let Some((row, reach)) = &paths.why {
        lines.extend(chain(*row, reach, &paths.capability, view, theme));
        lines.push(Said::of(Spans::default().line()));
    }
    let agents = agents(paths.count);
    let words = format!(" Who can: {agents}, those next to a root first");
    lines.push(Said::of(Spans::default().own(words, theme.heading()).line()));
    lines.extend(paths.who.iter().map(|reach| way(reach, view, theme)));
    let more = paths.count.saturating_sub(paths.who.len());
    if more > 0 {
        let words = format!(" … and {more} more: l lists them all");
        lines.push(Said::of(Spans::default().own(words, theme.dim()).line()));
    }
    lines
}

/// The way to the agent that was asked about, a line for each hop.
fn chain(row: Row, reach: &Reach, capability: &str, view: &View, theme: Theme) -> Vec<Said> {
    let (word, style) = match reach.ends() {
        None => (" can ", theme.good()),
        Some(_) => (" CANNOT ", theme.danger()),
    };
    let answer = Spans::default().own(" ", style).foreign(view.agent(row).name(), 40, theme.heading());
    let answer = answer.own(word, style).foreign(capability, 40, theme.heading());
    let answer = match reach.ends() {
        None => answer,
        Some((hop, ends)) => {
            let answer = answer.own(": ", style).foreign(view.agent(hop.row).name(), 40, style);
            answer.own(" ", style).foreign(&ends.words(), WIDE, style)
        }
    };
    let mut lines = vec![Said { about: Some(view.agent(row).did()), line: answer.line() }];
    for (depth, hop) in reach.hops.iter().enumerate() {
        let agent = view.agent(hop.row);
        let by = hop.by.as_deref().unwrap_or("nothing");
        let evidence = hop.evidence.map_or("root", crate::registry::Evidence::as_str);
        let mut spans = Spans::default()
            .own(format!(" {depth:>2}  "), theme.dim())
            .foreign(agent.name(), 30, theme.heading())
            .own("  ", theme.text())
            .own(state_word(hop.state), theme.state(hop.state))
            .own("  by ", theme.dim())
            .foreign(by, 40, if hop.by.is_some() { theme.text() } else { theme.danger() })
            .own(format!("  {evidence}"), theme.dim());
        if let Some(ends) = &hop.ends {
            spans = spans.own(format!("  ✗ {}", ends.code()), theme.danger());
        }
        lines.push(Said { about: Some(agent.did()), line: spans.line() });
    }
    lines
}

/// The way to one of those who can, in one line.
fn way(reach: &Reach, view: &View, theme: Theme) -> Said {
    let mut spans = Spans::default().own(format!(" {:>2}  ", reach.degree()), theme.dim());
    let last = reach.degree();
    for (at, hop) in reach.hops.iter().enumerate() {
        let (style, between) = if at == last { (theme.heading(), "") } else { (theme.dim(), " > ") };
        spans = spans.foreign(view.agent(hop.row).name(), 30, style).own(between, theme.dim());
    }
    if let Some((_, ends)) = reach.ends() {
        spans = spans.own("  policy says no: ", theme.warning()).own(ends.code(), theme.warning());
    }
    let about = reach.hops.last().map(|hop| view.agent(hop.row).did());
    Said { about, line: spans.line() }
}
