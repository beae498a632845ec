//! Kinds of action: what each demands.

use crate::capability::any_allows;
use crate::time::Span;
use crate::trust::Tier;

/// A kind of action, and what it demands of everybody in a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionClass {
    /// Its name; rules per hop know it as `Action::"name"`.
    pub name: String,
    /// The capabilities that make it up, patterns as [`crate::capability::allows`] reads them.
    pub capabilities: Vec<String>,
    /// The least tier that may do it; none when any may.
    pub gate: Option<Tier>,
    /// How old the registry may be that it is judged by.
    pub staleness: Span,
}

impl ActionClass {
    /// The name of the class of all actions that no other class covers.
    pub const DEFAULT: &'static str = "default";

    /// Whether an action is of this class.
    pub fn covers(&self, action: &str) -> bool {
        any_allows(self.capabilities.iter().map(String::as_str), action)
    }

    /// Whether a tier may do it.
    pub fn admits(&self, tier: Tier) -> bool {
        self.gate.is_none_or(|gate| tier >= gate)
    }
}

impl Default for ActionClass {
    /// The class `default`: no capabilities of its own, no gate, 5 minutes.
    fn default() -> Self {
        Self {
            name: Self::DEFAULT.to_owned(),
            capabilities: Vec::new(),
            gate: None,
            staleness: Span::seconds(300),
        }
    }
}
