//! The parts of a request that a signature covers (RFC 9421 section 2).

use std::borrow::Cow;

use super::dictionary::Listed;
use super::{Head, SignatureError};

/// One covered part: a field by its name in lower case, or a part that is derived from the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Component {
    Derived(Derived),
    Field(String),
}

/// What is derived from a request (RFC 9421 section 2.2), as far as it is taken here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Derived {
    Method,
    Authority,
    Scheme,
    TargetUri,
    RequestTarget,
    Path,
    Query,
}

impl Derived {
    const ALL: [Self; 7] = [
        Self::Method,
        Self::Authority,
        Self::Scheme,
        Self::TargetUri,
        Self::RequestTarget,
        Self::Path,
        Self::Query,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Method => "@method",
            Self::Authority => "@authority",
            Self::Scheme => "@scheme",
            Self::TargetUri => "@target-uri",
            Self::RequestTarget => "@request-target",
            Self::Path => "@path",
            Self::Query => "@query",
        }
    }

    /// The value; none when a part of the request is not printable ASCII without blanks.
    fn value<'r>(self, head: &Head<'r>) -> Option<Cow<'r, str>> {
        let path = head.normal_path();
        let (mark, query) = head.query.map_or(("", ""), |query| ("?", query));
        let value = match self {
            Self::Method => Cow::Borrowed(head.method),
            Self::Authority => head.normal_authority(),
            Self::Scheme => head.normal_scheme(),
            Self::TargetUri => {
                format!("{}://{}{path}{mark}{query}", head.normal_scheme(), head.normal_authority()).into()
            }
            Self::RequestTarget => format!("{path}{mark}{query}").into(),
            Self::Path => Cow::Borrowed(path),
            Self::Query => format!("?{query}").into(),
        };
        value.bytes().all(|byte| byte.is_ascii_graphic()).then_some(value)
    }
}

impl Component {
    /// Reads a component identifier.
    pub(super) fn read(listed: &Listed<'_>) -> Result<Self, SignatureError> {
        let Some(name) = listed.item.as_string().map(|name| name.as_str()) else {
            let problem = "a component is named by a string";
            return Err(SignatureError::Component { name: "?".to_owned(), problem });
        };
        let refuse =
            |problem| Err(SignatureError::Component { name: name.escape_debug().to_string(), problem });
        if !listed.parameters.is_empty() {
            return refuse("parameters like sf, bs, key, req and tr are not taken");
        }
        if name.starts_with('@') {
            let found = Derived::ALL.into_iter().find(|derived| derived.name() == name);
            return found.map_or_else(|| refuse("not taken here"), |derived| Ok(Self::Derived(derived)));
        }
        if name.is_empty() || !name.bytes().all(is_field_byte) {
            return refuse("not the name of a field in lower case");
        }
        // A signature that covers itself cannot be made, and one that covers another needs `key`.
        if matches!(name, "signature" | "signature-input") {
            return refuse("not taken here");
        }
        Ok(Self::Field(name.to_owned()))
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Self::Derived(derived) => derived.name(),
            Self::Field(name) => name,
        }
    }

    pub(super) fn value<'r>(&self, head: &Head<'r>) -> Result<Cow<'r, str>, SignatureError> {
        let value = match self {
            Self::Derived(derived) => derived.value(head),
            Self::Field(name) => head.value(name),
        };
        value.ok_or_else(|| SignatureError::NoValue { name: self.name().to_owned() })
    }
}

/// The characters of a field's name in lower case (RFC 9110 section 5.6.2).
const fn is_field_byte(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.'
        | b'^' | b'_' | b'`' | b'|' | b'~')
}
