//! Who is meant by what somebody holds: a token, a key id, a fingerprint, a DID, an address, a whole line of a log.

use super::{Needle, Registry, Row};
use crate::delegation::Token;
use crate::identity::{Did, KeyId, PREFIX};
use crate::time::Time;

/// Of a text no more than this is looked at.
pub const MAX_TEXT: usize = 256 * 1024;
/// At most so many agents are named.
pub const MAX_SIGHTINGS: usize = 100;
/// So many digits make a part of a DID.
const FEWEST_DIGITS: usize = 4;

/// By what an agent was recognized.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// Its whole DID.
    Did,
    /// The beginning of its DID.
    PartOfDid,
    /// It is the subject of this token.
    TokenSubject,
    /// It issued this token.
    TokenIssuer,
    /// It is the subject of the logged token with this `jti`.
    TokenId,
    /// It has, or had, the key with this id.
    KeyId,
    /// It has the key with this fingerprint.
    Fingerprint,
    /// It asked for what a gateway logged under this name.
    RequestId,
    /// It has this sponsor.
    Sponsor,
    /// Its name, its sponsor or its organization has this in it.
    Text,
}

impl By {
    /// The words for people and JSON.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Did => "did",
            Self::PartOfDid => "part_of_did",
            Self::TokenSubject => "token_subject",
            Self::TokenIssuer => "token_issuer",
            Self::TokenId => "jti",
            Self::KeyId => "key_id",
            Self::Fingerprint => "fingerprint",
            Self::RequestId => "request_id",
            Self::Sponsor => "sponsor",
            Self::Text => "text",
        }
    }
}

/// An agent that a text speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// The agent.
    pub row: Row,
    /// By what it was recognized.
    pub by: By,
    /// The part of the text.
    pub text: String,
}

/// The agents that `text` speaks of, in its order, each once; nothing that is not signed is believed, only looked up.
pub fn who(registry: &Registry, text: &str, now: Time) -> Vec<Sighting> {
    let mut found = Found { registry, now, sightings: Vec::new(), keys: 0 };
    for word in words(text) {
        found.word(word);
    }
    if found.sightings.is_empty() {
        found.fragment(bounded(text));
    }
    found.sightings
}

/// The words of a text that may be names, in its order: of JSON, of a log line, of a header.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = bounded(text).split(|c: char| !(c.is_ascii_alphanumeric() || ":._~+/@#-".contains(c)));
    words.map(|word| word.trim_end_matches(['.', ':'])).filter(|word| !word.is_empty())
}

/// The first moment that a text speaks of: a time with a zone, or seconds or milliseconds since 1970.
pub fn moment(text: &str) -> Option<Time> {
    words(text).map(|word| word.trim_start_matches(':')).find_map(|word| {
        let whole = word.split('.').next().unwrap_or(word);
        let counted = whole.starts_with('1') && word.bytes().all(|c| c.is_ascii_digit() || c == b'.');
        let micros = match whole.len() {
            10 if counted => 1_000_000,
            13 if counted => 1000,
            _ => return Time::parse(word).ok(),
        };
        Time::from_micros(whole.parse::<i64>().ok()?.checked_mul(micros)?)
    })
}

fn bounded(text: &str) -> &str {
    let mut end = text.len().min(MAX_TEXT);
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    text.get(..end).unwrap_or_default().trim()
}

/// Keys are looked for agent by agent, so only so many of them.
const MOST_KEYS: usize = 4;

struct Found<'r> {
    registry: &'r Registry,
    now: Time,
    sightings: Vec<Sighting>,
    keys: usize,
}

impl Found<'_> {
    fn add(&mut self, row: Option<Row>, by: By, text: &str) {
        let Some(row) = row else { return };
        let known = self.sightings.iter().any(|sighting| sighting.row == row);
        if !known && self.sightings.len() < MAX_SIGHTINGS {
            self.sightings.push(Sighting { row, by, text: text.chars().take(80).collect() });
        }
    }

    fn word(&mut self, word: &str) {
        if word.len() < FEWEST_DIGITS || self.sightings.len() >= MAX_SIGHTINGS {
            return;
        }
        for token in word.split('~').filter(|part| part.starts_with("eyJ")) {
            self.token(token);
        }
        for (at, _) in word.match_indices(PREFIX) {
            let rest = word.get(at + PREFIX.len()..).unwrap_or_default();
            let digits = rest.split(|c: char| !c.is_ascii_hexdigit()).next().unwrap_or_default();
            let did = Did::from_unique_id(digits).ok();
            self.add(did.and_then(|did| self.registry.find(&did)), By::Did, digits);
        }
        if let Some(id) = word.find("key-").and_then(|at| KeyId::parse(word.get(at..at + 20)?))
            && self.may_look_for_a_key()
        {
            self.key(&id);
        }
        if word.starts_with("SHA256:") && self.may_look_for_a_key() {
            let has = |row: &Row| self.registry.agent(*row).public_key().fingerprint() == word;
            self.add(self.registry.rows().find(has), By::Fingerprint, word);
        }
        if word.contains('@') {
            for row in self.registry.of_sponsor(word).take(MAX_SIGHTINGS).collect::<Vec<_>>() {
                self.add(Some(row), By::Sponsor, word);
            }
        }
        let logged = self.registry.facts().tokens.find(word);
        let subject = logged.and_then(|logged| self.registry.find(&logged.subject));
        self.add(subject, By::TokenId, word);
    }

    const fn may_look_for_a_key(&mut self) -> bool {
        self.keys += 1;
        self.keys <= MOST_KEYS
    }

    fn token(&mut self, text: &str) {
        let Ok(token) = Token::parse(text) else { return };
        let claims = token.claims();
        self.add(self.registry.find(&claims.subject), By::TokenSubject, &claims.id);
        self.add(self.registry.find(&claims.issuer), By::TokenIssuer, &claims.id);
    }

    fn key(&mut self, id: &KeyId) {
        let has = |row: &Row| self.registry.key(*row, id, self.now).is_some();
        for row in self.registry.rows().filter(has).take(MAX_SIGHTINGS).collect::<Vec<_>>() {
            self.add(Some(row), By::KeyId, &id.to_string());
        }
    }

    /// A text that is nothing whole: the digits of a DID, or a part of a name.
    fn fragment(&mut self, text: &str) {
        let digits = text.strip_prefix(PREFIX).unwrap_or(text);
        if digits.len() >= FEWEST_DIGITS && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            let begins = |row: &Row| self.registry.agent(*row).did().unique_id().starts_with(digits);
            for row in self.registry.rows().filter(begins).take(MAX_SIGHTINGS).collect::<Vec<_>>() {
                self.add(Some(row), By::PartOfDid, digits);
            }
        }
        if self.sightings.is_empty() && !text.is_empty() {
            for row in Needle::new(self.registry, text).matches().into_iter().take(MAX_SIGHTINGS) {
                self.add(Some(row), By::Text, text);
            }
        }
    }
}
