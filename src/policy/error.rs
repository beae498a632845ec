//! What is wrong with a policy, where, and what to write instead.

use std::fmt;

use super::document::{Wrong, place};
use super::rules::RulesError;

/// A policy that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{}{problem}", Place(*place), Named(field))]
pub struct PolicyError {
    /// Line and column in the text, both from 1; none for a value that was no text.
    pub place: Option<(usize, usize)>,
    /// The field, as a path such as `trust.sources[2].per_hour`; empty for the whole document.
    pub field: String,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a field of a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Not TOML, or not JSON.
    #[error("{0}")]
    Syntax(String),
    /// Longer or with more entries than a policy may be.
    #[error("more than {most} {of}")]
    TooMuch {
        /// Of what.
        of: &'static str,
        /// The bound.
        most: usize,
    },
    /// A name that a policy does not have.
    #[error("there is no such field{}{}", meant(*.near), fields(.near, .known))]
    UnknownField {
        /// The name that was probably meant.
        near: Option<&'static str>,
        /// The names that there are.
        known: Vec<&'static str>,
    },
    /// A field that must be there is not.
    #[error("is missing; it takes {0}")]
    Missing(&'static str),
    /// A value that the field does not take.
    #[error("takes {expected}{}", meant(*.near))]
    Value {
        /// What it takes.
        expected: &'static str,
        /// The word that was probably meant.
        near: Option<&'static str>,
    },
    /// The same thing twice.
    #[error("{0:?} is there already; name it once")]
    Twice(String),
    /// Rules per hop that cannot be used.
    #[error("{0}")]
    Rules(Box<RulesError>),
}

impl PolicyError {
    /// A fault of the whole text, at a byte of it.
    pub(super) fn of_text(text: &str, (at, problem): (Option<usize>, Problem)) -> Self {
        Self::at(Some(text), Wrong { at, field: String::new(), problem })
    }

    /// A mistake in a text, or in a tree that was none.
    pub(super) fn at(text: Option<&str>, wrong: Wrong) -> Self {
        let place = text.zip(wrong.at).map(|(text, at)| place(text, at));
        Self { place, field: wrong.field, problem: wrong.problem }
    }

    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match &self.problem {
            Problem::Syntax(_) => "policy_malformed",
            Problem::TooMuch { .. } => "policy_too_large",
            Problem::UnknownField { .. } => "policy_unknown_field",
            Problem::Missing(_) | Problem::Value { .. } | Problem::Twice(_) => "policy_value",
            Problem::Rules(error) => error.code(),
        }
    }
}

fn meant(near: Option<&str>) -> String {
    near.map_or_else(String::new, |near| format!("; did you mean {near:?}?"))
}

fn fields(near: &Option<&str>, known: &[&str]) -> String {
    if near.is_some() { String::new() } else { format!("; the fields here are {}", known.join(", ")) }
}

struct Place(Option<(usize, usize)>);

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |(line, column)| write!(out, "{line}:{column}: "))
    }
}

struct Named<'a>(&'a str);

impl fmt::Display for Named<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(out, "{}: ", self.0) }
    }
}
