//! The humans who answer for agents.

use crate::change::{OnSponsor, What};

use super::{FactReceipt, Warden, WardenError, Word};

impl Warden {
    /// Says something about a sponsor; addresses enter the log as commitments.
    ///
    /// # Errors
    /// [`WardenError`]; everything is as before.
    pub fn sponsor(&mut self, step: OnSponsor, word: Word<'_>) -> Result<FactReceipt, WardenError> {
        self.say(None, What::Sponsor(step), word)
    }
}
