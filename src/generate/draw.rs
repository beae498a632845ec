//! One seeded stream of choices.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::encoding::sha256;

/// A stream that depends on the seed and its purpose only, on every machine and in every version.
pub(super) struct Draw(ChaCha8Rng);

impl Draw {
    pub(super) fn new(seed: u64, purpose: &str) -> Self {
        let named = format!("meshwarden generate v1\0{purpose}\0{seed}");
        Self(ChaCha8Rng::from_seed(sha256(named.as_bytes())))
    }

    /// A number below `bound`; 0 if that is 0.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        let wide = u64::from(self.0.next_u32()).wrapping_mul(u64::from(bound));
        u32::try_from(wide >> 32).unwrap_or(0)
    }

    /// A number below `bound`, where the first are likelier than the last.
    pub(super) fn skewed(&mut self, bound: u32) -> u32 {
        let upto = self.below(bound).saturating_add(1);
        self.below(upto)
    }

    /// Up to `span` microseconds.
    pub(super) fn micros(&mut self, span: i64) -> i64 {
        let wide = u128::from(self.0.next_u64()).wrapping_mul(u128::from(span.max(0).unsigned_abs()));
        i64::try_from(wide >> 64).unwrap_or(0)
    }

    /// True in `per_mille` of a thousand cases.
    pub(super) fn chance(&mut self, per_mille: u32) -> bool {
        self.below(1000) < per_mille
    }

    /// One of `choices`, which are not empty.
    pub(super) fn pick<T: Copy + Default>(&mut self, choices: &[T]) -> T {
        let count = u32::try_from(choices.len()).unwrap_or(u32::MAX);
        let at = usize::try_from(self.below(count)).unwrap_or(0);
        choices.get(at).copied().unwrap_or_default()
    }

    pub(super) fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    pub(super) fn bits(&mut self) -> u128 {
        u128::from(self.0.next_u64()) << 64 | u128::from(self.0.next_u64())
    }
}
