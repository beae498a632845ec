//! How operators sign: JWS JSON general serialization over the payload's exact bytes (RFC 7515 section 7.2.1).
//!
//! The protected header is `{"alg":"EdDSA","kid":"<name>#<key-id>","log":"<log>","typ":"meshwarden-change+jws"}`, in
//! canonical JSON and no other way, so that a signature counts for one log, one purpose and one person.

use serde::Deserialize;
use serde_json::json;

use super::{OperatorError, Operators, Role};
use crate::change::{Signature, SignedChange};
use crate::encoding::{base64, canonical};
use crate::identity::{KeyBytes, KeyId, PublicKey};

const ALGORITHM: &str = "EdDSA";
const TYPE: &str = "meshwarden-change+jws";
/// As whom the keys of the recovery set sign.
pub(super) const RECOVERY: &str = "recovery";

/// In whose name, and with which key, something is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// The operator, or `recovery`.
    pub name: String,
    /// The key.
    pub key: KeyId,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: String,
    log: String,
    typ: String,
}

impl Signer {
    /// The operator `name` with `key`.
    pub fn new(name: &str, key: &KeyBytes) -> Self {
        Self { name: name.to_owned(), key: key.key_id() }
    }

    /// The key of a recovery set.
    pub fn of_recovery(key: &KeyBytes) -> Self {
        Self::new(RECOVERY, key)
    }

    /// As the header names it: `<name>#<key-id>`.
    pub fn kid(&self) -> String {
        format!("{}#{}", self.name, self.key)
    }

    fn protected(&self, log: &str) -> Vec<u8> {
        let header = json!({"alg": ALGORITHM, "kid": self.kid(), "log": log, "typ": TYPE});
        canonical::to_bytes(&header).unwrap_or_default()
    }
}

/// What is signed: both parts in base64url, with a point between them.
pub(super) fn input(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    format!("{}.{}", base64::encode_url(protected), base64::encode_url(payload)).into_bytes()
}

impl SignedChange {
    /// The bytes that `signer` signs to order, or approve, this change in the log `log`.
    pub fn to_sign(&self, log: &str, signer: &Signer) -> Vec<u8> {
        input(&signer.protected(log), self.payload_bytes())
    }

    /// The change with one more signature, made over [`SignedChange::to_sign`].
    #[must_use]
    pub fn and(mut self, log: &str, signer: &Signer, signature: [u8; 64]) -> Self {
        let protected = signer.protected(log);
        self.signatures.push(Signature { protected, header: None, signature: signature.to_vec() });
        self
    }

    /// Who signed, as the headers say; nothing is verified.
    pub fn signers(&self) -> Vec<Signer> {
        let read = |signature: &Signature| signature.signer().map(|(signer, _)| signer);
        self.signatures.iter().filter_map(read).collect()
    }
}

impl Operators {
    /// Who signed a change of the log `log`, as `name#key-id`, and whether the signature holds under a key that this
    /// person, or the recovery set, has.
    pub fn vouched(&self, change: &SignedChange, log: &str) -> Vec<(String, bool)> {
        let one = |signature: &Signature| {
            let Some((signer, _)) = signature.signer() else {
                return ("a header that nobody writes".to_owned(), false);
            };
            let of_recovery = |key: &&KeyBytes| Signer::of_recovery(key) == signer;
            let of_person = |key: &&KeyBytes| key.key_id() == signer.key;
            let person = self.get(&signer.name).and_then(|person| person.keys.iter().find(of_person));
            let key = person.or_else(|| self.recovery()?.keys.iter().find(of_recovery));
            let key = key.and_then(|key| key.check().ok()).filter(|_| signature.signer_for(log).is_ok());
            (signer.kid(), key.is_some_and(|key| signature.verify(&key, change.payload_bytes())))
        };
        change.signatures().iter().map(one).collect()
    }
}

impl Signature {
    /// In whose name it is, and for which log.
    fn signer(&self) -> Option<(Signer, String)> {
        let header: Header = serde_json::from_slice(&self.protected).ok()?;
        let (name, key) = header.kid.split_once('#')?;
        let signer = Signer { name: name.to_owned(), key: KeyId::parse(key)? };
        (header.alg == ALGORITHM && header.typ == TYPE).then_some((signer, header.log))
    }

    /// In whose name it is, if its header is exactly the one that this person writes for this log.
    pub(super) fn signer_for(&self, log: &str) -> Result<Signer, OperatorError> {
        let found = self.signer().filter(|(_, of)| of == log).map(|(signer, _)| signer);
        // What is not signed has no place beside what is.
        let found = found.filter(|signer| self.header.is_none() && signer.protected(log) == self.protected);
        found.ok_or(OperatorError::Header)
    }

    /// Whether it is the key's over the payload.
    pub(super) fn verify(&self, key: &PublicKey, payload: &[u8]) -> bool {
        let signature = <[u8; 64]>::try_from(self.signature.as_slice());
        signature.is_ok_and(|signature| key.verify(&input(&self.protected, payload), &signature))
    }
}

/// What a newcomer signs to become an operator of a log: the statement of RFC 8785 form
/// `{"key","log","name","role","type":"meshwarden.operator.v1"}`.
pub fn invitation(log: &str, name: &str, role: Role, key: &KeyBytes) -> Vec<u8> {
    let statement = json!({
        "type": "meshwarden.operator.v1",
        "log": log,
        "name": name,
        "role": role.as_str(),
        "key": key.to_base64(),
    });
    canonical::to_bytes(&statement).unwrap_or_default()
}

/// Whether `accepted`, in standard base64, is the newcomer's signature over the [`invitation`].
pub fn accept(log: &str, name: &str, role: Role, key: &PublicKey, accepted: &str) -> bool {
    let signature = base64::decode_array(accepted);
    signature.is_some_and(|signature| key.verify(&invitation(log, name, role, &key.bytes()), &signature))
}
