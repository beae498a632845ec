//! Standing rules, and what is held back until a change is approved.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::change::{LockOn, What};
use crate::registry::{Lock, LockTarget};
use crate::tui::action::{Action, RoomName};
use crate::tui::effect::Effect;
use crate::tui::overlays::order;
use crate::tui::session::Session;
use crate::tui::widgets::{Column, Cursor, Spans, Table, expiry_words};

/// The rules, the oldest first, and after them what is held back.
#[derive(Debug, Default)]
pub(in crate::tui) struct State {
    rows: Vec<(Lock, bool)>,
    pub cursor: Cursor,
}

impl State {
    pub(in crate::tui) fn count(&self) -> usize {
        self.rows.len()
    }

    /// Lists them again; the cursor stays on its rule.
    pub(in crate::tui) fn rebuild(&mut self, session: &Session) {
        let kept = self.rows.get(self.cursor.at).map(|(lock, held)| (lock.target.clone(), *held));
        let locks = &session.view.registry().facts().locks;
        let ended = |lock: &&Lock| lock.until.is_none_or(|until| session.now < until);
        self.rows = locks.iter().map(|lock| (lock.clone(), false)).collect();
        self.rows.extend(locks.holds().filter(ended).map(|lock| (lock.clone(), true)));
        self.rows.sort_by_key(|(lock, held)| (*held, lock.index));
        let at = kept.and_then(|(target, held)| {
            self.rows.iter().position(|(lock, of)| *of == held && lock.target == target)
        });
        self.cursor.go(at.unwrap_or(self.cursor.at), self.rows.len());
    }
}

/// What a rule names, as an order names it.
pub(in crate::tui) fn named(target: &LockTarget) -> LockOn {
    match target {
        LockTarget::Subtree(did) => LockOn::Subtree(did.to_string()),
        LockTarget::Sponsor(sponsor) => LockOn::Sponsor(sponsor.clone().into()),
        LockTarget::Organization(name) => LockOn::Organization(name.clone()),
        LockTarget::Tag(tag) => LockOn::Tag(tag.clone()),
        LockTarget::Key(key) => LockOn::Key(key.to_base64()),
    }
}

fn words(target: &LockTarget) -> (&'static str, String) {
    match target {
        LockTarget::Subtree(did) => ("subtree", did.to_string()),
        LockTarget::Sponsor(sponsor) => ("sponsor", sponsor.clone()),
        LockTarget::Organization(name) => ("organization", name.clone()),
        LockTarget::Tag(tag) => ("tag", tag.clone()),
        LockTarget::Key(key) => ("key", key.key_id().to_string()),
    }
}

pub(in crate::tui) fn update(state: &mut State, action: Action, session: &Session) -> Vec<Effect> {
    if state.cursor.act(action, state.rows.len(), session.page) {
        return Vec::new();
    }
    let Some((lock, held)) = state.rows.get(state.cursor.at) else { return Vec::new() };
    match action {
        Action::Lift if *held => {
            let approvals = session.keymap.key_to(RoomName::Approvals);
            let words =
                format!("a change that waits holds it: withdraw the change in approvals ({approvals})");
            vec![Effect::Refuse(words)]
        }
        Action::Lift => {
            let (kind, on) = words(&lock.target);
            let about = format!("{kind} {on}");
            let lines = vec![
                format!("locked by entry {} at {}: {}", lock.index, lock.since, lock.reason),
                "what the agents may do again follows from their own state".to_owned(),
            ];
            let choice = order::Choice {
                words: format!("lift the lock on {about}"),
                about: None,
                what: What::Unlock(named(&lock.target)),
            };
            vec![Effect::AskOrder(Box::new(order::State::say(" LIFT A LOCK ", about, lines, vec![choice])))]
        }
        Action::Open => match &lock.target {
            LockTarget::Subtree(did) => {
                session.view.registry().find(did).map(Effect::Inspect).into_iter().collect()
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

pub(in crate::tui) fn view(
    state: &State,
    session: &Session,
    top: &mut usize,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let theme = session.theme;
    if state.rows.is_empty() {
        let keymap = &session.keymap;
        let (agents, lineage) = (keymap.key_to(RoomName::Agents), keymap.key_to(RoomName::Lineage));
        let lock = keymap.key_of(Action::Lock);
        let words = format!(
            " No lock stands: in agents ({agents}) or lineage ({lineage}), {lock} locks whom the cursor is on."
        );
        frame.render_widget(Line::styled(words, theme.dim()), area);
        return;
    }
    let width = usize::from(area.width);
    let column = |heading, width| Column { heading, width };
    let columns = [
        column("entry", 7),
        column("holds", 12),
        column("whom", (width.saturating_sub(32) / 2).max(10)),
        column("until", 8),
        column("why", (width.saturating_sub(36) / 2).max(4)),
    ];
    let table =
        Table { theme, columns: &columns, sorted: None, count: state.rows.len(), cursor: state.cursor };
    table.draw(frame, area, top, |index| {
        state.rows.get(index).map_or_else(Line::default, |row| line(row, session, &columns))
    });
}

fn line((lock, held): &(Lock, bool), session: &Session, columns: &[Column]) -> Line<'static> {
    let theme = session.theme;
    let (kind, on) = words(&lock.target);
    let mut spans = Spans::default();
    for column in columns {
        let width = column.width;
        spans = match column.heading {
            "entry" => spans.own(format!("{:>7}", lock.index), theme.dim()),
            "holds" if *held => spans.cell("held back", width, theme.warning()),
            "holds" => spans.cell(kind, width, theme.danger()),
            "whom" => spans.cell(&on, width, theme.text()),
            "until" => {
                let until = lock.until.map(|until| expiry_words(until, session.now));
                spans.cell(until.as_deref().unwrap_or("lifted"), width, theme.dim())
            }
            _ => spans.cell(&lock.reason, width, theme.text()),
        };
        spans = spans.own(" ", theme.text());
    }
    spans.line()
}
