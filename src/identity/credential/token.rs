//! The secret of a credential.

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::encoding::{Digest32, base64, sha256};

/// A bearer token: shown once to its holder, wiped when dropped; it cannot be copied, printed or serialised.
pub struct BearerToken(Zeroizing<String>);

impl BearerToken {
    /// A token of 256 fresh bits.
    pub fn from_entropy(bits: &Zeroizing<[u8; 32]>) -> Self {
        Self(Zeroizing::new(base64::encode_url(bits.as_slice())))
    }

    /// A token that somebody presents.
    pub fn presented(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// SHA-256 of the token's text (IDT 8.5).
    pub fn hash(&self) -> Digest32 {
        sha256(self.0.as_bytes())
    }

    /// Whether its hash is `expected`, asked in constant time.
    pub fn hashes_to(&self, expected: &Digest32) -> bool {
        self.hash().ct_eq(expected).into()
    }

    /// The value of an Authorization header, for the one answer that gives the token to its holder.
    pub fn expose_bearer(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("Bearer {}", self.0.as_str()))
    }
}
