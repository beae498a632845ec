//! The members of a record as they come, each at most once; unknown ones kept with their source text.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{RecordError, is_secret_name};
use crate::encoding::canonical::write_string;
use crate::encoding::json::{compact, look_through};
use crate::identity::fields::{DidValue, Integer, Text};

#[derive(Default)]
pub(super) struct Members<'a> {
    pub(super) did: Option<DidValue<'a>>,
    pub(super) name: Option<Cow<'a, str>>,
    pub(super) description: Option<Option<Cow<'a, str>>>,
    pub(super) public_key: Option<Cow<'a, str>>,
    pub(super) verification_key_id: Option<Cow<'a, str>>,
    pub(super) sponsor_email: Option<Cow<'a, str>>,
    pub(super) sponsor_verified: Option<bool>,
    pub(super) organization: Option<Option<Cow<'a, str>>>,
    pub(super) organization_id: Option<Option<Cow<'a, str>>>,
    pub(super) capabilities: Option<Vec<Text<'a>>>,
    pub(super) created_at: Option<Cow<'a, str>>,
    pub(super) updated_at: Option<Cow<'a, str>>,
    pub(super) expires_at: Option<Option<Cow<'a, str>>>,
    pub(super) status: Option<Cow<'a, str>>,
    pub(super) revocation_reason: Option<Option<Cow<'a, str>>>,
    pub(super) parent_did: Option<Option<Cow<'a, str>>>,
    pub(super) delegation_depth: Option<Integer>,
    pub(super) max_initial_trust_score: Option<Option<Integer>>,
    pub(super) trust_score: Option<Option<Integer>>,
    pub(super) extra: String,
    pub(super) dropped: Vec<String>,
}

pub(super) struct DocumentVisitor<'f> {
    pub(super) failing: &'f RefCell<Option<RecordError>>,
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
