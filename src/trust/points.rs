//! Exact arithmetic of scores: integers, so that every machine folds the same log to the same score.

use std::fmt;

/// Points of trust, in billionths; every operation saturates.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Points(i64);

/// A part of a whole, 0 to 1, in billionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Share(u32);

const BILLION: i64 = 1_000_000_000;

impl Points {
    /// No points.
    pub const ZERO: Self = Self(0);
    /// The highest score.
    pub const MAX: Self = Self::whole(1000);

    /// Whole points.
    pub const fn whole(count: i32) -> Self {
        Self((count as i64).saturating_mul(BILLION))
    }

    /// Thousandths of a point.
    pub const fn thousandths(count: i64) -> Self {
        Self(count.saturating_mul(1_000_000))
    }

    /// Billionths of a point.
    pub const fn billionths(count: i64) -> Self {
        Self(count)
    }

    /// The points in billionths.
    pub const fn as_billionths(self) -> i64 {
        self.0
    }

    /// The score that these points are: whole points, within 0 to 1000.
    pub fn score(self) -> u16 {
        u16::try_from(self.clamp(Self::ZERO, Self::MAX).0.div_euclid(BILLION)).unwrap_or(0)
    }

    /// The sum.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// These points with the other sign.
    #[must_use]
    pub const fn negated(self) -> Self {
        Self(self.0.saturating_neg())
    }

    /// A part of these points, towards zero.
    #[must_use]
    pub fn part(self, share: Share) -> Self {
        self.of(i64::from(share.0), BILLION)
    }

    /// These points divided, to the nearest billionth.
    #[must_use]
    pub fn divided(self, by: u8) -> Self {
        let (by, half) = (i64::from(by.max(1)), i64::from(by >> 1));
        let half = if self.0 < 0 { half.saturating_neg() } else { half };
        Self(self.0.saturating_add(half).checked_div(by).unwrap_or(0))
    }

    /// `self * times / by`, towards zero.
    #[must_use]
    pub(super) fn of(self, times: i64, by: i64) -> Self {
        let product = i128::from(self.0).saturating_mul(i128::from(times));
        let part = product.checked_div(i128::from(by)).unwrap_or(0);
        let end = if part < 0 { i64::MIN } else { i64::MAX };
        Self(i64::try_from(part).unwrap_or(end))
    }
}

impl Share {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// All of it.
    pub const WHOLE: Self = Self(1_000_000_000);

    /// So many billionths; `None` beyond one whole.
    pub const fn billionths(count: u32) -> Option<Self> {
        if count <= Self::WHOLE.0 { Some(Self(count)) } else { None }
    }

    /// So many thousandths; `None` beyond one whole.
    pub const fn thousandths(count: u16) -> Option<Self> {
        if count <= 1000 { Some(Self((count as u32).saturating_mul(1_000_000))) } else { None }
    }

    /// The share in billionths.
    pub const fn as_billionths(self) -> u32 {
        self.0
    }

    /// Whether a signal of this value speaks for the agent: at least one half (IDT 11.2).
    pub const fn is_positive(self) -> bool {
        self.0 >= 500_000_000
    }
}

impl fmt::Display for Points {
    /// Whole points and as many decimals as it takes: `499.5`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let size = self.0.unsigned_abs();
        let (whole, part) = (size.div_euclid(1_000_000_000), size.rem_euclid(1_000_000_000));
        let decimals = format!("{part:09}");
        let decimals = decimals.trim_end_matches('0');
        let dot = if decimals.is_empty() { "" } else { "." };
        out.pad(&format!("{sign}{whole}{dot}{decimals}"))
    }
}

impl fmt::Debug for Points {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_written_with_the_decimals_that_they_have() {
        let texts: Vec<_> = [0, 5_000_000_000, -500_000_000, 1, -1_000_000_001]
            .map(|count| Points::billionths(count).to_string())
            .into();
        assert_eq!(texts, ["0", "5", "-0.5", "0.000000001", "-1.000000001"]);
    }

    #[test]
    fn nothing_overflows() {
        let most = Points::billionths(i64::MAX);
        assert_eq!(most.plus(most), most);
        assert_eq!(most.of(i64::MAX, 1), most);
        assert_eq!(Points::billionths(i64::MIN).negated(), most);
        assert_eq!((most.score(), most.negated().score()), (1000, 0));
    }
}
