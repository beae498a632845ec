//! The central policy: what a mesh lets happen, as one document, and rules per hop beside it.
//!
//! On disk it is TOML for people; in the log it is canonical JSON, so that one policy has one digest.
#![cfg_attr(
    not(test),
    deny(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, clippy::cast_sign_loss)
)]

mod approvals;
mod breadth;
mod cases;
mod class;
mod difference;
mod document;
mod error;
mod limits;
mod lists;
mod reach;
mod read;
mod rules;
#[cfg(test)]
mod tests;
mod trial;
mod units;
mod write;

pub use approvals::{Approvals, KINDS};
pub use breadth::{Limit, NoRoom};
pub use cases::{Case, Expected};
pub use class::ActionClass;
pub use difference::{FieldChange, difference};
pub use document::{MAX_ENTRIES, MAX_TEXT};
pub use error::{PolicyError, Problem};
pub use limits::{AttestationRules, Breadth, KeyRules, TokenRules};
pub use lists::{Listed, Lists};
pub use reach::{Ends, Hop, Reach, who_can};
pub use read::MAX_CLASSES;
pub use rules::{HopFacts, MAX_RULES, MAX_RULES_TEXT, RuleAnswer, Rules, RulesError};
pub use trial::{Refusal, Trial};
pub use units::span_text;

use crate::trust;

/// One policy, whole; every value is within its bounds when it was read by this room.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// How long and how deep delegation tokens may go.
    pub tokens: TokenRules,
    /// How many agents a parent may have below it.
    pub breadth: Breadth,
    /// How long keys live.
    pub keys: KeyRules,
    /// How scores come about.
    pub trust: trust::Rules,
    /// Who vouches for agents.
    pub attestation: AttestationRules,
    /// Kinds of action, the first that covers an action is its class; see [`Policy::class_of`].
    pub classes: Vec<ActionClass>,
    /// The class of every other action; its name is `default`.
    pub default_class: ActionClass,
    /// Unless it is empty, only these may act.
    pub allow: Lists,
    /// These may not act, whatever else is said.
    pub block: Lists,
    /// How many operators a change needs.
    pub approvals: Approvals,
    /// Rules per hop.
    pub rules: Rules,
}

impl Policy {
    /// The class of an action: the first of [`Policy::classes`] with a capability that allows it, else the default.
    pub fn class_of(&self, action: &str) -> &ActionClass {
        self.classes.iter().find(|class| class.covers(action)).unwrap_or(&self.default_class)
    }
}

impl Default for Policy {
    /// What `assets/policy.example.toml` documents.
    fn default() -> Self {
        Self {
            tokens: TokenRules::default(),
            breadth: Breadth::default(),
            keys: KeyRules::default(),
            trust: trust::Rules::default(),
            attestation: AttestationRules::default(),
            classes: Vec::new(),
            default_class: ActionClass::default(),
            allow: Lists::default(),
            block: Lists::default(),
            approvals: Approvals::default(),
            rules: Rules::built_in(),
        }
    }
}
