//! The keys that an agent had, newest last (IDT 17.5).

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::reference::offset_form;
use super::{ReferenceProof, RotationError};
use crate::identity::{Identity, KeyBytes, SecretKey};
use crate::time::{Span, Time};

/// How many keys a history keeps, unless policy says otherwise.
pub const DEFAULT_KEPT: usize = 5;

/// Keys that were replaced; it never holds more than it was told to keep, and none if it was told to keep none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyHistory {
    keep: usize,
    retired: VecDeque<Retired>,
}

/// One key that was replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retired {
    /// The key.
    pub key: KeyBytes,
    /// When it was replaced.
    pub at: Time,
    /// By which its successor was named.
    pub proof: ReferenceProof,
}

impl KeyHistory {
    /// An empty history that keeps the last `keep` keys.
    pub const fn keeping(keep: usize) -> Self {
        Self { keep, retired: VecDeque::new() }
    }

    /// The keys, oldest first.
    pub fn retired(&self) -> impl ExactSizeIterator<Item = &Retired> {
        self.retired.iter()
    }

    /// The last proof; none before the first rotation.
    pub fn last_proof(&self) -> Option<&ReferenceProof> {
        self.retired.back().map(|retired| &retired.proof)
    }

    fn push(&mut self, retired: Retired) {
        self.retired.push_back(retired);
        while self.retired.len() > self.keep {
            self.retired.pop_front();
        }
    }
}

impl Default for KeyHistory {
    fn default() -> Self {
        Self::keeping(DEFAULT_KEPT)
    }
}

impl Retired {
    /// The entry that the reference keeps.
    pub fn to_json(&self) -> Value {
        json!({
            "public_key": self.key.to_base64(),
            "verification_key_id": self.key.key_id().to_string(),
            "rotated_at": offset_form(self.at),
            "rotation_proof": self.proof.to_json(),
        })
    }
}

/// Gives an active agent its next key, in the reference's form: record, proof and history.
///
/// # Errors
/// [`RotationError`]; record and history are left as they were.
pub fn rotate(
    agent: &mut Identity<'_>,
    history: &mut KeyHistory,
    old: &SecretKey,
    new: KeyBytes,
    now: Time,
) -> Result<ReferenceProof, RotationError> {
    let old_key = old.public_key().bytes();
    match () {
        () if !agent.is_active(now) => return Err(RotationError::NotActive),
        () if old_key != agent.public_key => return Err(RotationError::NotCurrent),
        () if old_key == new => return Err(RotationError::SameKey),
        () => {}
    }
    new.check().map_err(|_| RotationError::UnusableKey)?;
    let proof = ReferenceProof::sign(old, new, now);
    agent.public_key = new;
    agent.updated_at = now;
    history.push(Retired { key: old_key, at: now, proof: proof.clone() });
    Ok(proof)
}

/// Whether a key that counts since `since` is as old as policy lets it get, or older.
pub fn rotation_due(since: Time, rotate_after: Span, now: Time) -> bool {
    now.since(since) >= rotate_after
}
