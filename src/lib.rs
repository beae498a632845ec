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
//! | the rules, proofs of keys, invented agents | [`policy`], [`handshake`], [`generate`] |
//! | may this caller do this? | [`verify`] |
//! | the log | [`change`], [`audit`] |
//! | files of strangers, keys, what lasts, shapes for others, telling others | [`ingest`], [`keystore`], [`store`], [`wire`], [`notify`] |
//! | use cases | [`warden`] |
//! | the warden over HTTP | [`server`] [`client`] |
//! | one way to a registry | [`backend`] |
//! | the console | [`tui`] |
//! | the command line | [`cli`] |

pub mod audit;
#[cfg(feature = "console")]
pub mod backend;
pub mod capability;
pub mod change;
#[cfg(feature = "console")]
pub mod cli;
#[cfg(feature = "console")]
pub mod client;
pub mod delegation;
pub mod encoding;
pub mod generate;
pub mod handshake;
pub mod identity;
#[cfg(feature = "console")]
pub mod ingest;
#[cfg(feature = "console")]
pub mod keystore;
#[cfg(feature = "console")]
pub mod notify;
pub mod policy;
pub mod registry;
#[cfg(feature = "console")]
pub mod server;
#[cfg(feature = "console")]
pub mod store;
pub mod text;
pub mod time;
pub mod trust;
#[cfg(feature = "console")]
pub mod tui;
pub mod verify;
#[cfg(feature = "console")]
pub mod warden;
#[cfg(feature = "console")]
pub mod wire;
