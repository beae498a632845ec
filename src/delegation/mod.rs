//! A parent grants a child a part of what it holds: as a record, as a signed token, as the reference's scope chain.
#![deny(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

mod authentic;
mod chain;
mod claims;
mod delegate;
mod denial;
mod jws;
mod ledger;
mod link;
mod memo;
mod names;
mod possession;
pub mod scope_chain;
mod token;

#[cfg(test)]
mod tests;

pub use authentic::AuthenticChain;
pub use chain::{Chain, HEADER, MAX_BYTES, MAX_TOKENS};
pub use claims::{Claims, MAX_ID, MAX_SCOPE, Scope};
pub use delegate::{Child, DelegationError, MAX_DEPTH, Request, delegate};
pub use denial::{Denial, Rule};
pub use jws::{ALGORITHM, Jws, Signer};
pub use ledger::ProofLedger;
pub use memo::Memo;
pub use names::{Names, TokenName};
pub use possession::{Act, Body, MAX_LIFE, Proof, ProofRule, SKEW};
pub use token::{Grant, Issuer, Renewal, Token};
