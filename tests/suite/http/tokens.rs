//! Tokens, handshakes and signals over HTTP.

use meshwarden::client::{Ask, Client, Identity};
use meshwarden::delegation::{Chain, Grant, Issuer, Renewal};
use meshwarden::handshake::{Challenge, Demand, Initiator, Me, Nonce, Peer, Terms};
use meshwarden::identity::Did;
use meshwarden::time::Span;
use meshwarden::warden::{Clock as _, SystemClock};
use serde_json::{Value, json};

use super::{Served, code};

fn agent(served: &Served, did: &str, key: &str) -> Client {
    let client = served.stranger();
    client.sign_as(Identity::agent(&Did::parse(did).unwrap(), served.key(key)));
    client
}

fn post(path: &'static str, body: &Value) -> Ask<'static> {
    Ask::post(path, body.to_string().into_bytes())
}

/// What the planner signs for the worker, of which the log knows nothing.
pub fn issued(served: &Served, id: u8) -> Chain {
    let now = SystemClock.now();
    let grant = Grant {
        subject: Did::parse(&served.mesh.worker).unwrap(),
        key: served.key("worker").public_key().bytes(),
        scope: &["read:data"],
        issued: now,
        not_before: now,
        expires: now.plus(Span::seconds(600)),
        id: [id; 16],
        max_depth: 10,
        ceiling: None,
    };
    let did = Did::parse(&served.mesh.planner).unwrap();
    Chain::issue(Issuer { did: &did, key: &served.key("planner") }, &grant).unwrap()
}

/// The same once more, by its issuer.
pub fn refreshed(served: &Served, chain: &Chain, id: u8) -> Chain {
    let now = SystemClock.now();
    let key = served.key("worker").public_key().bytes();
    let renewal =
        Renewal { scope: None, key, issued: now, expires: now.plus(Span::seconds(900)), id: [id; 16] };
    let did = Did::parse(&served.mesh.planner).unwrap();
    chain.refresh(Issuer { did: &did, key: &served.key("planner") }, &renewal).unwrap()
}

pub fn jti(chain: &Chain) -> String {
    chain.leaf().unwrap().claims().id.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_logged_examined_looked_up_and_followed_until_it_is_revoked() {
    let mut served = Served::new().await;
    let worker = agent(&served, &served.mesh.worker, "worker");
    let chain = issued(&served, 11);
    let path = format!("/v1/tokens/{}", jti(&chain));
    assert_eq!(code(worker.bytes(&Ask::get(&path)).await), "token_unknown");
    let body = json!({"chain": chain.to_header()});
    let logged: Value = worker.ask(&post("/v1/tokens", &body)).await.unwrap();
    assert_eq!((&logged["kind"], &logged["subject"]), (&json!("log tokens"), &json!(served.mesh.worker)));
    let status: Value = worker.ask(&Ask::get(&path)).await.unwrap();
    assert_eq!((&status["token"]["logged"], &status["revoked"]), (&logged["index"], &Value::Null));
    let asked = json!({"chain": chain.to_header(), "action": "read:data"});
    let worth: Value = worker.ask(&post("/v1/tokens/verify", &asked)).await.unwrap();
    assert_eq!(worth["counts"], json!(true), "{worth}");
    let beyond = json!({"chain": chain.to_header(), "action": "write:data"});
    let worth: Value = worker.ask(&post("/v1/tokens/verify", &beyond)).await.unwrap();
    assert_eq!(worth["counts"], json!(false));
    let next = refreshed(&served, &chain, 12);
    let body = json!({"chain": next.to_header()});
    let _: Value = worker.ask(&post("/v1/tokens/refresh", &body)).await.unwrap();
    let none = json!({"chain": issued(&served, 13).to_header()});
    assert_eq!(code(worker.bytes(&post("/v1/tokens/refresh", &none)).await), "token_no_successor");
    // What was revoked, an operator's change, is followed by nothing.
    let id = jti(&chain);
    served
        .mesh
        .run(&["token", "revoke", "--jti", &id, "--reason", "leaked", "--operator-key", "@rex.pem"])
        .expect_code(0);
    let late = json!({"chain": refreshed(&served, &chain, 14).to_header()});
    let refused = async || code(worker.bytes(&post("/v1/tokens/refresh", &late)).await);
    // Another process revoked it: the verifier looks every 50 ms.
    let mut status: Value = worker.ask(&Ask::get(&path)).await.unwrap();
    while status["revoked"].is_null() {
        tokio::task::yield_now().await;
        status = worker.ask(&Ask::get(&path)).await.unwrap();
    }
    assert_eq!(refused().await, "token_no_successor");
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_logs_or_sees_the_tokens_of_others() {
    let mut served = Served::new().await;
    served.mesh.key("other.pem");
    let stranger = super::register::granted(
        &served,
        (&served.key("other").public_key().bytes().bound_did(), &served.key("other")),
        "planner",
        &["read:data"],
    );
    let other = agent(&served, &served.key("other").public_key().bytes().bound_did().to_string(), "other");
    let body = json!({"public_key": served.mesh.public("other.pem"), "name": "other", "chain": stranger});
    let _: Value = other.ask(&post("/v1/agents", &body)).await.unwrap();
    let chain = issued(&served, 21);
    let body = json!({"chain": chain.to_header()});
    assert_eq!(code(other.bytes(&post("/v1/tokens", &body)).await), "token_of_another");
    let _: Value = served.planner().ask(&post("/v1/tokens", &body)).await.unwrap();
    let path = format!("/v1/tokens/{}", jti(&chain));
    assert_eq!(code(other.bytes(&Ask::get(&path)).await), "token_unknown");
    let seen: Value = served.named("vi").ask(&Ask::get(&path)).await.unwrap();
    assert_eq!(seen["token"]["sub"], json!(served.mesh.worker));
    let mut forged = chain.to_header();
    forged.replace_range(forged.len() - 6.., "AAAAAA");
    let refused = code(served.planner().bytes(&post("/v1/tokens", &json!({"chain": forged}))).await);
    assert_ne!(refused, "done");
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_verifier_and_an_agent_prove_their_keys_to_each_other_once() {
    let mut served = Served::new().await;
    let planner = served.planner();
    let document: Value = served.stranger().ask(&Ask::get("/.well-known/did.json")).await.unwrap();
    let verifier = Did::parse(document["alsoKnownAs"][0].as_str().unwrap()).unwrap();
    let now = SystemClock.now();
    let terms = |scope: &str| {
        Terms::new(vec![scope.to_owned()], "audit".to_owned(), None, now.plus(Span::seconds(60))).unwrap()
    };
    let (own, key) = (Did::parse(&served.mesh.planner).unwrap(), served.key("planner"));
    let me = Me { did: &own, key: &key };
    let begin = |scope: &str, nonce: u8| {
        Initiator::begin(me, verifier.clone(), terms(scope), Nonce([nonce; 32]), now).unwrap()
    };
    let initiator = begin("read:data", 1);
    let hello = initiator.hello().to_json();
    let challenge: Value = planner.ask(&post("/v1/handshakes", &hello)).await.unwrap();
    let challenge = Challenge::from_json(&challenge.to_string()).unwrap();
    let log_key = served.open().verifier().unwrap().key().bytes();
    let peer = Peer {
        did: verifier.clone(),
        key: log_key,
        version: 0,
        active: true,
        attested: false,
        score: None,
        capabilities: vec!["read:data".to_owned()],
    };
    let (proof, proven) = initiator.meet(me, &challenge, &peer, &Demand::default(), now).unwrap();
    assert_eq!(proven.key(), log_key);
    let body = proof.to_json();
    let done: Value = planner.ask(&post("/v1/handshakes/proof", &body)).await.unwrap();
    assert_eq!((&done["proven"], &done["peer"]), (&json!(true), &json!(served.mesh.planner)));
    assert_eq!(code(planner.bytes(&post("/v1/handshakes/proof", &body)).await), "not_pending", "once");
    let beyond = begin("admin:all", 2).hello().to_json();
    assert_eq!(code(planner.bytes(&post("/v1/handshakes", &beyond)).await), "missing_capabilities");
    let worker = agent(&served, &served.mesh.worker, "worker");
    assert_eq!(code(worker.bytes(&post("/v1/handshakes", &hello)).await), "did_mismatch");
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enrolled_source_speaks_of_others_in_its_own_name_alone() {
    let mut served = Served::new().await;
    let source = served.named("behaviour");
    let worker = served.mesh.worker.clone();
    let said = |own: Option<&str>| {
        let mut event = json!({"kind": "violation", "subject": worker, "severity": 500_000_000});
        if let Some(name) = own {
            event["source"] = json!(name);
        }
        event
    };
    assert_eq!(code(source.bytes(&post("/v1/signals", &said(Some("other")))).await), "signal_of_another");
    let refused = source.bytes(&post("/v1/signals", &said(None))).await;
    assert_eq!(code(refused), "trust_source_unknown", "enrolled, and not in the policy");
    assert_eq!(code(served.planner().bytes(&post("/v1/signals", &said(None))).await), "role_may_not");
    served.stop().await;
    served.mesh.home.file("policy.toml", "[[trust.sources]]\nname = \"behaviour\"\nper_hour = 3\n");
    let set = ["policy", "set", "@policy.toml", "--operator-key", "@ada.pem"];
    served.mesh.run(&set).expect_code(3);
    let waiting = served.mesh.run(&["change", "list", "--json"]).expect_code(0).stdout;
    let id = crate::cli_mesh::values(&waiting)[0]["id"].as_str().unwrap().to_owned();
    served.mesh.run(&["change", "approve", &id, "--operator-key", "@bo.pem"]).expect_code(0);
    served.start(Default::default()).await;
    // After a restart requests count from the second on that the verifier names, and signs.
    let again = |name: &str| {
        let client = served.named(name);
        client.pin(served.open().verifier().unwrap());
        client
    };
    let source = again("behaviour");
    let taken: Value = source.ask(&post("/v1/signals", &said(Some("behaviour")))).await.unwrap();
    assert_eq!((&taken["kind"], &taken["subject"]), (&json!("signal"), &json!(served.mesh.worker)));
    let path = format!("/v1/agents/{}/score", served.mesh.worker);
    let score: Value = again("vi").ask(&Ask::get(&path)).await.unwrap();
    assert!(score["score"].as_u64().unwrap() < 500, "{score}");
    let mut nobody = said(None);
    nobody["subject"] = json!("did:mesh:00000000000000000000000000000000");
    assert_eq!(code(source.bytes(&post("/v1/signals", &nobody)).await), "unknown_agent");
    served.stop().await;
}
