//! What a score means, and how it comes about: the fold of events, each said by a registered source.
#![cfg_attr(
    not(test),
    deny(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, clippy::cast_sign_loss)
)]

mod account;
mod book;
mod contagion;
mod dimension;
mod event;
mod explain;
mod lately;
mod points;
mod record;
mod regime;
mod rules;
#[cfg(test)]
mod tests;
mod tier;

pub use book::{Book, MAX_NEIGHBOURS, Reading, RecordError, VoidError};
pub use contagion::MAX_REACHED;
pub use dimension::{Dimension, Gauge, Trend};
pub use event::{Event, EventError, Kind, MAX_BONUS, MAX_SOURCE_NAME, SATURATED};
pub use explain::{Cause, CauseOf, Explanation};
pub use points::{Points, Share};
pub use record::{ScoreError, ScoreRecord, ceiling_of};
pub use regime::{RegimeChange, regime_change};
pub use rules::{MAX_REACH, MAX_SOURCES, RegimeRules, Rules, Source, Strengths};
pub use tier::{Action, DEFAULT_SCORE, Tier, actions, handshake_level};
