//! Steps of a case, and what it means to act under one.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::operators::speaks_for_itself;
use super::{ChangeError, FactError, Order, Payload, Place, Targets, What};
use crate::registry::{Case, CaseId, Registry, Row};

/// A title, and the name of an operator, have at most this many bytes.
pub const MAX_TITLE_BYTES: usize = 256;
/// A note has at most this many bytes.
pub const MAX_NOTE_BYTES: usize = 16 * 1024;

/// A signed head has at most this many bytes.
const MAX_SEEN_BYTES: usize = 4 * 1024;

/// A step of a case; all but the first are made under the case itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "lowercase", deny_unknown_fields)]
pub enum OnCase {
    /// It is opened, and whoever does so owns it.
    Open {
        /// What it is about.
        title: String,
    },
    /// Somebody takes part.
    Join {},
    /// Somebody says something.
    Note {
        /// What.
        text: String,
        /// The last head of the log that whoever says it has seen, as a signed note.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen: Option<String>,
    },
    /// Somebody answers for it from now on.
    Claim {},
    /// Its owner gives it to somebody else.
    Handover {
        /// To whom.
        to: String,
    },
    /// It is over.
    Close {
        /// Whether suspensions whose time is up end with it.
        release: bool,
    },
}

impl OnCase {
    /// The word of the step.
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Open { .. } => "open",
            Self::Join {} => "join",
            Self::Note { .. } => "note",
            Self::Claim {} => "claim",
            Self::Handover { .. } => "handover",
            Self::Close { .. } => "close",
        }
    }

    pub(super) fn check(&self) -> Result<(), ChangeError> {
        let (member, text, limit) = match self {
            Self::Open { title } => ("title", title, MAX_TITLE_BYTES),
            Self::Note { seen: Some(seen), .. } if seen.len() > MAX_SEEN_BYTES => {
                return Err(ChangeError::TooLong { member: "seen", limit: MAX_SEEN_BYTES });
            }
            Self::Note { text, .. } => ("text", text, MAX_NOTE_BYTES),
            Self::Handover { to } => ("to", to, MAX_TITLE_BYTES),
            Self::Join {} | Self::Claim {} | Self::Close { .. } => return Ok(()),
        };
        match () {
            () if text.trim().is_empty() => Err(ChangeError::Blank { member }),
            () if text.len() > limit => Err(ChangeError::TooLong { member, limit }),
            () => Ok(()),
        }
    }

    pub(super) fn judge(&self, registry: &Registry, place: Place<'_>) -> Result<(), FactError> {
        let id = place.case.and_then(CaseId::parse);
        let case = match (self, id.and_then(|id| registry.facts().cases.get(id))) {
            (Self::Open { .. }, None) if place.case.is_none() => return Ok(()),
            (Self::Open { .. }, _) | (_, None) => return Err(FactError::CaseNotNamed),
            (_, Some(case)) => case,
        };
        let name = || case.id.to_string();
        match self {
            Self::Join {} if case.people.contains(place.actor) => Err(FactError::CaseSame { case: name() }),
            Self::Claim {} if case.owner == place.actor => Err(FactError::CaseSame { case: name() }),
            Self::Handover { to } if *to == case.owner => Err(FactError::CaseSame { case: name() }),
            Self::Handover { .. } if case.owner != place.actor => {
                Err(FactError::CaseOwner { case: name(), owner: case.owner.clone() })
            }
            Self::Close { release: false } => match registry.ending(case.id, place.time).len() {
                0 => Ok(()),
                count => Err(FactError::CaseHolds { case: name(), count }),
            },
            _ => Ok(()),
        }
    }

    pub(super) fn recall(&self, registry: &mut Registry, place: Place<'_>) {
        let cases = &mut registry.facts_mut().cases;
        let who = place.actor.to_owned();
        if let Self::Open { title } = self {
            let id = CaseId::of(place.index);
            cases.open(Case {
                id,
                title: title.clone(),
                opened_by: who.clone(),
                opened: place.time,
                owner: who.clone(),
                people: BTreeSet::from([who]),
                closed: None,
                entries: [place.index].into_iter().collect(),
            });
            return;
        }
        let Some(id) = place.case.and_then(CaseId::parse) else { return };
        cases.change(id, |case| match self {
            Self::Claim {} => case.owner = who,
            Self::Handover { to } => {
                case.people.insert(to.clone());
                case.owner = to.clone();
            }
            Self::Close { .. } => case.closed = Some((place.index, place.time)),
            Self::Open { .. } | Self::Join {} | Self::Note { .. } => {}
        });
    }
}

/// Whether a change may be made under the case that it names, and names the case of whom it undoes.
///
/// # Errors
/// [`FactError`]: there is no such open case, or what another did under an open case would be undone.
pub fn judge_case(registry: &Registry, payload: &Payload) -> Result<(), FactError> {
    // No operator signed under what case it was made.
    if speaks_for_itself(&payload.order) {
        return Ok(());
    }
    let cases = &registry.facts().cases;
    let named = match &payload.case {
        None => None,
        Some(text) => {
            let case = CaseId::parse(text).and_then(|id| cases.get(id));
            let case = case.ok_or_else(|| FactError::CaseUnknown { case: text.clone() })?;
            if !case.is_open() {
                return Err(FactError::CaseClosed { case: text.clone() });
            }
            Some(case.id)
        }
    };
    for entry in undone(registry, &payload.order) {
        if let Some((case, who)) = cases.behind(entry)
            && who != payload.actor
            && named != Some(case)
        {
            return Err(FactError::OthersCase { case: case.to_string(), who: who.to_owned(), entry });
        }
    }
    Ok(())
}

/// Keeps that an entry was made under a case.
pub fn record_case(registry: &mut Registry, payload: &Payload, index: u64) {
    let case = payload.case.as_deref().filter(|_| !speaks_for_itself(&payload.order));
    if let Some(id) = case.and_then(CaseId::parse) {
        registry.facts_mut().cases.record(id, index, &payload.actor);
    }
}

/// The entries whose containment an order undoes.
fn undone(registry: &Registry, order: &Order) -> Vec<u64> {
    let standing = |row: Row| {
        let agent = registry.agent(row);
        agent.put_by().into_iter().chain(agent.sealed_at())
    };
    let above = |row: Row| registry.upwards(row).flat_map(standing).collect::<Vec<u64>>();
    match order {
        Order::Reactivate { targets, .. } => {
            let root = targets.first().and_then(|did| registry.find(did));
            root.into_iter().flat_map(standing).collect()
        }
        Order::Suspend { targets: Targets::Cascade(cascade), .. }
        | Order::Revoke { targets: Targets::Cascade(cascade), .. } => {
            let spared = cascade.spared.iter().filter_map(|spare| registry.find(&spare.kept.root.did));
            spared.flat_map(above).collect()
        }
        Order::Fact(fact) => match &fact.what {
            What::Unlock(on) => {
                let lock = on.target().and_then(|target| registry.facts().locks.get(&target));
                lock.map(|lock| lock.index).into_iter().collect()
            }
            What::Adopt(_) => {
                let row = fact.about.as_ref().and_then(|target| registry.find(&target.did));
                row.map(above).unwrap_or_default()
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}
