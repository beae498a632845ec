//! The key that signs the heads of a log: made with its directory, replaced by the admins.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::audit::{NoteVerifier, origin};
use crate::change::What;
use crate::change::operators::{LogKey, OperatorError};
use crate::encoding::base64;
use crate::identity::SecretKey;
use crate::keystore::{self, KeystoreError, Passphrase};
use crate::time::Time;
use crate::wire::SignedTime;

use super::{FactReceipt, Kind, Snapshot, Warden, WardenError, Word};

/// The file of a data directory that holds the key of its log.
pub const LOG_KEY: &str = "log.key";
/// The file of the key that was announced, until the log has the announcement.
const NEXT: &str = "log.key.next";
const CHANGE: crate::change::Kind = crate::change::Kind::LogKey;

impl Warden {
    /// The key of the log, as whoever checks its heads needs it.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn verifier(&mut self) -> Result<NoteVerifier, WardenError> {
        let key = self.log_key()?;
        self.verifier_of(&key)
    }

    fn verifier_of(&self, key: &SecretKey) -> Result<NoteVerifier, WardenError> {
        NoteVerifier::new(&origin(self.meta.log), key.public_key())
            .map_err(|error| WardenError::Unsigned { error })
    }

    /// Makes another key for the log and announces it in the log; it signs as soon as the log has the announcement.
    ///
    /// # Errors
    /// [`WardenError`]; the key is as before.
    pub fn rotate_log_key(&mut self, word: Word<'_>) -> Result<FactReceipt, WardenError> {
        let Kind::Directory(directory) = self.kind.clone() else {
            return Err(WardenError::NotARegistry {
                path: PathBuf::from("-"),
                problem: "is no data directory: only there a key is kept",
            });
        };
        self.state.catch_up(&*self.store.read()?)?;
        if !self.state.operators.held() {
            return Err(OperatorError::NotBegun.into());
        }
        let now = self.now();
        let waits = self.state.operators.waiting(now).into_iter();
        if let Some((id, _)) = waits.into_iter().find(|(_, proposal)| proposal.payload.kind() == CHANGE) {
            return Err(OperatorError::WaitsAlready { id: id.to_string() }.into());
        }
        let next = directory.join(NEXT);
        // What an earlier try left behind was never announced, or the log's key would be that one by now. A key that was
        // lost is replaced too: the signatures of the admins count, not its own.
        match self.log_key() {
            Ok(_) | Err(WardenError::LostLogKey { .. }) => {}
            Err(error) => return Err(error),
        }
        let _ = fs::remove_file(&next);
        let key = self.make_key(&next)?;
        let key = self.verifier_of(&key)?.to_string();
        self.append_fact(None, What::LogKey(LogKey { key }), None, word)
    }

    /// The time, signed for whoever sent `nonce`, so that nobody between sets a clock by it; a request that is to be
    /// taken may have to be made later, `at_least`.
    ///
    /// # Errors
    /// [`WardenError`] when the log's key cannot be had.
    pub fn signed_time(&mut self, nonce: &str, at_least: Time) -> Result<SignedTime, WardenError> {
        let (key, now) = (self.log_key()?, self.now().max(at_least));
        Ok(SignedTime::sign(&key, &self.meta.log.to_string(), nonce, now))
    }

    /// A statement of this verifier as a compact JWS (RFC 7515) under the key that its JWKS has. The header's `typ` keeps it
    /// apart from heads and times, which are no JWS.
    ///
    /// # Errors
    /// [`WardenError`] when the log's key cannot be had.
    pub fn sign_notice(&mut self, kind: &'static str, payload: &Value) -> Result<String, WardenError> {
        let key = self.log_key()?;
        let kid = key.public_key().bytes().key_id().to_string();
        let header = json!({"alg": "EdDSA", "kid": kid, "typ": kind}).to_string();
        let part = |text: String| base64::encode_url(text.as_bytes());
        let signed = format!("{}.{}", part(header), part(payload.to_string()));
        let signature = key.sign(signed.as_bytes());
        Ok(format!("{signed}.{}", base64::encode_url(&signature)))
    }

    /// The key that signs the heads of this log; made when it is first asked for.
    pub(super) fn log_key(&mut self) -> Result<SecretKey, WardenError> {
        self.not_elsewhere("a signature of the log")?;
        let directory = match &self.kind {
            Kind::Directory(directory) => directory.clone(),
            _ => return self.passing_key(),
        };
        let path = directory.join(LOG_KEY);
        let announced = self.state.operators.log_keys().last().map(|(_, key)| key.clone());
        let found = match open_key(&path) {
            Err(WardenError::Key { error: KeystoreError::Io(std::io::ErrorKind::NotFound), .. }) => None,
            opened => Some(opened?),
        };
        let Some(announced) = announced.filter(|_| self.state.operators.held()) else {
            return found.map_or_else(|| self.make_key(&path), Ok);
        };
        let other = match found {
            Some(found) if self.verifier_of(&found)?.to_string() == announced => return Ok(found),
            Some(_) => WardenError::OtherLogKey { path: path.clone() },
            None => WardenError::LostLogKey { path: path.clone() },
        };
        // The log has the announcement, and whoever made it ended before the key was in its place.
        let next = directory.join(NEXT);
        let promoted = open_key(&next)
            .ok()
            .filter(|key| self.verifier_of(key).is_ok_and(|verifier| verifier.to_string() == announced));
        let promoted = promoted.ok_or(other)?;
        fs::rename(&next, &path)
            .and_then(|()| fs::File::open(&directory)?.sync_all())
            .map_err(|error| WardenError::file(&path, &error))?;
        Ok(promoted)
    }

    fn make_key(&mut self, path: &Path) -> Result<SecretKey, WardenError> {
        let named = |error| WardenError::Key { path: path.to_owned(), error };
        let seed = self.entropy.seed().ok_or(WardenError::NoEntropy)?;
        let text = keystore::encode(&SecretKey::from_seed(*seed), None, &[0; 32]).map_err(named)?;
        match keystore::create(path, &text) {
            // Another process was faster: its key is the log's.
            Ok(()) | Err(KeystoreError::Exists) => open_key(path),
            Err(error) => Err(named(error)),
        }
    }

    /// The key of a log that nobody else relies on: as long as this process lives.
    fn passing_key(&mut self) -> Result<SecretKey, WardenError> {
        if self.passing.is_none() {
            self.passing = self.entropy.seed();
        }
        let seed = self.passing.as_ref().map(|seed| **seed).ok_or(WardenError::NoEntropy)?;
        Ok(SecretKey::from_seed(seed))
    }
}

/// The key of the log in this directory, if it is there, and the one that the log has announced.
pub(super) fn key_of(directory: &Path, snapshot: &Snapshot) -> Option<SecretKey> {
    let key = open_key(&directory.join(LOG_KEY)).ok()?;
    let announced = snapshot.operators.log_keys().last().filter(|_| snapshot.operators.held());
    let verifier = NoteVerifier::new(&origin(snapshot.log), key.public_key()).ok()?;
    announced.is_none_or(|(_, announced)| verifier.to_string() == *announced).then_some(key)
}

fn open_key(path: &Path) -> Result<SecretKey, WardenError> {
    let nobody = || -> Result<Passphrase, KeystoreError> { Err(KeystoreError::EmptyPassphrase) };
    keystore::open(path, nobody).map_err(|error| WardenError::Key { path: PathBuf::from(path), error })
}
