//! A record as JSON: the reference's member names, in the reference's order.

use serde_json::{Value, json};

use super::Identity;
use crate::encoding::canonical::write_string;
use crate::time::Time;

impl Identity<'_> {
    /// The eighteen members that the reference's `model_dump(mode="json")` writes, and no others.
    pub fn to_json(&self) -> Value {
        json!({
            "did": { "method": "mesh", "unique_id": self.did.unique_id() },
            "name": self.name,
            "description": self.description,
            "public_key": self.public_key.to_base64(),
            "verification_key_id": self.key_id().to_string(),
            "sponsor_email": self.sponsor_email,
            "sponsor_verified": self.sponsor_verified,
            "organization": self.organization,
            "organization_id": self.organization_id,
            "capabilities": self.capabilities,
            "created_at": self.created_at.to_string(),
            "updated_at": self.updated_at.to_string(),
            "expires_at": self.expires_at.map(|time| time.to_string()),
            "status": self.status.as_str(),
            "revocation_reason": self.revocation_reason,
            "parent_did": self.parent.as_ref().map(super::Parent::text),
            "delegation_depth": self.delegation_depth,
            "max_initial_trust_score": self.max_initial_trust_score,
        })
    }

    /// Appends the record as one line of compact JSON: the reference's members, then `trust_score` if
    /// there is one, then the unknown members with their source text.
    pub fn write_json(&self, out: &mut String) {
        out.push_str("{\"did\":{\"method\":\"mesh\",\"unique_id\":\"");
        out.push_str(&self.did.unique_id());
        out.push_str("\"}");
        text(out, "name", Some(&self.name));
        text(out, "description", self.description.as_deref());
        text(out, "public_key", Some(&self.public_key.to_base64()));
        text(out, "verification_key_id", Some(&self.key_id().to_string()));
        text(out, "sponsor_email", Some(&self.sponsor_email));
        plain(out, "sponsor_verified", if self.sponsor_verified { "true" } else { "false" });
        text(out, "organization", self.organization.as_deref());
        text(out, "organization_id", self.organization_id.as_deref());
        out.push_str(",\"capabilities\":[");
        for (index, capability) in self.capabilities.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            write_string(out, capability);
        }
        out.push(']');
        text(out, "created_at", Some(&self.created_at.to_string()));
        text(out, "updated_at", Some(&self.updated_at.to_string()));
        text(out, "expires_at", self.expires_at.as_ref().map(Time::to_string).as_deref());
        text(out, "status", Some(self.status.as_str()));
        text(out, "revocation_reason", self.revocation_reason.as_deref());
        text(out, "parent_did", self.parent.as_ref().map(super::Parent::text).as_deref());
        plain(out, "delegation_depth", &self.delegation_depth.to_string());
        let ceiling = self.max_initial_trust_score.map(|score| score.to_string());
        plain(out, "max_initial_trust_score", ceiling.as_deref().unwrap_or("null"));
        if let Some(score) = self.trust_score {
            plain(out, "trust_score", &score.to_string());
        }
        let unknown = self.extra.as_deref().and_then(|object| object.strip_prefix('{'));
        match unknown {
            Some(members) => {
                out.push(',');
                out.push_str(members);
            }
            None => out.push('}'),
        }
    }
}

fn text(out: &mut String, name: &str, value: Option<&str>) {
    out.push_str(",\"");
    out.push_str(name);
    out.push_str("\":");
    match value {
        Some(value) => write_string(out, value),
        None => out.push_str("null"),
    }
}

fn plain(out: &mut String, name: &str, value: &str) {
    out.push_str(",\"");
    out.push_str(name);
    out.push_str("\":");
    out.push_str(value);
}
