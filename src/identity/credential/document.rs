//! A credential as the reference writes it, without the token.

use serde_json::{Value, json};

use super::{Credential, CredentialError, CredentialGrant, CredentialStatus};
use crate::encoding::hex;
use crate::encoding::members::{Members, MembersError};
use crate::identity::statement;
use crate::time::Span;

/// A credential has at most this many bytes.
const MAX_BYTES: usize = 1 << 20;

impl CredentialStatus {
    /// The word in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Rotated => "rotated",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Rotated, Self::Revoked, Self::Expired]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}

impl Credential {
    /// Reads a credential. A token beside its hash, which the reference writes, is dropped.
    ///
    /// # Errors
    /// [`CredentialError::Unreadable`].
    pub fn from_json(text: &str) -> Result<Self, CredentialError> {
        let members = Members::parse(text, MAX_BYTES)?;
        let ttl = members.integer("ttl_seconds")?;
        let grant = CredentialGrant {
            agent: statement::read_did(&members, "agent_did")?,
            capabilities: list(&members, "capabilities")?,
            resources: list(&members, "resources")?,
            ttl: Span::seconds(ttl),
            issued_for: optional(&members, "issued_for")?,
        };
        Ok(Self {
            id: members.text("credential_id")?.to_owned(),
            grant,
            token_hash: hex::decode_digest(members.text("token_hash")?)
                .ok_or(value("token_hash", "is not 64 lower-case hex digits"))?,
            issued_at: members.time("issued_at")?,
            expires_at: members.time("expires_at")?,
            status: CredentialStatus::parse(members.text("status")?)
                .ok_or(value("status", "is not active, rotated, revoked or expired"))?,
            rotated_at: members.optional_time("rotated_at")?,
            revoked_at: members.optional_time("revoked_at")?,
            revocation_reason: optional(&members, "revocation_reason")?,
            previous: optional(&members, "previous_credential_id")?,
            rotation_count: match members.get("rotation_count") {
                None => 0,
                Some(_) => u32::try_from(members.integer("rotation_count")?)
                    .map_err(|_| value("rotation_count", "is out of range"))?,
            },
            client_ip: optional(&members, "client_ip")?,
        })
    }

    /// The reference's members without `token`, and `rotated_at` if it was replaced.
    pub fn to_json(&self) -> Value {
        let mut document = json!({
            "credential_id": self.id,
            "agent_did": self.grant.agent.to_string(),
            "token_hash": hex::encode(&self.token_hash),
            "capabilities": self.grant.capabilities,
            "resources": self.grant.resources,
            "issued_at": self.issued_at.to_string(),
            "expires_at": self.expires_at.to_string(),
            "ttl_seconds": self.grant.ttl.as_seconds(),
            "status": self.status.as_str(),
            "revoked_at": self.revoked_at.map(|time| time.to_string()),
            "revocation_reason": self.revocation_reason,
            "previous_credential_id": self.previous,
            "rotation_count": self.rotation_count,
            "issued_for": self.grant.issued_for,
            "client_ip": self.client_ip,
        });
        if let (Some(at), Some(members)) = (self.rotated_at, document.as_object_mut()) {
            members.insert("rotated_at".to_owned(), at.to_string().into());
        }
        document
    }
}

fn list(members: &Members, member: &'static str) -> Result<Vec<String>, MembersError> {
    Ok(members.texts(member, MAX_BYTES)?.into_iter().map(str::to_owned).collect())
}

fn optional(members: &Members, member: &'static str) -> Result<Option<String>, MembersError> {
    Ok(members.optional_text(member)?.map(str::to_owned))
}

const fn value(member: &'static str, problem: &'static str) -> MembersError {
    MembersError::Value { member, problem }
}
