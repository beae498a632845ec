//! Everything by name: actions, contexts, agents; and whatever somebody pastes, recognized.

use crossterm::event::{KeyCode, KeyEvent};
use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher};

use crate::identity::Did;
use crate::registry::By;
use crate::text::within;
use crate::tui::action::{Action, RoomName};
use crate::tui::contexts::Destination;
use crate::tui::effect::Ticket;
use crate::tui::keymap::{BINDINGS, Binding};
use crate::tui::session::Session;
use crate::tui::widgets::{Cursor, Field};
use crate::warden::Recognized;

/// Of a pasted text so much is looked at.
const PASTED: usize = 64 * 1024;
/// At most so many agents are offered.
const MOST_AGENTS: usize = 50;

/// An agent that is offered; rows mean other agents once a registry was replaced, DIDs never do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::tui) struct Named {
    pub did: Did,
    pub by: By,
}

impl Named {
    /// Whether the text names it, and not only fits it.
    fn certain(&self) -> bool {
        self.by != By::Text
    }
}

/// What was typed or pasted, and what is offered for it.
#[derive(Debug)]
pub(in crate::tui) struct State {
    pub room: RoomName,
    pub typed: Field,
    /// What was pasted, whole; a field holds the beginning of it only.
    pasted: Option<String>,
    pub cursor: Cursor,
    actions: Vec<&'static Binding>,
    /// Whose answer is awaited.
    pub asked: Ticket,
    agents: Vec<Named>,
    /// Whether nobody answers any more for what is typed.
    pub answered: bool,
}

/// What a key did.
pub(in crate::tui) enum Outcome {
    Stay,
    Close,
    /// Look for agents, too.
    Look,
    Run(Action),
    /// Show the agent.
    Inspect(Did),
    /// Go to the context of this name.
    Go(String),
    /// List the agents that a query means.
    List(String),
    /// The action is there, and not here: why.
    Refuse(String),
}

/// One line to choose.
#[derive(Clone, Copy)]
pub(super) enum Choice<'c> {
    Agent(&'c Named),
    Action(&'static Binding),
    Context(&'c Destination),
    /// A query of the configuration: its name and its text.
    Query(&'c (String, String)),
}

impl State {
    pub(in crate::tui) fn new(room: RoomName) -> Self {
        let mut state = Self {
            room,
            typed: Field::default(),
            pasted: None,
            cursor: Cursor::default(),
            actions: Vec::new(),
            asked: 0,
            agents: Vec::new(),
            answered: true,
        };
        state.actions = actions("", room);
        state
    }

    /// What agents are looked for by.
    pub(in crate::tui) fn text(&self) -> &str {
        self.pasted.as_deref().unwrap_or_else(|| self.typed.text())
    }

    /// The contexts behind `ctx`; else agents that the text names for certain, actions, and agents that it may mean.
    pub(super) fn choices<'c>(
        &'c self,
        contexts: &'c [Destination],
        queries: &'c [(String, String)],
    ) -> Vec<Choice<'c>> {
        if let Some(name) = self.context() {
            let begins = |there: &&Destination| there.name.to_lowercase().starts_with(&name);
            return contexts.iter().filter(begins).map(Choice::Context).collect();
        }
        let agents = self.agents.iter().filter(|agent| agent.certain()).map(Choice::Agent);
        let actions = self.actions.iter().copied().map(Choice::Action);
        let typed = self.typed.text().trim().to_lowercase();
        let named =
            |query: &&(String, String)| self.pasted.is_none() && query.0.to_lowercase().contains(&typed);
        let queries = queries.iter().filter(named).map(Choice::Query);
        let perhaps = self.agents.iter().filter(|agent| !agent.certain()).map(Choice::Agent);
        // Letters with gaps fit many an action; a name that was typed does not have to stand behind them.
        match typed.is_empty() {
            true => agents.chain(actions).chain(queries).chain(perhaps).collect(),
            false => agents.chain(queries).chain(actions).chain(perhaps).collect(),
        }
    }

    /// What stands behind `ctx`.
    fn context(&self) -> Option<String> {
        let typed = self.typed.text().to_lowercase();
        typed.strip_prefix("ctx ").map(|name| name.trim().to_owned())
    }

    pub(in crate::tui) fn key(
        &mut self,
        key: &KeyEvent,
        contexts: &[Destination],
        queries: &[(String, String)],
    ) -> Outcome {
        let choices = self.choices(contexts, queries);
        match (key.code, choices.get(self.cursor.at)) {
            (KeyCode::Esc, _) => return Outcome::Close,
            (KeyCode::Up, _) => {
                let count = choices.len();
                self.cursor.act(Action::Up, count, 1);
            }
            (KeyCode::Down, _) => {
                let count = choices.len();
                self.cursor.act(Action::Down, count, 1);
            }
            (KeyCode::Tab, Some(Choice::Context(there))) => {
                let words = format!("ctx {}", there.name);
                self.typed.set(&words);
                self.cursor = Cursor::default();
            }
            (KeyCode::Enter, None) => {}
            (KeyCode::Enter, Some(Choice::Context(there))) => return Outcome::Go(there.name.clone()),
            (KeyCode::Enter, Some(Choice::Query((_, text)))) => return Outcome::List(text.clone()),
            (KeyCode::Enter, Some(Choice::Agent(sighting))) => return Outcome::Inspect(sighting.did.clone()),
            (KeyCode::Enter, Some(Choice::Action(choice))) if choice.holds_in(self.room) => {
                return Outcome::Run(choice.action);
            }
            (KeyCode::Enter, Some(Choice::Action(choice))) => {
                return Outcome::Refuse(format!("{}: not in this room", choice.words));
            }
            _ => {
                if self.typed.edit(key) {
                    self.pasted = None;
                    return self.look();
                }
            }
        }
        Outcome::Stay
    }

    /// Adds what was pasted; into an empty field it counts whole, however long it is.
    pub(in crate::tui) fn paste(&mut self, text: &str) -> Outcome {
        let text = text.trim();
        self.pasted = self.typed.text().is_empty().then(|| within(text, PASTED));
        self.typed.push(text);
        self.look()
    }

    fn look(&mut self) -> Outcome {
        self.cursor = Cursor::default();
        // Nobody pastes the name of an action into an empty field.
        self.actions = if self.pasted.is_some() { Vec::new() } else { actions(self.typed.text(), self.room) };
        if self.typed.text().trim().is_empty() || self.context().is_some() {
            self.agents.clear();
            (self.asked, self.answered) = (0, true);
            return Outcome::Stay;
        }
        self.answered = false;
        Outcome::Look
    }

    /// Takes the agents that the text speaks of; answers whether that is all, since some are known by their verdicts only.
    pub(in crate::tui) fn recognized(&mut self, ticket: Ticket, agents: Vec<Named>) -> bool {
        if ticket != self.asked {
            return true;
        }
        self.answered = certain(&agents) > 0;
        self.take(agents);
        self.answered
    }

    /// Takes the agents that are known by their verdicts.
    pub(in crate::tui) fn recognized_callers(&mut self, ticket: Ticket, callers: Vec<Recognized>) {
        if ticket != self.asked {
            return;
        }
        let named = |caller: Recognized| Named { did: caller.did, by: caller.by };
        let mut agents: Vec<Named> = callers.into_iter().map(named).collect();
        agents.append(&mut self.agents);
        self.take(agents);
        self.answered = true;
    }

    /// Offers the agents; a cursor that was moved stays on what it was on.
    fn take(&mut self, mut agents: Vec<Named>) {
        agents.truncate(MOST_AGENTS);
        if self.cursor.at > 0 {
            self.cursor.at = (self.cursor.at + certain(&agents)).saturating_sub(certain(&self.agents));
        }
        self.agents = agents;
    }

    /// Why an action cannot be run here and now.
    pub(super) fn refusal(&self, choice: &Binding, session: &Session) -> Option<String> {
        if !choice.holds_in(self.room) {
            return Some("not in this room".to_owned());
        }
        choice.action.orders().and_then(|kind| session.refusal(kind))
    }
}

/// How many are named for certain; those stand first.
fn certain(agents: &[Named]) -> usize {
    agents.iter().filter(|agent| agent.certain()).count()
}

/// The actions that fit, those of other rooms last, the best first.
fn actions(typed: &str, room: RoomName) -> Vec<&'static Binding> {
    let pattern = Pattern::new(typed, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut letters = Vec::new();
    let mut scored: Vec<(u32, &'static Binding)> = Vec::new();
    for binding in BINDINGS {
        let words = format!("{} {}", binding.short, binding.words);
        let words = nucleo_matcher::Utf32Str::new(&words, &mut letters);
        scored.extend(pattern.score(words, &mut matcher).map(|score| (score, binding)));
    }
    scored.sort_by_key(|(score, binding)| (!binding.holds_in(room), std::cmp::Reverse(*score)));
    scored.into_iter().map(|(_, binding)| binding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_with_gaps_find_an_action_and_the_best_comes_first() {
        let first = |typed| actions(typed, RoomName::Agents).first().map(|binding| binding.action);
        assert_eq!(first("rvk"), Some(Action::Revoke));
        assert_eq!(first("suspend"), Some(Action::Suspend));
        assert_eq!(first("room before"), Some(Action::Back));
        assert!(actions("zzzz", RoomName::Agents).is_empty());
        assert_eq!(actions("", RoomName::Agents).len(), BINDINGS.len());
    }

    #[test]
    fn what_holds_in_the_room_comes_before_what_does_not() {
        let found = actions("suspend", RoomName::Operators);
        let here = found.iter().take_while(|binding| binding.holds_in(RoomName::Operators)).count();
        assert!(here > 0 && found.iter().skip(here).all(|binding| !binding.holds_in(RoomName::Operators)));
    }
}
