//! How a change that waits is shown: what falls, by depth; what is merely cut off; what is lost.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Clear;

use super::confirm::{Focus, Phase, REASONS, State};
use super::{digest, signatures, whereabouts, window};
use crate::change::{Plan, PlanError, Spare, Verb};
use crate::identity::{Did, LifecycleError};
use crate::registry::{Scope, State as Effective};
use crate::text::{agents, short_did, visible, wrap};
use crate::tui::action::Action;
use crate::tui::session::Session;
use crate::tui::theme::Theme;
use crate::tui::widgets::Spans;

/// So many targets are named; the counts are of all.
const NAMED: usize = 6;

/// A narrower dialog cannot say whom it is about.
const NARROWEST: u16 = 30;

/// Draws the dialog; answers whether there was room for what must be read before confirming.
pub(in crate::tui) fn view(state: &State, session: &Session, frame: &mut Frame<'_>, area: Rect) -> bool {
    let theme = session.theme;
    let title = match state.verb {
        Verb::Suspend { .. } => " SUSPEND ",
        Verb::Revoke => " REVOKE: FOR GOOD ",
        Verb::Reactivate { .. } => " REACTIVATE ",
    };
    let columns = area.width.clamp(1, 90);
    let inner = usize::from(columns).saturating_sub(4);
    let (mut body, essential) = body(state, session, inner);
    let foot = foot(state, session, inner);
    let spoken = body.len() + foot.len() + 2;
    body.extend(targets(state, theme, usize::from(area.height).saturating_sub(spoken)));
    let wanted = u16::try_from(body.len() + foot.len() + 2).unwrap_or(u16::MAX);
    let inside = window(frame, area, (columns, wanted), title, theme);
    // The questions are always in sight; when room is short, the list above them gives way.
    let feet = u16::try_from(foot.len()).unwrap_or(0).min(inside.height);
    let room = inside.height.saturating_sub(feet);
    for (line, y) in body.iter().zip(inside.y..inside.y.saturating_add(room)) {
        frame.render_widget(line, Rect { y, height: 1, ..inside });
    }
    if body.len() > usize::from(room) && room > 0 {
        let last = Rect { y: inside.y.saturating_add(room - 1), height: 1, ..inside };
        frame.render_widget(Clear, last);
        frame.render_widget(Line::styled(" … more than fits here", theme.warning()), last);
    }
    for (line, y) in foot.iter().zip(inside.y.saturating_add(room)..inside.bottom()) {
        frame.render_widget(line, Rect { y, height: 1, ..inside });
    }
    let whole = if body.len() > usize::from(room) { usize::from(room).saturating_sub(1) } else { body.len() };
    whole >= essential && inside.width >= NARROWEST
}

/// What is said, and how many lines of it must be read before confirming.
fn body(state: &State, session: &Session, columns: usize) -> (Vec<Line<'static>>, usize) {
    let theme = session.theme;
    let did = match state.is_list() {
        true => "each alone; whoever is below them is merely cut off".to_owned(),
        false => short_did(&state.did.to_string(), columns),
    };
    let mut lines = vec![
        Spans::default().own(" ", theme.text()).foreign(&state.name, columns, theme.heading()).line(),
        Spans::default().own(" ", theme.text()).own(did, theme.text()).line(),
    ];
    lines.extend(whereabouts(session, columns));
    if let Some(differences) = &state.stale {
        let words = match differences.len() {
            0 => " CHANGED MEANWHILE: the whole registry was taken anew. Look again:".to_owned(),
            count => format!(" CHANGED MEANWHILE: {count} of the agents shown. Look again:"),
        };
        lines.push(Line::styled(words, theme.danger()));
    }
    lines.extend(session.case.map(|case| Line::styled(format!(" under the case {case}"), theme.text())));
    if state.hidden > 0 {
        let words =
            format!(" {} of them are not in the list behind: filtered out, or elsewhere", state.hidden);
        lines.push(Line::styled(words, theme.warning()));
    }
    if let Phase::Shown(plan) | Phase::Committing(plan) = &state.phase {
        lines.extend(left(plan, state, theme, columns));
    }
    let mut essential = None;
    match &state.phase {
        Phase::Planning => lines.push(Line::styled(" looking at what falls …", theme.dim())),
        Phase::Refused(error) => {
            let words = refusal(error).map_or_else(|| error.to_string(), str::to_owned);
            let pieces = wrap(&visible(&words), columns).into_iter();
            lines.extend(pieces.map(|piece| Line::styled(format!(" {piece}"), theme.danger())));
        }
        Phase::Shown(plan) | Phase::Committing(plan) if state.verb.contains() => {
            lines.extend(impact(state, plan, session, columns));
            lines.extend(signed(state, theme, columns));
            essential = Some(lines.len());
        }
        Phase::Shown(plan) | Phase::Committing(plan) => {
            lines.push(scope(state, plan, theme));
            lines.extend(signed(state, theme, columns));
            essential = Some(lines.len());
            if state.scope == Scope::Subtree {
                let words = " wakes only those whom the same change put to sleep";
                lines.push(Line::styled(words, theme.dim()));
            }
        }
    }
    let essential = essential.unwrap_or(lines.len());
    if let Some(differences) = &state.stale {
        lines.extend(differences.iter().take(NAMED).map(|difference| {
            let agent = state.view.agent(difference.row);
            let words = match (difference.shown, difference.now) {
                (Some(shown), Some(now)) => format!(" changed by entry {now} (was {shown})"),
                (Some(_), None) => " is no target any more".to_owned(),
                (None, _) => " is a target now".to_owned(),
            };
            let line = Spans::default().own("   ", theme.text()).foreign(agent.name(), 30, theme.text());
            line.own(words, theme.warning()).line()
        }));
    }
    if let Some(failure) = &state.failure {
        let words = wrap(&visible(&format!("NOT DONE: {failure}")), columns).into_iter();
        lines.extend(words.map(|line| Line::styled(format!(" {line}"), theme.danger())));
    }
    (lines, essential)
}

/// What signing it means: how many more must sign, what holds meanwhile, and the digest of the bytes.
fn signed(state: &State, theme: Theme, columns: usize) -> Vec<Line<'static>> {
    if !state.held {
        return Vec::new();
    }
    let Some(drafted) = &state.drafted else {
        if state.verb.contains() && state.reason.text().trim().is_empty() {
            return vec![Line::styled(" what you sign is fixed when there is a reason", theme.dim())];
        }
        return vec![Line::styled(" what you sign: …", theme.dim())];
    };
    let mut lines = Vec::new();
    if state.waits_for() > 0 {
        let words = format!(" WAITS for {} of another operator", signatures(state.waits_for()));
        lines.push(Line::styled(words, theme.warning()));
        if state.verb.contains() {
            let words = " until then all of them are held back at once, and cut off";
            lines.push(Line::styled(words, theme.warning()));
        }
    }
    if state.break_glass {
        let words = " BREAKS THE GLASS: waits for nobody, and everybody is told";
        lines.push(Line::styled(words, theme.danger()));
    }
    lines.extend(digest(drafted, theme, columns));
    lines
}

fn refusal(error: &PlanError) -> Option<&'static str> {
    Some(match error {
        PlanError::Unknown(_) => "This agent is no longer registered.",
        PlanError::NothingToDo(_) => "Nobody is left to touch: everybody is in that state already.",
        PlanError::Lifecycle { why, .. } => match why {
            LifecycleError::OverrideRequired => "Suspended for security. Press o to lift it all the same.",
            LifecycleError::AlreadySuspended => "It is suspended already.",
            LifecycleError::NotSuspended => {
                "It is not suspended by name. If it is cut off, reactivate what is above it."
            }
            LifecycleError::Revoked => "It is revoked, and a revoked agent cannot come back.",
        },
        PlanError::NothingToSpare
        | PlanError::ListedSubtree
        | PlanError::TooManyListed(_)
        | PlanError::TooManySpared
        | PlanError::NotBelow { .. }
        | PlanError::NoAdopter(_)
        | PlanError::AdopterFalls(_)
        | PlanError::Adoption(_) => return None,
    })
}

fn scope(state: &State, plan: &Plan, theme: Theme) -> Line<'static> {
    let verb = state.verb.as_str();
    match state.scope {
        Scope::One if state.is_list() => {
            Line::styled(format!(" {verb}s {}, each alone", agents(plan.count())), theme.heading())
        }
        Scope::One => Line::styled(format!(" {verb}s this agent alone"), theme.heading()),
        Scope::Subtree => {
            let words = format!(" {verb}s {} of {} in its subtree", plan.count(), plan.impact.size);
            Line::styled(words, theme.heading())
        }
    }
}

fn impact(state: &State, plan: &Plan, session: &Session, columns: usize) -> Vec<Line<'static>> {
    let (theme, impact) = (session.theme, &plan.impact);
    let mut lines = vec![scope(state, plan, theme)];
    if state.scope == Scope::Subtree {
        lines.push(Line::styled(" seals the top: nothing new below it", theme.dim()));
    }
    lines.extend(plan.frozen.spared.iter().map(|spare| spared(spare, state, theme)));
    let by_level = impact.losing_by_level.iter().enumerate().filter(|(_, count)| **count > 0);
    let depths: Vec<String> = by_level.map(|(level, count)| format!("+{level}:{count}")).collect();
    let text = |words: String| Spans::default().foreign(&words, columns, theme.text()).line();
    let by_depth = if depths.is_empty() { String::new() } else { format!("  by depth {}", depths.join(" ")) };
    lines.push(text(format!(" lose their power: {}{by_depth}", agents(impact.losing()))));
    if let Verb::Suspend { until: Some(until) } = plan.frozen.request.verb {
        lines.push(Line::styled(format!(" ends by itself at {until}"), theme.text()));
    }
    if impact.orphaned > 0 {
        let words = format!(" of them merely cut off: {}", impact.orphaned);
        lines.push(Line::styled(words, theme.warning()));
    }
    let active = impact.states.get(Effective::Active as usize).copied().unwrap_or(0);
    if impact.size > active {
        let words = format!(" without power already: {}", impact.size.saturating_sub(active));
        lines.push(Line::styled(words, theme.dim()));
    }
    let lost = &impact.capabilities_lost;
    lines.push(text(format!(" capabilities lost with them: {}  {}", lost.len(), lost.join(", "))));
    lines
}

/// Who is marked and cannot be touched: they stay marked.
fn left(plan: &Plan, state: &State, theme: Theme, columns: usize) -> Option<Line<'static>> {
    let (row, why) = plan.left.first()?;
    let words = format!(" left out: {}, {}: {why}", agents(plan.left.len()), state.view.agent(*row).name());
    Some(Spans::default().foreign(&words, columns, theme.warning()).line())
}

/// Who does not fall, and below whom it comes.
fn spared(spare: &Spare, state: &State, theme: Theme) -> Line<'static> {
    let name = |did: &Did| {
        let row = state.view.registry().find(did);
        row.map_or_else(|| did.to_string(), |row| state.view.agent(row).name().to_owned())
    };
    let line = Spans::default().own(" spares ", theme.warning());
    let line = line.foreign(&name(&spare.kept.root.did), 26, theme.heading());
    let line = line.own(format!(" with {}, adopted by ", agents(spare.kept.count)), theme.warning());
    line.foreign(&name(&spare.adopt.parent.did), 20, theme.heading()).line()
}

/// As many targets as there is room for, from where one has scrolled to.
fn targets(state: &State, theme: Theme, room: usize) -> Vec<Line<'static>> {
    let (Phase::Shown(plan) | Phase::Committing(plan)) = &state.phase else { return Vec::new() };
    let members = &plan.frozen.members;
    let named = room.saturating_sub(1).min(members.len());
    if named == 0 {
        return Vec::new();
    }
    let first = state.scrolled.min(members.len() - named);
    let words = if named == members.len() {
        " targets, frozen at version:".to_owned()
    } else {
        format!(" targets {} to {} of {} (pgup, pgdn):", first + 1, first + named, members.len())
    };
    let mut lines = vec![Line::styled(words, theme.dim())];
    lines.extend(members.iter().skip(first).take(named).map(|(row, version)| {
        let agent = state.view.agent(*row);
        Spans::default()
            .own("   ", theme.text())
            .cell(agent.name(), 24, theme.text())
            .own(format!(" v{version:<3} {}", short_did(&agent.did().to_string(), 20)), theme.dim())
            .line()
    }));
    lines
}

fn key(spans: Spans, keys: &str, words: &str, theme: Theme) -> Spans {
    spans.own(format!(" {keys} "), theme.key()).own(words.to_owned(), theme.text())
}

fn foot(state: &State, session: &Session, columns: usize) -> Vec<Line<'static>> {
    let theme = session.theme;
    let mut lines = vec![Line::default()];
    if state.verb.contains() && !matches!(state.phase, Phase::Refused(_)) {
        lines.extend(reason(state, theme, columns));
    }
    if let Some(missing) = state.missing {
        lines.push(Line::styled(format!(" {missing}"), theme.danger()));
    }
    match (&state.phase, state.focus) {
        (Phase::Committing(_), _) => {
            let key = session.keymap.key_of(Action::Journal);
            let words = format!(" writing it down …  {key} lists what is under way, esc leaves it to itself");
            lines.push(Line::styled(words, theme.warning()));
        }
        (Phase::Refused(_), _) => {
            let spans = key(Spans::default(), "esc", "back", theme);
            let others = !state.except.is_empty();
            lines.push(if others { key(spans, "e", "spare others", theme) } else { spans }.line());
        }
        (_, Focus::Reason) => lines.push(key(Spans::default(), "enter", "done typing", theme).line()),
        (_, Focus::Phrase) => {
            let wanted = state.phrase_wanted().unwrap_or_default();
            let line = Spans::default().own(format!(" type {wanted} and enter: "), theme.danger()).foreign(
                state.phrase.text(),
                40,
                theme.heading(),
            );
            lines.push(line.own("▏", theme.key()).line());
        }
        (_, Focus::Choices) => lines.extend(choices(state, theme, columns)),
    }
    lines
}

fn reason(state: &State, theme: Theme, columns: usize) -> Vec<Line<'static>> {
    let typing = state.focus == Focus::Reason;
    let mut lines = Vec::new();
    if !typing && state.reason.text().is_empty() {
        let numbered = REASONS.iter().enumerate();
        lines.extend(
            numbered
                .map(|(index, words)| key(Spans::default(), &(index + 1).to_string(), words, theme).line()),
        );
    }
    let line = Spans::default().own(" reason: ", theme.dim()).foreign(
        state.reason.text(),
        columns.saturating_sub(11),
        theme.heading(),
    );
    lines.push(if typing { line.own("▏", theme.key()).line() } else { line.line() });
    lines
}

/// The keys that one can press, on as many lines as they need.
fn choices(state: &State, theme: Theme, columns: usize) -> Vec<Line<'static>> {
    let scope = match state.scope {
        Scope::One => "this alone",
        Scope::Subtree => "subtree",
    };
    let confirm = state.confirm_key.to_string();
    let mut keys = vec![(confirm.as_str(), state.verb.as_str()), ("esc", "no")];
    if !state.is_list() {
        keys.push(("c", scope));
    }
    if state.spares() {
        keys.push(("e", if state.except.is_empty() { "spare some" } else { "spares" }));
    }
    match state.verb {
        Verb::Suspend { .. } => keys.extend([("t", state.term_words()), ("r", "reason")]),
        Verb::Revoke => {
            keys.push(("r", "reason"));
            if state.break_glass {
                keys.push(("B", "glass: BROKEN"));
            } else if state.waits_for() > 0 {
                keys.push(("B", "break glass"));
            }
        }
        Verb::Reactivate { override_security: true } => keys.push(("o", "override: YES")),
        Verb::Reactivate { override_security: false } => keys.push(("o", "override: no")),
    }
    let mut lines = Vec::new();
    let mut spans = Spans::default();
    for (keys, words) in keys {
        if spans.columns() > 0 && spans.columns() + keys.len() + words.len() + 2 > columns {
            lines.push(std::mem::take(&mut spans).line());
        }
        spans = key(spans, keys, words, theme);
    }
    lines.push(spans.line());
    lines
}
