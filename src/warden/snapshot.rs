//! One state of a registry, to be looked at while the next one is made.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::audit::LogName;
use crate::change::operators::Operators;
use crate::identity::Did;
use crate::policy::Policy;
use crate::registry::{Registry, Standing};
use crate::store::Head;
use crate::time::Time;

use super::Line;
use super::fold::State;

/// What kind of place a registry lives in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A data directory.
    Directory(PathBuf),
    /// The copy of a registry file: nobody enforces what is done here.
    OfflineCopy(PathBuf),
    /// The demo mesh, gone when the program ends.
    Demo,
    /// A verifier, whose log is followed.
    Verifier {
        /// Its URL.
        url: String,
        /// How it stands.
        line: Line,
        /// How many changes were signed that it has not answered for.
        spooled: usize,
    },
}

impl Kind {
    /// Whether the log is kept when the program ends, under a key of its own.
    pub const fn lasts(&self) -> bool {
        matches!(self, Self::Directory(_))
    }
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
    /// What changes made of agents that a later import left out.
    pub absent: Arc<BTreeMap<Did, Standing>>,
    /// The policy in force.
    pub policy: Arc<Policy>,
    /// Who may order what.
    pub operators: Arc<Operators>,
}

impl Snapshot {
    /// The time that counts when the clock says `clock`: never before the last entry.
    pub fn time(&self, clock: Time) -> Time {
        self.head.last_time.map_or(clock, |last| last.max(clock))
    }
}

impl State {
    /// This state, to be read by anyone.
    pub(super) fn snapshot(&self, kind: Kind) -> Snapshot {
        Snapshot {
            registry: self.registry.clone(),
            head: self.head,
            kind,
            log: self.log,
            absent: self.absent.clone(),
            policy: self.policy.clone(),
            operators: self.operators.clone(),
        }
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Snapshot({} agents, {} entries)", self.registry.len(), self.head.size)
    }
}
