//! The public record of an agent: the document that the reference implementation writes.

use std::borrow::Cow;

use super::{Did, KeyBytes, KeyId, PREFIX};
use crate::time::Time;

/// The highest trust score (TC 3.1).
pub const MAX_SCORE: u16 = 1000;

/// The stored status; the effective state of an agent also depends on its lineage and the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// May act, if nothing above it says otherwise.
    Active,
    /// Stopped, and can be woken.
    Suspended,
    /// Stopped for good (IDT 5.2(4)).
    Revoked,
}

impl Status {
    /// The word in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
        }
    }

    /// Reads the word in records.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Suspended, Self::Revoked].into_iter().find(|status| status.as_str() == text)
    }
}

/// Who delegated to an agent, as its record says: only the prefix is certain (IDT 4.3(4)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parent<'a> {
    /// A DID that can be looked up.
    Did(Did),
    /// A text that starts like a DID and is none; it names nobody.
    Unreadable(Cow<'a, str>),
}

impl<'a> Parent<'a> {
    /// Reads `parent_did`; `None` without the prefix.
    pub fn parse(text: Cow<'a, str>) -> Option<Self> {
        match Did::parse(&text) {
            Ok(did) => Some(Self::Did(did)),
            Err(_) if text.starts_with(PREFIX) => Some(Self::Unreadable(text)),
            Err(_) => None,
        }
    }

    /// The DID, if it is one.
    pub const fn did(&self) -> Option<&Did> {
        match self {
            Self::Did(did) => Some(did),
            Self::Unreadable(_) => None,
        }
    }

    /// The text of `parent_did`.
    pub fn text(&self) -> String {
        match self {
            Self::Did(did) => did.to_string(),
            Self::Unreadable(text) => text.to_string(),
        }
    }
}

/// One agent's record: the fields of IDT 4.1, a trust score if the file gave one, and what is unknown.
///
/// Texts are borrowed from the document where that is possible. `verification_key_id` is not held:
/// it is a function of the key.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity<'a> {
    /// `did`.
    pub did: Did,
    /// `name`; never blank.
    pub name: Cow<'a, str>,
    /// `description`.
    pub description: Option<Cow<'a, str>>,
    /// `public_key`; not checked on the curve.
    pub public_key: KeyBytes,
    /// `sponsor_email`; holds an `@`.
    pub sponsor_email: Cow<'a, str>,
    /// `sponsor_verified`.
    pub sponsor_verified: bool,
    /// `organization`.
    pub organization: Option<Cow<'a, str>>,
    /// `organization_id`.
    pub organization_id: Option<Cow<'a, str>>,
    /// `capabilities`, in the order of the document.
    pub capabilities: Vec<Cow<'a, str>>,
    /// `created_at`.
    pub created_at: Time,
    /// `updated_at`.
    pub updated_at: Time,
    /// `expires_at`; at that very instant the agent is no longer active.
    pub expires_at: Option<Time>,
    /// `status`.
    pub status: Status,
    /// `revocation_reason`; also the reason of a suspension.
    pub revocation_reason: Option<Cow<'a, str>>,
    /// `parent_did`.
    pub parent: Option<Parent<'a>>,
    /// `delegation_depth`; 0 for a root.
    pub delegation_depth: u32,
    /// `max_initial_trust_score`, 0..=1000.
    pub max_initial_trust_score: Option<u16>,
    /// `trust_score`, 0..=1000, which the reference keeps elsewhere.
    pub trust_score: Option<u16>,
    /// The unknown members as one compact JSON object, secrets left out.
    pub extra: Option<Box<str>>,
}

impl Identity<'_> {
    /// `verification_key_id`.
    pub fn key_id(&self) -> KeyId {
        self.public_key.key_id()
    }

    /// Whether the status is active and the expiry lies in the future (IDT 5.3).
    pub fn is_active(&self, now: Time) -> bool {
        self.status == Status::Active && self.expires_at.is_none_or(|expiry| now < expiry)
    }

    /// Whether the agent holds a capability that allows `asked` (IDT 8.9).
    pub fn has_capability(&self, asked: &str) -> bool {
        crate::capability::any_allows(self.capabilities.iter().map(AsRef::as_ref), asked)
    }

    /// The same record, borrowing nothing.
    pub fn into_owned(self) -> Identity<'static> {
        fn own(text: Cow<'_, str>) -> Cow<'static, str> {
            Cow::Owned(text.into_owned())
        }
        Identity {
            did: self.did,
            name: own(self.name),
            description: self.description.map(own),
            public_key: self.public_key,
            sponsor_email: own(self.sponsor_email),
            sponsor_verified: self.sponsor_verified,
            organization: self.organization.map(own),
            organization_id: self.organization_id.map(own),
            capabilities: self.capabilities.into_iter().map(own).collect(),
            created_at: self.created_at,
            updated_at: self.updated_at,
            expires_at: self.expires_at,
            status: self.status,
            revocation_reason: self.revocation_reason.map(own),
            parent: self.parent.map(|parent| match parent {
                Parent::Did(did) => Parent::Did(did),
                Parent::Unreadable(text) => Parent::Unreadable(own(text)),
            }),
            delegation_depth: self.delegation_depth,
            max_initial_trust_score: self.max_initial_trust_score,
            trust_score: self.trust_score,
            extra: self.extra,
        }
    }
}

/// Whether a text can be a sponsor's email: not blank, with an `@` (IDT 4.3(3)).
pub fn valid_sponsor(text: &str) -> bool {
    !text.trim().is_empty() && text.contains('@')
}
