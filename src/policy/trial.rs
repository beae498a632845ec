//! What a policy alone says of one hop: to try it before it is in force, and to explain it afterwards.
//!
//! A verdict asks the chain and the registry as well; of what the policy decides, it asks the same.

use super::{ActionClass, HopFacts, Policy, RuleAnswer};
use crate::identity::{Did, KeyBytes};
use crate::time::Span;
use crate::trust::Tier;

/// One hop as somebody imagines it, or as a registry holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// What is to be done.
    pub action: String,
    /// What to; empty for nothing in particular.
    pub resource: String,
    /// The delegate.
    pub did: Did,
    /// Its key.
    pub key: KeyBytes,
    /// Who answers for it.
    pub sponsor: String,
    /// Where it belongs.
    pub organization: Option<String>,
    /// Whether an attestation counts for it.
    pub attested: bool,
    /// The place of the hop in the chain.
    pub hop: u32,
    /// The delegation depth of the delegate.
    pub depth: u32,
    /// The score that counts.
    pub score: u16,
    /// What the hop grants.
    pub scopes: Vec<String>,
    /// How long its token lives.
    pub ttl: Span,
    /// How long ago the token was issued.
    pub age: Span,
    /// How old the registry is.
    pub staleness: Span,
}

/// Why a policy denies a hop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The block list names the agent, in this way.
    Blocked(super::Listed),
    /// The allow list names others.
    NotAllowed,
    /// An attestation is required.
    Unattested,
    /// The token would live longer than this.
    Lifetime(Span),
    /// The hop lies deeper than this.
    Depth(u32),
    /// The class demands this tier.
    Tier(Tier),
    /// A rule forbids it, none permits it, or one could not be evaluated.
    Rules(RuleAnswer),
    /// The registry is older than this.
    Stale(Span),
}

impl Refusal {
    /// The stable code, the same as in a verdict.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Blocked(_) => "agent_blocked",
            Self::NotAllowed => "agent_not_allowed",
            Self::Unattested => "agent_unattested",
            Self::Lifetime(_) => "policy_lifetime_exceeded",
            Self::Depth(_) => "policy_depth_exceeded",
            Self::Tier(_) => "tier_too_low",
            Self::Rules(RuleAnswer::Failed { .. }) => "rule_failed",
            Self::Rules(_) => "rule_denied",
            Self::Stale(_) => "registry_stale",
        }
    }

    /// One sentence.
    pub fn sentence(&self) -> String {
        match self {
            Self::Blocked(how) => format!("the block list names it by {}", how.as_str()),
            Self::NotAllowed => "the allow list names others, and not this agent".to_owned(),
            Self::Unattested => "an attestation is required, and none counts".to_owned(),
            Self::Lifetime(most) => format!("tokens live {} at most", super::span_text(*most)),
            Self::Depth(most) => format!("delegation goes {most} deep at most"),
            Self::Tier(gate) => format!("the class demands the tier {}", gate.as_str()),
            Self::Rules(RuleAnswer::Permit) => "the rules permit it".to_owned(),
            Self::Rules(RuleAnswer::Deny { rules }) if rules.is_empty() => "no rule permits it".to_owned(),
            Self::Rules(RuleAnswer::Deny { rules }) => format!("forbidden by {}", rules.join(", ")),
            Self::Rules(RuleAnswer::Failed { rules }) if rules.is_empty() => {
                "the rules cannot be asked".to_owned()
            }
            Self::Rules(RuleAnswer::Failed { rules }) => {
                format!("could not be evaluated: {}", rules.join(", "))
            }
            Self::Stale(most) => format!("the registry may be {} old at most", super::span_text(*most)),
        }
    }
}

impl Policy {
    /// Whether this policy lets the hop be; what the chain and the registry would say is left aside.
    ///
    /// # Errors
    /// The first [`Refusal`].
    pub fn try_hop(&self, trial: &Trial) -> Result<&ActionClass, Refusal> {
        let class = self.class_of(&trial.action);
        let listed = |lists: &super::Lists| {
            lists.find(&trial.did, &trial.sponsor, trial.organization.as_deref(), &trial.key)
        };
        let tier = Tier::of(i64::from(trial.score));
        let refusal = if let Some(how) = listed(&self.block) {
            Refusal::Blocked(how)
        } else if !self.allow.is_empty() && listed(&self.allow).is_none() {
            Refusal::NotAllowed
        } else if self.attestation.required && !trial.attested {
            Refusal::Unattested
        } else if trial.ttl > self.tokens.ttl_max {
            Refusal::Lifetime(self.tokens.ttl_max)
        } else if trial.depth > self.tokens.max_depth {
            Refusal::Depth(self.tokens.max_depth)
        } else if let Some(gate) = class.gate.filter(|gate| tier < *gate) {
            Refusal::Tier(gate)
        } else if trial.staleness > class.staleness {
            Refusal::Stale(class.staleness)
        } else {
            return match self.ask_rules(trial, class, tier) {
                RuleAnswer::Permit => Ok(class),
                answer => Err(Refusal::Rules(answer)),
            };
        };
        Err(refusal)
    }

    fn ask_rules(&self, trial: &Trial, class: &ActionClass, tier: Tier) -> RuleAnswer {
        let scopes: Vec<&str> = trial.scopes.iter().map(String::as_str).collect();
        self.rules.judge(&HopFacts {
            principal: &trial.did,
            class: &class.name,
            action: &trial.action,
            resource: &trial.resource,
            hop: trial.hop,
            depth: trial.depth,
            tier,
            score: trial.score,
            sponsor: &trial.sponsor,
            scopes: &scopes,
            age: trial.age,
        })
    }
}
