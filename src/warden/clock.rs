//! Where time and chance enter.

use zeroize::Zeroizing;

use crate::encoding::sha256;
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

    /// As many fresh salts as are asked for; none when the system has no entropy to give.
    fn salts(&mut self) -> Option<Salts> {
        Some(Salts { seed: self.seed()?, drawn: 0 })
    }
}

/// Salts that nobody can guess, not even from one another; what they come from is wiped when it is dropped.
pub struct Salts {
    seed: Zeroizing<[u8; 32]>,
    drawn: u64,
}

impl Salts {
    /// The next salt.
    pub fn next(&mut self) -> u128 {
        self.drawn = self.drawn.saturating_add(1);
        let number = self.drawn.to_be_bytes();
        let digest = sha256(&[b"meshwarden.salt.v1\n".as_slice(), self.seed.as_slice(), &number].concat());
        let (salt, _) = digest.split_at(16);
        salt.iter().fold(0, |bits, byte| bits << 8 | u128::from(*byte))
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
