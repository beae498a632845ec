//! The reference's rotation proof: the old key signs `rotate:<old>:<new>` (IDT 17.2, 17.3).
//!
//! It proves that the old key named the new one. It does not prove that anybody holds the new key, nor for which agent
//! or when: none of these is among the signed bytes.

use serde_json::{Value, json};

use super::statement;
use crate::encoding::base64;
use crate::identity::{KeyBytes, SecretKey};
use crate::time::Time;

/// A proof in the reference's form; nothing here says that the signature is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceProof {
    old: KeyBytes,
    new: KeyBytes,
    message: String,
    signature: [u8; 64],
    at: Option<String>,
}

impl ReferenceProof {
    /// Signs with the old key.
    pub fn sign(old: &SecretKey, new: KeyBytes, at: Time) -> Self {
        let old_key = old.public_key().bytes();
        let message = message(&old_key, &new);
        let signature = old.sign(message.as_bytes());
        Self { old: old_key, new, message, signature, at: Some(offset_form(at)) }
    }

    /// Reads a proof; `None` for anything but strings in strict base64 where they belong.
    pub fn from_json(value: &Value) -> Option<Self> {
        let text = |member: &str| value.get(member).and_then(Value::as_str);
        Some(Self {
            old: KeyBytes::from_base64(text("old_public_key")?)?,
            new: KeyBytes::from_base64(text("new_public_key")?)?,
            message: text("message").filter(|text| text.len() <= 128)?.to_owned(),
            signature: base64::decode_array(text("signature")?)?,
            at: text("timestamp").filter(|text| text.len() <= 64).map(str::to_owned),
        })
    }

    /// Whether the old key says that the new one takes its place. The signed bytes are made from the two keys given here,
    /// never taken from the proof.
    pub fn verify(&self, old: &KeyBytes, new: &KeyBytes) -> bool {
        let rebuilt = message(old, new);
        let names_both = self.old == *old && self.new == *new && self.message == rebuilt && old != new;
        names_both && old.check().is_ok_and(|key| key.verify(rebuilt.as_bytes(), &self.signature))
    }

    /// The document that the reference writes.
    pub fn to_json(&self) -> Value {
        json!({
            "old_public_key": self.old.to_base64(),
            "new_public_key": self.new.to_base64(),
            "message": self.message,
            "signature": statement::spelled(&self.signature),
            "timestamp": self.at,
        })
    }
}

fn message(old: &KeyBytes, new: &KeyBytes) -> String {
    format!("rotate:{}:{}", old.to_base64(), new.to_base64())
}

/// The reference writes UTC as an offset here.
pub(super) fn offset_form(time: Time) -> String {
    let text = time.to_string();
    text.strip_suffix('Z').map_or_else(|| text.clone(), |local| format!("{local}+00:00"))
}
