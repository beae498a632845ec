//! Lower-case hexadecimal.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Encodes `bytes` as lower-case hex.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    let (steps, rest) = bytes.as_chunks::<16>();
    for step in steps {
        text.push_str(digits(u128::from_be_bytes(*step), &mut [0; 32]));
    }
    for byte in rest {
        for nibble in [byte >> 4, byte & 15] {
            text.push(DIGITS.get(usize::from(nibble)).map_or('0', |digit| char::from(*digit)));
        }
    }
    text
}

/// The 32 lower-case digits of 128 bits, in `room`.
pub fn digits(bits: u128, room: &mut [u8; 32]) -> &str {
    for (pair, byte) in room.as_chunks_mut::<2>().0.iter_mut().zip(bits.to_be_bytes()) {
        *pair = [byte >> 4, byte & 15].map(|nibble| DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0'));
    }
    str::from_utf8(room).unwrap_or_default()
}

/// Whether `text` is what [`encode`] makes of `bytes`.
pub fn spells(text: &str, bytes: &[u8]) -> bool {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let same = |([high, low], byte): (&[u8; 2], &u8)| nibble(*high) == byte >> 4 && nibble(*low) == byte & 15;
    rest.is_empty() && pairs.len() == bytes.len() && pairs.iter().zip(bytes).all(same)
}

/// Decodes exactly 32 lower-case digits to 128 bits; `None` for any other text.
pub fn decode_u128(text: &str) -> Option<u128> {
    if text.len() != 32 {
        return None;
    }
    let (mut high, mut low, mut all) = (0u64, 0u64, 0u8);
    for (left, right) in text.bytes().take(16).zip(text.bytes().skip(16)) {
        let (left, right) = (nibble(left), nibble(right));
        // A digit is below 16; anything else leaves a higher bit behind.
        all |= left | right;
        high = (high << 4) | u64::from(left & 15);
        low = (low << 4) | u64::from(right & 15);
    }
    (all < 16).then_some((u128::from(high) << 64) | u128::from(low))
}

/// Decodes exactly 64 lower-case digits to 32 bytes; `None` for any other text.
pub fn decode_digest(text: &str) -> Option<[u8; 32]> {
    let (high, low) = text.split_at_checked(32)?;
    let mut bytes = [0; 32];
    let (left, right) = bytes.split_at_mut(16);
    left.copy_from_slice(&decode_u128(high)?.to_be_bytes());
    right.copy_from_slice(&decode_u128(low)?.to_be_bytes());
    Some(bytes)
}

/// The value of a lower-case digit, [`NO_DIGIT`] for any other byte.
fn nibble(byte: u8) -> u8 {
    VALUES.get(usize::from(byte)).copied().unwrap_or(NO_DIGIT)
}

const NO_DIGIT: u8 = 0xff;

#[allow(clippy::indexing_slicing, reason = "made at compile time, which an index out of range would stop")]
const VALUES: [u8; 256] = {
    let mut values = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        values[DIGITS[value as usize] as usize] = value;
        value += 1;
    }
    values
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_round_trip_and_upper_case_is_another_text() {
        let text = "00ff0123456789abcdef0123456789ab";
        assert_eq!(encode(&decode_u128(text).unwrap().to_be_bytes()), text);
        assert_eq!(decode_u128(&text.to_uppercase()), None);
        assert_eq!(decode_u128("ff"), None);
        assert!(spells("00ff", &[0, 255]));
        for other in ["00fF", "00f", "00ff0", "00ff00", "00fe", "", "00f\u{e9}"] {
            assert!(!spells(other, &[0, 255]), "{other}");
        }
        let digest = [7; 32];
        assert_eq!(decode_digest(&encode(&digest)), Some(digest));
    }
}
