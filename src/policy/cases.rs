//! Cases that try a policy: facts in, expected answer out.

use super::document::{Field, Fields, MAX_ENTRIES, Node, Read};
use super::read::{count, did, entry, key, score};
use super::units::span;
use super::{Policy, PolicyError, Refusal, Trial};
use crate::identity::{Did, KeyBytes};
use crate::time::Span;

/// One case: what is tried, and what must come out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// The hop.
    pub trial: Trial,
    /// What must come out.
    pub expected: Expected,
}

/// What a case expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// The policy lets it be.
    Allow,
    /// The policy denies it: with this code, if one is given.
    Deny(Option<String>),
}

impl std::fmt::Display for Expected {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Allow => out.write_str("it must be allowed"),
            Self::Deny(None) => out.write_str("it must be denied"),
            Self::Deny(Some(code)) => write!(out, "it must be denied with {code}"),
        }
    }
}

impl Case {
    /// Reads the cases of a TOML file for a policy, which gives the defaults of what a case does not say.
    ///
    /// # Errors
    /// [`PolicyError`], as for a policy; a file without a case is refused, since it would prove nothing.
    pub fn from_toml(text: &str, policy: &Policy) -> Result<Vec<Self>, PolicyError> {
        let node = Node::from_toml(text).map_err(|fault| PolicyError::of_text(text, fault))?;
        cases(Field::whole(node), policy).map_err(|wrong| PolicyError::at(Some(text), wrong))
    }

    /// Whether what came out is what the case expects.
    pub fn is_met(&self, answer: Option<&Refusal>) -> bool {
        match (&self.expected, answer) {
            (Expected::Allow, None) | (Expected::Deny(None), Some(_)) => true,
            (Expected::Deny(Some(code)), Some(refusal)) => refusal.code() == code,
            _ => false,
        }
    }
}

fn cases(field: Field, policy: &Policy) -> Read<Vec<Case>> {
    let some = "one or more [[case]] tables";
    let mut fields = field.table()?;
    let cases = fields.need("case", some, |field| {
        if field.is_empty_list() {
            return field.takes(some);
        }
        field.list(MAX_ENTRIES, |field| case(field.table()?, policy))
    })?;
    fields.finish()?;
    Ok(cases)
}

fn case(mut fields: Fields, policy: &Policy) -> Read<Case> {
    let text = |field: Field| entry(&field, "a text");
    let deep = |field: Field| count(&field, 0, 1000, "a whole number from 0 to 1000");
    let long = |field: Field| span(&field, 0, 100 * 366 * 86_400, "a length of time such as \"90s\"");
    let action = fields.need("action", "the action that is tried, such as \"pay:invoice\"", text)?;
    let depth = fields.get("depth", 1, deep)?;
    let trial = Trial {
        resource: fields.get("resource", String::new(), text)?,
        did: fields.get("did", Did::from_bits(0), |field| did(&field))?,
        key: fields.get("key", KeyBytes([0; 32]), |field| key(&field))?,
        sponsor: fields.get("sponsor", String::new(), text)?,
        organization: fields.get("organization", None, |field| text(field).map(Some))?,
        attested: fields.get("attested", false, |field| field.flag())?,
        hop: fields.get("hop", depth, deep)?,
        score: fields.get("score", policy.trust.default_score, |field| score(&field))?,
        scopes: fields.get("scopes", vec![action.clone()], |field| field.list(MAX_ENTRIES, text))?,
        ttl: fields.get("ttl", policy.tokens.ttl_default, long)?,
        age: fields.get("age", Span::seconds(0), long)?,
        staleness: fields.get("staleness", Span::seconds(0), long)?,
        action,
        depth,
    };
    let allow = fields.need("expect", "\"allow\" or \"deny\"", |field| {
        field.word(&[("allow", true), ("deny", false)], "\"allow\" or \"deny\"")
    })?;
    let code = fields.take("code").map(|field| match allow {
        true => field.takes("nothing where allow is expected"),
        false => text(field),
    });
    let code = code.transpose()?;
    let name = fields.need("name", "what the case is about", text)?;
    fields.finish()?;
    Ok(Case { name, trial, expected: if allow { Expected::Allow } else { Expected::Deny(code) } })
}
