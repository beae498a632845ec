//! How often a peer may ask: token buckets in a table of fixed size, so that no stranger fills the memory.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Peers that fall on one bucket share it; the hash is drawn anew at each start, so that nobody can aim.
const BUCKETS: usize = 1 << 14;

/// Token buckets for peers.
pub(super) struct Rates {
    buckets: Mutex<Vec<Bucket>>,
    hasher: RandomState,
    rate: f64,
    burst: f64,
}

#[derive(Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl Rates {
    /// So many a second on average, and so many in a moment.
    pub(super) fn new(rate: u32, burst: u32, now: Instant) -> Self {
        let bucket = Bucket { left: f64::from(burst), at: now };
        let buckets = Mutex::new(vec![bucket; BUCKETS]);
        Self { buckets, hasher: RandomState::new(), rate: f64::from(rate), burst: f64::from(burst) }
    }

    /// Takes one of `peer`'s requests; else how long until there is one again.
    pub(super) fn take(&self, peer: &str, now: Instant) -> Result<(), Duration> {
        let hash = usize::try_from(self.hasher.hash_one(peer) % BUCKETS as u64).unwrap_or(0);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(bucket) = buckets.get_mut(hash) else { return Ok(()) };
        let passed = now.saturating_duration_since(bucket.at).as_secs_f64();
        bucket.left = (passed.mul_add(self.rate, bucket.left)).min(self.burst);
        bucket.at = now;
        if bucket.left < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - bucket.left) / self.rate.max(0.001)));
        }
        bucket.left -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_that_used_its_burst_waits_and_another_does_not() {
        let start = Instant::now();
        let rates = Rates::new(10, 3, start);
        assert!((0..3).all(|_| rates.take("a", start).is_ok()));
        let wait = rates.take("a", start).unwrap_err();
        assert!(wait > Duration::from_millis(90) && wait <= Duration::from_millis(100), "{wait:?}");
        // Of 20 others at most one or two share its bucket.
        assert!((0..20).filter(|other| rates.take(&format!("b{other}"), start).is_ok()).count() >= 18);
        assert!(rates.take("a", start + wait).is_ok());
        assert!(rates.take("a", start + wait).is_err());
    }
}
