//! An operator: a person with keys and a role.

use crate::identity::KeyBytes;

/// What an operator may order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Nothing; a viewer looks.
    Viewer,
    /// What takes authority away, and gives back what that took.
    Responder,
    /// Everything.
    Admin,
}

impl Role {
    /// Every role, the weakest first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Responder, Self::Admin];

    /// The word in commands, on screens and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Responder => "responder",
            Self::Admin => "admin",
        }
    }

    /// Reads [`Role::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// Whether an operator may act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Yes.
    Active,
    /// Not until somebody restores him.
    Suspended,
    /// Never again; the name stays taken.
    Removed,
}

impl Standing {
    /// The word on screens and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Removed => "removed",
        }
    }
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// The name under which changes are ordered; see [`is_name`].
    pub name: String,
    /// What the person may order.
    pub role: Role,
    /// The keys that sign for the person.
    pub keys: Vec<KeyBytes>,
    /// Whether the person may act.
    pub standing: Standing,
    /// The log index of the entry that added the person.
    pub since: u64,
}

impl Operator {
    /// Whether the person may act.
    pub fn active(&self) -> bool {
        self.standing == Standing::Active
    }
}

/// Whether a text can name an operator: 1 to 64 lower-case letters, digits, `.`, `_` and `-`, a letter first.
///
/// No two names look alike, and none is `recovery`, as which the recovery set signs.
pub fn is_name(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    text.len() <= 64
        && text.bytes().next().is_some_and(|first| first.is_ascii_lowercase())
        && text.bytes().all(inner)
        && text != super::signing::RECOVERY
}
