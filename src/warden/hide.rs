//! Texts that name people leave a fact before it has bytes: commitments stay, and what opens them lies beside the log.

use std::ops::ControlFlow;

use super::fold::{State, read_entry};
use super::{Entropy, WardenError};
use crate::change::{Fact, LockOn, Order, PersonalText, What};
use crate::registry::LockTarget;
use crate::store::{Transaction, View};

/// The fact as it enters the log; what opens its commitments is put beside it.
///
/// # Errors
/// [`WardenError::Change`] for a text that is blank or too long.
pub(super) fn hide(
    transaction: &mut dyn Transaction,
    state: &State,
    mut fact: Fact,
    entropy: &mut dyn Entropy,
) -> Result<Fact, WardenError> {
    fact.check()?;
    if let What::Unlock(LockOn::Sponsor(sponsor)) = &mut fact.what
        && let Some(locked) = as_locked(transaction.view(), state, sponsor)?
    {
        *sponsor = locked;
        return Ok(fact);
    }
    let openings = fact.what.conceal(|| entropy.bits()).ok_or(WardenError::NoEntropy)?;
    for opening in openings {
        transaction.put_text(&opening)?;
    }
    Ok(fact)
}

/// The sponsor as the lock has it: when both are forgotten, the one still lifts the other.
fn as_locked(
    view: &dyn View,
    state: &State,
    sponsor: &PersonalText,
) -> Result<Option<PersonalText>, WardenError> {
    let Some(text) = sponsor.clear() else { return Ok(None) };
    let Some(lock) = state.registry.facts().locks.get(&LockTarget::Sponsor(text.to_owned())) else {
        return Ok(None);
    };
    let mut locked = Ok(None);
    view.entries(lock.index, &mut |row| {
        locked = read_entry(row.index, row.bytes).map(|(_, payload)| match payload.order {
            Order::Fact(fact) => match fact.what {
                What::Lock(LockOn::Sponsor(sponsor)) => Some(sponsor),
                _ => None,
            },
            _ => None,
        });
        ControlFlow::Break(())
    })?;
    locked
}
