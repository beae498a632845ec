//! What the verifier answers: allow or deny, with every check it made.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::checks::{Check, Checks};
use super::ground::Ground;
use super::request::{Basis, Request, Unreadable};
use super::trail::Trail;
use crate::delegation::Denial;
use crate::encoding::canonical::{NotCanonical, Object};
use crate::encoding::{Digest32, base64, hex, json};
use crate::identity::Did;
use crate::time::{Span, Time};

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Every check passed.
    Allow,
    /// A check failed, or could not be made.
    Deny,
}

/// The first check that failed; the code is the key of its words and advice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// The stable code.
    pub code: Cow<'static, str>,
    /// The token at fault, the root's counted as 0.
    pub hop: Option<u32>,
    /// What would have passed.
    pub expected: String,
    /// What was there; text of strangers in it is cut, and not made visible yet.
    pub found: String,
}

/// The answer to one request; the same request against the same registry, policy and time gives the same bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Yes or no.
    pub decision: Decision,
    /// When it was judged: the only time in it that was ever read from a clock.
    pub now: Time,
    /// The log index that the registry was folded to.
    pub index: u64,
    /// When the registry was last known to be up to date.
    pub as_of: Time,
    /// The digest of the policy.
    pub policy: Digest32,
    /// Who asked; none before the proof was found good.
    pub caller: Option<Did>,
    /// The digest of the last token; none without a chain.
    pub token: Option<Digest32>,
    /// What was asked for.
    pub action: String,
    /// To what.
    pub resource: String,
    /// The checks, in order; a failed one is the last.
    pub checks: Checks,
    /// Why not.
    pub failure: Option<Failure>,
}

impl Decision {
    /// As documents say it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        }
    }
}

impl Failure {
    fn write(&self, out: &mut String) -> Result<(), NotCanonical> {
        let mut object = Object::begin(out);
        object.text("code", &*self.code);
        object.text("expected", self.expected.as_str());
        object.text("found", self.found.as_str());
        object.number("hop", self.hop.map(u64::from))?;
        object.end();
        Ok(())
    }

    fn of(denial: &Denial) -> Self {
        Self {
            code: Cow::Borrowed(denial.code),
            hop: denial.hop,
            expected: denial.expected.clone(),
            found: denial.found.clone(),
        }
    }
}

impl Verdict {
    pub(super) fn of(
        request: &Request<'_>,
        basis: &Basis<'_>,
        now: Time,
        trail: Trail,
        denial: Option<&Denial>,
    ) -> Self {
        Self {
            decision: if denial.is_none() { Decision::Allow } else { Decision::Deny },
            now,
            index: basis.index,
            as_of: basis.as_of,
            policy: basis.policy_digest,
            token: trail.token,
            caller: trail.caller,
            action: cut(&request.action),
            resource: cut(&request.resource),
            checks: Checks::recall(trail.checks),
            failure: denial.map(Failure::of),
        }
    }

    /// Whether it is an allow.
    pub fn allows(&self) -> bool {
        self.decision == Decision::Allow
    }

    /// The verdict as a denial: an allow that the decision log does not keep is not given.
    #[must_use]
    pub fn unkept(mut self, why: impl fmt::Display) -> Self {
        let denial = Ground::Unkept.denies("a decision log that keeps the answer", why);
        self.decision = Decision::Deny;
        self.checks = self.checks.and(Check { name: Cow::Borrowed("kept"), hop: None, passed: false });
        self.failure = Some(Failure::of(&denial));
        self
    }

    /// How old the registry was.
    pub const fn age(&self) -> Span {
        self.now.since(self.as_of)
    }

    /// The verdict as canonical JSON (RFC 8785).
    ///
    /// # Errors
    /// [`NotCanonical`] for a log index above 2^53 - 1.
    pub fn to_json(&self) -> Result<String, NotCanonical> {
        let checks = self.checks.listed().as_str();
        // All that stands around them has less than 1000 bytes, most times.
        let mut text = String::with_capacity(checks.len().saturating_add(1024));
        self.write(&mut text, checks)?;
        Ok(text)
    }

    /// Appends [`Verdict::to_json`], with something else in the place of the checks.
    ///
    /// # Errors
    /// As there.
    pub fn write(&self, out: &mut String, checks: &str) -> Result<(), NotCanonical> {
        let mut object = Object::begin(out);
        object.text("action", self.action.as_str());
        object.text("as_of", self.as_of.to_string().as_str());
        object.text("caller", self.caller.as_ref().map(Did::to_string).as_deref());
        object.member("checks").push_str(checks);
        object.text("decision", self.decision.as_str());
        match &self.failure {
            None => object.text("failure", None),
            Some(failure) => failure.write(object.member("failure"))?,
        }
        object.number("index", self.index)?;
        object.text("now", self.now.to_string().as_str());
        object.text("policy", hex::encode(&self.policy).as_str());
        object.text("resource", self.resource.as_str());
        object.text("token", self.token.map(|digest| base64::encode_url(&digest)).as_deref());
        object.text("verdict", VERSION);
        object.end();
        Ok(())
    }

    /// Reads what [`Verdict::to_json`] writes.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, Unreadable> {
        let written: Written = json::object(bytes).map_err(|_| Unreadable)?;
        let time = |text: &str| Time::parse(text).map_err(|_| Unreadable);
        let did = |text: &String| Did::parse(text).map_err(|_| Unreadable);
        let digest = |text: &String| base64::decode_url_array(text).ok_or(Unreadable);
        if written.verdict != VERSION {
            return Err(Unreadable);
        }
        Ok(Self {
            decision: written.decision,
            now: time(&written.now)?,
            index: written.index,
            as_of: time(&written.as_of)?,
            policy: hex::decode_digest(&written.policy).ok_or(Unreadable)?,
            caller: written.caller.as_ref().map(did).transpose()?,
            token: written.token.as_ref().map(digest).transpose()?,
            action: written.action,
            resource: written.resource,
            checks: written.checks.into(),
            failure: written.failure,
        })
    }
}

const VERSION: &str = "meshwarden.verdict.v1";

/// Names of strangers are kept as far as anybody reads them.
fn cut(text: &str) -> String {
    const MOST: usize = 1024;
    text.chars().take(MOST).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    verdict: String,
    decision: Decision,
    now: String,
    index: u64,
    as_of: String,
    policy: String,
    caller: Option<String>,
    token: Option<String>,
    action: String,
    resource: String,
    checks: Vec<Check>,
    failure: Option<Failure>,
}
