//! Whoever holds an operator's key, and signs with it.

use super::KeystoreError;
use crate::encoding::Digest32;
use crate::identity::{KeyBytes, SecretKey};

/// What is to be signed, and what to tell the person whose key it is.
#[derive(Debug, Clone, Copy)]
pub struct Work<'w> {
    /// The bytes that the signature is over.
    pub bytes: &'w [u8],
    /// SHA-256 of what they stand for: the payload of a change.
    pub digest: Digest32,
    /// What it orders, in a few words.
    pub words: &'w str,
}

/// An operator's key: a file, or an agent that keeps it.
pub trait Hand: Send {
    /// The public key.
    ///
    /// # Errors
    /// [`KeystoreError`] when the key cannot be had.
    fn key(&mut self) -> Result<KeyBytes, KeystoreError>;

    /// Signs (RFC 8032 section 5.1.6).
    ///
    /// # Errors
    /// [`KeystoreError`] when the key cannot be had, or its holder refuses.
    fn sign(&mut self, work: &Work<'_>) -> Result<[u8; 64], KeystoreError>;
}

impl Hand for SecretKey {
    fn key(&mut self) -> Result<KeyBytes, KeystoreError> {
        Ok(self.public_key().bytes())
    }

    fn sign(&mut self, work: &Work<'_>) -> Result<[u8; 64], KeystoreError> {
        Ok(Self::sign(self, work.bytes))
    }
}
