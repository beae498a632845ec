//! What an operator sees before confirming: whom a change would touch, at which versions.

use super::spare::{self, Exception, Spare};
use super::{FactError, MAX_LISTED, Order, Request, Target, Targets, Verb};
use crate::identity::{Did, LifecycleError, Status, may_reactivate};
use crate::registry::{Impact, Judgement, Registry, Row, Scope};
use crate::time::Time;

/// Why a wish cannot be planned.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// Nobody has this DID.
    #[error("{0} is not registered")]
    Unknown(Did),
    /// The agent's status forbids it.
    #[error("{did}: {why}")]
    Lifecycle {
        /// The agent.
        did: Did,
        /// What forbids it.
        why: LifecycleError,
    },
    /// Everybody it would touch is in that state already.
    #[error("{0}: nobody is left to touch")]
    NothingToDo(Did),
    /// Only a containment of a subtree spares anybody.
    #[error("only a containment with everybody below spares anybody")]
    NothingToSpare,
    /// A list and a subtree at once.
    #[error("either agents each alone, or one with everybody below")]
    ListedSubtree,
    /// So many are never listed at once.
    #[error("{0} agents are more than one change lists; stop what is above them")]
    TooManyListed(usize),
    /// So many are never spared at once.
    #[error("spares more than {} subtrees", super::MAX_SPARED)]
    TooManySpared,
    /// Whom it spares does not lie below the root, or lies below another who is spared.
    #[error("{did} does not lie below {root}, or is spared already")]
    NotBelow {
        /// Whom it would spare.
        did: Did,
        /// The root.
        root: Did,
    },
    /// Nobody above the root may adopt.
    #[error("nobody above {0} may adopt whom it spares")]
    NoAdopter(Did),
    /// Who would adopt falls itself.
    #[error("{0} falls itself, so it adopts nobody")]
    AdopterFalls(Did),
    /// The adoption does not hold.
    #[error(transparent)]
    Adoption(Box<FactError>),
}

impl PlanError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "unknown_agent",
            Self::Lifecycle { why, .. } => why.code(),
            Self::NothingToDo(_) => "nothing_to_do",
            Self::NothingToSpare => "nothing_to_spare",
            Self::ListedSubtree => "listed_subtree",
            Self::TooManyListed(_) => "change_too_many_targets",
            Self::TooManySpared => "too_many_spared",
            Self::NotBelow { .. } => "not_below",
            Self::NoAdopter(_) => "no_adopter",
            Self::AdopterFalls(_) => "adopter_falls",
            Self::Adoption(error) => error.code(),
        }
    }
}

/// A wish with its targets frozen: exactly these agents, at exactly these versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frozen {
    /// The wish.
    pub request: Request,
    /// The agent, or the top of the subtree.
    pub root: Row,
    /// Whose stored status changes, with the version seen; the root is always the first.
    pub members: Vec<(Row, u64)>,
    /// The log index of the change whose sleepers are woken.
    pub woken: Option<u64>,
    /// Who lies below the root and does not fall.
    pub spared: Vec<Spare>,
    /// The generation of the registry in which the rows mean these agents.
    pub generation: u64,
}

/// A frozen wish and what it would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Whom it touches.
    pub frozen: Frozen,
    /// What falls.
    pub impact: Impact,
    /// Who was listed and cannot be touched, and why.
    pub left: Vec<(Row, LifecycleError)>,
}

/// How an agent differs from what a dialog showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The agent.
    pub did: Did,
    /// Its row.
    pub row: Row,
    /// The version that was shown; none when the agent was not among the targets.
    pub shown: Option<u64>,
    /// The version now; none when the agent is no target any more.
    pub now: Option<u64>,
}

impl Frozen {
    /// Freezes whom `request` would touch at `now`.
    ///
    /// # Errors
    /// [`PlanError`].
    pub fn of(registry: &Registry, request: Request, now: Time) -> Result<Self, PlanError> {
        Self::sparing(registry, request, &[], now)
    }

    /// Freezes the same wish as it is to be met now.
    ///
    /// # Errors
    /// [`PlanError`].
    pub fn afresh(&self, registry: &Registry, now: Time) -> Result<Self, PlanError> {
        let exceptions = spare::exceptions(&self.targets(registry, None));
        Self::sparing(registry, self.request.clone(), &exceptions, now)
    }

    /// Freezes whom `request` would touch at `now` when some are left out.
    ///
    /// # Errors
    /// [`PlanError`].
    pub fn sparing(
        registry: &Registry,
        request: Request,
        except: &[Exception],
        now: Time,
    ) -> Result<Self, PlanError> {
        let spares = request.scope == Scope::Subtree && request.verb.contains();
        if !spares && !except.is_empty() {
            return Err(PlanError::NothingToSpare);
        }
        if !request.others.is_empty() {
            return Self::listed(registry, request, now);
        }
        let root = registry.find(&request.did).ok_or_else(|| PlanError::Unknown(request.did.clone()))?;
        let woken = permit(registry, root, &request, now)?;
        let takes = |row: Row| takes(registry, (row, root), request.verb, woken, now);
        let spared = spare::freeze(registry, root, except, now)?;
        let tops: Vec<Row> = except.iter().filter_map(|exception| registry.find(&exception.did)).collect();
        let mut members = vec![(root, registry.agent(root).version())];
        if request.scope == Scope::Subtree {
            let lineage = registry.lineage();
            let out: Vec<_> = tops.iter().map(|row| lineage.subtree(*row)).collect();
            let falls = |position: &usize| !out.iter().any(|range| range.contains(position));
            let below = lineage.subtree(root).filter(falls).filter_map(|position| lineage.at(position));
            members.extend(
                below
                    .filter(|row| *row != root && takes(*row))
                    .map(|row| (row, registry.agent(row).version())),
            );
        }
        let seals = request.scope == Scope::Subtree
            && request.verb.contains()
            && registry.agent(root).sealed_at().is_none();
        if members.len() == 1 && !takes(root) && !seals {
            return Err(PlanError::NothingToDo(request.did));
        }
        Ok(Self { request, root, members, woken, spared, generation: registry.generation() })
    }

    /// Freezes agents, each alone; whom the change cannot touch is left out.
    fn listed(registry: &Registry, request: Request, now: Time) -> Result<Self, PlanError> {
        if request.scope == Scope::Subtree {
            return Err(PlanError::ListedSubtree);
        }
        let count = request.others.len().saturating_add(1);
        if count > MAX_LISTED {
            return Err(PlanError::TooManyListed(count));
        }
        let mut members = Vec::with_capacity(count);
        for did in request.dids() {
            let row = registry.find(did).ok_or_else(|| PlanError::Unknown(did.clone()))?;
            if permit(registry, row, &request.alone(did), now).is_ok() {
                members.push((row, registry.agent(row).version()));
            }
        }
        let first = members.first().map(|(row, _)| *row);
        let root = first.ok_or_else(|| PlanError::NothingToDo(request.did.clone()))?;
        let generation = registry.generation();
        Ok(Self { request, root, members, woken: None, spared: Vec::new(), generation })
    }

    /// Who was asked for and cannot be touched, and why.
    fn left(&self, registry: &Registry, now: Time) -> Vec<(Row, LifecycleError)> {
        let refused = |did: &Did| match permit(registry, registry.find(did)?, &self.request.alone(did), now) {
            Err(PlanError::Lifecycle { why, .. }) => Some((registry.find(did)?, why)),
            _ => None,
        };
        match self.request.others.is_empty() {
            true => Vec::new(),
            false => self.request.dids().filter_map(refused).collect(),
        }
    }

    /// How `fresh`, frozen later from the same wish, differs; descendants that a containment has not seen
    /// yet are no difference, since they fall with the root that it seals.
    pub fn differences(&self, fresh: &Self, registry: &Registry, rows_shown: usize) -> Vec<Difference> {
        let sorted = |frozen: &Self| {
            let mut members = frozen.members.clone();
            members.sort_unstable();
            members
        };
        let (shown, now) = (sorted(self), sorted(fresh));
        let version_in = |list: &[(Row, u64)], row: Row| {
            let at = list.binary_search_by_key(&row, |(row, _)| *row).ok()?;
            list.get(at).map(|(_, version)| *version)
        };
        let newcomer = |row: Row| self.request.verb.contains() && row.index() >= rows_shown;
        let gone = shown.iter().map(|(row, version)| Difference {
            did: registry.agent(*row).did(),
            row: *row,
            shown: Some(*version),
            now: version_in(&now, *row),
        });
        let come = now.iter().filter(|(row, _)| version_in(&shown, *row).is_none() && !newcomer(*row)).map(
            |(row, version)| Difference {
                did: registry.agent(*row).did(),
                row: *row,
                shown: None,
                now: Some(*version),
            },
        );
        let spared = self.spared.iter().filter(|spare| !fresh.spared.contains(spare));
        let moved = spared.filter_map(|Spare { kept, .. }| {
            let row = registry.find(&kept.root.did)?;
            let (did, shown) = (kept.root.did.clone(), Some(kept.root.version));
            Some(Difference { did, row, shown, now: Some(registry.agent(row).version()) })
        });
        gone.filter(|difference| difference.shown != difference.now).chain(come).chain(moved).collect()
    }

    fn targets(&self, registry: &Registry, among: Option<u64>) -> Targets {
        let target = |(row, version): (Row, u64)| Target { did: registry.agent(row).did(), version };
        let root = (self.root, registry.agent(self.root).version());
        match self.request.scope {
            Scope::One if self.request.others.is_empty() => Targets::one(self.request.did.clone(), root.1),
            Scope::One => Targets::listed(self.members.iter().copied().map(target).collect()),
            Scope::Subtree => {
                let among = among.filter(|_| self.request.verb.contains());
                let shown = |(row, _): &(Row, u64)| among.is_none_or(|among| u64::from(row.number()) < among);
                let members = self.members.iter().filter(|member| shown(member)).copied().map(target);
                Targets::cascade(target(root), members.collect(), among).sparing(self.spared.clone())
            }
        }
    }

    /// The top of what an agent falls with: itself, where each is meant alone.
    pub(super) const fn root_of(&self, row: Row) -> Row {
        match self.request.scope {
            Scope::One => row,
            Scope::Subtree => self.root,
        }
    }

    /// The order that the log will hold. Of a cascade that contains, only those count whom the first `among` rows hold:
    /// whoever appeared later was not shown, and falls with the root all the same.
    pub fn order(&self, registry: &Registry, among: Option<u64>) -> Order {
        let targets = self.targets(registry, among);
        let seal = self.request.scope == Scope::Subtree;
        match self.request.verb {
            Verb::Suspend { until } => Order::Suspend { targets, until, seal },
            Verb::Revoke => Order::Revoke { targets, seal },
            Verb::Reactivate { override_security } => {
                Order::Reactivate { targets, override_security, woken: self.woken }
            }
        }
    }
}

impl Plan {
    /// Freezes `request` and counts what it would do.
    ///
    /// # Errors
    /// [`PlanError`].
    pub fn make(registry: &Registry, judgement: &Judgement, request: Request) -> Result<Self, PlanError> {
        let scope = request.scope;
        let frozen = Frozen::of(registry, request, judgement.at())?;
        let impact = if frozen.request.others.is_empty() {
            Impact::of(registry, judgement, frozen.root, scope)
        } else {
            let rows: Vec<Row> = frozen.members.iter().map(|(row, _)| *row).collect();
            Impact::of_each(registry, judgement, &rows)
        };
        let left = frozen.left(registry, judgement.at());
        Ok(Self { frozen, impact, left })
    }

    /// Freezes `request` without some, and counts what it would do once they are adopted.
    ///
    /// # Errors
    /// [`PlanError`].
    pub fn sparing(
        registry: &Registry,
        request: Request,
        except: &[Exception],
        now: Time,
    ) -> Result<Self, PlanError> {
        let scope = request.scope;
        let frozen = Frozen::sparing(registry, request, except, now)?;
        let mut after = registry.clone();
        spare::adopt(&mut after, &frozen.spared, u64::MAX);
        after.relink();
        let impact = Impact::of(&after, &Judgement::of(&after, now), frozen.root, scope);
        Ok(Self { frozen, impact, left: Vec::new() })
    }

    /// Agents whose stored status changes, the root included.
    pub const fn count(&self) -> usize {
        self.frozen.members.len()
    }
}

fn permit(registry: &Registry, root: Row, request: &Request, now: Time) -> Result<Option<u64>, PlanError> {
    let agent = registry.agent(root);
    let Verb::Reactivate { override_security } = request.verb else {
        return match (request.scope, request.verb, agent.status(now)) {
            (Scope::One, Verb::Suspend { until }, Status::Suspended) if !outlasts(until, agent.until()) => {
                Err(refuse(request, LifecycleError::AlreadySuspended))
            }
            (Scope::One, _, Status::Revoked) => Err(refuse(request, LifecycleError::Revoked)),
            _ => Ok(None),
        };
    };
    may_reactivate(agent.status(now), agent.reason(), override_security)
        .map_err(|why| refuse(request, why))?;
    Ok(agent.put_by().filter(|_| request.scope == Scope::Subtree))
}

fn refuse(request: &Request, why: LifecycleError) -> PlanError {
    PlanError::Lifecycle { did: request.did.clone(), why }
}

fn takes(registry: &Registry, (row, root): (Row, Row), verb: Verb, woken: Option<u64>, now: Time) -> bool {
    let agent = registry.agent(row);
    match verb {
        Verb::Suspend { until } => match agent.status(now) {
            Status::Active => true,
            Status::Suspended => outlasts(until, agent.until()),
            Status::Revoked => false,
        },
        Verb::Revoke => agent.status(now) != Status::Revoked,
        Verb::Reactivate { .. } => {
            let same_change = woken.is_some() && agent.put_by() == woken;
            agent.status(now) == Status::Suspended && (row == root || same_change)
        }
    }
}

/// Whether a suspension until `asked` is longer than one until `standing`; none means until lifted.
///
/// A shorter one never takes the place of a longer one, and somebody's term never ends a longer wish.
fn outlasts(asked: Option<Time>, standing: Option<Time>) -> bool {
    match (asked, standing) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(asked), Some(standing)) => asked > standing,
    }
}

/// Whether `row` changes its status when `frozen` is carried out; the root may only be sealed.
pub(super) fn changes_status(registry: &Registry, frozen: &Frozen, row: Row, now: Time) -> bool {
    takes(registry, (row, frozen.root_of(row)), frozen.request.verb, frozen.woken, now)
}
