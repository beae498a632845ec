//! Agents come in by themselves.

use meshwarden::client::{Ask, Client, Identity};
use meshwarden::delegation::{Chain, Grant, Issuer};
use meshwarden::identity::{Did, SecretKey};
use meshwarden::time::Span;
use meshwarden::warden::{Clock as _, SystemClock};
use serde_json::{Value, json};

use super::changes::suspension;
use super::{Served, code};

/// Whoever holds a key that nobody knows.
struct Newcomer {
    did: Did,
    seed: [u8; 32],
}

impl Newcomer {
    fn new(number: u8) -> Self {
        let seed = [number; 32];
        Self { did: SecretKey::from_seed(seed).public_key().bytes().bound_did(), seed }
    }

    fn key(&self) -> SecretKey {
        SecretKey::from_seed(self.seed)
    }

    fn client(&self, served: &Served) -> Client {
        let client = served.stranger();
        client.sign_as(Identity::agent(&self.did, self.key()));
        client
    }

    fn public(&self) -> String {
        self.key().public_key().bytes().to_base64()
    }

    fn introduction(&self, chain: Option<&str>) -> Value {
        let mut body = json!({"public_key": self.public(), "name": "scout"});
        if let Some(chain) = chain {
            body["chain"] = json!(chain);
        }
        body
    }
}

/// What the planner, or who says to be it, signs for a newcomer.
pub fn granted(served: &Served, to: (&Did, &SecretKey), by: &str, scope: &[&str]) -> String {
    let now = SystemClock.now();
    let grant = Grant {
        subject: to.0.clone(),
        key: to.1.public_key().bytes(),
        scope,
        issued: now,
        not_before: now,
        expires: now.plus(Span::seconds(600)),
        id: [9; 16],
        max_depth: 10,
        ceiling: Some(600),
    };
    let did = Did::parse(&served.mesh.planner).unwrap();
    Chain::issue(Issuer { did: &did, key: &served.key(by) }, &grant).unwrap().to_header()
}

fn post(body: &Value) -> Ask<'static> {
    Ask::post("/v1/agents", body.to_string().into_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_gets_what_its_parent_signed_and_nothing_by_its_own_word() {
    let mut served = Served::new().await;
    let scout = Newcomer::new(41);
    let chain = granted(&served, (&scout.did, &scout.key()), "planner", &["read:data"]);
    let client = scout.client(&served);
    let mut boasting = scout.introduction(Some(&chain));
    boasting["capabilities"] = json!(["admin:all"]);
    assert_eq!(code(client.bytes(&post(&boasting)).await), "body_unreadable");
    let made: Value = client.ask(&post(&scout.introduction(Some(&chain)))).await.unwrap();
    assert_eq!(
        (&made["did"], &made["parent_did"], &made["capabilities"]),
        (&json!(scout.did.to_string()), &json!(served.mesh.planner), &json!(["read:data"]))
    );
    // From now on it is an agent, by the same key.
    let shown: Value = client.ask(&Ask::get(&format!("/v1/agents/{}", scout.did))).await.unwrap();
    assert_eq!(shown["agent"]["capabilities"], json!(["read:data"]));
    assert_eq!(shown["agent"]["state"], "active");
    let again = client.bytes(&post(&scout.introduction(Some(&chain)))).await;
    assert_eq!(code(again), "duplicate", "what comes again registers nobody again");
    let mut warden = served.stop().await;
    assert_eq!(warden.verify_log().unwrap().fault, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_comes_in_with_the_key_or_the_grant_of_another() {
    let mut served = Served::new().await;
    let (scout, other) = (Newcomer::new(42), Newcomer::new(43));
    let (scout_key, other_key) = (scout.key(), other.key());
    let chain = granted(&served, (&scout.did, &scout_key), "planner", &["read:data"]);
    let refused = async |who: &Newcomer, body: Value| code(who.client(&served).bytes(&post(&body)).await);
    assert_eq!(refused(&other, scout.introduction(Some(&chain))).await, "newcomer_unproven");
    assert_eq!(refused(&other, json!({"name": "scout"})).await, "newcomer_unproven");
    assert_eq!(refused(&other, other.introduction(Some(&chain))).await, "grant_missing");
    assert_eq!(refused(&scout, scout.introduction(None)).await, "grant_missing");
    assert_eq!(refused(&scout, scout.introduction(Some("a.b.c"))).await, "token_malformed");
    let forged = granted(&served, (&other.did, &other_key), "worker", &["read:data"]);
    assert_eq!(refused(&other, other.introduction(Some(&forged))).await, "key_unknown");
    let wide = granted(&served, (&other.did, &other_key), "planner", &["admin:all"]);
    assert_eq!(refused(&other, other.introduction(Some(&wide))).await, "not_subset");
    assert_eq!(
        code(served.stranger().bytes(&post(&scout.introduction(Some(&chain)))).await),
        "request_unsigned"
    );
    // The key of an agent is no newcomer's, and no operator's is.
    for client in [served.planner(), served.named("ada")] {
        assert_eq!(code(client.bytes(&post(&scout.introduction(Some(&chain)))).await), "newcomer_unproven");
    }
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_comes_in_below_an_agent_that_is_stopped() {
    let mut served = Served::new().await;
    let scout = Newcomer::new(44);
    let chain = granted(&served, (&scout.did, &scout.key()), "planner", &["read:data"]);
    let planner = served.mesh.planner.clone();
    served.named("rex").submit(&suspension(&served, "rex", &planner, 7), &[]).await.unwrap();
    let refused = scout.client(&served).bytes(&post(&scout.introduction(Some(&chain)))).await;
    assert_eq!(code(refused), "parent_not_active");
    let path = format!("/v1/agents/{}", scout.did);
    assert_eq!(code(served.named("vi").bytes(&Ask::get(&path)).await), "unknown_agent");
    served.stop().await;
}
