//! Where time and chance enter.

use zeroize::Zeroizing;

use crate::time::Time;

/// Tells the time.
pub trait Clock: Send {
    /// Now.
    fn now(&self) -> Time;
}

/// Draws unpredictable bits.
pub trait Entropy: Send {
    /// 128 fresh bits; none when the system has none to give.
    fn bits(&mut self) -> Option<u128>;

    /// 256 fresh bits, wiped when dropped; none when the system has none to give.
    fn seed(&mut self) -> Option<Zeroizing<[u8; 32]>> {
        let mut seed = Zeroizing::new([0; 32]);
        for half in seed.chunks_mut(16) {
            half.copy_from_slice(&self.bits()?.to_be_bytes());
        }
        Some(seed)
    }
}

/// The system's wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// The system's random source.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Clock for SystemClock {
    fn now(&self) -> Time {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since
            .ok()
            .and_then(|since| i64::try_from(since.as_micros()).ok())
            .and_then(Time::from_micros)
            .unwrap_or(Time::MIN)
    }
}

impl Entropy for SystemEntropy {
    fn bits(&mut self) -> Option<u128> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).ok()?;
        Some(u128::from_be_bytes(bytes))
    }
}
