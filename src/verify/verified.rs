//! A chain that may do what was asked.

use super::authenticate::Caller;
use crate::delegation::{AuthenticChain, Token};
use crate::identity::Did;

/// A chain that a verdict allowed, for one action; only [`super::judge`] makes one.
#[derive(Debug, Clone)]
pub struct VerifiedChain {
    caller: Did,
    chain: Option<AuthenticChain>,
    action: String,
}

impl VerifiedChain {
    pub(super) fn new(caller: Caller, action: &str) -> Self {
        Self { caller: caller.did, chain: caller.chain, action: action.to_owned() }
    }

    /// Who acts: the leaf of the chain, or a root by itself.
    pub const fn caller(&self) -> &Did {
        &self.caller
    }

    /// The tokens, root first; none when a root acts by itself.
    pub fn tokens(&self) -> &[Token] {
        self.chain.as_ref().map_or(&[], |chain| chain.chain().tokens())
    }

    /// What it may do.
    pub fn action(&self) -> &str {
        &self.action
    }
}
