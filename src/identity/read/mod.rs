//! A record from JSON: parsed once, into a value that cannot be wrong, or refused by field.

mod members;
mod scan;
mod values;

use std::cell::RefCell;

use serde::de::Deserializer as _;

use self::members::{DocumentVisitor, Members};
use super::Identity;
use crate::encoding::json::JsonFault;
use crate::time::Time;

/// How to read what the document leaves open.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// `created_at` and `updated_at` of a document that has none.
    pub now: Time,
    /// Whether a time without a zone is UTC; otherwise it is refused.
    pub assume_utc: bool,
}

/// A record, and what was left out of it.
#[derive(Debug, PartialEq)]
pub struct Parsed<'a> {
    /// The record.
    pub identity: Identity<'a>,
    /// Names of members that were dropped because they could hold a private key.
    pub dropped: Vec<String>,
}

/// Why a document is no record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The text is not JSON, from this byte column on (line within the record, both counted from 1).
    #[error("is not JSON (line {line}, column {column} of the record)")]
    Syntax {
        /// Line within the record.
        line: usize,
        /// Column within that line, in bytes.
        column: usize,
    },
    /// The JSON is not an object.
    #[error("is not a JSON object")]
    NotAnObject,
    /// A required member is not there.
    #[error("{field} is missing")]
    Missing {
        /// The member.
        field: &'static str,
    },
    /// A member has another JSON type than it must.
    #[error("{field} is not {expected}")]
    Type {
        /// The member.
        field: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// A member's value is not allowed.
    #[error("{field} {problem}")]
    Value {
        /// The member.
        field: &'static str,
        /// What is wrong with it.
        problem: &'static str,
        /// What to do.
        fix: &'static str,
    },
    /// A member is named twice.
    #[error("{field} is named twice")]
    Duplicate {
        /// The member.
        field: String,
    },
    /// An unknown member nests too deep or names a member twice.
    #[error("{field}: {fault}")]
    Unknown {
        /// The member.
        field: String,
        /// What is wrong inside it.
        fault: JsonFault,
    },
}

impl RecordError {
    /// The member at fault, if it is one.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Syntax { .. } | Self::NotAnObject => None,
            Self::Missing { field } | Self::Type { field, .. } | Self::Value { field, .. } => Some(field),
            Self::Duplicate { field } | Self::Unknown { field, .. } => Some(field),
        }
    }

    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Syntax { .. } => "record_not_json",
            Self::NotAnObject => "record_not_an_object",
            Self::Missing { .. } => "field_missing",
            Self::Type { .. } => "field_type",
            Self::Value { .. } => "field_value",
            Self::Duplicate { .. } => "field_duplicate",
            Self::Unknown { .. } => "field_unusable",
        }
    }

    /// What to do about it.
    pub const fn fix(&self) -> &'static str {
        match self {
            Self::Syntax { .. } => "write the record as one JSON object",
            Self::NotAnObject => "a record is an object such as {\"did\": ..., \"name\": ...}",
            Self::Missing { .. } => "add it",
            Self::Type { .. } => "write it in the type of the record format",
            Self::Value { fix, .. } => fix,
            Self::Duplicate { .. } => "keep one of the two",
            Self::Unknown { .. } => "remove it, or flatten it",
        }
    }
}

impl<'a> Identity<'a> {
    /// Reads one record; texts without escapes are borrowed from `json`.
    ///
    /// # Errors
    /// [`RecordError`], the first in the order of the record format.
    pub fn from_json(json: &'a str, reading: &Reading) -> Result<Parsed<'a>, RecordError> {
        if let Some(members) = Members::scan(json) {
            return members.into_parsed(reading);
        }
        Self::slowly(json, reading)
    }

    /// The same for members in any order, and of any spelling.
    fn slowly(json: &'a str, reading: &Reading) -> Result<Parsed<'a>, RecordError> {
        let failing = RefCell::new(None);
        let mut reader = serde_json::Deserializer::from_str(json);
        let members = (&mut reader)
            .deserialize_any(DocumentVisitor { failing: &failing })
            .and_then(|members| reader.end().map(|()| members));
        match members {
            Ok(members) => members.into_parsed(reading),
            Err(error) => Err(explain(&error, failing.into_inner())),
        }
    }
}

fn explain(error: &serde_json::Error, failing: Option<RecordError>) -> RecordError {
    match (error.classify(), failing) {
        (serde_json::error::Category::Data, Some(reason)) => reason,
        (serde_json::error::Category::Data, None) => RecordError::NotAnObject,
        _ => RecordError::Syntax { line: error.line(), column: error.column() },
    }
}

/// Whether a member of this name could hold a private key or another secret.
pub fn is_secret_name(name: &str) -> bool {
    const EXACT: [&str; 9] =
        ["d", "seed", "sk", "secret", "private", "mnemonic", "passphrase", "password", "bearer"];
    const PARTS: [&str; 7] =
        ["privatekey", "secretkey", "signingkey", "privatejwk", "seedphrase", "keyseed", "apikey"];
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect();
    EXACT.contains(&plain.as_str()) || PARTS.iter().any(|part| plain.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::KeyBytes;
    use proptest::prelude::*;

    const KEY: &str = r#""public_key":"u8wB4Ztj0MhIQ8lNSXLfxCCGI8XRrYkUeZbY1YoEmEY=""#;

    fn document(tail: &str) -> String {
        let key = KeyBytes::from_base64("u8wB4Ztj0MhIQ8lNSXLfxCCGI8XRrYkUeZbY1YoEmEY=").unwrap();
        format!(
            r#"{{"did":"did:mesh:ab","name":"a","sponsor_email":"a@b",{KEY},"verification_key_id":"{}"{tail}}}"#,
            key.key_id()
        )
    }

    fn read(json: &str) -> Result<Parsed<'_>, RecordError> {
        Identity::from_json(json, &Reading { now: Time::MIN, assume_utc: false })
    }

    #[test]
    fn unknown_members_survive_and_secret_ones_do_not() {
        let json = document(
            r#","team":{ "a": 30000000000000000000000000000001 },"private_key":"x","jwk":{"d":"y"}"#,
        );
        let parsed = read(&json).unwrap();
        assert_eq!(
            parsed.identity.extra.as_deref(),
            Some(r#"{"team":{"a":30000000000000000000000000000001}}"#)
        );
        assert_eq!(parsed.dropped, ["private_key", "jwk"]);
        assert!(!format!("{parsed:?}").contains('y') || !format!("{parsed:?}").contains("\"y\""));
    }

    #[test]
    fn a_member_named_twice_is_refused_by_name() {
        for (tail, field) in [(r#","name":"b""#, "name"), (r#","x":1,"\u0078":2"#, "x")] {
            assert_eq!(read(&document(tail)), Err(RecordError::Duplicate { field: field.into() }));
        }
        let nested = document(r#","x":{"y":1,"y":2}"#);
        assert_eq!(read(&nested).unwrap_err().field(), Some("x"));
    }

    proptest! {
        #[test]
        fn a_scanned_record_is_the_one_that_is_read_slowly(
            name in "a[a-z ]{0,9}", note in prop::option::of("[a-z\"]{0,4}"), score in prop::option::of(0..1001u16),
            held in prop::collection::vec("[a-z:*]{1,6}", 0..3), depth in 0..9u32, until in prop::bool::ANY,
            at in any::<prop::sample::Index>(), other in any::<char>(), cut in prop::bool::ANY
        ) {
            const READING: Reading = Reading { now: Time::MIN, assume_utc: false };
            let mut identity = read(&document("")).unwrap().identity.into_owned();
            let escaped = note.as_ref().is_some_and(|note| note.contains('"'));
            (identity.name, identity.description) = (name.into(), note.clone().map(Into::into));
            (identity.organization, identity.revocation_reason) = (note.map(Into::into), None);
            identity.capabilities = held.into_iter().map(Into::into).collect();
            (identity.trust_score, identity.max_initial_trust_score) = (score, score);
            (identity.delegation_depth, identity.expires_at) = (depth, until.then_some(Time::MAX));
            let mut json = String::new();
            identity.write_json(&mut json);
            prop_assert_eq!(Members::scan(&json).is_none(), escaped, "{}", json);
            prop_assert_eq!(read(&json).unwrap().identity, identity);
            let at = at.index(json.len());
            json.replace_range(at..=at, if cut { String::new() } else { other.to_string() }.as_str());
            if let Some(members) = Members::scan(&json) {
                prop_assert_eq!(members.into_parsed(&READING), Identity::slowly(&json, &READING));
            }
        }
    }

    #[test]
    fn syntax_errors_name_a_place_and_no_content() {
        let error = read("{\"name\": tru}").unwrap_err();
        assert_eq!(error, RecordError::Syntax { line: 1, column: 13 });
    }
}
