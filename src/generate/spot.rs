//! Where in the mesh the next agent goes.

use super::Broken;
use super::grants::STAR;
use super::mesh::{Mesh, Node};
use crate::delegation::MAX_DEPTH;

/// From this size on there is a chain of every depth and one agent with a tenth of all others below it.
pub(super) const LARGE: u32 = 100;

/// How likely an agent of this depth becomes a parent, of a thousand.
const FERTILITY: [u32; 10] = [450, 800, 900, 900, 900, 850, 800, 720, 640, 560];

/// How likely an agent becomes a sibling of another one instead of its child, of a thousand.
const SIBLINGS: u32 = 350;

/// Where the next agent goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    pub(super) company: u8,
    pub(super) parent: Option<u32>,
    pub(super) in_fleet: bool,
    pub(super) starred: bool,
    pub(super) may_stop: bool,
}

impl Mesh {
    pub(super) fn spot(&mut self) -> Spot {
        let founding = self.founding_spot();
        if let Some(spot) = founding {
            return spot;
        }
        let lot = self.choices.below(1000);
        let company = self.choices.skewed(u32::try_from(self.companies.len()).unwrap_or(1));
        let row = match lot {
            0..55 => None,
            55..165 if !self.fleet.is_empty() => Some(self.parent_in_fleet()),
            _ => self.parent_in(company),
        };
        match row {
            Some(row) => self.spot_below(row),
            None => Spot {
                company: u8::try_from(company).unwrap_or(0),
                parent: None,
                in_fleet: false,
                starred: self.choices.chance(20),
                may_stop: self.choices.chance(300),
            },
        }
    }

    /// First a root for every company, then the head of the fleet, then a chain of every depth.
    fn founding_spot(&mut self) -> Option<Spot> {
        let made = self.made();
        let companies = u32::try_from(self.companies.len()).unwrap_or(0);
        if made < companies {
            return Some(Spot {
                company: u8::try_from(made).unwrap_or(0),
                parent: None,
                in_fleet: false,
                starred: made == 0 || self.plan.agents >= LARGE.saturating_mul(5),
                may_stop: false,
            });
        }
        if self.plan.agents < LARGE || made > companies.saturating_add(MAX_DEPTH) {
            return None;
        }
        let parent = match made.saturating_sub(companies) {
            0 => 0,
            1 => 1,
            _ => made.saturating_sub(1),
        };
        Some(Spot { in_fleet: made == companies, may_stop: false, ..self.spot_below(parent) })
    }

    pub(super) fn spot_below(&self, row: u32) -> Spot {
        let (company, in_fleet) = self.node(row).map_or((0, false), |node| (node.company, node.in_fleet));
        Spot { company, parent: Some(row), in_fleet, starred: false, may_stop: true }
    }

    fn parent_in_fleet(&mut self) -> u32 {
        let fleet = std::mem::take(&mut self.fleet);
        let row = self.parent_among(&fleet);
        self.fleet = fleet;
        row.unwrap_or(0)
    }

    fn parent_in(&mut self, company: u32) -> Option<u32> {
        let company = usize::try_from(company).ok()?;
        let members = std::mem::take(self.companies.get_mut(company)?);
        let row = self.parent_among(&members);
        *self.companies.get_mut(company)? = members;
        row
    }

    /// A member that can delegate; the first one, which always can, after many vain tries.
    fn parent_among(&mut self, members: &[u32]) -> Option<u32> {
        for _ in 0..8 {
            let mut row = self.choices.pick(members);
            // Who has many children gets more.
            if self.choices.chance(SIBLINGS) {
                row = self.node(row).and_then(|node| node.parent).unwrap_or(row);
            }
            let Some(node) = self.node(row) else { continue };
            let fertile = FERTILITY.get(usize::from(node.depth)).copied().unwrap_or(0);
            let wanted = match (node.sound, node.stopped.is_some()) {
                (true, false) => fertile,
                (true, true) => fertile / 3,
                (false, _) => fertile / 5,
            };
            if self.choices.chance(wanted) {
                return Some(row);
            }
        }
        members.first().copied()
    }

    /// The next damage that is due and has a place to happen.
    pub(super) fn damaged_spot(&mut self) -> Option<(Broken, Spot)> {
        if self.made() < self.plan.agents.min(24) {
            return None;
        }
        for kind in Broken::ALL.into_iter().filter(|kind| self.damage.is_due(*kind)).collect::<Vec<_>>() {
            let company = self.choices.skewed(u32::try_from(self.companies.len()).unwrap_or(1));
            let row = match kind {
                Broken::RootDepthNonzero => {
                    let spot = Spot {
                        company: u8::try_from(company).unwrap_or(0),
                        parent: None,
                        in_fleet: false,
                        starred: false,
                        may_stop: false,
                    };
                    return Some((kind, spot));
                }
                Broken::WildcardDelegated => Some(self.choices.pick(&self.starred)),
                Broken::DepthLimitExceeded if self.deepest.is_empty() => None,
                Broken::DepthLimitExceeded => Some(self.choices.pick(&self.deepest)),
                _ => self.parent_in(company),
            };
            let suits = |node: &Node| match kind {
                Broken::CapabilityEscalation => node.held & STAR == 0,
                Broken::DepthLimitExceeded => true,
                _ => u32::from(node.depth).saturating_add(2) <= MAX_DEPTH,
            };
            let Some(row) = row else { continue };
            if self.node(row).is_some_and(|node| node.sound && node.stopped.is_none() && suits(&node)) {
                let spot = self.spot_below(row);
                return Some((kind, Spot { may_stop: false, in_fleet: false, ..spot }));
            }
        }
        None
    }
}
