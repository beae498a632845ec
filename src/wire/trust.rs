//! Where a score comes from.

use schemars::JsonSchema;
use serde::Serialize;

use crate::registry::{Registry, Row};
use crate::time::Time;
use crate::trust::{Cause, CauseOf, Rules};

/// A score and all its causes: the answer of `trust explain --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ScoreLine {
    /// The agent.
    pub did: String,
    /// The score that counts: the whole points of all causes together.
    pub score: u16,
    /// Its tier.
    pub tier: &'static str,
    /// Whether its record or an event ever scored it.
    pub scored: bool,
    /// The lowest ceiling of its lineage.
    pub ceiling: Option<u16>,
    /// The instant at which it counts.
    pub at: String,
    /// Every cause; their points add up.
    pub causes: Vec<CauseLine>,
}

/// One cause of a score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CauseLine {
    /// `baseline`, `event`, `contagion`, `decay` or `ceiling`.
    pub cause: &'static str,
    /// What it gives or takes, exactly: a decimal with a sign.
    pub points: String,
    /// The log index of the event.
    pub index: Option<u64>,
    /// When the event was, or since when decay counts.
    pub at: Option<String>,
    /// The source, the agent that contagion came from, or the holder of the ceiling.
    pub by: Option<String>,
    /// One line for people.
    pub words: String,
}

impl ScoreLine {
    /// The answer about `row` at `now`.
    pub fn of(registry: &Registry, row: Row, rules: &Rules, now: Time) -> Self {
        let reading = registry.trust_of(row, rules, now);
        let explanation = registry.explain_trust(row, rules, now);
        Self {
            did: registry.agent(row).did().to_string(),
            score: reading.score,
            tier: reading.tier.as_str(),
            scored: reading.scored,
            ceiling: reading.ceiling,
            at: now.to_string(),
            causes: explanation.causes.iter().map(CauseLine::of).collect(),
        }
    }
}

impl CauseLine {
    fn of(cause: &Cause) -> Self {
        let sign = if cause.points >= crate::trust::Points::ZERO { "+" } else { "" };
        let line = |name, index, at: Option<&Time>, by, words| Self {
            cause: name,
            points: format!("{sign}{}", cause.points),
            index,
            at: at.map(Time::to_string),
            by,
            words,
        };
        match &cause.of {
            CauseOf::Baseline { recorded: true } => {
                line("baseline", None, None, None, "its record's score".to_owned())
            }
            CauseOf::Baseline { recorded: false } => line(
                "baseline",
                None,
                None,
                None,
                "policy's default, since its record has no score".to_owned(),
            ),
            CauseOf::Event { index, at, source, kind } => {
                let words = format!("entry {index} at {at}: {kind}, said by {source}");
                line("event", Some(*index), Some(at), Some(source.clone()), words)
            }
            CauseOf::Contagion { index, at, from, hops } => {
                let away =
                    if *hops == 1 { "which it deals with".to_owned() } else { format!("{hops} hops away") };
                let words = format!("entry {index} at {at}: a violation of {from}, {away}");
                line("contagion", Some(*index), Some(at), Some(from.to_string()), words)
            }
            CauseOf::Decay { since } => {
                line("decay", None, Some(since), None, format!("no positive signal since {since}"))
            }
            CauseOf::Ceiling { holder, score } => line(
                "ceiling",
                None,
                None,
                Some(holder.to_string()),
                format!("{score} is the ceiling of {holder}"),
            ),
        }
    }
}
