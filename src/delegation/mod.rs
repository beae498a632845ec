//! A parent grants a child a part of what it holds.
#![deny(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

mod delegate;

pub use delegate::{Child, DelegationError, MAX_DEPTH, Request, delegate};
