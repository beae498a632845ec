//! A policy from its tree: each field by its own rule, nothing left over.

use std::collections::{BTreeSet, HashSet};
use std::hash::Hash;
use std::sync::Arc;

use super::approvals::MOST;
use super::document::{Field, MAX_ENTRIES, Node, Read, Value};
use super::error::Problem;
use super::units::{span, thousandths};
use super::{
    ActionClass, Approvals, AttestationRules, Breadth, KINDS, KeyRules, Lists, Policy, PolicyError, Rules,
    TokenRules,
};
use crate::delegation::MAX_DEPTH;
use crate::identity::{Did, KeyBytes};
use crate::time::Span;
use crate::trust::{
    self, Dimension, MAX_REACH, MAX_SOURCE_NAME, MAX_SOURCES, RegimeRules, Source, Strengths, Tier,
};

const YEAR: i64 = 366 * 86_400;

/// The most classes, capabilities of one class, and attesters.
pub const MAX_CLASSES: usize = 256;

/// The longest text of an entry: an address, an organization, a capability.
const MAX_ENTRY: usize = 256;

impl Policy {
    /// Reads a policy as people write it; what it does not say keeps its default.
    ///
    /// # Errors
    /// The first [`PolicyError`] in reading order of the fields; syntax comes before all.
    pub fn from_toml(text: &str) -> Result<Self, PolicyError> {
        let node = Node::from_toml(text).map_err(|fault| PolicyError::of_text(text, fault))?;
        policy(Field::whole(node)).map_err(|wrong| PolicyError::at(Some(text), wrong))
    }

    /// Reads a policy as the log keeps it; what it does not say keeps its default.
    ///
    /// # Errors
    /// [`PolicyError`], without a place.
    pub fn from_json(text: &str) -> Result<Self, PolicyError> {
        let node = Node::from_json(text).map_err(|fault| PolicyError::of_text(text, fault))?;
        policy(Field::whole(node)).map_err(|wrong| PolicyError::at(None, wrong))
    }

    /// The same policy with other rules per hop.
    ///
    /// # Errors
    /// [`PolicyError`] in the field `rules`.
    pub fn with_rules(self, text: &str) -> Result<Self, PolicyError> {
        let wrong = |error| PolicyError {
            place: None,
            field: String::new(),
            problem: Problem::Rules(Box::new(error)),
        };
        let rules = Rules::parse(text, &names(&self.classes)).map_err(wrong)?;
        Ok(Self { rules, ..self })
    }
}

fn names(classes: &[ActionClass]) -> Vec<&str> {
    classes.iter().map(|class| class.name.as_str()).collect()
}

fn policy(field: Field) -> Read<Policy> {
    let mut fields = field.table()?;
    let default = Policy::default();
    let classes = fields.get("classes", default.classes, classes)?;
    let policy = Policy {
        tokens: fields.get("tokens", default.tokens, tokens)?,
        breadth: fields.get("breadth", default.breadth, breadth)?,
        keys: fields.get("keys", default.keys, keys)?,
        trust: fields.get("trust", default.trust, trust)?,
        attestation: fields.get("attestation", default.attestation, attestation)?,
        default_class: fields.get("default_class", default.default_class, default_class)?,
        allow: fields.get("allow", default.allow, lists)?,
        block: fields.get("block", default.block, lists)?,
        approvals: fields.get("approvals", default.approvals, approvals)?,
        rules: fields.get("rules", default.rules, |field| rules(&field, &names(&classes)))?,
        classes,
    };
    fields.finish()?;
    Ok(policy)
}

fn rules(field: &Field, classes: &[&str]) -> Read<Rules> {
    match &field.node.value {
        Value::Text(text) => {
            Rules::parse(text, classes).map_err(|error| field.wrong(Problem::Rules(Box::new(error))))
        }
        _ => field.takes("the text of Cedar rules"),
    }
}

fn tokens(field: Field) -> Read<TokenRules> {
    let mut fields = field.table()?;
    let default = TokenRules::default();
    let ttl_max = fields
        .get("ttl_max", default.ttl_max, |field| span(&field, 1, YEAR, "a length of time from 1s to 366d"))?;
    let ttl_default = fields.get("ttl_default", default.ttl_default.min(ttl_max), |field| {
        span(&field, 1, ttl_max.as_seconds(), "a length of time from 1s to tokens.ttl_max")
    })?;
    let max_depth = fields.get("max_depth", default.max_depth, |field| {
        count(&field, 1, MAX_DEPTH, "a whole number from 1 to 10")
    })?;
    fields.finish()?;
    Ok(TokenRules { ttl_default, ttl_max, max_depth })
}

fn breadth(field: Field) -> Read<Breadth> {
    let mut fields = field.table()?;
    let default = Breadth::default();
    let many = |field: Field| count(&field, 0, 10_000_000, "a whole number from 0 to 10000000");
    let breadth = Breadth {
        max_children: fields.get("max_children", default.max_children, many)?,
        max_descendants: fields.get("max_descendants", default.max_descendants, many)?,
        delegations_per_hour: fields.get("delegations_per_hour", default.delegations_per_hour, many)?,
        seal_parent: fields.get("seal_parent", default.seal_parent, |field| field.flag())?,
    };
    fields.finish()?;
    Ok(breadth)
}

fn keys(field: Field) -> Read<KeyRules> {
    let mut fields = field.table()?;
    let default = KeyRules::default();
    let overlap = |field: Field| span(&field, 0, 30 * 86_400, "a length of time from 0s to 30d");
    let age = "a length of time from 1h to 3660d, or \"never\"";
    let rotate_after = |field: Field| match field.text(24, age)? {
        "never" => Ok(None),
        _ => span(&field, 3600, 10 * YEAR, age).map(Some),
    };
    let history = |field: Field| count(&field, 0, 100, "a whole number from 0 to 100");
    let keys = KeyRules {
        overlap: fields.get("overlap", default.overlap, overlap)?,
        rotate_after: fields.get("rotate_after", default.rotate_after, rotate_after)?,
        history: fields.get("history", 5, history)? as usize,
    };
    fields.finish()?;
    Ok(keys)
}

fn trust(field: Field) -> Read<trust::Rules> {
    let mut fields = field.table()?;
    let default = trust::Rules::default();
    let decay = "points an hour from 0 to 1000, such as 2 or \"2.5\"";
    let strengths = Strengths {
        weights: fields.get("weights", default.strengths.weights, weights)?,
        ..fields.get("contagion", Strengths::default(), contagion)?
    };
    let rules = trust::Rules {
        default_score: fields.get("default_score", default.default_score, |field| score(&field))?,
        decay_per_hour: fields
            .get("decay_per_hour", default.decay_per_hour, |field| thousandth(&field, 1_000_000, decay))?,
        decay_floor: fields.get("decay_floor", default.decay_floor, |field| score(&field))?,
        strengths: Arc::new(strengths),
        regime: fields.get("regime", default.regime, regime)?,
        sources: fields.get("sources", default.sources, sources)?,
    };
    fields.finish()?;
    Ok(rules)
}

fn weights(field: Field) -> Read<[u8; 5]> {
    let uneven =
        field.wrong(Problem::Value { expected: "five whole numbers that add up to 100", near: None });
    let mut fields = field.table()?;
    let mut weights = [0_u8; 5];
    for (weight, dimension) in weights.iter_mut().zip(Dimension::ALL) {
        let expected = "a whole number from 0 to 100";
        let read = |field: Field| field.number(0..=100, expected);
        *weight = fields
            .need(dimension.as_str(), expected, read)
            .map(|number| u8::try_from(number).unwrap_or(0))?;
    }
    fields.finish()?;
    if weights.iter().map(|weight| u32::from(*weight)).sum::<u32>() == 100 {
        Ok(weights)
    } else {
        Err(uneven)
    }
}

fn contagion(field: Field) -> Read<Strengths> {
    let mut fields = field.table()?;
    let default = Strengths::default();
    let factor = |field: Field| thousandth(&field, 1000, "a part from 0 to 1, such as \"0.3\"");
    let factor = fields.get("factor", u32::from(default.contagion), factor)?;
    let reach = fields.get("reach", u16::from(default.reach), |field| {
        small(&field, u16::from(MAX_REACH), "a whole number from 0 to 3")
    })?;
    fields.finish()?;
    Ok(Strengths {
        contagion: u16::try_from(factor).unwrap_or(0),
        reach: u8::try_from(reach).unwrap_or(0),
        ..default
    })
}

fn regime(field: Field) -> Read<RegimeRules> {
    let mut fields = field.table()?;
    let default = RegimeRules::default();
    let threshold = |field: Field| thousandth(&field, 100_000, "a number from 0 to 100, such as \"0.5\"");
    let days = "a length of time from 1m to 366d";
    let rules = RegimeRules {
        threshold: fields.get("threshold", default.threshold, threshold)?,
        window: fields.get("window", default.window, |field| span(&field, 60, YEAR, days))?,
        baseline: fields.get("baseline", default.baseline, |field| span(&field, 60, YEAR, days))?,
    };
    fields.finish()?;
    Ok(rules)
}

fn sources(field: Field) -> Read<Vec<Source>> {
    let at = field.node.at;
    let path = field.path.clone();
    let sources = field.list(MAX_SOURCES, |field| {
        let mut fields = field.table()?;
        let name = "a name of a-z, 0-9, - and _";
        let source = Source {
            name: fields.need("name", name, |field| word(&field, MAX_SOURCE_NAME, name))?,
            agent: fields.get("agent", None, |field| did(&field).map(Some))?,
            per_hour: fields
                .get("per_hour", 60, |field| count(&field, 1, 100_000, "a whole number from 1 to 100000"))?,
        };
        fields.finish()?;
        Ok(source)
    })?;
    once(sources.iter().map(|source| source.name.as_str()), at, &path)?;
    Ok(sources)
}

fn attestation(field: Field) -> Read<AttestationRules> {
    let mut fields = field.table()?;
    let required = fields.get("required", false, |field| field.flag())?;
    let attesters = fields.get("attesters", Vec::new(), |field| {
        field.list(MAX_CLASSES, |field| match key(&field)? {
            key if key.check().is_ok() => Ok(key),
            _ => field.takes("a public key that signatures can be trusted under"),
        })
    })?;
    fields.finish()?;
    Ok(AttestationRules { required, attesters })
}

fn classes(field: Field) -> Read<Vec<ActionClass>> {
    let at = field.node.at;
    let path = field.path.clone();
    let classes = field.list(MAX_CLASSES, |field| {
        let mut fields = field.table()?;
        let expected = "a name of a-z, 0-9, - and _, other than default";
        let name = fields.need("name", expected, |field| match word(&field, 64, expected)? {
            name if name == ActionClass::DEFAULT => field.takes(expected),
            name => Ok(name),
        })?;
        let patterns = "a list of capabilities such as \"pay:*\"";
        let capabilities = fields.need("capabilities", patterns, |field| {
            field.list(MAX_CLASSES, |field| entry(&field, "a capability"))
        })?;
        let (gate, staleness) = demands(&mut fields)?;
        fields.finish()?;
        Ok(ActionClass { name, capabilities, gate, staleness })
    })?;
    once(classes.iter().map(|class| class.name.as_str()), at, &path)?;
    Ok(classes)
}

fn default_class(field: Field) -> Read<ActionClass> {
    let mut fields = field.table()?;
    let (gate, staleness) = demands(&mut fields)?;
    fields.finish()?;
    Ok(ActionClass { gate, staleness, ..ActionClass::default() })
}

/// What every class may demand.
fn demands(fields: &mut super::document::Fields) -> Read<(Option<Tier>, Span)> {
    const TIERS: [(&str, Option<Tier>); 6] = [
        ("none", None),
        ("untrusted", Some(Tier::Untrusted)),
        ("probationary", Some(Tier::Probationary)),
        ("standard", Some(Tier::Standard)),
        ("trusted", Some(Tier::Trusted)),
        ("verified_partner", Some(Tier::VerifiedPartner)),
    ];
    let tiers = "\"none\" or a tier: untrusted, probationary, standard, trusted, verified_partner";
    let gate = fields.get("gate", None, |field| field.word(&TIERS, tiers))?;
    let staleness = fields.get("staleness", ActionClass::default().staleness, |field| {
        span(&field, 1, 30 * 86_400, "a length of time from 1s to 30d")
    })?;
    Ok((gate, staleness))
}

fn lists(field: Field) -> Read<Lists> {
    let mut fields = field.table()?;
    let texts = |field: Field| set(field, |field| entry(field, "a text"));
    let lists = Lists {
        dids: fields.get("dids", BTreeSet::new(), |field| set(field, did))?,
        sponsors: fields.get("sponsors", BTreeSet::new(), texts)?,
        organizations: fields.get("organizations", BTreeSet::new(), texts)?,
        keys: fields.get("keys", HashSet::new(), |field| {
            field.list(MAX_ENTRIES, |field| key(&field)).map(HashSet::from_iter)
        })?,
    };
    fields.finish()?;
    Ok(lists)
}

fn approvals(field: Field) -> Read<Approvals> {
    let mut fields = field.table()?;
    let mut approvals = Approvals::default();
    for kind in KINDS {
        let read = |field: Field| {
            small(&field, u16::from(MOST), "a whole number from 1 to 16").map(|count| (field, count))
        };
        if let Some((field, count)) = fields.take(kind).map(read).transpose()?
            && !approvals.set(kind, u8::try_from(count).unwrap_or(0))
        {
            return field.takes("a whole number from 1 to 16");
        }
    }
    let above = |field: Field| count(&field, 0, 1_000_000, "a whole number from 0 to 1000000");
    approvals.revoke_above = fields.get("revoke_above", 25, above).map(u64::from)?;
    let wait = |field: Field| span(&field, 60, 30 * 86_400, "a length of time from 1m to 30d");
    approvals.wait = fields.get("wait", approvals.wait, wait)?;
    fields.finish()?;
    Ok(approvals)
}

fn set<T: Ord>(field: Field, read: impl Fn(&Field) -> Read<T>) -> Read<BTreeSet<T>> {
    field.list(MAX_ENTRIES, |field| read(&field)).map(BTreeSet::from_iter)
}

pub(super) fn entry(field: &Field, expected: &'static str) -> Read<String> {
    field.text(MAX_ENTRY, expected).map(str::to_owned)
}

/// A plain word, which rules and logs can hold without a mark.
fn word(field: &Field, most: usize, expected: &'static str) -> Read<String> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    let text = field.text(most, expected)?;
    if text.bytes().all(plain) { Ok(text.to_owned()) } else { field.takes(expected) }
}

pub(super) fn did(field: &Field) -> Read<Did> {
    let text = field.text(MAX_ENTRY, "a DID such as did:mesh:0123456789abcdef0123456789abcdef")?;
    Did::parse(text).or_else(|_| field.takes("a DID: did:mesh: and hex digits"))
}

pub(super) fn key(field: &Field) -> Read<KeyBytes> {
    let expected = "a public key: 32 bytes in standard base64";
    let text = field.text(64, expected)?;
    let key = KeyBytes::from_base64(text);
    key.map_or_else(|| field.takes(expected), Ok)
}

pub(super) fn count(field: &Field, least: u32, most: u32, expected: &'static str) -> Read<u32> {
    let number = field.number(i64::from(least)..=i64::from(most), expected)?;
    u32::try_from(number).or_else(|_| field.takes(expected))
}

pub(super) fn score(field: &Field) -> Read<u16> {
    small(field, 1000, "a whole number from 0 to 1000")
}

fn small(field: &Field, most: u16, expected: &'static str) -> Read<u16> {
    let number = field.number(0..=i64::from(most), expected)?;
    u16::try_from(number).or_else(|_| field.takes(expected))
}

fn thousandth(field: &Field, most: i64, expected: &'static str) -> Read<u32> {
    let number = thousandths(field, most, expected)?;
    u32::try_from(number).or_else(|_| field.takes(expected))
}

fn once<T: Hash + Eq + ToString>(names: impl Iterator<Item = T>, at: Option<usize>, path: &str) -> Read<()> {
    let mut seen = HashSet::new();
    for name in names {
        let problem = Problem::Twice(name.to_string());
        if !seen.insert(name) {
            return Err(super::document::Wrong { at, field: path.to_owned(), problem });
        }
    }
    Ok(())
}
