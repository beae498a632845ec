//! A ruling as the log will have it, but for its place and its time: written by whoever judged, numbered by whoever keeps.

use std::borrow::Cow;
use std::iter;
use std::sync::Arc;

use super::ruling::{Asked, MAX_CALL_NAME, MAX_KEPT_REQUEST, Ruling, did_in};
use super::{DecisionError, MAX_DECISION_BYTES};
use crate::audit::LogName;
use crate::audit::merkle::leaf_hash_of;
use crate::delegation::{Chain, Names, ProofRule, TokenName};
use crate::encoding::canonical::{MAX_SAFE_INTEGER, NotCanonical, Object};
use crate::encoding::listed::Listed;
use crate::encoding::{Digest32, base64, sha256_of};
use crate::identity::Did;
use crate::text::within;
use crate::time::Time;
use crate::verify::{Request, Verdict};

/// Where something else will stand; canonical JSON has no such byte.
pub(super) const HOLE: &str = "\0";

/// The type of an entry that is hashed as it is.
pub(super) const WHOLE: &str = "meshwarden.decision.v1";
/// The type of an entry that is hashed with the SHA-256 of its lists in their place.
pub(super) const SHORT: &str = "meshwarden.decision.v2";

/// An entry that lacks its place and its time, and in which its lists have not been put.
#[derive(Debug, Clone)]
pub struct Draft {
    /// With holes, in the order of canonical JSON: the place, the tokens if the request is kept, the time, the names of the
    /// tokens if it is not, the checks.
    template: String,
    /// Whether the request is kept.
    kept: bool,
    /// The tokens or their names, and the checks.
    lists: [Arc<Listed>; 2],
    /// What the entry is found by.
    pub found: Found,
}

/// What an entry is found by, without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Whether it is an allow.
    pub allows: bool,
    /// Who asked.
    pub caller: Option<Did>,
    /// Whom the caller wanted to reach.
    pub callee: Option<Did>,
    /// The name that the verifier was asked under.
    pub audience: String,
    /// What was asked for.
    pub action: String,
    /// To what.
    pub resource: String,
    /// The code of the first check that failed; none for an allow.
    pub code: Option<Cow<'static, str>>,
    /// The name under which the gateway logs the request.
    pub id: Option<String>,
    /// The tokens of the chain, root first.
    pub tokens: Arc<[TokenName]>,
}

/// What stands in an entry beside its lists, borrowed from whoever has it.
pub(super) struct Said<'s> {
    pub audience: &'s str,
    pub digest: &'s Digest32,
    pub id: Option<&'s str>,
    pub log: LogName,
    pub peer: Option<&'s str>,
    pub proof: &'s Digest32,
    pub verdict: &'s Verdict,
}

/// What is put where an entry may have something else.
#[derive(Clone, Copy)]
pub(super) struct Parts<'p> {
    pub index: &'p str,
    pub request: &'p str,
    pub time: &'p str,
    pub tokens: &'p str,
    pub checks: &'p str,
}

impl Said<'_> {
    /// The entry of a request that has a hole, if it is kept, with holes for all that is not here.
    fn template(&self, request: Option<&str>) -> Result<String, NotCanonical> {
        let tokens = if request.is_some() { "null" } else { HOLE };
        let request = request.unwrap_or("null");
        self.write(SHORT, Parts { index: HOLE, request, time: HOLE, tokens, checks: HOLE })
    }

    /// The entry, as RFC 8785 writes it; what is put into it is in that form already.
    pub(super) fn write(&self, kind: &str, parts: Parts<'_>) -> Result<String, NotCanonical> {
        let long = [parts.request, parts.tokens, parts.checks].map(str::len);
        let mut text =
            String::with_capacity(long.iter().fold(1536, |sum, length| sum.saturating_add(*length)));
        let mut object = Object::begin(&mut text);
        object.text("audience", self.audience);
        object.text("digest", base64::encode_url(self.digest).as_str());
        object.text("id", self.id);
        object.member("index").push_str(parts.index);
        object.text("log", self.log.to_string().as_str());
        object.text("peer", self.peer);
        object.text("proof", base64::encode_url(self.proof).as_str());
        object.member("request").push_str(parts.request);
        object.member("time").push_str(parts.time);
        object.member("tokens").push_str(parts.tokens);
        object.text("type", kind);
        self.verdict.write(object.member("verdict"), parts.checks)?;
        object.end();
        Ok(text)
    }
}

impl Draft {
    /// The entry about the verdict on `asked`, whose chain is `chain`; none when nobody proved who they are, or a part has
    /// no canonical form.
    ///
    /// A proof that was used before proves nothing: whoever overheard a request can send it again. `proof` is the
    /// [`proof_name`](super::proof_name) of the request.
    pub fn of(
        asked: &Asked<'_>,
        verdict: &Verdict,
        proof: Digest32,
        chain: Option<&Chain>,
        log: LogName,
    ) -> Option<Self> {
        verdict.caller.as_ref()?;
        if verdict.failure.as_ref().is_some_and(|failure| failure.code == ProofRule::Spent.code()) {
            return None;
        }
        let Names { tokens, texts } = match chain {
            Some(chain) => chain.names().clone(),
            None => Names { texts: Arc::new(asked.request.chain_listed()), ..Names::of(&[]) },
        };
        let mut request = String::with_capacity(1536);
        asked.request.write(&mut request, HOLE);
        let digest = short_digest(&request, &texts);
        let kept = request.len().saturating_add(texts.as_str().len()) <= MAX_KEPT_REQUEST;
        let name = |name: &String| within(name, MAX_CALL_NAME);
        let found = Found {
            allows: verdict.allows(),
            caller: verdict.caller.clone(),
            callee: did_in(&verdict.resource).or_else(|| did_in(&asked.request.audience)),
            audience: within(&asked.request.audience, MAX_CALL_NAME),
            action: verdict.action.clone(),
            resource: verdict.resource.clone(),
            code: verdict.failure.as_ref().map(|failure| failure.code.clone()),
            id: asked.id.as_ref().map(name),
            tokens: Arc::clone(&tokens),
        };
        let peer = asked.peer.as_ref().map(name);
        let said = Said {
            audience: &found.audience,
            digest: &digest,
            id: found.id.as_deref(),
            log,
            peer: peer.as_deref(),
            proof: &proof,
            verdict,
        };
        let chain = if kept { texts } else { Arc::new(TokenName::listed(&tokens)) };
        let request = kept.then_some(request.as_str());
        let template = said.template(request).ok()?;
        Some(Self { template, kept, lists: [chain, Arc::clone(verdict.checks.listed())], found })
    }

    /// The entry that a ruling of the second version is.
    pub(super) fn of_ruling(ruling: &Ruling, log: LogName) -> Result<Self, NotCanonical> {
        let request = ruling.request.as_deref().map(Request::from_json).transpose();
        let request = request.map_err(|_| NotCanonical)?;
        let holed = request.as_ref().map(|request| {
            let mut holed = String::new();
            request.write(&mut holed, HOLE);
            holed
        });
        let chain =
            request.map_or_else(|| TokenName::listed(&ruling.tokens), |request| request.chain_listed());
        Ok(Self {
            template: ruling.said(log).template(holed.as_deref())?,
            kept: holed.is_some(),
            lists: [Arc::new(chain), Arc::clone(ruling.verdict.checks.listed())],
            found: ruling.found(),
        })
    }

    /// What is told, with its lists.
    #[cfg(test)]
    pub(crate) fn told(&self) -> super::Told {
        let time = format!("\"{}\"", Time::MIN);
        let whole: String = self.pieces("0", &time, self.lists().map(Listed::as_str)).collect();
        super::Decision::from_bytes(whole.as_bytes()).unwrap().told
    }

    /// The lists that were left out, in the order of their holes: the tokens, or their names if the request is not kept, and
    /// the checks.
    pub fn lists(&self) -> impl DoubleEndedIterator<Item = &Listed> {
        self.lists.iter().map(AsRef::as_ref)
    }

    /// The entry at its place, with a hole for each list, and the hash of its leaf.
    ///
    /// # Errors
    /// [`DecisionError::TooLarge`] for what would be with its lists, [`DecisionError::Unreadable`] for a place above 2^53 - 1.
    pub fn entry(&self, index: u64, time: Time) -> Result<(Vec<u8>, Digest32), DecisionError> {
        if index > MAX_SAFE_INTEGER {
            return Err(DecisionError::Unreadable { member: "index" });
        }
        let (index, time) = (index.to_string(), format!("\"{time}\""));
        let mut holed = Vec::with_capacity(self.template.len().saturating_add(64));
        let holes = iter::repeat_n(HOLE, self.lists.len());
        self.pieces(&index, &time, holes).for_each(|piece| holed.extend_from_slice(piece.as_bytes()));
        let left = |sum: usize, list: &Listed| sum.saturating_add(list.as_str().len());
        if self.lists().fold(holed.len(), left) > MAX_DECISION_BYTES {
            return Err(DecisionError::TooLarge);
        }
        let digests: Vec<String> = self.lists().map(quoted).collect();
        let short = self.pieces(&index, &time, digests.iter().map(String::as_str));
        Ok((holed, leaf_hash_of(short.map(str::as_bytes))))
    }

    /// The text with something in each hole.
    fn pieces<'d>(
        &'d self,
        index: &'d str,
        time: &'d str,
        mut lists: impl Iterator<Item = &'d str>,
    ) -> impl Iterator<Item = &'d str> {
        // The tokens stand before the time, and their names behind it.
        let tokens = if self.kept { lists.next() } else { None };
        filled(&self.template, iter::once(index).chain(tokens).chain(iter::once(time)).chain(lists))
    }
}

/// The SHA-256 of a request, in which that of its list of tokens stands in the place of the list.
pub(super) fn short_digest(holed: &str, tokens: &Listed) -> Digest32 {
    sha256_of(filled(holed, iter::once(quoted(tokens).as_str())).map(str::as_bytes))
}

fn quoted(list: &Listed) -> String {
    format!("\"{}\"", base64::encode_url(list.digest()))
}

/// The pieces of a text with values between them.
fn filled<'p>(holed: &'p str, values: impl Iterator<Item = &'p str>) -> impl Iterator<Item = &'p str> {
    let values = values.map(Some).chain(iter::repeat(None));
    // By a character, which is looked for many bytes at a time.
    holed.split('\0').zip(values).flat_map(|(piece, value)| iter::once(piece).chain(value))
}
