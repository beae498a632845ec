//! JSON from strangers: looked through once for what serde_json lets pass.

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};

/// Arrays and objects may nest this deep, the outermost counted as one.
pub const MAX_DEPTH: u32 = 64;

/// What a look through a JSON text found wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonFault {
    /// The text is not JSON.
    #[error("not JSON")]
    Syntax,
    /// An object names a member twice.
    #[error("a member is named twice")]
    DuplicateMember,
    /// Arrays and objects nest deeper than [`MAX_DEPTH`].
    #[error("nested deeper than 64 levels")]
    TooDeep,
}

/// Looks through `text` without keeping it: is it JSON, are members unique, is it shallow enough?
///
/// `depth` is how many levels the text already lies in. Answers whether any member, at any level,
/// has a name for which `is_secret` says yes.
///
/// # Errors
/// The first [`JsonFault`] in reading order.
pub fn look_through(text: &str, depth: u32, is_secret: fn(&str) -> bool) -> Result<bool, JsonFault> {
    let mut look = Look { depth, is_secret, secret: false, fault: None };
    let mut reader = serde_json::Deserializer::from_str(text);
    let answer = Level(&mut look).deserialize(&mut reader).and_then(|()| reader.end());
    match (answer, look.fault) {
        (Ok(()), _) => Ok(look.secret),
        (Err(_), Some(fault)) => Err(fault),
        (Err(_), None) => Err(JsonFault::Syntax),
    }
}

/// Reads the one JSON object of `bytes` into a structure.
///
/// serde's derived readers alone take an array of a structure's members as well: a second spelling of the same thing.
///
/// # Errors
/// As `serde_json`, and for an array.
pub fn object<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> serde_json::Result<T> {
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return Err(serde_json::Error::invalid_type(Unexpected::Seq, &"an object"));
    }
    serde_json::from_slice(bytes)
}

/// Drops the white space between tokens of a text that [`look_through`] has accepted.
pub fn compact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_string = false;
    let mut escaped = false;
    for character in text.chars() {
        if in_string {
            in_string = escaped || character != '"';
            escaped = !escaped && character == '\\';
        } else if matches!(character, ' ' | '\t' | '\n' | '\r') {
            continue;
        } else if character == '"' {
            in_string = true;
        }
        out.push(character);
    }
    out
}

struct Look {
    depth: u32,
    is_secret: fn(&str) -> bool,
    secret: bool,
    fault: Option<JsonFault>,
}

struct Level<'l>(&'l mut Look);

impl Level<'_> {
    fn refuse<E: serde::de::Error>(&mut self, fault: JsonFault) -> E {
        self.0.fault = Some(fault);
        E::custom("refused")
    }

    fn enter<E: serde::de::Error>(&mut self) -> Result<(), E> {
        self.0.depth = self.0.depth.saturating_add(1);
        if self.0.depth > MAX_DEPTH { Err(self.refuse(JsonFault::TooDeep)) } else { Ok(()) }
    }

    fn leave(&mut self) {
        self.0.depth = self.0.depth.saturating_sub(1);
    }
}

impl<'de> DeserializeSeed<'de> for Level<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        self.enter()?;
        while items.next_element_seed(Level(self.0))?.is_some() {}
        self.leave();
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        self.enter()?;
        let mut seen: HashSet<String> = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            self.0.secret |= (self.0.is_secret)(&name);
            if !seen.insert(name) {
                return Err(self.refuse(JsonFault::DuplicateMember));
            }
            members.next_value_seed(Level(self.0))?;
        }
        self.leave();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(text: &str) -> Result<bool, JsonFault> {
        look_through(text, 0, |name| name == "d")
    }

    #[test]
    fn a_secret_name_is_found_at_any_level() {
        assert_eq!(look(r#"{"a":[{"b":{"d":1}}]}"#), Ok(true));
        assert_eq!(look(r#"{"a":["d",{"b":{"e":"d"}}]}"#), Ok(false));
    }

    #[test]
    fn a_member_named_twice_is_found_through_escapes() {
        assert_eq!(look(r#"[{"a":1,"\u0061":2}]"#), Err(JsonFault::DuplicateMember));
    }

    #[test]
    fn depth_64_passes_and_65_does_not() {
        let nest = |n: usize| format!("{}1{}", "[".repeat(n), "]".repeat(n));
        assert_eq!(look(&nest(64)), Ok(false));
        assert_eq!(look(&nest(65)), Err(JsonFault::TooDeep));
        assert_eq!(look_through(&nest(64), 1, |_| false), Err(JsonFault::TooDeep));
    }

    #[test]
    fn lone_surrogates_and_trailing_text_are_no_json() {
        assert_eq!(look(r#""\ud800""#), Err(JsonFault::Syntax));
        assert_eq!(look("1 2"), Err(JsonFault::Syntax));
        assert_eq!(look(""), Err(JsonFault::Syntax));
    }

    #[test]
    fn compacting_keeps_strings_as_they_are() {
        assert_eq!(compact("{ \"a b\" : [ 1 ,\n \"x \\\" y\\\\\" , 2 ] }"), r#"{"a b":[1,"x \" y\\",2]}"#);
    }
}
