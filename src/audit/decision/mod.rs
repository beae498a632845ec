//! One entry of the decision log, and what its leaf is the hash of: its exact bytes, or a short form that they have.

mod draft;
mod error;
mod refusals;
mod ruling;
#[cfg(test)]
mod tests;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

pub use draft::{Draft, Found};
pub use error::DecisionError;
pub use refusals::{MAX_REFUSAL_CODES, MAX_SAMPLES, Refusals, Sample};
pub use ruling::{Asked, Hashed, MAX_CALL_NAME, MAX_KEPT_REQUEST, Ruling, proof_name};

use super::LogName;
use super::merkle::leaf_hash;
use crate::encoding::{Digest32, canonical};
use crate::time::Time;

/// An entry has at most this many bytes.
pub const MAX_DECISION_BYTES: usize = 64 * 1024;

const REFUSALS: &str = "meshwarden.refusals.v1";

/// What was decided, at its place in the decision log of one warden.
///
/// Nothing of any state is folded from it: an entry says what was answered, and changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The log that it belongs to.
    pub log: LogName,
    /// Its place, counted from 0; below 2^53.
    pub index: u64,
    /// When it was taken in; never before the entry at the place below.
    pub time: Time,
    /// What was decided.
    pub told: Told,
}

/// What an entry of the decision log tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// One verdict about a caller who is known, in full.
    Ruling(Box<Ruling>),
    /// How often callers whom nobody knows were denied in one minute.
    Refusals(Refusals),
}

impl Decision {
    /// The one byte string of this entry (RFC 8785).
    ///
    /// # Errors
    /// [`DecisionError::TooLarge`], or [`DecisionError::Unreadable`] for a number above 2^53 - 1.
    pub fn to_bytes(&self) -> Result<Vec<u8>, DecisionError> {
        let bytes = match &self.told {
            Told::Ruling(ruling) => ruling.write(self).map(String::into_bytes),
            Told::Refusals(refusals) => {
                let mut members = refusals.members();
                members.insert("type".into(), json!(REFUSALS));
                members.insert("log".into(), json!(self.log.to_string()));
                members.insert("index".into(), json!(self.index));
                members.insert("time".into(), json!(self.time.to_string()));
                canonical::to_bytes(&Value::Object(members))
            }
        };
        let bytes = bytes.map_err(|_| DecisionError::Unreadable { member: "index" })?;
        if bytes.len() > MAX_DECISION_BYTES { Err(DecisionError::TooLarge) } else { Ok(bytes) }
    }

    /// The hash of its leaf.
    ///
    /// # Errors
    /// As [`Decision::to_bytes`].
    pub fn leaf(&self) -> Result<Digest32, DecisionError> {
        match &self.told {
            Told::Ruling(ruling) if ruling.hashed == Hashed::Short => {
                Ok(ruling.draft(self.log)?.entry(self.index, self.time)?.1)
            }
            _ => self.to_bytes().map(|bytes| leaf_hash(&bytes)),
        }
    }

    /// Reads what [`Decision::to_bytes`] writes, and nothing else.
    ///
    /// # Errors
    /// [`DecisionError`]; every input has an answer.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecisionError> {
        if bytes.len() > MAX_DECISION_BYTES {
            return Err(DecisionError::TooLarge);
        }
        let mut members: Map<String, Value> = serde_json::from_slice(bytes)?;
        let name = text(&mut members, "type")?;
        let log = LogName::parse(&text(&mut members, "log")?);
        let time = Time::parse(&text(&mut members, "time")?);
        let index = members.remove("index").and_then(|index| index.as_u64());
        let told = match name.as_str() {
            draft::WHOLE => Told::Ruling(Box::new(Ruling::read(members, Hashed::Whole)?)),
            draft::SHORT => Told::Ruling(Box::new(Ruling::read(members, Hashed::Short)?)),
            REFUSALS => Told::Refusals(Refusals::read(members)?),
            _ => return Err(DecisionError::UnknownType),
        };
        let decision = Self {
            log: log.ok_or(DecisionError::Unreadable { member: "log" })?,
            index: index.ok_or(DecisionError::Unreadable { member: "index" })?,
            time: time.map_err(|_| DecisionError::Unreadable { member: "time" })?,
            told,
        };
        // A member that was repeated shows here.
        if decision.to_bytes()? == bytes { Ok(decision) } else { Err(DecisionError::NotCanonical) }
    }
}

fn text(members: &mut Map<String, Value>, member: &'static str) -> Result<String, DecisionError> {
    match members.remove(member) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(DecisionError::Unreadable { member }),
    }
}

/// The members of a kind of entry as its document, whose members are all known.
fn document<T: DeserializeOwned>(members: Map<String, Value>) -> Result<T, DecisionError> {
    Ok(serde_json::from_value(Value::Object(members))?)
}
