//! What became of a containment: whom it stopped, who confirmed, and, in plain words, what is not stopped.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::window;
use crate::change::Kind;
use crate::identity::Did;
use crate::registry::State as Effective;
use crate::text::{agents, short_did};
use crate::tui::effect::Ticket;
use crate::tui::session::{Session, View};
use crate::tui::theme::Tone;
use crate::tui::widgets::{Cursor, Spans, split_top, state_word};
use crate::warden::LogLine;
use crate::wire::{ConfirmationLine, EnforcedLine};

/// A containment as the log has it.
#[derive(Debug)]
pub(in crate::tui) struct Aftermath {
    pub line: LogLine,
    /// Whom it was told to spare.
    pub spared: Vec<Did>,
}

/// Who confirmed it; none where the log lies here and nobody serves it to those who enforce.
pub(in crate::tui) type Enforced = Result<Option<EnforcedLine>, String>;

/// The entry that is asked about, and what is known of it by now.
#[derive(Debug, Default)]
pub(in crate::tui) struct State {
    pub ticket: Ticket,
    pub found: Option<Result<Box<Aftermath>, String>>,
    pub enforced: Option<Enforced>,
    /// How many lie at and below the agent of the entry now, and how many of them may act.
    pub below: Option<(usize, usize)>,
    /// Whether somebody was asked who did not answer yet.
    pub asking: bool,
    pub cursor: Cursor,
}

impl State {
    /// The entry, once it is known.
    pub(in crate::tui) fn index(&self) -> Option<u64> {
        self.found.as_ref()?.as_ref().ok().map(|aftermath| aftermath.line.index)
    }

    pub(in crate::tui) fn lines(&self, session: &Session, columns: usize) -> Vec<Line<'static>> {
        let theme = session.theme;
        let say = |words: &str, tone: Tone| {
            Spans::default()
                .own(" ", theme.text())
                .foreign(words, columns.saturating_sub(1), theme.tone(tone))
                .line()
        };
        let aftermath = match &self.found {
            None => return vec![say("...", Tone::Plain)],
            Some(Err(why)) => return vec![say(why, Tone::Bad)],
            Some(Ok(aftermath)) => aftermath,
        };
        let entry = &aftermath.line;
        let what = format!("entry {}: {} of {}", entry.index, entry.kind.as_str(), agents(entry.count));
        let mut lines = vec![
            say(&what, Tone::Plain),
            say(&format!("at {} by {}, because: {}", entry.time, entry.actor, entry.reason), Tone::Plain),
        ];
        lines.extend(entry.until.map(|until| say(&format!("ENDS BY ITSELF at {until}"), Tone::Warning)));
        lines.push(now(entry, self.below, session, columns));
        lines.push(Line::default());
        lines.push(Line::styled(" NOT STOPPED", theme.heading()));
        lines.extend(aftermath.spared.iter().map(|did| spared(did, session, columns)));
        match &self.enforced {
            None => lines.push(say("  who confirmed it is being asked ...", Tone::Warning)),
            Some(Err(why)) => {
                lines.push(say(&format!("  UNKNOWN who confirmed it: {why}"), Tone::Bad));
            }
            Some(Ok(None)) => {
                let words =
                    "  whoever does not read this registry: no verifier serves it, NOBODY ENFORCES IT";
                lines.push(say(words, Tone::Bad));
            }
            Some(Ok(Some(enforced))) => {
                let open: Vec<_> = enforced.confirmations.iter().filter(|one| !one.confirmed()).collect();
                lines.extend(open.iter().map(|one| say(&confirmation(one), Tone::Bad)));
                if enforced.confirmations.is_empty() {
                    let words = "  anything: no enforcement point is enrolled, NOBODY ENFORCES IT";
                    lines.push(say(words, Tone::Bad));
                }
                let never = enforced.not_stopped.iter();
                lines.extend(never.map(|what| say(&format!("  {what}"), Tone::Warning)));
                lines.push(Line::default());
                lines.push(Line::styled(" CONFIRMED", theme.heading()));
                let confirmed: Vec<_> = enforced.confirmations.iter().filter(|one| one.confirmed()).collect();
                lines.extend(confirmed.iter().map(|one| say(&confirmation(one), Tone::Good)));
                if confirmed.is_empty() {
                    lines.push(say("  by nobody yet", Tone::Bad));
                }
            }
        }
        lines
    }
}

/// How the agent of the entry stands now, and everybody below it: somebody may have woken them since, or come.
fn now(entry: &LogLine, below: Option<(usize, usize)>, session: &Session, columns: usize) -> Line<'static> {
    let (theme, view) = (session.theme, session.present());
    let registry = view.registry();
    let Some(row) = Did::parse(&entry.subject).ok().and_then(|did| registry.find(&did)) else {
        return Line::styled(" its agent is no longer registered", theme.dim());
    };
    let state = view.judgement.state(row);
    let (words, tone) = match below {
        None => (String::new(), Tone::Plain),
        Some((all, 0)) => (format!("; of {} with those below it nobody may act", agents(all)), Tone::Good),
        Some((all, acting)) => (format!("; {acting} OF {all} WITH THOSE BELOW IT MAY ACT"), Tone::Bad),
    };
    let name = view.agent(row).name();
    let spans = Spans::default().own(" now: ", theme.dim()).foreign(name, columns / 3, theme.text());
    let spans = spans.own(" is ", theme.dim()).own(state_word(state), theme.state(state));
    let left = columns.saturating_sub(spans.columns());
    spans.foreign(&words, left, theme.tone(tone)).line()
}

/// Somebody who was spared, and how they stand now.
fn spared(did: &Did, session: &Session, columns: usize) -> Line<'static> {
    let (theme, view) = (session.theme, session.present());
    let spans = Spans::default().own("  spared: ", theme.warning());
    let short = short_did(&did.to_string(), 20);
    let Some(row) = view.registry().find(did) else {
        return spans.own(format!("{short}, no longer registered"), theme.dim()).line();
    };
    let (agent, state) = (view.agent(row), view.judgement.state(row));
    let spans = spans.foreign(agent.name(), columns / 3, theme.heading());
    let parent = agent.parent().map_or_else(String::new, |parent| format!(", now below {}", parent.name()));
    let spans = spans.own(format!(" {short} "), theme.dim()).own(state_word(state), theme.state(state));
    let left = columns.saturating_sub(spans.columns());
    spans.foreign(&parent, left, theme.text()).line()
}

fn confirmation(one: &ConfirmationLine) -> String {
    let state = if one.confirmed() { one.state.clone() } else { one.state.to_uppercase() };
    format!("  {} ({}): {state}, {}", one.name, one.role.replace('_', " "), one.when())
}

/// How many lie at and below an agent, and how many of them may act.
pub(in crate::tui) fn acting(view: &View, did: &Did) -> (usize, usize) {
    let registry = view.registry();
    let Some(row) = registry.find(did) else { return (0, 0) };
    let lineage = registry.lineage();
    let rows = lineage.subtree(row).filter_map(|position| lineage.at(position));
    let acting = rows.filter(|row| view.judgement.state(*row) == Effective::Active).count();
    (lineage.size(row), acting)
}

/// Whether the entry is one that this can be asked about.
pub(in crate::tui) const fn is_containment(kind: Kind) -> bool {
    matches!(kind, Kind::Suspend | Kind::Revoke)
}

pub(in crate::tui) fn view(
    state: &State,
    session: &Session,
    top: &mut usize,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let theme = session.theme;
    let columns = usize::from(area.width.min(110)).saturating_sub(2);
    let lines = state.lines(session, columns);
    let height = u16::try_from(lines.len() + 3).unwrap_or(u16::MAX);
    let inside = window(frame, area, (110, height), " What is stopped, and what is not ", theme);
    let [body, foot] = split_top(inside, inside.height.saturating_sub(1));
    let window = state.cursor.window(lines.len(), usize::from(body.height), top);
    for (index, y) in window.zip(body.y..body.bottom()) {
        let Some(line) = lines.get(index) else { break };
        frame.render_widget(line, Rect { y, height: 1, ..body });
    }
    let keys = Spans::default().own(" esc ", theme.key()).own("back  ", theme.text());
    frame.render_widget(keys.own(" it looks again by itself", theme.dim()).line(), foot);
}
