//! Short-lived bearer credentials (IDT 8): the token is given once, and only its hash is kept.

mod document;
mod set;
mod token;

pub use set::{Credentials, MAX_CREDENTIALS, MAX_PER_AGENT};
pub use token::BearerToken;

use crate::capability::any_allows;
use crate::encoding::members::MembersError;
use crate::encoding::{Digest32, hex};
use crate::identity::Did;
use crate::time::{Span, Time};

/// How long a credential lasts, unless somebody says otherwise (IDT 8.2).
pub const DEFAULT_TTL: Span = Span::seconds(900);
/// A credential that has less than this left is renewed (IDT 8.6).
pub const EXPIRING_SOON: Span = Span::seconds(60);

/// Where a credential is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialStatus {
    /// In force until it expires.
    Active,
    /// Replaced by the next one.
    Rotated,
    /// Stopped for good.
    Revoked,
    /// Written off by whoever kept the record.
    Expired,
}

/// What a credential is issued for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialGrant {
    /// Whose it is.
    pub agent: Did,
    /// What it allows; nothing if empty.
    pub capabilities: Vec<String>,
    /// Where it counts; everywhere if empty.
    pub resources: Vec<String>,
    /// How long it lasts.
    pub ttl: Span,
    /// What it is for.
    pub issued_for: Option<String>,
}

/// One credential; its token is not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    id: String,
    grant: CredentialGrant,
    token_hash: Digest32,
    issued_at: Time,
    expires_at: Time,
    status: CredentialStatus,
    rotated_at: Option<Time>,
    revoked_at: Option<Time>,
    revocation_reason: Option<String>,
    previous: Option<String>,
    rotation_count: u32,
    client_ip: Option<String>,
}

/// Why a credential is not issued, renewed or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// It is revoked, expired or replaced already.
    #[error("the credential is not valid, so it cannot be renewed")]
    NotValid,
    /// Nobody has this id.
    #[error("there is no such credential")]
    NotFound,
    /// The length of life is negative.
    #[error("the length of life is negative")]
    NegativeTtl,
    /// The id is taken.
    #[error("there is a credential of that id already")]
    Repeated,
    /// No more fit, for this agent or at all.
    #[error("there are too many credentials")]
    TooMany,
    /// The text is no credential.
    #[error("{0}")]
    Unreadable(#[from] MembersError),
}

impl CredentialError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotValid => "not_valid",
            Self::NotFound => "not_found",
            Self::NegativeTtl => "credential_ttl_negative",
            Self::Repeated => "credential_repeated",
            Self::TooMany => "credentials_too_many",
            Self::Unreadable(error) => error.code(),
        }
    }
}

impl Credential {
    /// Issues a credential for a token; `id` is 64 fresh bits.
    ///
    /// # Errors
    /// [`CredentialError::NegativeTtl`].
    pub fn issue(
        grant: CredentialGrant,
        id: u64,
        token: &BearerToken,
        now: Time,
    ) -> Result<Self, CredentialError> {
        if grant.ttl < Span::seconds(0) {
            return Err(CredentialError::NegativeTtl);
        }
        Ok(Self {
            id: format!("cred_{}", hex::encode(&id.to_be_bytes())),
            expires_at: now.plus(grant.ttl),
            grant,
            token_hash: token.hash(),
            issued_at: now,
            status: CredentialStatus::Active,
            rotated_at: None,
            revoked_at: None,
            revocation_reason: None,
            previous: None,
            rotation_count: 0,
            client_ip: None,
        })
    }

    /// Whether it is in force. A replaced one still is for `overlap` after its replacement, which is none by IDT 8.4.
    pub fn is_valid(&self, overlap: Span, now: Time) -> bool {
        let in_time = now < self.expires_at;
        match self.status {
            CredentialStatus::Active => in_time,
            CredentialStatus::Rotated => in_time && self.rotated_at.is_some_and(|at| now < at.plus(overlap)),
            CredentialStatus::Revoked | CredentialStatus::Expired => false,
        }
    }

    /// Whether less than `threshold` is left of its life.
    pub fn is_expiring_soon(&self, threshold: Span, now: Time) -> bool {
        self.expires_at.since(now) < threshold
    }

    /// What is left of its life; never negative.
    pub fn time_remaining(&self, now: Time) -> Span {
        self.expires_at.since(now).max(Span::seconds(0))
    }

    /// Whether this is the credential's token, asked in constant time.
    pub fn is_of(&self, token: &BearerToken) -> bool {
        token.hashes_to(&self.token_hash)
    }

    /// Replaces a credential that is in force by one of the same grant; `client_ip` stays behind.
    ///
    /// # Errors
    /// [`CredentialError::NotValid`], and the credential stays as it is (IDT 8.4, 8.8).
    pub fn rotate(&mut self, id: u64, token: &BearerToken, now: Time) -> Result<Self, CredentialError> {
        if !self.is_valid(Span::seconds(0), now) {
            return Err(CredentialError::NotValid);
        }
        let mut next = Self::issue(self.grant.clone(), id, token, now)?;
        next.previous = Some(self.id.clone());
        next.rotation_count = self.rotation_count.saturating_add(1);
        self.status = CredentialStatus::Rotated;
        self.rotated_at = Some(now);
        Ok(next)
    }

    /// Stops a credential for good, whatever its status; the later reason counts.
    pub fn revoke(&mut self, reason: impl Into<String>, now: Time) {
        self.status = CredentialStatus::Revoked;
        self.revoked_at = Some(now);
        self.revocation_reason = Some(reason.into());
    }

    /// Whether its grant allows a capability; the same rule as for agents (IDT 8.9).
    pub fn has_capability(&self, asked: &str) -> bool {
        any_allows(self.grant.capabilities.iter().map(String::as_str), asked)
    }

    /// Whether it counts at a resource: no wildcards, and everywhere if it lists none (IDT 8.10).
    pub fn can_access_resource(&self, resource: &str) -> bool {
        let listed = &self.grant.resources;
        listed.is_empty() || listed.iter().any(|listed| listed == resource)
    }

    /// Its name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What it was issued for.
    pub const fn grant(&self) -> &CredentialGrant {
        &self.grant
    }

    /// Where it is in its life.
    pub const fn status(&self) -> CredentialStatus {
        self.status
    }

    /// When it ends; at that very instant it is no longer in force.
    pub const fn expires_at(&self) -> Time {
        self.expires_at
    }

    /// When and why it was revoked.
    pub fn revocation(&self) -> Option<(Time, &str)> {
        Some((self.revoked_at?, self.revocation_reason.as_deref().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests;
