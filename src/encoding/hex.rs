//! Lower-case hexadecimal.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Encodes `bytes` as lower-case hex.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            text.push(DIGITS.get(usize::from(nibble)).map_or('0', |digit| char::from(*digit)));
        }
    }
    text
}

/// Decodes exactly 32 lower-case digits to 128 bits; `None` for any other text.
pub fn decode_u128(text: &str) -> Option<u128> {
    if text.len() != 32 {
        return None;
    }
    let mut value = 0u128;
    for byte in text.bytes() {
        value = (value << 4) | u128::from(nibble(byte)?);
    }
    Some(value)
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

fn nibble(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => byte.checked_sub(b'0'),
        b'a'..=b'f' => byte.checked_sub(b'a' - 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_round_trip_and_upper_case_is_another_text() {
        let text = "00ff0123456789abcdef0123456789ab";
        assert_eq!(encode(&decode_u128(text).unwrap().to_be_bytes()), text);
        assert_eq!(decode_u128(&text.to_uppercase()), None);
        assert_eq!(decode_u128("ff"), None);
        let digest = [7; 32];
        assert_eq!(decode_digest(&encode(&digest)), Some(digest));
    }
}
