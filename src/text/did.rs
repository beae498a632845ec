//! DIDs in few columns: both ends stay readable.

use super::cut;
use super::mark::visible;

/// Shows a DID within so many columns: whole, else without `did:mesh:`, else with its middle missing.
///
/// The head keeps more than the tail, because operators type it ([`short_id`]): `28eaf98c…c3b15a` at 15 columns.
/// Hostile characters become visible marks, so the argument is the DID as it came.
pub fn short_did(did: &str, columns: usize) -> String {
    let shown = visible(did);
    if cut::width(&shown) <= columns {
        return shown.into_owned();
    }
    let id = shown.strip_prefix(PREFIX).unwrap_or(&shown);
    let end = columns.saturating_sub(1).saturating_mul(3) / 7;
    cut::cut_middle_keeping(id, columns, end).into_owned()
}

/// The phrase an operator types to confirm: the first eight hex digits of the id part.
///
/// It is shorter when fewer hex digits lead the id, and empty when none does; an empty phrase must confirm nothing.
pub fn short_id(did: &str) -> &str {
    let id = did.rsplit(':').next().unwrap_or_default();
    let digits = id.bytes().take(PHRASE_DIGITS).take_while(u8::is_ascii_hexdigit).count();
    id.get(..digits).unwrap_or_default()
}

const PREFIX: &str = "did:mesh:";
const PHRASE_DIGITS: usize = 8;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DID: &str = "did:mesh:28eaf98c0123456789abcdef40c3b15a";

    #[test]
    fn a_did_that_fits_is_whole() {
        assert_eq!(short_did(DID, 41), DID);
    }

    #[test]
    fn the_method_goes_before_any_digit_does() {
        assert_eq!(short_did(DID, 40), "28eaf98c0123456789abcdef40c3b15a");
        assert_eq!(short_did(DID, 32), "28eaf98c0123456789abcdef40c3b15a");
    }

    #[test]
    fn a_short_did_keeps_both_ends() {
        assert_eq!(short_did(DID, 15), "28eaf98c…c3b15a");
        assert_eq!(short_did(DID, 4), "28…a");
        assert_eq!(short_did(DID, 1), "…");
        assert_eq!(short_did(DID, 0), "");
    }

    #[test]
    fn a_hostile_did_is_shown_with_marks() {
        assert_eq!(short_did("did:mesh:ab\u{202e}", 40), "did:mesh:ab\\u{202e}");
    }

    #[test]
    fn the_phrase_is_the_first_eight_digits_of_the_id() {
        assert_eq!(short_id(DID), "28eaf98c");
        assert_eq!(short_id("did:mesh:28EA"), "28EA");
        assert_eq!(short_id("28eaf98c0123"), "28eaf98c");
    }

    #[test]
    fn what_is_no_did_gives_no_phrase() {
        for text in ["", ":", "did:mesh:", "did:mesh:zz", "did:mesh:\u{202e}28eaf98c", "漢字"] {
            assert_eq!(short_id(text), "", "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_short_did_never_exceeds_its_columns_nor_hides_anything(did in any::<String>(), columns in 0_usize..60) {
            let short = short_did(&did, columns);
            prop_assert!(cut::width(&short) <= columns);
            prop_assert!(!short.chars().any(crate::text::is_hostile));
        }

        #[test]
        fn a_phrase_is_at_most_eight_hex_digits(did in any::<String>()) {
            let phrase = short_id(&did);
            prop_assert!(phrase.len() <= 8 && phrase.bytes().all(|byte| byte.is_ascii_hexdigit()));
        }
    }
}
