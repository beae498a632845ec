//! A signature made for one purpose counts for no other: every kind of text that the program signs, each presented
//! as every other kind.

use meshwarden::audit::{Checkpoint, LogName, Note, NoteVerifier, Tree, origin};
use meshwarden::change::operators::{
    Ground, Init, Newcomer, Operators, Role, Signer as OperatorKey, accept, invitation,
};
use meshwarden::change::{ChangeId, Fact, Order, Payload, Place, SignedChange, Void, What};
use meshwarden::delegation::scope_chain::{ScopeChain, Signed, sign_link};
use meshwarden::delegation::{Act, AuthenticChain, Chain, Grant, Issuer, Memo, Proof as Possession, Token};
use meshwarden::encoding::{base64, sha256};
use meshwarden::handshake::reference::{Challenge as Question, Challenger, Responding, Response};
use meshwarden::handshake::{
    Awaiting, Challenge, Demand, Hello, Initiator, Me, Nonce, Peer, Proof, Terms, header,
};
use meshwarden::identity::{
    Attestation, Did, Identity, KeyBytes, Reading, ReferenceProof, Rekey, Rotation, SecretKey,
};
use meshwarden::policy::Approvals;
use meshwarden::time::{Span, Time};
use meshwarden::wire::SignedTime;
use meshwarden::wire::message_signature::{Demand as Covering, Draft, Head, SignedRequest, Signer as By};
use serde_json::{Value, json};

type Signature = [u8; 64];

/// One kind of signed text: a signature that is made for it, and whether it takes one.
struct Purpose {
    name: &'static str,
    made: Signature,
    takes: Box<dyn Fn(&Signature) -> bool>,
}

/// All purposes' signatures are by this key, so that nothing but the text tells them apart.
fn signer() -> SecretKey {
    SecretKey::from_seed([1; 32])
}

fn other() -> SecretKey {
    SecretKey::from_seed([2; 32])
}

fn key() -> KeyBytes {
    signer().public_key().bytes()
}

fn did() -> Did {
    Did::from_bits(1)
}

fn peer_did() -> Did {
    Did::from_bits(2)
}

fn now() -> Time {
    Time::parse("2026-03-01T12:00:00Z").unwrap()
}

fn soon() -> Time {
    now().plus(Span::seconds(30))
}

fn standard(document: &Value, member: &str) -> Signature {
    base64::decode_array(document[member].as_str().unwrap()).unwrap()
}

/// A document with another signature in it, as text.
fn with(document: &Value, member: &str, signature: &Signature) -> String {
    let mut document = document.clone();
    document[member] = json!(base64::encode(signature));
    document.to_string()
}

/// A compact JWS with another signature.
fn resigned(text: &str, signature: &Signature) -> String {
    let (signed, _) = text.rsplit_once('.').unwrap();
    format!("{signed}.{}", base64::encode_url(signature))
}

fn signature_of(text: &str) -> Signature {
    base64::decode_url_array(text.rsplit_once('.').unwrap().1).unwrap()
}

fn agent(did: &Did, key: &KeyBytes) -> Identity<'static> {
    let text = json!({
        "did": did.to_string(), "name": "a", "public_key": key.to_base64(), "sponsor_email": "a@b.c",
        "verification_key_id": key.key_id().to_string(), "capabilities": ["read:x"],
    });
    let text: &'static str = Box::leak(text.to_string().into_boxed_str());
    Identity::from_json(text, &Reading { now: now(), assume_utc: false }).unwrap().identity
}

fn peer(did: Did, key: KeyBytes) -> Peer {
    let capabilities = vec!["read:x".to_owned()];
    Peer { did, key, version: 1, active: true, attested: false, score: Some(800), capabilities }
}

fn delegation() -> Purpose {
    let grant = Grant {
        subject: peer_did(),
        key: other().public_key().bytes(),
        scope: &["read:x"],
        issued: now(),
        not_before: now(),
        expires: soon(),
        id: [3; 16],
        max_depth: 5,
        ceiling: None,
    };
    let text = Chain::issue(Issuer { did: &did(), key: &signer() }, &grant).unwrap().to_header();
    let made = signature_of(&text);
    let takes = move |signature: &Signature| {
        let chain = Chain::from_header(&resigned(&text, signature)).unwrap();
        AuthenticChain::verify(chain, |_, _: &Token| Ok(key()), &Memo::none(), now()).is_ok()
    };
    Purpose { name: "delegation token", made, takes: Box::new(takes) }
}

fn possession() -> Purpose {
    let act = Act { audience: "v", method: "GET", uri: "/", leaf: None };
    let issuer = Issuer { did: &did(), key: &signer() };
    let proof = Possession::make(&act, sha256(b""), issuer, now(), Span::seconds(30), [4; 16]).unwrap();
    let text = proof.as_str().to_owned();
    let made = signature_of(&text);
    let takes = move |signature: &Signature| {
        let proof = Possession::parse(&resigned(&text, signature)).unwrap();
        proof.signed_by(&signer().public_key()).is_ok()
    };
    Purpose { name: "proof of possession", made, takes: Box::new(takes) }
}

fn rotation_by_old() -> Purpose {
    let document = Rotation::sign(did(), &signer(), &other(), 1, now()).to_json();
    let made = standard(&document, "by_old");
    let takes = move |signature: &Signature| {
        let rotation = Rotation::from_json(&with(&document, "by_old", signature)).unwrap();
        rotation.verify(&agent(&did(), &key()), 0, now()).is_ok()
    };
    Purpose { name: "rotation, by the old key", made, takes: Box::new(takes) }
}

fn rotation_by_new() -> Purpose {
    let document = Rotation::sign(peer_did(), &other(), &signer(), 1, now()).to_json();
    let made = standard(&document, "by_new");
    let takes = move |signature: &Signature| {
        let rotation = Rotation::from_json(&with(&document, "by_new", signature)).unwrap();
        rotation.verify(&agent(&peer_did(), &other().public_key().bytes()), 0, now()).is_ok()
    };
    Purpose { name: "rotation, by the new key", made, takes: Box::new(takes) }
}

fn rekey() -> Purpose {
    let old = other().public_key().bytes();
    let document = Rekey::sign(peer_did(), old, &signer()).to_json();
    let made = standard(&document, "by_new");
    let takes = move |signature: &Signature| {
        let rekey = Rekey::from_json(&with(&document, "by_new", signature)).unwrap();
        rekey.verify(&peer_did(), &old).is_ok()
    };
    Purpose { name: "rekey", made, takes: Box::new(takes) }
}

fn attestation() -> Purpose {
    let subject = agent(&peer_did(), &other().public_key().bytes());
    let document = Attestation::sign(&subject, now(), soon(), &signer()).to_json();
    let made = standard(&document, "signature");
    let takes = move |signature: &Signature| {
        let attestation = Attestation::from_json(&with(&document, "signature", signature)).unwrap();
        attestation.verify(&subject, &[key()], now()).is_ok()
    };
    Purpose { name: "attestation", made, takes: Box::new(takes) }
}

fn terms() -> Terms {
    Terms::new(["read:x".to_owned()], "audit".into(), None, soon()).unwrap()
}

fn hello(from: (&Did, &SecretKey), to: Did) -> Hello {
    let me = Me { did: from.0, key: from.1 };
    Initiator::begin(me, to, terms(), Nonce([5; 32]), now()).unwrap().hello().clone()
}

fn answer(me: (&Did, &SecretKey), hello: Hello, from: &Peer) -> (Challenge, Awaiting) {
    let demand = Demand::default();
    Awaiting::answer(Me { did: me.0, key: me.1 }, hello, from, &demand, Nonce([6; 32]), now()).unwrap()
}

fn handshake_of_the_responder() -> Purpose {
    let (from, secret) = (peer_did(), other());
    let hello = hello((&from, &secret), did());
    let asking = peer(from.clone(), secret.public_key().bytes());
    let (challenge, _) = answer((&did(), &signer()), hello.clone(), &asking);
    let document = challenge.to_json();
    let made = standard(&document, "signature");
    let takes = move |signature: &Signature| {
        let challenge = Challenge::from_json(&with(&document, "signature", signature)).unwrap();
        let me = Me { did: &from, key: &secret };
        let meeting = Initiator::resume(hello.clone());
        meeting.meet(me, &challenge, &peer(did(), key()), &Demand::default(), now()).is_ok()
    };
    Purpose { name: "handshake, the responder's side", made, takes: Box::new(takes) }
}

fn handshake_of_the_initiator() -> Purpose {
    let (to, secret) = (peer_did(), other());
    let hello = hello((&did(), &signer()), to.clone());
    let (challenge, awaiting) = answer((&to, &secret), hello.clone(), &peer(did(), key()));
    let answering = peer(to, secret.public_key().bytes());
    let me = did();
    let mine = signer();
    let me = Me { did: &me, key: &mine };
    let (proof, _) =
        Initiator::resume(hello).meet(me, &challenge, &answering, &Demand::default(), now()).unwrap();
    let document = proof.to_json();
    let made = standard(&document, "signature");
    let takes = move |signature: &Signature| {
        let proof = Proof::from_json(&with(&document, "signature", signature)).unwrap();
        awaiting.clone().finish(&proof, &peer(did(), key()), &Demand::default(), now()).is_ok()
    };
    Purpose { name: "handshake, the initiator's side", made, takes: Box::new(takes) }
}

fn reference_rotation() -> Purpose {
    let new = other().public_key().bytes();
    let document = ReferenceProof::sign(&signer(), new, now()).to_json();
    let made = standard(&document, "signature");
    let takes = move |signature: &Signature| {
        let mut document = document.clone();
        document["signature"] = json!(base64::encode(signature));
        ReferenceProof::from_json(&document).unwrap().verify(&key(), &new)
    };
    Purpose { name: "the reference's rotation proof", made, takes: Box::new(takes) }
}

/// A scope chain of one link between two names; whether its signature is shown as the parent's.
fn link_takes(parent: &str, child: &str, capability: &str, signature: &Signature) -> bool {
    let link = json!({
        "link_id": "l", "depth": 0, "parent_did": parent, "child_did": child, "parent_capabilities": [capability],
        "delegated_capabilities": [capability], "created_at": "2026-03-01T12:00:00Z", "expires_at": null,
        "user_context": null, "parent_signature": base64::encode(signature), "link_hash": "",
        "previous_link_hash": null,
    });
    let document = json!({
        "chain_id": "c", "root_sponsor_email": "a@b.c", "root_capabilities": [capability], "links": [link],
        "leaf_did": peer_did().to_string(), "leaf_capabilities": [capability], "chain_hash": "",
    });
    let reading = Reading { now: now(), assume_utc: false };
    let Ok(chain) = ScopeChain::from_json(&document.to_string(), &reading) else { return false };
    chain.account(now(), |_| Some(key())).hops[0].signed == Signed::Registered
}

fn reference_link() -> Purpose {
    let (parent, child) = (did().to_string(), peer_did().to_string());
    let text = sign_link(&parent, &child, &["read:x".to_owned()], &signer());
    let made = base64::decode_array(&text).unwrap();
    let takes = move |signature: &Signature| link_takes(&parent, &child, "read:x", signature);
    Purpose { name: "the reference's link", made, takes: Box::new(takes) }
}

fn reference_challenge() -> Purpose {
    let question = Question::new(7, &[8; 32], None, now());
    let me = did();
    let mine = signer();
    let me = Responding { did: &me, key: &mine, capabilities: &[], trust_score: 0, user_context: None };
    let document = Response::to(&question, me, &[9; 16], now()).unwrap().to_json();
    let made = standard(&document, "signature");
    let takes = move |signature: &Signature| {
        let response = Response::from_json(&with(&document, "signature", signature)).unwrap();
        let (hour, brief) = (Span::seconds(3600), Span::seconds(30));
        let mut challenger = Challenger::new(&peer_did().to_string(), hour, brief).unwrap();
        challenger.challenge(question.clone(), now()).unwrap();
        let lookup = |asked: &Did| (*asked == did()).then(|| peer(did(), key()));
        challenger
            .judge(question.id(), &response, Some(&did()), &Demand::default(), Some(&lookup), now())
            .is_ok()
    };
    Purpose { name: "the reference's challenge payload", made, takes: Box::new(takes) }
}

fn authorization_header() -> Purpose {
    let made = signer().sign(now().to_string().as_bytes());
    let takes = |signature: &Signature| {
        let value = format!("Ed25519-Timestamp {} {} {}", did(), now(), base64::encode_url(signature));
        header::verify(Some(&value), |_| Some(key()), now()).is_ok()
    };
    Purpose { name: "the Authorization header", made, takes: Box::new(takes) }
}

const LOG: &str = "00000000000000000000000000000007";

fn operator_change() -> Purpose {
    let (name, approvals) = ("ada", Approvals::default());
    let admin = |name: &str, key: KeyBytes| {
        let (name, key, accepted) = (name.to_owned(), key.to_base64(), None);
        Newcomer { name, key, role: Role::Admin, accepted }
    };
    let init = Init {
        operators: vec![admin(name, key()), admin("bo", other().public_key().bytes())],
        threshold: 0,
        recovery: Vec::new(),
        solo: false,
        log_key: String::new(),
    };
    let place = Place { index: 0, time: now(), reason: "", actor: "", case: None };
    let ground = Ground { log: LOG, approvals: &approvals, signers: &[], fresh: true };
    let mut operators = Operators::default();
    operators.settle(&What::Init(init), place, ground).unwrap();
    let payload = Payload {
        id: ChangeId::from_bits(1),
        actor: name.to_owned(),
        order: Order::Fact(Box::new(Fact { about: None, what: What::Void(Void { entry: 1 }) })),
        reason: "x".to_owned(),
        case: None,
        created: now(),
        expires: None,
        break_glass: false,
    };
    let change = SignedChange::unsigned(&payload).unwrap();
    let by = OperatorKey::new(name, &key());
    let made = signer().sign(&change.to_sign(LOG, &by));
    let takes = move |signature: &Signature| {
        let signed = change.clone().and(LOG, &by, *signature);
        operators.consent(&signed, &payload, (LOG, &Approvals::default()), now()).is_ok()
    };
    Purpose { name: "operator's change", made, takes: Box::new(takes) }
}

fn operator_invitation() -> Purpose {
    let made = signer().sign(&invitation(LOG, "ada", Role::Admin, &key()));
    let takes = |signature: &Signature| {
        let accepted = base64::encode(signature);
        accept(LOG, "ada", Role::Admin, &signer().public_key(), &accepted)
    };
    Purpose { name: "operator's invitation", made, takes: Box::new(takes) }
}

fn checkpoint() -> Purpose {
    let log = LogName::parse(LOG).unwrap();
    let tree = Tree { size: 3, root: [4; 32] };
    let checkpoint = Checkpoint { log, tree, state: [5; 32], time: now() };
    let verifier = NoteVerifier::new(&origin(log), signer().public_key()).unwrap();
    let text = checkpoint.sign(&signer()).unwrap().to_string();
    let (body, line) = text.trim_end().rsplit_once(' ').unwrap();
    let signed = base64::decode(line).unwrap();
    let (hash, made) = (signed[..4].to_vec(), Signature::try_from(&signed[4..]).unwrap());
    let body = body.to_owned();
    let takes = move |signature: &Signature| {
        let line = base64::encode(&[hash.as_slice(), signature].concat());
        let note = Note::parse(&format!("{body} {line}\n")).unwrap();
        Checkpoint::open(&note, &verifier).is_ok()
    };
    Purpose { name: "checkpoint", made, takes: Box::new(takes) }
}

fn http_request() -> Purpose {
    let kid = format!("{}#{}", did(), key().key_id());
    let by = By { keyid: &kid, created: now(), life: Span::seconds(30), nonce: "0123456789abcdef" };
    let (scheme, authority, path) = ("https", "verifier.example", "/v1/verify");
    let head = Head { method: "GET", scheme, authority, path, query: None, fields: &[] };
    let draft = Draft::new(&head, b"", &by, &Covering::default()).unwrap();
    let made = signer().sign(draft.to_sign());
    let takes = move |signature: &Signature| {
        let signed = draft.clone().signed(signature);
        let (input, signature) = (signed.signature_input, signed.signature);
        let fields = [("Signature-Input", input.as_bytes()), ("Signature", signature.as_bytes())];
        let head = Head { fields: &fields, ..head };
        let request = SignedRequest::read(&head, &Covering::default()).unwrap();
        request.verify(&signer().public_key(), now()).is_ok()
    };
    Purpose { name: "HTTP request", made, takes: Box::new(takes) }
}

fn verifiers_time() -> Purpose {
    let document = serde_json::to_value(SignedTime::sign(&signer(), LOG, "nonce", now())).unwrap();
    let made = standard(&document, "signature");
    let takes = move |signature: &Signature| {
        let time: SignedTime = serde_json::from_str(&with(&document, "signature", signature)).unwrap();
        time.verify(&signer().public_key(), LOG, "nonce").is_some()
    };
    Purpose { name: "verifier's time", made, takes: Box::new(takes) }
}

fn purposes() -> Vec<Purpose> {
    vec![
        delegation(),
        possession(),
        rotation_by_old(),
        rotation_by_new(),
        rekey(),
        attestation(),
        handshake_of_the_responder(),
        handshake_of_the_initiator(),
        reference_rotation(),
        reference_link(),
        reference_challenge(),
        authorization_header(),
        operator_change(),
        operator_invitation(),
        checkpoint(),
        http_request(),
        verifiers_time(),
    ]
}

#[test]
fn no_signature_of_one_purpose_serves_another() {
    let purposes = purposes();
    for made in &purposes {
        for asked in &purposes {
            let same = made.name == asked.name;
            assert_eq!(
                (asked.takes)(&made.made),
                same,
                "a signature of the {} as the {}",
                made.name,
                asked.name
            );
        }
    }
}

/// The reference's link signs three texts with colons between, which whoever writes the document chooses.
#[test]
fn a_link_between_names_that_are_no_dids_borrows_no_signature() {
    let new = other().public_key().bytes();
    let (old, new_text) = (key().to_base64(), new.to_base64());
    let rotation = reference_rotation().made;
    assert!(!link_takes("rotate", &old, &new_text, &rotation), "a rotation proof");
    let header = authorization_header().made;
    assert!(!link_takes("2026-03-01T12", "00", "00Z", &header), "an Authorization header");
    let link = reference_link().made;
    assert!(link_takes(&did().to_string(), &peer_did().to_string(), "read:x", &link));
    assert!(!link_takes(&did().to_string(), &format!("{}:read", peer_did()), "x", &link), "split elsewhere");
    assert!(!link_takes(&format!("{}:did:mesh", did()), &peer_did().unique_id(), "read:x", &link));
}
