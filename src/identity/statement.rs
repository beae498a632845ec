//! Statements that keys sign: canonical JSON (RFC 8785) that begins by saying what it is.
//!
//! Each kind has a `type` of its own among the signed bytes, and no other text that this program signs begins with a
//! brace, so a signature made for one purpose never verifies for another.

use serde_json::Value;

use super::{KeyBytes, PublicKey};
use crate::encoding::base64;
use crate::encoding::canonical;
use crate::encoding::members::{Members, MembersError};
use crate::identity::Did;

/// A signature, or a key, as a statement's JSON spells it: standard base64.
pub(crate) fn spelled(signature: &[u8; 64]) -> String {
    base64::encode(signature)
}

/// The statement with a signature of it beside its members.
pub(crate) fn with(mut statement: Value, member: &str, signature: &[u8; 64]) -> Value {
    if let Some(members) = statement.as_object_mut() {
        members.insert(member.to_owned(), spelled(signature).into());
    }
    statement
}

/// The bytes to sign. Statements hold safe integers only, so there always are some; without them nothing verifies.
pub(crate) fn bytes(statement: &Value) -> Vec<u8> {
    canonical::to_bytes(statement).unwrap_or_default()
}

/// Whether `signature` is the key's over the statement.
pub(crate) fn signed_by(key: &PublicKey, statement: &[u8], signature: &[u8; 64]) -> bool {
    !statement.is_empty() && key.verify(statement, signature)
}

pub(crate) fn read_type(members: &Members, kind: &str) -> Result<(), MembersError> {
    if members.text("type")? == kind {
        return Ok(());
    }
    Err(MembersError::Value { member: "type", problem: "names another kind of statement" })
}

pub(crate) fn read_did(members: &Members, member: &'static str) -> Result<Did, MembersError> {
    Did::parse(members.text(member)?)
        .map_err(|_| MembersError::Value { member, problem: "is not did:mesh: followed by hex digits" })
}

pub(crate) fn read_key(members: &Members, member: &'static str) -> Result<KeyBytes, MembersError> {
    KeyBytes::from_base64(members.text(member)?)
        .ok_or(MembersError::Value { member, problem: "is not standard base64 of 32 bytes" })
}

pub(crate) fn read_signature(members: &Members, member: &'static str) -> Result<[u8; 64], MembersError> {
    base64::decode_array(members.text(member)?)
        .ok_or(MembersError::Value { member, problem: "is not standard base64 of 64 bytes" })
}
