//! Handshakes that need not be repeated yet.

use std::collections::HashMap;

use super::{Demand, Peer};
use crate::identity::{Did, KeyBytes};
use crate::time::{Span, Time};

/// Results of at most this many peers are kept.
pub const MAX_PEERS: usize = 1000;
/// At most this many results of one peer are kept.
pub const MAX_RESULTS: usize = 16;

/// Everything that was asked; a result answers exactly this.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// For which scopes, sorted.
    pub scopes: Vec<String>,
    /// What for.
    pub purpose: String,
    /// What was demanded of the peer.
    pub demand: Demand,
}

/// Results by peer and by what was asked. Any change to the peer empties its part.
#[derive(Debug, Clone)]
pub struct Cache<V> {
    ttl: Span,
    peers: HashMap<Did, Known<V>>,
}

#[derive(Debug, Clone)]
struct Known<V> {
    key: KeyBytes,
    version: u64,
    results: Vec<(Asked, Time, V)>,
}

impl<V> Cache<V> {
    /// An empty cache whose results count for less than `ttl`.
    pub fn keeping_for(ttl: Span) -> Self {
        Self { ttl, peers: HashMap::new() }
    }

    /// A result for exactly what is asked, if the peer is still what it was and still meets the demand.
    ///
    /// The peer is looked up anew by the caller: what cut it off above, and so left its own version alone, counts too.
    pub fn get(&mut self, asked: &Asked, peer: &Peer, now: Time) -> Option<&V> {
        let same = |known: &Known<V>| known.key == peer.key && known.version == peer.version;
        if !self.peers.get(&peer.did).is_some_and(same) || peer.meets(&asked.demand).is_err() {
            self.forget(&peer.did);
            return None;
        }
        let results = &self.peers.get(&peer.did)?.results;
        let (.., result) = results.iter().find(|(key, until, _)| key == asked && now < *until)?;
        Some(result)
    }

    /// Keeps a result. One that was asked for with a freshness nonce must not come here: it answers that moment only.
    pub fn put(&mut self, asked: Asked, peer: &Peer, result: V, now: Time) {
        let until = now.plus(self.ttl);
        if !self.peers.contains_key(&peer.did) && self.peers.len() >= MAX_PEERS {
            self.peers.retain(|_, known| {
                known.results.retain(|(_, until, _)| now < *until);
                !known.results.is_empty()
            });
            if self.peers.len() >= MAX_PEERS {
                return;
            }
        }
        let fresh = || Known { key: peer.key, version: peer.version, results: Vec::new() };
        let known = self.peers.entry(peer.did.clone()).or_insert_with(fresh);
        if known.key != peer.key || known.version != peer.version {
            *known = fresh();
        }
        known.results.retain(|(key, until, _)| now < *until && *key != asked);
        if known.results.len() < MAX_RESULTS {
            known.results.push((asked, until, result));
        }
    }

    /// Drops what is kept of a peer.
    pub fn forget(&mut self, peer: &Did) {
        self.peers.remove(peer);
    }

    /// Drops everything.
    pub fn clear(&mut self) {
        self.peers.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Time {
        Time::from_micros(0).unwrap().plus(Span::seconds(seconds))
    }

    fn peer() -> Peer {
        Peer {
            did: Did::from_bits(1),
            key: KeyBytes([7; 32]),
            version: 3,
            active: true,
            attested: false,
            score: Some(800),
            capabilities: vec!["read:x".into()],
        }
    }

    fn asked() -> Asked {
        let demand = Demand { score: 700, capabilities: vec!["read:x".into()], attested: false };
        Asked { scopes: vec!["read:x".into()], purpose: "audit".into(), demand }
    }

    fn filled() -> Cache<u8> {
        let mut cache = Cache::keeping_for(Span::seconds(60));
        cache.put(asked(), &peer(), 1, at(0));
        cache
    }

    #[test]
    fn a_result_answers_what_was_asked_and_for_its_time() {
        assert_eq!(filled().get(&asked(), &peer(), at(59)), Some(&1));
        assert_eq!(filled().get(&asked(), &peer(), at(60)), None);
        let mut none = Cache::keeping_for(Span::seconds(0));
        none.put(asked(), &peer(), 1, at(0));
        assert_eq!(none.get(&asked(), &peer(), at(0)), None);
    }

    #[test]
    fn a_result_never_answers_for_a_higher_threshold_another_scope_purpose_or_capability() {
        type Change = fn(&mut Asked);
        let changes: [Change; 5] = [
            |asked| asked.demand.score = 701,
            |asked| asked.scopes.push("write:x".into()),
            |asked| asked.purpose = "payment".into(),
            |asked| asked.demand.capabilities.clear(),
            |asked| asked.demand.attested = true,
        ];
        for change in changes {
            let mut other = asked();
            change(&mut other);
            assert_eq!(filled().get(&other, &peer(), at(1)), None, "{other:?}");
        }
    }

    #[test]
    fn a_result_never_answers_after_a_change_to_the_peer() {
        type Change = fn(&mut Peer);
        let changes: [Change; 6] = [
            |peer| peer.version = 4,
            |peer| peer.key = KeyBytes([8; 32]),
            |peer| peer.active = false,
            |peer| peer.score = Some(699),
            |peer| peer.score = None,
            |peer| peer.capabilities.clear(),
        ];
        for change in changes {
            let (mut cache, mut changed) = (filled(), peer());
            change(&mut changed);
            assert_eq!(cache.get(&asked(), &changed, at(1)), None, "{changed:?}");
            assert_eq!(
                cache.get(&asked(), &peer(), at(1)),
                None,
                "nor when the change is undone: {changed:?}"
            );
        }
    }

    #[test]
    fn no_stranger_makes_the_cache_grow() {
        let mut cache = Cache::keeping_for(Span::seconds(60));
        for bits in 0..2 * MAX_PEERS as u128 {
            cache.put(asked(), &Peer { did: Did::from_bits(bits), ..peer() }, 1, at(0));
        }
        assert_eq!(cache.peers.len(), MAX_PEERS);
        for score in (0..).take(2 * MAX_RESULTS) {
            let demand = Demand { score, ..Demand::default() };
            cache.put(Asked { demand, ..asked() }, &peer(), 1, at(0));
        }
        assert_eq!(cache.peers[&peer().did].results.len(), MAX_RESULTS);
        cache.put(asked(), &Peer { did: Did::from_bits(1 << 99), ..peer() }, 2, at(60));
        assert_eq!(cache.peers.len(), 1, "what is over makes room");
    }
}
