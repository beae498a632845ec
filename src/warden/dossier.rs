//! What the logs say of one agent: what it asked, what others asked, and what was done to it.

use crate::audit::Decision;
use crate::identity::Did;
use crate::store::Calls;

use super::{History, Warden, WardenError};

/// So many entries that are about it are told.
const ENTRIES: usize = 200;

/// What the logs say of one agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dossier {
    /// The last verdicts in which it had a part, and its calls; none where no verdicts are kept.
    pub verdicts: Option<(Vec<Decision>, Calls)>,
    /// The entries that are about it, the newest first.
    pub history: History,
}

impl Warden {
    /// What the logs say of an agent; of the log of changes only what came before the entry `before`.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn dossier(&mut self, did: &Did, before: u64) -> Result<Dossier, WardenError> {
        let verdicts = match self.decided()? {
            None => None,
            Some(_) => Some((self.verdicts_of(did, None)?, self.calls(did, None)?)),
        };
        Ok(Dossier { verdicts, history: self.history(did, before, ENTRIES)? })
    }
}
