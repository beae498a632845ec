//! One line of a snapshot: a log with everything beside it, in the order in which a follower takes it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PieceLine {
    /// A record of the entry that comes next.
    Record {
        /// Its bytes.
        bytes: String,
        /// What opens the commitment to its personal texts, in base64; `null` when they are in it, or forgotten.
        opening: Option<String>,
        /// The commitment to personal texts that were forgotten, in hex.
        forgotten: Option<String>,
    },
    /// What opens a commitment of the entry that comes next, in base64.
    Text(String),
    /// The bytes of an entry.
    Entry(String),
    /// The signed head of all this: the last line.
    Checkpoint(String),
    /// There is more, and the caller wanted no more at once: the last line.
    More {
        /// How many entries the log has.
        entries: u64,
        /// How many records.
        records: u32,
    },
}
