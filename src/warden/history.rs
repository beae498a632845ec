//! What became of one agent: the entries that are about it, the newest first.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use serde_json::Value;

use super::fold::read_entry;
use super::log::{LogLine, entry_bytes, line};
use super::{Warden, WardenError};
use crate::change::Mention;
use crate::identity::Did;
use crate::registry::Registry;
use crate::store::View;
use crate::wire::TouchLine;

/// So many ancestors are looked at, present and past; deeper lineages do not hold anyway.
const WAYS: usize = 128;

/// An entry that is about an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    /// The entry.
    pub line: LogLine,
    /// The ancestor that it names, with everybody below it; none when it names the agent.
    pub through: Option<Did>,
}

/// A page of what became of an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// The newest first.
    pub touches: Vec<Touch>,
    /// What is older lies before this place; none at the end.
    pub next: Option<u64>,
}

impl From<Touch> for TouchLine {
    fn from(touch: Touch) -> Self {
        Self { entry: touch.line.into(), through: touch.through.map(|did| did.to_string()) }
    }
}

impl Warden {
    /// The last `most` entries before the place `before` that name an agent, or, with everybody below, whoever was above it
    /// at the time. The import that brought its record names nobody.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn history(&mut self, did: &Did, before: u64, most: usize) -> Result<History, WardenError> {
        history(&*self.store.read()?, &self.state.registry, did, (before, most))
    }
}

pub(super) fn history(
    view: &dyn View,
    registry: &Registry,
    did: &Did,
    (before, most): (u64, usize),
) -> Result<History, WardenError> {
    let more = most.saturating_add(1);
    let mut found: BTreeMap<u64, Way> = BTreeMap::new();
    for way in ways(view, registry, did)? {
        for index in view.mentioned(way.mention.number(), before.min(way.before), more)? {
            if index >= way.since {
                // What names the agent itself is looked for first, and stays.
                found.entry(index).or_insert_with(|| way.clone());
            }
        }
    }
    let mut touches = Vec::new();
    let mut newest = found.into_iter().rev();
    let mut last = None;
    for (index, way) in newest.by_ref().take(most) {
        last = Some(index);
        touches.extend(touch(view, index, &way)?);
    }
    Ok(History { touches, next: last.filter(|_| newest.next().is_some()) })
}

/// A way of being meant by an entry, from a place on and before another.
#[derive(Clone)]
struct Way {
    mention: Mention,
    since: u64,
    before: u64,
    through: Option<Did>,
}

/// All ways of being meant: by name, and through whoever was above at the time.
fn ways(view: &dyn View, registry: &Registry, did: &Did) -> Result<Vec<Way>, WardenError> {
    let named = Mention::Named(did.clone());
    let mut ways = vec![Way { mention: named, since: 0, before: u64::MAX, through: None }];
    let mut below = vec![(did.clone(), 0, u64::MAX)];
    while let Some((child, since, before)) = below.pop() {
        for (parent, from, until) in parents(view, registry, &child)? {
            let (since, before) = (since.max(from), before.min(until));
            if since >= before || ways.len() > WAYS {
                continue;
            }
            let (mention, through) = (Mention::Below(parent.clone()), Some(parent.clone()));
            ways.push(Way { mention, since, before, through });
            below.push((parent, since, before));
        }
    }
    Ok(ways)
}

/// Who was right above an agent, from which place on and before which.
fn parents(view: &dyn View, registry: &Registry, child: &Did) -> Result<Vec<(Did, u64, u64)>, WardenError> {
    let Some(row) = registry.find(child) else { return Ok(Vec::new()) };
    let (mut came, mut first) = (0, None);
    let stored = view.head()?.first_row.saturating_add(row.number());
    view.records(stored, &mut |record| {
        came = record.entry.saturating_add(1);
        let record: Option<Value> = serde_json::from_slice(record.bytes).ok();
        first = record.and_then(|record| Did::parse(record.get("parent_did")?.as_str()?).ok());
        ControlFlow::Break(())
    })?;
    let mut moves = view.mentioned(Mention::Moved(child.clone()).number(), u64::MAX, WAYS)?;
    moves.reverse();
    let mut parents = Vec::new();
    for index in moves {
        let Some(parent) = parent_by(view, index, child)? else { continue };
        parents.extend(first.replace(parent).map(|parent| (parent, came, index)));
        came = index.saturating_add(1);
    }
    parents.extend(first.map(|parent| (parent, came, u64::MAX)));
    Ok(parents)
}

/// The parent that an entry gives to an agent, if it does.
fn parent_by(view: &dyn View, index: u64, child: &Did) -> Result<Option<Did>, WardenError> {
    let bytes = entry_bytes(view, index)?.unwrap_or_default();
    let (_, payload) = read_entry(index, &bytes)?;
    Ok(payload.new_parent(child).cloned())
}

/// The entry, if it says what its number promises: two mentions may share one.
fn touch(view: &dyn View, index: u64, way: &Way) -> Result<Option<Touch>, WardenError> {
    let mut read = Ok(None);
    view.entries(index, &mut |row| {
        read = read_entry(row.index, row.bytes).and_then(|(_, payload)| {
            let meant = row.index == index && payload.mentions().contains(&way.mention);
            meant.then(|| line(view, row.index, row.leaf, row.bytes)).transpose()
        });
        ControlFlow::Break(())
    })?;
    Ok(read?.map(|line| Touch { line, through: way.through.clone() }))
}
