//! Why a text is no query for decisions, and where.

use super::{FEWEST_DIGITS, MAX_SEARCH};

/// A mistake in a text of query words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("at character {}: {problem}", .at.saturating_add(1))]
pub struct SearchError {
    /// How many characters stand before it.
    pub at: usize,
    /// What it is.
    pub problem: SearchProblem,
}

/// What is wrong with a text of query words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SearchProblem {
    /// The text is too long.
    #[error("a query has at most {MAX_SEARCH} bytes")]
    TooLong,
    /// A word is none of those that are known.
    #[error("expected agent:, action:, resource:, result: or between:{}", meant(*.near))]
    NoWord {
        /// The word that was probably meant.
        near: Option<&'static str>,
    },
    /// A word is said twice.
    #[error("{word}: is said twice")]
    Twice {
        /// The word.
        word: &'static str,
    },
    /// A word has no value.
    #[error("{word}: has no value")]
    Empty {
        /// The word.
        word: &'static str,
    },
    /// A star stands elsewhere than at the end.
    #[error("a * stands at the end only")]
    Star,
    /// The value is no DID, nor the beginning of one.
    #[error("expected a DID, or at least {FEWEST_DIGITS} of its first digits")]
    Agent,
    /// The value is no period.
    #[error(
        "expected FROM..TO, FROM.. or ..TO: times with a zone, or lengths of time before now such as 15m"
    )]
    Period,
    /// A quotation mark is not closed.
    #[error("the quotation mark is not closed")]
    Quote,
}

impl SearchProblem {
    pub(super) const fn at(self, at: usize) -> SearchError {
        SearchError { at, problem: self }
    }
}

impl SearchError {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self.problem {
            SearchProblem::TooLong => "search_too_long",
            SearchProblem::NoWord { .. } => "search_word_unknown",
            SearchProblem::Twice { .. } => "search_word_twice",
            SearchProblem::Empty { .. } => "search_value_empty",
            SearchProblem::Star => "search_star_misplaced",
            SearchProblem::Agent => "search_agent_malformed",
            SearchProblem::Period => "search_period_malformed",
            SearchProblem::Quote => "search_quote_open",
        }
    }
}

fn meant(near: Option<&str>) -> String {
    near.map_or(String::new(), |near| format!("; did you mean {near}:?"))
}
