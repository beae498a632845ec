//! Backups, and how a directory is.

use serde::Serialize;

/// A backup: `backup --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BackupLine {
    /// Where it lies.
    pub path: String,
    /// The log's name.
    pub log: String,
    /// How many entries it has.
    pub entries: u64,
    /// When it was made.
    pub made: String,
    /// Its files.
    pub files: Vec<String>,
}

/// One thing that was looked at: `doctor --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FindingLine {
    /// What was looked at.
    pub check: &'static str,
    /// Whether nothing is to be done about it.
    pub well: bool,
    /// The stable code of what is wrong, if it has one.
    pub code: Option<&'static str>,
    /// How it is.
    pub found: String,
    /// What to do.
    pub advice: Option<String>,
}
