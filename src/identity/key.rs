//! Ed25519 keys (RFC 8032), strictly: a public key is canonical and torsion-free or it is none.

use std::fmt;
use std::ops::Neg as _;

use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::Identity as _;
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha512};
use zeroize::Zeroize;

use super::Did;
use crate::encoding::{Digest32, base64, hex, sha256};

/// 32 bytes that claim to be a public key; nothing has been checked on the curve.
///
/// Reading a million records must not cost 40 s of curve arithmetic, so a record holds these and
/// whoever needs authority asks for [`KeyBytes::check`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyBytes(pub [u8; 32]);

/// `key-` and the first 16 hex digits of SHA-256 of the raw key (IDT 4.4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 8]);

/// A public key that is a canonical encoding of a point of the prime-order group.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// An Ed25519 private key; it has no text form and is wiped when dropped.
pub struct SecretKey(SigningKey);

/// The 32 bytes are not a key that signatures can be trusted under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// The bytes are no point of the curve, or not its canonical spelling (RFC 8032 section 5.1.3).
    #[error("is not the canonical encoding of a curve point")]
    NotCanonical,
    /// The point has a small-order component, so that verifiers disagree about its signatures.
    #[error("has a small-order component")]
    Torsion,
}

impl KeyBytes {
    /// Reads standard padded base64 of exactly 32 bytes.
    pub fn from_base64(text: &str) -> Option<Self> {
        base64::decode_array(text).map(Self)
    }

    /// The standard base64 form.
    pub fn to_base64(self) -> String {
        base64::encode(&self.0)
    }

    /// The key id that belongs to these bytes.
    pub fn key_id(&self) -> KeyId {
        let [a, b, c, d, e, f, g, h, ..] = sha256(&self.0);
        KeyId([a, b, c, d, e, f, g, h])
    }

    /// The thumbprint of the key as a JWK (RFC 7638, RFC 8037 appendix A.3).
    pub fn thumbprint(&self) -> Digest32 {
        let x = base64::encode_url(&self.0);
        sha256(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#).as_bytes())
    }

    /// The fingerprint as `ssh-keygen -l` prints it.
    pub fn fingerprint(&self) -> String {
        const KIND: &[u8] = b"ssh-ed25519";
        let mut blob = Vec::with_capacity(51);
        for part in [KIND, &self.0] {
            blob.extend_from_slice(&u32::try_from(part.len()).unwrap_or(0).to_be_bytes());
            blob.extend_from_slice(part);
        }
        format!("SHA256:{}", base64::encode(&sha256(&blob)).trim_end_matches('='))
    }

    /// The DID made of the first 128 bits of SHA-256 of the key (WIRE 11.2).
    pub fn bound_did(&self) -> Did {
        let digest = sha256(&self.0);
        Did::from_bits(digest.iter().take(16).fold(0, |bits, byte| (bits << 8) | u128::from(*byte)))
    }

    /// Does the curve arithmetic, about 40 µs.
    ///
    /// # Errors
    /// [`InvalidKey`].
    pub fn check(&self) -> Result<PublicKey, InvalidKey> {
        let point = CompressedEdwardsY(self.0).decompress().ok_or(InvalidKey::NotCanonical)?;
        if point.compress().0 != self.0 {
            return Err(InvalidKey::NotCanonical);
        }
        if point.is_small_order() || !point.is_torsion_free() {
            return Err(InvalidKey::Torsion);
        }
        VerifyingKey::from_bytes(&self.0).map(PublicKey).map_err(|_| InvalidKey::NotCanonical)
    }
}

impl PublicKey {
    /// The raw bytes.
    pub fn bytes(&self) -> KeyBytes {
        KeyBytes(self.0.to_bytes())
    }

    /// Whether `signature` is this key's over `message`: S below L, R of full order, no cofactor.
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        Signed { key: self, message, signature }.holds()
    }
}

/// A message with a signature that claims to be this key's.
#[derive(Clone, Copy)]
pub struct Signed<'s> {
    /// The key.
    pub key: &'s PublicKey,
    /// What was signed.
    pub message: &'s [u8],
    /// The signature.
    pub signature: &'s [u8; 64],
}

/// The first of these signatures that is not its key's, each judged as [`PublicKey::verify`] does.
///
/// R is compared with what S, the key and the message make of it, byte for byte, and all points are written as bytes in one
/// go: that takes a division, which is most of the work beside the curve's. `verify_strict` of ed25519-dalek decodes R too,
/// to learn its order. There is no need: keys and base point are of the prime-order group, and so is what they make; of
/// its points, the neutral one alone has small order.
pub fn first_bad(signed: &[Signed<'_>]) -> Option<usize> {
    // Where there is no point, the neutral one stands: no signature has it.
    let points: Vec<EdwardsPoint> = signed.iter().map(|signed| signed.point().unwrap_or_default()).collect();
    let mut spelled = EdwardsPoint::compress_batch_alloc(&points).into_iter();
    signed.iter().position(|signed| !spelled.next().is_some_and(|r| signed.has(&r)))
}

impl Signed<'_> {
    /// Whether the signature is the key's, as [`PublicKey::verify`] says it.
    pub fn holds(&self) -> bool {
        self.point().is_some_and(|point| self.has(&point.compress()))
    }

    /// The point that R must be: `[S]B - [k]A` (RFC 8032 section 5.1.7); none when S is not below L.
    fn point(&self) -> Option<EdwardsPoint> {
        let (r, s) = self.halves();
        let s = Option::from(Scalar::from_canonical_bytes(*s))?;
        let hash =
            Sha512::new().chain_update(r).chain_update(self.key.0.as_bytes()).chain_update(self.message);
        let k = Scalar::from_bytes_mod_order_wide(&hash.finalize().into());
        Some(EdwardsPoint::vartime_double_scalar_mul_basepoint(&k, &self.key.0.to_edwards().neg(), &s))
    }

    /// Whether this is its R, and of full order.
    fn has(&self, r: &CompressedEdwardsY) -> bool {
        *r != CompressedEdwardsY::identity() && r.as_bytes() == self.halves().0
    }

    /// R and S.
    fn halves(&self) -> (&[u8; 32], &[u8; 32]) {
        let (halves, _) = self.signature.as_chunks::<32>();
        match halves {
            [r, s] => (r, s),
            _ => (&[0; 32], &[0xff; 32]),
        }
    }
}

/// Verifies base64 texts as the reference's records hold them (IDT 6.3); false for any malformed one.
pub fn verify_base64(public_key: &str, message: &[u8], signature: &str) -> bool {
    let Some(key) = KeyBytes::from_base64(public_key).and_then(|bytes| bytes.check().ok()) else {
        return false;
    };
    base64::decode_array(signature).is_some_and(|signature| key.verify(message, &signature))
}

impl SecretKey {
    /// The key that a 32-byte seed stands for; the seed is wiped.
    pub fn from_seed(mut seed: [u8; 32]) -> Self {
        let key = SigningKey::from_bytes(&seed);
        seed.zeroize();
        Self(key)
    }

    /// The public half.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs `message` (RFC 8032 section 5.1.6).
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }

    /// The seed, for the export and the key file that ask for it by name.
    pub(crate) fn expose_seed(&self) -> zeroize::Zeroizing<[u8; 32]> {
        zeroize::Zeroizing::new(self.0.to_bytes())
    }
}

impl KeyId {
    /// Reads `key-` and 16 lower-case hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("key-")?;
        let bits = u64::from_str_radix(digits, 16).ok()?;
        let id = Self(bits.to_be_bytes());
        // Signs, upper case and other lengths read as numbers too.
        id.is(text).then_some(id)
    }

    /// Whether `text` is the text of this id, asked without writing it.
    pub fn is(&self, text: &str) -> bool {
        text.strip_prefix("key-").is_some_and(|digits| hex::spells(digits, &self.0))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "key-{}", hex::encode(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl fmt::Debug for KeyBytes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "KeyBytes({})", self.to_base64())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "PublicKey({})", self.bytes().to_base64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
    use ed25519_dalek::{Signature, Verifier as _};

    /// Encodings with y >= p, and x = 0 with the sign bit set.
    fn non_canonical_encodings() -> Vec<[u8; 32]> {
        let mut found = Vec::new();
        for low in 0xed..=0xff_u8 {
            for sign in [0x7f, 0xff] {
                let mut bytes = [0xff; 32];
                bytes[0] = low;
                bytes[31] = sign;
                found.push(bytes);
            }
        }
        for point in EIGHT_TORSION {
            let mut bytes = point.compress().0;
            bytes[31] ^= 0x80;
            found.push(bytes);
        }
        found
    }

    #[test]
    fn the_non_canonical_encodings_that_dalek_takes_are_no_keys() {
        let taken: Vec<_> = non_canonical_encodings()
            .into_iter()
            .filter(|bytes| VerifyingKey::from_bytes(bytes).is_ok_and(|key| !key.is_weak()))
            .collect();
        assert!(taken.len() >= 20, "the library became stricter: {}", taken.len());
        for bytes in non_canonical_encodings() {
            assert!(KeyBytes(bytes).check().is_err(), "{bytes:02x?}");
        }
    }

    #[test]
    fn small_order_and_mixed_order_points_are_no_keys() {
        for point in EIGHT_TORSION {
            assert!(KeyBytes(point.compress().0).check().is_err());
        }
        for point in EIGHT_TORSION.iter().skip(1) {
            let mixed = (ED25519_BASEPOINT_POINT + point).compress().0;
            assert!(VerifyingKey::from_bytes(&mixed).is_ok_and(|key| !key.is_weak()));
            assert_eq!(KeyBytes(mixed).check(), Err(InvalidKey::Torsion));
        }
    }

    #[test]
    fn the_thumbprint_is_that_of_rfc_8037() {
        let key =
            base64::decode_url_array("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").map(KeyBytes).unwrap();
        assert_eq!(base64::encode_url(&key.thumbprint()), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn a_key_id_has_one_spelling() {
        let id = KeyBytes([3; 32]).key_id();
        assert_eq!(KeyId::parse(&id.to_string()), Some(id));
        for bad in [
            "key-",
            "key-00",
            "key-+000000000000001",
            "KEY-0000000000000001",
            "key-000000000000000A",
            "0000000000000001",
        ] {
            assert_eq!(KeyId::parse(bad), None, "{bad}");
        }
    }

    /// Signatures with R of small order, of which one satisfies the equation: S is made for it.
    #[test]
    fn a_signature_whose_r_has_small_order_is_refused_also_where_the_equation_holds() {
        let signing = SigningKey::from_bytes(&[7; 32]);
        let key = SecretKey::from_seed([7; 32]).public_key();
        let holding = EIGHT_TORSION.iter().filter(|point| {
            let r = point.compress().0;
            let hash = Sha512::new().chain_update(r).chain_update(key.bytes().0).chain_update(b"message");
            let k = Scalar::from_bytes_mod_order_wide(&hash.finalize().into());
            let mut signature = [0; 64];
            signature[..32].copy_from_slice(&r);
            signature[32..].copy_from_slice(&(k * signing.to_scalar()).to_bytes());
            assert!(!key.verify(b"message", &signature));
            key.0.verify(b"message", &Signature::from_bytes(&signature)).is_ok()
        });
        assert_eq!(holding.count(), 1, "without the look at R this one would count");
    }

    proptest::proptest! {
        #[test]
        fn every_signature_is_judged_as_the_library_does_strictly(
            seed: [u8; 32], message: Vec<u8>, at in 0_usize..64, to: u8, kept: bool
        ) {
            let key = SecretKey::from_seed(seed);
            let mut signature = key.sign(&message);
            if !kept {
                signature[at] = to;
            }
            let public = key.public_key();
            let strictly = public.0.verify_strict(&message, &Signature::from_bytes(&signature)).is_ok();
            proptest::prop_assert_eq!(public.verify(&message, &signature), strictly);
            proptest::prop_assert!(strictly || !kept);
            let longer = [message.as_slice(), b"!"].concat();
            let good = Signed { key: &public, message: &longer, signature: &key.sign(&longer) };
            let other = Signed { key: &public, message: &message, signature: &signature };
            for (place, together) in [[other, good, other], [good, other, good], [good, good, other]].iter().enumerate() {
                proptest::prop_assert_eq!(first_bad(together), (!strictly).then_some(place));
            }
        }
    }

    #[test]
    fn a_signature_verifies_under_its_own_key_and_message_only() {
        let key = SecretKey::from_seed([7; 32]);
        let other = SecretKey::from_seed([8; 32]);
        let signature = key.sign(b"message");
        assert!(key.public_key().verify(b"message", &signature));
        assert!(!key.public_key().verify(b"messagf", &signature));
        assert!(!other.public_key().verify(b"message", &signature));
    }
}
