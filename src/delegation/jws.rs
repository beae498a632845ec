//! Compact JWS (RFC 7515) with EdDSA (RFC 8037), and nothing else that a JWS could be.
//!
//! Everything is bounded and read before anybody computes on a curve: three parts, canonical base64url, a header with
//! `alg`, `typ` and `kid`, each at most once. Any other header is refused, since each of them (`crit`, `jwk`, `jku`,
//! `x5u`, `b64`, `zip`, ...) asks the reader to do or to trust something that this format has no use for.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::denial::{Denial, Rule};
use crate::encoding::{base64, json};
use crate::identity::{Did, KeyId, PublicKey, SecretKey};

/// The only algorithm.
pub const ALGORITHM: &str = "EdDSA";

/// A JWS whose form is right; its signature has not been looked at.
#[derive(Debug, Clone)]
pub struct Jws<'t> {
    signed: &'t str,
    /// Who `kid` names, or what it says instead.
    signer: Result<Signer, String>,
    payload: Vec<u8>,
    signature: [u8; 64],
}

/// The members that a header may have.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header<'h> {
    #[serde(borrow)]
    alg: Cow<'h, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    typ: Option<Cow<'h, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    kid: Option<Cow<'h, str>>,
}

/// Who signed: a DID, and which of its keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// The DID.
    pub did: Did,
    /// The key.
    pub key: KeyId,
}

impl Signer {
    /// Reads `<did>#<key-id>`.
    pub fn parse(kid: &str) -> Option<Self> {
        let (did, key) = kid.split_once('#')?;
        Some(Self { did: Did::parse(did).ok()?, key: KeyId::parse(key)? })
    }
}

impl std::fmt::Display for Signer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}#{}", self.did, self.key)
    }
}

impl<'t> Jws<'t> {
    /// Reads the form of a compact JWS of the type `typ`; none asks for a header without one.
    ///
    /// The caller bounds `text` first.
    ///
    /// # Errors
    /// [`Rule::Malformed`], [`Rule::Header`], [`Rule::Algorithm`], [`Rule::Type`], in this order.
    pub fn parse(text: &'t str, typ: Option<&str>) -> Result<Self, Denial> {
        let malformed = |found: &str| Rule::Malformed.denies("three parts of canonical base64url", found);
        let (signed, signature) = text.rsplit_once('.').ok_or_else(|| malformed("no part after a point"))?;
        let (header, payload) = signed.split_once('.').ok_or_else(|| malformed("two parts"))?;
        if payload.contains('.') {
            return Err(malformed("more than three parts"));
        }
        let signature =
            base64::decode_url_array(signature).ok_or_else(|| malformed("no signature of 64 bytes"))?;
        let decoded = base64::decode_url(header).ok_or_else(|| malformed("a header in other characters"))?;
        let payload =
            base64::decode_url(payload).ok_or_else(|| malformed("a payload in other characters"))?;
        let kid = match usual(&decoded, typ) {
            Some(kid) => Cow::Borrowed(kid),
            None => read(&decoded, typ)?,
        };
        let signer = Signer::parse(&kid).ok_or_else(|| kid.into_owned());
        Ok(Self { signed, signer, payload, signature })
    }

    /// The signer that `kid` names.
    ///
    /// # Errors
    /// [`Rule::Signer`] unless it is there and reads `<did>#<key-id>`.
    pub fn signer(&self) -> Result<&Signer, Denial> {
        self.signer.as_ref().map_err(|kid| Rule::Signer.denies("kid: <did>#<key-id>", kid))
    }

    /// The payload.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Where header and payload end in the text.
    pub(super) const fn signed_length(&self) -> usize {
        self.signed.len()
    }

    pub(super) const fn signature(&self) -> &[u8; 64] {
        &self.signature
    }

    /// Whether `key` signed it (RFC 7515 section 5.2, strict Ed25519).
    pub fn verify(&self, key: &PublicKey) -> bool {
        key.verify(self.signed.as_bytes(), &self.signature)
    }
}

/// The `kid` of a header that is written as [`sign`] writes it: most are, and need no reader of JSON.
fn usual<'h>(header: &'h [u8], typ: Option<&str>) -> Option<&'h str> {
    let header = str::from_utf8(header).ok()?;
    let rest = header.strip_prefix(r#"{"alg":"EdDSA","typ":""#)?.strip_prefix(typ?)?;
    let kid = rest.strip_prefix(r#"","kid":""#)?.strip_suffix(r#""}"#)?;
    kid.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\').then_some(kid)
}

/// The `kid` of a header, which is empty when there is none.
fn read<'h>(header: &'h [u8], typ: Option<&str>) -> Result<Cow<'h, str>, Denial> {
    let header: Header<'_> = json::object(header)
        .map_err(|error| Rule::Header.denies("alg, typ and kid, each once, and nothing else", error))?;
    if header.alg != ALGORITHM {
        return Err(Rule::Algorithm.denies(ALGORITHM, header.alg));
    }
    if header.typ.as_deref() != typ {
        return Err(Rule::Type.denies(typ.unwrap_or("none"), header.typ.as_deref().unwrap_or("none")));
    }
    Ok(header.kid.unwrap_or_default())
}

/// Signs a payload: header, payload and signature joined (RFC 7515 section 5.1).
pub(super) fn sign(typ: &str, kid: &str, payload: &[u8], key: &SecretKey) -> String {
    let header = Header {
        alg: Cow::Borrowed(ALGORITHM),
        typ: Some(Cow::Borrowed(typ)),
        kid: Some(Cow::Borrowed(kid)),
    };
    // Strings alone always serialise.
    let header = serde_json::to_vec(&header).unwrap_or_default();
    let mut text = base64::encode_url(&header);
    text.push('.');
    text.push_str(&base64::encode_url(payload));
    let signature = key.sign(text.as_bytes());
    text.push('.');
    text.push_str(&base64::encode_url(&signature));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::hex;
    use crate::identity::KeyBytes;

    /// RFC 8037 appendix A.1 to A.4.
    const SEED: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    const JWS: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.\
                       hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

    #[test]
    fn the_example_of_rfc_8037_verifies() {
        let secret = SecretKey::from_seed(base64::decode_url_array(SEED).unwrap());
        let key = KeyBytes(base64::decode_url_array(X).unwrap()).check().unwrap();
        assert_eq!(secret.public_key(), key);
        let jws = Jws::parse(JWS, None).unwrap();
        assert_eq!(jws.payload(), b"Example of Ed25519 signing");
        assert!(jws.verify(&key));
        assert_eq!(hex::encode(&jws.signature[..4]), "860c98d2");
    }

    fn with_header(header: &str) -> String {
        let (_, rest) = JWS.split_once('.').unwrap();
        format!("{}.{rest}", base64::encode_url(header.as_bytes()))
    }

    #[test]
    fn a_header_that_asks_for_trust_or_work_is_refused() {
        let asks = ["crit", "jwk", "jku", "x5u", "x5c", "x5t", "b64", "zip", "cty", "ALG"];
        for name in asks {
            let header = format!(r#"{{"alg":"EdDSA","{name}":["exp"]}}"#);
            assert_eq!(
                Jws::parse(&with_header(&header), None).unwrap_err().code,
                "token_header_refused",
                "{name}"
            );
        }
        for twice in [r#"{"alg":"EdDSA","alg":"EdDSA"}"#, r#"{"alg":"none","\u0061lg":"EdDSA"}"#] {
            assert_eq!(Jws::parse(&with_header(twice), None).unwrap_err().code, "token_header_refused");
        }
    }

    #[test]
    fn a_header_that_is_no_object_is_refused() {
        for header in [r#"["EdDSA"]"#, r#"["EdDSA",null,null]"#, r#" ["EdDSA"]"#, "null", "\"EdDSA\""] {
            let text = with_header(header);
            let answer = Jws::parse(&text, None);
            assert_eq!(answer.unwrap_err().code, "token_header_refused", "{header}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_header_without_a_reader_of_json_says_what_one_with_it_says(
            kid in "[ -~]{0,12}|.{0,6}", more in "(\\\\|\"|x)?", tail in "(,\"kid\":\"x\")?"
        ) {
            let typ = Some("mesh-proof+jwt");
            let header = format!(r#"{{"alg":"EdDSA","typ":"mesh-proof+jwt{more}","kid":"{kid}"{tail}}}"#);
            if let Some(kid) = usual(header.as_bytes(), typ) {
                proptest::prop_assert_eq!(read(header.as_bytes(), typ).unwrap(), kid);
            }
        }
    }

    #[test]
    fn the_header_that_is_signed_here_is_the_usual_one() {
        let text = sign("mesh-proof+jwt", "somebody#key", b"", &SecretKey::from_seed([1; 32]));
        let header = base64::decode_url(text.split_once('.').unwrap().0).unwrap();
        assert_eq!(usual(&header, Some("mesh-proof+jwt")), Some("somebody#key"));
        assert_eq!(usual(&header, Some("mesh-proof")), None);
        assert_eq!(usual(&header, None), None);
    }

    #[test]
    fn another_algorithm_or_type_is_refused() {
        for algorithm in ["none", "HS256", "Ed25519", "eddsa", "EdDSA ", ""] {
            let text = with_header(&format!(r#"{{"alg":"{algorithm}"}}"#));
            assert_eq!(Jws::parse(&text, None).unwrap_err().code, "token_algorithm_refused", "{algorithm}");
        }
        let typed = with_header(r#"{"alg":"EdDSA","typ":"JWT"}"#);
        assert_eq!(Jws::parse(&typed, Some("mesh-proof+jwt")).unwrap_err().code, "token_type_mismatch");
        assert_eq!(Jws::parse(&typed, None).unwrap_err().code, "token_type_mismatch");
    }

    #[test]
    fn other_spellings_of_the_same_bytes_are_refused() {
        let padded = format!("{JWS}=");
        let (head, _) = JWS.rsplit_once('.').unwrap();
        let four = format!("{JWS}.AA");
        for text in [
            padded.as_str(),
            head,
            four.as_str(),
            "",
            ".",
            "..",
            "...",
            &format!("\n{JWS}"),
            &format!("{JWS}\n"),
        ] {
            assert_eq!(Jws::parse(text, None).unwrap_err().code, "token_malformed", "{text:?}");
        }
    }
}
