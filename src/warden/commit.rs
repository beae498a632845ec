//! A frozen plan becomes an entry, or is refused because the world moved on.

use crate::change::{Difference, Frozen, Spare};
use crate::identity::Did;
use crate::time::Time;

use super::submit::Beside;
use super::{Drafted, Waits, Warden, WardenError, Word};

/// Proof that a change lasts: it is answered only after the disk has the entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Its place in the log.
    pub index: u64,
    /// When it was carried out.
    pub time: Time,
    /// What was done.
    pub verb: &'static str,
    /// The agent, the top of the subtree, or the first of a list.
    pub did: Did,
    /// Whether it is a list of agents, each alone.
    pub listed: bool,
    /// How many agents changed, the root included.
    pub count: usize,
    /// Descendants that appeared after the dialog was shown and fell with the root that it sealed.
    pub newcomers: Vec<Did>,
    /// Who was adopted, and by whom, instead of falling.
    pub spared: Vec<Spare>,
    /// What it waits for; until then the agents are only held back.
    pub waits: Option<Waits>,
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
    /// What is signed is what was shown: of a subtree that is contained, whoever appeared since falls too, and is named.
    ///
    /// # Errors
    /// [`Rejection::Stale`] when a target changed, [`Rejection::Failed`] otherwise; nothing was done.
    pub fn commit(
        &mut self,
        frozen: &Frozen,
        rows_shown: usize,
        word: Word<'_>,
    ) -> Result<Receipt, Rejection> {
        let drafted = self.draft_commit(frozen, rows_shown, word)?;
        self.carry_out(frozen, rows_shown, &drafted)
    }

    /// Signs and carries out what was drafted of what was shown.
    pub(super) fn carry_out(
        &mut self,
        frozen: &Frozen,
        rows_shown: usize,
        drafted: &Drafted,
    ) -> Result<Receipt, Rejection> {
        let (payload, shown) = drafted.payloads();
        let change = self.sign(payload, shown)?;
        let taken = match self.take(&change, payload, Beside::default()) {
            Ok(taken) => taken,
            Err(error) => {
                // Somebody was faster while this was signed.
                self.state.catch_up(&*self.store.read().map_err(WardenError::from)?)?;
                self.still_as_shown(frozen, rows_shown)?;
                return Err(error.into());
            }
        };
        let newcomers = taken.touched.iter().filter(|row| row.index() >= rows_shown);
        // Who is adopted is touched, and does not fall.
        let adopted = |row: &&crate::registry::Row| {
            let registry = &self.state.registry;
            **row != frozen.root && registry.agent(**row).put_by() != Some(taken.index)
        };
        let adopted = if frozen.spared.is_empty() { 0 } else { taken.touched.iter().filter(adopted).count() };
        Ok(Receipt {
            index: taken.index,
            time: taken.time,
            verb: frozen.request.verb.as_str(),
            did: frozen.request.did.clone(),
            listed: !frozen.request.others.is_empty(),
            count: taken.touched.len().saturating_sub(adopted),
            newcomers: newcomers.map(|row| self.state.registry.agent(*row).did()).collect(),
            spared: frozen.spared.clone(),
            waits: taken.waits,
        })
    }

    /// Whether the agents are still those that were shown.
    pub(super) fn still_as_shown(&self, frozen: &Frozen, rows_shown: usize) -> Result<(), Rejection> {
        let registry = &self.state.registry;
        if registry.generation() != frozen.generation {
            return Err(Rejection::Replaced);
        }
        let fresh = frozen.afresh(registry, self.now()).map_err(WardenError::from)?;
        let differences = frozen.differences(&fresh, registry, rows_shown);
        if differences.is_empty() { Ok(()) } else { Err(Rejection::Stale(differences)) }
    }
}
