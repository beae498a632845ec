//! A refused record as it may be kept: with nothing in it that could be a secret.

use serde_json::Value;

use crate::encoding::json::look_through;
use crate::identity::is_secret_name;

/// The text of a record without the values of members that could hold a secret, at any depth.
///
/// A record without such members stays as it came. One that is no JSON is given up when anything in it could be the
/// name of such a member.
pub fn redacted(source: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(source);
    let Ok(mut value) = serde_json::from_str::<Value>(&text) else {
        return (!mentions_secret(&text)).then(|| text.into_owned());
    };
    // A member that is named twice is once in the value: what was behind the first name shows in the text alone.
    if look_through(&text, 0, is_secret_name) == Ok(false) {
        return Some(text.into_owned());
    }
    blank(&mut value);
    Some(value.to_string())
}

/// Blanks secrets. The reader has bounded the depth.
fn blank(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(blank),
        Value::Object(members) => {
            for (name, member) in members {
                if is_secret_name(name) {
                    *member = Value::String(String::new());
                } else {
                    blank(member);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whether a quoted text or a bare word could be the name of a secret; where quotes begin and end is not known.
fn mentions_secret(text: &str) -> bool {
    let quoted = text.split(['"', '\'']).any(|part| {
        if !part.contains('\\') {
            return is_secret_name(part);
        }
        serde_json::from_str::<String>(&format!("\"{part}\"")).map_or(true, |name| is_secret_name(&name))
    });
    let letter = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-');
    quoted || text.split(|character| !letter(character)).any(is_secret_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_blanked_at_any_depth_and_all_else_stays() {
        let kept =
            redacted(br#"{"name":" ","private_key":"k1","x":[{"jwk":{"d":"k2","kty":"OKP"}}]}"#).unwrap();
        assert_eq!(kept, r#"{"name":" ","private_key":"","x":[{"jwk":{"d":"","kty":"OKP"}}]}"#);
        let twice = redacted(br#"{"a":{"d":"k1"},"a":1,"seed":"k2","seed":{"a":"k3"},"\u0073k":"k4"}"#);
        assert_eq!(twice.unwrap(), r#"{"a":1,"seed":"","sk":""}"#);
        assert_eq!(redacted(br#"{"a":{"d":"k1"},"a":1}"#).unwrap(), r#"{"a":1}"#);
        let plain = r#"{"b": 1, "a": 1e400000, "name": "private"}"#;
        assert_eq!(
            redacted(br#"{"b": 1,  "a": "private_key"}"#).unwrap(),
            r#"{"b": 1,  "a": "private_key"}"#
        );
        assert_eq!(redacted(plain.as_bytes()), None, "no JSON for us, and it speaks of something private");
    }

    #[test]
    fn what_is_torn_is_kept_only_when_it_names_no_secret() {
        assert_eq!(redacted(br#"{"name": "a"#).as_deref(), Some(r#"{"name": "a"#));
        assert_eq!(redacted(b"{\"name\": \"\xff\"}").as_deref(), Some("{\"name\": \"\u{fffd}\"}"));
        for torn in [
            r#"{"private_key": "k1"#,
            r#"{"a":"b","\u0064":"k1"#,
            r#"{"a":"\"","secretKey":"k1"#,
            "{private_key: k1}",
            "{'seed': 'k1'}",
            "{\"private\u{200b}key\": \"k1",
        ] {
            assert_eq!(redacted(torn.as_bytes()), None, "{torn}");
        }
    }
}
