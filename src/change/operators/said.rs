//! What entries say about operators.

use serde::{Deserialize, Serialize};

use super::Role;
use crate::change::{Payload, SignedChange};

/// An operator who is new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Newcomer {
    /// The name.
    pub name: String,
    /// The public key, in standard base64.
    pub key: String,
    /// What the newcomer may order.
    pub role: Role,
    /// The newcomer's own signature over the invitation: see [`super::invitation`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<String>,
}

/// The log gets operators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Init {
    /// The admins; one if `solo`, else two or more.
    pub operators: Vec<Newcomer>,
    /// How many recovery keys must sign; 0 without a recovery set.
    pub threshold: u8,
    /// The recovery keys, in standard base64.
    pub recovery: Vec<String>,
    /// Whether one person holds the log alone.
    pub solo: bool,
    /// The key of the log, as a verifier key.
    pub log_key: String,
}

/// A change to the operators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Operate {
    /// Somebody joins.
    Add(Newcomer),
    /// A person gets one more key.
    AddKey {
        /// Who.
        name: String,
        /// The key, in standard base64.
        key: String,
        /// The key's signature over the invitation.
        #[serde(skip_serializing_if = "Option::is_none")]
        accepted: Option<String>,
    },
    /// A key of a person does not sign any more.
    DropKey {
        /// Who.
        name: String,
        /// The key, in standard base64.
        key: String,
    },
    /// A person may not act for now.
    Suspend {
        /// Who.
        name: String,
    },
    /// A suspended person may act again.
    Restore {
        /// Who.
        name: String,
    },
    /// A person may never act again.
    Remove {
        /// Who.
        name: String,
    },
    /// A person gets another role.
    Role {
        /// Who.
        name: String,
        /// Which.
        role: Role,
    },
}

impl Operate {
    /// Who it is about.
    pub fn name(&self) -> &str {
        match self {
            Self::Add(Newcomer { name, .. })
            | Self::AddKey { name, .. }
            | Self::DropKey { name, .. }
            | Self::Suspend { name }
            | Self::Restore { name }
            | Self::Remove { name }
            | Self::Role { name, .. } => name,
        }
    }

    /// The word for it.
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Add(_) => "add",
            Self::AddKey { .. } => "add key",
            Self::DropKey { .. } => "drop key",
            Self::Suspend { .. } => "suspend",
            Self::Restore { .. } => "restore",
            Self::Remove { .. } => "remove",
            Self::Role { .. } => "role",
        }
    }
}

/// All admins are replaced, by the recovery set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recover {
    /// The new admins, two or more.
    pub operators: Vec<Newcomer>,
}

/// A change that waits for signatures, with those that it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Propose {
    /// The signed change, as JWS JSON general serialization.
    pub change: String,
}

impl Propose {
    /// The change that waits, with its signatures.
    pub fn signed(&self) -> Option<SignedChange> {
        SignedChange::from_bytes(self.change.as_bytes()).ok()
    }

    /// What waits, and about whom, for a list.
    pub fn subject(&self) -> String {
        let payload = self.signed().and_then(|change| change.payload().ok());
        let words = |payload: Payload| format!("{} {}", payload.kind().as_str(), payload.order.subject());
        payload.map(words).unwrap_or_default().trim_end().to_owned()
    }
}

/// A change that waits will not be carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdraw {
    /// Its change id.
    pub change: String,
}

/// The log gets another key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogKey {
    /// As a verifier key.
    pub key: String,
}

impl Serialize for Role {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(self.as_str())
    }
}

impl<'d> Deserialize<'d> for Role {
    fn deserialize<D: serde::Deserializer<'d>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not viewer, responder or admin"))
    }
}
