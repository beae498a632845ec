//! An independent implementation of RFC 9421, and the signer for Python agents, run beside ours.
//!
//! `MESHWARDEN_HTTPSIG_PYTHON` names a Python that has http-message-signatures; `.ci/run` makes one. Without it these
//! tests say that they were skipped, and fail when `MESHWARDEN_REQUIRE_PEERS=1`.

use std::path::Path;
use std::process::Command;

use meshwarden::delegation::{Act, AuthenticChain, Body as Digested, Chain, Issuer, Memo, Proof, Token};
use meshwarden::encoding::{base64, sha256};
use meshwarden::handshake::{Awaiting, Challenge, Demand as Wants, Hello, Initiator, Me, Nonce, Peer, Terms};
use meshwarden::handshake::{Proof as Answer, Role};
use meshwarden::identity::{Did, KeyBytes, SecretKey};
use meshwarden::time::{Span, Time};
use meshwarden::wire::message_signature::{
    Binding, Body, Demand, Draft, Head, SignatureError, SignedRequest, Signer, VerifiedRequest,
};
use meshwarden::wire::{Problem, SignedTime};
use serde_json::{Value, json};

use crate::cli::run;
use crate::interop::skipped;

const URL: &str = "https://orders.example/v1/orders?limit=5&q=a%2Fb";
const BODY: &str = r#"{"item":7}"#;
const CHAIN: &str = "aaaa.bbbb.cccc~dddd.eeee.ffff";

/// What both sides of a script know: the library, the signer, and where the verifier's clock is left out.
const BEGIN: &str = r#"
import base64, datetime, json, sys
sys.path.insert(0, sys.argv[1])
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, HTTPSignatureKeyResolver, InvalidSignature
from http_message_signatures.algorithms import ED25519
import meshwarden_signer
from meshwarden_signer import Agent, Refused
class Message:
    def __init__(self, method, url, headers):
        self.method, self.url, self.headers = method, url, dict(headers)
class Keys(HTTPSignatureKeyResolver):
    def resolve_public_key(self, key_id):
        return secret(given["seed"]).public_key()
    def resolve_private_key(self, key_id):
        return secret(given["seed"])
class Verifier(HTTPMessageVerifier):
    def validate_created_and_expires(self, *_, **__):
        pass
def secret(seed):
    return Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
def agent(did, seed):
    one = Agent(did, secret(seed))
    one.now = lambda: given["now"]
    return one
def verified(method, url, headers, body):
    verifier = Verifier(signature_algorithm=ED25519, key_resolver=Keys())
    message = Message(method, url, headers)
    try:
        [result] = verifier.verify(message, max_age=None, expect_tag="meshwarden", body=body.encode() or None)
    except InvalidSignature:
        return None
    return {"covered": [name.strip('"') for name in result.covered_components], "keyid": result.parameters["keyid"]}
given = json.load(sys.stdin)
"#;

/// Runs a script in the peer's Python on one JSON value; `None` when the peer is missing and may be.
fn python(test: &str, script: &str, mut input: Value) -> Option<Value> {
    let python = std::env::var_os("MESHWARDEN_HTTPSIG_PYTHON").filter(|path| !path.is_empty());
    let Some(python) = python else {
        let test = format!("interop_httpsig::{test}");
        skipped(&test, "MESHWARDEN_HTTPSIG_PYTHON names no Python with http-message-signatures");
        return None;
    };
    input["now"] = json!(seconds(now()));
    let signer = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/adapters/python");
    let mut command = Command::new(python);
    command.args(["-B", "-c", &format!("{BEGIN}{script}")]).arg(signer);
    let finished = run(&mut command, input.to_string().as_bytes());
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

fn kid(agent: u8) -> String {
    format!("{}#{}", did(agent), key(agent).key_id())
}

fn now() -> Time {
    Time::parse("2026-03-01T12:00:00Z").unwrap()
}

fn seconds(time: Time) -> i64 {
    time.micros() / 1_000_000
}

/// A request to [`URL`] with these fields, as a verifier sees it.
fn with_head<T>(url: &str, fields: &Value, then: impl FnOnce(&Head<'_>) -> T) -> T {
    let rest = url.strip_prefix("https://").unwrap();
    let (authority, target) = rest.split_at(rest.find('/').unwrap());
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    let fields = fields.as_object().unwrap();
    let fields: Vec<(&str, &[u8])> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap().as_bytes())).collect();
    then(&Head { method: "POST", scheme: "https", authority, path, query, fields: &fields })
}

fn judge(url: &str, fields: &Value, body: &str, agent: u8) -> Result<VerifiedRequest, SignatureError> {
    let request = with_head(url, fields, |head| SignedRequest::read(head, &Demand::default()))?;
    assert_eq!(request.keyid(), kid(agent));
    request.verify(&secret(agent).public_key(), now())?.with_body(Body::Seen(body.as_bytes()))
}

#[test]
fn the_library_verifies_what_we_sign() {
    let mut fields = json!({"Mesh-Chain": CHAIN, "Accept": "*/*"});
    let kid = kid(1);
    let signer =
        Signer { keyid: &kid, created: now(), life: Span::seconds(60), nonce: r#"0123"456\789abcde"# };
    let draft =
        with_head(URL, &fields, |head| Draft::new(head, BODY.as_bytes(), &signer, &Demand::default()));
    let signed = draft.unwrap().sign(&secret(1));
    fields["Signature-Input"] = json!(signed.signature_input);
    fields["Signature"] = json!(signed.signature);
    fields["Content-Digest"] = json!(signed.content_digest.unwrap());
    let mut other = fields.clone();
    other["Mesh-Chain"] = json!("aaaa.bbbb.cccc");
    let script = r#"
print(json.dumps([verified("POST", url, headers, body) for url, headers, body in given["cases"]]))
"#;
    let cases = json!([
        [URL, fields, BODY],
        [URL.replace("limit=5", "limit=6"), fields, BODY],
        [URL, other, BODY],
        [URL, fields, "other"]
    ]);
    let test = "the_library_verifies_what_we_sign";
    let Some(answers) = python(test, script, json!({"seed": 1, "cases": cases})) else { return };
    let covered = ["@method", "@authority", "@path", "@query", "content-digest", "mesh-chain"];
    assert_eq!(answers[0]["keyid"], kid);
    for name in covered {
        assert!(answers[0]["covered"].as_array().unwrap().contains(&json!(name)), "{name}: {answers}");
    }
    assert_eq!(answers.as_array().unwrap()[1..], [Value::Null, Value::Null, Value::Null]);
}

#[test]
fn we_verify_what_the_library_signs() {
    let script = r#"
signer = HTTPMessageSigner(signature_algorithm=ED25519, key_resolver=Keys())
message = Message("POST", given["url"], given["headers"])
at = datetime.datetime.fromtimestamp(given["now"], datetime.timezone.utc)
signer.sign(message, key_id="somebody", created=at, label="proxy", tag="proxy", covered_component_ids=("@status",)[:0])
signer.sign(message, key_id=given["kid"], created=at, expires=at + datetime.timedelta(seconds=60),
    nonce='0123"456\\789abcde', tag="meshwarden", label="agent", body=given["body"].encode(), append_if_signature_exists=True,
    covered_component_ids=("@query", "@path", "@target-uri", "@scheme", "@request-target", "@method", "@authority", "mesh-chain", "accept"))
print(json.dumps(message.headers))
"#;
    let headers = json!({"Mesh-Chain": CHAIN, "Accept": "*/*"});
    let input = json!({"seed": 1, "url": URL, "headers": headers, "kid": kid(1), "body": BODY});
    let Some(fields) = python("we_verify_what_the_library_signs", script, input) else { return };
    let request = judge(URL, &fields, BODY, 1).unwrap();
    assert_eq!((request.body(), request.head().nonce()), (Binding::Bound, r#"0123"456\789abcde"#));
    for name in ["@target-uri", "@scheme", "@request-target", "accept"] {
        assert!(request.head().covers(name), "{name}");
    }
    let code = |url: &str, fields: &Value, body| judge(url, fields, body, 1).unwrap_err().code();
    assert_eq!(code(&URL.replace("orders?", "order?"), &fields, BODY), "request_signature_invalid");
    assert_eq!(code(URL, &fields, "other"), "request_other_body");
    let mut other = fields.clone();
    other["Accept"] = json!("text/html");
    assert_eq!(code(URL, &other, BODY), "request_signature_invalid");
}

#[test]
fn the_signer_for_agents_is_verified_by_both() {
    let script = r#"
one = agent(given["did"], given["seed"])
answers = []
for url, headers, body in given["cases"]:
    headers = {**headers, **one.sign_request("POST", url, headers, body.encode())}
    answers.append({"headers": headers, "verified": verified("POST", url, headers, body)})
refused = []
for url, headers in [("ftp://a.example/", {}), ("https://a.example/a b", {}), ("https://a.example/é", {}), (given["url"], {"Signature": "x"}), (given["url"], {"Mesh-Chain": "é"})]:
    try:
        one.sign_request("POST", url, headers)
    except Refused as error:
        refused.append(str(error))
print(json.dumps({"answers": answers, "refused": refused}))
"#;
    let cases = [
        (URL, json!({"Mesh-Chain": CHAIN, "Accept": "*/*", "if-match": "\"7\""}), BODY),
        (URL, json!({}), ""),
        ("https://Orders.Example:443/", json!({}), ""),
        ("https://orders.example:8443/v1?", json!({"Mesh-Proof": " x "}), "body"),
    ];
    let input = json!({"seed": 1, "did": did(1).to_string(), "url": URL, "cases": cases});
    let Some(answer) = python("the_signer_for_agents_is_verified_by_both", script, input) else { return };
    assert_eq!(answer["refused"].as_array().unwrap().len(), 5, "{answer}");
    for ((url, _, body), answer) in cases.iter().zip(answer["answers"].as_array().unwrap()) {
        assert_eq!(answer["verified"]["keyid"], kid(1), "{answer}");
        let request = judge(url, &answer["headers"], body, 1).unwrap();
        let expected = if body.is_empty() { Binding::None } else { Binding::Bound };
        assert_eq!(request.body(), expected);
        assert_eq!(request.head().expires(), now().plus(Span::seconds(60)));
        let mut other = answer["headers"].clone();
        other["If-Match"] = json!("\"8\"");
        assert!(judge(url, &other, body, 1).is_err());
    }
}

#[test]
fn the_delegations_and_proofs_of_the_signer_are_ours() {
    let script = r#"
one, two, three = (agent(did, seed) for did, seed in zip(given["dids"], (1, 2, 3)))
chain = one.delegate(two.did, two.public, ["read:data", "write:*"], 3600, max_depth=5, trust_ceiling=800)
chain = two.delegate(three.did, three.public, ["read:data"], 7200, above=chain)
proof = three.prove("verifier", "POST", given["url"], chain, given["body"].encode())
print(json.dumps({"header": meshwarden_signer.chain_header(chain), "proof": proof}))
"#;
    let dids: Vec<String> = (1..=3).map(|agent| did(agent).to_string()).collect();
    let input = json!({"dids": dids, "url": URL, "body": BODY});
    let test = "the_delegations_and_proofs_of_the_signer_are_ours";
    let Some(answer) = python(test, script, input) else { return };
    let key_of =
        |_, token: &Token| Ok((1..=3).find(|agent| did(*agent) == token.signer().did).map_or(key(9), key));
    let chain = Chain::from_header(answer["header"].as_str().unwrap()).unwrap();
    let chain = AuthenticChain::verify(chain, key_of, &Memo::none(), now()).unwrap();
    let leaf = chain.chain().leaf().unwrap().claims();
    assert_eq!((&leaf.issuer, &leaf.subject, leaf.scope.as_str()), (&did(2), &did(3), "read:data"));
    let end = now().plus(Span::seconds(3600));
    assert_eq!((leaf.expires, leaf.max_depth, leaf.ceiling), (end, 5, Some(800)), "no more than above");
    assert_eq!(leaf.key, key(3).thumbprint());
    let proof = Proof::parse(answer["proof"].as_str().unwrap()).unwrap();
    let leaf = chain.chain().leaf_digest();
    let act = Act { audience: "verifier", method: "POST", uri: URL, leaf };
    assert_eq!(proof.covers(&act, Digested::Digest(sha256(BODY.as_bytes())), now()), Ok(()));
    assert_eq!(proof.signed_by(&secret(3).public_key()), Ok(()));
    // And ours goes on below theirs.
    let three = did(3);
    let grant = meshwarden::delegation::Grant {
        subject: did(4),
        key: key(4),
        scope: &["read:data"],
        issued: now(),
        not_before: now(),
        expires: now().plus(Span::seconds(30)),
        id: [4; 16],
        max_depth: 3,
        ceiling: Some(800),
    };
    assert!(chain.chain().attenuate(Issuer { did: &three, key: &secret(3) }, &grant).is_ok());
}

fn peer(agent: u8) -> Peer {
    Peer {
        did: did(agent),
        key: key(agent),
        version: 0,
        active: true,
        attested: false,
        score: None,
        capabilities: vec!["read:data".to_owned(), "read:é".to_owned()],
    }
}

#[test]
fn the_signer_shakes_hands_with_us_from_both_sides() {
    let test = "the_signer_shakes_hands_with_us_from_both_sides";
    let (one, two) = (did(1), did(2));
    let first = secret(1);
    let ours = Me { did: &one, key: &first };
    let wants = Wants::default();
    let expires = now().plus(Span::seconds(60));
    let scopes = ["read:é".to_owned(), "read:data".to_owned()];
    let terms = Terms::new(scopes, "a \"report\"\u{7f}\n".to_owned(), Some(Nonce([9; 32])), expires).unwrap();

    // We begin, and the signer answers; it also begins by itself.
    let initiator = Initiator::begin(ours, two.clone(), terms, Nonce([1; 32]), now()).unwrap();
    let public = |agent: u8| base64::encode(&key(agent).0);
    let script = r#"
two = agent(given["two"], 2)
print(json.dumps({
    "challenge": two.answer(given["hello"], given["one"], base64.b64decode(given["public"])),
    "hello": two.hello(given["one"], ["read:data"], "nightly report", freshness="ab" * 32),
}))
"#;
    let hello = initiator.hello().clone();
    let names = |mut more: Value| {
        more["one"] = json!(one.to_string());
        more["two"] = json!(two.to_string());
        more["public"] = json!(public(1));
        more
    };
    let Some(answer) = python(test, script, names(json!({"hello": hello.to_json()}))) else { return };
    let challenge = Challenge::from_json(&answer["challenge"].to_string()).unwrap();
    let (proof, session) = initiator.meet(ours, &challenge, &peer(2), &wants, now()).unwrap();
    assert_eq!(session.role(), Role::Initiator);
    let theirs = Hello::from_json(&answer["hello"].to_string()).unwrap();
    let (asked, awaiting) = Awaiting::answer(ours, theirs, &peer(2), &wants, Nonce([3; 32]), now()).unwrap();

    // Both proofs; neither counts in the other's place.
    let script = r#"
two = agent(given["two"], 2)
public = base64.b64decode(given["public"])
def refused(proof):
    try:
        two.finish(given["hello"], given["challenge"], proof, public)
    except Refused:
        return True
    return False
print(json.dumps({
    "finished": not refused(given["proof"]),
    "forged": refused({**given["proof"], "signature": given["challenge"]["signature"]}),
    "proof": two.meet(given["theirs"], given["asked"], public),
}))
"#;
    let input = json!({
        "hello": hello.to_json(), "challenge": answer["challenge"], "proof": proof.to_json(),
        "theirs": answer["hello"], "asked": asked.to_json(),
    });
    let Some(last) = python(test, script, names(input)) else { return };
    assert_eq!((&last["finished"], &last["forged"]), (&json!(true), &json!(true)));
    let proof = Answer::from_json(&last["proof"].to_string()).unwrap();
    let session = awaiting.finish(&proof, &peer(2), &wants, now()).unwrap();
    assert_eq!(session.role(), Role::Responder);
}

#[test]
fn the_signer_sets_its_clock_by_a_time_that_is_signed_for_its_request() {
    let log = "00000000000000000000000000000007";
    let time = |nonce: &str| SignedTime::sign(&secret(7), log, nonce, now().plus(Span::seconds(90)));
    let problem = |nonce: &str| {
        let problem = Problem::new(401, "request_early", "x").with_time(time(nonce));
        serde_json::from_str::<Value>(&problem.to_json()).unwrap()
    };
    let script = r#"
one = agent(given["did"], 1)
answers = []
for problem, nonce in given["problems"]:
    sent = one.sign_request("GET", given["url"], nonce=nonce)
    # The machine's clock stands, whatever the machine does meanwhile.
    meshwarden_signer.time.time = lambda: given["now"]
    try:
        one.correct_clock(problem, sent, given["log"], base64.b64decode(given["public"]))
        answers.append(one.offset)
    except Refused:
        answers.append(None)
print(json.dumps(answers))
"#;
    let (plain, odd) = ("0123456789abcdef", r#"0123"456\789abcde"#);
    let problems = [(problem(plain), plain), (problem(odd), odd), (problem(plain), "another nonce 01")];
    let public = base64::encode(&key(7).0);
    let input =
        json!({"did": did(1).to_string(), "url": URL, "log": log, "public": public, "problems": problems});
    let test = "the_signer_sets_its_clock_by_a_time_that_is_signed_for_its_request";
    let Some(answers) = python(test, script, input) else { return };
    assert_eq!(answers, json!([90.0, 90.0, null]));
}
