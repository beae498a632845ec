use proptest::prelude::*;

use super::*;
use crate::encoding::base64;
use crate::identity::{KeyBytes, SecretKey};
use crate::time::Time;

mod hostile;
mod replay;
mod rfc;

const BODY: &[u8] = br#"{"hello": "world"}"#;
const NONCE: &str = "0123456789abcdef";

fn key() -> SecretKey {
    SecretKey::from_seed([1; 32])
}

fn now() -> Time {
    Time::parse("2026-03-01T12:00:00Z").unwrap()
}

fn later(seconds: i64) -> Time {
    now().plus(Span::seconds(seconds))
}

/// A request that owns its parts, so that a test can change one.
#[derive(Debug, Clone)]
struct Sent {
    method: String,
    scheme: String,
    authority: String,
    path: String,
    query: Option<String>,
    fields: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Sent {
    fn new() -> Self {
        Self {
            method: "POST".to_owned(),
            scheme: "https".to_owned(),
            authority: "verifier.example".to_owned(),
            path: "/v1/verify".to_owned(),
            query: Some("a=1&b=%2F".to_owned()),
            fields: vec![
                ("Mesh-Chain".to_owned(), b"a.b.c".to_vec()),
                ("Accept".to_owned(), b"*/*".to_vec()),
            ],
            body: BODY.to_vec(),
        }
    }

    fn with<T>(&self, then: impl FnOnce(&Head<'_>) -> T) -> T {
        let fields: Vec<(&str, &[u8])> =
            self.fields.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
        then(&Head {
            method: &self.method,
            scheme: &self.scheme,
            authority: &self.authority,
            path: &self.path,
            query: self.query.as_deref(),
            fields: &fields,
        })
    }

    fn signer() -> Signer<'static> {
        Signer { keyid: "ada#key-1", created: now(), life: Span::seconds(60), nonce: NONCE }
    }

    fn draft(&self, signer: &Signer<'_>) -> Result<Draft, SignatureError> {
        self.with(|head| Draft::new(head, &self.body, signer, &Demand::default()))
    }

    fn add(mut self, fields: SignatureFields) -> Self {
        let added = [
            Some(("Signature-Input", fields.signature_input)),
            Some(("Signature", fields.signature)),
            fields.content_digest.map(|digest| ("Content-Digest", digest)),
        ];
        let added = added.into_iter().flatten();
        self.fields.extend(added.map(|(name, value)| (name.to_owned(), value.into_bytes())));
        self
    }

    fn signed(self) -> Self {
        let fields = self.draft(&Self::signer()).unwrap().sign(&key());
        self.add(fields)
    }

    /// Signed with other text between the label and the end of `Signature-Input`.
    fn signed_over(mut self, input: &str) -> Self {
        self.set("Signature-Input", &format!("mesh={input}"));
        self.set("Signature", &format!("mesh=:{}:", base64::encode(&[0; 64])));
        let base = self.with(|head| SignedRequest::read(head, &Demand::default())).unwrap().base;
        let signature = base64::encode(&key().sign(base.as_bytes()));
        self.set("Signature", &format!("mesh=:{signature}:"));
        self
    }

    fn set(&mut self, name: &str, value: &str) {
        self.fields.retain(|(field, _)| field != name);
        self.fields.push((name.to_owned(), value.as_bytes().to_vec()));
    }

    fn field(&mut self, name: &str) -> &mut Vec<u8> {
        &mut self.fields.iter_mut().find(|(field, _)| field == name).unwrap().1
    }

    fn read(&self) -> Result<SignedRequest, SignatureError> {
        self.with(|head| SignedRequest::read(head, &Demand::default()))
    }

    fn judge_at(&self, at: Time) -> Result<VerifiedRequest, SignatureError> {
        let head = self.read()?.verify(&key().public_key(), at)?;
        head.with_body(Body::Seen(&self.body))
    }

    fn judge(&self) -> Result<VerifiedRequest, SignatureError> {
        self.judge_at(now())
    }

    fn code(&self) -> &'static str {
        self.judge().unwrap_err().code()
    }
}

#[test]
fn a_signed_request_is_the_one_that_was_signed() {
    let request = Sent::new().signed().judge().unwrap();
    assert_eq!(request.body(), Binding::Bound);
    let head = request.head();
    assert_eq!((head.keyid(), head.nonce()), ("ada#key-1", NONCE));
    assert_eq!((head.created(), head.expires()), (now(), later(60)));
    for name in ["@method", "@authority", "@path", "@query", "content-digest", "mesh-chain"] {
        assert!(head.covers(name), "{name}");
    }
    assert!(!head.covers("accept"));
}

#[test]
fn a_body_that_was_not_seen_is_unbound_and_none_is_none() {
    let sent = Sent::new().signed();
    let head = sent.read().unwrap().verify(&key().public_key(), now()).unwrap();
    assert_eq!(head.with_body(Body::Unseen).unwrap().body(), Binding::Unbound);
    let empty = Sent { body: Vec::new(), ..Sent::new() }.signed();
    assert!(empty.fields.iter().all(|(name, _)| name != "Content-Digest"));
    assert_eq!(empty.judge().unwrap().body(), Binding::None);
}

#[test]
fn a_body_may_not_be_added_to_a_request_without_one() {
    let mut sent = Sent { body: Vec::new(), ..Sent::new() }.signed();
    sent.body = BODY.to_vec();
    assert_eq!(sent.code(), "request_digest_missing");
    // A digest that nobody signed does not help.
    sent.set("Content-Digest", &content_digest::ContentDigest::write(BODY));
    assert_eq!(sent.code(), "request_not_covered");
}

#[test]
fn sha_512_binds_as_well_and_every_known_digest_must_fit() {
    let long =
        "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:";
    let short = content_digest::ContentDigest::write(BODY);
    let other = content_digest::ContentDigest::write(b"other");
    let with = |digest: &str| {
        let mut sent = Sent::new();
        sent.set("Content-Digest", digest);
        let input = format!(
            r#"("@method" "@authority" "@path" "@query" "content-digest" "mesh-chain");created={};expires={};nonce="{NONCE}";keyid="a";tag="meshwarden""#,
            now().micros() / 1_000_000,
            later(9).micros() / 1_000_000,
        );
        sent.signed_over(&input).judge().map(|request| request.body())
    };
    assert_eq!(with(long), Ok(Binding::Bound));
    assert_eq!(with(&format!("{long}, {short}, crc32c=:AAAAAA==:")), Ok(Binding::Bound));
    assert_eq!(with(&format!("{long}, {other}")), Err(SignatureError::OtherBody));
    assert_eq!(with("crc32c=:AAAAAA==:"), Err(SignatureError::NoDigest));
}

#[test]
fn a_clock_that_is_off_is_named_with_the_verifiers_time() {
    let sent = Sent::new().signed();
    assert!(sent.judge_at(later(-60)).is_ok());
    let early = sent.judge_at(later(-61)).unwrap_err();
    assert_eq!((early.code(), early.server_time()), ("request_early", Some(later(-61))));
    assert!(sent.judge_at(later(59)).is_ok());
    let late = sent.judge_at(later(60)).unwrap_err();
    assert_eq!((late.code(), late.server_time()), ("request_expired", Some(later(60))));
    assert_eq!(SignatureError::Window.server_time(), None);
}

#[test]
fn what_no_verifier_takes_is_not_signed() {
    let signer = Sent::signer();
    let draft = |signer: Signer<'_>| Sent::new().draft(&signer).map(drop).map_err(|error| error.code());
    for life in [0, -1, 301] {
        assert_eq!(draft(Signer { life: Span::seconds(life), ..signer }), Err("request_window"));
    }
    for nonce in ["", "fifteen letters", &"n".repeat(129), "sixteen letters\u{e9}", "sixteen letters\n"] {
        assert_eq!(draft(Signer { nonce, ..signer }), Err("request_parameter_refused"), "{nonce:?}");
    }
    for keyid in ["", &"k".repeat(513)] {
        assert_eq!(draft(Signer { keyid, ..signer }), Err("request_parameter_refused"), "{keyid:?}");
    }
}

#[test]
fn quotes_and_backslashes_in_a_nonce_are_signed_as_they_are() {
    let signer = Signer { nonce: r#"a"b\c"d\\e"f\"ghi"#, ..Sent::signer() };
    let fields = Sent::new().draft(&signer).unwrap().sign(&key());
    assert_eq!(Sent::new().add(fields).judge().unwrap().head().nonce(), signer.nonce);
}

#[test]
fn a_key_that_lies_elsewhere_signs_the_same() {
    let sent = Sent::new();
    let draft = sent.draft(&Sent::signer()).unwrap();
    let signature = key().sign(draft.to_sign());
    assert_eq!(draft.clone().signed(&signature), draft.sign(&key()));
}

proptest! {
    #[test]
    fn whatever_byte_is_changed_it_is_another_request(part in 0_usize..6, at: prop::sample::Index, byte in b'!'..=b'~') {
        let mut sent = Sent::new().signed();
        let change = |text: &mut String| {
            let mut bytes = std::mem::take(text).into_bytes();
            let place = at.index(bytes.len());
            let before = bytes[place];
            bytes[place] = byte;
            *text = String::from_utf8(bytes).unwrap();
            before != byte
        };
        let changed = match part {
            0 => change(&mut sent.method),
            // The case of a host means nothing.
            1 => { let before = sent.authority.clone(); change(&mut sent.authority); !before.eq_ignore_ascii_case(&sent.authority) }
            2 => change(&mut sent.path),
            3 => change(sent.query.as_mut().unwrap()),
            4 => { let place = at.index(sent.body.len()); std::mem::replace(&mut sent.body[place], byte) != byte }
            _ => { let value = sent.field("Mesh-Chain"); let place = at.index(value.len()); std::mem::replace(&mut value[place], byte) != byte }
        };
        prop_assert_eq!(sent.judge().is_err(), changed);
    }

    #[test]
    fn whatever_bit_of_the_signature_fields_is_changed_nothing_else_is_taken(field in 0_usize..3, at: prop::sample::Index, bit in 0_u8..7) {
        let before = Sent::new().signed();
        let mut sent = before.clone();
        let value = sent.field(["Signature-Input", "Signature", "Content-Digest"][field]);
        let place = at.index(value.len());
        value[place] ^= 1 << bit;
        // A label may be called otherwise in both fields only; what is taken all the same says the same.
        if let Ok(request) = sent.judge() {
            prop_assert_eq!(request, before.judge().unwrap());
        }
    }

    #[test]
    fn any_text_in_the_fields_is_read_or_refused(input: String, signature: String, digest: String) {
        let mut sent = Sent::new();
        sent.set("Signature-Input", &input);
        sent.set("Signature", &signature);
        sent.set("Content-Digest", &digest);
        prop_assert!(sent.judge().is_err());
    }
}
