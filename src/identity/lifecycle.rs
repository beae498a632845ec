//! Suspend, revoke, reactivate: the transitions of IDT 5.2, and no others.

use std::borrow::Cow;

use super::{Identity, Status};
use crate::time::Time;

/// Why a transition is refused; the record is left as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LifecycleError {
    /// A revoked agent stays revoked.
    #[error("a revoked agent cannot come back")]
    Revoked,
    /// Suspending again would overwrite the reason that guards the suspension.
    #[error("already suspended")]
    AlreadySuspended,
    /// Only a suspended agent can be reactivated.
    #[error("not suspended")]
    NotSuspended,
    /// The suspension was for security; say so explicitly to lift it.
    #[error("suspended for security; lifting it needs the explicit override")]
    OverrideRequired,
}

impl LifecycleError {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::AlreadySuspended => "already_suspended",
            Self::NotSuspended => "not_suspended",
            Self::OverrideRequired => "override_required",
        }
    }
}

/// Whether reactivating an agent in this status, for this reason, is allowed.
///
/// # Errors
/// [`LifecycleError`] for anything but a suspension, and for a security suspension without `override_security`.
pub fn may_reactivate(
    status: Status,
    reason: Option<&str>,
    override_security: bool,
) -> Result<(), LifecycleError> {
    match status {
        Status::Revoked => Err(LifecycleError::Revoked),
        Status::Active => Err(LifecycleError::NotSuspended),
        Status::Suspended if !override_security && reason.is_some_and(names_security) => {
            Err(LifecycleError::OverrideRequired)
        }
        Status::Suspended => Ok(()),
    }
}

/// Whether an agent in this status can be suspended.
///
/// # Errors
/// [`LifecycleError`] unless it is active.
pub const fn may_suspend(status: Status) -> Result<(), LifecycleError> {
    match status {
        Status::Active => Ok(()),
        Status::Suspended => Err(LifecycleError::AlreadySuspended),
        Status::Revoked => Err(LifecycleError::Revoked),
    }
}

/// Whether a reason marks a suspension as one for security (IDT 5.2(3)).
pub fn names_security(reason: &str) -> bool {
    reason.to_lowercase().contains("security")
}

/// Suspends an active agent.
///
/// # Errors
/// [`LifecycleError`] unless it is active.
pub fn suspend<'a>(
    identity: &mut Identity<'a>,
    reason: impl Into<Cow<'a, str>>,
    now: Time,
) -> Result<(), LifecycleError> {
    may_suspend(identity.status)?;
    set(identity, Status::Suspended, Some(reason.into()), now);
    Ok(())
}

/// Revokes an agent in any status; revoking again keeps it revoked with the newer reason.
pub fn revoke<'a>(identity: &mut Identity<'a>, reason: impl Into<Cow<'a, str>>, now: Time) {
    set(identity, Status::Revoked, Some(reason.into()), now);
}

/// Wakes a suspended agent.
///
/// # Errors
/// [`LifecycleError`] for anything but a suspension, and for a security suspension without `override_security`.
pub fn reactivate(
    identity: &mut Identity<'_>,
    override_security: bool,
    now: Time,
) -> Result<(), LifecycleError> {
    may_reactivate(identity.status, identity.revocation_reason.as_deref(), override_security)?;
    set(identity, Status::Active, None, now);
    Ok(())
}

fn set<'a>(identity: &mut Identity<'a>, status: Status, reason: Option<Cow<'a, str>>, now: Time) {
    identity.status = status;
    identity.revocation_reason = reason;
    identity.updated_at = now;
}
