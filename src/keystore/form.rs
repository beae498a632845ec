//! The texts that hold a private key.

use pkcs8::der::asn1::{BitStringRef, OctetStringRef};
use pkcs8::der::{AnyRef, Decode};
use pkcs8::pkcs5::pbes2::{Kdf, Parameters};
use pkcs8::pkcs5::{EncryptionScheme, scrypt};
use pkcs8::{
    AlgorithmIdentifierRef, EncryptedPrivateKeyInfoRef, LineEnding, ObjectIdentifier, PrivateKeyInfo,
    SecretDocument,
};
use ssh_key::private::KeypairData;
use zeroize::Zeroizing;

use super::{KeystoreError, Passphrase};
use crate::identity::SecretKey;

/// 256 fresh bits: the salt of scrypt and the initial vector of AES.
pub type Salt = [u8; 32];

type Info<'a> = PrivateKeyInfo<AnyRef<'a>, &'a OctetStringRef, BitStringRef<'a>>;

const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const PLAIN: &str = "PRIVATE KEY";
const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";
const OPENSSH: &str = "-----BEGIN OPENSSH PRIVATE KEY-----";

/// N of scrypt, as OpenSSL has it: OpenSSL 3 refuses to spend more than 32 MiB.
const LOG_N: u8 = 14;
/// What others may have chosen, at most: 256 MiB of scrypt, 10 million rounds of PBKDF2, 1024 of bcrypt.
const MOST_SCRYPT_BYTES: u64 = 256 << 20;
const MOST_SCRYPT_LANES: u16 = 16;
const MOST_ITERATIONS: u32 = 10_000_000;
const MOST_BCRYPT_ROUNDS: u32 = 1024;

/// Writes a key as PKCS#8 in PEM, encrypted if there is a passphrase.
///
/// # Errors
/// [`KeystoreError::Encryption`].
pub fn encode(
    key: &SecretKey,
    passphrase: Option<&Passphrase>,
    salt: &Salt,
) -> Result<Zeroizing<String>, KeystoreError> {
    let seed = key.expose_seed();
    let mut octets = Zeroizing::new([0; 34]);
    let (head, body) = octets.split_at_mut(2);
    head.copy_from_slice(&[0x04, 0x20]);
    body.copy_from_slice(seed.as_slice());
    let stretched = match passphrase {
        None => None,
        Some(passphrase) => Some((passphrase, stretched(salt).ok_or(KeystoreError::Encryption)?)),
    };
    let pem = || -> pkcs8::Result<Zeroizing<String>> {
        let algorithm = AlgorithmIdentifierRef { oid: ED25519, parameters: None };
        let info = Info::new(algorithm, OctetStringRef::new(octets.as_slice())?);
        let (document, label) = match stretched {
            None => (SecretDocument::try_from(&info)?, PLAIN),
            Some((passphrase, stretched)) => {
                (info.encrypt_with_params(stretched, passphrase.bytes())?, ENCRYPTED)
            }
        };
        Ok(document.to_pem(label, LineEnding::LF)?)
    };
    pem().map_err(|_| KeystoreError::Encryption)
}

fn stretched(salt: &Salt) -> Option<Parameters> {
    let (salt, vector) = salt.split_at(16);
    let cost = scrypt::Params::new(LOG_N, 8, 1).ok()?;
    Parameters::generate_scrypt_aes256cbc(cost, salt, vector.try_into().ok()?).ok()
}

/// Reads a key; `passphrase` is asked for only if the key is encrypted.
///
/// # Errors
/// [`KeystoreError`].
pub fn decode(
    text: &str,
    passphrase: impl FnOnce() -> Result<Passphrase, KeystoreError>,
) -> Result<SecretKey, KeystoreError> {
    if text.trim_start().starts_with(OPENSSH) {
        return openssh(text, passphrase);
    }
    let (label, document) = SecretDocument::from_pem(text).map_err(|_| KeystoreError::Unreadable)?;
    match label {
        PLAIN => pkcs8_key(document.as_bytes()),
        ENCRYPTED => {
            let info = EncryptedPrivateKeyInfoRef::from_der(document.as_bytes());
            let info = info.map_err(|_| KeystoreError::Unreadable)?;
            affordable(&info.encryption_algorithm)?;
            let opened = info.decrypt(passphrase()?.bytes()).map_err(|_| KeystoreError::WrongPassphrase)?;
            pkcs8_key(opened.as_bytes())
        }
        _ => Err(KeystoreError::Unreadable),
    }
}

/// Whether the work to open the file is bounded, judged before any of it is done.
fn affordable(scheme: &EncryptionScheme) -> Result<(), KeystoreError> {
    let affordable = match scheme.pbes2().map(|parameters| &parameters.kdf) {
        Some(Kdf::Scrypt(kdf)) => {
            let bytes =
                kdf.cost_parameter.checked_mul(u64::from(kdf.block_size)).and_then(|rn| rn.checked_mul(128));
            bytes.is_some_and(|bytes| bytes <= MOST_SCRYPT_BYTES) && kdf.parallelization <= MOST_SCRYPT_LANES
        }
        Some(Kdf::Pbkdf2(kdf)) => kdf.iteration_count <= MOST_ITERATIONS,
        _ => return Err(KeystoreError::Unreadable),
    };
    if affordable { Ok(()) } else { Err(KeystoreError::TooCostly) }
}

fn pkcs8_key(document: &[u8]) -> Result<SecretKey, KeystoreError> {
    let info = Info::from_der(document).map_err(|_| KeystoreError::Unreadable)?;
    if info.algorithm.oid != ED25519 {
        return Err(KeystoreError::NotEd25519);
    }
    let octets = info.private_key.as_bytes();
    let seed = octets.strip_prefix(&[0x04, 0x20]).and_then(|seed| <[u8; 32]>::try_from(seed).ok());
    let key = SecretKey::from_seed(seed.ok_or(KeystoreError::Unreadable)?);
    let stated = info.public_key.as_ref().map(|public| public.raw_bytes());
    if stated.is_some_and(|stated| stated != key.public_key().bytes().0) {
        return Err(KeystoreError::Mismatch);
    }
    Ok(key)
}

fn openssh(
    text: &str,
    passphrase: impl FnOnce() -> Result<Passphrase, KeystoreError>,
) -> Result<SecretKey, KeystoreError> {
    let mut key =
        ssh_key::PrivateKey::from_openssh(text.trim_start()).map_err(|_| KeystoreError::Unreadable)?;
    if key.is_encrypted() {
        if let ssh_key::Kdf::Bcrypt { rounds, .. } = key.kdf()
            && *rounds > MOST_BCRYPT_ROUNDS
        {
            return Err(KeystoreError::TooCostly);
        }
        key = key.decrypt(passphrase()?.bytes()).map_err(|_| KeystoreError::WrongPassphrase)?;
    }
    let KeypairData::Ed25519(pair) = key.key_data() else {
        return Err(KeystoreError::NotEd25519);
    };
    let key = SecretKey::from_seed(pair.private.to_bytes());
    if key.public_key().bytes().0 != pair.public.0 {
        return Err(KeystoreError::Mismatch);
    }
    Ok(key)
}
