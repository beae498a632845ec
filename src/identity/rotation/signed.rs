//! A rotation as both keys sign it.

use serde_json::{Value, json};

use super::{RotationError, statement};
use crate::encoding::canonical::MAX_SAFE_INTEGER;
use crate::encoding::members::{Members, MembersError};
use crate::identity::{Did, Identity, KeyBytes, PublicKey, SecretKey};
use crate::time::Time;

/// A rotation statement has at most this many bytes.
pub const MAX_ROTATION_BYTES: usize = 4096;

const TYPE: &str = "meshwarden.rotation.v1";
const MEMBERS: [&str; 8] = ["type", "did", "old_key", "new_key", "sequence", "at", "by_old", "by_new"];

/// One rotation, signed by the key that goes and the key that comes; nothing here says that the signatures are good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// Whose key.
    pub did: Did,
    /// The key that goes.
    pub old: KeyBytes,
    /// The key that comes.
    pub new: KeyBytes,
    /// Which rotation of this agent it is, counted from 1: a statement fits one place in its life.
    pub sequence: u64,
    /// When, as the signers say; it proves nothing.
    pub at: Time,
    by_old: [u8; 64],
    by_new: [u8; 64],
}

/// A rotation that both keys signed, the old one being the agent's own at that point; made by [`Rotation::verify`] alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedRotation {
    did: Did,
    old: KeyBytes,
    new: PublicKey,
    sequence: u64,
}

impl Rotation {
    /// Signs with both keys.
    pub fn sign(did: Did, old: &SecretKey, new: &SecretKey, sequence: u64, at: Time) -> Self {
        let (old_key, new_key) = (old.public_key().bytes(), new.public_key().bytes());
        let mut rotation =
            Self { did, old: old_key, new: new_key, sequence, at, by_old: [0; 64], by_new: [0; 64] };
        let statement = statement::bytes(&rotation.statement());
        rotation.by_old = old.sign(&statement);
        rotation.by_new = new.sign(&statement);
        rotation
    }

    /// Judges the statement as the next one of `agent`, of which `done` rotations are known.
    ///
    /// Whether the agent is sealed or locked is for whoever holds the registry.
    ///
    /// # Errors
    /// [`RotationError`]; signatures are looked at last.
    pub fn verify(
        &self,
        agent: &Identity<'_>,
        done: u64,
        now: Time,
    ) -> Result<VerifiedRotation, RotationError> {
        let next = done.saturating_add(1);
        match () {
            () if self.did != agent.did => return Err(RotationError::OtherAgent),
            () if !agent.is_active(now) => return Err(RotationError::NotActive),
            () if self.old != agent.public_key => return Err(RotationError::NotCurrent),
            () if self.new == self.old => return Err(RotationError::SameKey),
            () if self.sequence != next => {
                return Err(RotationError::OutOfSequence { given: self.sequence, next });
            }
            () => {}
        }
        let new = self.new.check().map_err(|_| RotationError::UnusableKey)?;
        let old = self.old.check().map_err(|_| RotationError::OldSignature)?;
        let statement = statement::bytes(&self.statement());
        if !statement::signed_by(&old, &statement, &self.by_old) {
            return Err(RotationError::OldSignature);
        }
        if !statement::signed_by(&new, &statement, &self.by_new) {
            return Err(RotationError::NewSignature);
        }
        Ok(VerifiedRotation { did: self.did.clone(), old: self.old, new, sequence: self.sequence })
    }

    /// Reads what [`Rotation::to_json`] writes.
    ///
    /// # Errors
    /// [`MembersError`].
    pub fn from_json(text: &str) -> Result<Self, MembersError> {
        let members = Members::parse_exact(text, MAX_ROTATION_BYTES, &MEMBERS)?;
        statement::read_type(&members, TYPE)?;
        let sequence = u64::try_from(members.integer("sequence")?).ok();
        Ok(Self {
            did: statement::read_did(&members, "did")?,
            old: statement::read_key(&members, "old_key")?,
            new: statement::read_key(&members, "new_key")?,
            sequence: sequence
                .filter(|number| *number <= MAX_SAFE_INTEGER)
                .ok_or(MembersError::Value { member: "sequence", problem: "is not in 0..=2^53 - 1" })?,
            at: members.time("at")?,
            by_old: statement::read_signature(&members, "by_old")?,
            by_new: statement::read_signature(&members, "by_new")?,
        })
    }

    /// The signed members and both signatures.
    pub fn to_json(&self) -> Value {
        let by_old = statement::with(self.statement(), "by_old", &self.by_old);
        statement::with(by_old, "by_new", &self.by_new)
    }

    fn statement(&self) -> Value {
        json!({
            "type": TYPE,
            "did": self.did.to_string(),
            "old_key": self.old.to_base64(),
            "new_key": self.new.to_base64(),
            "sequence": self.sequence,
            "at": self.at.to_string(),
        })
    }
}

impl VerifiedRotation {
    /// Whose key.
    pub const fn did(&self) -> &Did {
        &self.did
    }

    /// The key that goes.
    pub const fn old(&self) -> KeyBytes {
        self.old
    }

    /// The key that comes.
    pub const fn new_key(&self) -> &PublicKey {
        &self.new
    }

    /// Which rotation of the agent it is.
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }
}
