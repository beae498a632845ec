//! One state of a registry, to be looked at while the next one is made.

use std::path::PathBuf;

use crate::audit::LogName;
use crate::registry::Registry;
use crate::store::Head;

/// What kind of place a registry lives in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A data directory.
    Directory(PathBuf),
    /// The copy of a registry file: nobody enforces what is done here.
    OfflineCopy(PathBuf),
    /// The demo mesh, gone when the program ends.
    Demo,
}

/// One state: cheap to make, never changing.
#[derive(Clone)]
pub struct Snapshot {
    /// The agents.
    pub registry: Registry,
    /// The end of the log that made them.
    pub head: Head,
    /// Where they live.
    pub kind: Kind,
    /// The log's name.
    pub log: LogName,
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Snapshot({} agents, {} entries)", self.registry.len(), self.head.size)
    }
}
