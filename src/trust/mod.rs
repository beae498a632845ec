//! What a score means.
#![deny(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

mod tier;

pub use tier::{Action, DEFAULT_SCORE, Tier, actions, handshake_level};
