//! `Content-Digest` (RFC 9530): what the body of a request must hash to.

use sha2::{Digest as _, Sha512};
use subtle::ConstantTimeEq as _;

use super::dictionary::{self, Value};
use super::{Head, MAX_MEMBERS, SignatureError};
use crate::encoding::{Digest32, base64, sha256};

pub(super) const FIELD: &str = "content-digest";

/// The digests that are known here; others in the field say nothing (RFC 9530 section 2).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ContentDigest {
    sha256: Option<Digest32>,
    sha512: Option<[u8; 64]>,
}

impl ContentDigest {
    /// Reads the field; none when it is not there.
    pub(super) fn read(head: &Head<'_>) -> Result<Option<Self>, SignatureError> {
        let Some(text) = dictionary::text(head, FIELD)? else { return Ok(None) };
        let members = dictionary::read(FIELD, &text)?;
        if members.len() > MAX_MEMBERS {
            return Err(SignatureError::TooLarge { what: FIELD });
        }
        let malformed =
            |problem: &str| SignatureError::Malformed { field: FIELD, problem: problem.to_owned() };
        let mut digest = Self::default();
        for member in &members {
            let Value::Item(item) = &member.value else { return Err(malformed("a list")) };
            let bytes = item.as_byte_sequence().ok_or_else(|| malformed("not a byte sequence"))?;
            let twice = match member.name {
                "sha-256" => {
                    digest.sha256.replace(exact(bytes).ok_or_else(|| malformed("not 32 bytes"))?).is_some()
                }
                "sha-512" => {
                    digest.sha512.replace(exact(bytes).ok_or_else(|| malformed("not 64 bytes"))?).is_some()
                }
                _ => false,
            };
            if twice {
                return Err(malformed("an algorithm stands twice"));
            }
        }
        Ok(Some(digest))
    }

    /// The field for a body.
    pub(super) fn write(body: &[u8]) -> String {
        format!("sha-256=:{}:", base64::encode(&sha256(body)))
    }

    /// Whether there is a digest that is known, and the body has each that is.
    pub(super) fn check(&self, body: &[u8]) -> Result<(), SignatureError> {
        if self.sha256.is_none() && self.sha512.is_none() {
            return Err(SignatureError::NoDigest);
        }
        let short = self.sha256.is_none_or(|digest| digest.ct_eq(&sha256(body)).into());
        let long =
            self.sha512.is_none_or(|digest| digest.ct_eq(&<[u8; 64]>::from(Sha512::digest(body))).into());
        if short && long { Ok(()) } else { Err(SignatureError::OtherBody) }
    }
}

fn exact<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes.try_into().ok()
}
