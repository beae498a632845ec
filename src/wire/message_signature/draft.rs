//! Signing a request.

use super::component::Component;
use super::content_digest::{self, ContentDigest};
use super::parameters::Parameters;
use super::signed::{ALWAYS, base, input};
use super::{Demand, Head, SignatureError};
use crate::encoding::base64;
use crate::identity::SecretKey;
use crate::time::{Span, Time};

const LABEL: &str = "mesh";

/// Who signs, when, and with which nonce.
#[derive(Debug, Clone, Copy)]
pub struct Signer<'s> {
    /// `<did>#<key-id>` or `<operator>#<key-id>`.
    pub keyid: &'s str,
    /// When, by the *verifier's* clock as far as it is known; cut to whole seconds.
    pub created: Time,
    /// For how long: 1 to 300 s.
    pub life: Span,
    /// 16 to 128 characters that this key never used before.
    pub nonce: &'s str,
}

/// A request that is ready to be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    base: String,
    input: String,
    digest: Option<String>,
}

/// The fields that a signed request has in addition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureFields {
    /// `Signature-Input`.
    pub signature_input: String,
    /// `Signature`.
    pub signature: String,
    /// `Content-Digest`; none for a request without a body.
    pub content_digest: Option<String>,
}

impl Draft {
    /// Covers method, authority, path, query, the body, and each of the demanded fields that the request has.
    ///
    /// The head has no `Content-Digest` and no signature yet.
    ///
    /// # Errors
    /// [`SignatureError`] of what a verifier would refuse.
    pub fn new(
        head: &Head<'_>,
        body: &[u8],
        signer: &Signer<'_>,
        demand: &Demand<'_>,
    ) -> Result<Self, SignatureError> {
        let digest = (!body.is_empty()).then(|| ContentDigest::write(body));
        let mut fields = head.fields.to_vec();
        fields.extend(digest.iter().map(|digest| (content_digest::FIELD, digest.as_bytes())));
        let head = Head { fields: &fields, ..*head };
        let there = demand.fields.iter().filter(|name| head.lines(name).next().is_some());
        let derived = ALWAYS.into_iter().map(Component::Derived);
        let covered: Vec<_> = derived.chain(there.map(|name| Component::Field((*name).to_owned()))).collect();
        let times = (signer.created, signer.life);
        let parameters = Parameters::new(times, signer.nonce, signer.keyid, demand.tag)?;
        Ok(Self { base: base(&head, &covered, &parameters)?, input: input(&covered, &parameters), digest })
    }

    /// The bytes to sign, for a key that lies elsewhere.
    pub fn to_sign(&self) -> &[u8] {
        self.base.as_bytes()
    }

    /// The fields with a signature over [`Draft::to_sign`].
    pub fn signed(self, signature: &[u8; 64]) -> SignatureFields {
        SignatureFields {
            signature_input: format!("{LABEL}={}", self.input),
            signature: format!("{LABEL}=:{}:", base64::encode(signature)),
            content_digest: self.digest,
        }
    }

    /// The fields, signed by a key that is here.
    pub fn sign(self, key: &SecretKey) -> SignatureFields {
        let signature = key.sign(self.to_sign());
        self.signed(&signature)
    }
}
