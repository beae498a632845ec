//! What was computed before: parsed keys, tokens and chains that were well signed, and by which key. Never a verdict.

use std::hash::{BuildHasher as _, Hash, Hasher};
use std::mem;
use std::sync::{Mutex, PoisonError};

use hashbrown::{DefaultHashBuilder, Equivalent, HashMap};

use super::chain::Chain;
use super::denial::Denial;
use super::token::Token;
use crate::encoding::{Digest32, sha256};
use crate::identity::{KeyBytes, PublicKey, first_bad};

/// A longer token is read each time, so that no signer can fill the memory.
const MAX_REMEMBERED: usize = 2 << 10;

/// There is room for one chain where there is room for so many signatures.
const SIGNATURES_PER_CHAIN: usize = 32;

/// Remembers parsed public keys, well signed tokens and chains, and good signatures of tokens, at most as many as it was
/// made for.
///
/// A signature is remembered by the digest of the token's every byte and by the key. What changes with time or
/// registry is judged each time. The look-ups lock for nanoseconds; nothing is computed under the lock.
pub struct Memo {
    keys: Shared<KeyBytes, PublicKey>,
    /// Signatures of tokens that are too long to be remembered.
    good: Shared<(Digest32, KeyBytes), ()>,
    tokens: Shared<Digest32, Token>,
    chains: Shared<Spelled, Chain>,
    spelling: DefaultHashBuilder,
}

/// A chain, by every byte of its tokens; their hash is computed once.
struct Spelled(u64, Chain);

/// The texts of a chain that somebody sent, and their hash.
struct Sent<'t, T>(u64, &'t [T]);

impl PartialEq for Spelled {
    fn eq(&self, other: &Self) -> bool {
        Sent(self.0, self.1.tokens()).equivalent(other)
    }
}

impl Eq for Spelled {}

impl Hash for Spelled {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<T> Hash for Sent<'_, T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<T: AsRef<str>> Equivalent<Spelled> for Sent<'_, T> {
    fn equivalent(&self, Spelled(hash, known): &Spelled) -> bool {
        let same = |(text, token): (&T, &Token)| text.as_ref() == token.as_str();
        self.0 == *hash && self.1.len() == known.tokens().len() && self.1.iter().zip(known.tokens()).all(same)
    }
}

impl Memo {
    /// Room for `keys` keys (300 bytes each), for `signatures` signatures and their tokens (at most 3 KiB each), and for
    /// a chain (at most 60 KiB, most of it in those tokens) for every 32 of them.
    pub fn new(keys: usize, signatures: usize) -> Self {
        Self {
            keys: Shared::new(keys),
            good: Shared::new(signatures),
            tokens: Shared::new(signatures),
            chains: Shared::new(signatures / SIGNATURES_PER_CHAIN),
            spelling: DefaultHashBuilder::default(),
        }
    }

    /// Remembers nothing.
    pub fn none() -> Self {
        Self::new(0, 0)
    }

    /// The checked key of these bytes; none when they are no key.
    pub fn key(&self, bytes: &KeyBytes) -> Option<PublicKey> {
        if let Some(known) = self.keys.find(bytes) {
            return Some(known);
        }
        let key = bytes.check().ok()?;
        self.keys.keep(*bytes, key.clone());
        Some(key)
    }

    /// The first of these tokens that its key did not sign, strictly; good signatures are computed once, and together.
    pub fn unsigned(&self, signed: &[(&Token, KeyBytes)]) -> Option<usize> {
        let new = |(_, (token, key)): &(usize, &(&Token, KeyBytes))| {
            !token.known_good(key) && (is_short(token) || self.good.find(&(token.digest(), *key)).is_none())
        };
        let new: Vec<_> = signed.iter().enumerate().filter(new).collect();
        // Up to the first key that is none.
        let keys: Vec<PublicKey> = new.iter().map_while(|(_, (_, key))| self.key(key)).collect();
        let each = new.iter().zip(&keys).map(|((_, (token, _)), key)| token.signed_with(key));
        let good = first_bad(&each.collect::<Vec<_>>()).unwrap_or(keys.len());
        new.iter().take(good).for_each(|(_, (token, key))| self.keep_signature(token, *key));
        new.get(good).map(|(place, _)| *place)
    }

    fn keep_signature(&self, token: &Token, key: KeyBytes) {
        if !is_short(token) {
            self.good.keep((token.digest(), key), ());
        } else if self.tokens.keep(token.digest(), token.clone()) {
            token.found_good(key);
        }
    }

    /// Reads a token, or finds it by the digest of its every byte.
    ///
    /// # Errors
    /// [`Denial`] of a text that is no token.
    pub fn token(&self, text: &str) -> Result<Token, Denial> {
        let digest = sha256(text.as_bytes());
        let known = self.tokens.find(&digest);
        known.map_or_else(|| Token::read(text, digest), Ok)
    }

    /// Finds a chain that was well signed, by every byte of its tokens.
    pub(super) fn chain<T: AsRef<str>>(&self, texts: &[T]) -> Option<Chain> {
        self.chains.find(&Sent(self.spelled(texts), texts))
    }

    /// Remembers a chain whose links hold and whose signatures are good under these keys.
    pub(super) fn keep_chain(&self, chain: &Chain, keys: Vec<KeyBytes>) {
        let tokens = chain.tokens();
        let hash = self.spelled(tokens);
        // Who was faster has it there.
        let known = || self.chains.find(&Sent(hash, tokens)).is_some();
        if tokens.iter().all(is_short)
            && !known()
            && self.chains.keep(Spelled(hash, chain.clone()), chain.clone())
        {
            chain.found_good(keys);
        }
    }

    fn spelled<T: AsRef<str>>(&self, texts: &[T]) -> u64 {
        let mut hasher = self.spelling.build_hasher();
        texts.iter().for_each(|text| text.as_ref().hash(&mut hasher));
        hasher.finish()
    }

    /// How many signatures are remembered.
    pub fn signatures(&self) -> usize {
        let tokens = self.tokens.with(|tokens| tokens.young.len().saturating_add(tokens.old.len()));
        tokens.saturating_add(self.good.with(|good| good.young.len().saturating_add(good.old.len())))
    }
}

fn is_short(token: &Token) -> bool {
    token.as_str().len() <= MAX_REMEMBERED
}

/// A map of two generations: when the young one is full it becomes the old one, and the old one is forgotten.
struct Recent<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    half: usize,
    /// The generation that was forgotten last, to be dropped when nobody waits for it.
    forgotten: Option<HashMap<K, V>>,
}

/// Generations that many look into; to drop one takes long, and is done under no lock.
struct Shared<K, V>(Mutex<Recent<K, V>>);

impl<K: Eq + Hash, V: Clone> Shared<K, V> {
    fn new(most: usize) -> Self {
        Self(Mutex::new(Recent::new(most)))
    }

    fn find<Q: Hash + Equivalent<K>>(&self, key: &Q) -> Option<V> {
        self.with(|recent| recent.find(key))
    }

    /// Answers whether there is room for any.
    fn keep(&self, key: K, value: V) -> bool {
        self.with(|recent| {
            recent.keep(key, value);
            recent.half > 0
        })
    }

    fn with<A>(&self, work: impl FnOnce(&mut Recent<K, V>) -> A) -> A {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (answer, forgotten) = (work(&mut recent), recent.forgotten.take());
        drop(recent);
        drop(forgotten);
        answer
    }
}

impl<K: Eq + Hash, V: Clone> Recent<K, V> {
    fn new(most: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), half: most / 2, forgotten: None }
    }

    fn find<Q: Hash + Equivalent<K>>(&mut self, key: &Q) -> Option<V> {
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
            self.forgotten = Some(mem::replace(&mut self.old, mem::take(&mut self.young)));
        }
        self.young.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_memo_without_room_remembers_nothing() {
        let memo = Memo::none();
        let key = crate::identity::SecretKey::from_seed([1; 32]).public_key();
        assert_eq!(memo.key(&key.bytes()), Some(key));
        assert!(memo.keys.with(|keys| keys.young.is_empty()));
    }
}
