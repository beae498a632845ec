//! Each signed request once.

use std::collections::{BTreeSet, HashMap};

use super::VerifiedRequest;
use crate::encoding::{Digest32, sha256};
use crate::time::{Span, Time};

/// How far ahead of a request's `created` the durable mark is put, so that it is moved once in so long.
const STRIDE: Span = Span::seconds(10);

/// The requests that were taken and still count, so that none is taken twice, in this process or a later one.
///
/// Memory alone forgets at a restart. So no request is taken whose `created` lies after a *mark* that the caller has made
/// to last ([`Step::Mark`]), and a new process begins with that mark as its floor and refuses whatever was made up to it.
/// That needs no write per request (one in 10 s under load), and no clock that only goes forward. Whoever is refused so
/// signs again, later than the floor: no further ahead of the clock than any request may be.
///
/// Only verified requests come in, so strangers take no room. A key has a part of its own; when all is full, only keys
/// that have more than an equal share of it are refused.
#[derive(Debug, Clone)]
pub struct Nonces {
    most: usize,
    most_each: usize,
    floor: Time,
    mark: Time,
    /// Time never goes back here, whatever clock is read.
    now: Time,
    used: HashMap<Digest32, Digest32>,
    by_end: BTreeSet<(Time, Digest32)>,
    by_key: HashMap<Digest32, usize>,
}

/// What [`Nonces::spend`] came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Step {
    /// The request is taken.
    Taken,
    /// Nothing is taken yet: this mark must last first, and be told to [`Nonces::marked`].
    Mark(Time),
}

/// Why a verified request is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NonceError {
    /// The key used this nonce before.
    #[error("the request was sent before")]
    Replayed,
    /// It was made before this process began, or so close to it that nobody knows whether it was taken.
    #[error("the verifier has begun anew, and takes what is made after {floor}")]
    BeforeStart {
        /// The last moment that is refused.
        floor: Time,
    },
    /// It ended meanwhile.
    #[error("the request is over")]
    Over,
    /// Its key sends more than is remembered.
    #[error("the key has {held} requests under way, and no room for more")]
    NoRoom {
        /// How many of its requests are remembered.
        held: usize,
    },
}

impl NonceError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Replayed => "request_replayed",
            Self::BeforeStart { .. } => "request_before_start",
            Self::Over => "request_over",
            Self::NoRoom { .. } => "request_no_room",
        }
    }

    /// The time by which whoever signs sets its clock, where that helps.
    pub fn server_time(&self) -> Option<Time> {
        match self {
            Self::BeforeStart { floor } => Some(floor.plus(Span::seconds(1))),
            _ => None,
        }
    }
}

impl Nonces {
    /// Remembers `most` requests, `most_each` of one key (200 bytes each); `floor` is the last mark of those before.
    ///
    /// With `most` reached, a key with less than an equal share still gets in: it never holds more than `most` and one
    /// for each key.
    pub fn new(most: usize, most_each: usize, floor: Option<Time>) -> Self {
        let floor = floor.unwrap_or(Time::MIN);
        Self {
            most,
            most_each,
            floor,
            mark: floor,
            now: Time::MIN,
            used: HashMap::new(),
            by_end: BTreeSet::new(),
            by_key: HashMap::new(),
        }
    }

    /// Takes a request, the first time.
    ///
    /// # Errors
    /// [`NonceError`]: a request is in doubt no less than one that was seen.
    pub fn spend(&mut self, request: &VerifiedRequest, now: Time) -> Result<Step, NonceError> {
        let head = request.head();
        self.forget_ended(now);
        if head.expires() <= self.now {
            return Err(NonceError::Over);
        }
        if head.created() <= self.floor {
            return Err(NonceError::BeforeStart { floor: self.floor });
        }
        let key = sha256(head.keyid().as_bytes());
        let name = sha256(&[key.as_slice(), head.nonce().as_bytes()].concat());
        if self.used.contains_key(&name) {
            return Err(NonceError::Replayed);
        }
        let held = self.by_key.get(&key).copied().unwrap_or(0);
        let share = self.most.checked_div(self.by_key.len()).unwrap_or(self.most).max(1);
        if held >= self.most_each || (self.used.len() >= self.most && held >= share) {
            return Err(NonceError::NoRoom { held });
        }
        if head.created() > self.mark {
            // Never beyond what may be taken now: else a later process had to wait for its own floor.
            let limit = now.plus(super::MAX_AHEAD).max(head.created());
            return Ok(Step::Mark(head.created().plus(STRIDE).min(limit)));
        }
        self.used.insert(name, key);
        self.by_end.insert((head.expires(), name));
        self.by_key.insert(key, held.saturating_add(1));
        Ok(Step::Taken)
    }

    /// The mark lasts: what is made up to it may be taken from now on.
    pub fn marked(&mut self, mark: Time) {
        self.mark = self.mark.max(mark);
    }

    /// How many requests are remembered.
    pub fn len(&self) -> usize {
        self.used.len()
    }

    /// Whether none are.
    pub fn is_empty(&self) -> bool {
        self.used.is_empty()
    }

    fn forget_ended(&mut self, now: Time) {
        self.now = self.now.max(now);
        while let Some((end, name)) = self.by_end.first().copied().filter(|(end, _)| *end <= self.now) {
            self.by_end.remove(&(end, name));
            let Some(key) = self.used.remove(&name) else { continue };
            match self.by_key.get_mut(&key) {
                Some(count) if *count > 1 => *count = count.saturating_sub(1),
                _ => drop(self.by_key.remove(&key)),
            }
        }
    }
}
