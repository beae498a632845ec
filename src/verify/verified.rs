//! A chain that may do what was asked.

use super::authenticate::Caller;
use crate::delegation::{AuthenticChain, Chain, Proof, Token};
use crate::identity::Did;

/// A chain that a verdict allowed, for one action; only [`super::judge`] makes one.
#[derive(Debug, Clone)]
pub struct VerifiedChain {
    caller: Did,
    chain: Option<AuthenticChain>,
    proof: Proof,
    action: String,
}

impl VerifiedChain {
    pub(super) fn new(caller: Caller, proof: Proof, action: &str) -> Self {
        Self { caller: caller.did, chain: caller.chain, proof, action: action.to_owned() }
    }

    /// Who acts: the leaf of the chain, or a root by itself.
    pub const fn caller(&self) -> &Did {
        &self.caller
    }

    /// The chain; none when a root acts by itself.
    pub fn chain(&self) -> Option<&Chain> {
        self.chain.as_ref().map(AuthenticChain::chain)
    }

    /// The tokens, root first; none when a root acts by itself.
    pub fn tokens(&self) -> &[Token] {
        self.chain().map_or(&[], Chain::tokens)
    }

    /// By what the caller proved to hold the leaf's key, this once.
    pub const fn proof(&self) -> &Proof {
        &self.proof
    }

    /// What it may do.
    pub fn action(&self) -> &str {
        &self.action
    }
}
