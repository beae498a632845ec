//! What was said lately: who lost trust by it, and which sources have fallen silent.

use super::account::Account;
use super::{Book, Points, Rules};
use crate::identity::Did;
use crate::time::Time;

impl Book {
    /// The points that events after `since` took from an agent on the whole; decay and ceilings are left aside.
    ///
    /// It costs one look-up for an agent about whom nothing was said since then, else a fold of all that was ever said.
    pub fn lost_since(&self, did: &Did, base: Option<u16>, rules: &Rules, since: Time) -> Points {
        let Some(account) = self.accounts.get(did) else { return Points::ZERO };
        let effects = || self.effects.range((account.number, 0)..=(account.number, u64::MAX));
        if effects().next_back().is_none_or(|(_, effect)| effect.at <= since) {
            return Points::ZERO;
        }
        let start = Points::whole(i32::from(base.unwrap_or(rules.default_score)));
        let mut before = Account::new(account.number);
        effects().take_while(|(_, effect)| effect.at <= since).for_each(|(_, effect)| before.take(effect));
        before.shift.apply(start).minus(account.shift.apply(start)).max(Points::ZERO)
    }

    /// The registered sources that said nothing after `since`, in the order of the policy.
    pub fn silent_since<'r>(&self, rules: &'r Rules, since: Time) -> Vec<&'r str> {
        let mut silent: Vec<&str> = rules.sources.iter().map(|source| source.name.as_str()).collect();
        let mut latest = self.entries.values().rev().take_while(|entry| entry.event.at > since);
        while let Some(entry) = latest.next().filter(|_| !silent.is_empty()) {
            silent.retain(|name| *name != entry.event.source);
        }
        silent
    }
}
