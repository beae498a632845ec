//! Texts that name people leave a change before it has bytes: commitments stay, and what opens them lies beside the log.

use std::ops::ControlFlow;

use super::fold::read_entry;
use super::{Warden, WardenError};
use crate::change::{Fact, FactError, LockOn, Order, Payload, PersonalText, What};
use crate::registry::LockTarget;
use crate::store::Transaction;

impl Warden {
    /// What is said as it enters the log, and what opens the commitments in it.
    pub(super) fn hide(&mut self, what: &What) -> Result<(What, Vec<Vec<u8>>), WardenError> {
        let mut hidden = what.clone();
        if let What::Unlock(LockOn::Sponsor(sponsor)) = &mut hidden
            && let Some(locked) = self.as_locked(sponsor)?
        {
            *sponsor = locked;
            return Ok((hidden, Vec::new()));
        }
        // Behind a commitment nobody sees that a text is blank, or too long.
        (Fact { about: None, what: hidden.clone() }).check_texts()?;
        let openings = hidden.conceal(|| self.entropy.bits()).ok_or(WardenError::NoEntropy)?;
        Ok((hidden, openings))
    }

    /// The sponsor as the lock has it: when both are forgotten, the one still lifts the other.
    fn as_locked(&mut self, sponsor: &PersonalText) -> Result<Option<PersonalText>, WardenError> {
        let Some(text) = sponsor.clear() else { return Ok(None) };
        let target = LockTarget::Sponsor(text.to_owned());
        let Some(lock) = self.state.registry.facts().locks.get(&target) else { return Ok(None) };
        let mut locked = Ok(None);
        self.store.read()?.entries(lock.index, &mut |row| {
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
}

/// Keeps what opens the commitments of a change. A commitment that nothing opens would say what nobody can read.
///
/// # Errors
/// [`FactError::Unopened`].
pub(super) fn keep(
    transaction: &mut dyn Transaction,
    payload: &Payload,
    openings: &[Vec<u8>],
) -> Result<(), WardenError> {
    for opening in openings {
        transaction.put_text(opening)?;
    }
    for commitment in payload.commitments() {
        if transaction.view().text(&commitment)?.is_none() {
            return Err(FactError::Unopened.into());
        }
    }
    Ok(())
}
