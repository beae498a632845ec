//! What the members mean, or why they mean nothing.

use std::borrow::Cow;

use super::members::Members;
use super::{Parsed, Reading, RecordError};
use crate::identity::fields::{DidValue, Integer, Text};
use crate::identity::{Did, Identity, KeyBytes, MAX_SCORE, Parent, Status, record};
use crate::time::{Time, TimeError};

impl<'a> Members<'a> {
    pub(super) fn into_parsed(self, reading: &Reading) -> Result<Parsed<'a>, RecordError> {
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
    if !key.key_id().is(&key_id) {
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
        TimeError::OutOfRange => RecordError::Value {
            field,
            problem: "lies outside years 1 to 9999",
            fix: "write a time of UTC within years 1 to 9999",
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
