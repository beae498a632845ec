//! The operator's key: opened when something is to be signed, and not before.

use std::path::{Path, PathBuf};

use super::output::note;
use crate::encoding::hex;
use crate::identity::KeyBytes;
use crate::keystore::{self, Hand, KeystoreError, Passphrase, SshAgent, Work};
use crate::text::visible;

/// Where the key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// In a file.
    File(PathBuf),
    /// In an ssh-agent; the fingerprint tells which, if it has several.
    Agent(Option<String>),
}

impl Holder {
    /// Reads `agent`, `agent:SHA256:...` or a path.
    pub fn read(text: &str) -> Self {
        match text.strip_prefix("agent") {
            Some("") => Self::Agent(None),
            Some(rest) if rest.starts_with(':') => Self::Agent(Some(rest.trim_start_matches(':').to_owned())),
            _ => Self::File(PathBuf::from(text)),
        }
    }
}

/// How the terminal may be used meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    /// It is asked for a passphrase, and told what is signed.
    Loud,
    /// It is asked for a passphrase; what is signed is shown elsewhere.
    Quiet,
    /// Not at all: somebody else has it.
    Mute,
}

/// A key that is opened once, when it is first needed.
pub struct Lazy {
    holder: Holder,
    passphrase_file: Option<PathBuf>,
    opened: Option<Box<dyn Hand>>,
    voice: Voice,
}

impl Lazy {
    /// Nothing is opened yet.
    pub const fn new(holder: Holder, passphrase_file: Option<PathBuf>, voice: Voice) -> Self {
        Self { holder, passphrase_file, opened: None, voice }
    }

    fn opened(&mut self) -> Result<&mut Box<dyn Hand>, KeystoreError> {
        if self.opened.is_none() {
            self.opened = Some(open(&self.holder, self.passphrase_file.as_deref(), self.voice)?);
        }
        self.opened.as_mut().ok_or(KeystoreError::Agent)
    }
}

impl Hand for Lazy {
    fn key(&mut self) -> Result<KeyBytes, KeystoreError> {
        self.opened()?.key()
    }

    fn sign(&mut self, work: &Work<'_>) -> Result<[u8; 64], KeystoreError> {
        let loud = self.voice == Voice::Loud;
        let hand = self.opened()?;
        if loud {
            let key = hand.key()?.key_id();
            note(&format!("signing with {key}: {}", visible(work.words)));
            note(&format!("  SHA-256 of the change: {}", hex::encode(&work.digest)));
        }
        hand.sign(work)
    }
}

fn open(
    holder: &Holder,
    passphrase_file: Option<&Path>,
    voice: Voice,
) -> Result<Box<dyn Hand>, KeystoreError> {
    match holder {
        Holder::File(path) => {
            let prompt = format!("Passphrase for {}: ", visible(&path.display().to_string()));
            let passphrase = || match passphrase_file {
                Some(file) => Passphrase::from_file(file),
                None if voice == Voice::Mute => Err(KeystoreError::PassphraseNeeded),
                None => Passphrase::ask(&prompt),
            };
            Ok(Box::new(keystore::open(path, passphrase)?))
        }
        Holder::Agent(fingerprint) => {
            let socket = std::env::var_os("SSH_AUTH_SOCK").ok_or(KeystoreError::Agent)?;
            let named = |key: &KeyBytes| fingerprint.as_ref().is_none_or(|named| key.fingerprint() == *named);
            Ok(Box::new(SshAgent::open(Path::new(&socket), named)?))
        }
    }
}
