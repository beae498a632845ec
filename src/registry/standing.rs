//! What changes about an agent after it was registered.

use crate::identity::Status;
use crate::time::Time;

/// The part of an agent's state that changes write; everything else stays as it was registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The stored status.
    pub status: Status,
    /// The reason of the last suspension or revocation.
    pub reason: Option<String>,
    /// When the status last changed, or what the record said.
    pub updated_at: Time,
    /// The authority-log index of the last entry that changed status, key, capabilities, parent or expiry.
    pub version: u64,
    /// The log index of the change that put the agent into its present status; none if its record did.
    pub put_by: Option<u64>,
    /// When a suspension with a time to live ends.
    pub until: Option<Time>,
    /// From this log index on nothing registers, delegates, rotates or refreshes below the agent.
    pub sealed_at: Option<u64>,
}
