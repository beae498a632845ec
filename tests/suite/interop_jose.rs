//! An independent JOSE library, run beside ours: it verifies what we sign, and we verify what it signs.
//!
//! `MESHWARDEN_JOSE_PYTHON` names a Python that has PyJWT with cryptography; `.ci/run` makes one. Without it these tests
//! say that they were skipped, and fail when `MESHWARDEN_REQUIRE_PEERS=1`.

use std::process::Command;

use meshwarden::delegation::{Act, AuthenticChain, Chain, Denial, Grant, Issuer, Memo, Proof, Token};
use meshwarden::encoding::{base64, sha256};
use meshwarden::identity::{Did, KeyBytes, SecretKey};
use meshwarden::time::{Span, Time};
use serde_json::{Value, json};

use crate::cli::run;
use crate::cli_mesh::values;
use crate::cli_operator::Held;
use crate::interop::skipped;

/// Runs a script in the peer's Python on one JSON value; `None` when the peer is missing and may be.
fn jose(test: &str, script: &str, input: &Value) -> Option<Value> {
    let python = std::env::var_os("MESHWARDEN_JOSE_PYTHON").filter(|path| !path.is_empty());
    let Some(python) = python else {
        skipped(test, "MESHWARDEN_JOSE_PYTHON names no Python with PyJWT and cryptography");
        return None;
    };
    let finished = run(Command::new(python).args(["-c", script]), input.to_string().as_bytes());
    Some(serde_json::from_str(&finished.expect_code(0).stdout).unwrap())
}

fn secret(agent: u8) -> SecretKey {
    SecretKey::from_seed([agent; 32])
}

fn key(agent: u8) -> KeyBytes {
    secret(agent).public_key().bytes()
}

fn did(agent: u8) -> Did {
    key(agent).bound_did()
}

fn at(seconds: i64) -> Time {
    Time::parse("2026-03-01T12:00:00Z").unwrap().plus(Span::seconds(seconds))
}

fn grant(agent: u8) -> Grant<'static> {
    Grant {
        subject: did(agent),
        key: key(agent),
        scope: &["read:data", "write:*"],
        issued: at(0),
        not_before: at(0),
        expires: at(3600),
        id: [agent; 16],
        max_depth: 5,
        ceiling: Some(800),
    }
}

/// 1 delegates to 2, and 2 to 3.
fn chain() -> Chain {
    let (one, two) = (did(1), did(2));
    let chain = Chain::issue(Issuer { did: &one, key: &secret(1) }, &grant(2)).unwrap();
    chain.attenuate(Issuer { did: &two, key: &secret(2) }, &grant(3)).unwrap()
}

fn verify(chain: Chain) -> Result<AuthenticChain, Denial> {
    let key_of =
        |_, token: &Token| Ok((1..=3).find(|agent| did(*agent) == token.signer().did).map_or(key(9), key));
    AuthenticChain::verify(chain, key_of, &Memo::none(), at(1))
}

/// Verifies tokens under keys, and says what each claims; an altered one and another key must be refused.
const VERIFY: &str = r#"
import base64, json, sys, jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
def key(text):
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(text))
def refused(token, public):
    try:
        jwt.decode(token, public, algorithms=["EdDSA"], options={"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False})
    except jwt.InvalidSignatureError:
        return True
    return False
answers = []
for case in json.load(sys.stdin):
    token, public = case["token"], key(case["key"])
    head, payload, signature = token.split(".")
    other = ".".join([head, payload[:-4] + ("AAAA" if payload[-4:] != "AAAA" else "BBBB"), signature])
    answers.append({
        "header": jwt.get_unverified_header(token),
        "claims": jwt.decode(token, public, algorithms=["EdDSA"], options={"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False}),
        "altered_is_refused": refused(other, public),
        "other_key_is_refused": refused(token, key(case["other"])),
    })
print(json.dumps(answers))
"#;

#[test]
fn pyjwt_verifies_each_operators_signature_over_the_same_change() {
    let held = Held::new();
    let policy = held.home.file("policy.toml", "[approvals]\nrevoke_above = 3\n").display().to_string();
    held.by("ada", &["policy", "set", &policy]).expect_code(3);
    held.by("bo", &["change", "approve", &held.waiting()]).expect_code(0);
    let log = values(&held.home.run(&["log", "list", "--json"]).expect_code(0).stdout);
    let index = log.last().unwrap()["index"].to_string();
    let evidence = held.home.run(&["log", "prove", &index]).expect_code(0).stdout;
    let evidence: Value = serde_json::from_str(&evidence).unwrap();
    let entry = base64::decode(evidence["entry"].as_str().unwrap()).unwrap();
    let entry: Value = serde_json::from_slice(&entry).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let cases: Vec<Value> = ["ada", "bo"]
        .iter()
        .zip(entry["change"]["signatures"].as_array().unwrap())
        .map(|(name, signature)| {
            let payload = text(&entry["change"]["payload"]);
            let token =
                format!("{}.{payload}.{}", text(&signature["protected"]), text(&signature["signature"]));
            json!({"token": token, "key": held.public(name), "other": key(9).to_base64()})
        })
        .collect();
    assert_eq!(cases.len(), 2);
    let test = "interop_jose::pyjwt_verifies_each_operators_signature_over_the_same_change";
    let Some(answers) = jose(test, VERIFY, &Value::Array(cases)) else {
        return;
    };
    for (name, answer) in ["ada", "bo"].iter().zip(answers.as_array().unwrap()) {
        assert!(text(&answer["header"]["kid"]).starts_with(&format!("{name}#key-")), "{answer}");
        assert_eq!(
            (&answer["claims"]["type"], &answer["claims"]["actor"]),
            (&json!("meshwarden.change.v1/policy"), &json!("ada"))
        );
        assert_eq!(
            (&answer["altered_is_refused"], &answer["other_key_is_refused"]),
            (&json!(true), &json!(true))
        );
    }
}

#[test]
fn pyjwt_verifies_our_tokens_and_proofs_and_reads_the_same_claims() {
    let chain = chain();
    let act =
        Act { audience: "verifier", method: "GET", uri: "https://mesh.example/", leaf: chain.leaf_digest() };
    let three = did(3);
    let signer = Issuer { did: &three, key: &secret(3) };
    let proof = Proof::make(&act, sha256(b""), signer, at(0), Span::seconds(60), [4; 16]).unwrap();
    let case = |token: &str, agent: u8| json!({"token": token, "key": key(agent).to_base64(), "other": key(9).to_base64()});
    let [first, second] = chain.tokens() else { panic!("two tokens") };
    let input = json!([case(first.as_str(), 1), case(second.as_str(), 2), case(proof.as_str(), 3)]);
    let test = "interop_jose::pyjwt_verifies_our_tokens_and_proofs_and_reads_the_same_claims";
    let Some(answers) = jose(test, VERIFY, &input) else {
        return;
    };
    for (answer, agent) in answers.as_array().unwrap().iter().zip(1u8..) {
        assert_eq!(
            (&answer["altered_is_refused"], &answer["other_key_is_refused"]),
            (&json!(true), &json!(true))
        );
        assert_eq!(answer["header"]["kid"], format!("{}#{}", did(agent), key(agent).key_id()));
    }
    let claims = &answers[1]["claims"];
    assert_eq!(claims["iss"], did(2).to_string());
    assert_eq!(claims["scope"], "read:data write:*");
    assert_eq!(claims["prf"], base64::encode_url(&sha256(first.as_str().as_bytes())));
    assert_eq!(claims["exp"], json!(at(3600).micros() / 1_000_000));
    assert_eq!(claims["cnf"], json!({"jkt": base64::encode_url(&key(3).thumbprint())}));
    assert_eq!(answers[2]["header"]["typ"], "mesh-proof+jwt");
    assert_eq!(answers[2]["claims"]["ath"], base64::encode_url(&sha256(second.as_str().as_bytes())));
}

/// Signs each case's claims under its header; makes the thumbprint and `prf` by itself.
const SIGN: &str = r#"
import base64, hashlib, json, sys, jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
def url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
def thumbprint(seed):
    raw = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return url(hashlib.sha256(json.dumps({"crv": "Ed25519", "kty": "OKP", "x": url(raw)}, separators=(",", ":")).encode()).digest())
tokens = []
for case in json.load(sys.stdin):
    claims = case["claims"]
    claims["cnf"] = {"jkt": thumbprint(bytes([case["subject"]]) * 32)}
    if case.get("below"):
        claims["prf"] = url(hashlib.sha256(tokens[-1].encode()).digest())
    key = Ed25519PrivateKey.from_private_bytes(bytes([case["issuer"]]) * 32)
    tokens.append(jwt.encode(claims, key, algorithm="EdDSA", headers=case["header"]))
print(json.dumps(tokens))
"#;

/// What PyJWT is told to sign: `issuer` delegates to `subject`.
fn case(issuer: u8, subject: u8, below: bool) -> Value {
    let second = |time: Time| time.micros() / 1_000_000;
    json!({
        "issuer": issuer,
        "subject": subject,
        "below": below,
        "header": {"typ": "mesh-delegation+jwt", "kid": format!("{}#{}", did(issuer), key(issuer).key_id())},
        "claims": {
            "jti": format!("pyjwt-{issuer}"), "iss": did(issuer).to_string(), "sub": did(subject).to_string(),
            "scope": "read:data", "iat": second(at(0)), "nbf": second(at(0)), "exp": second(at(60)),
            "depth": if below { 2 } else { 1 }, "max_depth": 3,
        },
    })
}

#[test]
fn we_verify_a_chain_that_pyjwt_signed() {
    let test = "interop_jose::we_verify_a_chain_that_pyjwt_signed";
    let Some(tokens) = jose(test, SIGN, &json!([case(1, 2, false), case(2, 3, true)])) else {
        return;
    };
    let texts: Vec<&str> = tokens.as_array().unwrap().iter().map(|token| token.as_str().unwrap()).collect();
    let chain = verify(Chain::parse(&texts).unwrap()).unwrap();
    let leaf = chain.chain().leaf().unwrap().claims();
    assert_eq!((&leaf.issuer, &leaf.subject, leaf.id.as_str()), (&did(2), &did(3), "pyjwt-2"));
    assert_eq!(leaf.key, key(3).thumbprint(), "RFC 7638, computed by both");
    // And ours goes on below theirs.
    let three = did(3);
    let grant = Grant { scope: &["read:data"], expires: at(30), max_depth: 3, ceiling: None, ..grant(1) };
    let ours =
        chain.chain().attenuate(Issuer { did: &three, key: &secret(3) }, &Grant { subject: did(4), ..grant });
    assert_eq!(ours.unwrap().tokens().len(), 3);
}

#[test]
fn what_pyjwt_signs_beyond_our_format_is_refused() {
    let mut cases = vec![case(1, 2, false); 4];
    cases[0]["header"]["jku"] = json!("https://evil.example/keys");
    cases[1]["header"]["crit"] = json!(["exp"]);
    cases[2]["header"]["typ"] = json!("JWT");
    cases[3]["claims"]["only_if"] = json!("tuesday");
    let test = "interop_jose::what_pyjwt_signs_beyond_our_format_is_refused";
    let Some(tokens) = jose(test, SIGN, &json!(cases)) else {
        return;
    };
    let codes: Vec<&str> = tokens
        .as_array()
        .unwrap()
        .iter()
        .map(|token| Token::parse(token.as_str().unwrap()).unwrap_err().code)
        .collect();
    let header = "token_header_refused";
    assert_eq!(codes, [header, header, "token_type_mismatch", "token_claims_malformed"]);
}
