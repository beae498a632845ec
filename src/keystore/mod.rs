//! Private keys at rest: one file each, for its owner alone.
//!
//! New files are PKCS#8 (version 1, RFC 5208) in PEM, encrypted under a passphrase (PBES2 with scrypt and AES-256-CBC,
//! RFC 7914) unless that is refused by name; OpenSSL reads them. OpenSSL's own PEM files and OpenSSH's Ed25519 keys are
//! read as well, plain or encrypted.
//!
//! A passphrase comes from a terminal or a file, never from an argument or the environment: both can be read by others.

mod agent;
mod error;
mod file;
mod form;
mod hand;
mod passphrase;

pub use agent::SshAgent;
pub use error::{KeystoreError, file_words};
pub use file::{MAX_FILE_BYTES, create, make_private, open, write_private};
pub use form::{Salt, decode, encode};
pub use hand::{Hand, Work};
pub use passphrase::{MAX_PASSPHRASE_BYTES, Passphrase};

#[cfg(test)]
mod tests;
