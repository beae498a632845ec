//! Who sits at the console, and what the log lets them order.

use super::theme::Tone;
use crate::change::Kind;
use crate::change::operators::{Operator, Operators, role_for};
use crate::identity::{KeyBytes, KeyId};

/// Who sits at the console.
pub(super) enum Seat<'o> {
    /// Nobody holds the log, so that anybody orders.
    Open,
    /// The log is held, and nobody signs here.
    NoKey,
    /// The log is held, and the key here is nobody's.
    Stranger(KeyId),
    /// An operator.
    Operator(&'o Operator),
}

impl<'o> Seat<'o> {
    pub(super) fn of(operators: &'o Operators, key: Option<&KeyBytes>) -> Self {
        match key {
            _ if !operators.held() => Self::Open,
            None => Self::NoKey,
            Some(key) => operators.of_key(key).map_or_else(|| Self::Stranger(key.key_id()), Self::Operator),
        }
    }

    /// The operator's name.
    pub(super) fn name(&self) -> Option<&'o str> {
        match self {
            Self::Operator(person) => Some(&person.name),
            _ => None,
        }
    }

    /// Why an order of this kind is not taken from here; none when it can be given.
    pub(super) fn refusal(&self, kind: Kind) -> Option<String> {
        let of_operators = matches!(
            kind,
            Kind::Operator | Kind::Withdraw | Kind::Propose | Kind::LogKey | Kind::Enrol | Kind::Dismiss
        );
        match self {
            Self::Open if of_operators => {
                Some("nobody holds this log: `meshwarden init` gives it operators".to_owned())
            }
            Self::Open => None,
            Self::NoKey => Some("no operator key: start with --operator-key".to_owned()),
            Self::Stranger(key) => Some(format!("no operator has the key {key}")),
            Self::Operator(person) if !person.active() => {
                Some(format!("{} is {}", person.name, person.standing.as_str()))
            }
            Self::Operator(person) if person.role < role_for(kind) => {
                let (role, needed) = (person.role.as_str(), role_for(kind).as_str());
                Some(format!("{} is {role}, and {} takes {needed}", person.name, kind.as_str()))
            }
            Self::Operator(_) => None,
        }
    }

    /// Who sits here, and whether that is as it should be.
    pub(super) fn words(&self, solo: bool) -> (String, Tone) {
        let (words, tone) = match self {
            Self::Open => ("UNSIGNED: nobody holds this log".to_owned(), Tone::Warning),
            Self::NoKey => ("NOT SIGNED IN: to look only".to_owned(), Tone::Warning),
            Self::Stranger(key) => (format!("NOT SIGNED IN: {key} is nobody's"), Tone::Bad),
            Self::Operator(person) if !person.active() => {
                (format!("{} IS {}", person.name, person.standing.as_str().to_uppercase()), Tone::Bad)
            }
            Self::Operator(person) => {
                (format!("signed in as {} ({})", person.name, person.role.as_str()), Tone::Good)
            }
        };
        if solo {
            (format!("SOLO: one person holds this log · {words}"), Tone::Warning)
        } else {
            (words, tone)
        }
    }
}
