//! Which agents nobody asked about.

use crate::registry::Judgement;
use crate::time::Time;
use crate::wire::CoverageLine;

use super::{Warden, WardenError};

impl Warden {
    /// The active agents that made no request that was judged from `since` on; contacts are left empty.
    ///
    /// # Errors
    /// [`WardenError`] when the decision log cannot be read.
    pub fn coverage(&mut self, since: Time) -> Result<CoverageLine, WardenError> {
        let judged =
            self.decided()?.map(|decisions| decisions.callers(since, false)).transpose()?.unwrap_or_default();
        let registry = self.registry();
        Ok(CoverageLine::of(registry, &Judgement::of(registry, self.now()), &judged, since))
    }
}
