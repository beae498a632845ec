//! A payload from bytes; what is not canonical is found afterwards, by writing it again.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    Adopt, Cascade, ChangeError, ChangeId, Fact, Import, Kind, Order, Payload, Spare, Target, TargetList,
    Targets,
};
use crate::encoding::{Digest32, hex};
use crate::identity::Did;
use crate::time::Time;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<'a> {
    #[serde(rename = "type")]
    type_name: String,
    id: String,
    actor: String,
    #[serde(borrow)]
    targets: &'a RawValue,
    #[serde(borrow)]
    parameters: &'a RawValue,
    reason: String,
    #[serde(default)]
    break_glass: bool,
    case: Option<String>,
    created: String,
    expires: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetDocument {
    did: String,
    version: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CascadeDocument {
    root: TargetDocument,
    count: u64,
    digest: String,
    among: Option<u64>,
    #[serde(default)]
    except: Vec<SpareDocument>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SpareDocument {
    root: TargetDocument,
    count: u64,
    digest: String,
    parent: TargetDocument,
    capabilities: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ImportDocument {
    count: u64,
    root: String,
    skipped: u64,
    name: String,
    replaces: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SuspendDocument {
    seal: bool,
    until: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RevokeDocument {
    seal: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReactivateDocument {
    override_security: bool,
    woken: Option<u64>,
}

pub(super) fn payload(bytes: &[u8]) -> Result<Payload, ChangeError> {
    let document: Document<'_> = serde_json::from_slice(bytes)?;
    let order = order(&document)?;
    Ok(Payload {
        id: ChangeId::parse(&document.id).ok_or(ChangeError::Unreadable { member: "id" })?,
        actor: document.actor,
        order,
        reason: document.reason,
        case: document.case,
        created: time("created", &document.created)?,
        expires: optional_time("expires", document.expires)?,
        break_glass: document.break_glass,
    })
}

fn order(document: &Document<'_>) -> Result<Order, ChangeError> {
    let kind = Kind::ALL
        .into_iter()
        .find(|kind| kind.type_name() == document.type_name)
        .ok_or(ChangeError::UnknownType)?;
    let parameters = document.parameters.get();
    Ok(match kind {
        Kind::Import => {
            if document.targets.get() != "[]" {
                return Err(ChangeError::Unreadable { member: "targets" });
            }
            let read: ImportDocument = serde_json::from_str(parameters)?;
            Order::Import(Import {
                count: read.count,
                root: digest("root", &read.root)?,
                skipped: read.skipped,
                name: read.name,
                replaces: read.replaces,
            })
        }
        Kind::Suspend => {
            let read: SuspendDocument = serde_json::from_str(parameters)?;
            Order::Suspend {
                targets: targets(document.targets)?,
                until: optional_time("until", read.until)?,
                seal: read.seal,
            }
        }
        Kind::Revoke => {
            let read: RevokeDocument = serde_json::from_str(parameters)?;
            Order::Revoke { targets: targets(document.targets)?, seal: read.seal }
        }
        Kind::Reactivate => {
            let read: ReactivateDocument = serde_json::from_str(parameters)?;
            Order::Reactivate {
                targets: targets(document.targets)?,
                override_security: read.override_security,
                woken: read.woken,
            }
        }
        fact => {
            let listed: Vec<TargetDocument> = serde_json::from_str(document.targets.get())?;
            let about: Result<_, _> = listed.into_iter().map(target).collect();
            Order::Fact(Box::new(Fact::read(fact, about?, parameters)?))
        }
    })
}

fn targets(raw: &RawValue) -> Result<Targets, ChangeError> {
    if raw.get().starts_with('[') {
        let listed: Vec<TargetDocument> = serde_json::from_str(raw.get())?;
        let listed: Result<_, _> = listed.into_iter().map(target).collect();
        return TargetList::new(listed?).map(Targets::Listed);
    }
    let cascade: CascadeDocument = serde_json::from_str(raw.get())?;
    let spared: Result<_, _> = cascade.except.into_iter().map(spare).collect();
    Ok(Targets::Cascade(Cascade {
        root: target(cascade.root)?,
        count: cascade.count,
        digest: digest("digest", &cascade.digest)?,
        among: cascade.among,
        spared: spared?,
    }))
}

fn spare(document: SpareDocument) -> Result<Spare, ChangeError> {
    let kept = Cascade {
        root: target(document.root)?,
        count: document.count,
        digest: digest("digest", &document.digest)?,
        among: None,
        spared: Vec::new(),
    };
    let adopt = Adopt { parent: target(document.parent)?, capabilities: document.capabilities };
    Ok(Spare { kept: Box::new(kept), adopt })
}

fn target(document: TargetDocument) -> Result<Target, ChangeError> {
    let did = Did::parse(&document.did).map_err(|_| ChangeError::Unreadable { member: "did" })?;
    Ok(Target { did, version: document.version })
}

fn digest(member: &'static str, text: &str) -> Result<Digest32, ChangeError> {
    hex::decode_digest(text).ok_or(ChangeError::Unreadable { member })
}

fn time(member: &'static str, text: &str) -> Result<Time, ChangeError> {
    Time::parse(text).map_err(|_| ChangeError::Unreadable { member })
}

fn optional_time(member: &'static str, text: Option<String>) -> Result<Option<Time>, ChangeError> {
    text.map(|text| time(member, &text)).transpose()
}
