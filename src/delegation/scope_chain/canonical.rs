//! JSON as Python's `json.dumps(sort_keys=True)` writes it: the bytes that the reference hashes.

/// Appends a string: printable ASCII as it is, everything else escaped in lower-case hex, astral characters in two.
pub(super) fn string(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => out.push(character),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    out.push_str("\\u");
                    out.push_str(&crate::encoding::hex::encode(&unit.to_be_bytes()));
                }
            }
        }
    }
    out.push('"');
}

/// Appends a list of strings.
pub(super) fn list<'t>(out: &mut String, items: impl Iterator<Item = &'t str>) {
    out.push('[');
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        string(out, item);
    }
    out.push(']');
}

/// Appends a string, or `null`.
pub(super) fn string_or_null(out: &mut String, text: Option<&str>) {
    match text {
        Some(text) => string(out, text),
        None => out.push_str("null"),
    }
}
