//! Cases: opened, worked on, handed over, closed.

use crate::audit::Entry;
use crate::change::operators::OperatorError;
use crate::change::{OnCase, Payload, What};
use crate::registry::CaseId;

use super::fold::{read_entry, revealed};
use super::{FactReceipt, Warden, WardenError, Word};

impl Warden {
    /// Puts every change from now on under a case, unless it names another.
    pub fn work_under(&mut self, case: Option<String>) {
        self.under = case;
    }

    /// Takes a step of a case; the first one opens it, and names none.
    ///
    /// # Errors
    /// [`WardenError`]; the case is as before.
    pub fn case(
        &mut self,
        id: Option<CaseId>,
        step: OnCase,
        word: Word<'_>,
    ) -> Result<FactReceipt, WardenError> {
        if let OnCase::Handover { to } = &step
            && self.state.operators.held()
            && !self.state.operators.get(to).is_some_and(|person| person.active())
        {
            return Err(OperatorError::Unknown { name: to.clone() }.into());
        }
        let id = id.map(|id| id.to_string());
        self.say(None, What::Case(step), Word { case: id.as_deref(), ..word })
    }

    /// One entry with what it says, in clear as far as that is kept.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn entry(&mut self, index: u64) -> Result<Option<(Entry, Payload)>, WardenError> {
        let Some(bytes) = self.entry_bytes(index)? else { return Ok(None) };
        let (entry, payload) = read_entry(index, &bytes)?;
        let view = self.store.read()?;
        let payload = revealed(&*view, &payload)?.into_owned();
        Ok(Some((entry, payload)))
    }
}
