//! The log, read.

use std::ops::ControlFlow;

use crate::audit::StateTree;
use crate::change::{Kind, Order, Targets};
use crate::encoding::{Digest32, hex};
use crate::store::View;
use crate::time::Time;
use crate::wire;

use super::fold::read_entry;
use super::{Snapshot, Warden, WardenError};

/// One entry, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Its place.
    pub index: u64,
    /// When.
    pub time: Time,
    /// What kind of change.
    pub kind: Kind,
    /// Who ordered it.
    pub actor: String,
    /// The operators who signed it, or what it proposes; nobody where nobody holds the log.
    pub signers: Vec<String>,
    /// The case that it belongs to.
    pub case: Option<String>,
    /// Whether it did not wait for the approval that policy asks for.
    pub break_glass: bool,
    /// About whom: a DID, or the name of an import's source.
    pub subject: String,
    /// How many agents.
    pub count: u64,
    /// Whether it is a subtree.
    pub cascade: bool,
    /// When a suspension ends by itself.
    pub until: Option<Time>,
    /// Why.
    pub reason: String,
    /// Its RFC 6962 leaf hash.
    pub leaf: Digest32,
}

impl From<LogLine> for wire::LogLine {
    fn from(entry: LogLine) -> Self {
        Self {
            index: entry.index,
            time: entry.time.to_string(),
            kind: entry.kind.as_str(),
            actor: entry.actor,
            signers: entry.signers,
            case: entry.case,
            break_glass: entry.break_glass,
            subject: entry.subject,
            count: entry.count,
            cascade: entry.cascade,
            until: entry.until.map(|time| time.to_string()),
            reason: entry.reason,
            leaf: hex::encode(&entry.leaf),
        }
    }
}

impl Warden {
    /// The entries from the place `from` on, at most `most` of them.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn entries(&mut self, from: u64, most: usize) -> Result<Vec<LogLine>, WardenError> {
        entries(&*self.store.read()?, from, most)
    }

    /// Registry and policy as the first `size` entries made them.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn as_of(&mut self, size: u64) -> Result<Snapshot, WardenError> {
        let state = super::fold::at(&*self.store.read()?, size, self.meta.log)?;
        Ok(self.snapshot_of(&state))
    }

    /// The same at two lengths of the log, the shorter one first; the log is folded once.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn as_of_both(&mut self, size: u64, later: u64) -> Result<(Snapshot, Snapshot), WardenError> {
        let view = self.store.read()?;
        let length = view.head()?.size;
        if later > length {
            return Err(WardenError::NotYet { asked: later, size: length });
        }
        let before = super::fold::at(&*view, size.min(later), self.meta.log)?;
        let mut after = before.clone();
        after.go_on(&*view, later)?;
        drop(view);
        Ok((self.snapshot_of(&before), self.snapshot_of(&after)))
    }

    /// The root of the state that the first `size` entries made, as a checkpoint of then has it.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn state_at(&mut self, size: u64) -> Result<Digest32, WardenError> {
        let view = self.store.read()?;
        let state = super::fold::at(&*view, size, self.meta.log)?;
        super::checkpoint::state_root(&mut StateTree::default(), &state, &*view)
    }

    /// How many entries were there at `time`, those of that very time included.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn size_at(&mut self, time: Time) -> Result<u64, WardenError> {
        size_at(&*self.store.read()?, time)
    }

    /// The exact bytes of one entry.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn entry_bytes(&mut self, index: u64) -> Result<Option<Vec<u8>>, WardenError> {
        entry_bytes(&*self.store.read()?, index)
    }
}

pub(super) fn entries(view: &dyn View, from: u64, most: usize) -> Result<Vec<LogLine>, WardenError> {
    let mut lines = Vec::new();
    let mut outcome = Ok(());
    view.entries(from, &mut |row| {
        if lines.len() >= most {
            return ControlFlow::Break(());
        }
        match line(view, row.index, row.leaf, row.bytes) {
            Ok(line) => lines.push(line),
            Err(error) => {
                outcome = Err(error);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    })?;
    outcome.map(|()| lines)
}

pub(super) fn size_at(view: &dyn View, time: Time) -> Result<u64, WardenError> {
    let (mut low, mut high) = (0, view.head()?.size);
    // Times never go down, so that a few entries are enough to look at.
    while low < high {
        let middle = low.midpoint(high);
        let mut read = Ok(None);
        view.entries(middle, &mut |row| {
            read = read_entry(row.index, row.bytes).map(|(entry, _)| Some(entry.time));
            ControlFlow::Break(())
        })?;
        match read? {
            Some(at) if at <= time => low = middle.saturating_add(1),
            _ => high = middle,
        }
    }
    Ok(low)
}

pub(super) fn entry_bytes(view: &dyn View, index: u64) -> Result<Option<Vec<u8>>, WardenError> {
    let mut bytes = None;
    view.entries(index, &mut |row| {
        bytes = (row.index == index).then(|| row.bytes.to_vec());
        ControlFlow::Break(())
    })?;
    Ok(bytes)
}

pub(super) fn line(
    view: &dyn View,
    index: u64,
    leaf: Digest32,
    bytes: &[u8],
) -> Result<LogLine, WardenError> {
    let (entry, mut payload) = read_entry(index, bytes)?;
    if let Order::Fact(fact) = &mut payload.order {
        fact.what.reveal(|commitment| view.text(commitment))?;
    }
    let count = match &payload.order {
        Order::Import(import) => import.count,
        order => order.targets().map_or(1, Targets::count),
    };
    let signed = payload.signed_by_people(&entry.change);
    Ok(LogLine {
        index,
        time: entry.time,
        kind: payload.kind(),
        subject: payload.order.subject(),
        count,
        cascade: payload.order.targets().is_some_and(Targets::is_cascade),
        until: match payload.order {
            Order::Suspend { until, .. } => until,
            _ => None,
        },
        actor: payload.actor,
        signers: signed.signers().into_iter().map(|signer| signer.name).collect(),
        case: payload.case,
        break_glass: payload.break_glass,
        reason: payload.reason,
        leaf,
    })
}
