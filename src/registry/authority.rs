//! What one agent may do now, asked of it and those above it alone.

use super::{Fault, Lock, Registry, Row, Rule, State, Verdict};
use crate::delegation::MAX_DEPTH;
use crate::time::Time;

/// Longer than any lineage that keeps the rules; a walk that gets here has met a broken one before.
const MOST_HOPS: usize = MAX_DEPTH as usize + 2;

/// Why an agent can neither delegate, issue, rotate nor refresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// It is not effectively active.
    State(Verdict),
    /// It, or an agent above it, is sealed.
    Sealed {
        /// Who is.
        at: Row,
        /// From this log index on.
        index: u64,
    },
    /// A lock holds it.
    Locked(Box<Lock>),
}

impl Stop {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::State(verdict) => match verdict.state {
                State::Revoked => "agent_revoked",
                State::Suspended => "agent_suspended",
                State::Expired => "agent_expired",
                State::Active | State::CutOff => "agent_cut_off",
            },
            Self::Sealed { .. } => "agent_sealed",
            Self::Locked(_) => "agent_locked",
        }
    }
}

impl Registry {
    /// An agent and those above it, as far as a sound lineage goes.
    pub fn upwards(&self, row: Row) -> impl Iterator<Item = Row> {
        std::iter::successors(Some(row), |row| self.parent_row(*row)).take(MOST_HOPS)
    }

    /// What [`Judgement`](super::Judgement) says of one agent, without judging the others.
    pub fn verdict_at(&self, row: Row, now: Time) -> Verdict {
        let own = self.own_state(row, now);
        let fault = self.upwards(row).find_map(|hop| self.fault_at(hop, now));
        let state = if own == State::Active && fault.is_some() { State::CutOff } else { own };
        Verdict { state, fault }
    }

    fn fault_at(&self, hop: Row, now: Time) -> Option<Fault> {
        let stopped = |parent: Row| self.own_state(parent, now) != State::Active;
        let parent_stopped = self.parent_row(hop).is_some_and(stopped);
        match self.hop_rule(hop) {
            Some(rule) if rule.precedes_parent_state() || !parent_stopped => Some(Fault { rule, hop }),
            _ => parent_stopped.then_some(Fault { rule: Rule::InactiveParent, hop }),
        }
    }

    /// The seal that holds an agent, on itself or on one above it: who, and from which log index on.
    pub fn sealed_above(&self, row: Row) -> Option<(Row, u64)> {
        let sealed = |row: Row| self.agent(row).sealed_at().map(|index| (row, index));
        self.upwards(row).filter_map(sealed).min_by_key(|(_, index)| *index)
    }

    /// Why an agent can neither delegate, issue, rotate nor refresh at `now`; none when it can.
    pub fn stop_of(&self, row: Row, now: Time) -> Option<Stop> {
        // A lock says more than the suspension that it amounts to.
        if let Some(lock) = self.lock_on(row, now) {
            return Some(Stop::Locked(Box::new(lock.clone())));
        }
        let verdict = self.verdict_at(row, now);
        if verdict.state != State::Active {
            return Some(Stop::State(verdict));
        }
        self.sealed_above(row).map(|(at, index)| Stop::Sealed { at, index })
    }
}
