//! What opens an encrypted key.

use std::io::Read;
use std::path::Path;

use zeroize::Zeroizing;

use super::KeystoreError;
use super::file;

/// A passphrase has at most this many bytes.
pub const MAX_PASSPHRASE_BYTES: usize = 1024;

/// A passphrase; wiped when dropped, and without any printed form.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Takes a text.
    ///
    /// # Errors
    /// [`KeystoreError::EmptyPassphrase`] or [`KeystoreError::UnusablePassphrase`].
    pub fn new(text: Zeroizing<String>) -> Result<Self, KeystoreError> {
        match text.len() {
            0 => Err(KeystoreError::EmptyPassphrase),
            1..=MAX_PASSPHRASE_BYTES => Ok(Self(text)),
            _ => Err(KeystoreError::UnusablePassphrase),
        }
    }

    /// The first line of a file, which must be its owner's alone if it is a regular one.
    ///
    /// # Errors
    /// [`KeystoreError`].
    pub fn from_file(path: &Path) -> Result<Self, KeystoreError> {
        let file = file::open_private(path, true)?;
        // Room for all that is read, so that no growing buffer leaves a copy behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_PASSPHRASE_BYTES.saturating_add(64)));
        let most = (MAX_PASSPHRASE_BYTES as u64).saturating_add(2);
        file.take(most).read_to_end(&mut bytes)?;
        let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let text = std::str::from_utf8(line).map_err(|_| KeystoreError::UnusablePassphrase)?;
        Self::new(Zeroizing::new(text.to_owned()))
    }

    /// Asks on the terminal, without an echo.
    ///
    /// # Errors
    /// [`KeystoreError::PassphraseNeeded`] without a terminal; else as [`Passphrase::new`].
    pub fn ask(prompt: &str) -> Result<Self, KeystoreError> {
        let typed = rpassword::prompt_password(prompt).map_err(|_| KeystoreError::PassphraseNeeded)?;
        Self::new(Zeroizing::new(typed))
    }

    /// Asks twice, so that a slip is noticed before it locks a key away.
    ///
    /// # Errors
    /// [`KeystoreError::PassphrasesDiffer`]; else as [`Passphrase::ask`].
    pub fn ask_new(prompt: &str) -> Result<Self, KeystoreError> {
        let first = Self::ask(prompt)?;
        let second = Self::ask("Again: ")?;
        if first.0 != second.0 {
            return Err(KeystoreError::PassphrasesDiffer);
        }
        Ok(first)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}
