//! When enforcement points and consoles were last heard of, how far they follow the log, and who sends unsigned.
//!
//! All of it is of this process: after a restart everybody is unknown until he is heard again.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use crate::time::{Span, Time};

/// So many are known; enrolled programs and operators are never more.
const MOST: usize = 4096;
/// Of each, so many times are remembered at which it was further than before.
const REMEMBERED: usize = 256;
/// Unsigned requests are counted by hours, so many of them.
const HOURS: usize = 24;
const HOUR: i64 = 3_600_000_000;

/// The code of a request without a signature.
pub(super) const UNSIGNED: &str = "request_unsigned";

/// How it is known that somebody follows the log so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// It said so, and signed that.
    Report,
    /// It asked for a verdict, and got one that rests on the log so far.
    Request,
}

impl How {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Request => "request",
        }
    }
}

/// Somebody has taken in the log up to an entry, that one included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    pub index: u64,
    pub at: Time,
    pub how: How,
}

/// Whom the verifier hears.
pub(super) struct Contacts {
    since: Time,
    heard: Mutex<BTreeMap<String, Heard>>,
    unsigned: Mutex<BTreeMap<String, VecDeque<(i64, u64)>>>,
}

struct Heard {
    last: Time,
    seen: VecDeque<Seen>,
}

impl Contacts {
    pub(super) fn new(since: Time) -> Self {
        Self { since, heard: Mutex::default(), unsigned: Mutex::default() }
    }

    /// From when on anybody was heard.
    pub(super) const fn since(&self) -> Time {
        self.since
    }

    /// Somebody whose name is known was heard.
    pub(super) fn met(&self, name: &str, now: Time) {
        self.with(name, now, |_| ());
    }

    /// Somebody whose name is known has taken in the entry at `index`, and all before.
    pub(super) fn seen(&self, name: &str, seen: Seen) {
        self.with(name, seen.at, |heard| {
            if heard.seen.back().is_none_or(|last| last.index < seen.index) {
                heard.seen.push_back(seen);
            }
            if heard.seen.len() > REMEMBERED {
                heard.seen.pop_front();
            }
        });
    }

    /// When it was last heard.
    pub(super) fn last(&self, name: &str) -> Option<Time> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).get(name).map(|heard| heard.last)
    }

    /// Since when, at the latest, it has taken in the entry at `index`.
    pub(super) fn confirmed(&self, name: &str, index: u64) -> Option<Seen> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.get(name)?.seen.iter().find(|seen| seen.index >= index).copied()
    }

    /// Those who were heard from `from` on and said how far they follow.
    pub(super) fn reporting(&self, from: Time) -> Vec<String> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let reports =
            |heard: &Heard| heard.last >= from && heard.seen.iter().any(|seen| seen.how == How::Report);
        heard.iter().filter(|(_, heard)| reports(heard)).map(|(name, _)| name.clone()).collect()
    }

    /// A request came unsigned: through a point, or, without a name, to the verifier itself.
    pub(super) fn unsigned(&self, through: &str, now: Time) {
        let hour = now.micros().div_euclid(HOUR);
        let mut unsigned = self.unsigned.lock().unwrap_or_else(PoisonError::into_inner);
        if unsigned.len() >= MOST && !unsigned.contains_key(through) {
            return;
        }
        let hours = unsigned.entry(through.to_owned()).or_default();
        match hours.back_mut() {
            Some((last, count)) if *last >= hour => *count = count.saturating_add(1),
            _ => hours.push_back((hour, 1)),
        }
        if hours.len() > HOURS {
            hours.pop_front();
        }
    }

    /// How many came unsigned from the hour of `from` on, by the point that they came through.
    pub(super) fn unsigned_since(&self, from: Time) -> Vec<(String, u64)> {
        let first = from.micros().div_euclid(HOUR);
        let unsigned = self.unsigned.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = unsigned.iter().map(|(name, hours)| {
            let hours = hours.iter().filter(|(hour, _)| *hour >= first);
            (name.clone(), hours.fold(0_u64, |sum, (_, count)| sum.saturating_add(*count)))
        });
        counted.filter(|(_, count)| *count > 0).collect()
    }

    fn with(&self, name: &str, now: Time, then: impl FnOnce(&mut Heard)) {
        let mut all = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST && !all.contains_key(name) {
            // Whoever is gone for longest makes room.
            let gone = all.iter().min_by_key(|(_, heard)| heard.last).map(|(name, _)| name.clone());
            gone.map(|name| all.remove(&name));
        }
        let heard = all.entry(name.to_owned()).or_insert_with(|| Heard { last: now, seen: VecDeque::new() });
        heard.last = heard.last.max(now);
        then(heard);
    }
}

/// Whoever was heard since then and has not confirmed is late, not unknown.
pub(super) const A_DAY_AGO: Span = Span::seconds(-24 * 3600);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Time {
        Time::parse("2026-03-01T12:00:00Z").unwrap().plus(Span::seconds(second))
    }

    fn seen(index: u64, second: i64) -> Seen {
        Seen { index, at: at(second), how: How::Report }
    }

    #[test]
    fn an_entry_is_confirmed_when_it_was_first_taken_in() {
        let contacts = Contacts::new(at(0));
        assert_eq!((contacts.confirmed("edge", 1), contacts.last("edge")), (None, None));
        contacts.met("edge", at(1));
        contacts.seen("edge", seen(4, 2));
        contacts.seen("edge", seen(4, 3));
        contacts.seen("edge", seen(2, 4));
        contacts.seen("edge", seen(9, 5));
        let confirmed = |index| contacts.confirmed("edge", index).map(|seen| seen.at);
        assert_eq!((confirmed(4), confirmed(5), confirmed(9)), (Some(at(2)), Some(at(5)), Some(at(5))));
        assert_eq!((confirmed(10), contacts.last("edge")), (None, Some(at(5))));
        assert_eq!(contacts.reporting(at(6)), Vec::<String>::new());
        assert_eq!(contacts.reporting(at(5)), ["edge"]);
    }

    #[test]
    fn what_is_remembered_is_bounded_and_says_at_the_latest() {
        let contacts = Contacts::new(at(0));
        for index in 0..1000 {
            contacts.seen("edge", seen(index, i64::try_from(index).unwrap()));
        }
        let first = contacts.confirmed("edge", 0).unwrap();
        assert_eq!((first.index, first.at), (744, at(744)), "the earliest that is remembered");
        for name in 0..=MOST {
            contacts.met(&format!("name-{name}"), at(2000));
        }
        assert_eq!(contacts.last("edge"), None, "whoever was gone for longest made room");
    }

    #[test]
    fn unsigned_requests_are_counted_by_point_and_hour() {
        let contacts = Contacts::new(at(0));
        for hour in 0..30 {
            contacts.unsigned("edge", at(hour * 3600));
            contacts.unsigned("edge", at(hour * 3600 + 60));
        }
        contacts.unsigned("", at(29 * 3600));
        let since = |hour: i64| contacts.unsigned_since(at(hour * 3600));
        assert_eq!(since(29), [(String::new(), 1), ("edge".to_owned(), 2)]);
        assert_eq!(since(0), [(String::new(), 1), ("edge".to_owned(), 48)]);
        assert_eq!(since(30), []);
    }
}
