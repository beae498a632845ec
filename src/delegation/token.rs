//! One delegation token: read, and signed.

use std::sync::{Arc, OnceLock};

use super::claims::{Claims, Scope, seconds};
use super::denial::{Denial, Rule};
use super::jws::{self, Jws, Signer};
use super::link::{self, Place};
use crate::encoding::{Digest32, base64, sha256};
use crate::identity::{Did, KeyBytes, PublicKey, SecretKey, Signed};
use crate::time::Time;

/// The `typ` of a delegation token.
pub const TYPE: &str = "mesh-delegation+jwt";

/// A token whose form is right; whether it was signed by whom it names is not known yet.
///
/// Cloning it shares it.
#[derive(Debug, Clone)]
pub struct Token(Arc<Parsed>);

#[derive(Debug)]
struct Parsed {
    text: String,
    signed: usize,
    signature: [u8; 64],
    digest: Digest32,
    signer: Signer,
    claims: Claims,
    /// The key under which its signature is good, once somebody found that out: so for ever.
    good: OnceLock<KeyBytes>,
}

impl AsRef<str> for Token {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

/// Who signs: an agent, with one of its keys.
#[derive(Clone, Copy)]
pub struct Issuer<'a> {
    /// The agent.
    pub did: &'a Did,
    /// Its key.
    pub key: &'a SecretKey,
}

/// What an issuer grants.
#[derive(Debug, Clone)]
pub struct Grant<'a> {
    /// The delegate.
    pub subject: Did,
    /// The delegate's key, of which it must prove possession.
    pub key: KeyBytes,
    /// What it may do.
    pub scope: &'a [&'a str],
    /// Now.
    pub issued: Time,
    /// From when it counts; parts of a second are dropped.
    pub not_before: Time,
    /// From when it counts no more; parts of a second are dropped.
    pub expires: Time,
    /// 128 random bits that become the `jti`.
    pub id: [u8; 16],
    /// How deep anybody below may lie, counted from the root.
    pub max_depth: u32,
    /// What no score below may exceed; an inherited ceiling stays when this is none or higher.
    pub ceiling: Option<u16>,
}

/// What a refreshed token says anew.
#[derive(Debug, Clone)]
pub struct Renewal<'a> {
    /// The same scope, or less of it.
    pub scope: Option<&'a [&'a str]>,
    /// The delegate's key; after a rotation another one than before.
    pub key: KeyBytes,
    /// Now, and from when it counts.
    pub issued: Time,
    /// From when it counts no more.
    pub expires: Time,
    /// 128 random bits that become the `jti`.
    pub id: [u8; 16],
}

impl Token {
    /// Reads a token's form and claims; the caller bounds `text` first.
    ///
    /// # Errors
    /// [`Denial`] under a rule of form, header or claims, or [`Rule::Signer`] when `kid` does not name `iss`.
    pub fn parse(text: &str) -> Result<Self, Denial> {
        Self::read(text, sha256(text.as_bytes()))
    }

    /// Reads a token whose digest is known.
    pub(super) fn read(text: &str, digest: Digest32) -> Result<Self, Denial> {
        let jws = Jws::parse(text, Some(TYPE))?;
        let signer = jws.signer()?.clone();
        let claims = Claims::from_json(jws.payload())?;
        if signer.did != claims.issuer {
            return Err(Rule::Signer.denies(format_args!("a key of {}", claims.issuer), signer));
        }
        Ok(Self(Arc::new(Parsed {
            signed: jws.signed_length(),
            signature: *jws.signature(),
            digest,
            text: text.to_owned(),
            signer,
            claims,
            good: OnceLock::new(),
        })))
    }

    /// Signs what `issuer` grants below `parent`; without a parent the issuer is a root.
    ///
    /// Whether the issuer may act, and holds what it grants, is the registry's to say.
    ///
    /// # Errors
    /// [`Denial`] under the same rules that a verifier asks.
    pub fn issue(issuer: Issuer<'_>, parent: Option<&Self>, grant: &Grant<'_>) -> Result<Self, Denial> {
        let above = parent.map(Self::claims);
        let inherited = above.and_then(|claims| claims.ceiling);
        let claims = Claims {
            issuer: issuer.did.clone(),
            subject: grant.subject.clone(),
            scope: Scope::of(grant.scope.iter().copied())?,
            issued: grant.issued,
            not_before: grant.not_before,
            expires: grant.expires,
            id: base64::encode_url(&grant.id),
            parent: parent.map(Self::digest),
            depth: above.map_or(0, |claims| claims.depth).saturating_add(1),
            max_depth: grant.max_depth,
            key: grant.key.thumbprint(),
            ceiling: inherited
                .map_or(grant.ceiling, |most| Some(grant.ceiling.map_or(most, |asked| asked.min(most)))),
            previous: None,
        };
        Self::sign(issuer, parent, claims)
    }

    /// Signs a successor: the same grant or less, a new `jti`, and `prev` naming this one.
    ///
    /// Whether the issuer may still act is the registry's to say.
    ///
    /// # Errors
    /// [`Rule::Refresh`] for another issuer or a wider scope, else as [`Token::issue`].
    pub fn refresh(
        &self,
        issuer: Issuer<'_>,
        parent: Option<&Self>,
        renewal: &Renewal<'_>,
    ) -> Result<Self, Denial> {
        if *issuer.did != self.0.claims.issuer {
            return Err(Rule::Refresh.denies(&self.0.claims.issuer, issuer.did));
        }
        let scope = match renewal.scope {
            None => self.0.claims.scope.clone(),
            Some(asked) => Scope::of(asked.iter().copied())?,
        };
        if let Some(beyond) = scope.first_beyond(&self.0.claims.scope) {
            return Err(Rule::Refresh.denies(self.0.claims.scope.as_str(), beyond));
        }
        let claims = Claims {
            scope,
            issued: renewal.issued,
            not_before: renewal.issued,
            expires: renewal.expires,
            id: base64::encode_url(&renewal.id),
            parent: parent.map(Self::digest),
            key: renewal.key.thumbprint(),
            previous: Some(self.0.claims.id.clone()),
            ..self.0.claims.clone()
        };
        Self::sign(issuer, parent, claims)
    }

    fn sign(issuer: Issuer<'_>, parent: Option<&Self>, claims: Claims) -> Result<Self, Denial> {
        let floor =
            |time: Time| Time::from_micros(seconds(time).saturating_mul(1_000_000)).unwrap_or(Time::MIN);
        let claims = Claims {
            issued: floor(claims.issued),
            not_before: floor(claims.not_before),
            expires: floor(claims.expires),
            ..claims
        };
        let hop = parent.map_or(0, |above| above.claims().depth);
        link::check(&Place { hop, parent, claims: &claims }).map_err(|denial| denial.at(hop))?;
        let kid = Signer { did: issuer.did.clone(), key: issuer.key.public_key().bytes().key_id() };
        let text = jws::sign(TYPE, &kid.to_string(), &claims.to_json(), issuer.key);
        Self::parse(&text)
    }

    /// The compact form, as it was signed.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// SHA-256 of the compact form: what `prf` and `ath` name.
    pub fn digest(&self) -> Digest32 {
        self.0.digest
    }

    /// Who says that it signed.
    pub fn signer(&self) -> &Signer {
        &self.0.signer
    }

    /// What it says.
    pub fn claims(&self) -> &Claims {
        &self.0.claims
    }

    /// Whether `key` signed it, strictly.
    pub fn verify(&self, key: &PublicKey) -> bool {
        self.signed_with(key).holds()
    }

    /// What `key` has to have signed.
    pub(super) fn signed_with<'s>(&'s self, key: &'s PublicKey) -> Signed<'s> {
        let Parsed { text, signed, signature, .. } = &*self.0;
        Signed { key, message: text.as_bytes().get(..*signed).unwrap_or_default(), signature }
    }

    /// Whether its signature was found good under this key before.
    pub(super) fn known_good(&self, key: &KeyBytes) -> bool {
        self.0.good.get() == Some(key)
    }

    /// Notes that its signature is good under this key.
    pub(super) fn found_good(&self, key: KeyBytes) {
        // Whoever was faster found the same, or another key that has the signature too.
        let _ = self.0.good.set(key);
    }
}
