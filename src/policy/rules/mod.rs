//! Rules per hop: the built-in one, or Cedar's.

#[cfg(feature = "console")]
mod cedar;
mod error;
#[cfg(feature = "console")]
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use error::RulesError;

use crate::identity::Did;
use crate::time::Span;
use crate::trust::Tier;

/// The longest text of rules, in bytes.
pub const MAX_RULES_TEXT: usize = 64 << 10;

/// The most rules.
pub const MAX_RULES: usize = 256;

/// The rules that judge each hop of a chain after every other check has passed.
///
/// Without a text the built-in rule holds: permit what the other checks passed. A text replaces it whole, so what no
/// rule of the text permits is denied, and `forbid` overrides. Two are equal when their texts are.
#[derive(Clone, Default)]
pub struct Rules(Option<Arc<Text>>);

/// Rules as they were written, and ready to judge.
struct Text {
    source: String,
    #[cfg(feature = "console")]
    compiled: cedar::Compiled,
}

/// What a rule may look at: one hop of one request.
#[derive(Debug, Clone, Copy)]
pub struct HopFacts<'a> {
    /// The delegate of this hop: `principal`.
    pub principal: &'a Did,
    /// The class of the action, as the policy names it: `action`.
    pub class: &'a str,
    /// The action itself: `context.action`.
    pub action: &'a str,
    /// What it is done to; empty when the request names nothing: `resource`.
    pub resource: &'a str,
    /// The place of the hop in the chain, 1 at the root's first delegation; 0 for a root that acts by itself.
    pub hop: u32,
    /// The delegation depth of the delegate.
    pub depth: u32,
    /// Its tier.
    pub tier: Tier,
    /// The score that counts.
    pub score: u16,
    /// Who answers for it.
    pub sponsor: &'a str,
    /// What this hop grants; what a root holds that acts by itself.
    pub scopes: &'a [&'a str],
    /// How long ago the hop's token was issued, 0 without one; rules see whole seconds.
    pub age: Span,
}

/// What the rules say to a hop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleAnswer {
    /// Go on.
    Permit,
    /// No: these rules forbid it; or none permits it, when there are none.
    Deny {
        /// The names of the deciding rules, sorted.
        rules: Vec<String>,
    },
    /// No: these rules could not be evaluated. A rule that fails may be the one that forbids.
    Failed {
        /// Their names, sorted; empty when no rule could be asked at all.
        rules: Vec<String>,
    },
}

impl RuleAnswer {
    /// Whether the hop may go on.
    pub const fn permits(&self) -> bool {
        matches!(self, Self::Permit)
    }

    /// The stable code of a denial; none of a permit.
    pub const fn code(&self) -> Option<&'static str> {
        match self {
            Self::Permit => None,
            Self::Deny { .. } => Some("rule_denied"),
            Self::Failed { .. } => Some("rule_failed"),
        }
    }
}

impl Rules {
    /// The built-in rule: permit what the other checks passed.
    pub const fn built_in() -> Self {
        Self(None)
    }

    /// Reads Cedar rules for a policy with these classes of action, and checks them against the schema.
    ///
    /// A program without the feature `console` keeps the text and denies every hop.
    ///
    /// # Errors
    /// [`RulesError`].
    pub fn parse(text: &str, classes: &[&str]) -> Result<Self, RulesError> {
        if text.len() > MAX_RULES_TEXT {
            return Err(RulesError::TooLong);
        }
        #[cfg(not(feature = "console"))]
        let _ = classes;
        Ok(Self(Some(Arc::new(Text {
            source: text.to_owned(),
            #[cfg(feature = "console")]
            compiled: cedar::Compiled::new(text, classes)?,
        }))))
    }

    /// The text; none for the built-in rule.
    pub fn text(&self) -> Option<&str> {
        self.0.as_deref().map(|text| text.source.as_str())
    }

    /// How many rules the text has; none for the built-in rule.
    pub fn count(&self) -> Option<usize> {
        self.0.as_deref().map(Text::count)
    }

    /// Judges one hop. What cannot be judged is denied.
    pub fn judge(&self, hop: &HopFacts<'_>) -> RuleAnswer {
        match self.0.as_deref() {
            None => RuleAnswer::Permit,
            Some(text) => text.judge(hop),
        }
    }
}

impl Text {
    #[cfg(feature = "console")]
    fn count(&self) -> usize {
        self.compiled.count()
    }

    #[cfg(not(feature = "console"))]
    const fn count(&self) -> usize {
        0
    }

    #[cfg(feature = "console")]
    fn judge(&self, hop: &HopFacts<'_>) -> RuleAnswer {
        self.compiled.judge(hop)
    }

    #[cfg(not(feature = "console"))]
    fn judge(&self, _: &HopFacts<'_>) -> RuleAnswer {
        RuleAnswer::Failed { rules: Vec::new() }
    }
}

impl PartialEq for Rules {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Rules {}

impl std::fmt::Debug for Rules {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.text() {
            None => out.write_str("Rules(built in)"),
            Some(text) => write!(out, "Rules({} bytes)", text.len()),
        }
    }
}
