//! Who an agent is: its DID, its key, its public record and the life of that record.
#![deny(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

mod did;
mod did_document;
mod fields;
mod jwk;
mod key;
mod lifecycle;
mod read;
mod record;
mod write;

pub use did::{Did, InvalidDid, PREFIX};
pub use did_document::did_document;
pub use jwk::{Imported, JwkError, from_jwk, from_jwks, public_jwk, public_jwks, secret_jwk};
pub use key::{InvalidKey, KeyBytes, KeyId, PublicKey, SecretKey, verify_base64};
pub use lifecycle::{
    LifecycleError, may_reactivate, may_suspend, names_security, reactivate, revoke, suspend,
};
pub use read::{Parsed, Reading, RecordError, is_secret_name};
pub use record::{Identity, MAX_SCORE, Parent, Status, valid_sponsor};
