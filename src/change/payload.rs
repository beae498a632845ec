//! A change as the bytes that operators sign.

use serde_json::{Map, Value, json};

use super::{
    Cascade, ChangeError, ChangeId, Fact, Kind, OnCase, Order, SignedChange, Spare, Target, Targets, What,
};
use crate::encoding::{canonical, hex};
use crate::time::Time;

/// A payload has at most this many bytes.
pub const MAX_PAYLOAD_BYTES: usize = 4 * 1024 * 1024;
/// A reason has at most this many bytes.
pub const MAX_REASON_BYTES: usize = 1024;
/// An actor has at most this many bytes.
pub const MAX_ACTOR_BYTES: usize = 256;
/// A case has at most this many bytes.
pub const MAX_CASE_BYTES: usize = 256;
/// The name of an import's source has at most this many bytes.
pub const MAX_NAME_BYTES: usize = 1024;

/// One change, as asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// Its name; asking again under the same name changes nothing.
    pub id: ChangeId,
    /// Who asks; not blank.
    pub actor: String,
    /// What is ordered, and about whom.
    pub order: Order,
    /// Why; not blank for a containment.
    pub reason: String,
    /// The case that it belongs to; not blank.
    pub case: Option<String>,
    /// When it was asked for.
    pub created: Time,
    /// From when on it must not be carried out any more; after `created`.
    pub expires: Option<Time>,
    /// Whether a revocation does not wait for the approval that policy asks for.
    pub break_glass: bool,
}

impl Payload {
    /// Which kind of change it is.
    pub const fn kind(&self) -> Kind {
        self.order.kind()
    }

    /// Whether it says something beside the records and the status of agents, so that it is read again whenever the cache
    /// of those is.
    pub fn is_recalled(&self) -> bool {
        self.order.spares() || self.order.fact().is_some() || self.case.is_some()
    }

    /// The change that operators signed: of a proposal that which waits, else `change` itself.
    pub fn signed_by_people(&self, change: &SignedChange) -> SignedChange {
        let waits = self.order.fact().and_then(|fact| match &fact.what {
            What::Propose(propose) => propose.signed(),
            _ => None,
        });
        waits.unwrap_or_else(|| change.clone())
    }

    /// The one byte string of this payload (RFC 8785).
    ///
    /// # Errors
    /// [`ChangeError`] when a rule of the fields does not hold.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ChangeError> {
        self.check()?;
        let bytes = canonical::to_bytes(&self.value()?)?;
        if bytes.len() > MAX_PAYLOAD_BYTES {
            return Err(ChangeError::TooLarge);
        }
        Ok(bytes)
    }

    /// Reads what [`Payload::to_bytes`] writes, and nothing else.
    ///
    /// # Errors
    /// [`ChangeError`]; every input has an answer, and memory stays within a small multiple of its length.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ChangeError> {
        if bytes.len() > MAX_PAYLOAD_BYTES {
            return Err(ChangeError::TooLarge);
        }
        if let Some(payload) = super::scan::payload(bytes).filter(|payload| payload.check().is_ok()) {
            return Ok(payload);
        }
        let payload = super::read::payload(bytes)?;
        if payload.to_bytes()? != bytes {
            return Err(ChangeError::NotCanonical);
        }
        Ok(payload)
    }

    fn check(&self) -> Result<(), ChangeError> {
        said("actor", &self.actor, MAX_ACTOR_BYTES)?;
        let closes = |fact: &Fact| matches!(fact.what, What::Case(OnCase::Close { .. }));
        if self.kind().needs_reason() || self.order.fact().is_some_and(closes) {
            said("reason", &self.reason, MAX_REASON_BYTES)?;
        } else {
            short("reason", &self.reason, MAX_REASON_BYTES)?;
        }
        if let Some(case) = &self.case {
            said("case", case, MAX_CASE_BYTES)?;
        }
        self.ends_after_it_begins("expires", self.expires)?;
        if self.break_glass && self.kind() != Kind::Revoke {
            return Err(ChangeError::Unreadable { member: "break_glass" });
        }
        match &self.order {
            Order::Import(import) => said("name", &import.name, MAX_NAME_BYTES)?,
            Order::Suspend { until, .. } => self.ends_after_it_begins("until", *until)?,
            Order::Revoke { .. } | Order::Reactivate { .. } => {}
            Order::Fact(fact) => fact.check()?,
        }
        super::spare::check(&self.order)?;
        match self.order.targets().map(Targets::count) {
            Some(0) => Err(ChangeError::NoTargets),
            _ => Ok(()),
        }
    }

    fn ends_after_it_begins(&self, member: &'static str, end: Option<Time>) -> Result<(), ChangeError> {
        match end {
            Some(end) if end <= self.created => Err(ChangeError::EndsBeforeItBegins { member }),
            _ => Ok(()),
        }
    }

    fn value(&self) -> Result<Value, ChangeError> {
        let mut members = Map::new();
        let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
        put("type", self.kind().type_name().into());
        put("id", self.id.to_string().into());
        put("actor", self.actor.as_str().into());
        put("targets", aims(&self.order));
        put("parameters", parameters(&self.order)?);
        put("reason", self.reason.as_str().into());
        if self.break_glass {
            put("break_glass", true.into());
        }
        if let Some(case) = &self.case {
            put("case", case.as_str().into());
        }
        put("created", self.created.to_string().into());
        if let Some(expires) = self.expires {
            put("expires", expires.to_string().into());
        }
        Ok(Value::Object(members))
    }
}

fn aims(order: &Order) -> Value {
    match order {
        Order::Fact(fact) => fact.about.iter().map(target).collect(),
        _ => order.targets().map_or_else(|| json!([]), targets),
    }
}

fn targets(targets: &Targets) -> Value {
    match targets {
        Targets::Listed(list) => list.as_slice().iter().map(target).collect(),
        Targets::Cascade(whole) => {
            let mut members = cascade(whole);
            if !whole.spared.is_empty() {
                members.insert("except".to_owned(), whole.spared.iter().map(spared).collect());
            }
            Value::Object(members)
        }
    }
}

fn cascade(cascade: &Cascade) -> Map<String, Value> {
    let mut members = Map::new();
    members.insert("root".to_owned(), target(&cascade.root));
    members.insert("count".to_owned(), cascade.count.into());
    members.insert("digest".to_owned(), hex::encode(&cascade.digest).into());
    if let Some(among) = cascade.among {
        members.insert("among".to_owned(), among.into());
    }
    members
}

fn spared(spare: &Spare) -> Value {
    let mut members = cascade(&spare.kept);
    members.insert("parent".to_owned(), target(&spare.adopt.parent));
    members.insert("capabilities".to_owned(), spare.adopt.capabilities.iter().map(String::as_str).collect());
    Value::Object(members)
}

fn target(target: &Target) -> Value {
    json!({"did": target.did.to_string(), "version": target.version})
}

fn parameters(order: &Order) -> Result<Value, ChangeError> {
    Ok(match order {
        Order::Import(import) => json!({
            "count": import.count,
            "root": hex::encode(&import.root),
            "skipped": import.skipped,
            "name": import.name,
            "replaces": import.replaces,
        }),
        Order::Suspend { until: None, seal, .. } | Order::Revoke { seal, .. } => json!({"seal": seal}),
        Order::Suspend { until: Some(until), seal, .. } => json!({"seal": seal, "until": until.to_string()}),
        Order::Reactivate { override_security, woken: None, .. } => {
            json!({"override_security": override_security})
        }
        Order::Reactivate { override_security, woken: Some(woken), .. } => {
            json!({"override_security": override_security, "woken": woken})
        }
        Order::Fact(fact) => fact.parameters()?,
    })
}

fn said(member: &'static str, text: &str, limit: usize) -> Result<(), ChangeError> {
    if text.trim().is_empty() {
        return Err(ChangeError::Blank { member });
    }
    short(member, text, limit)
}

fn short(member: &'static str, text: &str, limit: usize) -> Result<(), ChangeError> {
    if text.len() > limit {
        return Err(ChangeError::TooLong { member, limit });
    }
    Ok(())
}
