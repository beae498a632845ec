//! The fold: what an entry makes of the registry. The same entry on the same registry gives the same.

use super::operators::OperatorError;
use super::plan::{Frozen, changes_status};
use super::spare;
use super::{ChangeError, FactError, Payload, PlanError, Targets, Verb, request_of};
use crate::identity::{Status, names_security};
use crate::registry::{Registry, Row, Scope, Standing};
use crate::time::Time;

/// Why an entry does not follow from the log before it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FoldError {
    /// The order names what this program cannot carry out.
    #[error(transparent)]
    Order(#[from] ChangeError),
    /// The targets are not in a state that allows the order.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The targets are not at the versions that the change froze.
    #[error("the targets are not those that the change froze")]
    OtherTargets,
    /// An import is carried out by whoever holds its records, and a fact by [`settle`](super::settle).
    #[error("does not change the status of agents")]
    Import,
    /// The fact does not follow from the log before it.
    #[error(transparent)]
    Fact(#[from] FactError),
    /// Whoever signed it may not order it, or too few did.
    #[error(transparent)]
    Operator(#[from] OperatorError),
}

impl FoldError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Order(error) => error.code(),
            Self::Plan(error) => error.code(),
            Self::OtherTargets => "fold_other_targets",
            Self::Import => "fold_import",
            Self::Fact(error) => error.code(),
            Self::Operator(error) => error.code(),
        }
    }
}

/// Carries out the change of the entry `index` and answers whom it touched: the root, who falls with it, who is adopted.
///
/// # Errors
/// [`FoldError`]; the registry is as before.
pub fn apply(
    registry: &mut Registry,
    payload: &Payload,
    index: u64,
    time: Time,
) -> Result<Vec<Row>, FoldError> {
    let (request, except) = request_of(&payload.order)?.ok_or(FoldError::Import)?;
    // Whoever is stopped alone takes nobody along: only a subtree is looked for in the lineage.
    if request.scope == Scope::Subtree {
        registry.relink();
    }
    let frozen = Frozen::sparing(registry, request, &except, time)?;
    let among = match payload.order.targets() {
        Some(Targets::Cascade(cascade)) => cascade.among,
        _ => None,
    };
    if frozen.order(registry, among) != payload.order {
        return Err(FoldError::OtherTargets);
    }
    let touched: Vec<(Row, bool)> =
        frozen.members.iter().map(|(row, _)| (*row, changes_status(registry, &frozen, *row, time))).collect();
    let adopted = spare::adopt(registry, &frozen.spared, index);
    for (row, changes) in &touched {
        carry_out(registry, &frozen, payload, (*row, *changes), (index, time));
    }
    for row in &adopted {
        let standing = registry.standing(*row);
        registry.set_standing(*row, &Standing { version: index, ..standing });
    }
    Ok(touched.into_iter().map(|(row, _)| row).chain(adopted).collect())
}

fn carry_out(
    registry: &mut Registry,
    frozen: &Frozen,
    payload: &Payload,
    (row, changes): (Row, bool),
    (index, time): (u64, Time),
) {
    let mut standing = registry.standing(row);
    let before = standing.reason.take();
    let is_root = row == frozen.root_of(row);
    if changes {
        let (status, until) = match frozen.request.verb {
            Verb::Suspend { until } => (Status::Suspended, until),
            Verb::Revoke => (Status::Revoked, None),
            Verb::Reactivate { .. } => (Status::Active, None),
        };
        standing.status = status;
        standing.until = until;
        standing.put_by = Some(index);
        standing.updated_at = time;
        standing.reason = match frozen.request.verb {
            Verb::Reactivate { .. } => None,
            _ if is_root => Some(payload.reason.clone()),
            Verb::Suspend { .. } => Some(format!("Parent suspended: {}", payload.reason)),
            Verb::Revoke => Some(format!("Parent revoked: {}", payload.reason)),
        }
        .map(|reason| keep_guard(reason, before.as_deref()));
    }
    if !changes {
        standing.reason = before;
    }
    if is_root && frozen.request.verb.contains() && frozen.request.scope == Scope::Subtree {
        standing.sealed_at = Some(index);
    }
    if is_root && !frozen.request.verb.contains() {
        standing.sealed_at = None;
    }
    standing.version = index;
    registry.set_standing(row, &standing);
}

/// A harmless reason does not wash away that an agent was suspended for security.
fn keep_guard(reason: String, before: Option<&str>) -> String {
    match before {
        Some(before) if names_security(before) && !names_security(&reason) => {
            format!("{reason} (suspended for security before)")
        }
        _ => reason,
    }
}
