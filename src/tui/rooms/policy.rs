//! The rules in force, field by field; beside them another policy, what it changes, and what it would have changed.

use std::sync::Arc;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use serde_json::Value;

use crate::change::{SetPolicy, What};
use crate::encoding::hex;
use crate::policy::Policy;
use crate::text::plural;
use crate::tui::action::Action;
use crate::tui::effect::{Effect, Ticket};
use crate::tui::overlays::{order, prompt};
use crate::tui::session::Session;
use crate::tui::theme::Theme;
use crate::tui::widgets::{Cursor, Spans, policy_lines};
use crate::warden::DryRun;

/// A line is cut after so many columns.
const WIDE: usize = 300;
/// So many lines are shown; `meshwarden policy show` has them all.
const MOST: usize = 2000;

/// The policy in force, and one that may follow it.
#[derive(Debug, Default)]
pub(in crate::tui) struct State {
    lines: Vec<Line<'static>>,
    pub cursor: Cursor,
    pub proposed: Option<Proposed>,
    pub ticket: Ticket,
}

/// A policy from a file.
#[derive(Debug)]
pub(in crate::tui) struct Proposed {
    pub name: String,
    pub policy: Option<Result<Arc<Policy>, String>>,
    pub run: Option<Result<DryRun, String>>,
    pub running: bool,
}

impl State {
    /// Makes the lines again.
    pub(in crate::tui) fn rebuild(&mut self, session: &Session) {
        let theme = session.theme;
        let policy = &session.view.snapshot.policy;
        let mut lines = Vec::new();
        if let Some(proposed) = &self.proposed {
            lines.extend(proposed.lines(policy, theme));
            lines.push(Line::default());
        }
        let digest = hex::encode(&policy.digest());
        lines.push(Spans::default().own(" in force  ", theme.heading()).own(digest, theme.dim()).line());
        let value: Value = serde_json::from_str(&policy.to_json()).unwrap_or_default();
        let mut fields = Vec::new();
        flatten("", &value, &mut fields);
        lines.extend(fields.iter().take(MOST).map(|(field, value)| {
            Spans::default()
                .own(" ", theme.text())
                .cell(field, 34, theme.dim())
                .own(" ", theme.text())
                .foreign(value, WIDE, theme.text())
                .line()
        }));
        self.lines = lines;
        self.cursor.go(self.cursor.at, self.lines.len());
    }

    fn ready(&self) -> Option<&Arc<Policy>> {
        self.proposed.as_ref()?.policy.as_ref()?.as_ref().ok()
    }
}

/// Every field of a policy with its value, and each line of its rules.
fn flatten(path: &str, value: &Value, fields: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(&path, value, fields);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (at, item) in items.iter().enumerate() {
                flatten(&format!("{path}[{at}]"), item, fields);
            }
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(shown).collect();
            fields
                .push((path.to_owned(), if items.is_empty() { "none".to_owned() } else { items.join(", ") }));
        }
        Value::String(text) if text.contains('\n') => {
            for (at, line) in text.lines().enumerate() {
                fields.push((if at == 0 { path.to_owned() } else { String::new() }, line.to_owned()));
            }
        }
        other => fields.push((path.to_owned(), shown(other))),
    }
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl Proposed {
    fn lines(&self, present: &Policy, theme: Theme) -> Vec<Line<'static>> {
        let head =
            Spans::default().own(" proposed  ", theme.heading()).foreign(&self.name, WIDE, theme.text());
        let mut lines = vec![head.line()];
        match &self.policy {
            None => lines.push(Line::styled("  reading it …", theme.dim())),
            Some(Err(why)) => {
                let line = Spans::default().own("  REFUSED: ", theme.danger());
                lines.push(line.foreign(why, WIDE, theme.danger()).line());
            }
            Some(Ok(policy)) => lines.extend(policy_lines(present, policy, theme)),
        }
        match &self.run {
            None if self.running => {
                lines.push(Line::styled("  judging the last verdicts again …", theme.dim()))
            }
            None => {}
            Some(Err(why)) => {
                let line = Spans::default().own("  NOT JUDGED: ", theme.danger());
                lines.push(line.foreign(why, WIDE, theme.danger()).line());
            }
            Some(Ok(run)) => lines.extend(run_lines(run, theme)),
        }
        lines
    }
}

fn run_lines(run: &DryRun, theme: Theme) -> Vec<Line<'static>> {
    let changed = run.shifts.iter().fold(0_u64, |sum, shift| sum.saturating_add(shift.count));
    let words = format!("  {changed} of the last {} verdicts would change", run.judged);
    let style = if changed == 0 { theme.good() } else { theme.warning() };
    let mut lines = vec![Line::styled(words, style)];
    let named = |code: &Option<String>| {
        code.as_ref().map_or_else(|| "allow".to_owned(), |code| format!("deny {code}"))
    };
    for shift in &run.shifts {
        let words = format!("    {} from {} to {}", shift.count, named(&shift.from), named(&shift.to));
        lines.push(Spans::default().foreign(&words, WIDE, theme.text()).line());
        lines.extend(shift.examples.iter().map(|example| {
            let words = format!("{}  {}  {}", example.caller, example.action, example.resource);
            Spans::default().own("      ", theme.text()).foreign(&words, WIDE, theme.dim()).line()
        }));
    }
    if run.left_out > 0 {
        lines.push(Line::styled(
            format!("  {} not judged again: the request is not kept", run.left_out),
            theme.dim(),
        ));
    }
    lines
}

pub(in crate::tui) fn update(
    state: &mut State,
    action: Action,
    session: &Session,
    ticket: Ticket,
) -> Vec<Effect> {
    if state.cursor.act(action, state.lines.len(), session.page) {
        return Vec::new();
    }
    match action {
        Action::ReadPolicy => vec![Effect::Prompt(Box::new(prompt::State::new(prompt::Purpose::PolicyFile)))],
        Action::DryRun => match state.ready().cloned() {
            Some(policy) => {
                state.ticket = ticket;
                if let Some(proposed) = &mut state.proposed {
                    (proposed.run, proposed.running) = (None, true);
                }
                state.rebuild(session);
                vec![Effect::DryRun(ticket, policy)]
            }
            None => vec![no_file(session)],
        },
        Action::ProposePolicy => match state.ready() {
            Some(policy) => vec![propose(state, policy, session)],
            None => vec![no_file(session)],
        },
        _ => Vec::new(),
    }
}

fn no_file(session: &Session) -> Effect {
    let key = session.keymap.key_of(Action::ReadPolicy);
    Effect::Refuse(format!("no policy was read from a file: {key} reads one"))
}

fn propose(state: &State, policy: &Policy, session: &Session) -> Effect {
    let name = state.proposed.as_ref().map(|proposed| proposed.name.clone()).unwrap_or_default();
    let changes = crate::policy::difference(&session.view.snapshot.policy, policy).len();
    let fields = plural(changes, "field changes", "fields change");
    let what = What::Policy(SetPolicy { policy: policy.to_json() });
    let choice = order::Choice { words: "put this policy in force".to_owned(), about: None, what };
    let lines = vec![fields, format!("policy {}", hex::encode(&policy.digest()))];
    Effect::AskOrder(Box::new(order::State::say(" POLICY ", name, lines, vec![choice])))
}

pub(in crate::tui) fn view(
    state: &State,
    session: &Session,
    top: &mut usize,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let window = state.cursor.window(state.lines.len(), usize::from(area.height), top);
    for (index, y) in window.zip(area.y..area.bottom()) {
        let Some(line) = state.lines.get(index) else { break };
        let place = Rect { y, height: 1, ..area };
        frame.render_widget(line, place);
        if index == state.cursor.at {
            let mark = Rect { width: place.width.min(1), ..place };
            frame.buffer_mut().set_style(mark, session.theme.selected());
        }
    }
}
