//! Multiples of points, written down, so that a signature of a key that signs often costs a third.
//!
//! All of a verification is public, so it takes the time that it takes.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "points add without overflow, and digits have seven bits"
)]

use std::array;
use std::sync::LazyLock;

use curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{Identity as _, IsIdentity as _};
use sha2::{Digest as _, Sha512};

/// The first multiples of a point, from once on.
type Row<const M: usize> = [EdwardsPoint; M];

/// Multiples of a key, 55 KiB; of its six-bit digits every fourth has a row, and doublings lead to those between.
pub(super) struct Multiples(Vec<Row<32>>);

/// A scalar of a key has so many digits of six bits, and so many of them share a row.
const DIGITS: usize = 43;
const SHARE: usize = 4;

/// Those of the base point, 370 KiB: a row for each digit of seven bits, and no doublings.
static BASE: LazyLock<Vec<Row<64>>> = LazyLock::new(|| rows(BASE_DIGITS, ED25519_BASEPOINT_POINT, 0));

const BASE_DIGITS: usize = 37;

impl Multiples {
    /// Computes those of a key's negative, in the time of two signatures.
    pub(super) fn of(key: EdwardsPoint) -> Self {
        // From one row to the next: four digits, of which the row itself leads over the first.
        Self(rows(DIGITS.div_ceil(SHARE), -key, 6))
    }

    /// Whether `signature` is that of the key with the canonical `bytes`, whose multiples these are.
    ///
    /// This is RFC 8032 section 5.1.7 without cofactor: S below L, and the canonical encoding of S·B - k·A is R. The strict
    /// verification of `ed25519-dalek` compares the same two encodings, and refuses an R of small order; as A and B have
    /// prime order, the only such R that could be the same is the neutral element.
    pub(super) fn verify(&self, bytes: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
        let Some((r, s)) = signature.split_first_chunk::<32>() else { return false };
        let s = s.try_into().ok().and_then(|s| Scalar::from_canonical_bytes(s).into_option());
        let Some(s) = s else { return false };
        let hash = Sha512::new().chain_update(r).chain_update(bytes).chain_update(message).finalize();
        let k = digits::<DIGITS>(&Scalar::from_bytes_mod_order_wide(&hash.into()), 6);
        let s = digits::<BASE_DIGITS>(&s, 7);
        // All at once: the tables of many keys lie far off, and an addition would wait for each multiple by itself.
        let (of_key, of_base) = (pick(&self.0, SHARE, &k), pick(&BASE, 1, &s));
        let mut sum = EdwardsPoint::identity();
        for place in (0..SHARE).rev() {
            if place + 1 < SHARE {
                sum = sum.mul_by_cofactor().mul_by_cofactor();
            }
            of_key.iter().zip(k).skip(place).step_by(SHARE).for_each(|at| add(&mut sum, at));
        }
        of_base.iter().zip(s).for_each(|at| add(&mut sum, at));
        !sum.is_identity() && sum.compress().as_bytes() == r
    }
}

/// Rows of multiples: each of the point that is twice the last multiple before, times eight as often as is said.
fn rows<const M: usize>(count: usize, point: EdwardsPoint, eights: usize) -> Vec<Row<M>> {
    let mut next = point;
    let row = |_| {
        let first = next;
        let row = array::from_fn(|_| {
            let multiple = next;
            next += first;
            multiple
        });
        let last = next - first;
        next = (0..eights).fold(last + last, |next, _| next.mul_by_cofactor());
        row
    };
    (0..count).map(row).collect()
}

/// For each digit the multiple of its row; nothing for 0.
fn pick<const M: usize, const N: usize>(
    rows: &[Row<M>],
    share: usize,
    digits: &[i16; N],
) -> [EdwardsPoint; N] {
    let mut places = digits.iter().enumerate();
    let mut next = || {
        let (at, digit) = places.next()?;
        rows.get(at / share)?.get(usize::from(digit.unsigned_abs()).checked_sub(1)?).copied()
    };
    array::from_fn(|_| next().unwrap_or_default())
}

/// Adds a multiple as its digit says.
fn add(sum: &mut EdwardsPoint, (multiple, digit): (&EdwardsPoint, i16)) {
    match digit {
        1.. => *sum += multiple,
        0 => {}
        ..0 => *sum -= multiple,
    }
}

/// A scalar in digits of at most eight bits, the lowest first, each at most half their number above or below 0.
fn digits<const N: usize>(scalar: &Scalar, bits: u32) -> [i16; N] {
    let mut bytes = scalar.as_bytes().iter();
    let (mut ahead, mut filled, mut carry) = (0_u16, 0, 0);
    array::from_fn(|_| {
        if filled < bits {
            ahead |= bytes.next().map_or(0, |byte| u16::from(*byte)) << filled;
            filled += 8;
        }
        let value = (ahead & ((1 << bits) - 1)).cast_signed() + carry;
        ahead >>= bits;
        filled -= bits;
        carry = i16::from(value > 1 << (bits - 1));
        value - (carry << bits)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(digits: &[i16], bits: u32) -> Scalar {
        let base = Scalar::from(1_u64 << bits);
        digits.iter().rev().fold(Scalar::ZERO, |sum, digit| {
            let part = Scalar::from(digit.unsigned_abs());
            sum * base + if *digit < 0 { -part } else { part }
        })
    }

    proptest::proptest! {
        #[test]
        fn digits_are_small_and_make_the_scalar(bytes: [u8; 64]) {
            for scalar in [Scalar::from_bytes_mod_order_wide(&bytes), -Scalar::from(u64::from(bytes[0]))] {
                let (six, seven) = (digits::<DIGITS>(&scalar, 6), digits::<BASE_DIGITS>(&scalar, 7));
                proptest::prop_assert!(six.iter().all(|digit| digit.abs() <= 32));
                proptest::prop_assert!(seven.iter().all(|digit| digit.abs() <= 64));
                proptest::prop_assert_eq!(value(&six, 6), scalar);
                proptest::prop_assert_eq!(value(&seven, 7), scalar);
            }
        }
    }
}
