//! What opens behind a figure and is no list of agents: the last verdicts, and who tells of what.

use crate::change::operators::Duty;
use crate::identity::Did;
use crate::text::short_did;
use crate::tui::effect::{Effect, Ticket};
use crate::tui::model::Model;
use crate::tui::overlays::Overlay;
use crate::tui::overlays::reading::{Said, State};
use crate::tui::rooms::overview::late;
use crate::tui::theme::Theme;
use crate::tui::widgets::Spans;
use crate::verify::Decision;
use crate::wire::{DecisionLine, UnsignedLine};

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
pub(super) fn found(model: &mut Model, ticket: Ticket, found: Result<Vec<DecisionLine>, String>) {
    let theme = model.session.theme;
    let Some(Overlay::Reading(state)) = model.overlays.last_mut().filter(|_| ticket != 0) else { return };
    if state.ticket != ticket {
        return;
    }
    state.lines = Some(match found {
        Ok(lines) => lines.iter().map(|line| verdict(line, theme)).collect(),
        Err(why) => {
            let line =
                Spans::default().own(" cannot be read: ", theme.danger()).foreign(&why, WIDE, theme.text());
            vec![Said::of(line.line())]
        }
    });
}

/// One entry of the decision log.
fn verdict(line: &DecisionLine, theme: Theme) -> Said {
    let at = |time: &str| Spans::default().own(" ", theme.dim()).foreign(&clock(time), 16, theme.dim());
    let line = match line {
        DecisionLine::Verdict(line) => line,
        DecisionLine::Refusals(line) => {
            let codes: Vec<String> =
                line.codes.iter().map(|(code, count)| format!("{count} {code}")).collect();
            let words = format!("{} strangers in this minute: {}", line.count, codes.join(", "));
            let spans = at(&line.minute).own("  deny   ", theme.danger());
            return Said::of(spans.foreign(&words, WIDE, theme.text()).line());
        }
    };
    let (word, style) = match line.decision {
        Decision::Allow => ("  allow  ", theme.good()),
        Decision::Deny => ("  deny   ", theme.danger()),
    };
    let caller = line.caller.as_deref().unwrap_or_default();
    let mut spans = at(&line.time)
        .own(word, style)
        .cell(&short_did(caller, 18), 20, theme.heading())
        .foreign(&line.action, 30, theme.text())
        .own("  ", theme.text());
    if let Some(code) = &line.code {
        spans = spans.foreign(code, 40, theme.danger()).own("  ", theme.text());
    }
    let about = Did::parse(caller).ok();
    Said { about, line: spans.foreign(&line.resource, WIDE, theme.dim()).line() }
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
    let mut lines: Vec<Said> = Vec::new();
    for source in &view.registry().facts().rules.sources {
        let words = match silent(&source.name) {
            true => "SILENT for an hour",
            false => "speaks",
        };
        lines.push(line(&source.name, "source of signals", words, silent(&source.name)));
    }
    let points = view.snapshot.operators.enrolled().filter(|program| program.duty == Duty::EnforcementPoint);
    let contacts = model.rooms.overview.contacts();
    for point in points {
        let contact = contacts.iter().find(|contact| contact.name == point.name);
        let bad = contact.is_some_and(|contact| late(contact, model.session.now));
        let words = match contact.map(|contact| contact.last_contact.as_deref()) {
            None => "its last contact: `meshwarden coverage --verifier`".to_owned(),
            Some(None) => "NOT HEARD since the verifier began".to_owned(),
            Some(Some(last)) => format!("{}last heard {last}", if bad { "LATE: " } else { "" }),
        };
        lines.push(line(&point.name, point.duty.as_str(), &words, bad));
    }
    for UnsignedLine { through, count } in model.rooms.overview.unsigned() {
        let name = through.as_deref().unwrap_or("to the verifier itself");
        lines.push(line(name, "came unsigned", &format!("{count} within a day"), true));
    }
    let head = "who tells of behaviour, and who enforces".to_owned();
    let state = State { lines: Some(lines), ..State::new(" Sources and enforcement points ", head) };
    model.overlays.push(Overlay::Reading(state));
}
