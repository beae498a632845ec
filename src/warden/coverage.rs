//! Which agents nobody asked about, and who has confirmed what was ordered.

use serde::de::DeserializeOwned;

use crate::registry::{Judgement, State};
use crate::time::Time;
use crate::wire::{CoverageLine, EnforcedLine};

use super::{UpstreamError, Warden, WardenError};

/// So many agents are named.
const NAMED: usize = 1000;

impl Warden {
    /// Who has confirmed an entry; none where the log lies here, since only a running verifier hears of it.
    ///
    /// # Errors
    /// [`WardenError::Upstream`].
    pub fn enforced(&mut self, index: u64) -> Result<Option<EnforcedLine>, WardenError> {
        let Some(elsewhere) = &mut self.elsewhere else { return Ok(None) };
        Ok(Some(elsewhere.upstream.enforced(index)?))
    }

    /// What only the verifier knows and nothing proves, read as what it should be; none where the log lies here.
    ///
    /// # Errors
    /// [`WardenError::Upstream`].
    pub fn told<T: DeserializeOwned>(&mut self, path: &str) -> Result<Option<T>, WardenError> {
        let Some(elsewhere) = &mut self.elsewhere else { return Ok(None) };
        let document = elsewhere.upstream.document(path)?;
        let unreadable = |error: serde_json::Error| UpstreamError::Unreachable {
            url: elsewhere.upstream.url().to_owned(),
            problem: format!("{path} is not what it should be: {error}"),
        };
        Ok(Some(serde_json::from_value(document).map_err(unreadable)?))
    }

    /// The active agents that made no request that was judged from `since` on; contacts are left empty.
    ///
    /// # Errors
    /// [`WardenError`] when the decision log cannot be read.
    pub fn coverage(&mut self, since: Time) -> Result<CoverageLine, WardenError> {
        let callers =
            self.decided()?.map(|decisions| decisions.callers(since)).transpose()?.unwrap_or_default();
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
