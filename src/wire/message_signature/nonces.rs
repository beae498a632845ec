//! Each signed request once.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::VerifiedRequest;
use crate::encoding::sha256;
use crate::time::{Span, Time};

/// How far ahead of a request's `created` the durable mark is put, so that it is moved once in so long.
const STRIDE: Span = Span::seconds(10);
/// So many requests that have ended are forgotten with each that comes: nobody's waits for a second in which many end.
const FORGOTTEN: usize = 64;

/// A key and its nonce: 128 bits of SHA-256. Whoever found a second pair for somebody's would have that one refused.
type Name = [u8; 16];
/// A key: 64 bits of SHA-256, no less than its key id has. Whoever made two keys with one tag would have one share.
type Tag = u64;

/// Whose requests have a room together: what the agents send takes no place from programs and operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// An operator's.
    Operator,
    /// An enforcement point's, or that of a source of signals.
    Program,
    /// An agent's.
    Agent,
}

/// A number of requests for each room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rooms {
    /// Of all operators.
    pub operators: usize,
    /// Of all enforcement points and sources.
    pub programs: usize,
    /// Of all agents.
    pub agents: usize,
}

/// The requests that were taken and still count, so that none is taken twice, in this process or a later one.
///
/// Memory alone forgets at a restart. So no request is taken whose `created` lies after a *mark* that the caller has made
/// to last ([`Step::Mark`]), and a new process begins with that mark as its floor and refuses whatever was made up to it.
/// That needs no write per request (one in 10 s under load), and no clock that only goes forward. Whoever is refused so
/// signs again, later than the floor: no further ahead of the clock than any request may be.
///
/// Only verified requests come in, so strangers take no room. A key may have as many under way as its room has places
/// left: alone it gets half of the room, and beside `n` others that want as much, an equal part of it. So there is a place
/// for whoever comes, however many of the others are hostile, and one for a key that has none even when there is none left.
#[derive(Debug, Clone)]
pub struct Nonces {
    most: Rooms,
    held: Rooms,
    floor: Time,
    mark: Time,
    /// Time never goes back here, whatever clock is read.
    now: Time,
    used: HashSet<Name>,
    by_end: BTreeMap<Time, Vec<(Name, Tag)>>,
    by_key: HashMap<Tag, Share>,
}

/// What one key has under way.
#[derive(Debug, Clone, Copy)]
struct Share {
    whose: Whose,
    held: u32,
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

impl Rooms {
    const fn of(&self, whose: Whose) -> usize {
        match whose {
            Whose::Operator => self.operators,
            Whose::Program => self.programs,
            Whose::Agent => self.agents,
        }
    }

    const fn of_mut(&mut self, whose: Whose) -> &mut usize {
        match whose {
            Whose::Operator => &mut self.operators,
            Whose::Program => &mut self.programs,
            Whose::Agent => &mut self.agents,
        }
    }
}

impl Nonces {
    /// Remembers so many requests of each room, and one of each key beyond; `floor` is the last mark of those before.
    ///
    /// A request takes 90 bytes at most, and as much as 140 where each has a key of its own.
    pub fn new(most: Rooms, floor: Option<Time>) -> Self {
        let floor = floor.unwrap_or(Time::MIN);
        Self {
            most,
            held: Rooms::default(),
            floor,
            mark: floor,
            now: Time::MIN,
            used: HashSet::new(),
            by_end: BTreeMap::new(),
            by_key: HashMap::new(),
        }
    }

    /// Takes a request, the first time.
    ///
    /// # Errors
    /// [`NonceError`]: a request is in doubt no less than one that was seen.
    pub fn spend(&mut self, request: &VerifiedRequest, whose: Whose, now: Time) -> Result<Step, NonceError> {
        let head = request.head();
        self.now = self.now.max(now);
        self.forget_ended();
        if head.expires() <= self.now {
            return Err(NonceError::Over);
        }
        if head.created() <= self.floor {
            return Err(NonceError::BeforeStart { floor: self.floor });
        }
        let (name, tag) = named(head.keyid(), head.nonce());
        if self.used.contains(&name) {
            return Err(NonceError::Replayed);
        }
        let share = self.by_key.get(&tag).copied().unwrap_or(Share { whose, held: 0 });
        let left = self.most.of(share.whose).saturating_sub(self.held.of(share.whose));
        let held = usize::try_from(share.held).unwrap_or(usize::MAX);
        if held >= left.max(1) {
            return Err(NonceError::NoRoom { held });
        }
        if head.created() > self.mark {
            // Never beyond what may be taken now: else a later process had to wait for its own floor.
            let limit = now.plus(super::MAX_AHEAD).max(head.created());
            return Ok(Step::Mark(head.created().plus(STRIDE).min(limit)));
        }
        self.keep((name, tag), head.expires(), share);
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

    fn keep(&mut self, (name, tag): (Name, Tag), end: Time, share: Share) {
        self.used.insert(name);
        self.by_end.entry(end).or_default().push((name, tag));
        self.by_key.insert(tag, Share { held: share.held.saturating_add(1), ..share });
        let held = self.held.of_mut(share.whose);
        *held = held.saturating_add(1);
    }

    fn forget_ended(&mut self) {
        for _ in 0..FORGOTTEN {
            let Some(mut first) = self.by_end.first_entry().filter(|first| *first.key() <= self.now) else {
                return;
            };
            let Some((name, tag)) = first.get_mut().pop() else {
                first.remove();
                continue;
            };
            self.used.remove(&name);
            let Some(share) = self.by_key.get_mut(&tag) else { continue };
            let held = self.held.of_mut(share.whose);
            *held = held.saturating_sub(1);
            share.held = share.held.saturating_sub(1);
            if share.held == 0 {
                self.by_key.remove(&tag);
            }
        }
    }
}

fn named(keyid: &str, nonce: &str) -> (Name, Tag) {
    let key = sha256(keyid.as_bytes());
    let name = sha256(&[key.as_slice(), nonce.as_bytes()].concat());
    let tag = key.first_chunk().copied().unwrap_or_default();
    (name.first_chunk().copied().unwrap_or_default(), Tag::from_be_bytes(tag))
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]
mod tests {
    use super::*;

    /// What the tables take at most, as they grow by doubling: a byte beside each place of a hash table.
    fn bytes(nonces: &Nonces) -> usize {
        let places = |capacity: usize| (capacity * 8 / 7).next_power_of_two();
        let ends = nonces.by_end.values().map(|end| end.capacity() * size_of::<(Name, Tag)>()).sum::<usize>();
        ends + places(nonces.used.capacity()) * (size_of::<Name>() + 1)
            + places(nonces.by_key.capacity()) * (size_of::<(Tag, Share)>() + 1)
    }

    #[test]
    fn a_request_takes_as_little_as_is_said() {
        let mut nonces = Nonces::new(Rooms::default(), None);
        let share = Share { whose: Whose::Agent, held: 0 };
        let mut worst = 0;
        for number in 0..200_000_u64 {
            let name = named("did:mesh:01#key-1", &number.to_string()).0;
            // The worst: a key for each, and all end in the same second.
            nonces.keep((name, number), Time::MAX, share);
            if number > 10_000 {
                worst = worst.max(bytes(&nonces) / nonces.len());
            }
        }
        assert!((100..=140).contains(&worst), "{worst}");
    }
}
