//! What policy says about trust: the numbers behind every score.

use std::sync::Arc;

use super::{DEFAULT_SCORE, Dimension};
use crate::identity::Did;
use crate::time::Span;

/// The most signal sources that a policy may register.
pub const MAX_SOURCES: usize = 256;

/// The farthest that contagion may reach, in hops.
pub const MAX_REACH: u8 = 3;

/// How scores come about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// The score of an agent that nobody has scored (IDT 9.2).
    pub default_score: u16,
    /// What an hour without a positive signal costs, in thousandths of a point (IDT 12.1).
    pub decay_per_hour: u32,
    /// Decay stops here; a score below it is left alone.
    pub decay_floor: u16,
    /// What events weigh; an event keeps the strengths under which it was recorded.
    pub strengths: Arc<Strengths>,
    /// When behaviour counts as changed.
    pub regime: RegimeRules,
    /// Who may send signals; nobody else is heard.
    pub sources: Vec<Source>,
}

/// What events weigh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strengths {
    /// Percent of each dimension by [`Dimension::ALL`]; together 100 (IDT 11.1).
    pub weights: [u8; 5],
    /// The part of an event that reaches a direct neighbour, in thousandths (IDT 12.2).
    pub contagion: u16,
    /// How many hops it travels; at most [`MAX_REACH`].
    pub reach: u8,
}

/// When a change of behaviour is reported (IDT 12.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegimeRules {
    /// The divergence above which it is, in thousandths of a nat.
    pub threshold: u32,
    /// What counts as recent.
    pub window: Span,
    /// How far the baseline reaches back.
    pub baseline: Span,
}

/// Somebody who may send signals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its name, as events carry it.
    pub name: String,
    /// The agent it is, if it is one: it is never heard about itself.
    pub agent: Option<Did>,
    /// The most events that it may record about one agent within an hour.
    pub per_hour: u32,
}

impl Rules {
    /// The source with this name.
    pub fn source(&self, name: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.name == name)
    }
}

impl Strengths {
    /// The weight of a dimension, in percent.
    pub fn weight(&self, dimension: Dimension) -> u8 {
        let weights = Dimension::ALL.iter().zip(self.weights);
        weights.into_iter().find(|(each, _)| **each == dimension).map_or(0, |(_, weight)| weight)
    }
}

impl Default for Rules {
    /// 500; 2 points an hour down to 100; the reference's weights, factor and windows; no source.
    fn default() -> Self {
        Self {
            default_score: DEFAULT_SCORE,
            decay_per_hour: 2000,
            decay_floor: 100,
            strengths: Arc::new(Strengths::default()),
            regime: RegimeRules::default(),
            sources: Vec::new(),
        }
    }
}

impl Default for Strengths {
    fn default() -> Self {
        Self { weights: [25, 15, 20, 25, 15], contagion: 300, reach: 2 }
    }
}

impl Default for RegimeRules {
    fn default() -> Self {
        Self { threshold: 500, window: Span::seconds(3600), baseline: Span::seconds(30 * 86_400) }
    }
}
