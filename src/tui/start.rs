//! What the console shows first, as a command line may ask for it.

use super::action::RoomName;
use super::effect::{Effect, Moment};
use super::listing::Selection;
use super::model::Model;
use super::theme::Tone;
use super::update::{start_in, travel};
use crate::registry::find;
use crate::time::Time;

/// The room, the agent, the query and the moment to begin with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Start {
    /// The room; without it the one that shows the rest.
    pub room: Option<RoomName>,
    /// The agent to select: its DID, or how it begins.
    pub select: Option<String>,
    /// What to list.
    pub query: Option<String>,
    /// Everything as it was then.
    pub at: Option<Time>,
}

impl Start {
    /// The room that shows what is asked for.
    fn place(&self) -> RoomName {
        self.room.unwrap_or(match (&self.query, &self.select) {
            (Some(_), _) => RoomName::Agents,
            (None, Some(_)) => RoomName::Inspect,
            (None, None) => RoomName::Overview,
        })
    }

    /// Begins; what cannot be found is said, and the rest is shown.
    pub(super) fn enter(self, model: &mut Model) -> Vec<Effect> {
        let room = self.place();
        let found = self.select.as_deref().map(|text| find::agent(model.session.view.registry(), text));
        let row = found.as_ref().and_then(|found| found.as_ref().ok()).copied();
        if let Some(row) = row {
            model.rooms.inspect.show(row, &model.session);
            model.rooms.lineage.reveal(row, &model.session.view);
        }
        let mut effects = start_in(model, room);
        if self.query.is_some() || row.is_some() {
            let text = self.query.unwrap_or_default();
            let selection = Selection { text: text.clone(), keep: row, ..Selection::default() };
            let ticket = model.ticket();
            effects.retain(|effect| !matches!(effect, Effect::List(..)));
            effects.extend(match room {
                RoomName::Lineage if !text.is_empty() => model.rooms.lineage.ask(selection, ticket),
                RoomName::Tiers => Some(model.rooms.tiers.ask(text, ticket)),
                RoomName::Agents => Some(model.rooms.agents.ask(RoomName::Agents, selection, ticket)),
                _ => None,
            });
        }
        if let Some(at) = self.at {
            let size = model.session.view.snapshot.head.size;
            effects.extend(travel(model, Moment::Until(at, size)));
        }
        if let Some(Err(error)) = found {
            model.say(error.to_string(), Tone::Bad);
        }
        effects
    }
}
