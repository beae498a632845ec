//! Cases: what is done for one reason, by whom, and what it holds until it is closed.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use imbl::{HashMap, OrdMap, Vector};

use super::{Registry, Row};
use crate::identity::Status;
use crate::time::Time;

/// The name of a case: `C-` and the log index of the entry that opened it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseId(u64);

/// One case, as its entries made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its name.
    pub id: CaseId,
    /// What it is about.
    pub title: String,
    /// Who opened it.
    pub opened_by: String,
    /// When.
    pub opened: Time,
    /// Who answers for it.
    pub owner: String,
    /// Who works on it, the owner included.
    pub people: BTreeSet<String>,
    /// The entry that closed it, and when.
    pub closed: Option<(u64, Time)>,
    /// The log indexes of its entries, the opening first.
    pub entries: Vector<u64>,
}

/// All cases of a log.
#[derive(Clone, Default)]
pub struct Cases {
    by_id: OrdMap<CaseId, Arc<Case>>,
    /// Of an entry under a case: the case, and who ordered the entry.
    behind: HashMap<u64, (CaseId, Arc<str>)>,
}

impl CaseId {
    /// The case that the entry `index` opened.
    pub const fn of(index: u64) -> Self {
        Self(index)
    }

    /// The log index of the entry that opened it.
    pub const fn index(self) -> u64 {
        self.0
    }

    /// Reads `C-7`, and no other spelling of it.
    pub fn parse(text: &str) -> Option<Self> {
        let id = Self(text.strip_prefix("C-")?.parse().ok()?);
        (id.to_string() == text).then_some(id)
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "C-{}", self.0)
    }
}

impl Case {
    /// Whether nobody has closed it.
    pub const fn is_open(&self) -> bool {
        self.closed.is_none()
    }
}

impl Cases {
    /// The case of this name.
    pub fn get(&self, id: CaseId) -> Option<&Case> {
        self.by_id.get(&id).map(AsRef::as_ref)
    }

    /// All cases, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Case> {
        self.by_id.values().map(AsRef::as_ref)
    }

    /// The open case under which an entry was made, and who ordered it.
    pub fn behind(&self, index: u64) -> Option<(CaseId, &str)> {
        if self.behind.is_empty() {
            return None;
        }
        let (id, who) = self.behind.get(&index)?;
        self.get(*id).filter(|case| case.is_open()).map(|_| (*id, &**who))
    }

    /// Opens a case.
    pub fn open(&mut self, case: Case) {
        self.by_id.insert(case.id, Arc::new(case));
    }

    /// Changes a case; nothing happens to one that is not there.
    pub fn change(&mut self, id: CaseId, change: impl FnOnce(&mut Case)) {
        if let Some(case) = self.by_id.get_mut(&id) {
            change(Arc::make_mut(case));
        }
    }

    /// Keeps that an entry was made under a case, and by whom; whoever acts takes part.
    pub fn record(&mut self, id: CaseId, index: u64, who: &str) {
        self.change(id, |case| {
            case.entries.push_back(index);
            case.people.insert(who.to_owned());
        });
        self.behind.insert(index, (id, who.into()));
    }
}

impl Registry {
    /// The open case that holds an agent's suspension although its time is up.
    pub fn due(&self, row: Row, now: Time) -> Option<CaseId> {
        let hot = self.columns.hot(row.index());
        if hot.status != Status::Suspended || !hot.lapsed(now.micros()) {
            return None;
        }
        self.facts.cases.behind(hot.put_by()?).map(|(id, _)| id)
    }

    /// The agents whose suspension under a case has ended, or ends by `by`, in registration order.
    pub fn ending(&self, case: CaseId, by: Time) -> Vec<Row> {
        let ends = |row: &Row| {
            let hot = self.columns.hot(row.index());
            hot.status == Status::Suspended
                && hot.lapsed(by.micros())
                && hot
                    .put_by()
                    .and_then(|index| self.facts.cases.behind(index))
                    .is_some_and(|(id, _)| id == case)
        };
        self.rows().filter(ends).collect()
    }
}
