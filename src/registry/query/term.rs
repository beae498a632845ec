//! One term: a test of an agent, not yet bound to a registry.

use std::ops::Range;

use super::CallersSince;
use super::error::{QueryError, QueryProblem};
use super::field::{Field, Flag, Kind};
use super::lex::Operator;
use crate::text::nearest;
use crate::time::{Span, Time};

/// A test with its place in the query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Term {
    pub at: Range<usize>,
    pub column: usize,
    pub test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Test {
    /// A text in a name, DID, sponsor or organization.
    Word(String),
    Flag(Flag),
    /// Folded, unless the whole text is meant.
    Text {
        field: Field,
        operator: Operator,
        value: String,
    },
    Capability {
        field: Field,
        operator: Operator,
        value: String,
    },
    Tag {
        operator: Operator,
        value: String,
    },
    /// One bit per word of the field.
    Words {
        field: Field,
        bits: u16,
    },
    Number {
        field: Field,
        operator: Operator,
        value: i64,
    },
    Kin {
        field: Field,
        value: String,
    },
    Age {
        field: Field,
        operator: Operator,
        bound: Bound,
    },
}

/// What an age is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    Span(Span),
    Time(Time),
}

impl Test {
    pub(super) fn of(field: Field, operator: Operator, value: &str) -> Result<Self, QueryProblem> {
        let kind = field.kind();
        let equality = matches!(operator, Operator::Has | Operator::Is | Operator::IsNot);
        let fits = match kind {
            Kind::Text | Kind::Capability | Kind::Tag | Kind::Words(_) => equality,
            Kind::Number => operator != Operator::Has,
            Kind::Kin => matches!(operator, Operator::Has | Operator::Is),
            Kind::Past | Kind::Future => !equality,
        };
        if !fits {
            let (field, takes) = (field.word(), kind.takes());
            return Err(QueryProblem::Operator { field, takes, operator: operator.mark() });
        }
        let none = |near| QueryProblem::Value { field: field.word(), expected: kind.expected(), near };
        if value.is_empty() {
            return Err(QueryProblem::NoValue { field: field.word(), expected: kind.expected() });
        }
        let value = value.to_owned();
        Ok(match kind {
            Kind::Text => Self::Text { field, operator, value },
            Kind::Capability => Self::Capability { field, operator, value },
            Kind::Tag => Self::Tag { operator, value },
            Kind::Kin => Self::Kin { field, value },
            Kind::Words(words) => {
                let bits = bits(words, &value).map_err(none)?;
                Self::Words { field, bits: if operator == Operator::IsNot { !bits } else { bits } }
            }
            Kind::Number => {
                let plain = !value.is_empty() && value.bytes().all(|digit| digit.is_ascii_digit());
                let number = if plain { value.parse().ok() } else { None };
                Self::Number { field, operator, value: number.ok_or_else(|| none(None))? }
            }
            Kind::Past | Kind::Future => {
                let span = Span::parse(&value).map(Bound::Span);
                let bound = span.or_else(|| Time::parse(&value).ok().map(Bound::Time));
                Self::Age { field, operator, bound: bound.ok_or_else(|| none(None))? }
            }
        })
    }
}

/// The bits of a list of words, the first one in the lowest.
fn bits(words: &'static [&'static str], list: &str) -> Result<u16, Option<&'static str>> {
    let bit = |word: &str| {
        let place = words.iter().position(|each| each.eq_ignore_ascii_case(word));
        let near = || nearest(word, words.iter().copied());
        place.and_then(|place| 1_u16.checked_shl(u32::try_from(place).ok()?)).ok_or_else(near)
    };
    list.split(',').map(bit).try_fold(0, |bits, bit| Ok(bits | bit?))
}

impl Term {
    /// What must be known about verdicts.
    pub(super) fn callers_since(&self, now: Time) -> Option<CallersSince> {
        let Test::Age { field, bound, .. } = self.test else { return None };
        let time = bound.before(now);
        match field {
            Field::Seen => Some(CallersSince { time, denied: false }),
            Field::Denied => Some(CallersSince { time, denied: true }),
            _ => None,
        }
    }

    pub(super) fn asks_for_trouble(&self) -> bool {
        matches!(
            self.test,
            Test::Number { field: Field::Fell | Field::Risk, .. } | Test::Age { field: Field::Denied, .. }
        )
    }

    pub(super) fn fault(&self, problem: QueryProblem) -> QueryError {
        QueryError { at: self.at.clone(), column: self.column, problem }
    }
}

impl Bound {
    /// The instant that lies so far back.
    pub(super) fn before(self, now: Time) -> Time {
        match self {
            Self::Span(span) => now.minus(span),
            Self::Time(time) => time,
        }
    }
}
