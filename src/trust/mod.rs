//! What a score means, and how it comes about.
#![deny(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

mod dimension;
mod points;
mod rules;
mod tier;

pub use dimension::{Dimension, Gauge, Trend};
pub use points::{Points, Share};
pub use rules::{MAX_REACH, MAX_SOURCES, RegimeRules, Rules, Source, Strengths};
pub use tier::{Action, DEFAULT_SCORE, Tier, actions, handshake_level};
