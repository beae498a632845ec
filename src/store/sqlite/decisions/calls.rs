//! Calls that are alike, counted.

use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;

use super::super::super::{Damage, StoreError};
use super::Decisions;
use super::index::ALLOWED;
use super::page::Line;
use crate::identity::Did;
use crate::time::Time;

/// So many groups of calls are told in each way.
const MOST_GROUPS: usize = 1000;

/// In which way an agent took part in calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// It asked.
    Made,
    /// It was asked for.
    Received,
    /// Others asked by a chain that goes through it.
    Through,
}

/// Calls that are alike, counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The agent's part in them.
    pub way: Way,
    /// The other agent: whom it asked for, if that is known, or who asked.
    pub other: Option<String>,
    /// The name that the verifier was asked under.
    pub audience: String,
    /// What to; cut as the index cuts it.
    pub resource: String,
    /// What was asked for.
    pub action: String,
    /// Whether it was allowed.
    pub allowed: bool,
    /// How often.
    pub count: u64,
    /// The first time.
    pub first: Time,
    /// The last time.
    pub last: Time,
}

/// What an agent had to do with, the latest first in each way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calls {
    /// Calls that are alike.
    pub calls: Vec<Call>,
    /// Whether there are more than are told.
    pub more: bool,
}

impl Way {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Received => "received",
            Self::Through => "through",
        }
    }
}

/// What calls have in common that are counted as one.
#[derive(PartialEq, Eq, Hash)]
struct Alike {
    way: Way,
    other: Option<String>,
    audience: String,
    resource: String,
    action: String,
    allowed: bool,
}

/// How many there were, and when.
struct Count {
    count: u64,
    first: i64,
    last: i64,
    /// Where the newest of them comes, the newest of all being the first.
    newest: usize,
}

impl Decisions {
    /// Whom an agent called, who called it, and who called by a chain through it, from a time on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn calls(&self, did: &Did, since: Option<Time>) -> Result<Calls, StoreError> {
        let (name, since) = (did.to_string(), since.map_or(i64::MIN, Time::micros));
        let (mut groups, mut seen) = (HashMap::new(), 0_usize);
        self.scan(|_, page| {
            let through = page.chains_of(|agent| agent == name);
            for line in page.lines().rev() {
                if line.time() < since {
                    return Ok(ControlFlow::Break(()));
                }
                seen = seen.saturating_add(1);
                for way in ways(line, &name, &through) {
                    let count = groups.entry(Alike::of(way, line)).or_insert(Count {
                        count: 0,
                        first: line.time(),
                        last: line.time(),
                        newest: seen,
                    });
                    count.count = count.count.saturating_add(1);
                    count.first = line.time();
                }
            }
            Ok(ControlFlow::Continue(()))
        })?;
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_unstable_by_key(|(alike, count)| (alike.way, count.newest));
        let mut calls = Calls::default();
        for way in [Way::Made, Way::Received, Way::Through] {
            let from = groups.partition_point(|(alike, _)| alike.way < way);
            let to = groups.partition_point(|(alike, _)| alike.way <= way);
            calls.more |= to.saturating_sub(from) > MOST_GROUPS;
            for (alike, count) in groups.get(from..to).unwrap_or_default().iter().take(MOST_GROUPS) {
                let call = alike.call(count).ok_or_else(|| Damage::Value("indexes").of(&self.path))?;
                calls.calls.push(call);
            }
        }
        Ok(calls)
    }
}

/// In which ways an agent took part in a call.
fn ways(line: Line<'_>, name: &str, through: &BTreeSet<i64>) -> impl Iterator<Item = Way> {
    let (made, received) = (line.caller() == Some(name), line.callee() == Some(name));
    let chained = line.chain().is_some_and(|chain| through.contains(&chain));
    [
        made.then_some(Way::Made),
        received.then_some(Way::Received),
        (chained && !made && !received).then_some(Way::Through),
    ]
    .into_iter()
    .flatten()
}

impl Alike {
    fn of(way: Way, line: Line<'_>) -> Self {
        let own = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let other = if way == Way::Made { line.callee() } else { line.caller() };
        Self {
            way,
            other: other.map(str::to_owned),
            audience: own(line.audience()),
            resource: own(line.resource()),
            action: own(line.action()),
            allowed: line.result() == ALLOWED,
        }
    }

    fn call(&self, count: &Count) -> Option<Call> {
        Some(Call {
            way: self.way,
            other: self.other.clone(),
            audience: self.audience.clone(),
            resource: self.resource.clone(),
            action: self.action.clone(),
            allowed: self.allowed,
            count: count.count,
            first: Time::from_micros(count.first)?,
            last: Time::from_micros(count.last)?,
        })
    }
}
