//! A payload from canonical bytes, as nearly all are: in one go, and not written again.

use super::{Cascade, ChangeId, Fact, Kind, Order, Payload, Target, TargetList, Targets};
use crate::encoding::scan::Scan;
use crate::encoding::{canonical, hex};
use crate::identity::Did;
use crate::time::Time;

/// Reads a payload that is spelled as it is written; `None` says nothing. The rules of its fields are not judged.
pub(super) fn payload(bytes: &[u8]) -> Option<Payload> {
    let mut scan = Scan::of(bytes)?;
    scan.token("{\"actor\":")?;
    let actor = scan.text()?.to_owned();
    let break_glass = scan.has(",\"break_glass\":true");
    let case = match scan.has(",\"case\":") {
        true => Some(scan.text()?.to_owned()),
        false => None,
    };
    scan.token(",\"created\":")?;
    let created = Time::parse_exact(scan.text()?)?;
    let expires = match scan.has(",\"expires\":") {
        true => Some(Time::parse_exact(scan.text()?)?),
        false => None,
    };
    scan.token(",\"id\":")?;
    let id = ChangeId::parse(scan.text()?)?;
    scan.token(",\"parameters\":")?;
    let parameters = scan.object()?;
    scan.token(",\"reason\":")?;
    let reason = scan.text()?.to_owned();
    scan.token(",\"targets\":")?;
    let targets = match scan.has("[]") {
        true => None,
        false => Some(targets(&mut scan)?),
    };
    scan.token(",\"type\":")?;
    let name = scan.text()?;
    scan.token("}")?;
    scan.end()?;
    let kind = Kind::ALL.into_iter().find(|kind| kind.type_name() == name)?;
    let order = order(kind, targets, parameters)?;
    Some(Payload { id, actor, order, reason, case, created, expires, break_glass })
}

fn order(kind: Kind, targets: Option<Targets>, parameters: &str) -> Option<Order> {
    let mut scan = Scan::of_text(parameters);
    let order = match kind {
        Kind::Import => return None,
        Kind::Suspend | Kind::Revoke => {
            scan.token("{\"seal\":")?;
            let (targets, seal) = (targets?, scan.flag()?);
            match kind == Kind::Suspend {
                true => Order::Suspend { targets, until: until(&mut scan)?, seal },
                false => Order::Revoke { targets, seal },
            }
        }
        Kind::Reactivate => {
            scan.token("{\"override_security\":")?;
            let (targets, override_security) = (targets?, scan.flag()?);
            let woken = match scan.has(",\"woken\":") {
                true => Some(scan.integer()?),
                false => None,
            };
            Order::Reactivate { targets, override_security, woken }
        }
        _ => return fact(kind, targets, parameters),
    };
    scan.token("}")?;
    scan.end()?;
    Some(order)
}

#[allow(clippy::option_option, reason = "that there is none is no failure")]
fn until(scan: &mut Scan<'_>) -> Option<Option<Time>> {
    match scan.has(",\"until\":") {
        true => Time::parse_exact(scan.text()?).map(Some),
        false => Some(None),
    }
}

/// Only the parameters are written again.
fn fact(kind: Kind, targets: Option<Targets>, parameters: &str) -> Option<Order> {
    let about = match targets {
        None => Vec::new(),
        Some(Targets::Listed(list)) => list.as_slice().to_vec(),
        Some(Targets::Cascade(_)) => return None,
    };
    let fact = Fact::read(kind, about, parameters).ok()?;
    let again = canonical::to_bytes(&fact.parameters().ok()?).ok()?;
    (again == parameters.as_bytes()).then(|| Order::Fact(Box::new(fact)))
}

fn targets(scan: &mut Scan<'_>) -> Option<Targets> {
    if scan.has("[") {
        let mut listed = vec![target(scan)?];
        while scan.has(",") {
            listed.push(target(scan)?);
        }
        scan.token("]")?;
        return listed
            .is_sorted_by(|one, next| one.did < next.did)
            .then(|| TargetList::new(listed).ok().map(Targets::Listed))?;
    }
    scan.token("{")?;
    let among = match scan.has("\"among\":") {
        true => Some(scan.integer().filter(|_| scan.has(","))?),
        false => None,
    };
    scan.token("\"count\":")?;
    let count = scan.integer()?;
    scan.token(",\"digest\":")?;
    let digest = hex::decode_digest(scan.text()?)?;
    scan.token(",\"root\":")?;
    let root = target(scan)?;
    scan.token("}")?;
    Some(Targets::Cascade(Cascade { root, count, digest, among, spared: Vec::new() }))
}

fn target(scan: &mut Scan<'_>) -> Option<Target> {
    scan.token("{\"did\":")?;
    let did = Did::parse(scan.text()?).ok()?;
    scan.token(",\"version\":")?;
    let version = scan.integer()?;
    scan.token("}")?;
    Some(Target { did, version })
}
