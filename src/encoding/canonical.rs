//! Canonical JSON (RFC 8785): the one byte string that a value has, to be hashed and signed.

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
            sorted.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
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
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            control if control < ' ' => {
                out.push_str("\\u00");
                out.push_str(&super::hex::encode(&[u8::try_from(u32::from(control)).unwrap_or(0)]));
            }
            other => out.push(other),
        }
    }
    out.push('"');
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
    fn fractions_and_unsafe_integers_have_no_canonical_form() {
        assert!(to_bytes(&json!(9_007_199_254_740_991u64)).is_ok());
        assert!(to_bytes(&json!(-9_007_199_254_740_991i64)).is_ok());
        for bad in [json!(9_007_199_254_740_992u64), json!(0.5), json!(u64::MAX), json!(i64::MIN)] {
            assert_eq!(to_bytes(&bad), Err(NotCanonical), "{bad}");
        }
    }
}
