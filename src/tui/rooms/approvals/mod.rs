//! Changes that wait for signatures: who ordered what, what it would have done then and would do now.

mod said;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::change::operators::{Proposal, Withdraw};
use crate::change::{ChangeId, Exception, Kind, Plan, Request, Targets, What, request_of};
use crate::encoding::hex;
use crate::text::agents;
use crate::tui::action::Action;
use crate::tui::effect::{Effect, Ticket};
use crate::tui::overlays::order;
use crate::tui::session::Session;
use crate::tui::widgets::{Column, Cursor, Spans, Table, expiry_words, split_top};

/// A line is cut after so many columns.
const WIDE: usize = 300;

/// The queue, and what the change under the cursor would do now.
#[derive(Debug, Default)]
pub(in crate::tui) struct State {
    ids: Vec<ChangeId>,
    pub cursor: Cursor,
    /// Of which change, in which state of the log, and what it would do.
    weighed: Option<(ChangeId, u64, Result<Box<Plan>, String>)>,
    asked: Ticket,
}

impl State {
    /// How many wait.
    pub(in crate::tui) fn count(&self) -> usize {
        self.ids.len()
    }

    /// Lists again what waits; the cursor stays on its change.
    pub(in crate::tui) fn rebuild(&mut self, session: &Session) {
        let kept = self.selected();
        let waiting = session.view.snapshot.operators.waiting(session.now);
        self.ids = waiting.into_iter().map(|(id, _)| id).collect();
        let at = kept.and_then(|kept| self.ids.iter().position(|id| *id == kept));
        self.cursor.go(at.unwrap_or(self.cursor.at), self.ids.len());
    }

    fn selected(&self) -> Option<ChangeId> {
        self.ids.get(self.cursor.at).copied()
    }

    /// Asks what the change under the cursor would do now, unless that is known.
    pub(in crate::tui) fn weigh(&mut self, session: &Session, ticket: Ticket) -> Option<Effect> {
        let (id, size) = (self.selected()?, session.view.snapshot.head.size);
        if self.weighed.as_ref().is_some_and(|(known, then, _)| (*known, *then) == (id, size)) {
            return None;
        }
        self.weighed = None;
        let request = request(proposal(session, id)?)?;
        self.asked = ticket;
        Some(Effect::Weigh(ticket, id, Box::new(request)))
    }

    /// Takes what was asked for.
    pub(in crate::tui) fn take(
        &mut self,
        ticket: Ticket,
        id: ChangeId,
        size: u64,
        outcome: Result<Box<Plan>, String>,
    ) {
        if ticket == self.asked {
            self.weighed = Some((id, size, outcome));
        }
    }

    fn weight(&self, id: ChangeId) -> Option<&Result<Box<Plan>, String>> {
        self.weighed.as_ref().filter(|(known, ..)| *known == id).map(|(.., weight)| weight)
    }
}

fn proposal(session: &Session, id: ChangeId) -> Option<&Proposal> {
    session.view.snapshot.operators.proposal(id).map(AsRef::as_ref)
}

fn request(proposal: &Proposal) -> Option<(Request, Vec<Exception>)> {
    request_of(&proposal.payload.order).ok().flatten()
}

pub(in crate::tui) fn update(
    state: &mut State,
    action: Action,
    session: &Session,
    ticket: Ticket,
) -> Vec<Effect> {
    if state.cursor.act(action, state.ids.len(), session.page) {
        return state.weigh(session, ticket).into_iter().collect();
    }
    let Some((id, proposal)) = state.selected().and_then(|id| Some((id, proposal(session, id)?))) else {
        let asks = matches!(action, Action::Approve | Action::Withdraw);
        return if asks { vec![Effect::Refuse("nothing waits".to_owned())] } else { Vec::new() };
    };
    match action {
        Action::Approve => vec![approve(state, session, id, proposal)],
        Action::Withdraw => {
            let what = What::Withdraw(Withdraw { change: id.to_string() });
            let words = format!("withdraw {}", about(proposal));
            let lines = vec![
                format!("ordered by {}: {}", proposal.payload.actor, proposal.payload.reason),
                "whom it holds back is let go".to_owned(),
            ];
            let choice = order::Choice { words, about: None, what };
            vec![Effect::AskOrder(Box::new(order::State::say(
                " WITHDRAW ",
                about(proposal),
                lines,
                vec![choice],
            )))]
        }
        Action::Open => match request(proposal) {
            Some((request, _)) => {
                session.view.registry().find(&request.did).map(Effect::Inspect).into_iter().collect()
            }
            None => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// The dialog of an approval, or why there is none.
fn approve(state: &State, session: &Session, id: ChangeId, proposal: &Proposal) -> Effect {
    if let Some(why) = session.refusal(proposal.payload.kind()) {
        return Effect::Refuse(why);
    }
    if session.seat().name().is_some_and(|name| proposal.signers.iter().any(|signer| signer == name)) {
        return Effect::Refuse("you signed it yourself: somebody else approves it".to_owned());
    }
    let waits = proposal.waits();
    let lines =
        facts(state, session, id, proposal).into_iter().map(|(name, value)| format!("{name:<11}{value}"));
    let mut dialog = order::State::approve(about(proposal), lines.collect(), (id, waits.digest));
    let falls = match state.weight(id) {
        Some(Ok(plan)) => plan.impact.losing().max(plan.count()),
        _ => usize::MAX,
    };
    if falls > 1 {
        dialog.phrase_wanted = Some(id.to_string().chars().take(8).collect());
    }
    Effect::AskOrder(Box::new(dialog))
}

fn about(proposal: &Proposal) -> String {
    let payload = &proposal.payload;
    format!("{} {}", payload.kind().as_str(), payload.order.subject()).trim_end().to_owned()
}

/// What whoever approves should know.
fn facts(state: &State, session: &Session, id: ChangeId, proposal: &Proposal) -> Vec<(&'static str, String)> {
    let payload = &proposal.payload;
    let (had, needed) = (proposal.signers.len(), proposal.needed);
    let mut facts = vec![
        ("change", id.to_string()),
        ("ordered by", format!("{} at {}", payload.actor, payload.created)),
        ("why", payload.reason.clone()),
        ("signed by", format!("{} ({had} of {needed})", proposal.signers.join(", "))),
        ("expires", format!("{} ({})", proposal.expires(), expiry_words(proposal.expires(), session.now))),
    ];
    facts.extend(payload.case.clone().map(|case| ("case", case)));
    if let Some(targets) = payload.order.targets() {
        let how = if targets.is_cascade() { ", with everybody below" } else { "" };
        facts.push(("then", format!("{}{how}", agents(targets.count()))));
        facts.push(("now", now(state.weight(id))));
    }
    if payload.kind() == Kind::Revoke {
        facts.push(("meanwhile", "all of them are held back, and cut off".to_owned()));
    }
    facts.extend(said::said(session, proposal));
    facts
}

fn now(weight: Option<&Result<Box<Plan>, String>>) -> String {
    match weight {
        None => "counting …".to_owned(),
        Some(Err(why)) => format!("it would be refused: {why}"),
        Some(Ok(plan)) => {
            let changed = agents(plan.count());
            match plan.impact.losing() {
                0 => format!("{changed} change status; nobody loses more than is held back already"),
                losing => format!("{changed} change status, {losing} would lose their power"),
            }
        }
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
    if state.ids.is_empty() {
        frame.render_widget(Line::styled(" Nothing waits for signatures.", theme.dim()), area);
        return;
    }
    let wanted = u16::try_from(state.ids.len()).unwrap_or(u16::MAX).saturating_add(1);
    let [list, rest] = split_top(area, wanted.min(area.height / 3).max(3));
    let width = usize::from(area.width);
    let column = |heading, width| Column { heading, width };
    let columns = [
        column("change", 9),
        column("what", 12),
        column("by", 10),
        column("signed", 6),
        column("ends", 8),
        column("about", width.saturating_sub(53).max(8)),
    ];
    let table =
        Table { theme, columns: &columns, sorted: None, count: state.ids.len(), cursor: state.cursor };
    table.draw(frame, list, top, |index| {
        let found = state.ids.get(index).and_then(|id| Some((*id, proposal(session, *id)?)));
        found.map_or_else(Line::default, |(id, proposal)| line(id, proposal, session, &columns))
    });
    let Some((id, proposal)) = state.selected().and_then(|id| Some((id, proposal(session, id)?))) else {
        return;
    };
    let lines = detail(state, session, id, proposal);
    for (line, y) in lines.iter().zip(rest.y.saturating_add(1)..rest.bottom()) {
        frame.render_widget(line, Rect { y, height: 1, ..rest });
    }
}

fn line(id: ChangeId, proposal: &Proposal, session: &Session, columns: &[Column]) -> Line<'static> {
    let (theme, payload) = (session.theme, &proposal.payload);
    let mut spans = Spans::default();
    for column in columns {
        let width = column.width;
        spans = match column.heading {
            "change" => {
                let short: String = id.to_string().chars().take(8).collect();
                spans.cell(&short, width, theme.dim())
            }
            "what" => spans.cell(payload.kind().as_str(), width, theme.warning()),
            "by" => spans.cell(&payload.actor, width, theme.text()),
            "signed" => {
                spans.cell(&format!("{} of {}", proposal.signers.len(), proposal.needed), width, theme.text())
            }
            "ends" => spans.cell(&expiry_words(proposal.expires(), session.now), width, theme.dim()),
            _ => spans.cell(&payload.order.subject(), width, theme.text()),
        };
        spans = spans.own(" ", theme.text());
    }
    spans.line()
}

fn detail(state: &State, session: &Session, id: ChangeId, proposal: &Proposal) -> Vec<Line<'static>> {
    let theme = session.theme;
    let mut lines =
        vec![Spans::default().own(" ", theme.text()).foreign(&about(proposal), WIDE, theme.heading()).line()];
    let field = |name: &str, value: &str| {
        Spans::default().own(format!(" {name:<11}"), theme.dim()).foreign(value, WIDE, theme.text()).line()
    };
    lines.extend(facts(state, session, id, proposal).iter().map(|(name, value)| field(name, value)));
    lines.push(field("SHA-256", &hex::encode(&proposal.waits().digest)));
    if let Some(Targets::Listed(_)) = proposal.payload.order.targets() {
        let words = format!(" {} shows the agent", session.keymap.key_of(Action::Open));
        lines.push(Line::styled(words, theme.dim()));
    }
    lines
}
