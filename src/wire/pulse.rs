//! How a mesh stands, in figures.

use serde::Serialize;

use crate::registry::Figure;

/// A line of `pulse --json`; `kind` says which of the three it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PulseLine {
    /// A number of agents.
    Figure {
        /// What is counted.
        name: &'static str,
        /// How many.
        count: u32,
        /// The query that lists them.
        query: String,
    },
    /// A source of trust signals that is silent.
    SilentSource {
        /// Its name.
        name: String,
    },
    /// The verdicts of one minute.
    Minute {
        /// When it began.
        begin: String,
        /// Allows.
        allowed: u64,
        /// Denials of callers who are known.
        denied: u64,
        /// Denials of callers whom nobody knows.
        strangers: u64,
    },
}

impl From<Figure> for PulseLine {
    fn from(Figure { name, count, query }: Figure) -> Self {
        Self::Figure { name, count, query }
    }
}
