//! One entry of the authority log, as the exact bytes that were hashed.

use std::fmt;

use serde::Deserialize;
use serde_json::json;

use crate::change::{ChangeError, SignedChange, SignedDocument};
use crate::encoding::scan::Scan;
use crate::encoding::{canonical, hex};
use crate::time::Time;

/// An entry has at most this many bytes: room for the largest payload in base64, and all its signatures.
pub const MAX_ENTRY_BYTES: usize = 6 * 1024 * 1024;

const TYPE: &str = "meshwarden.entry.v1";

/// 128 random bits that name a log, so that an entry belongs to one log only.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LogName(u128);

/// One change, at its place in one log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The log that it belongs to.
    pub log: LogName,
    /// Its place, counted from 0; below 2^53.
    pub index: u64,
    /// When it was appended; never before the entry at the place below.
    pub time: Time,
    /// What was ordered, and by whom.
    pub change: SignedChange,
}

/// Why an entry cannot be written, or bytes are no entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// The whole is too large.
    #[error("is larger than {MAX_ENTRY_BYTES} bytes")]
    TooLarge,
    /// The index, or a number in an unprotected header, has no canonical form.
    #[error("holds a number that is no integer below 2^53")]
    UnsafeInteger,
    /// The bytes are not the JSON of an entry: a syntax error, a missing, unknown or repeated member, a wrong type.
    #[error("is not an entry (line {line}, column {column})")]
    Malformed {
        /// Line, counted from 1.
        line: usize,
        /// Column, counted from 1.
        column: usize,
    },
    /// The type is not that of an entry.
    #[error("is of a type that this program does not know")]
    UnknownType,
    /// A member's text is not what it must be.
    #[error("{member} cannot be read")]
    Unreadable {
        /// The member.
        member: &'static str,
    },
    /// The signed change inside is none.
    #[error("its change {0}")]
    Change(#[from] ChangeError),
    /// The bytes are not the canonical form of what they say.
    #[error("is not in canonical form")]
    NotCanonical,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "type")]
    type_name: String,
    log: String,
    index: u64,
    time: String,
    change: SignedDocument,
}

impl LogName {
    /// The name of these bits.
    pub const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }

    /// Its bits.
    pub const fn bits(self) -> u128 {
        self.0
    }

    /// Reads 32 lower-case hex digits; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        hex::decode_u128(text).map(Self)
    }
}

impl fmt::Display for LogName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:032x}", self.0)
    }
}

impl fmt::Debug for LogName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Entry {
    /// The one byte string of this entry (RFC 8785): `{change, index, log, time, type}`.
    ///
    /// # Errors
    /// [`EntryError::UnsafeInteger`] or [`EntryError::TooLarge`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, EntryError> {
        let value = json!({
            "type": TYPE,
            "log": self.log.to_string(),
            "index": self.index,
            "time": self.time.to_string(),
            "change": self.change.value(),
        });
        let bytes = canonical::to_bytes(&value).map_err(|_| EntryError::UnsafeInteger)?;
        if bytes.len() > MAX_ENTRY_BYTES {
            return Err(EntryError::TooLarge);
        }
        Ok(bytes)
    }

    /// Reads what [`Entry::to_bytes`] writes, and nothing else; the payload inside is not read.
    ///
    /// # Errors
    /// [`EntryError`]; every input has an answer, and memory stays within a small multiple of its length.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EntryError> {
        if bytes.len() > MAX_ENTRY_BYTES {
            return Err(EntryError::TooLarge);
        }
        if let Some(entry) = Self::scan(bytes) {
            return Ok(entry);
        }
        let document: Document = serde_json::from_slice(bytes)?;
        let entry = document.decode()?;
        if entry.to_bytes()? != bytes {
            return Err(EntryError::NotCanonical);
        }
        Ok(entry)
    }

    /// The same for entries as nearly all of them are; `None` says nothing.
    fn scan(bytes: &[u8]) -> Option<Self> {
        let mut scan = Scan::of(bytes)?;
        scan.token("{\"change\":")?;
        let change = SignedChange::scan(&mut scan)?;
        scan.token(",\"index\":")?;
        let index = scan.integer()?;
        scan.token(",\"log\":")?;
        let log = LogName::parse(scan.text()?)?;
        scan.token(",\"time\":")?;
        let time = Time::parse_exact(scan.text()?)?;
        scan.token(",\"type\":\"")?;
        scan.token(TYPE)?;
        scan.token("\"}")?;
        scan.end()?;
        Some(Self { log, index, time, change })
    }
}

impl Document {
    fn decode(self) -> Result<Entry, EntryError> {
        if self.type_name != TYPE {
            return Err(EntryError::UnknownType);
        }
        Ok(Entry {
            log: LogName::parse(&self.log).ok_or(EntryError::Unreadable { member: "log" })?,
            index: self.index,
            time: Time::parse(&self.time).map_err(|_| EntryError::Unreadable { member: "time" })?,
            change: self.change.decode()?,
        })
    }
}

impl EntryError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "entry_too_large",
            Self::UnsafeInteger => "entry_integer_unsafe",
            Self::Malformed { .. } => "entry_malformed",
            Self::UnknownType => "entry_type_unknown",
            Self::Unreadable { .. } => "entry_member_unreadable",
            Self::Change(error) => error.code(),
            Self::NotCanonical => "entry_not_canonical",
        }
    }
}

impl From<serde_json::Error> for EntryError {
    fn from(error: serde_json::Error) -> Self {
        Self::Malformed { line: error.line(), column: error.column() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::some_payload;
    use proptest::prelude::*;

    fn some_entry() -> impl Strategy<Value = Entry> {
        let times = Time::MIN.micros()..=Time::MAX.micros();
        (any::<u128>(), 0..=canonical::MAX_SAFE_INTEGER, times, some_payload()).prop_map(
            |(log, index, time, payload)| Entry {
                log: LogName::from_bits(log),
                index,
                time: Time::from_micros(time).unwrap(),
                change: SignedChange::unsigned(&payload).unwrap(),
            },
        )
    }

    proptest! {
        #[test]
        fn every_entry_reads_back_what_it_writes(entry in some_entry()) {
            let bytes = entry.to_bytes().unwrap();
            prop_assert_eq!(Entry::from_bytes(&bytes), Ok(entry));
        }

        #[test]
        fn a_scanned_entry_is_the_one_that_is_read_slowly(
            entry in some_entry(), signatures in 0..20usize,
            at in any::<prop::sample::Index>(), byte in any::<u8>()
        ) {
            let one = r#"{"protected":"e30","signature":"AAAA"}"#;
            let bytes = entry.to_bytes().unwrap();
            let signed = format!("\"signatures\":[{}]", vec![one; signatures].join(","));
            let mut bytes = String::from_utf8(bytes).unwrap().replace("\"signatures\":[]", &signed).into_bytes();
            for changed in [false, true] {
                if changed {
                    let at = at.index(bytes.len());
                    bytes[at] = byte;
                }
                let slowly = serde_json::from_slice::<Document>(&bytes).ok().and_then(|read| read.decode().ok());
                let slowly = slowly.filter(|read| read.to_bytes().as_ref() == Ok(&bytes));
                let scanned = Entry::scan(&bytes);
                prop_assert!(scanned.is_some() || changed || slowly.is_none());
                prop_assert_eq!(scanned.as_ref(), slowly.as_ref().filter(|_| scanned.is_some()));
            }
        }

        #[test]
        fn an_entry_with_one_byte_changed_is_refused_or_another_entry(
            entry in some_entry(), at in any::<prop::sample::Index>(), byte in any::<u8>()
        ) {
            let bytes = entry.to_bytes().unwrap();
            let mut changed = bytes.clone();
            changed[at.index(bytes.len())] = byte;
            if let Ok(read) = Entry::from_bytes(&changed) {
                prop_assert_eq!(read == entry, changed == bytes);
            }
        }

        #[test]
        fn any_bytes_have_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Entry::from_bytes(&bytes);
        }
    }

    #[test]
    fn the_bytes_of_an_entry_are_these_and_no_other_spelling() {
        let text = r#"{"change":{"payload":"e30","signatures":[]},"index":7,"log":"0000000000000000000000000000000a","time":"1970-01-01T00:00:00Z","type":"meshwarden.entry.v1"}"#;
        let entry = Entry::from_bytes(text.as_bytes()).unwrap();
        assert_eq!((entry.index, entry.log), (7, LogName::from_bits(10)));
        for (from, to, code) in [
            ("\"index\":7", "\"index\": 7", "entry_not_canonical"),
            ("\"index\":7", "\"index\":9007199254740992", "entry_integer_unsafe"),
            ("\"index\":7", "\"index\":7,\"index\":7", "entry_malformed"),
            ("\"index\":7", "\"index\":-7", "entry_malformed"),
            ("\"index\":7,", "", "entry_malformed"),
            ("entry.v1", "entry.v2", "entry_type_unknown"),
            ("000a", "000A", "entry_member_unreadable"),
            ("e30", "e31", "change_member_unreadable"),
            ("00:00:00Z", "00:00:00+00:00", "entry_not_canonical"),
        ] {
            let changed = text.replacen(from, to, 1);
            assert_eq!(Entry::from_bytes(changed.as_bytes()).unwrap_err().code(), code, "{changed}");
        }
    }
}
