//! All lineages of a registry, judged in one pass: each hop once, parents before children.

use super::hop::Rule;
use super::{Registry, Row};
use crate::identity::Status;
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
        let lineage = registry.lineage();
        let count = lineage.len();
        let blank = Packed { hop: 0, rule: None, state: State::Active };
        let mut judgement = Self {
            at: now,
            next_change: None,
            verdicts: vec![blank; count],
            states: Vec::with_capacity(count),
            tally: Tally::default(),
        };
        for row in lineage.preorder() {
            let hot = registry.columns.hot(row.index());
            let cold = registry.columns.cold(row.index());
            let packed = judgement.verdict(registry, row);
            judgement.verdicts[row.index()] = packed;
            judgement.states.push(packed.state);
            if !hot.gone {
                judgement.count(packed, row, hot.score());
                for time in [cold.expires_at(), hot.until()].into_iter().flatten() {
                    if time > now && judgement.next_change.is_none_or(|next| time < next) {
                        judgement.next_change = Some(time);
                    }
                }
            }
        }
        judgement
    }

    fn verdict(&self, registry: &Registry, row: Row) -> Packed {
        let own = own_state(registry, row, self.at);
        let above = registry.lineage().parent(row).map(|parent| self.verdicts[parent.index()]);
        let parent_stopped = match above {
            Some(parent) => !matches!(parent.state, State::Active | State::CutOff),
            // Where a cycle is cut the parent comes later in the pass.
            None => registry
                .parent_row(row)
                .is_some_and(|parent| own_state(registry, parent, self.at) != State::Active),
        };
        let (rule, hop) = match registry.hop_rule(row) {
            Some(rule) if rule.precedes_parent_state() || !parent_stopped => (Some(rule), row.0),
            _ if parent_stopped => (Some(Rule::InactiveParent), row.0),
            _ => above.map_or((None, row.0), |parent| (parent.rule, parent.hop)),
        };
        let state = if own == State::Active && rule.is_some() { State::CutOff } else { own };
        Packed { hop, rule, state }
    }

    fn count(&mut self, packed: Packed, row: Row, score: Option<u16>) {
        bump(&mut self.tally.states, State::ALL.iter().position(|state| *state == packed.state));
        match score {
            None => self.tally.unscored += 1,
            Some(score) => {
                let tier = Tier::of(i64::from(score));
                bump(&mut self.tally.tiers, Tier::ALL.iter().position(|each| *each == tier));
            }
        }
        if let Some(rule) = packed.rule {
            bump(&mut self.tally.broken, Some(rule as usize - 1));
            if packed.hop == row.0 {
                bump(&mut self.tally.broken_hops, Some(rule as usize - 1));
            }
        }
        self.tally.agents += 1;
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

/// The state that an agent's own record and changes give it, its lineage left aside.
fn own_state(registry: &Registry, row: Row, now: Time) -> State {
    let expiry = registry.columns.cold(row.index()).expires_at();
    match registry.columns.hot(row.index()).status_at(now.micros()) {
        Status::Revoked => State::Revoked,
        Status::Suspended => State::Suspended,
        Status::Active if expiry.is_some_and(|expiry| now >= expiry) => State::Expired,
        Status::Active => State::Active,
    }
}

fn bump(counts: &mut [u32], at: Option<usize>) {
    if let Some(count) = at.and_then(|at| counts.get_mut(at)) {
        *count += 1;
    }
}

/// The score that counts for an agent: its own, or what policy says for one without.
pub const fn counted_score(score: Option<u16>) -> u16 {
    match score {
        Some(score) => score,
        None => DEFAULT_SCORE,
    }
}
