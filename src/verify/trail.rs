//! The checks of one judgement, in the order in which they were made.

use std::borrow::Cow;

use super::checks::Check;
use crate::delegation::Denial;
use crate::encoding::Digest32;
use crate::identity::Did;

/// What has been found so far.
pub(super) struct Trail {
    pub checks: Vec<Check>,
    /// Whose key signed the proof, once that is sure.
    pub caller: Option<Did>,
    /// The digest of the last token, once it is sure who asks.
    pub token: Option<Digest32>,
}

impl Trail {
    pub(super) fn new() -> Self {
        Self { checks: Vec::with_capacity(128), caller: None, token: None }
    }

    /// Notes a check; a denial without a hop gets the check's.
    pub(super) fn step<T>(
        &mut self,
        name: &'static str,
        hop: Option<u32>,
        answer: Result<T, Denial>,
    ) -> Result<T, Denial> {
        let answer = answer.map_err(|denial| Denial { hop: denial.hop.or(hop), ..denial });
        let hop = answer.as_ref().map_or_else(|denial| denial.hop, |_| hop);
        self.checks.push(Check { name: Cow::Borrowed(name), hop, passed: answer.is_ok() });
        answer
    }
}
