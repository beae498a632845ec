//! Whom a containment leaves out: each is adopted, in the same entry, by somebody outside of what falls.

use super::error::ChangeError;
use super::grant::{self, Adopt, kept_below};
use super::plan::PlanError;
use super::targets::{Cascade, Target};
use super::{Order, Place, Targets};
use crate::delegation::MAX_DEPTH;
use crate::identity::Did;
use crate::registry::{Gift, Registry, Row};
use crate::time::Time;

/// A containment spares at most so many subtrees.
pub const MAX_SPARED: usize = 100;

/// Who is to be left out of a containment, with everybody below.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// The agent.
    pub did: Did,
    /// Who adopts it; without one the nearest agent above what falls that may delegate.
    pub by: Option<Did>,
}

/// An agent that is left out, frozen with everybody below it, and its adoption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spare {
    /// The agent, and everybody below it, who are left out with it.
    pub kept: Box<Cascade>,
    /// Who adopts it, and what it keeps.
    pub adopt: Adopt,
}

/// Freezes the exceptions of a containment of `root`.
pub(super) fn freeze(
    registry: &Registry,
    root: Row,
    except: &[Exception],
    now: Time,
) -> Result<Vec<Spare>, PlanError> {
    if except.len() > MAX_SPARED {
        return Err(PlanError::TooManySpared);
    }
    let mut tops: Vec<Row> = Vec::new();
    let spared = except.iter().map(|exception| {
        let find = |did: &Did| registry.find(did).ok_or_else(|| PlanError::Unknown(did.clone()));
        let row = find(&exception.did)?;
        if row == root || !below(registry, root, row) || tops.iter().any(|top| meet(registry, *top, row)) {
            return Err(PlanError::NotBelow { did: exception.did.clone(), root: registry.agent(root).did() });
        }
        tops.push(row);
        let parent = match &exception.by {
            Some(by) => find(by)?,
            None => clean_above(registry, root, now)
                .ok_or_else(|| PlanError::NoAdopter(registry.agent(root).did()))?,
        };
        if below(registry, root, parent) {
            return Err(PlanError::AdopterFalls(registry.agent(parent).did()));
        }
        let capabilities = kept_below(registry, row, parent);
        grant::judge_adoption(registry, MAX_DEPTH, (row, parent), &capabilities, now)
            .map_err(|error| PlanError::Adoption(Box::new(error)))?;
        let target =
            |row: Row| Target { did: registry.agent(row).did(), version: registry.agent(row).version() };
        let lineage = registry.lineage();
        let all = lineage.subtree(row).filter_map(|position| lineage.at(position)).map(target).collect();
        Ok(Spare {
            kept: Box::new(Cascade::of(target(row), all, None)),
            adopt: Adopt { parent: target(parent), capabilities },
        })
    });
    spared.collect()
}

/// The exceptions that a frozen cascade stands for.
pub(super) fn exceptions(targets: &Targets) -> Vec<Exception> {
    let Targets::Cascade(cascade) = targets else { return Vec::new() };
    let exception = |spare: &Spare| Exception {
        did: spare.kept.root.did.clone(),
        by: Some(spare.adopt.parent.did.clone()),
    };
    cascade.spared.iter().map(exception).collect()
}

/// Hangs the spared below those who adopt them; answers whose parent or capabilities were changed.
pub(super) fn adopt(registry: &mut Registry, spared: &[Spare], index: u64) -> Vec<Row> {
    let mut touched = Vec::new();
    for Spare { kept, adopt } in spared {
        let (row, parent) = (registry.find(&kept.root.did), registry.find(&adopt.parent.did));
        if let Some(row) = row.filter(|_| parent.is_some()) {
            let gift = Gift { capabilities: &adopt.capabilities, parent, index, gives: true };
            touched.extend(registry.bestow(row, &gift));
        }
    }
    touched
}

/// Writes again what an order about the status of agents says beside it: who was adopted.
pub fn recall_spared(registry: &mut Registry, order: &Order, place: Place<'_>) {
    if let Some(Targets::Cascade(cascade)) = order.targets() {
        adopt(registry, &cascade.spared, place.index);
    }
}

pub(super) fn check(order: &Order) -> Result<(), ChangeError> {
    let Some(Targets::Cascade(cascade)) = order.targets() else { return Ok(()) };
    let wakes = matches!(order, Order::Reactivate { .. });
    if cascade.spared.len() > MAX_SPARED || wakes && !cascade.spared.is_empty() {
        return Err(ChangeError::Unreadable { member: "except" });
    }
    cascade.spared.iter().try_for_each(|spare| grant::check(&spare.adopt.capabilities))
}

/// Whether an agent lies in the subtree of another, which is its own too.
fn below(registry: &Registry, top: Row, row: Row) -> bool {
    let lineage = registry.lineage();
    lineage.subtree(top).contains(&lineage.position(row))
}

fn meet(registry: &Registry, one: Row, other: Row) -> bool {
    below(registry, one, other) || below(registry, other, one)
}

/// The nearest agent above another that may delegate.
fn clean_above(registry: &Registry, row: Row, now: Time) -> Option<Row> {
    registry.upwards(row).skip(1).find(|above| registry.stop_of(*above, now).is_none())
}
