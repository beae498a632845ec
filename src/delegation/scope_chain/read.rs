//! Reading the documents: bounded first, then field by field.

use serde_json::{Map, Value};

use super::context::UserContext;
use super::link::{Link, Stamp};
use super::{DEFAULT_MAX_DEPTH, MAX_BYTES, MAX_LINKS, MAX_LIST, ScopeChain};
use crate::encoding::json::look_through;
use crate::identity::{Identity, KeyBytes, PREFIX, Reading};
use crate::time::Time;

/// The document is no scope chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the scope chain's {field} cannot be read")]
pub struct Malformed {
    /// The member at fault; `document` when it is the whole.
    pub field: &'static str,
}

impl Malformed {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        "scope_chain_malformed"
    }
}

type Members = Map<String, Value>;

const fn fault<T>(field: &'static str) -> Result<T, Malformed> {
    Err(Malformed { field })
}

/// Reads bounded JSON in which no member is named twice.
fn document(text: &str) -> Result<Value, Malformed> {
    if text.len() > MAX_BYTES || look_through(text, 0, |_| false).is_err() {
        return fault("document");
    }
    serde_json::from_str(text).or(fault("document"))
}

fn members<'v>(value: &'v Value, field: &'static str) -> Result<&'v Members, Malformed> {
    value.as_object().ok_or(Malformed { field })
}

/// What a member holds; `null` is nothing.
fn given<'v>(members: &'v Members, field: &str) -> Option<&'v Value> {
    members.get(field).filter(|value| !value.is_null())
}

fn text(members: &Members, field: &'static str) -> Result<String, Malformed> {
    given(members, field).and_then(Value::as_str).map(str::to_owned).ok_or(Malformed { field })
}

fn text_or_none(members: &Members, field: &'static str) -> Result<Option<String>, Malformed> {
    given(members, field).map(|_| text(members, field)).transpose()
}

fn texts(members: &Members, field: &'static str) -> Result<Vec<String>, Malformed> {
    let items = given(members, field).and_then(Value::as_array).filter(|items| items.len() <= MAX_LIST);
    let items = items.ok_or(Malformed { field })?;
    items.iter().map(|item| item.as_str().map(str::to_owned).ok_or(Malformed { field })).collect()
}

fn texts_or_none(members: &Members, field: &'static str) -> Result<Vec<String>, Malformed> {
    if given(members, field).is_some() { texts(members, field) } else { Ok(Vec::new()) }
}

fn number(members: &Members, field: &'static str) -> Result<u32, Malformed> {
    let number = given(members, field).and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok());
    number.ok_or(Malformed { field })
}

fn time_or_none(members: &Members, field: &'static str) -> Result<Option<Time>, Malformed> {
    text_or_none(members, field)?.map(|text| Time::parse(&text).or(fault(field))).transpose()
}

impl ScopeChain {
    /// Reads a document of at most 64 KiB, with at most 32 links and 256 members in each list.
    ///
    /// # Errors
    /// [`Malformed`] with the first member at fault.
    pub fn from_json(json: &str, reading: &Reading) -> Result<Self, Malformed> {
        let value = document(json)?;
        let members = members(&value, "document")?;
        let chain = Self {
            chain_id: text(members, "chain_id")?,
            max_depth: match given(members, "max_depth") {
                None => DEFAULT_MAX_DEPTH,
                Some(_) => number(members, "max_depth")?,
            },
            sponsor: text(members, "root_sponsor_email")?,
            root_capabilities: texts(members, "root_capabilities")?,
            known: known(members, reading)?,
            links: links(members)?,
            leaf_did: text(members, "leaf_did")?,
            leaf_capabilities: texts(members, "leaf_capabilities")?,
            chain_hash: text_or_none(members, "chain_hash")?.unwrap_or_default(),
        };
        if chain.chain_id.trim().is_empty() {
            return fault("chain_id");
        }
        if !chain.sponsor.contains('@') {
            return fault("root_sponsor_email");
        }
        if chain.root_capabilities.is_empty() {
            return fault("root_capabilities");
        }
        if !chain.leaf_did.starts_with(PREFIX) {
            return fault("leaf_did");
        }
        Ok(chain)
    }
}

fn links(members: &Members) -> Result<Vec<Link>, Malformed> {
    let Some(value) = given(members, "links") else {
        return Ok(Vec::new());
    };
    let items =
        value.as_array().filter(|items| items.len() <= MAX_LINKS).ok_or(Malformed { field: "links" })?;
    items.iter().map(link).collect()
}

fn link(value: &Value) -> Result<Link, Malformed> {
    let members = members(value, "links")?;
    let created_at = text(members, "created_at")?;
    Ok(Link {
        link_id: text(members, "link_id")?,
        depth: number(members, "depth")?,
        parent_did: text(members, "parent_did")?,
        child_did: text(members, "child_did")?,
        parent_capabilities: texts(members, "parent_capabilities")?,
        delegated_capabilities: texts(members, "delegated_capabilities")?,
        created_at: Stamp::parse(&created_at).ok_or(Malformed { field: "created_at" })?,
        expires_at: time_or_none(members, "expires_at")?,
        user_context: given(members, "user_context").map(user_context).transpose()?,
        parent_signature: text(members, "parent_signature")?,
        link_hash: text(members, "link_hash")?,
        previous_link_hash: text_or_none(members, "previous_link_hash")?,
    })
}

fn user_context(value: &Value) -> Result<UserContext, Malformed> {
    let members = members(value, "user_context")?;
    Ok(UserContext {
        user_id: text(members, "user_id")?,
        user_email: text_or_none(members, "user_email")?,
        roles: texts_or_none(members, "roles")?,
        permissions: texts_or_none(members, "permissions")?,
        expires_at: time_or_none(members, "expires_at")?,
    })
}

/// The keys that the document brings, by the DID under which it files them.
fn known(members: &Members, reading: &Reading) -> Result<Vec<(String, KeyBytes)>, Malformed> {
    const FIELD: &str = "known_identities";
    let Some(value) = given(members, FIELD) else {
        return Ok(Vec::new());
    };
    let mut known = Vec::new();
    for (did, record) in self::members(value, FIELD)? {
        let json = record.to_string();
        let parsed = Identity::from_json(&json, reading).or(fault(FIELD))?;
        known.push((did.clone(), parsed.identity.public_key));
    }
    Ok(known)
}

impl Link {
    /// Reads one link.
    ///
    /// # Errors
    /// [`Malformed`] with the first member at fault.
    pub fn from_json(json: &str) -> Result<Self, Malformed> {
        link(&document(json)?)
    }
}

impl UserContext {
    /// Reads one context.
    ///
    /// # Errors
    /// [`Malformed`] with the first member at fault.
    pub fn from_json(json: &str) -> Result<Self, Malformed> {
        user_context(&document(json)?)
    }
}
