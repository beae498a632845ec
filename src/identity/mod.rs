//! Who an agent is: its DID, its key, its public record and the life of that record.
#![deny(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

mod attestation;
mod credential;
mod did;
mod did_document;
mod fields;
mod jwk;
mod key;
mod lifecycle;
mod personal;
mod read;
mod record;
mod revocation;
mod rotation;
pub(crate) mod statement;
mod write;

pub use attestation::{Attestation, AttestationError, Attested, MAX_ATTESTATION_BYTES};
pub use credential::{
    BearerToken, Credential, CredentialError, CredentialGrant, CredentialStatus, Credentials, DEFAULT_TTL,
    EXPIRING_SOON, MAX_CREDENTIALS, MAX_PER_AGENT,
};
pub use did::{Did, InvalidDid, PREFIX};
pub use did_document::did_document;
pub use jwk::{Imported, JwkError, from_jwk, from_jwks, public_jwk, public_jwks, secret_jwk};
pub use key::{InvalidKey, KeyBytes, KeyId, PublicKey, SecretKey, Signed, first_bad, verify_base64};
pub use lifecycle::{
    LifecycleError, may_reactivate, may_suspend, names_security, reactivate, revoke, suspend,
};
pub use personal::{ERASED, ERASED_SPONSOR};
pub use read::{Parsed, Reading, RecordError, is_secret_name};
pub use record::{Identity, MAX_SCORE, Parent, Status, valid_sponsor};
pub use revocation::{MAX_LIST_BYTES, MAX_REVOCATION_TEXT, RevocationError, RevocationList, Revoked};
pub use rotation::{
    DEFAULT_KEPT, KeyHistory, MAX_ROTATION_BYTES, ReferenceProof, Rekey, Retired, Rotation, RotationError,
    VerifiedRotation, rotate, rotation_due,
};
