//! What waits for an answer: bounded, for a time, once.

use std::collections::HashMap;
use std::hash::Hash;

use super::HandshakeError;
use crate::time::Time;

/// As many handshakes may be under way, unless somebody says otherwise (IDT 14.10).
pub const DEFAULT_LIMIT: usize = 1000;

/// Things that wait, each until a time, itself included. It never holds more than its limit.
#[derive(Debug, Clone)]
pub struct Pending<K, V> {
    limit: usize,
    waiting: HashMap<K, (Time, V)>,
}

/// What was waiting under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken<V> {
    /// It still was in time.
    InTime(V),
    /// Its time was over.
    TooLate,
    /// Nothing.
    Absent,
}

impl<K: Hash + Eq, V> Pending<K, V> {
    /// An empty set for at most `limit` things.
    pub fn with_limit(limit: usize) -> Self {
        Self { limit, waiting: HashMap::new() }
    }

    /// Changes the limit; what waits beyond a lower one stays, and nothing more comes in.
    pub const fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Makes sure that one more fits; when it is full, what is too late goes first.
    ///
    /// # Errors
    /// [`HandshakeError::TooManyPending`].
    pub fn make_room(&mut self, now: Time) -> Result<(), HandshakeError> {
        if self.waiting.len() >= self.limit {
            self.waiting.retain(|_, (until, _)| now <= *until);
        }
        if self.waiting.len() >= self.limit { Err(HandshakeError::TooManyPending) } else { Ok(()) }
    }

    /// Lets something wait; a name that is taken is refused, so that nothing is overwritten.
    ///
    /// # Errors
    /// [`HandshakeError::TooManyPending`].
    pub fn put(&mut self, name: K, value: V, until: Time, now: Time) -> Result<(), HandshakeError> {
        self.make_room(now)?;
        if self.waiting.contains_key(&name) {
            return Err(HandshakeError::TooManyPending);
        }
        self.waiting.insert(name, (until, value));
        Ok(())
    }

    /// Takes what waits under a name; it waits no more, whatever comes of it.
    pub fn take(&mut self, name: &K, now: Time) -> Taken<V> {
        match self.waiting.remove(name) {
            None => Taken::Absent,
            Some((until, _)) if now > until => Taken::TooLate,
            Some((_, value)) => Taken::InTime(value),
        }
    }

    /// Whether something waits under a name, and is in time.
    pub fn waits(&self, name: &K, now: Time) -> bool {
        self.waiting.get(name).is_some_and(|(until, _)| now <= *until)
    }

    /// How many of those that wait, and are in time, are like this.
    pub fn count(&self, now: Time, like: impl Fn(&V) -> bool) -> usize {
        self.waiting.values().filter(|(until, value)| now <= *until && like(value)).count()
    }

    /// How many wait, those included that are too late and were not met yet.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(micros: i64) -> Time {
        Time::from_micros(micros).unwrap()
    }

    #[test]
    fn what_waits_is_taken_once_and_in_time() {
        let mut pending = Pending::with_limit(9);
        pending.put(1, "a", at(10), at(0)).unwrap();
        assert_eq!(
            pending.put(1, "b", at(99), at(0)),
            Err(HandshakeError::TooManyPending),
            "not overwritten"
        );
        assert_eq!(pending.take(&1, at(10)), Taken::InTime("a"));
        assert_eq!(pending.take(&1, at(10)), Taken::Absent);
        pending.put(2, "c", at(10), at(0)).unwrap();
        assert_eq!(pending.take(&2, at(11)), Taken::TooLate);
        assert_eq!(pending.take(&2, at(11)), Taken::Absent);
    }

    proptest! {
        #[test]
        fn no_stranger_makes_it_grow(limit in 0usize..20, lives in prop::collection::vec(0i64..30, 0..60)) {
            let mut pending = Pending::with_limit(limit);
            for (now, life) in lives.into_iter().enumerate() {
                let now = now as i64;
                let full = pending.waiting.values().filter(|(until, _)| at(now) <= *until).count() >= limit;
                let taken = pending.put(now, (), at(now.saturating_add(life)), at(now));
                prop_assert_eq!(taken.is_err(), full, "it is refused exactly when that many are in time");
                prop_assert!(pending.len() <= limit);
            }
        }
    }
}
