//! Salted commitments: a text enters a hash that nobody can guess it from, so that it can be forgotten.
//!
//! An *opening* is a salt of 16 random bytes and then the text; whoever has it can check the commitment. Without the
//! opening the commitment says nothing, however few texts there are to try.

use sha2::{Digest, Sha256};

use super::Digest32;

/// A salt has so many bytes.
pub const SALT: usize = 16;

/// The first line under every commitment, so that it can be mistaken for no other digest.
const DOMAIN: &[u8] = b"meshwarden.commitment.v1\n";

/// The opening of a text.
pub fn opening(salt: u128, text: &[u8]) -> Vec<u8> {
    [&salt.to_be_bytes(), text].concat()
}

/// SHA-256 over the domain line, the salt and the text.
pub fn commitment(opening: &[u8]) -> Digest32 {
    Sha256::new_with_prefix(DOMAIN).chain_update(opening).finalize().into()
}

/// The text behind the salt; none when there is no whole salt.
pub fn opened(opening: &[u8]) -> Option<&[u8]> {
    opening.get(SALT..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_have_unlike_commitments_and_each_opens_its_own() {
        let (one, two) = (opening(1, b"ana@example.org"), opening(2, b"ana@example.org"));
        assert_ne!(commitment(&one), commitment(&two));
        assert_eq!(opened(&one), Some(b"ana@example.org".as_slice()));
        assert_eq!(opened(&one[..15]), None);
        assert_eq!(opened(&one[..16]), Some([].as_slice()));
    }
}
