//! What was computed before: parsed keys, tokens that were well signed, and by which key. Never a verdict.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::denial::Denial;
use super::token::Token;
use crate::encoding::{Digest32, sha256};
use crate::identity::{KeyBytes, PublicKey};

/// A longer token is read each time, so that no signer can fill the memory.
const MAX_REMEMBERED: usize = 2 << 10;

/// So many keys at most are kept with their multiples: 28 MB.
const MAX_PREPARED: usize = 512;

/// From so many uses on a key gets its multiples.
const OFTEN: u32 = 4;

/// Remembers parsed public keys, well signed tokens and good signatures of tokens, at most as many as it was made for.
///
/// A signature is remembered by the digest of the token's every byte and by the key. What changes with time or
/// registry is judged each time. The look-ups lock for nanoseconds; nothing is computed under the lock.
pub struct Memo {
    keys: Mutex<Recent<KeyBytes, Arc<Known>>>,
    prepared: Mutex<Recent<KeyBytes, PublicKey>>,
    good: Mutex<Recent<(Digest32, KeyBytes), ()>>,
    tokens: Mutex<Recent<Digest32, Token>>,
}

/// A key that is used now and then.
struct Known {
    key: PublicKey,
    uses: AtomicU32,
}

impl Memo {
    /// Room for `keys` keys (500 bytes each, 55 KiB more for the few that are used often), and for `signatures` signatures and their tokens (at most 3 KiB each).
    pub fn new(keys: usize, signatures: usize) -> Self {
        Self {
            keys: Mutex::new(Recent::new(keys)),
            prepared: Mutex::new(Recent::new(keys.min(MAX_PREPARED))),
            good: Mutex::new(Recent::new(signatures)),
            tokens: Mutex::new(Recent::new(signatures)),
        }
    }

    /// Remembers nothing.
    pub fn none() -> Self {
        Self::new(0, 0)
    }

    /// The checked key of these bytes; none when they are no key. One that is used often comes prepared.
    pub fn key(&self, bytes: &KeyBytes) -> Option<PublicKey> {
        if let Some(prepared) = self.prepared.lock().unwrap_or_else(PoisonError::into_inner).find(bytes) {
            return Some(prepared);
        }
        let known = self.keys.lock().unwrap_or_else(PoisonError::into_inner).find(bytes);
        let Some(known) = known else {
            let key = bytes.check().ok()?;
            let known = Arc::new(Known { key: key.clone(), uses: AtomicU32::new(1) });
            self.keys.lock().unwrap_or_else(PoisonError::into_inner).keep(*bytes, known);
            return Some(key);
        };
        let uses = known.uses.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        // Where more keys sign than are kept prepared, each next time is twice as late, and costs ever less.
        if uses < OFTEN || !uses.is_power_of_two() {
            return Some(known.key.clone());
        }
        let key = known.key.prepared();
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner).keep(*bytes, key.clone());
        Some(key)
    }

    /// Whether `key` signed `token`, strictly; a good signature is computed once.
    pub fn signed(&self, token: &Token, key: &KeyBytes) -> bool {
        let name = (token.digest(), *key);
        if self.good.lock().unwrap_or_else(PoisonError::into_inner).find(&name).is_some() {
            return true;
        }
        let good = self.key(key).is_some_and(|key| token.verify(&key));
        if good {
            self.good.lock().unwrap_or_else(PoisonError::into_inner).keep(name, ());
            if token.as_str().len() <= MAX_REMEMBERED {
                let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
                tokens.keep(token.digest(), token.clone());
            }
        }
        good
    }

    /// Reads a token, or finds it by the digest of its every byte.
    ///
    /// # Errors
    /// [`Denial`] of a text that is no token.
    pub fn token(&self, text: &str) -> Result<Token, Denial> {
        let digest = sha256(text.as_bytes());
        let known = self.tokens.lock().unwrap_or_else(PoisonError::into_inner).find(&digest);
        known.map_or_else(|| Token::read(text, digest), Ok)
    }

    /// How many signatures are remembered.
    pub fn signatures(&self) -> usize {
        let good = self.good.lock().unwrap_or_else(PoisonError::into_inner);
        good.young.len().saturating_add(good.old.len())
    }
}

/// A map of two generations: when the young one is full it becomes the old one, and the old one is forgotten.
struct Recent<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    half: usize,
}

impl<K: Eq + Hash, V: Clone> Recent<K, V> {
    fn new(most: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), half: most / 2 }
    }

    fn find(&mut self, key: &K) -> Option<V> {
        if let Some(value) = self.young.get(key) {
            return Some(value.clone());
        }
        let (key, value) = self.old.remove_entry(key)?;
        self.keep(key, value.clone());
        Some(value)
    }

    fn keep(&mut self, key: K, value: V) {
        if self.half == 0 {
            return;
        }
        if self.young.len() >= self.half {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::SecretKey;

    #[test]
    fn a_memo_never_holds_more_than_it_was_made_for_and_keeps_what_is_used() {
        let mut recent = Recent::new(8);
        for number in 0..1000 {
            recent.keep(number, number);
            assert_eq!(recent.find(&number), Some(number));
            assert!(recent.find(&0).is_some(), "asked each time: {number}");
            assert!(recent.young.len() + recent.old.len() <= 8);
        }
        assert_eq!(recent.find(&500), None);
    }

    #[test]
    fn a_key_that_is_used_often_is_prepared_and_one_that_lost_its_place_waits_longer_each_time() {
        let memo = Memo::new(8, 0);
        let key = SecretKey::from_seed([0; 32]).public_key();
        let prepared = || memo.prepared.lock().unwrap().find(&key.bytes()).is_some();
        for uses in [4, 4, 8, 16] {
            let took = (1..=uses).find(|_| {
                assert_eq!(memo.key(&key.bytes()), Some(key.clone()));
                prepared()
            });
            assert_eq!(took, Some(uses));
            for seed in (1..=8).chain(1..=8) {
                let other = SecretKey::from_seed([seed; 32]).public_key();
                memo.prepared.lock().unwrap().keep(other.bytes(), other);
            }
            assert!(!prepared(), "it lost its place");
        }
    }

    #[test]
    fn a_memo_without_room_remembers_nothing() {
        let memo = Memo::none();
        let key = SecretKey::from_seed([1; 32]).public_key();
        assert_eq!(memo.key(&key.bytes()), Some(key));
        assert!(memo.keys.lock().unwrap().young.is_empty());
    }
}
