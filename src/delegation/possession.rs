//! Proof of possession: the leaf's agent signs the one request that it makes, and no other.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::claims;
use super::denial::Denial;
use super::jws::{self, Jws, Signer};
use super::token::Issuer;
use crate::encoding::{Digest32, base64, json, sha256};
use crate::identity::PublicKey;
use crate::time::{Span, Time};

/// The `typ` of a proof.
pub const TYPE: &str = "mesh-proof+jwt";

/// A proof has at most this many bytes.
pub const MAX_BYTES: usize = 8 << 10;

/// A proof counts for at most this long.
pub const MAX_LIFE: Span = Span::seconds(60);

/// A signer's clock may be ahead by this much.
pub const SKEW: Span = Span::seconds(5);

/// The request that a proof is made for; every member is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act<'a> {
    /// `aud`: the verifier, by the name it goes by.
    pub audience: &'a str,
    /// `htm`: the method.
    pub method: &'a str,
    /// `htu`: the whole URI, query included, byte for byte.
    pub uri: &'a str,
    /// `ath`: the digest of the leaf token; none for a root that acts by itself.
    pub leaf: Option<Digest32>,
}

/// The body of a request, as far as the verifier has seen it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// SHA-256 of its bytes; of no bytes when there is none.
    Digest(Digest32),
    /// The verifier sees headers only; whoever sees the body compares it with the proof's `bd`.
    Unseen,
}

/// A proof whose form is right; its signature has not been looked at.
#[derive(Debug, Clone)]
pub struct Proof {
    text: String,
    signer: Signer,
    claims: Claims,
}

#[derive(Debug, Clone)]
struct Claims {
    audience: String,
    method: String,
    uri: String,
    leaf: Option<Digest32>,
    body: Digest32,
    issued: Time,
    expires: Time,
    id: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<'w> {
    #[serde(borrow)]
    aud: Cow<'w, str>,
    #[serde(borrow)]
    htm: Cow<'w, str>,
    #[serde(borrow)]
    htu: Cow<'w, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    ath: Option<Cow<'w, str>>,
    #[serde(borrow)]
    bd: Cow<'w, str>,
    iat: i64,
    exp: i64,
    #[serde(borrow)]
    jti: Cow<'w, str>,
}

/// The rules of a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofRule {
    /// A proof has at most 8 KiB.
    TooLarge,
    /// The claims are exactly those of the format, each once.
    Claims,
    /// It names this verifier.
    Audience,
    /// It names this method.
    Method,
    /// It names this URI.
    Uri,
    /// It names this chain.
    Chain,
    /// It names this body.
    Body,
    /// It was made before now, and for at most 60 s.
    Window,
    /// It has not ended.
    Expired,
    /// The key that the leaf token names signed it.
    Key,
    /// The signature is that key's, strictly.
    Signature,
    /// It is used once.
    Spent,
    /// The proofs that still count are all remembered.
    NoRoom,
}

impl ProofRule {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "proof_too_large",
            Self::Claims => "proof_claims_malformed",
            Self::Audience => "proof_other_audience",
            Self::Method => "proof_other_method",
            Self::Uri => "proof_other_uri",
            Self::Chain => "proof_other_chain",
            Self::Body => "proof_other_body",
            Self::Window => "proof_window",
            Self::Expired => "proof_expired",
            Self::Key => "proof_other_key",
            Self::Signature => "proof_signature_invalid",
            Self::Spent => "proof_spent",
            Self::NoRoom => "proof_no_room",
        }
    }

    /// A denial under this rule.
    pub fn denies(self, expected: impl std::fmt::Display, found: impl std::fmt::Display) -> Denial {
        Denial::new(self.code(), expected, found)
    }
}

impl Proof {
    /// Signs a proof for one request, from `issued` for `life`; `id` is 128 random bits.
    ///
    /// # Errors
    /// [`ProofRule::Window`] for a life above 60 s, [`ProofRule::TooLarge`].
    pub fn make(
        act: &Act<'_>,
        body: Digest32,
        signer: Issuer<'_>,
        issued: Time,
        life: Span,
        id: [u8; 16],
    ) -> Result<Self, Denial> {
        let written = Written {
            aud: act.audience.into(),
            htm: act.method.into(),
            htu: act.uri.into(),
            ath: act.leaf.map(|digest| base64::encode_url(&digest).into()),
            bd: base64::encode_url(&body).into(),
            iat: claims::seconds(issued),
            exp: claims::seconds(issued.plus(life)),
            jti: base64::encode_url(&id).into(),
        };
        // Strings and integers alone always serialise.
        let payload = serde_json::to_vec(&written).unwrap_or_default();
        let kid = Signer { did: signer.did.clone(), key: signer.key.public_key().bytes().key_id() };
        Self::parse(&jws::sign(TYPE, &kid.to_string(), &payload, signer.key))
    }

    /// Reads a proof's form and claims; the size is bounded before anything is decoded.
    ///
    /// # Errors
    /// [`ProofRule::TooLarge`], a rule of form, [`ProofRule::Claims`], [`ProofRule::Window`].
    pub fn parse(text: &str) -> Result<Self, Denial> {
        if text.len() > MAX_BYTES {
            return Err(ProofRule::TooLarge.denies(format_args!("at most {MAX_BYTES} bytes"), text.len()));
        }
        let jws = Jws::parse(text, Some(TYPE))?;
        let signer = jws.signer()?.clone();
        let claims =
            read(jws.payload()).map_err(|denial| Denial { code: ProofRule::Claims.code(), ..denial })?;
        let life = claims.expires.since(claims.issued);
        if life <= Span::seconds(0) || life > MAX_LIFE {
            let found = format_args!("{} s", life.as_seconds());
            return Err(ProofRule::Window.denies("exp 1 to 60 s after iat", found));
        }
        Ok(Self { text: text.to_owned(), signer, claims })
    }

    /// Checks that the proof is for this request, whose body is `body`, at `now`.
    ///
    /// # Errors
    /// [`ProofRule::Audience`], `Method`, `Uri`, `Chain`, `Body`, `Window`, `Expired`, in this order.
    pub fn covers(&self, act: &Act<'_>, body: Body, now: Time) -> Result<(), Denial> {
        let Claims { audience, method, uri, leaf, body: signed_body, issued, expires, .. } = &self.claims;
        let same = |rule: ProofRule, expected: &str, found: &str| {
            if expected == found { Ok(()) } else { Err(rule.denies(expected, found)) }
        };
        same(ProofRule::Audience, act.audience, audience)?;
        same(ProofRule::Method, act.method, method)?;
        same(ProofRule::Uri, act.uri, uri)?;
        if act.leaf != *leaf {
            let name = |digest: &Option<Digest32>| {
                digest.map_or("no ath".to_owned(), |digest| base64::encode_url(&digest))
            };
            return Err(ProofRule::Chain.denies(name(&act.leaf), name(leaf)));
        }
        if let Body::Digest(seen) = body
            && seen != *signed_body
        {
            return Err(ProofRule::Body.denies(base64::encode_url(&seen), base64::encode_url(signed_body)));
        }
        if *issued > now.plus(SKEW) {
            return Err(ProofRule::Window.denies(format_args!("iat at or before {now}"), issued));
        }
        if now >= *expires {
            return Err(ProofRule::Expired.denies(format_args!("now before exp {expires}"), now));
        }
        Ok(())
    }

    /// Who says that it signed.
    pub const fn signer(&self) -> &Signer {
        &self.signer
    }

    /// SHA-256 of the body that the proof was made for.
    pub const fn body(&self) -> Digest32 {
        self.claims.body
    }

    /// When it counts no more.
    pub const fn expires(&self) -> Time {
        self.claims.expires
    }

    /// What a proof is remembered by: the digest of its signer and its `jti`.
    pub fn name(&self) -> Digest32 {
        sha256(format!("{}\n{}", self.signer, self.claims.id).as_bytes())
    }

    /// The compact form, as it was signed.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Checks that `key` signed it, strictly.
    ///
    /// # Errors
    /// [`ProofRule::Signature`].
    pub fn signed_by(&self, key: &PublicKey) -> Result<(), Denial> {
        let signed = self.text.rsplit_once('.').and_then(|(signed, signature)| {
            base64::decode_url_array(signature).map(|signature| key.verify(signed.as_bytes(), &signature))
        });
        if signed == Some(true) {
            return Ok(());
        }
        Err(ProofRule::Signature.denies(format_args!("a signature of {}", self.signer), "another signature"))
    }
}

fn read(payload: &[u8]) -> Result<Claims, Denial> {
    let written: Written<'_> = json::object(payload)
        .map_err(|error| ProofRule::Claims.denies("the claims of a proof, each once", error))?;
    Ok(Claims {
        audience: written.aud.into_owned(),
        method: written.htm.into_owned(),
        uri: written.htu.into_owned(),
        leaf: written.ath.as_deref().map(|text| claims::digest("ath", text)).transpose()?,
        body: claims::digest("bd", &written.bd)?,
        issued: claims::time("iat", written.iat)?,
        expires: claims::time("exp", written.exp)?,
        id: claims::id("jti", &written.jti)?,
    })
}
