//! Canonical JSON, read token by token: what is spelled another way is not read at all.
//!
//! Whoever knows which members come in which order reads a text and knows that it is canonical in one go. Texts with
//! escapes are left to slower readers.

use super::canonical::MAX_SAFE_INTEGER;
use memchr::memchr2;

/// The rest of a text that is being read.
#[derive(Debug, Clone, Copy)]
pub struct Scan<'t>(&'t str);

impl<'t> Scan<'t> {
    /// Begins to read; `None` for what is no text.
    pub fn of(bytes: &'t [u8]) -> Option<Self> {
        std::str::from_utf8(bytes).ok().map(Self)
    }

    /// Begins to read a text.
    pub const fn of_text(text: &'t str) -> Self {
        Self(text)
    }

    /// Reads exactly `token`.
    #[inline]
    pub fn token(&mut self, token: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(token)?;
        Some(())
    }

    /// Reads `token` if it comes next, and says whether it did.
    #[inline]
    pub fn has(&mut self, token: &str) -> bool {
        self.token(token).is_some()
    }

    /// Reads a string in which nothing is escaped.
    #[inline]
    pub fn text(&mut self) -> Option<&'t str> {
        let rest = self.0.strip_prefix('"')?;
        let (text, rest) = rest.split_at_checked(memchr2(b'"', b'\\', rest.as_bytes())?)?;
        self.0 = rest.strip_prefix('"')?;
        // Without a way out in the middle, many bytes are looked at together.
        text.bytes().fold(true, |plain, byte| plain & (byte >= b' ')).then_some(text)
    }

    /// Reads an integer from 0 to 2^53 - 1.
    #[inline]
    pub fn integer(&mut self) -> Option<u64> {
        let end = self.0.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at_checked(end)?;
        if digits.len() > 1 && digits.starts_with('0') {
            return None;
        }
        self.0 = rest;
        digits.parse().ok().filter(|integer| *integer <= MAX_SAFE_INTEGER)
    }

    /// Reads `true` or `false`.
    pub fn flag(&mut self) -> Option<bool> {
        let flag = self.has("true");
        (flag || self.has("false")).then_some(flag)
    }

    /// Steps over an object; nothing says that it is spelled as it must be, or is one.
    pub fn object(&mut self) -> Option<&'t str> {
        let (mut depth, mut quoted, mut escaped) = (0u32, false, false);
        for (at, byte) in self.0.bytes().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                b'{' if !quoted => depth = depth.saturating_add(1),
                b'}' if !quoted => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                let (object, rest) = self.0.split_at_checked(at.saturating_add(1))?;
                self.0 = rest;
                return object.starts_with('{').then_some(object);
            }
        }
        None
    }

    /// Whether nothing is left.
    pub fn end(self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::canonical;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn scan(text: &str) -> Scan<'_> {
        Scan::of(text.as_bytes()).unwrap()
    }

    #[test]
    fn other_spellings_of_a_number_are_none() {
        for bad in ["", "00", "01", "-1", "9007199254740992", "99999999999999999999", " 1", "+1"] {
            assert_eq!(scan(bad).integer(), None, "{bad}");
        }
        let mut rest = scan("9007199254740991,");
        assert_eq!((rest.integer(), rest.token(",")), (Some(MAX_SAFE_INTEGER), Some(())));
        // What follows a number is no part of it: whoever reads on finds it.
        let mut rest = scan("1.0");
        assert_eq!((rest.integer(), rest.end()), (Some(1), None));
    }

    #[test]
    fn an_object_ends_where_it_ends() {
        let mut rest = scan(r#"{"a":"}\"}","b":{}},1"#);
        assert_eq!(rest.object(), Some(r#"{"a":"}\"}","b":{}}"#));
        assert_eq!(rest.token(",1").and_then(|()| rest.end()), Some(()));
        for bad in ["", "[]", "{", "{\"}", "1", "}"] {
            assert_eq!(scan(bad).object(), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_text_is_read_if_it_is_canonical_and_has_no_escapes(text in "\\PC{0,9}|[\\x00-\\x7f]{0,9}") {
            let mut bare = String::from("\"");
            bare.push_str(&text);
            bare.push('"');
            let mut canonical = String::new();
            canonical::write_string(&mut canonical, &text);
            let mut rest = scan(&bare);
            let read = rest.text().filter(|_| rest.end().is_some());
            prop_assert_eq!(read, (bare == canonical).then_some(text.as_str()));
            let mut canonical_rest = scan(&canonical);
            prop_assert!(canonical_rest.text().is_none_or(|read| read == text));
        }

        #[test]
        fn a_written_integer_is_read(integer in 0..=MAX_SAFE_INTEGER) {
            prop_assert_eq!(scan(&integer.to_string()).integer(), Some(integer));
        }

        #[test]
        fn a_written_object_is_stepped_over(name in ".{0,9}", text in ".{0,9}") {
            let value: Value = json!({"a": {name: text}});
            let written = String::from_utf8(canonical::to_bytes(&value).unwrap()).unwrap();
            let more = format!("{written}}}");
            prop_assert_eq!(scan(&more).object(), Some(written.as_str()));
        }
    }
}
