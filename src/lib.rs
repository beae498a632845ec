//! The console and the verifier for a zero-trust mesh of AI agents.
//!
//! An agent has a DID, an Ed25519 key and a human sponsor; a parent delegates a part of what it holds
//! to a child; this crate says which of all that still counts, why, and what falls when somebody is
//! stopped. It refuses what it cannot check: keys that are not canonical, times without a zone, a
//! child that is wider than its parent.
//!
//! The rooms, lowest floor first; an import goes down, never up and never sideways:
//!
//! | floor | rooms |
//! |---|---|
//! | values | [`encoding`], [`time`], [`text`] |
//! | who and what | [`identity`], [`capability`] |
//! | grants and trust | [`delegation`], [`trust`] |
//! | all agents | [`registry`] |
//! | files of strangers | `ingest` (feature `console`) |

#[deny(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]
pub mod capability;
#[deny(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]
pub mod delegation;
#[deny(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]
pub mod encoding;
#[deny(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]
pub mod identity;
#[cfg(feature = "console")]
pub mod ingest;
pub mod registry;
#[deny(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]
pub mod time;
#[deny(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]
pub mod trust;
