//! The members of a JSON object from a stranger: bounded, named once, each of the type that it must have.

use serde_json::{Map, Value};

use super::json::look_through;
use crate::time::{Time, TimeError};

/// A JSON object whose size, depth and member names have been checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Members(Map<String, Value>);

/// Why a text, or one of its members, means nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MembersError {
    /// The text is longer than it may be; nothing of it was read.
    #[error("is longer than {limit} bytes")]
    TooLong {
        /// The most it may have.
        limit: usize,
    },
    /// The text is not JSON, names a member twice, or nests too deep.
    #[error("is not sound JSON")]
    NotJson,
    /// The text is JSON and no object.
    #[error("is not a JSON object")]
    NotAnObject,
    /// A required member is not there.
    #[error("{member} is missing")]
    Missing {
        /// The member.
        member: &'static str,
    },
    /// A member has another type than it must.
    #[error("{member} is not {expected}")]
    Type {
        /// The member.
        member: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// A member's value is not allowed.
    #[error("{member} {problem}")]
    Value {
        /// The member.
        member: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// There is a member that this form does not have.
    #[error("has a member that the form does not have")]
    Unknown,
}

impl MembersError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "message_too_long",
            Self::NotJson => "message_not_json",
            Self::NotAnObject => "message_not_an_object",
            Self::Missing { .. } => "member_missing",
            Self::Type { .. } => "member_type",
            Self::Value { .. } => "member_value",
            Self::Unknown => "member_unknown",
        }
    }

    /// The member at fault, if it is one.
    pub const fn member(&self) -> Option<&'static str> {
        match self {
            Self::Missing { member } | Self::Type { member, .. } | Self::Value { member, .. } => Some(member),
            Self::TooLong { .. } | Self::NotJson | Self::NotAnObject | Self::Unknown => None,
        }
    }
}

impl Members {
    /// Reads one JSON object of at most `limit` bytes; its members may have any name.
    ///
    /// # Errors
    /// [`MembersError`]; the length is judged first.
    pub fn parse(text: &str, limit: usize) -> Result<Self, MembersError> {
        if text.len() > limit {
            return Err(MembersError::TooLong { limit });
        }
        look_through(text, 0, |_| false).map_err(|_| MembersError::NotJson)?;
        match serde_json::from_str(text) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            Ok(_) => Err(MembersError::NotAnObject),
            Err(_) => Err(MembersError::NotJson),
        }
    }

    /// Reads as [`Members::parse`] does, and refuses members other than `known`.
    ///
    /// # Errors
    /// [`MembersError`].
    pub fn parse_exact(text: &str, limit: usize, known: &[&str]) -> Result<Self, MembersError> {
        let members = Self::parse(text, limit)?;
        if members.0.keys().any(|name| !known.contains(&name.as_str())) {
            return Err(MembersError::Unknown);
        }
        Ok(members)
    }

    /// A member that is neither absent nor null.
    pub fn get(&self, member: &str) -> Option<&Value> {
        self.0.get(member).filter(|value| !value.is_null())
    }

    /// A member that must be there.
    ///
    /// # Errors
    /// [`MembersError::Missing`], also when it is null.
    pub fn require(&self, member: &'static str) -> Result<&Value, MembersError> {
        self.get(member).ok_or(MembersError::Missing { member })
    }

    /// A string.
    ///
    /// # Errors
    /// [`MembersError::Missing`] or [`MembersError::Type`].
    pub fn text(&self, member: &'static str) -> Result<&str, MembersError> {
        string(self.require(member)?, member)
    }

    /// A string, null or nothing.
    ///
    /// # Errors
    /// [`MembersError::Type`].
    pub fn optional_text(&self, member: &'static str) -> Result<Option<&str>, MembersError> {
        self.get(member).map(|value| string(value, member)).transpose()
    }

    /// At most `most` strings; an absent member is an empty list, null is not.
    ///
    /// # Errors
    /// [`MembersError::Type`] or [`MembersError::Value`].
    pub fn texts(&self, member: &'static str, most: usize) -> Result<Vec<&str>, MembersError> {
        let wrong = MembersError::Type { member, expected: "a list of strings" };
        match self.0.get(member) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) if items.len() > most => {
                Err(MembersError::Value { member, problem: "lists too much" })
            }
            Some(Value::Array(items)) => items.iter().map(|item| item.as_str().ok_or(wrong)).collect(),
            Some(_) => Err(wrong),
        }
    }

    /// An integer.
    ///
    /// # Errors
    /// [`MembersError::Missing`] or [`MembersError::Type`].
    pub fn integer(&self, member: &'static str) -> Result<i64, MembersError> {
        self.require(member)?.as_i64().ok_or(MembersError::Type { member, expected: "an integer" })
    }

    /// An RFC 3339 time with a zone.
    ///
    /// # Errors
    /// [`MembersError`].
    pub fn time(&self, member: &'static str) -> Result<Time, MembersError> {
        instant(self.text(member)?, member)
    }

    /// An RFC 3339 time with a zone, null or nothing.
    ///
    /// # Errors
    /// [`MembersError`].
    pub fn optional_time(&self, member: &'static str) -> Result<Option<Time>, MembersError> {
        self.optional_text(member)?.map(|text| instant(text, member)).transpose()
    }
}

fn string<'v>(value: &'v Value, member: &'static str) -> Result<&'v str, MembersError> {
    value.as_str().ok_or(MembersError::Type { member, expected: "a string" })
}

fn instant(text: &str, member: &'static str) -> Result<Time, MembersError> {
    Time::parse(text).map_err(|error| MembersError::Value {
        member,
        problem: match error {
            TimeError::NoZone => "has no zone",
            TimeError::OutOfRange => "lies outside years 1 to 9999",
            TimeError::Malformed => "is not an RFC 3339 date-time",
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_measured_before_it_is_read() {
        assert_eq!(Members::parse("not json", 3), Err(MembersError::TooLong { limit: 3 }));
        assert_eq!(Members::parse("not json", 9), Err(MembersError::NotJson));
        assert_eq!(Members::parse("[]", 9), Err(MembersError::NotAnObject));
    }

    #[test]
    fn a_member_named_twice_or_unknown_is_refused() {
        assert_eq!(Members::parse(r#"{"a":1,"\u0061":2}"#, 99), Err(MembersError::NotJson));
        assert_eq!(Members::parse_exact(r#"{"a":1,"b":2}"#, 99, &["a"]), Err(MembersError::Unknown));
    }

    #[test]
    fn every_type_is_strict() {
        let members = Members::parse(r#"{"n":1.5,"t":true,"l":["a",1],"z":null,"s":"1"}"#, 99).unwrap();
        assert_eq!(members.integer("n").unwrap_err().member(), Some("n"));
        assert_eq!(members.integer("s").unwrap_err().code(), "member_type");
        assert_eq!(members.text("t").unwrap_err().code(), "member_type");
        assert_eq!(members.texts("l", 9).unwrap_err().code(), "member_type");
        assert_eq!(members.texts("l", 1).unwrap_err().code(), "member_value");
        assert_eq!(members.texts("z", 1).unwrap_err().code(), "member_type");
        assert_eq!(members.texts("absent", 1), Ok(vec![]));
        assert_eq!(members.text("z").unwrap_err().code(), "member_missing");
        assert_eq!(members.time("s").unwrap_err().code(), "member_value");
    }
}
