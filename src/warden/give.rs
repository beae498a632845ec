//! What operators give an agent and take from it: another parent, other capabilities.

use crate::change::{Adopt, Holding, PlanError, Target, What, holding_of, kept_below};
use crate::identity::Did;
use crate::registry::{Registry, Row};

use super::{FactReceipt, Warden, WardenError, Word};

impl Warden {
    /// Puts an agent, with everybody below it, below another parent; without `capabilities` it keeps what that parent
    /// may give of what it holds.
    ///
    /// The parent signed nothing: the log is what vouches for it.
    ///
    /// # Errors
    /// [`WardenError`]; the agent is where it was.
    pub fn adopt(
        &mut self,
        did: &Did,
        parent: &Did,
        capabilities: Option<Vec<String>>,
        word: Word<'_>,
    ) -> Result<FactReceipt, WardenError> {
        self.follow()?;
        let registry = self.registry();
        let (row, above) = (known(registry, did)?, known(registry, parent)?);
        let capabilities = capabilities.unwrap_or_else(|| kept_below(registry, row, above));
        let parent = Target { did: parent.clone(), version: registry.agent(above).version() };
        self.say(Some(did), What::Adopt(Adopt { parent, capabilities }), word)
    }

    /// Gives an agent capabilities beside those that it holds, within its parent's.
    ///
    /// # Errors
    /// [`WardenError`]; it holds what it held.
    pub fn grant(&mut self, did: &Did, more: &[String], word: Word<'_>) -> Result<FactReceipt, WardenError> {
        self.follow()?;
        let mut capabilities = held(self.registry(), did)?;
        for capability in more {
            if !capabilities.contains(capability) {
                capabilities.push(capability.clone());
            }
        }
        self.say(Some(did), What::Grant(Holding { capabilities }), word)
    }

    /// Takes capabilities from an agent, and from those below it what they held only by them.
    ///
    /// # Errors
    /// [`WardenError`]; it holds what it held.
    pub fn narrow(
        &mut self,
        did: &Did,
        without: &[String],
        word: Word<'_>,
    ) -> Result<FactReceipt, WardenError> {
        self.follow()?;
        let mut capabilities = held(self.registry(), did)?;
        capabilities.retain(|capability| !without.contains(capability));
        self.say(Some(did), What::Narrow(Holding { capabilities }), word)
    }
}

fn known(registry: &Registry, did: &Did) -> Result<Row, PlanError> {
    registry.find(did).ok_or_else(|| PlanError::Unknown(did.clone()))
}

fn held(registry: &Registry, did: &Did) -> Result<Vec<String>, PlanError> {
    known(registry, did).map(|row| holding_of(registry, row))
}
