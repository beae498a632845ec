//! The query language: which agents somebody means, written in one line.
//!
//! ```text
//! trust<300 and status=active and cap:"deploy:*" and under:did:mesh:ab12 and sponsor:ops@ and seen<10m and not broken
//! ```
//!
//! Terms side by side must all hold; `or` is weaker than that, `not` (or `!`) stronger, and parentheses
//! say otherwise. A word that is no term is looked for in names, DIDs, sponsors and organizations; a
//! word in quotation marks is always such a text. [`FIELDS`] and [`FLAGS`] are all there is.

mod complete;
mod error;
mod field;
mod filter;
mod lex;
mod parse;
mod term;
mod text;

use std::collections::HashSet;

pub use complete::{Completion, complete};
pub use error::{QueryError, QueryProblem};
pub use field::{FIELDS, FLAGS, Field, Flag};
pub use filter::Filter;

use super::{Judgement, Registry};
use crate::identity::Did;
use crate::time::Time;
use parse::Node;

/// A query has at most so many bytes.
pub const MAX_QUERY: usize = 1024;
/// And at most so many terms.
pub const MAX_TERMS: usize = 64;
/// Parentheses and `not` lie at most so deep in each other.
pub const MAX_DEPTH: usize = 32;

/// A query that can be asked of any registry; the empty one means every agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    text: String,
    root: Option<Node>,
}

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// [`QueryError`], with the place of the mistake.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        Ok(Self { text: text.to_owned(), root: parse::parse(text)? })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it means every agent.
    pub const fn is_empty(&self) -> bool {
        self.root.is_none()
    }

    /// What must be known about verdicts: what [`Callers`] has to hold at `now`.
    pub fn callers_since(&self, now: Time) -> Vec<CallersSince> {
        let mut asked = Vec::new();
        if let Some(root) = &self.root {
            root.visit(&mut |term| asked.extend(term.callers_since(now)));
        }
        asked.sort_unstable();
        asked.dedup();
        asked
    }

    /// Whether it asks for trouble: what fell, what that puts at risk, or who was denied.
    pub fn asks_for_trouble(&self) -> bool {
        let mut found = false;
        if let Some(root) = &self.root {
            root.visit(&mut |term| found |= term.asks_for_trouble());
        }
        found
    }

    /// Prepares it for one registry.
    ///
    /// # Errors
    /// [`QueryError`] when it names an agent whom nobody is, or asks for verdicts where none are kept.
    pub fn over<'r>(
        &self,
        registry: &'r Registry,
        judgement: &'r Judgement,
        callers: &Callers,
    ) -> Result<Filter<'r>, QueryError> {
        Filter::new(self.root.as_ref(), registry, judgement, callers)
    }
}

/// The query that means who may act and holds what allows all of this capability.
pub fn reach_query(capability: &str) -> String {
    format!("reach:\"{}\"", capability.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Which callers a query wants to know of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallersSince {
    /// Those who asked for a verdict from this time on.
    pub time: Time,
    /// Only those who were denied.
    pub denied: bool,
}

/// Who asked for verdicts since which times.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Callers(Vec<(CallersSince, HashSet<Did>)>);

impl Callers {
    /// Nobody knows: no verdicts are kept here.
    pub const fn unknown() -> Self {
        Self(Vec::new())
    }

    /// Adds who they are.
    pub fn add(&mut self, since: CallersSince, dids: HashSet<Did>) {
        self.0.push((since, dids));
    }

    fn since(&self, asked: CallersSince) -> Option<&HashSet<Did>> {
        self.0.iter().find(|(since, _)| *since == asked).map(|(_, dids)| dids)
    }
}

#[cfg(test)]
mod tests;
