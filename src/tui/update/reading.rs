//! What opens behind a figure and is no list of agents: the last verdicts, and who tells of what.

use crate::audit::{Decision, Told};
use crate::change::operators::Duty;
use crate::registry::pulse;
use crate::text::short_did;
use crate::tui::effect::{Effect, Ticket};
use crate::tui::model::Model;
use crate::tui::overlays::Overlay;
use crate::tui::overlays::reading::{Said, State};
use crate::tui::theme::Theme;
use crate::tui::widgets::Spans;

/// A line is cut after so many columns.
const WIDE: usize = 300;

/// Opens the last verdicts that some words mean.
pub(super) fn verdicts(model: &mut Model, words: String) -> Effect {
    let ticket = model.ticket();
    let head =
        if words.is_empty() { "the newest first".to_owned() } else { format!("{words}, the newest first") };
    model.overlays.push(Overlay::Reading(State { ticket, ..State::new(" Verdicts ", head) }));
    Effect::ReadVerdicts(ticket, words)
}

/// Takes what was found.
pub(super) fn found(model: &mut Model, ticket: Ticket, found: Result<Vec<Decision>, String>) {
    let theme = model.session.theme;
    let Some(Overlay::Reading(state)) = model.overlays.last_mut().filter(|_| ticket != 0) else { return };
    if state.ticket != ticket {
        return;
    }
    state.lines = Some(match found {
        Ok(decisions) => decisions.iter().map(|decision| verdict(decision, theme)).collect(),
        Err(why) => {
            let line =
                Spans::default().own(" cannot be read: ", theme.danger()).foreign(&why, WIDE, theme.text());
            vec![Said::of(line.line())]
        }
    });
}

/// One entry of the decision log.
pub(in crate::tui) fn verdict(decision: &Decision, theme: Theme) -> Said {
    let time = Spans::default().own(format!(" {}  ", clock(&decision.time.to_string())), theme.dim());
    let ruling = match &decision.told {
        Told::Ruling(ruling) => ruling,
        Told::Refusals(refusals) => {
            let codes: Vec<String> =
                refusals.counts.iter().map(|(code, count)| format!("{count} {code}")).collect();
            let words = format!("{} strangers in this minute: {}", refusals.total(), codes.join(", "));
            return Said::of(time.own("deny   ", theme.danger()).foreign(&words, WIDE, theme.text()).line());
        }
    };
    let verdict = &ruling.verdict;
    let (word, style) =
        if verdict.allows() { ("allow  ", theme.good()) } else { ("deny   ", theme.danger()) };
    let caller = verdict.caller.as_ref().map_or_else(String::new, ToString::to_string);
    let mut spans = time
        .own(word, style)
        .own(format!("{:<18}  ", short_did(&caller, 18)), theme.heading())
        .foreign(&verdict.action, 30, theme.text())
        .own("  ", theme.text());
    if let Some(code) = ruling.code() {
        spans = spans.foreign(code, 40, theme.danger()).own("  ", theme.text());
    }
    let line = spans.foreign(&verdict.resource, WIDE, theme.dim()).line();
    Said { about: verdict.caller.clone(), line }
}

/// The day and the second of a time.
fn clock(time: &str) -> String {
    time.get(5..19).unwrap_or(time).replace('T', " ")
}

/// Opens who tells of behaviour and who enforces, with what is known of each.
pub(super) fn sources(model: &mut Model) {
    let (view, theme) = (&model.session.view, model.session.theme);
    let line = |name: &str, what: &str, words: &str, bad: bool| {
        let style = if bad { theme.danger() } else { theme.text() };
        let spans = Spans::default().own(if bad { " ! " } else { "   " }, style);
        Said::of(
            spans
                .cell(name, 26, style)
                .own(format!("  {what:<20}"), theme.dim())
                .own(words.to_owned(), style)
                .line(),
        )
    };
    let silent = |name: &str| view.pulse.silent.iter().any(|each| each == name);
    let hours = pulse::SILENT.as_seconds() / 3600;
    let mut lines: Vec<Said> = Vec::new();
    for source in &view.registry().facts().rules.sources {
        let words = match silent(&source.name) {
            true => format!("SILENT: said nothing for {hours} hour or more"),
            false => "speaks".to_owned(),
        };
        lines.push(line(&source.name, "source of signals", &words, silent(&source.name)));
    }
    let points = view.snapshot.operators.enrolled().filter(|program| program.duty == Duty::EnforcementPoint);
    for point in points {
        let words = "its last contact: `meshwarden coverage --verifier`";
        lines.push(line(&point.name, point.duty.as_str(), words, false));
    }
    let head = "who tells of behaviour, and who enforces".to_owned();
    let state = State { lines: Some(lines), ..State::new(" Sources and enforcement points ", head) };
    model.overlays.push(Overlay::Reading(state));
}
