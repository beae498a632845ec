//! The verifier's time, signed for whoever asked: nobody else can set a clock by it, or set it back.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::json;

use crate::encoding::{base64, canonical};
use crate::identity::{PublicKey, SecretKey};
use crate::time::Time;

const TYPE: &str = "meshwarden.time.v1";

/// A time that the key of a log signed, for the request with one nonce.
///
/// Signed is the canonical JSON of `{"log","nonce","now","type":"meshwarden.time.v1"}`. A request's nonce is used once,
/// so that the answer to it is fresh: an old time, or another request's, does not verify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedTime {
    now: Time,
    signature: [u8; 64],
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    now: String,
    signature: String,
}

impl SignedTime {
    /// Signs the time for the request with this nonce.
    pub fn sign(key: &SecretKey, log: &str, nonce: &str, now: Time) -> Self {
        Self { now, signature: key.sign(&statement(log, nonce, now)) }
    }

    /// The time, if the log's key signed it for this nonce.
    pub fn verify(&self, key: &PublicKey, log: &str, nonce: &str) -> Option<Time> {
        key.verify(&statement(log, nonce, self.now), &self.signature).then_some(self.now)
    }
}

fn statement(log: &str, nonce: &str, now: Time) -> Vec<u8> {
    let statement = json!({"type": TYPE, "log": log, "nonce": nonce, "now": now.to_string()});
    // Texts alone: there always is a canonical form.
    canonical::to_bytes(&statement).unwrap_or_default()
}

impl Serialize for SignedTime {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        Written { now: self.now.to_string(), signature: base64::encode(&self.signature) }.serialize(out)
    }
}

impl<'d> Deserialize<'d> for SignedTime {
    fn deserialize<D: Deserializer<'d>>(from: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(from)?;
        let now = Time::parse(&written.now).map_err(D::Error::custom)?;
        let signature = base64::decode_array(&written.signature);
        Ok(Self { now, signature: signature.ok_or_else(|| D::Error::custom("no signature of 64 bytes"))? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Span;

    #[test]
    fn a_time_counts_for_one_log_one_request_and_one_key() {
        let (key, other) = (SecretKey::from_seed([1; 32]), SecretKey::from_seed([2; 32]));
        let now = Time::parse("2026-03-01T12:00:00.5Z").unwrap();
        let time = SignedTime::sign(&key, "log", "nonce", now);
        let public = key.public_key();
        assert_eq!(time.verify(&public, "log", "nonce"), Some(now));
        assert_eq!(time.verify(&public, "log", "another"), None);
        assert_eq!(time.verify(&public, "other", "nonce"), None);
        assert_eq!(time.verify(&other.public_key(), "log", "nonce"), None);
        let later = SignedTime { now: now.plus(Span::seconds(1)), ..time.clone() };
        assert_eq!(later.verify(&public, "log", "nonce"), None);
        let text = serde_json::to_string(&time).unwrap();
        assert_eq!(serde_json::from_str::<SignedTime>(&text).unwrap(), time);
    }
}
