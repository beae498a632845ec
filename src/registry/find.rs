//! One agent from what an operator typed: a DID, its digits, or how they begin.

use super::{Registry, Row};
use crate::identity::{Did, PREFIX};

/// So many first digits are needed.
const FEWEST_DIGITS: usize = 4;
/// So many candidates are named.
const MOST_NAMED: usize = 5;

/// Why a text names no agent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// The text is neither a DID nor the beginning of one.
    #[error("{text:?} is neither a DID nor at least {FEWEST_DIGITS} of its digits")]
    Malformed {
        /// What was typed.
        text: String,
    },
    /// Nobody has this DID.
    #[error("{text}: no agent has this DID, nor one that begins like this")]
    Unknown {
        /// What was typed.
        text: String,
    },
    /// Several agents have a DID that begins like this.
    #[error("{text}: {count} agents' DIDs begin like this: {}", named(.first, *.count))]
    Ambiguous {
        /// What was typed.
        text: String,
        /// The first of them, in registration order.
        first: Vec<Did>,
        /// How many there are.
        count: usize,
    },
}

impl FindError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "did_malformed",
            Self::Unknown { .. } => "unknown_agent",
            Self::Ambiguous { .. } => "did_ambiguous",
        }
    }
}

fn named(first: &[Did], count: usize) -> String {
    let names: Vec<String> = first.iter().map(Did::to_string).collect();
    let more = if count > first.len() { ", ..." } else { "" };
    format!("{}{more}", names.join(", "))
}

/// The agent that `text` names; a whole DID wins over longer ones that begin with it.
///
/// # Errors
/// [`FindError`].
pub fn agent(registry: &Registry, text: &str) -> Result<Row, FindError> {
    let digits = text.strip_prefix(PREFIX).unwrap_or(text);
    let Ok(did) = Did::from_unique_id(digits) else {
        return Err(FindError::Malformed { text: text.to_owned() });
    };
    if let Some(row) = registry.find(&did) {
        return Ok(row);
    }
    if digits.len() < FEWEST_DIGITS {
        return Err(FindError::Malformed { text: text.to_owned() });
    }
    let begins = |row: &Row| registry.agent(*row).did().unique_id().starts_with(digits);
    let found: Vec<Row> = registry.rows().filter(begins).collect();
    match found.as_slice() {
        [] => Err(FindError::Unknown { text: text.to_owned() }),
        [row] => Ok(*row),
        several => Err(FindError::Ambiguous {
            text: text.to_owned(),
            first: several.iter().take(MOST_NAMED).map(|row| registry.agent(*row).did()).collect(),
            count: several.len(),
        }),
    }
}
