//! All lineages of a registry, judged in one pass: each hop once, parents before children.

use super::cases::Cases;
use super::columns::{Hot, NO_TIME};
use super::hop::Rule;
use super::{Registry, Row};
use crate::identity::{MAX_SCORE, Revoked, Status};
use crate::time::Time;
use crate::trust::{DEFAULT_SCORE, Tier};

/// What counts for a decision about an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// May act.
    Active,
    /// Its own record says active; an ancestor or a broken rule above says no.
    CutOff,
    /// Suspended by name.
    Suspended,
    /// Its expiry has come.
    Expired,
    /// Revoked by name.
    Revoked,
}

impl State {
    /// All states, as screens list them.
    pub const ALL: [Self; 5] = [Self::Active, Self::CutOff, Self::Suspended, Self::Expired, Self::Revoked];

    /// The word on screens and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::CutOff => "cut_off",
            Self::Suspended => "suspended",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// The answer for one agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The effective state.
    pub state: State,
    /// The rule that the lineage breaks, and the child side of the hop that breaks it; none when valid.
    pub fault: Option<Fault>,
}

/// A broken lineage: which rule, at which hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// The rule.
    pub rule: Rule,
    /// The agent whose own hop breaks it: the first one met on the way up.
    pub hop: Row,
}

/// How many agents are in which state, tier and trouble.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// By [`State::ALL`].
    pub states: [u32; 5],
    /// By [`Tier::ALL`]; an unscored agent is in none of them.
    pub tiers: [u32; 5],
    /// Agents without a score.
    pub unscored: u32,
    /// Agents whose lineage is broken at their own hop, by [`Rule::ALL`].
    pub broken_hops: [u32; 9],
    /// Agents whose lineage is broken anywhere above, by [`Rule::ALL`].
    pub broken: [u32; 9],
    /// Agents judged.
    pub agents: u32,
}

impl Tally {
    /// Agents in a state.
    pub fn state(&self, state: State) -> u32 {
        State::ALL
            .iter()
            .position(|each| *each == state)
            .and_then(|at| self.states.get(at))
            .copied()
            .unwrap_or(0)
    }

    /// Agents in a tier.
    pub fn tier(&self, tier: Tier) -> u32 {
        Tier::ALL
            .iter()
            .position(|each| *each == tier)
            .and_then(|at| self.tiers.get(at))
            .copied()
            .unwrap_or(0)
    }
}

/// The judgement of a whole registry at one instant.
#[derive(Clone)]
pub struct Judgement {
    at: Time,
    next_change: Option<Time>,
    verdicts: Vec<Packed>,
    /// States by preorder position, so that a subtree is counted by reading one slice.
    states: Vec<State>,
    tally: Tally,
}

#[derive(Clone, Copy)]
struct Packed {
    hop: u32,
    rule: Option<Rule>,
    state: State,
}

impl Judgement {
    /// Judges every agent at `now`.
    pub fn of(registry: &Registry, now: Time) -> Self {
        let alone = Alone::of(registry, now);
        let lineage = registry.lineage();
        let count = lineage.len();
        let blank = Packed { hop: 0, rule: None, state: State::Active };
        let mut verdicts = vec![blank; count];
        let mut states = Vec::with_capacity(count);
        let mut tally = alone.tally;
        // Where the trees of the agents above end in preorder, and their verdicts.
        let mut above: Vec<(usize, Packed)> = Vec::new();
        for (position, (row, size)) in lineage.preorder_with_sizes().enumerate() {
            while above.last().is_some_and(|(end, _)| *end <= position) {
                above.pop();
            }
            let packed = verdict(registry, &alone.states, row, above.last().map(|(_, packed)| *packed));
            if size > 1 {
                above.push((position + size, packed));
            }
            verdicts[row.index()] = packed;
            states.push(packed.state);
            if registry.gone == 0 || !registry.columns.hot(row.index()).gone {
                tally.states[packed.state as usize] += 1;
                if let Some(rule) = packed.rule {
                    tally.broken[rule as usize - 1] += 1;
                    tally.broken_hops[rule as usize - 1] += u32::from(packed.hop == row.0);
                }
            }
        }
        Self { at: now, next_change: alone.next_change, verdicts, states, tally }
    }

    /// The instant of the judgement.
    pub const fn at(&self) -> Time {
        self.at
    }

    /// When an expiry or the end of a suspension makes this judgement old.
    pub const fn next_change(&self) -> Option<Time> {
        self.next_change
    }

    /// The verdict for one agent.
    #[inline]
    pub fn verdict_of(&self, row: Row) -> Verdict {
        let packed = self.verdicts[row.index()];
        Verdict { state: packed.state, fault: packed.rule.map(|rule| Fault { rule, hop: Row(packed.hop) }) }
    }

    /// The effective state of one agent.
    #[inline]
    pub fn state(&self, row: Row) -> State {
        self.verdicts[row.index()].state
    }

    /// The counts.
    pub const fn tally(&self) -> &Tally {
        &self.tally
    }

    pub(super) fn states(&self, positions: std::ops::Range<usize>) -> &[State] {
        self.states.get(positions).unwrap_or(&[])
    }

    /// Bytes on the heap.
    pub fn heap(&self) -> usize {
        self.verdicts.capacity() * size_of::<Packed>() + self.states.capacity()
    }
}

/// What the agents' own records and changes say, their lineages left aside: read in the order in which they lie.
struct Alone {
    states: Vec<State>,
    tally: Tally,
    next_change: Option<Time>,
}

impl Alone {
    fn of(registry: &Registry, at: Time) -> Self {
        let now = at.micros();
        let mut states = Vec::with_capacity(registry.row_count());
        let mut tally = Tally::default();
        let mut next_change = i64::MAX;
        let mut scores = vec![0u32; usize::from(MAX_SCORE) + 1];
        for (hot, ceiling) in registry.columns.hots().zip(&registry.shared.ceilings) {
            states.push(own_state(hot, now, &registry.facts.cases));
            if hot.gone {
                continue;
            }
            tally.agents += 1;
            match hot.score() {
                None => tally.unscored += 1,
                Some(score) => scores[usize::from(score.min(*ceiling).min(MAX_SCORE))] += 1,
            }
            for time in [hot.expires_at, hot.until] {
                if time > now && time < next_change {
                    next_change = time;
                }
            }
        }
        // Whoever was spoken of has another score than its record says.
        for row in registry.spoken_of() {
            let hot = registry.columns.hot(row.index());
            let ceiling = registry.shared.ceilings[row.index()];
            match hot.score() {
                None => tally.unscored -= 1,
                Some(score) => scores[usize::from(score.min(ceiling).min(MAX_SCORE))] -= 1,
            }
            match registry.scored(row, at) {
                None => tally.unscored += 1,
                Some(reading) => scores[usize::from(reading.score.min(MAX_SCORE))] += 1,
            }
        }
        for row in registry.facts.locks.named(registry, at) {
            states[row.index()] = states[row.index()].max(State::Suspended);
        }
        if let Some(end) = registry.facts.locks.next_end(at) {
            next_change = next_change.min(end.micros());
        }
        for (row, state, until) in registry.listed(at) {
            if let Some(held) = states.get_mut(row.index()) {
                *held = (*held).max(state);
            }
            next_change = until.map_or(next_change, |until| next_change.min(until.micros() + 1));
        }
        for (score, count) in (0i64..).zip(scores) {
            let tier = Tier::of(score);
            if let Some(held) =
                Tier::ALL.iter().position(|each| *each == tier).and_then(|at| tally.tiers.get_mut(at))
            {
                *held += count;
            }
        }
        Self {
            states,
            tally,
            next_change: Some(next_change).filter(|time| *time < i64::MAX).and_then(Time::from_micros),
        }
    }
}

impl Registry {
    /// What an agent's own record, the changes to it and the revocation list say, its lineage left aside.
    pub(super) fn own_state(&self, row: Row, now: Time) -> State {
        let mut state = own_state(self.columns.hot(row.index()), now.micros(), &self.facts.cases);
        let locks = &self.facts.locks;
        if !locks.is_empty() && locks.on(self, row, now).is_some() {
            state = state.max(State::Suspended);
        }
        let listed = &self.facts.listed;
        if listed.is_empty() {
            return state;
        }
        let entry = listed.revoked(&self.did_at(row.index()), now);
        entry.map_or(state, |entry| state.max(state_by(entry)))
    }

    /// The agents about which the book of trust events has an account.
    fn spoken_of(&self) -> impl Iterator<Item = Row> {
        let known = self.facts.trust.dids().filter_map(|did| self.find(did));
        known.filter(|row| !self.columns.hot(row.index()).gone)
    }

    /// The agents that the revocation list holds at `now`, and until when.
    fn listed(&self, now: Time) -> impl Iterator<Item = (Row, State, Option<Time>)> {
        let entries = self.facts.listed.iter().filter(move |(_, entry)| entry.holds(now));
        entries.filter_map(|(did, entry)| Some((self.find(did)?, state_by(entry), entry.until)))
    }
}

/// A list revokes for ever, or for a while.
const fn state_by(entry: &Revoked) -> State {
    if entry.until.is_none() { State::Revoked } else { State::Suspended }
}

#[inline]
fn own_state(hot: &Hot, now: i64, cases: &Cases) -> State {
    match hot.status_at(now, cases) {
        Status::Revoked => State::Revoked,
        Status::Suspended => State::Suspended,
        Status::Active if hot.expires_at != NO_TIME && now >= hot.expires_at => State::Expired,
        Status::Active => State::Active,
    }
}

#[inline]
fn verdict(registry: &Registry, alone: &[State], row: Row, above: Option<Packed>) -> Packed {
    let own = alone[row.index()];
    let parent_stopped = match above {
        Some(parent) => !matches!(parent.state, State::Active | State::CutOff),
        // Where a cycle is cut the parent comes later in the pass.
        None => registry.parent_row(row).is_some_and(|parent| alone[parent.index()] != State::Active),
    };
    let (rule, hop) = match registry.hop_rule(row) {
        Some(rule) if rule.precedes_parent_state() || !parent_stopped => (Some(rule), row.0),
        _ if parent_stopped => (Some(Rule::InactiveParent), row.0),
        _ => above.map_or((None, row.0), |parent| (parent.rule, parent.hop)),
    };
    let state = if own == State::Active && rule.is_some() { State::CutOff } else { own };
    Packed { hop, rule, state }
}

/// The score that counts for an agent: its own, or what policy says for one without.
pub const fn counted_score(score: Option<u16>) -> u16 {
    match score {
        Some(score) => score,
        None => DEFAULT_SCORE,
    }
}
