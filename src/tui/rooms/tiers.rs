//! Agents by trust tier: the tiers above, the agents of one of them below.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::agents;
use crate::trust::Tier;
use crate::tui::action::{Action, RoomName};
use crate::tui::effect::{Effect, Ticket};
use crate::tui::listing::{Selection, Sort};
use crate::tui::session::Session;
use crate::tui::widgets::{Spans, bar, split_top};

/// The chosen tier and its agents.
#[derive(Debug, Default)]
pub(in crate::tui) struct State {
    pub table: agents::State,
    chosen: usize,
}

/// The tiers from most to least trusted, then the unscored.
fn choices() -> impl Iterator<Item = Option<Tier>> {
    Tier::ALL.into_iter().map(Some).chain([None])
}

impl State {
    fn tier(&self) -> Option<Tier> {
        choices().nth(self.chosen).flatten()
    }

    /// Asks for the agents of the chosen tier, least trusted first.
    pub(in crate::tui) fn ask(&mut self, text: String, ticket: Ticket) -> Effect {
        let keep = self.table.kept();
        let selection = Selection {
            text,
            within: format!("tier={}", self.tier().map_or("unscored", Tier::as_str)),
            sort: Sort::Score,
            reversed: false,
            keep,
            callers: None,
            was: None,
        };
        self.table.ask(RoomName::Tiers, selection, ticket)
    }
}

pub(in crate::tui) fn update(
    state: &mut State,
    action: Action,
    session: &Session,
    ticket: Ticket,
) -> Vec<Effect> {
    let last = choices().count() - 1;
    let text = state.table.rows.selection.text.clone();
    match action {
        Action::Left => state.chosen = state.chosen.saturating_sub(1),
        Action::Right => state.chosen = (state.chosen + 1).min(last),
        _ => return agents::update(&mut state.table, action, session, ticket),
    }
    vec![state.ask(text, ticket)]
}

pub(in crate::tui) fn view(
    state: &State,
    session: &Session,
    top: &mut usize,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let head = u16::try_from(choices().count() + 1).unwrap_or(7).min(area.height / 2);
    let [above, below] = split_top(area, head);
    let tally = session.view.judgement.tally();
    let theme = session.theme;
    for (index, (tier, y)) in choices().zip(above.y..above.bottom()).enumerate() {
        let count = tier.map_or(tally.unscored, |tier| tally.tier(tier));
        let columns = usize::from(area.width).saturating_sub(34);
        let chosen = index == state.chosen;
        let line = Spans::default()
            .own(if chosen { "▸ " } else { "  " }, theme.key())
            .own(format!("{:<17}", tier.map_or("unscored", Tier::as_str)), theme.tier(tier))
            .own(format!("{count:>9}  "), if chosen { theme.heading() } else { theme.dim() })
            .own(bar(count, tally.agents, columns), theme.tier(tier))
            .line();
        let place = Rect { y, height: 1, ..above };
        frame.render_widget(line, place);
        if chosen {
            let name = Rect { width: place.width.min(19), ..place };
            frame.buffer_mut().set_style(name, theme.selected());
        }
    }
    agents::view(&state.table, session, top, frame, below);
}
