//! The last verdicts as ladders of checks, and whom the agent called, who called it, and who called through it.

use ratatui::text::Line;

use super::{Looked, Opens, Said, WIDE, heading, remark};
use crate::audit::{self, Told};
use crate::identity::Did;
use crate::registry::Row;
use crate::store::{Call, Way};
use crate::text::short_did;
use crate::time::Time;
use crate::tui::session::Session;
use crate::tui::theme::Theme;
use crate::tui::widgets::{Spans, expiry_words};
use crate::verify::{Check, Decision, Verdict};
use crate::warden::Kind;
use crate::wire::{DecisionLine, codes};

pub(super) fn lines(session: &Session, row: Row, looked: &Looked) -> Vec<Said> {
    let theme = session.theme;
    if let Some(told) = &looked.told {
        return of_verifier(told, session);
    }
    let Some((verdicts, calls)) = &looked.dossier.verdicts else {
        let did = session.view.agent(row).did();
        let words = match &session.view.snapshot.kind {
            Kind::Verifier { url, .. } => format!("{url} keeps the verdicts; ask it:"),
            _ => "no verdicts are kept here; whoever runs the verifier can ask it:".to_owned(),
        };
        let ask = format!("meshwarden verdicts agent:{did}");
        return vec![
            Said::from(Spans::default().own(" ", theme.text()).foreign(&words, WIDE, theme.dim()).line()),
            remark(&ask, theme),
        ];
    };
    let mut lines = vec![heading("The last verdicts in which it had a part, with their checks", theme)];
    if verdicts.is_empty() {
        lines.push(remark("none", theme));
    }
    lines.extend(verdicts.iter().flat_map(|decision| ladder(decision, session)));
    for (way, words) in [
        (Way::Made, "It called"),
        (Way::Received, "It was called by"),
        (Way::Through, "By chains through it, others called"),
    ] {
        lines.push(heading(words, theme));
        let mut those = calls.calls.iter().filter(|call| call.way == way).peekable();
        if those.peek().is_none() {
            lines.push(remark("nothing that is known", theme));
        }
        lines.extend(those.map(|call| one(call, session)));
    }
    if calls.more {
        lines.push(remark("there are more than are told: `meshwarden calls`", theme));
    }
    lines
}

/// The last verdicts as the verifier tells them: why not, without the checks before.
fn of_verifier(told: &[DecisionLine], session: &Session) -> Vec<Said> {
    let theme = session.theme;
    let mut lines =
        vec![heading("The last verdicts in which it had a part, as the verifier tells them", theme)];
    for told in told {
        let DecisionLine::Verdict(told) = told else { continue };
        let (word, style) = match told.decision {
            Decision::Allow => ("allow", theme.good()),
            Decision::Deny => ("DENY ", theme.danger()),
        };
        let when =
            Time::parse(&told.time).map_or_else(|_| String::new(), |time| expiry_words(time, session.now));
        let line = Spans::default()
            .own(format!(" {word}  {when:<9} "), style)
            .foreign(&told.action, 40, theme.heading())
            .own("  ", theme.text())
            .foreign(&told.resource, WIDE, theme.dim())
            .line();
        let caller = told.caller.as_deref().and_then(|did| Did::parse(did).ok());
        lines.push(Said { line, opens: caller.map(Opens::Agent) });
        let detail = |name: &str, text: &Option<String>| {
            let spans = Spans::default().own(format!("         {name:<9}"), theme.dim());
            text.as_ref().map(|text| Said::from(spans.foreign(text, WIDE, theme.text()).line()))
        };
        lines.extend(detail("why", &told.code));
        lines.extend(detail("expected", &told.expected));
        lines.extend(detail("found", &told.found));
    }
    if lines.len() == 1 {
        lines.push(remark("none", theme));
    }
    lines.push(remark("checks and calls lie where the verifier runs: `meshwarden calls`", theme));
    lines
}

/// A verdict, its checks in order, and what would have passed.
fn ladder(decision: &audit::Decision, session: &Session) -> Vec<Said> {
    let theme = session.theme;
    let Told::Ruling(ruling) = &decision.told else { return Vec::new() };
    let verdict = &ruling.verdict;
    let (word, style) = if verdict.allows() { ("allow", theme.good()) } else { ("DENY ", theme.danger()) };
    let line = Spans::default()
        .own(format!(" {word}  "), style)
        .own(format!("{:<9} ", expiry_words(decision.time, session.now)), theme.dim())
        .foreign(&verdict.action, 40, theme.heading())
        .own("  ", theme.text())
        .foreign(&verdict.resource, WIDE, theme.dim())
        .line();
    let mut lines = vec![Said { line, opens: verdict.caller.clone().map(Opens::Agent) }];
    lines.extend(checks(verdict, theme).into_iter().map(Said::from));
    if let Some(failure) = &verdict.failure {
        let hop = failure.hop.map_or(String::new(), |hop| format!(" at token {hop}"));
        let detail = |name: &str, text: &str| {
            let spans = Spans::default().own(format!("         {name:<9}"), theme.dim());
            Said::from(spans.foreign(text, WIDE, theme.text()).line())
        };
        lines.push(detail("why", &format!("{}{hop}", failure.code)));
        lines.push(detail("expected", &failure.expected));
        lines.push(detail("found", &failure.found));
        if let Some(row) = codes::find(&failure.code) {
            lines.push(detail("to do", row.advice));
        }
    }
    lines
}

/// The checks in order, those that passed at every hop said once, as many on a line as it holds.
fn checks(verdict: &Verdict, theme: Theme) -> Vec<Line<'static>> {
    const ROOM: usize = 78;
    let mut rungs: Vec<(&Check, usize)> = Vec::new();
    for check in verdict.checks.iter() {
        match rungs.iter_mut().find(|(known, _)| known.name == check.name && known.passed && check.passed) {
            Some((_, times)) => *times += 1,
            None => rungs.push((check, 1)),
        }
    }
    let mut lines = Vec::new();
    let mut spans = Spans::default().own("        ", theme.text());
    for (check, times) in rungs {
        let (mark, style) = if check.passed { ("✓", theme.good()) } else { ("✗", theme.danger()) };
        let times = if times > 1 { format!("x{times}") } else { String::new() };
        let words = format!(" {mark} {}{times}", check.name);
        if spans.columns() + words.chars().count() > ROOM {
            lines.push(std::mem::take(&mut spans).line());
            spans = spans.own("        ", theme.text());
        }
        spans = spans.foreign(&words, ROOM, style);
    }
    lines.push(spans.line());
    lines
}

/// Calls that are alike.
fn one(call: &Call, session: &Session) -> Said {
    let theme = session.theme;
    let (word, style) = if call.allowed { ("allow", theme.good()) } else { ("DENY ", theme.danger()) };
    let mut spans = Spans::default()
        .own(format!("   {word} {:>5}x  ", call.count), style)
        .own(format!("{:<9} ", expiry_words(call.last, session.now)), theme.dim())
        .foreign(&call.action, 30, theme.heading())
        .own("  ", theme.text());
    if let Some(other) = &call.other {
        spans = spans.own(format!("{}  ", short_did(other, 20)), theme.text());
    }
    let line = spans.foreign(&call.resource, WIDE, theme.dim()).line();
    Said { line, opens: call.other.as_ref().and_then(|did| Did::parse(did).ok()).map(Opens::Agent) }
}
