//! Enforcement points and signal sources.

use crate::change::What;
use crate::change::operators::{Dismiss, Enrol};

use super::{FactReceipt, Warden, WardenError, Word};

impl Warden {
    /// Makes a program known by name.
    ///
    /// # Errors
    /// [`WardenError`]; nobody new is known.
    pub fn enrol(&mut self, enrol: Enrol, word: Word<'_>) -> Result<FactReceipt, WardenError> {
        self.say(None, What::Enrol(enrol), word)
    }

    /// Knows a program no more: nothing counts that it sends from now on.
    ///
    /// # Errors
    /// [`WardenError`]; it is known as before.
    pub fn dismiss(&mut self, name: String, word: Word<'_>) -> Result<FactReceipt, WardenError> {
        self.say(None, What::Dismiss(Dismiss { name }), word)
    }
}
