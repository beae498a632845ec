//! Grounds on which a request is denied by what registry and policy say.

use std::fmt;

use crate::delegation::Denial;

/// A ground of a denial, beside the rules of chains and proofs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// An agent of the chain is not registered.
    Unregistered,
    /// The first issuer is no root of the registry, or a caller without a chain is none.
    NotRoot,
    /// The key was never the agent's.
    KeyUnknown,
    /// The key was rotated away and its overlap is over.
    KeyLapsed,
    /// The key was stolen or lost, and the log did not have this very token before the cut.
    KeyCompromised,
    /// An agent is locked, or the key is.
    Locked,
    /// An issuer is sealed, and the log did not have this very token before.
    Sealed,
    /// A revocation list names an agent.
    Listed,
    /// The policy blocks an agent.
    Blocked,
    /// The policy allows only others.
    NotAllowed,
    /// The policy wants an attestation.
    Unattested,
    /// The subject's registered parent is not the issuer.
    ParentDiffers,
    /// The registered depth is not the token's.
    DepthDiffers,
    /// The token lies deeper than the policy lets it.
    PolicyDepth,
    /// The token lives longer than the policy lets it.
    PolicyLife,
    /// The token was revoked by its `jti`.
    TokenRevoked,
    /// The issuer's tokens were revoked.
    IssuerRevoked,
    /// The tokens of a subtree were revoked.
    SubtreeRevoked,
    /// The token grants what the registry does not say that its subject holds.
    NotHeld,
    /// A tier below the gate of the action's class.
    TierTooLow,
    /// The registry is older than the action's class allows.
    Stale,
    /// The chain does not grant the action.
    NotGranted,
    /// The decision log cannot keep the answer.
    Unkept,
}

impl Ground {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unregistered => "agent_unregistered",
            Self::NotRoot => "chain_not_from_root",
            Self::KeyUnknown => "key_unknown",
            Self::KeyLapsed => "key_lapsed",
            Self::KeyCompromised => "key_compromised",
            Self::Locked => "agent_locked",
            Self::Sealed => "token_after_seal",
            Self::Listed => "agent_listed",
            Self::Blocked => "agent_blocked",
            Self::NotAllowed => "agent_not_allowed",
            Self::Unattested => "agent_unattested",
            Self::ParentDiffers => "parent_differs",
            Self::DepthDiffers => "depth_differs",
            Self::PolicyDepth => "policy_depth_exceeded",
            Self::PolicyLife => "policy_lifetime_exceeded",
            Self::TokenRevoked => "token_revoked",
            Self::IssuerRevoked => "issuer_tokens_revoked",
            Self::SubtreeRevoked => "subtree_tokens_revoked",
            Self::NotHeld => "scope_not_held",
            Self::TierTooLow => "tier_too_low",
            Self::Stale => "registry_stale",
            Self::NotGranted => "action_not_granted",
            Self::Unkept => "decision_not_kept",
        }
    }

    pub(super) fn denies(self, expected: impl fmt::Display, found: impl fmt::Display) -> Denial {
        Denial::new(self.code(), expected, found)
    }
}
