//! Two laws, one place: what a capability allows, and how a delegation narrows.
//!
//! A capability is a string such as `read:data`, `read:*` or `*`. There are two matchers because
//! there are two specifications: identities follow IDT 8.9, grants follow TC 8.5.
#![deny(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

use std::collections::{BTreeSet, HashSet};

/// The capability that allows everything; it can be held by a root and never delegated (IDT 15.1(2)).
pub const WILDCARD: &str = "*";

/// Whether holding `held` allows `asked`: equal, `*`, or `prefix:*` before a colon boundary (IDT 8.9).
///
/// `:*` has no prefix, so it is equal only to itself.
pub fn allows(held: &str, asked: &str) -> bool {
    if held == WILDCARD || held == asked {
        return true;
    }
    match held.strip_suffix(":*") {
        Some(prefix) if !prefix.is_empty() => {
            asked.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(':'))
        }
        _ => false,
    }
}

/// Whether any of `held` allows `asked`.
pub fn any_allows<'a>(held: impl IntoIterator<Item = &'a str>, asked: &str) -> bool {
    held.into_iter().any(|capability| allows(capability, asked))
}

/// What somebody holds, to be asked often: each question costs the colons of the asked capability.
///
/// Two lists of 100,000 capabilities in one file must not cost their product.
pub struct Held<'a> {
    everything: bool,
    exact: HashSet<&'a str>,
    prefixes: HashSet<&'a str>,
}

impl<'a> Held<'a> {
    /// Prepares a list.
    pub fn new(list: impl IntoIterator<Item = &'a str>) -> Self {
        let mut held = Self { everything: false, exact: HashSet::new(), prefixes: HashSet::new() };
        for capability in list {
            held.everything |= capability == WILDCARD;
            held.exact.insert(capability);
            if let Some(prefix) = capability.strip_suffix(":*").filter(|prefix| !prefix.is_empty()) {
                held.prefixes.insert(prefix);
            }
        }
        held
    }

    /// Whether any of the list allows `asked`, as [`allows`] says.
    pub fn allows(&self, asked: &str) -> bool {
        let below =
            |(at, _): (usize, &str)| asked.get(..at).is_some_and(|prefix| self.prefixes.contains(prefix));
        self.everything
            || self.exact.contains(asked)
            || (!self.prefixes.is_empty() && asked.match_indices(':').any(below))
    }
}

/// Whether a grant of `granted` satisfies `requested` (TC 8.5).
///
/// Beyond IDT 8.9, a grant of at least two segments also covers everything below itself at a colon
/// boundary, and a `*` segment stands for any one segment.
pub fn grant_satisfies(granted: &str, requested: &str) -> bool {
    if granted == WILDCARD || granted == requested {
        return true;
    }
    if granted == "*:*" {
        return false;
    }
    let below = granted.strip_suffix(":*").and_then(|prefix| requested.strip_prefix(prefix));
    if below.is_some_and(|rest| rest.starts_with(':')) {
        return true;
    }
    if !granted.contains(':') || requested.is_empty() {
        return false;
    }
    if requested.strip_prefix(granted).is_some_and(|rest| rest.starts_with(':')) {
        return true;
    }
    segments_match(granted, requested)
}

fn segments_match(granted: &str, requested: &str) -> bool {
    let mut asked = requested.split(':');
    for segment in granted.split(':') {
        match asked.next() {
            Some(part) if segment == WILDCARD && !part.is_empty() => {}
            Some(part) if segment == part && !part.is_empty() => {}
            _ => return false,
        }
    }
    true
}

/// Why a set of capabilities cannot be delegated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NarrowingError {
    /// `*` is never delegated (IDT 15.1(2)).
    #[error("the wildcard * cannot be delegated; list the capabilities")]
    Wildcard,
    /// The parent does not hold this very capability (IDT 15.1(3)).
    #[error("the parent does not hold {0:?}")]
    NotHeld(String),
}

/// Checks that a parent holding `held` may delegate `asked`: each one literally held, none of them `*`.
///
/// # Errors
/// The wildcard first, then the first capability that the parent does not hold.
pub fn narrow<'a>(
    held: impl IntoIterator<Item = &'a str>,
    asked: impl IntoIterator<Item = &'a str> + Clone,
) -> Result<(), NarrowingError> {
    if asked.clone().into_iter().any(|capability| capability == WILDCARD) {
        return Err(NarrowingError::Wildcard);
    }
    let held: BTreeSet<&str> = held.into_iter().collect();
    match asked.into_iter().find(|capability| !held.contains(capability)) {
        Some(missing) => Err(NarrowingError::NotHeld(missing.to_owned())),
        None => Ok(()),
    }
}

/// What a child holds that its parent does not allow, in the child's order.
pub fn escalations<'a>(parent: &[&str], child: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let held = Held::new(parent.iter().copied());
    child.into_iter().filter(|asked| !held.allows(asked)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_prefix_ends_at_a_colon() {
        assert!(allows("read:*", "read:data:row"));
        assert!(!allows("read:*", "readwrite:data"));
        assert!(!allows("read:*", "read"));
        assert!(!allows(":*", ":x"));
    }

    proptest! {
        #[test]
        fn a_prepared_list_answers_as_the_list_does(list in prop::collection::vec("[ab:*]{0,5}", 0..6), asked in "[ab:*]{0,7}") {
            let list: Vec<&str> = list.iter().map(String::as_str).collect();
            prop_assert_eq!(Held::new(list.iter().copied()).allows(&asked), any_allows(list, &asked));
        }

        #[test]
        fn allowing_is_reflexive_and_transitive(a in "[ab:*]{0,6}", b in "[ab:*]{0,6}", c in "[ab:*]{0,6}") {
            prop_assert!(allows(&a, &a));
            if allows(&a, &b) && allows(&b, &c) {
                prop_assert!(allows(&a, &c), "{a} {b} {c}");
            }
        }

        #[test]
        fn what_narrows_never_escalates(held in prop::collection::vec("[ab:*]{1,4}", 0..5), picks in prop::collection::vec(0usize..5, 0..4)) {
            let held: Vec<&str> = held.iter().map(String::as_str).collect();
            let asked: Vec<&str> = picks.iter().filter_map(|pick| held.get(*pick).copied()).collect();
            if narrow(held.iter().copied(), asked.iter().copied()).is_ok() {
                prop_assert!(escalations(&held, asked).is_empty());
            }
        }
    }
}
