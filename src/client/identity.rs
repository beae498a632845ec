//! In whose name requests are signed.

use std::sync::Arc;

use crate::change::operators::{MAX_SESSION, SessionDraft, Signer};
use crate::encoding::sha256;
use crate::identity::{Did, SecretKey};
use crate::keystore::{Hand, KeystoreError, Work};
use crate::time::Time;

/// A name and the key that signs requests for it.
#[derive(Clone)]
pub struct Identity {
    keyid: String,
    key: Arc<SecretKey>,
    statement: Option<Arc<str>>,
}

impl Identity {
    /// An agent with its key.
    pub fn agent(did: &Did, key: SecretKey) -> Self {
        Self {
            keyid: format!("{did}#{}", key.public_key().bytes().key_id()),
            key: Arc::new(key),
            statement: None,
        }
    }

    /// Anybody with a key that the verifier has under a name: an operator, an enforcement point, a source.
    pub fn named(name: &str, key: SecretKey) -> Self {
        Self {
            keyid: format!("{name}#{}", key.public_key().bytes().key_id()),
            key: Arc::new(key),
            statement: None,
        }
    }

    /// An operator for an hour: `hand` signs once that `fresh` speaks for that person.
    ///
    /// # Errors
    /// [`KeystoreError`] when the operator's key cannot be had.
    pub fn session(
        log: &str,
        name: &str,
        hand: &mut dyn Hand,
        fresh: SecretKey,
        now: Time,
    ) -> Result<Self, KeystoreError> {
        let key = fresh.public_key().bytes();
        let draft = SessionDraft::new(log, &Signer::new(name, &hand.key()?), &key, now);
        let words = format!("look at this log as {name} until {}", now.plus(MAX_SESSION));
        let work = Work { bytes: draft.to_sign(), digest: sha256(draft.to_sign()), words: &words };
        let statement = draft.signed(&hand.sign(&work)?);
        let keyid = format!("{name}#{}", key.key_id());
        Ok(Self { keyid, key: Arc::new(fresh), statement: Some(statement.into()) })
    }

    pub(super) fn keyid(&self) -> &str {
        &self.keyid
    }

    pub(super) fn key(&self) -> &SecretKey {
        &self.key
    }

    pub(super) fn statement(&self) -> Option<&str> {
        self.statement.as_deref()
    }
}
