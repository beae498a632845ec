//! What became of one agent: the entries that are about it, the newest first.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::fold::read_entry;
use super::log::{LogLine, line};
use super::{Warden, WardenError};
use crate::change::Mention;
use crate::identity::Did;
use crate::registry::{Registry, Row};
use crate::store::View;

/// So many ancestors are looked at; deeper lineages do not hold anyway.
const ANCESTORS: usize = 64;

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

impl Warden {
    /// The last `most` entries before the place `before` that name an agent, or an ancestor that it has with everybody
    /// below it, from when it came to be below that one. The import that brought its record names nobody.
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
        for index in view.mentioned(way.mention.number(), before, more)? {
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

/// A way of being meant by an entry, from a place on.
#[derive(Clone)]
struct Way {
    mention: Mention,
    since: u64,
    through: Option<Did>,
}

fn ways(view: &dyn View, registry: &Registry, did: &Did) -> Result<Vec<Way>, WardenError> {
    let mut ways = vec![Way { mention: Mention::Named(did.clone()), since: 0, through: None }];
    let Some(mut at) = registry.find(did) else { return Ok(ways) };
    let first_row = view.head()?.first_row;
    let mut since = 0;
    for _ in 0..ANCESTORS {
        let Some(parent) = registry.lineage().parent(at) else { break };
        since = since.max(came(view, registry, (at, first_row))?);
        let ancestor = registry.agent(parent).did();
        ways.push(Way { mention: Mention::Below(ancestor.clone()), since, through: Some(ancestor) });
        at = parent;
    }
    Ok(ways)
}

/// The place from which on an agent is below the parent that it has: behind the entry that put it there.
fn came(view: &dyn View, registry: &Registry, (row, first_row): (Row, u32)) -> Result<u64, WardenError> {
    let moved = Mention::Moved(registry.agent(row).did()).number();
    let mut came = view.mentioned(moved, u64::MAX, 1)?.first().copied();
    view.records(first_row.saturating_add(row.number()), &mut |record| {
        came = came.max(Some(record.entry));
        ControlFlow::Break(())
    })?;
    Ok(came.map_or(0, |came| came.saturating_add(1)))
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
