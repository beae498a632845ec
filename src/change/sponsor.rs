//! What operators say about the humans who answer for agents.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::spelled::as_text;
use super::{ChangeError, FactError, PersonalText};
use crate::identity::Did;
use crate::registry::{Deputy, LockTarget, Registry};
use crate::time::Time;

/// An address has at most this many bytes.
const MAX_EMAIL_BYTES: usize = 320;

/// A transfer names at most so many agents.
pub const MAX_TRANSFERRED: usize = 10_000;

/// Something about a sponsor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "lowercase", deny_unknown_fields)]
pub enum OnSponsor {
    /// It is who it says: for all its agents, those that come later included.
    Verify {
        /// The address.
        email: PersonalText,
    },
    /// Agents are another's from now on; they are named one by one, so that a forgotten address moves nobody back.
    Transfer {
        /// The agents.
        agents: Vec<String>,
        /// Whose they are.
        to: PersonalText,
    },
    /// Somebody is called for it.
    Deputy {
        /// The address.
        email: PersonalText,
        /// Who; nobody from now on without one.
        #[serde(skip_serializing_if = "Option::is_none")]
        deputy: Option<PersonalText>,
        /// Until when.
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<Until>,
    },
}

/// A time in a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Until(#[serde(with = "as_text")] pub Time);

impl OnSponsor {
    /// The word of the step.
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Verify { .. } => "verify",
            Self::Transfer { .. } => "transfer",
            Self::Deputy { .. } => "deputy",
        }
    }

    /// Every address in it, to be hidden or shown.
    pub fn texts_mut(&mut self) -> Vec<&mut PersonalText> {
        match self {
            Self::Verify { email } | Self::Transfer { to: email, .. } => vec![email],
            Self::Deputy { email, deputy, .. } => [email].into_iter().chain(deputy).collect(),
        }
    }

    /// The address in it that comes first.
    pub const fn email(&self) -> &PersonalText {
        match self {
            Self::Verify { email } | Self::Transfer { to: email, .. } | Self::Deputy { email, .. } => email,
        }
    }

    pub(super) fn check(&self) -> Result<(), ChangeError> {
        if let Self::Transfer { agents, .. } = self {
            let known: BTreeSet<&String> = agents.iter().collect();
            let dids = agents.iter().all(|did| Did::parse(did).is_ok());
            if agents.is_empty() || agents.len() > MAX_TRANSFERRED || known.len() != agents.len() || !dids {
                return Err(ChangeError::Unreadable { member: "agents" });
            }
        }
        for text in self.clone().texts_mut().iter().filter_map(|text| text.clear()) {
            let one_at =
                text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
            if !one_at || text.len() > MAX_EMAIL_BYTES || text.trim() != text {
                return Err(ChangeError::Unreadable { member: "email" });
            }
        }
        Ok(())
    }

    /// Nobody is moved out of a lock on the sponsor: it is lifted by what it names.
    pub(super) fn judge(&self, registry: &Registry) -> Result<(), FactError> {
        if let Self::Verify { email } = self
            && registry.facts().sponsors.is_verified(&email.name())
        {
            return Err(FactError::SponsorSame { email: email.shown().to_owned() });
        }
        if let Self::Deputy { email, deputy: Some(deputy), .. } = self
            && deputy.name() == email.name()
        {
            return Err(FactError::DeputyOfOneself { email: email.shown().to_owned() });
        }
        let Self::Transfer { agents, to } = self else { return Ok(()) };
        let locks = &registry.facts().locks;
        for did in agents.iter().filter_map(|did| Did::parse(did).ok()) {
            let row = registry.find(&did).ok_or_else(|| FactError::Unknown(did.clone()))?;
            let sponsor = registry.agent(row).sponsor().to_owned();
            if sponsor == to.name() {
                return Err(FactError::Same(did));
            }
            if locks.get(&LockTarget::Sponsor(sponsor)).is_some() {
                return Err(FactError::SponsorLocked { did });
            }
        }
        Ok(())
    }

    pub(super) fn recall(&self, registry: &mut Registry, index: u64) {
        match self {
            Self::Verify { email } => registry.facts_mut().sponsors.verify(&email.name()),
            Self::Transfer { agents, to } => {
                let rows = agents.iter().filter_map(|did| registry.find(&Did::parse(did).ok()?));
                for row in rows.collect::<Vec<_>>() {
                    registry.move_to_sponsor(row, &to.name());
                }
            }
            Self::Deputy { email, deputy, until } => {
                let deputy = deputy.as_ref().map(|deputy| Deputy {
                    email: deputy.name(),
                    until: until.map(|until| until.0),
                    index,
                });
                registry.facts_mut().sponsors.depute(&email.name(), deputy);
            }
        }
    }
}
