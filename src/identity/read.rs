//! A record from JSON: parsed once, into a value that cannot be wrong, or refused by field.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::fields::{DidValue, Integer, Text};
use super::{Did, Identity, KeyBytes, MAX_SCORE, Parent, Status, record};
use crate::encoding::canonical::write_string;
use crate::encoding::json::{JsonFault, compact, look_through};
use crate::time::{Time, TimeError};

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

#[derive(Default)]
struct Members<'a> {
    did: Option<DidValue<'a>>,
    name: Option<Cow<'a, str>>,
    description: Option<Option<Cow<'a, str>>>,
    public_key: Option<Cow<'a, str>>,
    verification_key_id: Option<Cow<'a, str>>,
    sponsor_email: Option<Cow<'a, str>>,
    sponsor_verified: Option<bool>,
    organization: Option<Option<Cow<'a, str>>>,
    organization_id: Option<Option<Cow<'a, str>>>,
    capabilities: Option<Vec<Text<'a>>>,
    created_at: Option<Cow<'a, str>>,
    updated_at: Option<Cow<'a, str>>,
    expires_at: Option<Option<Cow<'a, str>>>,
    status: Option<Cow<'a, str>>,
    revocation_reason: Option<Option<Cow<'a, str>>>,
    parent_did: Option<Option<Cow<'a, str>>>,
    delegation_depth: Option<Integer>,
    max_initial_trust_score: Option<Option<Integer>>,
    trust_score: Option<Option<Integer>>,
    extra: String,
    dropped: Vec<String>,
}

struct DocumentVisitor<'f> {
    failing: &'f RefCell<Option<RecordError>>,
}

impl<'de> Visitor<'de> for DocumentVisitor<'_> {
    type Value = Members<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Members::default();
        let mut unknown = HashSet::new();
        while let Some(Text(name)) = map.next_key()? {
            if !self.known(&mut members, &name, &mut map)? {
                self.unknown(&mut members, &mut unknown, name, &mut map)?;
            }
        }
        if !members.extra.is_empty() {
            members.extra.push('}');
        }
        Ok(members)
    }
}

impl DocumentVisitor<'_> {
    fn known<'de, A: MapAccess<'de>>(
        &self,
        members: &mut Members<'de>,
        name: &str,
        map: &mut A,
    ) -> Result<bool, A::Error> {
        match name {
            "did" => self.take(&mut members.did, "did", "an object {method, unique_id} or a string", map)?,
            "name" => self.text(&mut members.name, "name", map)?,
            "description" => self.optional(&mut members.description, "description", map)?,
            "public_key" => self.text(&mut members.public_key, "public_key", map)?,
            "verification_key_id" => {
                self.text(&mut members.verification_key_id, "verification_key_id", map)?;
            }
            "sponsor_email" => self.text(&mut members.sponsor_email, "sponsor_email", map)?,
            "sponsor_verified" => {
                self.take(&mut members.sponsor_verified, "sponsor_verified", "true or false", map)?;
            }
            "organization" => self.optional(&mut members.organization, "organization", map)?,
            "organization_id" => self.optional(&mut members.organization_id, "organization_id", map)?,
            "capabilities" => {
                self.take(&mut members.capabilities, "capabilities", "an array of strings", map)?;
            }
            "created_at" => self.text(&mut members.created_at, "created_at", map)?,
            "updated_at" => self.text(&mut members.updated_at, "updated_at", map)?,
            "expires_at" => self.optional(&mut members.expires_at, "expires_at", map)?,
            "status" => self.text(&mut members.status, "status", map)?,
            "revocation_reason" => self.optional(&mut members.revocation_reason, "revocation_reason", map)?,
            "parent_did" => self.optional(&mut members.parent_did, "parent_did", map)?,
            "delegation_depth" => {
                self.take(&mut members.delegation_depth, "delegation_depth", "an integer", map)?;
            }
            "max_initial_trust_score" => self.take(
                &mut members.max_initial_trust_score,
                "max_initial_trust_score",
                "an integer or null",
                map,
            )?,
            "trust_score" => self.take(&mut members.trust_score, "trust_score", "an integer or null", map)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn text<'de, A: MapAccess<'de>>(
        &self,
        slot: &mut Option<Cow<'de, str>>,
        field: &'static str,
        map: &mut A,
    ) -> Result<(), A::Error> {
        let mut value: Option<Text<'de>> = slot.take().map(Text);
        self.take(&mut value, field, "a string", map)?;
        *slot = value.map(|Text(text)| text);
        Ok(())
    }

    fn optional<'de, A: MapAccess<'de>>(
        &self,
        slot: &mut Option<Option<Cow<'de, str>>>,
        field: &'static str,
        map: &mut A,
    ) -> Result<(), A::Error> {
        let mut value: Option<Option<Text<'de>>> = slot.take().map(|text| text.map(Text));
        self.take(&mut value, field, "a string or null", map)?;
        *slot = value.map(|text| text.map(|Text(text)| text));
        Ok(())
    }

    fn take<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
        &self,
        slot: &mut Option<T>,
        field: &'static str,
        expected: &'static str,
        map: &mut A,
    ) -> Result<(), A::Error> {
        if slot.is_some() {
            return Err(self.fail(RecordError::Duplicate { field: field.to_owned() }));
        }
        match map.next_value() {
            Ok(value) => *slot = Some(value),
            Err(error) => {
                self.failing.replace(Some(RecordError::Type { field, expected }));
                return Err(error);
            }
        }
        Ok(())
    }

    /// Keeps a member that the format does not know, unless it could hold a secret at any level.
    fn unknown<'de, A: MapAccess<'de>>(
        &self,
        members: &mut Members<'de>,
        seen: &mut HashSet<Cow<'de, str>>,
        name: Cow<'de, str>,
        map: &mut A,
    ) -> Result<(), A::Error> {
        if seen.contains(&name) {
            return Err(self.fail(RecordError::Duplicate { field: name.into_owned() }));
        }
        let raw = map.next_value::<&'de RawValue>()?.get();
        match look_through(raw, 1, is_secret_name) {
            Ok(secret) if secret || is_secret_name(&name) => members.dropped.push(name.to_string()),
            Ok(_) => {
                members.extra.push(if members.extra.is_empty() { '{' } else { ',' });
                write_string(&mut members.extra, &name);
                members.extra.push(':');
                members.extra.push_str(&compact(raw));
            }
            Err(fault) => {
                return Err(self.fail(RecordError::Unknown { field: name.into_owned(), fault }));
            }
        }
        seen.insert(name);
        Ok(())
    }

    fn fail<E: serde::de::Error>(&self, error: RecordError) -> E {
        self.failing.replace(Some(error));
        E::custom("refused")
    }
}

impl<'a> Members<'a> {
    fn into_parsed(self, reading: &Reading) -> Result<Parsed<'a>, RecordError> {
        let did = read_did(self.did.ok_or(RecordError::Missing { field: "did" })?)?;
        let name = read_name(self.name)?;
        let public_key = read_key(self.public_key, self.verification_key_id)?;
        let sponsor_email = read_sponsor(self.sponsor_email)?;
        let created_at = read_time(self.created_at, "created_at", reading)?.unwrap_or(reading.now);
        let updated_at = read_time(self.updated_at, "updated_at", reading)?.unwrap_or(reading.now);
        let expires_at = read_time(self.expires_at.flatten(), "expires_at", reading)?;
        let status = match self.status {
            None => Status::Active,
            Some(word) => Status::parse(&word).ok_or(RecordError::Value {
                field: "status",
                problem: "is not a status",
                fix: "use active, suspended or revoked",
            })?,
        };
        let parent = match self.parent_did.flatten() {
            None => None,
            Some(text) => Some(Parent::parse(text).ok_or(RecordError::Value {
                field: "parent_did",
                problem: "does not start with did:mesh:",
                fix: "name the parent's whole DID, or null for a root",
            })?),
        };
        let identity = Identity {
            did,
            name,
            description: self.description.flatten(),
            public_key,
            sponsor_email,
            sponsor_verified: self.sponsor_verified.unwrap_or(false),
            organization: self.organization.flatten(),
            organization_id: self.organization_id.flatten(),
            capabilities: self.capabilities.unwrap_or_default().into_iter().map(|Text(text)| text).collect(),
            created_at,
            updated_at,
            expires_at,
            status,
            revocation_reason: self.revocation_reason.flatten(),
            parent,
            delegation_depth: read_depth(self.delegation_depth)?,
            max_initial_trust_score: read_score(
                self.max_initial_trust_score.flatten(),
                "max_initial_trust_score",
            )?,
            trust_score: read_score(self.trust_score.flatten(), "trust_score")?,
            extra: (!self.extra.is_empty()).then(|| self.extra.into_boxed_str()),
        };
        Ok(Parsed { identity, dropped: self.dropped })
    }
}

fn read_did(value: DidValue<'_>) -> Result<Did, RecordError> {
    let bad = |problem| RecordError::Value {
        field: "did",
        problem,
        fix: "write {\"method\": \"mesh\", \"unique_id\": \"<hex digits>\"}",
    };
    match value {
        DidValue::Text(text) => Did::parse(&text).map_err(|_| bad("is not did:mesh: and hex digits")),
        DidValue::Object { method: Some(method), .. } if method != "mesh" => {
            Err(bad("names another method than mesh"))
        }
        DidValue::Object { id: None, .. } => Err(bad("has no unique_id")),
        DidValue::Object { id: Some(id), .. } => {
            Did::from_unique_id(&id).map_err(|_| bad("has a unique_id that is not hex digits"))
        }
    }
}

fn read_name(name: Option<Cow<'_, str>>) -> Result<Cow<'_, str>, RecordError> {
    let name = name.ok_or(RecordError::Missing { field: "name" })?;
    if name.trim().is_empty() {
        return Err(RecordError::Value { field: "name", problem: "is blank", fix: "name the agent" });
    }
    Ok(name)
}

fn read_key(public_key: Option<Cow<'_, str>>, key_id: Option<Cow<'_, str>>) -> Result<KeyBytes, RecordError> {
    let text = public_key.ok_or(RecordError::Missing { field: "public_key" })?;
    let key = KeyBytes::from_base64(&text).ok_or(RecordError::Value {
        field: "public_key",
        problem: "is not standard padded base64 of 32 bytes",
        fix: "write the raw Ed25519 key in base64 (44 characters)",
    })?;
    let key_id = key_id.ok_or(RecordError::Missing { field: "verification_key_id" })?;
    if key.key_id().to_string() != key_id {
        return Err(RecordError::Value {
            field: "verification_key_id",
            problem: "does not belong to public_key",
            fix: "write key- and the first 16 hex digits of SHA-256 of the raw key",
        });
    }
    Ok(key)
}

fn read_sponsor(sponsor: Option<Cow<'_, str>>) -> Result<Cow<'_, str>, RecordError> {
    let sponsor = sponsor.ok_or(RecordError::Missing { field: "sponsor_email" })?;
    if !record::valid_sponsor(&sponsor) {
        return Err(RecordError::Value {
            field: "sponsor_email",
            problem: "is not an email address",
            fix: "name the human who answers for the agent",
        });
    }
    Ok(sponsor)
}

fn read_time(
    text: Option<Cow<'_, str>>,
    field: &'static str,
    reading: &Reading,
) -> Result<Option<Time>, RecordError> {
    let Some(text) = text else { return Ok(None) };
    let time = if reading.assume_utc { Time::parse_assuming_utc(&text) } else { Time::parse(&text) };
    time.map(Some).map_err(|error| match error {
        TimeError::NoZone => RecordError::Value {
            field,
            problem: "has no zone",
            fix: "add Z, or read the file with --assume-utc",
        },
        TimeError::Malformed => RecordError::Value {
            field,
            problem: "is not an RFC 3339 date-time",
            fix: "write it like 2026-03-01T12:00:00Z",
        },
    })
}

fn read_depth(depth: Option<Integer>) -> Result<u32, RecordError> {
    match depth {
        None => Ok(0),
        Some(Integer(value)) => value.and_then(|value| u32::try_from(value).ok()).ok_or(RecordError::Value {
            field: "delegation_depth",
            problem: "is out of range",
            fix: "write 0 for a root, else the parent's depth plus 1",
        }),
    }
}

fn read_score(score: Option<Integer>, field: &'static str) -> Result<Option<u16>, RecordError> {
    let Some(Integer(value)) = score else {
        return Ok(None);
    };
    value.and_then(|value| u16::try_from(value).ok()).filter(|score| *score <= MAX_SCORE).map(Some).ok_or(
        RecordError::Value { field, problem: "is not in 0..=1000", fix: "write a score from 0 to 1000" },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn syntax_errors_name_a_place_and_no_content() {
        let error = read("{\"name\": tru}").unwrap_err();
        assert_eq!(error, RecordError::Syntax { line: 1, column: 13 });
    }
}
