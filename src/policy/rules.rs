//! Rules per hop: the built-in one, or Cedar's.

use crate::identity::Did;
use crate::time::Span;
use crate::trust::Tier;

/// The rules that judge each hop of a chain after every other check has passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules(());

/// What a rule may look at: one hop of one request.
#[derive(Debug, Clone, Copy)]
pub struct HopFacts<'a> {
    /// The delegate of this hop.
    pub principal: &'a Did,
    /// The class of the action, as the policy names it.
    pub class: &'a str,
    /// The action itself.
    pub action: &'a str,
    /// What it is done to; empty when the request names nothing.
    pub resource: &'a str,
    /// The place of the hop in the chain, 1 at the root's first delegation.
    pub hop: u32,
    /// The delegation depth of the delegate.
    pub depth: u32,
    /// Its tier.
    pub tier: Tier,
    /// The score that counts.
    pub score: u16,
    /// Who answers for it.
    pub sponsor: &'a str,
    /// What this hop grants.
    pub scopes: &'a [&'a str],
    /// How long ago the hop's token was issued.
    pub age: Span,
}

/// What the rules say to a hop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleAnswer {
    /// Go on.
    Permit,
    /// No: these rules forbid it, or none permits it when there are none.
    Deny {
        /// The names of the deciding rules.
        rules: Vec<String>,
    },
    /// No: these rules could not be evaluated.
    Failed {
        /// Their names.
        rules: Vec<String>,
    },
}

impl Rules {
    /// The built-in rule: permit what the other checks passed.
    pub const fn built_in() -> Self {
        Self(())
    }

    /// Judges one hop.
    pub fn judge(&self, _hop: &HopFacts<'_>) -> RuleAnswer {
        RuleAnswer::Permit
    }
}
