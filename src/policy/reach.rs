//! Why an agent can do something, and who can: along the delegations that give it, hop by hop.

use super::{Listed, Policy};
use crate::capability::allows;
use crate::registry::{Evidence, Judgement, Registry, Row, Rule, State};
use crate::trust::Tier;

/// The delegations that lead to an agent, and what each gives of one capability.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The root first, the agent itself last; of a lineage that has no end, what lies next to the agent.
    pub hops: Vec<Hop>,
}

/// One agent on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// The agent.
    pub row: Row,
    /// What it holds that allows what is asked; none when nothing does.
    pub by: Option<String>,
    /// Its effective state.
    pub state: State,
    /// What its delegation rests on; none for a root.
    pub evidence: Option<Evidence>,
    /// Why nothing comes through it.
    pub ends: Option<Ends>,
}

/// Why nothing comes through an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ends {
    /// Its own hop breaks a rule.
    Broken(Rule),
    /// It may not act.
    Stopped(State),
    /// Nothing that it holds allows it.
    NotHeld,
    /// The policy blocks it.
    Blocked(Listed),
    /// The policy allows only others.
    NotAllowed,
    /// The policy wants somebody to vouch for it, and nobody does.
    Unattested,
    /// Its trust is below the gate of the action's class.
    TierTooLow {
        /// The class.
        class: String,
        /// The least tier that may.
        gate: Tier,
        /// Its own.
        has: Tier,
    },
}

impl Ends {
    /// The stable code, as a verdict would give it.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Broken(rule) => rule.code(),
            Self::Stopped(State::Revoked) => "agent_revoked",
            Self::Stopped(State::Suspended) => "agent_suspended",
            Self::Stopped(State::Expired) => "agent_expired",
            Self::Stopped(State::Active | State::CutOff) => "agent_cut_off",
            Self::NotHeld => "scope_not_held",
            Self::Blocked(_) => "agent_blocked",
            Self::NotAllowed => "agent_not_allowed",
            Self::Unattested => "agent_unattested",
            Self::TierTooLow { .. } => "tier_too_low",
        }
    }

    /// In words, after the name of the agent.
    pub fn words(&self) -> String {
        match self {
            Self::Broken(rule) => format!("breaks the rule {}", rule.code()),
            Self::Stopped(state) => format!("is {}", state.as_str().replace('_', " ")),
            Self::NotHeld => "holds nothing that allows it".to_owned(),
            Self::Blocked(by) => format!("is blocked by policy, by its {}", by.as_str()),
            Self::NotAllowed => "is not on the policy's allow list".to_owned(),
            Self::Unattested => "has no attestation, which policy requires".to_owned(),
            Self::TierTooLow { class, gate, has } => {
                format!("is {}, and {class} asks for {} or better", has.as_str(), gate.as_str())
            }
        }
    }
}

impl Reach {
    /// Where it ends, from the root down; none when the agent can.
    pub fn ends(&self) -> Option<(&Hop, &Ends)> {
        self.hops.iter().find_map(|hop| hop.ends.as_ref().map(|ends| (hop, ends)))
    }

    /// So many delegations lead to the agent; 0 for a root.
    pub const fn degree(&self) -> usize {
        self.hops.len().saturating_sub(1)
    }
}

impl Policy {
    /// Whether an agent can do what is asked, and along which delegations.
    ///
    /// Rules per hop are left out, since they ask about a resource, too; and a caller still has to show a chain of tokens.
    pub fn reach(&self, registry: &Registry, judgement: &Judgement, row: Row, asked: &str) -> Reach {
        let mut hops: Vec<Hop> =
            registry.upwards(row).map(|hop| self.hop(registry, judgement, hop, asked)).collect();
        // What breaks a lineage may lie beyond what is walked.
        if let (Some(fault), true) =
            (judgement.verdict_of(row).fault, hops.iter().all(|hop| hop.ends.is_none()))
            && let Some(last) = hops.first_mut()
        {
            last.ends = Some(Ends::Broken(fault.rule));
        }
        hops.reverse();
        Reach { hops }
    }

    fn hop(&self, registry: &Registry, judgement: &Judgement, row: Row, asked: &str) -> Hop {
        let by = registry.agent(row).capabilities().find(|held| allows(held, asked)).map(str::to_owned);
        let (state, evidence) = (judgement.state(row), registry.evidence(row, judgement.at()));
        let ends = self.ends_at(registry, judgement, row, asked);
        let ends = ends.or_else(|| by.is_none().then_some(Ends::NotHeld));
        Hop { row, by, state, evidence, ends }
    }

    fn ends_at(&self, registry: &Registry, judgement: &Judgement, row: Row, asked: &str) -> Option<Ends> {
        let (verdict, now) = (judgement.verdict_of(row), judgement.at());
        let own = verdict.fault.filter(|fault| fault.hop == row && fault.rule != Rule::InactiveParent);
        if let Some(fault) = own {
            return Some(Ends::Broken(fault.rule));
        }
        if !matches!(verdict.state, State::Active | State::CutOff) {
            return Some(Ends::Stopped(verdict.state));
        }
        let agent = registry.agent(row);
        let named = |list: &super::Lists| {
            list.find(&agent.did(), agent.sponsor(), agent.organization(), &agent.public_key())
        };
        if let Some(by) = named(&self.block) {
            return Some(Ends::Blocked(by));
        }
        if !self.allow.is_empty() && named(&self.allow).is_none() {
            return Some(Ends::NotAllowed);
        }
        let attesters = &self.attestation.attesters;
        let vouched = || {
            registry.attestation(row, now).is_some_and(|word| attesters.contains(&word.attester()))
                || agent.attested() && registry.ring(row).is_none()
        };
        if self.attestation.required && !vouched() {
            return Some(Ends::Unattested);
        }
        let (class, has) = (self.class_of(asked), registry.trust_of(row, &self.trust, now).tier);
        let gate = class.gate.filter(|_| !class.admits(has))?;
        Some(Ends::TierTooLow { class: class.name.clone(), gate, has })
    }
}

/// Who may act and holds what allows `asked`: those next to a root first, then in the order of registration.
pub fn who_can(registry: &Registry, judgement: &Judgement, asked: &str) -> Vec<Row> {
    let holds = |row: &Row| judgement.state(*row) == State::Active && registry.agent(*row).allows(asked);
    let mut rows: Vec<Row> = registry.rows().filter(holds).collect();
    rows.sort_by_cached_key(|row| (registry.lineage().level(*row), *row));
    rows
}

#[cfg(test)]
mod tests;
