//! One link of a scope chain: its hash, and what its signature covers.

use serde_json::{Value, json};

use super::canonical;
use super::context::UserContext;
use crate::capability::any_allows;
use crate::encoding::{base64, hex, sha256};
use crate::identity::SecretKey;
use crate::time::Time;

/// An instant, and the text of it that the reference hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// The instant.
    pub time: Time,
    /// `YYYY-MM-DDTHH:MM:SS[.ffffff]+HH:MM`, with the offset as it was given.
    pub text: String,
}

impl Stamp {
    /// An instant in UTC.
    pub fn utc(time: Time) -> Self {
        let text = time.to_string();
        Self { time, text: format!("{}+00:00", text.strip_suffix('Z').unwrap_or(&text)) }
    }

    /// Reads an RFC 3339 time and keeps its offset.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let time = Time::parse(text).ok()?;
        let (seconds, rest) = text.split_at_checked(19)?;
        let digits = rest.strip_prefix('.').map_or("", |rest| {
            let end = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
            rest.get(..end).unwrap_or("")
        });
        let offset =
            rest.trim_start_matches('.').trim_start_matches(|character: char| character.is_ascii_digit());
        let offset = if matches!(offset, "Z" | "z" | "-00:00") { "+00:00" } else { offset };
        let micros: String = digits.chars().chain("000000".chars()).take(6).collect();
        let fraction = if micros == "000000" { String::new() } else { format!(".{micros}") };
        let (date, clock) = (seconds.get(..10)?, seconds.get(11..)?);
        Some(Self { time, text: format!("{date}T{clock}{fraction}{offset}") })
    }
}

/// One link.
#[derive(Debug, Clone)]
pub struct Link {
    /// `link_id`.
    pub link_id: String,
    /// `depth`, 0 first.
    pub depth: u32,
    /// `parent_did`; the first one may be the sponsor, and then it is no DID.
    pub parent_did: String,
    /// `child_did`.
    pub child_did: String,
    /// `parent_capabilities`: what the link says of its parent; nothing covers it.
    pub parent_capabilities: Vec<String>,
    /// `delegated_capabilities`.
    pub delegated_capabilities: Vec<String>,
    /// `created_at`.
    pub created_at: Stamp,
    /// `expires_at`; nothing covers it.
    pub expires_at: Option<Time>,
    /// `user_context`.
    pub user_context: Option<UserContext>,
    /// `parent_signature`, standard base64 or empty.
    pub parent_signature: String,
    /// `link_hash`, as written.
    pub link_hash: String,
    /// `previous_link_hash`.
    pub previous_link_hash: Option<String>,
}

impl Link {
    pub(super) fn unsigned_root(
        link_id: String,
        sponsor: &str,
        child_did: &str,
        capabilities: &[String],
        now: Time,
    ) -> Self {
        let mut link = Self {
            link_id,
            depth: 0,
            // The reference's spelling; it is never read as a DID.
            parent_did: format!("did:mesh:sponsor:{sponsor}"),
            child_did: child_did.to_owned(),
            parent_capabilities: capabilities.to_vec(),
            delegated_capabilities: capabilities.to_vec(),
            created_at: Stamp::utc(now),
            expires_at: None,
            user_context: None,
            parent_signature: String::new(),
            link_hash: String::new(),
            previous_link_hash: None,
        };
        link.link_hash = link.hash();
        link
    }

    /// The text that [`Link::hash`] hashes: 8 members, sorted.
    pub fn canonical(&self) -> String {
        let mut text = String::from("{\"child_did\": ");
        canonical::string(&mut text, &self.child_did);
        text.push_str(", \"created_at\": ");
        canonical::string(&mut text, &self.created_at.text);
        text.push_str(", \"delegated_capabilities\": ");
        canonical::list(&mut text, sorted(&self.delegated_capabilities).into_iter());
        text.push_str(&format!(", \"depth\": {}, \"link_id\": ", self.depth));
        canonical::string(&mut text, &self.link_id);
        text.push_str(", \"parent_did\": ");
        canonical::string(&mut text, &self.parent_did);
        text.push_str(", \"previous_link_hash\": ");
        canonical::string_or_null(&mut text, self.previous_link_hash.as_deref());
        text.push_str(", \"user_context_user_id\": ");
        canonical::string_or_null(&mut text, self.user_context.as_ref().map(|user| user.user_id.as_str()));
        text.push('}');
        text
    }

    /// SHA-256 of [`Link::canonical`], in hex.
    pub fn hash(&self) -> String {
        hex::encode(&sha256(self.canonical().as_bytes()))
    }

    /// The text that its signature covers.
    pub fn signed_text(&self) -> String {
        signed_text(&self.parent_did, &self.child_did, &self.delegated_capabilities)
    }

    /// The first capability that it grants beyond what it says of its parent.
    pub fn escalation(&self) -> Option<&str> {
        let held = || self.parent_capabilities.iter().map(String::as_str);
        self.delegated_capabilities.iter().map(String::as_str).find(|asked| !any_allows(held(), asked))
    }

    /// Whether it has not ended and narrows by its own account; neither hash nor signature is looked at (IDT 15.3).
    pub fn is_valid(&self, now: Time) -> bool {
        self.expires_at.is_none_or(|end| now < end) && self.escalation().is_none()
    }

    /// The link as the reference writes one without a user context.
    pub fn to_json(&self) -> Value {
        json!({
            "link_id": self.link_id,
            "depth": self.depth,
            "parent_did": self.parent_did,
            "child_did": self.child_did,
            "parent_capabilities": self.parent_capabilities,
            "delegated_capabilities": self.delegated_capabilities,
            "created_at": self.created_at.time.to_string(),
            "expires_at": self.expires_at.map(|end| end.to_string()),
            "user_context": null,
            "parent_signature": self.parent_signature,
            "link_hash": self.link_hash,
            "previous_link_hash": self.previous_link_hash,
        })
    }
}

fn sorted(capabilities: &[String]) -> Vec<&str> {
    let mut sorted: Vec<&str> = capabilities.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    sorted
}

/// `<parent>:<child>:<capabilities sorted, joined by commas>`: ambiguous when a capability has a comma.
pub fn signed_text(parent_did: &str, child_did: &str, capabilities: &[String]) -> String {
    format!("{parent_did}:{child_did}:{}", sorted(capabilities).join(","))
}

/// The `parent_signature` of a link, in standard base64.
pub fn sign_link(parent_did: &str, child_did: &str, capabilities: &[String], key: &SecretKey) -> String {
    base64::encode(&key.sign(signed_text(parent_did, child_did, capabilities).as_bytes()))
}
