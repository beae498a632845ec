//! `did:mesh:` identifiers (IDT 3.1, 3.3).

use std::fmt;
use std::sync::Arc;

use crate::encoding::hex;

/// What every DID of this mesh starts with.
pub const PREFIX: &str = "did:mesh:";

/// A DID: `did:mesh:` and at least one hex digit, compared byte for byte.
///
/// The usual 32 lower-case digits are held inline; any other spelling is kept as it came.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Did(Form);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Form {
    Short(u128),
    Other(Arc<str>),
}

/// The text is no DID of this mesh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not did:mesh: followed by hex digits")]
pub struct InvalidDid;

impl Did {
    /// The DID whose id is these 128 bits in lower-case hex.
    pub const fn from_bits(bits: u128) -> Self {
        Self(Form::Short(bits))
    }

    /// Reads the part after `did:mesh:`.
    ///
    /// # Errors
    /// [`InvalidDid`] unless it is a non-empty string of hex digits of either case.
    pub fn from_unique_id(id: &str) -> Result<Self, InvalidDid> {
        if let Some(bits) = hex::decode_u128(id) {
            return Ok(Self(Form::Short(bits)));
        }
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(InvalidDid);
        }
        Ok(Self(Form::Other(id.into())))
    }

    /// Reads a whole DID.
    ///
    /// # Errors
    /// [`InvalidDid`].
    pub fn parse(text: &str) -> Result<Self, InvalidDid> {
        Self::from_unique_id(text.strip_prefix(PREFIX).ok_or(InvalidDid)?)
    }

    /// The 128 bits of a DID of 32 lower-case digits.
    pub const fn bits(&self) -> Option<u128> {
        match self.0 {
            Form::Short(bits) => Some(bits),
            Form::Other(_) => None,
        }
    }

    /// The part after `did:mesh:`.
    pub fn unique_id(&self) -> String {
        match &self.0 {
            Form::Short(bits) => hex::encode(&bits.to_be_bytes()),
            Form::Other(id) => id.to_string(),
        }
    }

    /// Whether the id is the one that the registry server derives from `key` (WIRE 11.2).
    pub fn is_bound_to(&self, key: &super::KeyBytes) -> bool {
        *self == key.bound_did()
    }
}

impl fmt::Display for Did {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(PREFIX)?;
        match &self.0 {
            Form::Short(bits) => out.write_str(hex::digits(*bits, &mut [0; 32])),
            Form::Other(id) => out.write_str(id),
        }
    }
}

impl fmt::Debug for Did {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Ord for Did {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        match (&self.0, &other.0) {
            (Form::Short(a), Form::Short(b)) => a.cmp(b),
            _ => self.unique_id().cmp(&other.unique_id()),
        }
    }
}

impl PartialOrd for Did {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dids_that_differ_only_in_case_differ() {
        let lower = Did::parse("did:mesh:1843bff344b39b6988589206b97abaa7").unwrap();
        let upper = Did::parse("did:mesh:1843BFF344B39B6988589206B97ABAA7").unwrap();
        assert_ne!(lower, upper);
        assert_eq!(upper.to_string(), "did:mesh:1843BFF344B39B6988589206B97ABAA7");
    }

    #[test]
    fn order_is_the_order_of_the_texts() {
        let mut dids: Vec<Did> =
            ["a", "0f", "ffffffffffffffffffffffffffffffff", "00000000000000000000000000000001", "B"]
                .map(|id| Did::from_unique_id(id).unwrap())
                .into();
        dids.sort();
        let texts: Vec<String> = dids.iter().map(Did::unique_id).collect();
        let mut sorted = texts.clone();
        sorted.sort();
        assert_eq!(texts, sorted);
    }
}
