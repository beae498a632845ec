//! The score that counts for a decision.

use crate::identity::Did;
use crate::registry::{Registry, Row};
use crate::time::Time;
use crate::trust::Rules;

/// The score of an agent at `now`: its baseline and events, and never above a ceiling of its lineage.
pub(super) fn counted(registry: &Registry, row: Row, did: &Did, rules: &Rules, now: Time) -> u16 {
    let agent = registry.agent(row);
    let book = &registry.facts().trust;
    let score = book.read(did, agent.score(), rules, now).points.score();
    registry.upwards(row).filter_map(|row| registry.agent(row).ceiling()).fold(score, u16::min)
}
