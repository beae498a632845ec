//! Forgetting whom an agent belongs to.

use super::{Registry, Row};
use crate::identity::{Did, ERASED, ERASED_SPONSOR};

impl Registry {
    /// Whether the texts of an agent's record that may name people were forgotten.
    pub fn is_erased(&self, row: Row) -> bool {
        let agent = self.agent(row);
        agent.name() == ERASED && agent.sponsor() == ERASED_SPONSOR
    }

    /// Forgets the texts of an agent's record that may name people, and what rests on them.
    pub fn erase(&mut self, did: &Did) {
        self.facts.forget_evidence(did, false);
        self.facts.sponsors.forget(did);
        let Some(row) = self.find(did).filter(|row| !self.is_erased(*row)) else { return };
        let mut intake = std::mem::take(self).intake(false);
        intake.erase(row);
        *self = intake.settle();
    }
}
