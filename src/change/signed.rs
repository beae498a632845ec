//! A change with the signatures over it (RFC 7515 section 7.2.1).

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::{ChangeError, Payload, payload::MAX_PAYLOAD_BYTES};
use crate::encoding::scan::Scan;
use crate::encoding::{base64, canonical};

/// A change carries at most this many signatures.
pub const MAX_SIGNATURES: usize = 16;

/// A protected header, an unprotected header (as canonical JSON) and a signature have at most this many bytes each.
const MAX_PART_BYTES: usize = 4096;

/// The exact bytes that were signed, and the signatures over them.
///
/// The signatures are empty as long as nobody holds the log. Nothing here says that a signature is good: see
/// [`Operators::consent`](super::operators::Operators::consent).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedChange {
    payload: Vec<u8>,
    pub(super) signatures: Vec<Signature>,
}

/// One operator's signature, as it came; not checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The bytes of the protected header.
    pub protected: Vec<u8>,
    /// The unprotected header.
    pub header: Option<Map<String, Value>>,
    /// The bytes of the signature.
    pub signature: Vec<u8>,
}

/// The JSON of a signed change before its texts are decoded.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignedDocument {
    payload: String,
    signatures: Vec<SignatureDocument>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignatureDocument {
    protected: String,
    header: Option<Box<RawValue>>,
    signature: String,
}

impl SignedChange {
    /// A change that nobody has signed.
    ///
    /// # Errors
    /// [`ChangeError`] when the payload cannot be written.
    pub fn unsigned(payload: &Payload) -> Result<Self, ChangeError> {
        Ok(Self { payload: payload.to_bytes()?, signatures: Vec::new() })
    }

    /// The bytes that were signed.
    pub fn payload_bytes(&self) -> &[u8] {
        &self.payload
    }

    /// The signatures, in the order of the document.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// Reads the change itself.
    ///
    /// # Errors
    /// [`ChangeError`]; a newer program may write changes that this one cannot read.
    pub fn payload(&self) -> Result<Payload, ChangeError> {
        Payload::from_bytes(&self.payload)
    }

    /// The canonical JSON `{"payload":base64url,"signatures":[{"header"?,"protected","signature"}]}`.
    ///
    /// # Errors
    /// [`ChangeError::UnsafeInteger`] when an unprotected header has no canonical form.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ChangeError> {
        Ok(canonical::to_bytes(&self.value())?)
    }

    /// Reads what [`SignedChange::to_bytes`] writes, and nothing else.
    ///
    /// # Errors
    /// [`ChangeError`]; the payload is not read.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ChangeError> {
        if bytes.len() > MAX_PAYLOAD_BYTES.saturating_mul(3) {
            return Err(ChangeError::TooLarge);
        }
        let document: SignedDocument = serde_json::from_slice(bytes)?;
        let change = document.decode()?;
        if change.to_bytes()? != bytes {
            return Err(ChangeError::NotCanonical);
        }
        Ok(change)
    }

    /// Reads what [`SignedChange::to_bytes`] writes, unless a signature has an unprotected header.
    pub(crate) fn scan(scan: &mut Scan<'_>) -> Option<Self> {
        scan.token("{\"payload\":")?;
        let payload = bytes("payload", scan.text()?, MAX_PAYLOAD_BYTES).ok()?;
        scan.token(",\"signatures\":[")?;
        let mut signatures = Vec::new();
        while !scan.has("]") {
            if !signatures.is_empty() {
                scan.token(",")?;
            }
            signatures.push(Signature::scan(scan).filter(|_| signatures.len() < MAX_SIGNATURES)?);
        }
        scan.token("}")?;
        Some(Self { payload, signatures })
    }

    pub(crate) fn value(&self) -> Value {
        json!({
            "payload": base64::encode_url(&self.payload),
            "signatures": self.signatures.iter().map(Signature::value).collect::<Value>(),
        })
    }
}

impl Signature {
    fn scan(scan: &mut Scan<'_>) -> Option<Self> {
        scan.token("{\"protected\":")?;
        let protected = bytes("protected", scan.text()?, MAX_PART_BYTES).ok()?;
        scan.token(",\"signature\":")?;
        let signature = bytes("signature", scan.text()?, MAX_PART_BYTES).ok()?;
        scan.token("}")?;
        Some(Self { protected, header: None, signature })
    }

    fn value(&self) -> Value {
        let protected = base64::encode_url(&self.protected);
        let signature = base64::encode_url(&self.signature);
        match &self.header {
            Some(header) => json!({"protected": protected, "header": header, "signature": signature}),
            None => json!({"protected": protected, "signature": signature}),
        }
    }
}

impl SignedDocument {
    pub(crate) fn decode(self) -> Result<SignedChange, ChangeError> {
        if self.signatures.len() > MAX_SIGNATURES {
            return Err(ChangeError::TooManySignatures);
        }
        let signatures: Result<_, _> = self.signatures.into_iter().map(SignatureDocument::decode).collect();
        Ok(SignedChange {
            payload: bytes("payload", &self.payload, MAX_PAYLOAD_BYTES)?,
            signatures: signatures?,
        })
    }
}

impl SignatureDocument {
    fn decode(self) -> Result<Signature, ChangeError> {
        let header = self.header.map(|raw| {
            fits("header", raw.get().len(), MAX_PART_BYTES)?;
            Ok::<_, ChangeError>(serde_json::from_str(raw.get())?)
        });
        Ok(Signature {
            protected: bytes("protected", &self.protected, MAX_PART_BYTES)?,
            header: header.transpose()?,
            signature: bytes("signature", &self.signature, MAX_PART_BYTES)?,
        })
    }
}

fn bytes(member: &'static str, text: &str, limit: usize) -> Result<Vec<u8>, ChangeError> {
    let bytes = base64::decode_url(text).ok_or(ChangeError::Unreadable { member })?;
    fits(member, bytes.len(), limit)?;
    Ok(bytes)
}

fn fits(member: &'static str, length: usize, limit: usize) -> Result<(), ChangeError> {
    if length > limit {
        return Err(ChangeError::TooLong { member, limit });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::tests::suspension;

    #[test]
    fn an_unsigned_change_is_a_jws_without_signatures() {
        let change = SignedChange::unsigned(&suspension()).unwrap();
        let bytes = change.to_bytes().unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(text.starts_with(r#"{"payload":"eyJhY3RvciI6"#), "{text}");
        assert!(text.ends_with(r#"","signatures":[]}"#), "{text}");
        assert_eq!(SignedChange::from_bytes(&bytes), Ok(change.clone()));
        assert_eq!(change.payload(), Ok(suspension()));
    }

    #[test]
    fn signatures_keep_every_byte() {
        let text = r#"{"payload":"e30","signatures":[{"header":{"kid":"x"},"protected":"eyJhbGciOiJFZERTQSJ9","signature":"AAAA"},{"protected":"","signature":""}]}"#;
        let change = SignedChange::from_bytes(text.as_bytes()).unwrap();
        assert_eq!(change.payload_bytes(), b"{}");
        assert_eq!(change.signatures()[0].protected, br#"{"alg":"EdDSA"}"#);
        assert_eq!(change.to_bytes().unwrap(), text.as_bytes());
    }

    #[test]
    fn padding_unknown_members_and_too_many_signatures_are_refused() {
        let many = vec![r#"{"protected":"","signature":""}"#; MAX_SIGNATURES + 1].join(",");
        for (text, code) in [
            (r#"{"payload":"e30=","signatures":[]}"#.to_owned(), "change_member_unreadable"),
            (r#"{"payload":"e30","signatures":[],"x":1}"#.to_owned(), "change_malformed"),
            (r#"{"signatures":[],"payload":"e30"}"#.to_owned(), "change_not_canonical"),
            (
                r#"{"payload":"e30","signatures":[{"header":{"n":0.5},"protected":"","signature":""}]}"#
                    .to_owned(),
                "change_integer_unsafe",
            ),
            (format!(r#"{{"payload":"e30","signatures":[{many}]}}"#), "change_too_many_signatures"),
        ] {
            assert_eq!(SignedChange::from_bytes(text.as_bytes()).unwrap_err().code(), code, "{text}");
        }
    }
}
