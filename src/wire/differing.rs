//! Who differs between two moments, as JSON and in words.

use serde::Serialize;

use crate::registry::{Differing, Look};

/// How an agent was, or is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LookLine {
    /// Its effective state.
    pub state: &'static str,
    /// Its parent.
    pub parent: Option<String>,
    /// Its tier.
    pub tier: Option<&'static str>,
    /// What it holds.
    pub capabilities: Vec<String>,
}

/// An agent that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DifferingLine {
    /// Which.
    pub did: String,
    /// Its name.
    pub name: String,
    /// How it was.
    pub before: Option<LookLine>,
    /// How it is.
    pub after: Option<LookLine>,
    /// The entries that did it.
    pub entries: Vec<u64>,
}

impl From<&Look> for LookLine {
    fn from(look: &Look) -> Self {
        Self {
            state: look.state.as_str(),
            parent: look.parent.clone(),
            tier: look.tier.map(|tier| tier.as_str()),
            capabilities: look.capabilities.clone(),
        }
    }
}

impl From<&Differing> for DifferingLine {
    fn from(differing: &Differing) -> Self {
        Self {
            did: differing.did.to_string(),
            name: differing.name.clone(),
            before: differing.before.as_ref().map(LookLine::from),
            after: differing.after.as_ref().map(LookLine::from),
            entries: differing.entries.clone(),
        }
    }
}

/// What differs, a line each.
pub fn difference_words(differing: &Differing) -> Vec<String> {
    let (before, after) = match (&differing.before, &differing.after) {
        (Some(before), Some(after)) => (before, after),
        (None, after) => {
            let state = after.as_ref().map_or("", |after| after.state.as_str());
            return vec![format!("new, {state}")];
        }
        (Some(_), None) => return vec!["gone".to_owned()],
    };
    let mut words = Vec::new();
    if before.state != after.state {
        words.push(format!("{} -> {}", before.state.as_str(), after.state.as_str()));
    }
    let nobody = |parent: &Option<String>| parent.clone().unwrap_or_else(|| "nobody".to_owned());
    if before.parent != after.parent {
        words.push(format!("below {} -> {}", nobody(&before.parent), nobody(&after.parent)));
    }
    if before.tier != after.tier {
        let tier = |look: &Look| look.tier.map_or("unscored", |tier| tier.as_str());
        words.push(format!("tier {} -> {}", tier(before), tier(after)));
    }
    let beyond = |list: &[String], known: &[String]| {
        let list: Vec<&str> = list.iter().filter(|one| !known.contains(one)).map(String::as_str).collect();
        list.join(" ")
    };
    let lost = beyond(&before.capabilities, &after.capabilities);
    let gained = beyond(&after.capabilities, &before.capabilities);
    for (head, list) in [("lost", &lost), ("gained", &gained)] {
        if !list.is_empty() {
            words.push(format!("{head} {list}"));
        }
    }
    if words.is_empty() {
        words.push("its capabilities in another order".to_owned());
    }
    words
}

/// The entries that did it, in words.
pub fn entry_words(entries: &[u64]) -> String {
    match entries {
        [] => "no entry of its own: time, or a lock that was lifted".to_owned(),
        [one] => format!("entry {one}"),
        several => {
            let several: Vec<String> = several.iter().map(u64::to_string).collect();
            format!("entries {}", several.join(", "))
        }
    }
}
