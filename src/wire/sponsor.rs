//! A sponsor: whose agents, how trusted, whom to call.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::registry::{Judgement, Registry, State};

/// One sponsor: `sponsor show --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SponsorLine {
    /// The address.
    pub email: String,
    /// Whether operators verified it.
    pub verified: bool,
    /// Who is called for it now.
    pub deputy: Option<String>,
    /// Until when.
    pub deputy_until: Option<String>,
    /// Its agents, in the order of registration.
    pub agents: Vec<SponsoredLine>,
    /// How many of them are in each tier, `unscored` too.
    pub tiers: BTreeMap<&'static str, usize>,
    /// How many of them may act.
    pub active: usize,
}

/// An agent of a sponsor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SponsoredLine {
    /// The agent.
    pub did: String,
    /// Its name.
    pub name: String,
    /// Its effective state.
    pub state: &'static str,
    /// Its tier; `null` when it is unscored.
    pub tier: Option<&'static str>,
}

impl SponsorLine {
    /// The line of a sponsor.
    pub fn of(registry: &Registry, judgement: &Judgement, email: &str) -> Self {
        let (sponsors, now) = (&registry.facts().sponsors, judgement.at());
        let deputy = sponsors.deputy(email, now);
        let agent = |row| SponsoredLine {
            did: registry.agent(row).did().to_string(),
            name: registry.agent(row).name().to_owned(),
            state: judgement.state(row).as_str(),
            tier: registry.scored(row, now).map(|reading| reading.tier.as_str()),
        };
        let agents: Vec<SponsoredLine> = registry.of_sponsor(email).map(agent).collect();
        let mut tiers: BTreeMap<&'static str, usize> = BTreeMap::new();
        for agent in &agents {
            let count = tiers.entry(agent.tier.unwrap_or("unscored")).or_default();
            *count = count.saturating_add(1);
        }
        Self {
            email: email.to_owned(),
            verified: sponsors.is_verified(email),
            deputy: deputy.map(|deputy| deputy.email.clone()),
            deputy_until: deputy.and_then(|deputy| deputy.until).map(|until| until.to_string()),
            active: agents.iter().filter(|agent| agent.state == State::Active.as_str()).count(),
            agents,
            tiers,
        }
    }
}
