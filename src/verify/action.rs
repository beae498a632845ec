//! The action itself: is it granted, and is the registry fresh enough to say so?

use super::authenticate::Caller;
use super::ground::Ground;
use super::request::Basis;
use crate::delegation::Denial;
use crate::policy::ActionClass;
use crate::registry::Registry;
use crate::time::Time;

/// Whether the registry is young enough for the action's class.
pub(super) fn fresh(basis: &Basis<'_>, class: &ActionClass, now: Time) -> Result<(), Denial> {
    let age = now.since(basis.as_of);
    if age <= class.staleness {
        return Ok(());
    }
    let expected =
        format_args!("a registry of at most {} s for {}", class.staleness.as_seconds(), class.name);
    Err(Ground::Stale.denies(expected, format_args!("{} s", age.as_seconds())))
}

/// Whether the last token grants the action, or, without one, the root holds it.
pub(super) fn granted(caller: &Caller, registry: &Registry, action: &str) -> Result<(), Denial> {
    let leaf = caller.tokens().last().map(|token| &token.claims().scope);
    let granted = match (leaf, caller.rows.last()) {
        (Some(scope), _) => scope.allows(action),
        (None, Some(row)) => registry.agent(*row).allows(action),
        (None, None) => false,
    };
    if granted {
        return Ok(());
    }
    Err(Ground::NotGranted.denies(action, leaf.map_or("what the root holds", |scope| scope.as_str())))
}
