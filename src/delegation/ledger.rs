//! Proofs that were used and still count: each is taken once.

use std::collections::{BTreeSet, HashMap};

use super::denial::Denial;
use super::possession::{Proof, ProofRule};
use crate::encoding::Digest32;
use crate::identity::Did;
use crate::time::Time;

/// Remembers used proofs until they expire, and refuses new ones when it is full; it never forgets one early.
///
/// Only proofs whose signature was good belong here: then strangers cannot fill it, and one agent can fill no more than
/// its own part.
#[derive(Debug, Clone)]
pub struct ProofLedger {
    most: usize,
    most_each: usize,
    /// Time never goes backwards here, whatever clock is read.
    now: Time,
    used: HashMap<Digest32, Did>,
    by_end: BTreeSet<(Time, Digest32)>,
    by_signer: HashMap<Did, usize>,
}

impl ProofLedger {
    /// A ledger of at most `most` proofs, `most_each` of one agent.
    pub fn new(most: usize, most_each: usize) -> Self {
        Self {
            most,
            most_each,
            now: Time::MIN,
            used: HashMap::new(),
            by_end: BTreeSet::new(),
            by_signer: HashMap::new(),
        }
    }

    /// Whether a proof was used before.
    pub fn knows(&self, proof: &Proof) -> bool {
        self.used.contains_key(&proof.name())
    }

    /// Uses a proof: only the first time, and only while it still counts.
    ///
    /// # Errors
    /// [`ProofRule::Expired`], [`ProofRule::Spent`], [`ProofRule::NoRoom`].
    pub fn spend(&mut self, proof: &Proof, now: Time) -> Result<(), Denial> {
        self.restore(proof.name(), &proof.signer().did, proof.expires(), now)
    }

    /// Remembers a used proof by its parts, as [`ProofLedger::entries`] gave them before a restart.
    ///
    /// # Errors
    /// As [`ProofLedger::spend`].
    pub fn restore(&mut self, name: Digest32, signer: &Did, end: Time, now: Time) -> Result<(), Denial> {
        self.forget_expired(now);
        if end <= self.now {
            return Err(ProofRule::Expired.denies(format_args!("now before exp {end}"), self.now));
        }
        if self.used.contains_key(&name) {
            return Err(ProofRule::Spent.denies("a proof that was not used", "one that was"));
        }
        let of_signer = self.by_signer.get(signer).copied().unwrap_or(0);
        if self.used.len() >= self.most || of_signer >= self.most_each {
            return Err(ProofRule::NoRoom.denies(
                format_args!("room for one more of {}, of one agent {}", self.most, self.most_each),
                format_args!("{} used, {of_signer} of this agent", self.used.len()),
            ));
        }
        self.used.insert(name, signer.clone());
        self.by_end.insert((end, name));
        self.by_signer.insert(signer.clone(), of_signer.saturating_add(1));
        Ok(())
    }

    /// Name, signer and end of each proof that still counts, in the order of their ends.
    pub fn entries(&self) -> impl Iterator<Item = (Digest32, &Did, Time)> {
        self.by_end.iter().filter_map(|(end, name)| Some((*name, self.used.get(name)?, *end)))
    }

    /// How many proofs are remembered.
    pub fn len(&self) -> usize {
        self.used.len()
    }

    /// Whether none are.
    pub fn is_empty(&self) -> bool {
        self.used.is_empty()
    }

    fn forget_expired(&mut self, now: Time) {
        self.now = self.now.max(now);
        while let Some((end, name)) = self.by_end.first().copied().filter(|(end, _)| *end <= self.now) {
            self.by_end.remove(&(end, name));
            let Some(signer) = self.used.remove(&name) else { continue };
            match self.by_signer.get_mut(&signer) {
                Some(count) if *count > 1 => *count = count.saturating_sub(1),
                _ => drop(self.by_signer.remove(&signer)),
            }
        }
    }
}
