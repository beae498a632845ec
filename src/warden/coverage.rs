//! Which agents nobody asked about.

use crate::registry::{Judgement, State};
use crate::time::Time;
use crate::wire::CoverageLine;

use super::{Warden, WardenError};

/// So many agents are named.
const NAMED: usize = 1000;

impl Warden {
    /// The active agents that made no request that was judged from `since` on; contacts are left empty.
    ///
    /// # Errors
    /// [`WardenError`] when the decision log cannot be read.
    pub fn coverage(&mut self, since: Time) -> Result<CoverageLine, WardenError> {
        let callers =
            self.decided()?.map(|decisions| decisions.callers(since, false)).transpose()?.unwrap_or_default();
        let registry = self.registry();
        let judgement = Judgement::of(registry, self.now());
        let active = registry.rows().filter(|row| judgement.state(*row) == State::Active);
        let (mut count, mut unseen, mut unseen_agents) = (0_u64, 0_u64, Vec::new());
        for row in active {
            count = count.saturating_add(1);
            let did = registry.agent(row).did().to_string();
            if !callers.contains(&did) {
                unseen = unseen.saturating_add(1);
                unseen_agents.extend(Some(did).filter(|_| unseen_agents.len() < NAMED));
            }
        }
        Ok(CoverageLine {
            since: since.to_string(),
            active: count,
            unseen,
            unseen_agents,
            points: Vec::new(),
            unsigned: Vec::new(),
            counted_since: None,
        })
    }
}
