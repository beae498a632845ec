//! The parameters of facts, as they stand in a payload.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::personal::PersonalText;
use super::spelled::{as_did, as_hex, as_text};
use super::tag::is_tag;
use crate::encoding::Digest32;
use crate::identity::{Did, KeyBytes};
use crate::registry::LockTarget;
use crate::time::Time;

/// How an agent came to be registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// The new agent.
    #[serde(with = "as_did")]
    pub did: Did,
    /// The leaf hash of the record.
    #[serde(with = "as_hex")]
    pub record: Digest32,
    /// The chain by which the parent grants what the record holds, as in a header; without one an operator does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain: Option<String>,
    /// The statement of an attester.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attestation: Option<PersonalText>,
}

/// A key that its agent replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rotate {
    /// The statement, signed with both keys.
    pub statement: String,
    /// When the old key stops to count.
    #[serde(with = "as_text")]
    pub until: Time,
    /// How many past keys are kept.
    pub kept: u64,
}

/// A key that operators replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rekey {
    /// The statement, signed with the new key.
    pub statement: String,
    /// By any key before, only what was logged before this index counts.
    pub cut: u64,
    /// How many past keys are kept.
    pub kept: u64,
}

/// A statement about an agent by somebody who knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attest {
    /// The statement, signed by the attester.
    pub statement: PersonalText,
}

/// Tokens that are known from this entry on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogTokens {
    /// Their chain, as in a header.
    pub chain: String,
}

/// Additions to the revocation list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// The entries, as the reference writes them.
    pub entries: String,
}

/// An agent that comes off the revocation list; it need not be registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unlist {
    /// The agent.
    #[serde(with = "as_did")]
    pub did: Did,
}

/// A trust event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signal {
    /// The event.
    pub event: Value,
}

/// A trust event that was wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Void {
    /// The log index of the event.
    pub entry: u64,
}

/// Whom a standing rule holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LockOn {
    /// An agent and everybody below it, by DID.
    Subtree(String),
    /// The agents of a sponsor, by exact address.
    Sponsor(PersonalText),
    /// The agents of an organization, by exact name.
    Organization(String),
    /// The agents with a tag.
    Tag(String),
    /// Whoever holds this key, in base64.
    Key(String),
}

impl LockOn {
    /// The target; none for a text that names none.
    pub fn target(&self) -> Option<LockTarget> {
        Some(match self {
            Self::Subtree(did) => LockTarget::Subtree(Did::parse(did).ok()?),
            Self::Sponsor(sponsor) => LockTarget::Sponsor(sponsor.name()),
            Self::Organization(name) => LockTarget::Organization(name.clone()),
            Self::Tag(tag) => LockTarget::Tag(Some(tag.clone()).filter(|tag| is_tag(tag))?),
            Self::Key(key) => LockTarget::Key(KeyBytes::from_base64(key)?),
        })
    }

    /// The text in it.
    pub fn text(&self) -> &str {
        match self {
            Self::Sponsor(sponsor) => sponsor.shown(),
            Self::Subtree(text) | Self::Organization(text) | Self::Tag(text) | Self::Key(text) => text,
        }
    }
}

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetPolicy {
    /// The whole document, in canonical JSON.
    pub policy: String,
}

/// Which tokens are revoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "lowercase", deny_unknown_fields)]
pub enum TokenSet {
    /// Those with this `jti`.
    Token {
        /// The `jti`.
        jti: String,
    },
    /// Those that the agent issued until now.
    Issuer {},
    /// Those that the agent or anybody below it issued or got until now.
    Subtree {},
}
