//! JSON values of a record's members, read without losing what went wrong.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

/// A JSON string, borrowed from the document when it holds no escapes.
pub(in crate::identity) struct Text<'a>(pub(super) Cow<'a, str>);

/// A JSON integer, `1.0` included; `None` when it does not fit 63 bits.
pub(super) struct Integer(pub(super) Option<i64>);

/// `did` as the reference writes it, or as a plain string.
pub(super) enum DidValue<'a> {
    Text(Cow<'a, str>),
    Object { method: Option<Cow<'a, str>>, id: Option<Cow<'a, str>> },
}

struct TextVisitor;
struct IntegerVisitor;
struct DidVisitor;

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_str(TextVisitor).map(Text)
    }
}

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Cow<'de, str>;
    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a string")
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_i64(IntegerVisitor).map(Integer)
    }
}

impl Visitor<'_> for IntegerVisitor {
    type Value = Option<i64>;
    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an integer")
    }
    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(value))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(value).ok())
    }
    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Self::Value, E> {
        if value.fract() != 0.0 || !value.is_finite() {
            return Err(E::custom("a fraction"));
        }
        // Rust has no checked conversion from floats: go through the integer's own text.
        Ok(format!("{value:.0}").parse().ok())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for DidValue<'a> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_any(DidVisitor)
    }
}

impl<'de> Visitor<'de> for DidVisitor {
    type Value = DidValue<'de>;
    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a DID")
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(DidValue::Text(Cow::Borrowed(text)))
    }
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(DidValue::Text(Cow::Owned(text.to_owned())))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let (mut method, mut id) = (None, None);
        while let Some(Text(name)) = members.next_key()? {
            let slot = match name.as_ref() {
                "method" => &mut method,
                "unique_id" => &mut id,
                _ => {
                    members.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            if slot.replace(members.next_value::<Text<'de>>()?.0).is_some() {
                return Err(serde::de::Error::custom("a member is named twice"));
            }
        }
        Ok(DidValue::Object { method, id })
    }
}
