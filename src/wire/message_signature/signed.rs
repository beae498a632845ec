//! A request with a signature whose form is right; nothing has been computed on a curve.

use super::component::{Component, Derived};
use super::content_digest::ContentDigest;
use super::dictionary::{self, Dictionary, Member, Value};
use super::parameters::Parameters;
use super::{
    Head, MAX_AHEAD, MAX_BASE_BYTES, MAX_COMPONENTS, MAX_MEMBERS, SignatureError, TAG, VerifiedHead,
};
use crate::identity::PublicKey;
use crate::time::Time;

/// What a verifier asks of a signature, beside what it always asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand<'d> {
    /// The `tag`; signatures with another one are for somebody else, and are not looked at.
    pub tag: &'d str,
    /// Fields, in lower case, that must be covered where they are there, since somebody acts on them.
    pub fields: &'d [&'d str],
}

/// What every signature covers: on another method, host, path or query it counts for nothing.
pub(super) const ALWAYS: [Derived; 4] = [Derived::Method, Derived::Authority, Derived::Path, Derived::Query];

/// A request whose signature is read and covers what it must; whether it holds is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedRequest {
    pub(super) parameters: Parameters,
    pub(super) covered: Vec<Component>,
    /// What is signed.
    pub(super) base: String,
    pub(super) signature: [u8; 64],
    pub(super) digest: Option<ContentDigest>,
}

impl Default for Demand<'_> {
    fn default() -> Self {
        Self { tag: TAG, fields: &["content-digest", "if-match", "mesh-chain", "mesh-proof"] }
    }
}

impl SignedRequest {
    /// Reads the one signature that has the demanded tag, and what of the request it covers.
    ///
    /// # Errors
    /// [`SignatureError`], up to and including [`SignatureError::Window`].
    pub fn read(head: &Head<'_>, demand: &Demand<'_>) -> Result<Self, SignatureError> {
        let unsigned = || SignatureError::Unsigned { tag: demand.tag.to_owned() };
        let inputs = dictionary::text(head, "signature-input")?.ok_or_else(unsigned)?;
        let signatures = dictionary::text(head, "signature")?.ok_or_else(unsigned)?;
        let inputs = members("signature-input", &inputs)?;
        let signatures = members("signature", &signatures)?;
        let input = tagged(&inputs, demand.tag)?.ok_or_else(unsigned)?;
        let signature = signature(&signatures, input.name)?;
        let covered = covered(input)?;
        let parameters = Parameters::read(&input.parameters)?;
        let base = base(head, &covered, &parameters)?;
        let covers = |name: &str| covered.iter().any(|component| component.name() == name);
        let always: [&str; 4] = ALWAYS.map(Derived::name);
        let there = demand.fields.iter().filter(|name| head.lines(name).next().is_some());
        if let Some(name) = always.iter().chain(there).find(|name| !covers(name)) {
            return Err(SignatureError::NotCovered { name: (*name).to_owned() });
        }
        let digest = if covers(super::content_digest::FIELD) { ContentDigest::read(head)? } else { None };
        Ok(Self { parameters, covered, base, signature, digest })
    }

    /// The `keyid`: whose key is to be looked up.
    pub fn keyid(&self) -> &str {
        &self.parameters.keyid
    }

    /// The nonce; nobody has verified it.
    pub fn nonce(&self) -> &str {
        &self.parameters.nonce
    }

    /// Verifies it at `now` under the key that `keyid` names.
    ///
    /// # Errors
    /// [`SignatureError::Early`], [`SignatureError::Expired`], [`SignatureError::Invalid`].
    pub fn verify(self, key: &PublicKey, now: Time) -> Result<VerifiedHead, SignatureError> {
        // First: whoever cannot sign is told nothing about time, which costs a signature.
        if !key.verify(self.base.as_bytes(), &self.signature) {
            return Err(SignatureError::Invalid { keyid: self.parameters.keyid });
        }
        let Parameters { created, expires, .. } = self.parameters;
        if created > now.plus(MAX_AHEAD) {
            return Err(SignatureError::Early { created, now });
        }
        if now >= expires {
            return Err(SignatureError::Expired { expires, now });
        }
        Ok(VerifiedHead::of(self))
    }
}

/// Reads one of the two fields; each label stands once in it (RFC 9421 sections 4.1 and 4.2).
fn members<'t>(field: &'static str, text: &'t str) -> Result<Dictionary<'t>, SignatureError> {
    let members = dictionary::read(field, text)?;
    if members.len() > MAX_MEMBERS {
        return Err(SignatureError::TooLarge { what: field });
    }
    for (at, member) in members.iter().enumerate() {
        if members.iter().take(at).any(|other| other.name == member.name) {
            return Err(SignatureError::Ambiguous { name: member.name.to_owned() });
        }
    }
    Ok(members)
}

/// The one signature with the tag. Others are somebody else's and not judged, whatever they say.
fn tagged<'m, 't>(inputs: &'m Dictionary<'t>, tag: &str) -> Result<Option<&'m Member<'t>>, SignatureError> {
    let has = |member: &Member<'_>| {
        let mut tags = member.parameters.iter().filter(|(name, _)| *name == "tag");
        tags.any(|(_, value)| value.as_string().is_some_and(|value| value.as_str() == tag))
    };
    let mut found = inputs.iter().filter(|member| has(member));
    let first = found.next();
    if found.next().is_some() {
        return Err(SignatureError::Ambiguous { name: tag.to_owned() });
    }
    Ok(first)
}

/// The 64 bytes under the label.
fn signature(signatures: &Dictionary<'_>, label: &str) -> Result<[u8; 64], SignatureError> {
    let malformed =
        |problem: &str| SignatureError::Malformed { field: "signature", problem: problem.to_owned() };
    let member = signatures.iter().find(|member| member.name == label);
    match member.map(|member| &member.value) {
        Some(Value::Item(item)) => {
            let bytes = item.as_byte_sequence().and_then(|bytes| <[u8; 64]>::try_from(bytes).ok());
            bytes.ok_or_else(|| malformed("not a byte sequence of 64 bytes"))
        }
        Some(Value::List(_)) => Err(malformed("a list")),
        None => Err(malformed("nothing under the label of Signature-Input")),
    }
}

/// The covered components; each once (RFC 9421 section 2.5).
fn covered(input: &Member<'_>) -> Result<Vec<Component>, SignatureError> {
    let Value::List(listed) = &input.value else {
        return Err(SignatureError::Malformed { field: "signature-input", problem: "no list".to_owned() });
    };
    if listed.len() > MAX_COMPONENTS {
        return Err(SignatureError::TooLarge { what: "the list of components" });
    }
    let covered = listed.iter().map(Component::read).collect::<Result<Vec<_>, _>>()?;
    for (at, component) in covered.iter().enumerate() {
        if covered.iter().take(at).any(|other| other == component) {
            let name = component.name().to_owned();
            return Err(SignatureError::Component { name, problem: "it is covered twice" });
        }
    }
    Ok(covered)
}

/// The list of components with the parameters, as `Signature-Input` says it and the last line of the base too.
pub(super) fn input(covered: &[Component], parameters: &Parameters) -> String {
    let mut text = String::with_capacity(512);
    for component in covered {
        text.extend([if text.is_empty() { "(\"" } else { " \"" }, component.name(), "\""]);
    }
    text.extend([if text.is_empty() { "()" } else { ")" }, &parameters.written]);
    text
}

/// The signature base (RFC 9421 section 2.5).
pub(super) fn base(
    head: &Head<'_>,
    covered: &[Component],
    parameters: &Parameters,
) -> Result<String, SignatureError> {
    let mut base = String::with_capacity(1024);
    for component in covered {
        let value = component.value(head)?;
        if base.len().saturating_add(value.len()) > MAX_BASE_BYTES {
            return Err(SignatureError::TooLarge { what: "the covered part" });
        }
        base.extend(["\"", component.name(), "\": ", &value, "\n"]);
    }
    base.extend(["\"@signature-params\": ", &input(covered, parameters)]);
    Ok(base)
}
