//! Requests whose signature holds.

use super::component::Component;
use super::content_digest::ContentDigest;
use super::{SignatureError, SignedRequest};
use crate::time::Time;

/// The body of a request, as far as the verifier has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body<'b> {
    /// All of it; no bytes when there is none.
    Seen(&'b [u8]),
    /// The verifier sees heads only.
    Unseen,
}

/// What is known about a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binding {
    /// It is the one that was signed.
    Bound,
    /// It was not seen: whatever it is, nothing says that it was signed.
    Unbound,
    /// There is none.
    None,
}

/// A request whose head is the one that the key signed, made by [`SignedRequest::verify`] only; its body is not looked at.
///
/// So a stranger's body is not even read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedHead {
    keyid: String,
    nonce: String,
    created: Time,
    expires: Time,
    covered: Vec<Component>,
    digest: Option<ContentDigest>,
}

/// A request that the key signed, made by [`VerifiedHead::with_body`] only; it may have been sent before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedRequest {
    head: VerifiedHead,
    body: Binding,
}

impl VerifiedHead {
    pub(super) fn of(request: SignedRequest) -> Self {
        let SignedRequest { parameters, covered, digest, .. } = request;
        Self {
            keyid: parameters.keyid,
            nonce: parameters.nonce,
            created: parameters.created,
            expires: parameters.expires,
            covered,
            digest,
        }
    }

    /// Joins it with its body.
    ///
    /// # Errors
    /// [`SignatureError::NoDigest`] for a body without a signed digest, [`SignatureError::OtherBody`].
    pub fn with_body(self, body: Body<'_>) -> Result<VerifiedRequest, SignatureError> {
        let binding = match (body, &self.digest) {
            (Body::Unseen, _) => Binding::Unbound,
            (Body::Seen([]), None) => Binding::None,
            (Body::Seen(_), None) => return Err(SignatureError::NoDigest),
            (Body::Seen(body), Some(digest)) => {
                digest.check(body)?;
                if body.is_empty() { Binding::None } else { Binding::Bound }
            }
        };
        Ok(VerifiedRequest { head: self, body: binding })
    }

    /// Who signed: `<did>#<key-id>` or `<operator>#<key-id>`.
    pub fn keyid(&self) -> &str {
        &self.keyid
    }

    /// The nonce, which this key uses once.
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// When it was made.
    pub const fn created(&self) -> Time {
        self.created
    }

    /// When it counts no more.
    pub const fn expires(&self) -> Time {
        self.expires
    }

    /// Whether the signature covers a component, by its name.
    pub fn covers(&self, name: &str) -> bool {
        self.covered.iter().any(|component| component.name() == name)
    }
}

impl VerifiedRequest {
    /// The head.
    pub const fn head(&self) -> &VerifiedHead {
        &self.head
    }

    /// What is known about the body.
    pub const fn body(&self) -> Binding {
        self.body
    }
}
