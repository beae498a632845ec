//! JSON text that is harmless on a terminal too.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::Serialize;

use crate::text::is_hostile;

/// Writes `value` as one line of JSON, as [`safe_json`] says.
///
/// # Errors
/// Those of `serde_json`; a shape of this room has none.
pub fn to_json<T: Serialize>(value: &T) -> Result<String, serde_json::Error> {
    let text = serde_json::to_string(value)?;
    Ok(match safe_json(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(safe) => safe,
    })
}

/// Writes every control, bidi and zero-width character of compact JSON text as `\u....`; the value stays the same.
///
/// Such a character can only stand in a string there, and never behind an open backslash.
pub fn safe_json(text: &str) -> Cow<'_, str> {
    let plain = |byte: u8| (b' '..=b'~').contains(&byte);
    if text.bytes().all(plain) || !text.chars().any(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len().saturating_add(64));
    let mut units = [0; 2];
    for c in text.chars() {
        if is_hostile(c) {
            for unit in c.encode_utf16(&mut units) {
                // Writing to a String never fails.
                write!(safe, "\\u{unit:04x}").unwrap_or_default();
            }
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_terminal_obeys_or_hides_is_escaped_and_the_rest_is_not() {
        let text = "a\u{1b}]0;x\u{7}\u{9b}\u{202e}\u{e0041}é漢\"\\";
        let json = to_json(&text).unwrap();
        assert_eq!(json, r#""a\u001b]0;x\u0007\u009b\u202e\udb40\udc41é漢\"\\""#);
    }

    proptest! {
        #[test]
        fn safe_json_is_the_same_value_without_hostile_characters(text: String) {
            let json = to_json(&[&text]).unwrap();
            prop_assert!(!json.chars().any(is_hostile), "{json:?}");
            prop_assert_eq!(serde_json::from_str::<Vec<String>>(&json).unwrap(), vec![text]);
        }
    }
}
