//! Canonical JSON (RFC 8785): the one byte string that a value has, to be hashed and signed.

use std::fmt::Write as _;

use serde_json::{Number, Value};

/// The largest integer that survives every JSON reader, 2^53 - 1 (RFC 8785 section 3.1).
pub const MAX_SAFE_INTEGER: u64 = 9_007_199_254_740_991;

/// The value has no canonical form here: it holds a fraction or an integer beyond 2^53 - 1.
///
/// What this program signs holds integers only, so ECMAScript's rules for printing fractions are
/// left out rather than trusted to agree between languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a number outside ±(2^53 - 1), or with a fraction, has no canonical form")]
pub struct NotCanonical;

/// Serialises `value` as RFC 8785 says: members sorted by UTF-16 code units, no white space.
///
/// # Errors
/// [`NotCanonical`] when the value holds a number that is not a safe integer.
pub fn to_bytes(value: &Value) -> Result<Vec<u8>, NotCanonical> {
    let mut text = String::with_capacity(256);
    write(&mut text, value)?;
    Ok(text.into_bytes())
}

fn write(out: &mut String, value: &Value) -> Result<(), NotCanonical> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => write_number(out, number)?,
        Value::String(text) => write_string(out, text),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(out, item)?;
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by(|(a, _), (b, _)| match a.is_ascii() && b.is_ascii() {
                true => a.cmp(b),
                false => a.encode_utf16().cmp(b.encode_utf16()),
            });
            out.push('{');
            for (index, (name, item)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_string(out, name);
                out.push(':');
                write(out, item)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

fn write_number(out: &mut String, number: &Number) -> Result<(), NotCanonical> {
    let integer = number.as_i64().ok_or(NotCanonical)?;
    if integer.unsigned_abs() > MAX_SAFE_INTEGER {
        return Err(NotCanonical);
    }
    out.push_str(&integer.to_string());
    Ok(())
}

/// Appends `text` as a JSON string with the escapes of RFC 8785 section 3.2.2.2.
pub fn write_string(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    // What is escaped has one byte, and is no part of a longer character.
    while let Some(at) = first_escaped(rest.as_bytes()) {
        let (plain, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(plain);
        match from.bytes().next().unwrap_or(0) {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            0x8 => out.push_str("\\b"),
            b'\t' => out.push_str("\\t"),
            b'\n' => out.push_str("\\n"),
            0xc => out.push_str("\\f"),
            b'\r' => out.push_str("\\r"),
            control => {
                out.push_str("\\u00");
                out.push_str(&super::hex::encode(&[control]));
            }
        }
        rest = from.get(1..).unwrap_or_default();
    }
    out.push_str(rest);
    out.push('"');
}

/// Where the first byte is that has to be escaped; looks at many at once, since hardly any text has one.
fn first_escaped(bytes: &[u8]) -> Option<usize> {
    const STEP: usize = 32;
    let (steps, _) = bytes.as_chunks::<STEP>();
    let any = |step: &[u8; STEP]| step.iter().fold(false, |any, byte| any | escaped(*byte));
    let plain = steps.iter().position(any).unwrap_or(steps.len()).saturating_mul(STEP);
    bytes.get(plain..)?.iter().position(|byte| escaped(*byte)).and_then(|at| plain.checked_add(at))
}

const fn escaped(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

/// A canonical object, written member by member where its shape is known; the names come in their order.
pub struct Object<'o> {
    out: &'o mut String,
    last: &'static str,
}

impl<'o> Object<'o> {
    /// Begins one.
    pub fn begin(out: &'o mut String) -> Self {
        out.push('{');
        Self { out, last: "" }
    }

    /// Writes the name of the next member, and gives where its value goes.
    pub fn member(&mut self, name: &'static str) -> &mut String {
        debug_assert!(self.last < name, "{name} comes before {}", self.last);
        debug_assert!(first_escaped(name.as_bytes()).is_none(), "{name} is written as it is");
        self.out.push_str(if self.last.is_empty() { "\"" } else { ",\"" });
        self.last = name;
        self.out.push_str(name);
        self.out.push_str("\":");
        self.out
    }

    /// A text, or null.
    pub fn text<'t>(&mut self, name: &'static str, text: impl Into<Option<&'t str>>) {
        let out = self.member(name);
        match text.into() {
            Some(text) => write_string(out, text),
            None => out.push_str("null"),
        }
    }

    /// A whole number, or null.
    ///
    /// # Errors
    /// [`NotCanonical`] above 2^53 - 1.
    pub fn number(&mut self, name: &'static str, number: impl Into<Option<u64>>) -> Result<(), NotCanonical> {
        let number = number.into();
        if number.is_some_and(|number| number > MAX_SAFE_INTEGER) {
            return Err(NotCanonical);
        }
        let out = self.member(name);
        match number {
            // Writing to a String never fails.
            Some(number) => write!(out, "{number}").unwrap_or_default(),
            None => out.push_str("null"),
        }
        Ok(())
    }

    /// Yes or no.
    pub fn flag(&mut self, name: &'static str, flag: bool) {
        self.member(name).push_str(if flag { "true" } else { "false" });
    }

    /// Items, each written by `write`.
    ///
    /// # Errors
    /// Those of `write`.
    pub fn list<T>(
        &mut self,
        name: &'static str,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut String, T) -> Result<(), NotCanonical>,
    ) -> Result<(), NotCanonical> {
        let out = self.member(name);
        out.push('[');
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            write(out, item)?;
        }
        out.push(']');
        Ok(())
    }

    /// Ends it.
    pub fn end(self) {
        self.out.push('}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_sort_by_utf16_and_escapes_are_the_short_ones() {
        let value = json!({"\u{20ac}": 1, "\r": 2, "\u{1f600}": 3, "\u{fb33}": 4, "1": [true, null], "a": "\u{1}\n/\u{7f}"});
        let bytes = to_bytes(&value).unwrap();
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "{\"\\r\":2,\"1\":[true,null],\"a\":\"\\u0001\\n/\u{7f}\",\"\u{20ac}\":1,\"\u{1f600}\":3,\"\u{fb33}\":4}"
        );
    }

    #[test]
    fn an_object_written_member_by_member_is_the_one_that_is_sorted() {
        let mut text = String::new();
        let mut object = Object::begin(&mut text);
        object.text("a", "\u{1}\"\\é\n");
        object.text("b", None);
        object.flag("c", true);
        object
            .list("d", [1, 2], |out, item: u64| {
                let mut object = Object::begin(out);
                object.number("n", item)?;
                object.end();
                Ok(())
            })
            .unwrap();
        assert_eq!(object.number("e", MAX_SAFE_INTEGER + 1), Err(NotCanonical));
        object.number("f", None).unwrap();
        object.end();
        let value = json!({"f": null, "d": [{"n": 1}, {"n": 2}], "c": true, "b": null, "a": "\u{1}\"\\é\n"});
        assert_eq!(text.into_bytes(), to_bytes(&value).unwrap());
    }

    proptest::proptest! {
        #[test]
        fn a_string_reads_back_as_it_was(text in ".{0,80}|[a-z]{30,70}[\\x00-\"\\\\]{0,2}[a-z]{0,40}") {
            let mut out = String::new();
            write_string(&mut out, &text);
            proptest::prop_assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
        }
    }

    #[test]
    fn fractions_and_unsafe_integers_have_no_canonical_form() {
        assert!(to_bytes(&json!(9_007_199_254_740_991u64)).is_ok());
        assert!(to_bytes(&json!(-9_007_199_254_740_991i64)).is_ok());
        for bad in [json!(9_007_199_254_740_992u64), json!(0.5), json!(u64::MAX), json!(i64::MIN)] {
            assert_eq!(to_bytes(&bad), Err(NotCanonical), "{bad}");
        }
    }
}
