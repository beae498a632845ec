//! Words on agents.

use crate::change::{Tagging, What};
use crate::identity::Did;

use super::{FactReceipt, Warden, WardenError, Word};

impl Warden {
    /// Gives an agent tags, and takes others from it.
    ///
    /// # Errors
    /// [`WardenError`]; its tags are as before.
    pub fn tag(&mut self, did: &Did, tagging: Tagging, word: Word<'_>) -> Result<FactReceipt, WardenError> {
        self.say(Some(did), What::Tag(tagging), word)
    }
}
