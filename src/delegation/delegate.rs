//! The record of a child, made from its parent's (IDT 15.1, 16.1).

use std::borrow::Cow;

use crate::capability::{NarrowingError, narrow};
use crate::identity::{Did, Identity, KeyBytes, MAX_SCORE, Parent, Status};
use crate::time::Time;

/// No delegation goes deeper than this (IDT 15.1(1)).
pub const MAX_DEPTH: u32 = 10;

/// What the parent grants.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The child's name.
    pub name: &'a str,
    /// The child's capabilities.
    pub capabilities: &'a [&'a str],
    /// The child's description.
    pub description: Option<&'a str>,
    /// The asked ceiling of the child's initial trust score.
    pub max_initial_trust_score: Option<i64>,
}

/// Who the child is: both are drawn by the caller, for this room knows no randomness.
#[derive(Debug, Clone)]
pub struct Child {
    /// The child's DID.
    pub did: Did,
    /// The child's public key.
    pub public_key: KeyBytes,
}

/// Why a delegation is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DelegationError {
    /// The parent is at depth 10.
    #[error("the parent is at the deepest level, 10")]
    DepthExceeded,
    /// The parent is suspended, revoked or expired.
    #[error("the parent is not active")]
    ParentNotActive,
    /// `*` was asked for.
    #[error("the wildcard * cannot be delegated; list the capabilities")]
    WildcardDelegated,
    /// Something was asked for that the parent does not literally hold.
    #[error("the parent does not hold {0:?}")]
    NotSubset(String),
    /// The name is blank.
    #[error("the name is blank")]
    InvalidName,
    /// The asked ceiling is not a score.
    #[error("the trust ceiling is not in 0..=1000")]
    CeilingOutOfRange,
}

impl DelegationError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::DepthExceeded => "depth_exceeded",
            Self::ParentNotActive => "parent_not_active",
            Self::WildcardDelegated => "wildcard_delegated",
            Self::NotSubset(_) => "not_subset",
            Self::InvalidName => "invalid_name",
            Self::CeilingOutOfRange => "ceiling_out_of_range",
        }
    }
}

/// Makes the child's record; sponsor and organization are inherited, the ceiling only falls.
///
/// # Errors
/// [`DelegationError`], in the order depth, parent, capabilities, name, ceiling.
pub fn delegate(
    parent: &Identity<'_>,
    request: &Request<'_>,
    child: Child,
    now: Time,
) -> Result<Identity<'static>, DelegationError> {
    if parent.delegation_depth >= MAX_DEPTH {
        return Err(DelegationError::DepthExceeded);
    }
    if !parent.is_active(now) {
        return Err(DelegationError::ParentNotActive);
    }
    narrow(parent.capabilities.iter().map(AsRef::as_ref), request.capabilities.iter().copied()).map_err(
        |error| match error {
            NarrowingError::Wildcard => DelegationError::WildcardDelegated,
            NarrowingError::NotHeld(capability) => DelegationError::NotSubset(capability),
        },
    )?;
    if request.name.trim().is_empty() {
        return Err(DelegationError::InvalidName);
    }
    let asked = request
        .max_initial_trust_score
        .map(|score| u16::try_from(score).ok().filter(|score| *score <= MAX_SCORE))
        .map(|score| score.ok_or(DelegationError::CeilingOutOfRange))
        .transpose()?;
    let ceiling = match (parent.max_initial_trust_score, asked) {
        (Some(parents), Some(asked)) => Some(parents.min(asked)),
        (parents, asked) => parents.or(asked),
    };
    Ok(Identity {
        did: child.did,
        name: Cow::Owned(request.name.to_owned()),
        description: request.description.map(|text| Cow::Owned(text.to_owned())),
        public_key: child.public_key,
        sponsor_email: Cow::Owned(parent.sponsor_email.to_string()),
        sponsor_verified: false,
        organization: parent.organization.as_ref().map(|name| Cow::Owned(name.to_string())),
        organization_id: None,
        capabilities: request.capabilities.iter().map(|text| Cow::Owned((*text).to_owned())).collect(),
        created_at: now,
        updated_at: now,
        expires_at: None,
        status: Status::Active,
        revocation_reason: None,
        parent: Some(Parent::Did(parent.did.clone())),
        delegation_depth: parent.delegation_depth.saturating_add(1),
        max_initial_trust_score: ceiling,
        trust_score: None,
        extra: None,
    })
}
