//! What only a running verifier knows, and nothing proves.

use serde::de::DeserializeOwned;

use super::{Aside, UpstreamError, Warden, WardenError};
use crate::wire::EnforcedLine;

impl Warden {
    /// Who has confirmed an entry; none where the log lies here, since only a running verifier hears of it.
    ///
    /// # Errors
    /// [`WardenError::Upstream`].
    pub fn enforced(&mut self, index: u64) -> Result<Option<EnforcedLine>, WardenError> {
        match &mut self.elsewhere {
            Some(elsewhere) => Ok(Some(elsewhere.upstream.enforced(index)?)),
            None => self.told(&format!("/v1/receipts/{index}")),
        }
    }

    /// What only the verifier knows and nothing proves, read as what it should be; none where the log lies here.
    ///
    /// # Errors
    /// [`WardenError::Upstream`].
    pub fn told<T: DeserializeOwned>(&mut self, path: &str) -> Result<Option<T>, WardenError> {
        let (url, document) = match (&mut self.elsewhere, &mut self.aside) {
            (Some(elsewhere), _) => {
                let document = elsewhere.upstream.document(path)?;
                (elsewhere.upstream.url(), document)
            }
            (None, Some(aside)) => {
                let document = aside.document(path)?;
                (aside.url(), document)
            }
            (None, None) => return Ok(None),
        };
        let unreadable = |error: serde_json::Error| UpstreamError::Unreachable {
            url: url.to_owned(),
            problem: format!("{path} is not what it should be: {error}"),
        };
        Ok(Some(serde_json::from_value(document).map_err(unreadable)?))
    }

    /// Another line to the verifier that this warden follows.
    pub fn aside(&self) -> Option<Box<dyn Aside>> {
        self.elsewhere.as_ref().and_then(|elsewhere| elsewhere.upstream.aside())
    }

    /// From now on this replica, which follows nobody, asks on that line.
    pub fn ask_aside(&mut self, aside: Box<dyn Aside>) {
        self.aside = Some(aside);
    }
}
