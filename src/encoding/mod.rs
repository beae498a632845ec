//! Bytes to text and back, strictly: one accepted spelling for every value.
#![deny(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

pub mod base64;
pub mod canonical;
pub mod commitment;
pub mod hex;
pub mod json;
pub mod listed;
pub mod members;
pub mod scan;

use sha2::{Digest, Sha256};

/// A SHA-256 digest.
pub type Digest32 = [u8; 32];

/// The SHA-256 digest of `bytes`.
pub fn sha256(bytes: &[u8]) -> Digest32 {
    Sha256::digest(bytes).into()
}

/// The SHA-256 digest of bytes that lie in pieces.
pub fn sha256_of<'p>(pieces: impl IntoIterator<Item = &'p [u8]>) -> Digest32 {
    pieces.into_iter().fold(Sha256::new(), Digest::chain_update).finalize().into()
}
