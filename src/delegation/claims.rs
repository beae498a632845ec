//! What a delegation token says, as JSON claims (RFC 7519, RFC 7800, RFC 8693).

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::denial::{Denial, Rule};
use crate::capability::{Held, WILDCARD, allows};
use crate::encoding::{Digest32, base64, json};
use crate::identity::{Did, MAX_SCORE};
use crate::time::Time;

/// A scope lists at most this many capabilities.
pub const MAX_SCOPE: usize = 256;

/// A `jti` has at most this many characters.
pub const MAX_ID: usize = 128;

/// What a delegation token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// `iss`: who delegates.
    pub issuer: Did,
    /// `sub`: to whom.
    pub subject: Did,
    /// `scope`: what.
    pub scope: Scope,
    /// `iat`: when it says that it was signed; proves nothing.
    pub issued: Time,
    /// `nbf`: from when it counts.
    pub not_before: Time,
    /// `exp`: from when it counts no more.
    pub expires: Time,
    /// `jti`: its name.
    pub id: String,
    /// `prf`: SHA-256 of the token before; none at the root.
    pub parent: Option<Digest32>,
    /// `depth`: of the subject, 1 in the first token.
    pub depth: u32,
    /// `max_depth`: how deep anybody below may lie, counted from the root.
    pub max_depth: u32,
    /// `cnf.jkt`: the thumbprint of the subject's key (RFC 7638, RFC 7800).
    pub key: Digest32,
    /// `trust_ceiling`: what no score below exceeds.
    pub ceiling: Option<u16>,
    /// `prev`: the `jti` that it replaces.
    pub previous: Option<String>,
}

/// Capabilities as `scope` writes them: 1 to 256, single spaces between (RFC 6749 section 3.3).
#[derive(Clone, PartialEq, Eq)]
pub struct Scope(String);

impl Scope {
    /// Joins capabilities.
    ///
    /// # Errors
    /// [`Rule::Scope`] for none, too many, or one with a character that a scope cannot hold; [`Rule::Wildcard`].
    pub fn of<'c>(capabilities: impl IntoIterator<Item = &'c str>) -> Result<Self, Denial> {
        let mut text = String::new();
        for (index, capability) in capabilities.into_iter().take(MAX_SCOPE.saturating_add(1)).enumerate() {
            if index > 0 {
                text.push(' ');
            }
            if capability.contains(' ') {
                return Err(malformed(capability));
            }
            text.push_str(capability);
        }
        Self::parse(text)
    }

    fn parse(text: String) -> Result<Self, Denial> {
        let mut count = 0usize;
        for capability in text.split(' ') {
            count = count.saturating_add(1);
            let legal = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
            if count > MAX_SCOPE || capability.is_empty() || !capability.bytes().all(legal) {
                return Err(malformed(&text));
            }
            if capability == WILDCARD {
                return Err(Rule::Wildcard.denies("capabilities listed one by one", WILDCARD));
            }
        }
        Ok(Self(text))
    }

    /// The capabilities.
    pub fn iter(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.split(' ')
    }

    /// As the claim writes them.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a capability of the scope allows `asked`.
    pub fn allows(&self, asked: &str) -> bool {
        self.iter().any(|held| allows(held, asked))
    }

    /// The first capability that `wider` does not allow.
    pub fn first_beyond<'s>(&'s self, wider: &Self) -> Option<&'s str> {
        // Short lists are compared at once; long ones must not cost their product.
        const SHORT: usize = 12;
        if wider.iter().nth(SHORT).is_none() {
            return self.iter().find(|asked| !wider.allows(asked));
        }
        let held = Held::new(wider.iter());
        self.iter().find(|asked| !held.allows(asked))
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, out)
    }
}

fn malformed(found: &str) -> Denial {
    Rule::Scope.denies("1 to 256 capabilities of printable ASCII, single spaces between", found)
}

/// The claims as JSON has them; an unknown one is refused, since it may restrict what the known ones grant.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<'w> {
    #[serde(borrow)]
    iss: Cow<'w, str>,
    #[serde(borrow)]
    sub: Cow<'w, str>,
    #[serde(borrow)]
    scope: Cow<'w, str>,
    iat: i64,
    nbf: i64,
    exp: i64,
    #[serde(borrow)]
    jti: Cow<'w, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    prf: Option<Cow<'w, str>>,
    depth: u32,
    max_depth: u32,
    #[serde(borrow, deserialize_with = "confirmation")]
    cnf: Confirmation<'w>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trust_ceiling: Option<u16>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    prev: Option<Cow<'w, str>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirmation<'w> {
    #[serde(borrow)]
    jkt: Cow<'w, str>,
}

fn confirmation<'w, D: Deserializer<'w>>(from: D) -> Result<Confirmation<'w>, D::Error> {
    let raw = <&RawValue>::deserialize(from)?;
    json::object(raw.get().as_bytes()).map_err(D::Error::custom)
}

impl Claims {
    /// Reads claims; each at most once, none unknown, times in whole seconds.
    ///
    /// # Errors
    /// [`Rule::Claims`], [`Rule::Scope`], [`Rule::Wildcard`].
    pub(super) fn from_json(bytes: &[u8]) -> Result<Self, Denial> {
        let written: Written<'_> = json::object(bytes)
            .map_err(|error| Rule::Claims.denies("the claims of a delegation, each once", error))?;
        let did = |name: &str, text: &str| {
            Did::parse(text).map_err(|_| Rule::Claims.denies(format_args!("{name}: a DID"), text))
        };
        Ok(Self {
            issuer: did("iss", &written.iss)?,
            subject: did("sub", &written.sub)?,
            scope: Scope::parse(written.scope.into_owned())?,
            issued: time("iat", written.iat)?,
            not_before: time("nbf", written.nbf)?,
            expires: time("exp", written.exp)?,
            id: id("jti", &written.jti)?,
            parent: written.prf.as_deref().map(|text| digest("prf", text)).transpose()?,
            depth: written.depth,
            max_depth: written.max_depth,
            key: digest("cnf.jkt", &written.cnf.jkt)?,
            ceiling: written.trust_ceiling.map(ceiling).transpose()?,
            previous: written.prev.as_deref().map(|text| id("prev", text)).transpose()?,
        })
    }

    /// Writes what [`Claims::from_json`] reads.
    pub(super) fn to_json(&self) -> Vec<u8> {
        let written = Written {
            iss: self.issuer.to_string().into(),
            sub: self.subject.to_string().into(),
            scope: self.scope.as_str().into(),
            iat: seconds(self.issued),
            nbf: seconds(self.not_before),
            exp: seconds(self.expires),
            jti: self.id.as_str().into(),
            prf: self.parent.map(|digest| base64::encode_url(&digest).into()),
            depth: self.depth,
            max_depth: self.max_depth,
            cnf: Confirmation { jkt: base64::encode_url(&self.key).into() },
            trust_ceiling: self.ceiling,
            prev: self.previous.as_deref().map(Cow::Borrowed),
        };
        // Strings and integers alone always serialise.
        serde_json::to_vec(&written).unwrap_or_default()
    }
}

/// Whole seconds, downwards.
pub(super) const fn seconds(time: Time) -> i64 {
    time.micros().div_euclid(1_000_000)
}

/// A NumericDate without a fraction (RFC 7519 section 2).
pub(super) fn time(name: &str, seconds: i64) -> Result<Time, Denial> {
    seconds
        .checked_mul(1_000_000)
        .and_then(Time::from_micros)
        .ok_or_else(|| Rule::Claims.denies(format_args!("{name}: a time within years 1 to 9999"), seconds))
}

pub(super) fn digest(name: &str, text: &str) -> Result<Digest32, Denial> {
    base64::decode_url_array(text)
        .ok_or_else(|| Rule::Claims.denies(format_args!("{name}: base64url of 32 bytes"), text))
}

pub(super) fn id(name: &str, text: &str) -> Result<String, Denial> {
    let legal = !text.is_empty() && text.len() <= MAX_ID && text.bytes().all(|byte| byte.is_ascii_graphic());
    if legal {
        return Ok(text.to_owned());
    }
    Err(Rule::Claims.denies(format_args!("{name}: 1 to {MAX_ID} printable ASCII characters"), text))
}

fn ceiling(score: u16) -> Result<u16, Denial> {
    if score <= MAX_SCORE {
        return Ok(score);
    }
    Err(Rule::Claims.denies(format_args!("trust_ceiling: 0 to {MAX_SCORE}"), score))
}
