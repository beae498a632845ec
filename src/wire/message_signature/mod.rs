//! HTTP message signatures (RFC 9421) with Ed25519: who sent a request, and that it is the one that was signed.
//!
//! A request is read, then verified, then joined with its body; each step gives the type that the next one takes:
//! [`SignedRequest`], [`VerifiedHead`], [`VerifiedRequest`]. [`Draft`] signs. What was verified once is used once: see
//! [`Nonces`].
//!
//! Stricter than the RFC where it leaves room: `created`, `expires`, `nonce`, `keyid` and `tag` are required, other
//! parameters than `alg` are refused, a label or a parameter stands once, and a field is covered as it is: `sf`, `bs`,
//! `key`, `req` and `tr` are refused by name. Sizes and counts are judged before anything is computed on a curve.
//! *Now* and the nonce are arguments.
#![deny(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

mod component;
mod content_digest;
mod dictionary;
mod draft;
mod error;
mod head;
mod nonces;
mod parameters;
mod signed;
#[cfg(test)]
mod tests;
mod verified;

pub use draft::{Draft, SignatureFields, Signer};
pub use error::SignatureError;
pub use head::Head;
pub use nonces::{NonceError, Nonces, Rooms, Step, Whose};
pub use signed::{Demand, SignedRequest};
pub use verified::{Binding, Body, VerifiedHead, VerifiedRequest};

use crate::time::Span;

/// The `tag` of requests that this program signs and takes.
pub const TAG: &str = "meshwarden";
/// `expires` lies at most so long after `created`.
pub const MAX_LIFE: Span = Span::seconds(300);
/// `created` may lie ahead of now by so much.
pub const MAX_AHEAD: Span = Span::seconds(60);
/// The lines of `Signature-Input` have at most so many bytes together; those of `Signature` and `Content-Digest` too.
pub const MAX_FIELD_BYTES: usize = 8 << 10;
/// A request has at most so many signatures, and a digest so many algorithms.
pub const MAX_MEMBERS: usize = 8;
/// A signature covers at most so many components.
pub const MAX_COMPONENTS: usize = 32;
/// What is signed has at most so many bytes.
pub const MAX_BASE_BYTES: usize = 64 << 10;
/// A nonce has so many characters.
pub const NONCE_LENGTH: std::ops::RangeInclusive<usize> = 16..=128;
/// A `keyid` has at most so many characters.
pub const MAX_KEYID: usize = 512;
