//! A log that was brought back from a backup says so itself.

use serde::{Deserialize, Serialize};

use super::spelled::as_hex;
use crate::encoding::Digest32;

/// From here on the log is another one than it was: what came after the backup is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Restore {
    /// How many entries the backup had, and their root.
    pub kept: Extent,
    /// How many entries the log is known to have had, and their root; nothing when nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost: Option<Extent>,
}

/// The length of a log, and its root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extent {
    /// How many entries.
    pub size: u64,
    /// Their Merkle root.
    #[serde(with = "as_hex")]
    pub root: Digest32,
}
