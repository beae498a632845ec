//! A frozen plan becomes an entry, or is refused because the world moved on.

use crate::change::{ChangeId, Difference, Frozen, Payload, Spare, apply};
use crate::identity::Did;
use crate::time::Time;

use super::import::append;
use super::{Warden, WardenError, now};

/// Proof that a change lasts: it is answered only after the disk has the entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Its place in the log.
    pub index: u64,
    /// When it was carried out.
    pub time: Time,
    /// What was done.
    pub verb: &'static str,
    /// The agent, or the top of the subtree.
    pub did: Did,
    /// How many agents changed, the root included.
    pub count: usize,
    /// Descendants that appeared after the dialog was shown and fell with the root that it sealed.
    pub newcomers: Vec<Did>,
    /// Who was adopted, and by whom, instead of falling.
    pub spared: Vec<Spare>,
}

/// Why a plan did not become an entry.
#[derive(Debug, thiserror::Error)]
pub enum Rejection {
    /// The targets changed since they were shown; nothing was done.
    #[error("{} of the agents shown changed meanwhile", .0.len())]
    Stale(Vec<Difference>),
    /// All agents were replaced by another import since they were shown; nothing was done.
    #[error("all agents were replaced by another import meanwhile")]
    Replaced,
    /// Something else stands against it; nothing was done.
    #[error(transparent)]
    Failed(#[from] WardenError),
}

impl Rejection {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Stale(_) | Self::Replaced => "stale_plan",
            Self::Failed(error) => error.code(),
        }
    }
}

impl Warden {
    /// Carries out exactly what `frozen` names; `rows_shown` is how many rows there were when it was shown.
    ///
    /// # Errors
    /// [`Rejection::Stale`] when a target changed, [`Rejection::Failed`] otherwise; nothing was done.
    pub fn commit(
        &mut self,
        frozen: &Frozen,
        rows_shown: usize,
        reason: &str,
        actor: &str,
    ) -> Result<Receipt, Rejection> {
        let id = ChangeId::from_bits(self.entropy.bits().ok_or(WardenError::NoEntropy)?);
        let mut transaction = self.store.begin().map_err(WardenError::from)?;
        let mut state = self.state.clone();
        state.catch_up(transaction.view())?;
        let time = now(&*self.clock, &state.head);
        if state.registry.generation() != frozen.generation {
            drop(transaction);
            self.state = state;
            return Err(Rejection::Replaced);
        }
        let fresh = frozen.afresh(&state.registry, time).map_err(WardenError::from)?;
        let differences = frozen.differences(&fresh, &state.registry, rows_shown);
        if !differences.is_empty() {
            drop(transaction);
            self.state = state;
            return Err(Rejection::Stale(differences));
        }
        let index = state.head.size;
        let payload = Payload {
            id,
            actor: actor.to_owned(),
            order: fresh.order(&state.registry),
            reason: reason.to_owned(),
            case: None,
            created: time,
            expires: None,
        };
        let touched = apply(&mut state.registry, &payload, index, time)
            .map_err(|error| WardenError::Fold { index, error })?;
        state.registry.relink();
        append(&mut *transaction, &self.meta.log, index, time, &payload)?;
        for row in &touched {
            transaction
                .put_standing(state.stored_row(*row), &state.registry.standing(*row))
                .map_err(WardenError::from)?;
        }
        state.head = transaction.commit().map_err(WardenError::from)?;
        let newcomers = touched
            .iter()
            .filter(|row| row.index() >= rows_shown)
            .map(|row| state.registry.agent(*row).did())
            .collect();
        self.state = state;
        Ok(Receipt {
            index,
            time,
            verb: frozen.request.verb.as_str(),
            did: frozen.request.did.clone(),
            count: fresh.members.len(),
            newcomers,
            spared: fresh.spared,
        })
    }
}
