//! How careful a place wants people to be: read-only until somebody unlocks it, and for a while only.

use crate::change::Kind;
use crate::time::{Span, Time};

/// How long it stays unlocked.
const UNLOCKED: Span = Span::seconds(300);

/// What a context lets be ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Caution {
    /// Everything that the log lets its operators order.
    #[default]
    Open,
    /// Nothing that gives authority, ever; what takes it away, once it is unlocked.
    ReadOnly,
    /// Everything, once it is unlocked.
    Production,
}

/// The lock before the orders of a place; whoever unlocks it does so for five minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Bar {
    caution: Caution,
    until: Option<Time>,
}

impl Bar {
    pub(super) const fn of(caution: Caution) -> Self {
        Self { caution, until: None }
    }

    /// Whether nothing can be ordered now.
    pub(super) fn locked(&self, now: Time) -> bool {
        self.caution != Caution::Open && self.until.is_none_or(|until| now >= until)
    }

    /// Unlocks it for a while, or locks it again.
    pub(super) fn toggle(&mut self, now: Time) {
        self.until = if self.locked(now) { Some(now.plus(UNLOCKED)) } else { None };
    }

    /// Why an order of this kind is not even asked about, and the `key` that unlocks; the dialog of one that takes authority away asks for the unlock.
    pub(super) fn refusal(&self, kind: Kind, now: Time, key: &str) -> Option<String> {
        if takes(kind) {
            return None;
        }
        match self.caution {
            Caution::Open => None,
            Caution::ReadOnly => {
                Some("the context is read-only: here one can only take authority away".to_owned())
            }
            Caution::Production => {
                self.locked(now).then(|| format!("production, read-only: {key} unlocks it for 5 minutes"))
            }
        }
    }

    /// Said on every screen and in every dialog, with the `key` that unlocks; whether it is locked.
    pub(super) fn words(&self, now: Time, key: &str) -> Option<(String, bool)> {
        if self.caution == Caution::Open {
            return None;
        }
        let Some(until) = self.until.filter(|_| !self.locked(now)) else {
            return Some((format!("READ-ONLY: {key} unlocks for 5 minutes"), true));
        };
        let left = until.since(now).as_seconds().max(0);
        Some((format!("UNLOCKED for {}:{:02}", left / 60, left % 60), false))
    }
}

/// Whether an order of this kind only takes authority away.
const fn takes(kind: Kind) -> bool {
    matches!(kind, Kind::Suspend | Kind::Revoke | Kind::Seal | Kind::Lock | Kind::Narrow)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Time {
        Time::parse("2026-03-01T12:00:00Z").unwrap().plus(Span::seconds(seconds))
    }

    #[test]
    fn production_is_read_only_until_it_is_unlocked_and_five_minutes_later_again() {
        let mut bar = Bar::of(Caution::Production);
        assert!(bar.locked(at(0)) && bar.refusal(Kind::Grant, at(0), "!").is_some());
        assert_eq!(bar.refusal(Kind::Suspend, at(0), "!"), None, "its dialog asks for the unlock");
        bar.toggle(at(0));
        assert!(!bar.locked(at(299)) && bar.refusal(Kind::Grant, at(299), "!").is_none());
        assert_eq!(bar.words(at(61), "!"), Some(("UNLOCKED for 3:59".to_owned(), false)));
        assert!(bar.locked(at(300)) && bar.refusal(Kind::Grant, at(300), "!").is_some());
        bar.toggle(at(400));
        bar.toggle(at(401));
        assert!(bar.locked(at(402)), "the same key locks it again");
    }

    #[test]
    fn what_is_read_only_by_configuration_never_gives_authority() {
        let mut bar = Bar::of(Caution::ReadOnly);
        bar.toggle(at(0));
        assert!(!bar.locked(at(1)) && bar.refusal(Kind::Reactivate, at(1), "!").is_some());
        assert_eq!(bar.refusal(Kind::Revoke, at(1), "!"), None);
    }

    #[test]
    fn an_open_place_says_and_bars_nothing() {
        let bar = Bar::default();
        assert!(
            !bar.locked(at(0))
                && bar.words(at(0), "!").is_none()
                && bar.refusal(Kind::Policy, at(0), "!").is_none()
        );
    }
}
