//! Text from outside, made safe to show, measured and cut.
//!
//! Every string that meshwarden did not write itself passes [`visible`] once, on its way to a screen, a title, a
//! clipboard, a log line or a CSV cell. Measuring and cutting come after it.
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::cast_possible_truncation))]

mod count;
mod cut;
mod did;
mod mark;
mod nearest;

pub use count::{agents, plural};
pub use cut::{cut_end, cut_middle, pad, width, within, wrap};
pub use did::{short_did, short_id};
pub use mark::{has_marks, is_hostile, visible};
pub use nearest::nearest;
