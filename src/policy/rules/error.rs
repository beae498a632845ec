//! Why rules per hop are refused.

use super::{MAX_RULES, MAX_RULES_TEXT};

/// Rules that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// More text than [`MAX_RULES_TEXT`].
    #[error("rules of more than {MAX_RULES_TEXT} bytes are not read")]
    TooLong,
    /// More rules than [`MAX_RULES`].
    #[error("more than {MAX_RULES} rules are not kept")]
    TooMany,
    /// Brackets, or a row of operators, that would nest too deep.
    #[error("line {line}, column {column}: the rule nests too deep, or is too long; write several")]
    TooDeep {
        /// The line in the text of the rules.
        line: usize,
        /// The column.
        column: usize,
    },
    /// Not Cedar.
    #[error("line {line}, column {column}: {problem}")]
    Syntax {
        /// The line in the text of the rules.
        line: usize,
        /// The column.
        column: usize,
        /// What the parser says.
        problem: String,
    },
    /// A rule with slots to fill, which nobody would fill.
    #[error("the rule {0} is a template; write out principal and resource")]
    Template(String),
    /// Two rules of one name: an answer could not say which decided.
    #[error("two rules have the @id {0:?}")]
    Twice(String),
    /// A rule that asks for what a hop does not have.
    #[error("line {line}, column {column}: {problem}")]
    Schema {
        /// The line in the text of the rules.
        line: usize,
        /// The column.
        column: usize,
        /// What the validator says.
        problem: String,
    },
}

impl RulesError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong | Self::TooMany | Self::TooDeep { .. } => "rules_too_large",
            Self::Syntax { .. } | Self::Template(_) | Self::Twice(_) => "rules_malformed",
            Self::Schema { .. } => "rules_schema",
        }
    }
}
