//! How a mesh stands, in figures: each with the query that lists the agents behind it.

use std::collections::BTreeSet;

use super::columns::NONE;
use super::{Judgement, Registry, Row, Rule, State};
use crate::capability::WILDCARD;
use crate::time::{Span, Time};
use crate::trust::Tier;

/// So many agents are named whose trust falls fastest.
const FASTEST: usize = 50;
/// A source that said nothing for so long is silent.
pub const SILENT: Span = Span::seconds(3600);
/// An expiry is soon when it is at most this far away.
pub const SOON: Span = Span::seconds(7 * 86_400);

/// Verdicts are shown for so long back.
pub const LOOK_BACK: Span = Span::seconds(1800);
/// What rests on verdicts: a name, and the query that means these agents.
pub const OF_VERDICTS: [(&str, &str); 2] =
    [("denied lately", "denied<10m"), ("nobody asked, a day", "seen>1d state=active")];

/// What must be counted agent by agent, once for a state of the registry; the rest is in the [`Tally`](super::Tally).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pulse {
    /// Agents that may act and hold more than their trust is good for: [`Registry::overprivileged`].
    pub overprivileged: u32,
    /// Agents that may act and whose sponsor nobody verified.
    pub unverified: u32,
    /// Agents that may act and expire within [`SOON`].
    pub expiring: u32,
    /// Agents that may act and [lost](Registry::fell) trust lately.
    pub fallen: u32,
    /// Those of them that lost most, the largest loss first.
    pub fastest: Vec<(u16, Row)>,
    /// Registered sources of trust signals that have said nothing for [`SILENT`].
    pub silent: Vec<String>,
}

/// A number, and the agents that it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// What is counted, in a word or two.
    pub name: &'static str,
    /// How many.
    pub count: u32,
    /// The query that means exactly these agents.
    pub query: String,
}

impl Pulse {
    /// Counts.
    pub fn of(registry: &Registry, judgement: &Judgement) -> Self {
        let now = judgement.at();
        let soon = now.plus(SOON);
        let mut pulse = Self::default();
        let lists = u32::try_from(registry.shared.sets.len()).unwrap_or(NONE);
        let wide: Vec<bool> = (0..lists).map(|list| registry.is_wide(list)).collect();
        for row in registry.rows().filter(|row| judgement.state(*row) == State::Active) {
            let agent = registry.agent(row);
            pulse.unverified += u32::from(!agent.sponsor_verified());
            pulse.expiring += u32::from(agent.expires_at().is_some_and(|expiry| expiry <= soon));
            pulse.overprivileged +=
                u32::from(wide[registry.list_of(row) as usize] && registry.below_trusted(row, now));
        }
        // Whoever has no account has lost nothing.
        let known: BTreeSet<Row> =
            registry.facts().trust.dids().filter_map(|did| registry.find(did)).collect();
        let active = known.into_iter().filter(|row| judgement.state(*row) == State::Active);
        let mut fell: Vec<(u16, Row)> = active.map(|row| (registry.fell(row, now), row)).collect();
        fell.retain(|(points, _)| *points > 0);
        fell.sort_unstable_by_key(|(points, row)| (std::cmp::Reverse(*points), *row));
        pulse.fallen = u32::try_from(fell.len()).unwrap_or(u32::MAX);
        fell.truncate(FASTEST);
        pulse.fastest = fell;
        let facts = registry.facts();
        let silent = facts.trust.silent_since(&facts.rules, now.minus(SILENT));
        pulse.silent = silent.into_iter().map(str::to_owned).collect();
        pulse
    }

    /// What asks for somebody, the most urgent first.
    pub fn urgent(&self, judgement: &Judgement) -> Vec<Figure> {
        let tally = judgement.tally();
        let orphaned = tally.broken_hops.get(Rule::MissingParent as usize - 1).copied().unwrap_or(0);
        let merely_stopped = tally.broken.get(Rule::InactiveParent as usize - 1).copied().unwrap_or(0);
        let broken = tally.broken.iter().sum::<u32>() - merely_stopped;
        let figure = |name, count, query: &str| Figure { name, count, query: query.to_owned() };
        vec![
            figure("trust fell today", self.fallen, "fell>0 state=active"),
            figure("broken lineage", broken, "broken"),
            figure("orphaned", orphaned, "orphaned"),
            figure("over-privileged", self.overprivileged, "overprivileged state=active"),
            figure("sponsor unverified", self.unverified, "unverified state=active"),
            figure("expire in 7 days", self.expiring, "expires<=7d state=active"),
        ]
    }
}

/// Agents by effective state.
pub fn by_state(judgement: &Judgement) -> impl Iterator<Item = (State, Figure)> {
    State::ALL.into_iter().map(|state| {
        let name = state.as_str();
        (state, Figure { name, count: judgement.tally().state(state), query: format!("state={name}") })
    })
}

/// Agents by trust tier, those without a score last.
pub fn by_tier(judgement: &Judgement) -> impl Iterator<Item = (Option<Tier>, Figure)> {
    let tally = judgement.tally();
    Tier::ALL.into_iter().map(Some).chain([None]).map(|tier| {
        let name = tier.map_or("unscored", Tier::as_str);
        let count = tier.map_or(tally.unscored, |tier| tally.tier(tier));
        (tier, Figure { name, count, query: format!("tier={name}") })
    })
}

/// Agents whose own hop breaks a rule, by rule; rules that nobody breaks are left out.
pub fn by_rule(judgement: &Judgement) -> impl Iterator<Item = (Rule, Figure)> {
    let broken = Rule::ALL.into_iter().zip(judgement.tally().broken_hops);
    broken.filter(|(_, count)| *count > 0).map(|(rule, count)| {
        let name = rule.code();
        (rule, Figure { name, count, query: format!("breaks:{name}") })
    })
}

impl Registry {
    /// Whether an agent holds more than its trust is good for: `*`, or all of a kind such as `deploy:*`, below the tier
    /// `trusted`. An agent that nobody scored has the score that policy gives it.
    pub fn overprivileged(&self, row: Row, now: Time) -> bool {
        self.is_wide(self.list_of(row)) && self.below_trusted(row, now)
    }

    fn list_of(&self, row: Row) -> u32 {
        self.columns.cold(row.index()).capabilities
    }

    /// Whether something in a list of capabilities is a wildcard.
    fn is_wide(&self, list: u32) -> bool {
        let shared = &*self.shared;
        let wide = |number: &u32| {
            let text = shared.capabilities.get(*number);
            text == WILDCARD || text.ends_with(":*")
        };
        shared.sets.get(list).iter().any(wide)
    }

    fn below_trusted(&self, row: Row, now: Time) -> bool {
        self.trust_of(row, &self.facts().rules, now).tier < Tier::Trusted
    }
}
