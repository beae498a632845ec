//! A key that is lost or stolen is replaced by order of operators; it signs nothing any more.

use serde_json::{Value, json};

use super::signed::MAX_ROTATION_BYTES;
use super::{RotationError, statement};
use crate::encoding::members::{Members, MembersError};
use crate::identity::{Did, KeyBytes, PublicKey, SecretKey};

const TYPE: &str = "meshwarden.rekey.v1";
const MEMBERS: [&str; 5] = ["type", "did", "old_key", "new_key", "by_new"];

/// The new key's word that it takes the place of a key that must not speak; the order itself is the operators'.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rekey {
    /// Whose key.
    pub did: Did,
    /// The key that is lost or stolen.
    pub old: KeyBytes,
    /// The key that takes its place.
    pub new: KeyBytes,
    by_new: [u8; 64],
}

impl Rekey {
    /// Signs with the new key.
    pub fn sign(did: Did, old: KeyBytes, new: &SecretKey) -> Self {
        let mut rekey = Self { did, old, new: new.public_key().bytes(), by_new: [0; 64] };
        rekey.by_new = new.sign(&statement::bytes(&rekey.statement()));
        rekey
    }

    /// Whether somebody holds the new key and means this agent and this old key; gives the new key.
    ///
    /// # Errors
    /// [`RotationError`].
    pub fn verify(&self, did: &Did, current: &KeyBytes) -> Result<PublicKey, RotationError> {
        match () {
            () if self.did != *did => return Err(RotationError::OtherAgent),
            () if self.old != *current => return Err(RotationError::NotCurrent),
            () if self.new == self.old => return Err(RotationError::SameKey),
            () => {}
        }
        let new = self.new.check().map_err(|_| RotationError::UnusableKey)?;
        if !statement::signed_by(&new, &statement::bytes(&self.statement()), &self.by_new) {
            return Err(RotationError::NewSignature);
        }
        Ok(new)
    }

    /// Reads what [`Rekey::to_json`] writes.
    ///
    /// # Errors
    /// [`MembersError`].
    pub fn from_json(text: &str) -> Result<Self, MembersError> {
        let members = Members::parse_exact(text, MAX_ROTATION_BYTES, &MEMBERS)?;
        statement::read_type(&members, TYPE)?;
        Ok(Self {
            did: statement::read_did(&members, "did")?,
            old: statement::read_key(&members, "old_key")?,
            new: statement::read_key(&members, "new_key")?,
            by_new: statement::read_signature(&members, "by_new")?,
        })
    }

    /// The signed members and the signature.
    pub fn to_json(&self) -> Value {
        statement::with(self.statement(), "by_new", &self.by_new)
    }

    fn statement(&self) -> Value {
        json!({
            "type": TYPE,
            "did": self.did.to_string(),
            "old_key": self.old.to_base64(),
            "new_key": self.new.to_base64(),
        })
    }
}
