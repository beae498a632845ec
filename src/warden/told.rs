//! What only a running verifier knows, and nothing proves.

use serde::de::DeserializeOwned;

use super::{UpstreamError, Warden, WardenError};
use crate::wire::EnforcedLine;

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
}
