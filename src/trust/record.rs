//! A score record as the reference implementation keeps it (IDT 9), for reading and answering like it.

use super::{DEFAULT_SCORE, Tier};
use crate::identity::{MAX_SCORE, PREFIX};

/// A score with its ceiling and what it was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScoreRecord {
    score: u16,
    ceiling: Option<u16>,
    previous: Option<u16>,
}

/// Why a score record is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScoreError {
    /// The agent's name does not start with `did:mesh:` (IDT 9.3).
    #[error("agent_did does not start with did:mesh:")]
    AgentDid,
    /// The score is not within 0 to 1000.
    #[error("total_score is not within 0 to 1000")]
    Score,
    /// The ceiling is not within 0 to 1000.
    #[error("trust_ceiling is not within 0 to 1000")]
    Ceiling,
}

impl ScoreError {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::AgentDid => "invalid_agent_did",
            Self::Score => "invalid_total_score",
            Self::Ceiling => "invalid_trust_ceiling",
        }
    }
}

impl ScoreRecord {
    /// A new record; without a ceiling of its own it takes `inherited`.
    ///
    /// # Errors
    /// [`ScoreError`].
    pub fn new(
        agent_did: &str,
        score: Option<i64>,
        ceiling: Option<i64>,
        inherited: Option<u16>,
    ) -> Result<Self, ScoreError> {
        let number = |value: i64| u16::try_from(value).ok().filter(|value| *value <= MAX_SCORE);
        if !agent_did.starts_with(PREFIX) {
            return Err(ScoreError::AgentDid);
        }
        let score = score.map_or(Ok(DEFAULT_SCORE), |score| number(score).ok_or(ScoreError::Score))?;
        let ceiling = ceiling.map(|ceiling| number(ceiling).ok_or(ScoreError::Ceiling)).transpose()?;
        let ceiling = ceiling.or(inherited);
        Ok(Self { score: under(score, ceiling), ceiling, previous: None })
    }

    /// Sets the score: a number outside 0 to 1000 counts as the nearer end, and the ceiling holds (IDT 9.1, 9.5).
    #[must_use]
    pub fn updated(self, score: i64) -> Self {
        let score = u16::try_from(score.clamp(0, i64::from(MAX_SCORE))).unwrap_or(0);
        Self { score: under(score, self.ceiling), previous: Some(self.score), ..self }
    }

    /// The score.
    pub const fn score(&self) -> u16 {
        self.score
    }

    /// Its tier.
    pub fn tier(&self) -> Tier {
        Tier::of(i64::from(self.score))
    }

    /// The ceiling.
    pub const fn ceiling(&self) -> Option<u16> {
        self.ceiling
    }

    /// The score before the last update.
    pub const fn previous(&self) -> Option<u16> {
        self.previous
    }

    /// How far the last update moved it.
    pub fn change(&self) -> i32 {
        self.previous.map_or(0, |previous| i32::from(self.score).saturating_sub(i32::from(previous)))
    }
}

/// The ceiling that a text such as the reference's `AGT_TRUST_CEILING` gives; none when it is no whole number (IDT 9.5).
pub fn ceiling_of(text: &str) -> Option<u16> {
    let number: i64 = text.trim().parse().ok()?;
    u16::try_from(number.clamp(0, i64::from(MAX_SCORE))).ok()
}

fn under(score: u16, ceiling: Option<u16>) -> u16 {
    ceiling.map_or(score, |ceiling| score.min(ceiling))
}
