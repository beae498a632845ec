//! Base64 as RFC 4648 writes it: canonical padding, no foreign character, no spare bits.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// Encodes with the standard alphabet and padding (RFC 4648 section 4).
pub fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Decodes the standard alphabet; `None` for anything but the canonical spelling.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Decodes exactly `N` bytes of standard base64 without touching the heap.
pub fn decode_array<const N: usize>(text: &str) -> Option<[u8; N]> {
    exact(&STANDARD, text)
}

/// Encodes with the URL-safe alphabet, unpadded (RFC 4648 section 5, RFC 7515 section 2).
pub fn encode_url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes unpadded URL-safe base64; `None` for anything but the canonical spelling.
pub fn decode_url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Decodes exactly `N` bytes of unpadded URL-safe base64 without touching the heap.
pub fn decode_url_array<const N: usize>(text: &str) -> Option<[u8; N]> {
    exact(&URL_SAFE_NO_PAD, text)
}

fn exact<const N: usize>(engine: &impl Engine, text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let written = engine.decode_slice(text, &mut bytes).ok()?;
    (written == N).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spare_bits_padding_and_line_breaks_are_refused() {
        assert_eq!(decode("AA=="), Some(vec![0]));
        for bad in ["AB==", "AA", "AA=", "A A=", "AA==\n", "A-A=", "AA==="] {
            assert_eq!(decode(bad), None, "{bad:?}");
        }
        for bad in ["AA==", "AB", "A+A", "AA\n"] {
            assert_eq!(decode_url(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_length_other_than_the_asked_one_is_refused() {
        assert_eq!(decode_array::<2>("AAA="), Some([0, 0]));
        assert_eq!(decode_array::<1>("AAA="), None);
        assert_eq!(decode_array::<3>("AAA="), None);
    }
}
