//! What a score means.

mod tier;

pub use tier::{Action, DEFAULT_SCORE, Tier, actions, handshake_level};
