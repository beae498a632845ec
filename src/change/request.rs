//! What an operator wishes: what is done, to whom, how far.

use super::spare::{self, Exception};
use super::{ChangeError, Order, Targets};
use crate::identity::Did;
use crate::registry::Scope;
use crate::time::Time;

/// What is to be done to an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Stop it until somebody wakes it.
    Suspend {
        /// When it wakes by itself.
        until: Option<Time>,
    },
    /// Stop it for good.
    Revoke,
    /// Wake it.
    Reactivate {
        /// Also when it was suspended for security.
        override_security: bool,
    },
}

impl Verb {
    /// The word in commands and on screens.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Suspend { .. } => "suspend",
            Self::Revoke => "revoke",
            Self::Reactivate { .. } => "reactivate",
        }
    }

    /// Whether it takes authority away; that direction is never refused for want of anything.
    pub const fn contains(self) -> bool {
        !matches!(self, Self::Reactivate { .. })
    }
}

/// A wish: what, to whom, how far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What.
    pub verb: Verb,
    /// The agent, or the top of the subtree.
    pub did: Did,
    /// How far.
    pub scope: Scope,
    /// Who else is meant, each alone; nobody where a subtree is.
    pub others: Vec<Did>,
}

impl Request {
    /// A wish about one agent, or about one subtree.
    pub const fn of(verb: Verb, did: Did, scope: Scope) -> Self {
        Self { verb, did, scope, others: Vec::new() }
    }

    /// A wish about agents, each alone, in whatever order; none when there are none.
    pub fn listed(verb: Verb, mut dids: Vec<Did>) -> Option<Self> {
        dids.sort_unstable();
        dids.dedup();
        let mut dids = dids.into_iter();
        let did = dids.next()?;
        Some(Self { verb, did, scope: Scope::One, others: dids.collect() })
    }

    /// Everybody whom it names.
    pub fn dids(&self) -> impl Iterator<Item = &Did> {
        std::iter::once(&self.did).chain(&self.others)
    }

    /// The same about one of them.
    pub(super) fn alone(&self, did: &Did) -> Self {
        Self::of(self.verb, did.clone(), Scope::One)
    }
}

/// The wish that an order in the log stands for, and whom it leaves out; none for one that changes no status.
///
/// # Errors
/// [`ChangeError::NoTargets`] for an empty list.
pub fn request_of(order: &Order) -> Result<Option<(Request, Vec<Exception>)>, ChangeError> {
    let (verb, targets) = match order {
        Order::Import(_) | Order::Fact(_) => return Ok(None),
        Order::Suspend { targets, until, .. } => (Verb::Suspend { until: *until }, targets),
        Order::Revoke { targets, .. } => (Verb::Revoke, targets),
        Order::Reactivate { targets, override_security, .. } => {
            (Verb::Reactivate { override_security: *override_security }, targets)
        }
    };
    let request = match targets {
        Targets::Cascade(cascade) => Some(Request::of(verb, cascade.root.did.clone(), Scope::Subtree)),
        Targets::Listed(list) => {
            Request::listed(verb, list.as_slice().iter().map(|target| target.did.clone()).collect())
        }
    };
    Ok(Some((request.ok_or(ChangeError::NoTargets)?, spare::exceptions(targets))))
}
