//! What operators give an agent and take from it: another parent, other capabilities.

use serde::{Deserialize, Serialize};

use super::error::ChangeError;
use super::spelled::as_target;
use super::{FactError, Target};
use crate::capability::{Held, WILDCARD};
use crate::delegation::MAX_DEPTH;
use crate::identity::Status;
use crate::registry::{Registry, Row, Rule, Stop};
use crate::time::Time;

/// The capabilities of one agent have at most this many bytes together.
const MAX_CAPABILITIES_BYTES: usize = 1024 * 1024;

/// Everything that an agent holds from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holding {
    /// Its capabilities.
    pub capabilities: Vec<String>,
}

/// Another parent for an agent, and everything that it holds from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adopt {
    /// The new parent, frozen by its version.
    #[serde(with = "as_target")]
    pub parent: Target,
    /// Its capabilities: no more than before, and no more than the parent may give.
    pub capabilities: Vec<String>,
}

/// Checks what can be seen of capabilities alone.
pub(super) fn check(capabilities: &[String]) -> Result<(), ChangeError> {
    let member = "capabilities";
    if capabilities.iter().any(|capability| capability.trim().is_empty()) {
        return Err(ChangeError::Blank { member });
    }
    let bytes = capabilities.iter().map(String::len).fold(0, usize::saturating_add);
    if bytes > MAX_CAPABILITIES_BYTES {
        return Err(ChangeError::TooLong { member, limit: MAX_CAPABILITIES_BYTES });
    }
    let mut sorted: Vec<&String> = capabilities.iter().collect();
    sorted.sort_unstable();
    match sorted.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
        true => Err(ChangeError::Unreadable { member }),
        false => Ok(()),
    }
}

/// What an agent holds, each once, in the order in which it holds it.
pub fn holding_of(registry: &Registry, row: Row) -> Vec<String> {
    let mut once: Vec<String> = Vec::new();
    for capability in registry.agent(row).capabilities() {
        if !once.iter().any(|known| known == capability) {
            once.push(capability.to_owned());
        }
    }
    once
}

/// What an agent may keep below another parent, in the order in which it holds it.
pub fn kept_below(registry: &Registry, row: Row, parent: Row) -> Vec<String> {
    let held = Held::new(registry.agent(parent).capabilities());
    let mut kept: Vec<String> = Vec::new();
    for capability in registry.agent(row).capabilities() {
        let stays = capability != WILDCARD && held.allows(capability);
        if stays && !kept.iter().any(|known| known == capability) {
            kept.push(capability.to_owned());
        }
    }
    kept
}

/// Whether an agent may hold this: its parent allows all of it, and the agent itself may act.
pub(super) fn judge_grant(
    registry: &Registry,
    row: Row,
    holding: &Holding,
    now: Time,
) -> Result<(), FactError> {
    may_act(registry, row, now)?;
    let agent = registry.agent(row);
    match agent.parent() {
        Some(parent) => within(registry, row, parent.row(), &holding.capabilities)?,
        None if agent.parent_did().is_some() => return Err(broken(registry, row, Rule::MissingParent)),
        None => {}
    }
    differs(registry, row, &holding.capabilities)
}

/// Whether this is less than what the agent holds.
pub(super) fn judge_narrowing(registry: &Registry, row: Row, holding: &Holding) -> Result<(), FactError> {
    no_more(registry, row, &holding.capabilities)?;
    differs(registry, row, &holding.capabilities)
}

/// Whether an agent may come below another parent; how broad a tree may be is for policy to say.
///
/// # Errors
/// [`FactError`]: the parent may not act or lies below the agent, a lock holds the agent or it is revoked, it would hold
/// more than before or than the parent may give, or the tree would be too deep.
pub(super) fn judge_adoption(
    registry: &Registry,
    most_depth: u32,
    (row, parent): (Row, Row),
    capabilities: &[String],
    now: Time,
) -> Result<(), FactError> {
    may_act(registry, parent, now)?;
    let did = || registry.agent(row).did();
    if registry.upwards(parent).any(|above| above == row) {
        return Err(FactError::Loop { did: did(), parent: registry.agent(parent).did() });
    }
    if let Some(lock) = registry.lock_on(row, now) {
        return Err(FactError::Stopped { did: did(), stop: Stop::Locked(Box::new(lock.clone())) });
    }
    if registry.agent(row).status(now) == Status::Revoked {
        let stop = Stop::State(registry.verdict_at(row, now));
        return Err(FactError::Stopped { did: did(), stop });
    }
    if registry.agent(row).parent().is_some_and(|now| now.row() == parent) {
        return Err(FactError::Same(did()));
    }
    no_more(registry, row, capabilities)?;
    within(registry, row, parent, capabilities)?;
    let depth = registry.agent(parent).depth().saturating_add(1).saturating_add(registry.height(row));
    if depth > most_depth.min(MAX_DEPTH) {
        return Err(broken(registry, row, Rule::DepthLimitExceeded));
    }
    Ok(())
}

fn may_act(registry: &Registry, row: Row, now: Time) -> Result<(), FactError> {
    match registry.stop_of(row, now) {
        None => Ok(()),
        Some(stop) => Err(FactError::Stopped { did: registry.agent(row).did(), stop }),
    }
}

fn broken(registry: &Registry, row: Row, rule: Rule) -> FactError {
    FactError::Broken { did: registry.agent(row).did(), rule }
}

/// `*` is never delegated, and a child holds what its parent allows (IDT 15.1).
fn within(registry: &Registry, row: Row, parent: Row, capabilities: &[String]) -> Result<(), FactError> {
    if capabilities.iter().any(|capability| capability == WILDCARD) {
        return Err(broken(registry, row, Rule::WildcardDelegated));
    }
    let held = Held::new(registry.agent(parent).capabilities());
    match capabilities.iter().all(|capability| held.allows(capability)) {
        true => Ok(()),
        false => Err(broken(registry, row, Rule::CapabilityEscalation)),
    }
}

fn no_more(registry: &Registry, row: Row, capabilities: &[String]) -> Result<(), FactError> {
    let agent = registry.agent(row);
    let held = Held::new(agent.capabilities());
    match capabilities.iter().find(|capability| !held.allows(capability)) {
        None => Ok(()),
        Some(capability) => Err(FactError::GivesMore { did: agent.did(), capability: capability.clone() }),
    }
}

fn differs(registry: &Registry, row: Row, capabilities: &[String]) -> Result<(), FactError> {
    let agent = registry.agent(row);
    match agent.capabilities().eq(capabilities.iter().map(String::as_str)) {
        true => Err(FactError::Same(agent.did())),
        false => Ok(()),
    }
}
