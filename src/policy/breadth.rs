//! Whether a parent may get another child now.

use super::Policy;
use crate::delegation::MAX_DEPTH;
use crate::registry::{Registry, Row};
use crate::time::{Span, Time};

/// What bounds the agents below another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// `tokens.max_depth`.
    Depth,
    /// `breadth.max_children`.
    Children,
    /// `breadth.max_descendants`.
    Descendants,
    /// `breadth.delegations_per_hour`.
    PerHour,
}

/// A parent that may not get another child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{} allows {most}, and the child would be number {}", .limit.as_str(), .value.saturating_add(1))]
pub struct NoRoom {
    /// Which limit.
    pub limit: Limit,
    /// The agent that meets it: the parent, or one above it.
    pub at: Row,
    /// What there is already; of [`Limit::Depth`] the depth of the parent.
    pub value: u32,
    /// What the policy allows.
    pub most: u32,
    /// The agent to seal for it, when the policy says so: the parent.
    pub seal: Option<Row>,
}

impl Limit {
    /// The field of the policy.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Depth => "tokens.max_depth",
            Self::Children => "breadth.max_children",
            Self::Descendants => "breadth.max_descendants",
            Self::PerHour => "breadth.delegations_per_hour",
        }
    }
}

impl NoRoom {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self.limit {
            Limit::Depth => "depth_limit",
            Limit::Children => "children_limit",
            Limit::Descendants => "descendants_limit",
            Limit::PerHour => "hourly_limit",
        }
    }
}

impl Policy {
    /// Whether `parent` may get another child at `now`.
    ///
    /// Everybody who is registered counts, whatever their state: an agent that was revoked made work too. Descendants
    /// are bounded for the parent and for each agent above it. The hour counts the creation times of the parent's
    /// children, which are true for agents that the warden itself registers; the rest came with an operator's import.
    /// Costs the parent's children, of which there are at most `max_children`, and the depth.
    ///
    /// # Errors
    /// [`NoRoom`] names the first limit that is met.
    pub fn room_below(&self, registry: &Registry, parent: Row, now: Time) -> Result<(), NoRoom> {
        let seal = self.breadth.seal_parent.then_some(parent);
        let within = |limit, at, value, most| {
            let seal = seal.filter(|_| limit != Limit::Depth);
            if value < most { Ok(()) } else { Err(NoRoom { limit, at, value, most, seal }) }
        };
        let breadth = &self.breadth;
        let depth = registry.agent(parent).depth();
        within(Limit::Depth, parent, depth, self.tokens.max_depth.min(MAX_DEPTH))?;
        let children = || registry.children_from_the_newest(parent);
        let some = breadth.max_children as usize;
        within(Limit::Children, parent, narrow(children().take(some).count()), breadth.max_children)?;
        for above in registry.upwards(parent) {
            let below = registry.lineage().size(above).saturating_sub(1);
            within(Limit::Descendants, above, narrow(below), breadth.max_descendants)?;
        }
        let young = |child: &Row| now.since(registry.agent(*child).created_at()) < HOUR;
        let most = breadth.delegations_per_hour;
        let recent = children().filter(young).take(most as usize).count();
        within(Limit::PerHour, parent, narrow(recent), most)
    }
}

impl Policy {
    /// Whether an agent, with everybody below it, may come below another parent.
    ///
    /// # Errors
    /// [`NoRoom`] names the first limit that is met; nobody is sealed for it.
    pub fn room_for(&self, registry: &Registry, row: Row, parent: Row) -> Result<(), NoRoom> {
        let within = |limit, at, value: usize, most: u32| {
            let value = narrow(value);
            if value < most { Ok(()) } else { Err(NoRoom { limit, at, value, most, seal: None }) }
        };
        let breadth = &self.breadth;
        let some = breadth.max_children as usize;
        let children = registry.children_from_the_newest(parent).take(some).count();
        within(Limit::Children, parent, children, breadth.max_children)?;
        let lineage = registry.lineage();
        let moved = lineage.size(row);
        for above in registry.upwards(parent) {
            // Whoever is above both has it below already.
            if !lineage.subtree(above).contains(&lineage.position(row)) {
                let below = lineage.size(above).saturating_add(moved).saturating_sub(2);
                within(Limit::Descendants, above, below, breadth.max_descendants)?;
            }
        }
        Ok(())
    }
}

const HOUR: Span = Span::seconds(3600);

fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
