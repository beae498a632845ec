//! The people who may change things, and what is left when they are gone.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::change::What;
use crate::change::operators::{Operate, Operator, Role, Standing};
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::overlays::order;
use crate::tui::session::Session;
use crate::tui::theme::Tone;
use crate::tui::widgets::{Column, Cursor, Spans, Table, split_top};

/// The person under the cursor.
#[derive(Debug, Default)]
pub(in crate::tui) struct State {
    names: Vec<String>,
    pub cursor: Cursor,
}

impl State {
    pub(in crate::tui) fn count(&self) -> usize {
        self.names.len()
    }

    /// Lists everybody again; the cursor stays on its person.
    pub(in crate::tui) fn rebuild(&mut self, session: &Session) {
        let kept = self.names.get(self.cursor.at).cloned();
        self.names = session.view.snapshot.operators.iter().map(|person| person.name.clone()).collect();
        let at = kept.and_then(|kept| self.names.iter().position(|name| *name == kept));
        self.cursor.go(at.unwrap_or(self.cursor.at), self.names.len());
    }
}

pub(in crate::tui) fn update(state: &mut State, action: Action, session: &Session) -> Vec<Effect> {
    if state.cursor.act(action, state.names.len(), session.page) {
        return Vec::new();
    }
    let person = state.names.get(state.cursor.at).and_then(|name| session.view.snapshot.operators.get(name));
    let Some(person) = person else { return Vec::new() };
    let name = person.name.clone();
    let dialog = match action {
        Action::SuspendOperator => {
            let lines = ["the person can order nothing until restored", "one admin is enough"];
            ask(" SUSPEND OPERATOR ", person, &lines, vec![("suspend".to_owned(), Operate::Suspend { name })])
        }
        Action::RestoreOperator => {
            let lines = ["the person can order again what the role allows"];
            ask(" RESTORE OPERATOR ", person, &lines, vec![("restore".to_owned(), Operate::Restore { name })])
        }
        Action::RemoveOperator => {
            let lines = ["for good: the name stays taken, and the keys never sign again"];
            let mut dialog = ask(
                " REMOVE OPERATOR ",
                person,
                &lines,
                vec![("remove".to_owned(), Operate::Remove { name })],
            );
            dialog.phrase_wanted = Some(person.name.clone());
            dialog
        }
        Action::GiveRole => {
            let others = Role::ALL.into_iter().filter(|role| *role != person.role);
            let choices = others.map(|role| {
                let words = format!("{} becomes {}: {}", person.name, role.as_str(), may(role));
                (words, Operate::Role { name: name.clone(), role })
            });
            ask(" ROLE OF AN OPERATOR ", person, &[], choices.collect())
        }
        _ => return Vec::new(),
    };
    vec![Effect::AskOrder(Box::new(dialog))]
}

const fn may(role: Role) -> &'static str {
    match role {
        Role::Viewer => "looks, and orders nothing",
        Role::Responder => "takes authority away, and gives back what that took",
        Role::Admin => "orders everything",
    }
}

fn ask(
    title: &'static str,
    person: &Operator,
    lines: &[&str],
    choices: Vec<(String, Operate)>,
) -> order::State {
    let about = format!("{} ({}, {})", person.name, person.role.as_str(), person.standing.as_str());
    let choice = |(words, operate)| order::Choice { words, about: None, what: What::Operator(operate) };
    let lines = lines.iter().map(|line| (*line).to_owned()).collect();
    order::State::say(title, about, lines, choices.into_iter().map(choice).collect())
}

pub(in crate::tui) fn view(
    state: &State,
    session: &Session,
    top: &mut usize,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let theme = session.theme;
    let [head, rest] = split_top(area, 2);
    let (words, tone) = holds(session);
    let line =
        Spans::default().own(" ", theme.text()).foreign(&words, usize::from(area.width), theme.tone(tone));
    frame.render_widget(line.line(), Rect { height: head.height.min(1), ..head });
    if state.names.is_empty() {
        return;
    }
    let width = usize::from(area.width);
    let column = |heading, width| Column { heading, width };
    let columns = [
        column("name", 20),
        column("role", 10),
        column("state", 10),
        column("since", 7),
        column("keys", width.saturating_sub(52).max(20)),
    ];
    let table =
        Table { theme, columns: &columns, sorted: None, count: state.names.len(), cursor: state.cursor };
    let operators = &session.view.snapshot.operators;
    table.draw(frame, rest, top, |index| {
        let person = state.names.get(index).and_then(|name| operators.get(name));
        person.map_or_else(Line::default, |person| row(person, session, &columns))
    });
}

/// Who holds the log, and what is left when its admins are gone.
fn holds(session: &Session) -> (String, Tone) {
    let operators = &session.view.snapshot.operators;
    match (operators.held(), operators.solo(), operators.recovery()) {
        (false, ..) => (
            "UNSIGNED: nobody holds this log; `meshwarden init` gives it operators".to_owned(),
            Tone::Warning,
        ),
        (_, true, _) => {
            ("SOLO: one person holds this log alone; nobody approves anything".to_owned(), Tone::Warning)
        }
        (_, _, None) => (
            "NO RECOVERY SET: without the admins' keys nothing can be changed any more".to_owned(),
            Tone::Bad,
        ),
        (_, _, Some(set)) => {
            let words =
                format!("{} of {} recovery keys can replace the admins", set.threshold, set.keys.len());
            (words, Tone::Plain)
        }
    }
}

fn row(person: &Operator, session: &Session, columns: &[Column]) -> Line<'static> {
    let theme = session.theme;
    let standing = match person.standing {
        Standing::Active => theme.good(),
        Standing::Suspended => theme.warning(),
        Standing::Removed => theme.dim(),
    };
    let keys: Vec<String> = person.keys.iter().map(|key| key.key_id().to_string()).collect();
    let mut spans = Spans::default();
    for column in columns {
        let width = column.width;
        spans = match column.heading {
            "name" => {
                let you = session.seat().name() == Some(person.name.as_str());
                let name = if you { format!("{} (you)", person.name) } else { person.name.clone() };
                spans.cell(&name, width, theme.heading())
            }
            "role" => spans.cell(person.role.as_str(), width, theme.text()),
            "state" => spans.cell(person.standing.as_str(), width, standing),
            "since" => spans.cell(&person.since.to_string(), width, theme.dim()),
            _ => spans.cell(&keys.join(" "), width, theme.dim()),
        };
        spans = spans.own(" ", theme.text());
    }
    spans.line()
}
