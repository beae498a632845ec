//! The reference's Authorization header, `Ed25519-Timestamp <did> <time> <signature>` (WIRE 13.1).
//!
//! A compatibility form: the signature covers the text of the time and nothing else, so within its window a header that
//! somebody saw fits any request. Whoever takes it must at least remember [`Authenticated::digest`] for the window, and
//! should let it read only.

use crate::encoding::{Digest32, base64, sha256};
use crate::identity::{Did, KeyBytes};
use crate::time::{Span, Time, TimeError};

/// A header value has at most this many bytes.
pub const MAX_HEADER_BYTES: usize = 1024;
/// How far the header's time may lie from now, either way, itself included.
pub const WINDOW: Span = Span::seconds(300);
/// The status of every refusal.
pub const STATUS: u16 = 401;

const SCHEME: &str = "Ed25519-Timestamp ";

/// Who sent a header that verified, and what to remember so that it is not taken twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticated {
    did: Did,
    digest: Digest32,
    until: Time,
}

/// Why a header is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// There is no header, or it is of another scheme.
    #[error("the Authorization header is not of the scheme Ed25519-Timestamp")]
    Scheme,
    /// It has not the four parts, or is longer than 1024 bytes.
    #[error("the Authorization header has not a DID, a time and a signature")]
    Malformed,
    /// The time is not RFC 3339.
    #[error("the time is not an RFC 3339 date-time")]
    Timestamp,
    /// The time has no zone.
    #[error("the time has no zone")]
    NoOffset,
    /// The time is too far from now.
    #[error("the time is more than {} seconds from now", WINDOW.as_seconds())]
    OutsideWindow,
    /// Nobody has this DID.
    #[error("the DID is not registered")]
    UnknownDid,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    Signature,
}

impl HeaderError {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Scheme => "missing_or_wrong_scheme",
            Self::Malformed => "malformed",
            Self::Timestamp => "bad_timestamp",
            Self::NoOffset => "no_offset",
            Self::OutsideWindow => "outside_window",
            Self::UnknownDid => "unknown_did",
            Self::Signature => "bad_signature",
        }
    }
}

/// Judges a header; `key` gives the present key of a registered agent.
///
/// # Errors
/// [`HeaderError`], in the order of its variants.
pub fn verify(
    header: Option<&str>,
    key: impl FnOnce(&Did) -> Option<KeyBytes>,
    now: Time,
) -> Result<Authenticated, HeaderError> {
    let rest = header.and_then(|header| header.strip_prefix(SCHEME)).ok_or(HeaderError::Scheme)?;
    if rest.len() > MAX_HEADER_BYTES {
        return Err(HeaderError::Malformed);
    }
    let mut parts = rest.splitn(3, ' ');
    let (Some(did), Some(text), Some(signature)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(HeaderError::Malformed);
    };
    let time = Time::parse(text).map_err(|error| match error {
        TimeError::Malformed => HeaderError::Timestamp,
        TimeError::NoZone => HeaderError::NoOffset,
        TimeError::OutOfRange => HeaderError::OutsideWindow,
    })?;
    let distance = now.since(time).max(time.since(now));
    if distance > WINDOW {
        return Err(HeaderError::OutsideWindow);
    }
    let did = Did::parse(did).map_err(|_| HeaderError::UnknownDid)?;
    let key = key(&did).ok_or(HeaderError::UnknownDid)?;
    let signature = base64::decode_url_array(signature).ok_or(HeaderError::Signature)?;
    if !key.check().is_ok_and(|key| key.verify(text.as_bytes(), &signature)) {
        return Err(HeaderError::Signature);
    }
    Ok(Authenticated { did, digest: sha256(rest.as_bytes()), until: time.plus(WINDOW) })
}

impl Authenticated {
    /// Who.
    pub const fn did(&self) -> &Did {
        &self.did
    }

    /// The name of this header among those that were taken.
    pub const fn digest(&self) -> Digest32 {
        self.digest
    }

    /// Until when it must be remembered, itself included.
    pub const fn until(&self) -> Time {
        self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::SecretKey;

    #[test]
    fn a_header_is_measured_before_anything_is_looked_up() {
        let now = Time::from_micros(0).unwrap();
        let long = format!("{SCHEME}did:mesh:aa {now} {}", "A".repeat(MAX_HEADER_BYTES));
        let looked_up = |_: &Did| -> Option<KeyBytes> { panic!("nobody is looked up") };
        assert_eq!(verify(Some(&long), looked_up, now), Err(HeaderError::Malformed));
    }

    #[test]
    fn one_header_has_one_name_so_that_it_can_be_taken_once() {
        let key = SecretKey::from_seed([1; 32]);
        let now = Time::from_micros(0).unwrap();
        let signature = base64::encode_url(&key.sign(now.to_string().as_bytes()));
        let header = format!("{SCHEME}did:mesh:aa {now} {signature}");
        let take = |header: &str| verify(Some(header), |_| Some(key.public_key().bytes()), now);
        let first = take(&header).unwrap();
        assert_eq!(first, take(&header).unwrap());
        assert_eq!(first.until(), now.plus(WINDOW));
        assert_ne!(first.digest(), take(&header.replace(":aa", ":ab")).unwrap().digest());
    }
}
