//! The reference's revocation: an agent and all its descendants, at once and without recursion.

use std::collections::VecDeque;

use petgraph::graph::NodeIndex;

use super::{Registry, Row};
use crate::identity::{Did, Status};
use crate::time::Time;

impl Registry {
    /// Revokes an agent and everything below it as the reference does (IDT 22.2): the reason of each
    /// is its parent's after `Parent revoked: `, and earlier reasons are overwritten.
    ///
    /// Answers false when nobody has the DID. Everybody on a cycle is revoked once.
    pub fn revoke_all_below(&mut self, did: &Did, reason: &str, now: Time) -> bool {
        let Some(root) = self.find(did) else { return false };
        let mut seen = std::collections::HashSet::from([root]);
        let mut queue = VecDeque::from([(root, reason.to_owned())]);
        while let Some((row, reason)) = queue.pop_front() {
            let below = format!("Parent revoked: {reason}");
            self.stop(row, reason, now);
            for child in self.lineage.graph().neighbors(NodeIndex::new(row.index())) {
                let child = Row(u32::try_from(child.index()).unwrap_or(row.0));
                if seen.insert(child) {
                    queue.push_back((child, below.clone()));
                }
            }
        }
        true
    }

    fn stop(&mut self, row: Row, reason: String, now: Time) {
        let mut standing = self.standing(row);
        standing.status = Status::Revoked;
        standing.reason = Some(reason);
        standing.updated_at = now;
        standing.until = None;
        self.set_standing(row, &standing);
    }
}
