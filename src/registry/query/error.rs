//! Why a text is no query, and where.

use std::ops::Range;

use super::{MAX_DEPTH, MAX_QUERY, MAX_TERMS};

/// A mistake in a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at character {}: {problem}", .column.saturating_add(1))]
pub struct QueryError {
    /// The bytes that are meant.
    pub at: Range<usize>,
    /// How many characters stand before them.
    pub column: usize,
    /// What is wrong.
    pub problem: QueryProblem,
}

/// What is wrong with a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryProblem {
    /// The text is too long.
    #[error("a query has at most {MAX_QUERY} bytes")]
    TooLong,
    /// There are too many terms.
    #[error("a query has at most {MAX_TERMS} terms")]
    TooManyTerms,
    /// Parentheses lie too deep.
    #[error("parentheses lie at most {MAX_DEPTH} deep")]
    TooDeep,
    /// A quotation mark is not closed.
    #[error("the quotation mark is not closed")]
    Quote,
    /// A parenthesis is not closed.
    #[error("the parenthesis is not closed")]
    Unclosed,
    /// A parenthesis closes nothing.
    #[error("this parenthesis closes nothing")]
    Unopened,
    /// Something must follow.
    #[error("a term must follow {after}")]
    NoTerm {
        /// The word or mark before it.
        after: &'static str,
    },
    /// A comparison stands without a field.
    #[error("{operator} compares nothing: write a field before it, as in trust<300")]
    NoField {
        /// The operator.
        operator: &'static str,
    },
    /// There is no such field.
    #[error("there is no field {name:?}{}", meant(*.near))]
    UnknownField {
        /// As it was written.
        name: String,
        /// The field that was probably meant.
        near: Option<&'static str>,
    },
    /// The operator says nothing about this field.
    #[error("{field} takes {takes}, not {operator}")]
    Operator {
        /// The field.
        field: &'static str,
        /// The operators that it takes.
        takes: &'static str,
        /// What was written.
        operator: &'static str,
    },
    /// A field has no value.
    #[error("{field} needs a value: {expected}")]
    NoValue {
        /// The field.
        field: &'static str,
        /// What it takes.
        expected: String,
    },
    /// The value is none that the field takes.
    #[error("{field} takes {expected}{}", near.map_or_else(String::new, |near| format!("; did you mean {near}?")))]
    Value {
        /// The field.
        field: &'static str,
        /// What it takes.
        expected: String,
        /// What was probably meant.
        near: Option<&'static str>,
    },
    /// The value names no agent, or several.
    #[error(transparent)]
    Agent(#[from] crate::registry::find::FindError),
    /// Nobody keeps verdicts here.
    #[error("no verdicts are kept here, so nobody knows who was seen when")]
    NoVerdicts,
}

impl QueryProblem {
    /// Places it in a text.
    pub(super) fn at(self, text: &str, at: Range<usize>) -> QueryError {
        let column = text.get(..at.start).map_or(0, |before| before.chars().count());
        QueryError { at, column, problem: self }
    }
}

impl QueryError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match &self.problem {
            QueryProblem::Agent(error) => error.code(),
            _ => "query_malformed",
        }
    }
}

fn meant(near: Option<&str>) -> String {
    near.map_or_else(
        || "; quote it to look for it as a text".to_owned(),
        |near| format!("; did you mean {near}?"),
    )
}
