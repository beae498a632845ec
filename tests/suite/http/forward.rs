//! Requests that an enforcement point holds back until they are judged.

use meshwarden::delegation::{Act, Chain, Issuer, Proof, Token};
use meshwarden::encoding::sha256;
use meshwarden::identity::{Did, SecretKey};
use meshwarden::server::POINT_TAG;
use meshwarden::time::Span;
use meshwarden::warden::{Clock as _, Entropy as _, SystemClock, SystemEntropy};
use meshwarden::wire::message_signature::{Demand, Draft, Head, Signer};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::Served;
use super::changes::suspension;

type Fields = Vec<(&'static str, String)>;

const URI: &str = "/v1/orders?limit=5";
const HOST: &str = "orders.example";
const COVERED: [&str; 8] = [
    "content-digest",
    "mesh-action",
    "mesh-chain",
    "mesh-proof",
    "x-forwarded-host",
    "x-forwarded-method",
    "x-forwarded-proto",
    "x-forwarded-uri",
];

fn nonce() -> String {
    format!("{:032x}", SystemEntropy.bits().unwrap())
}

/// A signature over a request in the name of `keyid`, under its own label.
fn sign(
    (method, authority, target): (&str, &str, &str),
    fields: &Fields,
    (keyid, key, label): (&str, &SecretKey, &str),
    demand: &Demand<'_>,
) -> Fields {
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    let lines: Vec<(&str, &[u8])> = fields.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    let head = Head { method, scheme: "http", authority, path, query, fields: &lines };
    let nonce = nonce();
    let signer = Signer { keyid, created: SystemClock.now(), life: Span::seconds(60), nonce: &nonce };
    let signed = Draft::new(&head, b"", &signer, demand).unwrap().sign(key);
    let labelled = |text: String| text.replacen("mesh=", &format!("{label}="), 1);
    vec![("signature-input", labelled(signed.signature_input)), ("signature", labelled(signed.signature))]
}

/// What `agent` sends with `POST URI` to HOST.
fn sent(agent: (&str, &SecretKey), prover: (&str, &SecretKey), chain: Option<&str>) -> Fields {
    let leaf = chain.map(|chain| Chain::from_header(chain).unwrap().leaf().map(Token::digest).unwrap());
    let uri = format!("http://{HOST}{URI}");
    let act = Act { audience: "mesh", method: "POST", uri: &uri, leaf };
    let did = Did::parse(prover.0).unwrap();
    let id = SystemEntropy.bits().unwrap().to_be_bytes();
    let (issuer, life) = (Issuer { did: &did, key: prover.1 }, Span::seconds(60));
    let proof = Proof::make(&act, sha256(b"order"), issuer, SystemClock.now(), life, id).unwrap();
    let mut fields: Fields = vec![("mesh-proof", proof.as_str().to_owned())];
    fields.extend(chain.map(|chain| ("mesh-chain", chain.to_owned())));
    let keyid = format!("{}#{}", agent.0, agent.1.public_key().bytes().key_id());
    let signature = sign(("POST", HOST, URI), &fields, (&keyid, agent.1, "mesh"), &Demand::default());
    fields.extend(signature);
    fields
}

/// What a point adds.
fn said(action: &str) -> Fields {
    [
        ("x-forwarded-method", "POST"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-host", HOST),
        ("x-forwarded-uri", URI),
        ("mesh-action", action),
    ]
    .map(|(name, text)| (name, text.to_owned()))
    .to_vec()
}

/// The status, the code and the fields of an answer.
struct Answered(u16, String, HeaderMap);

impl Answered {
    fn is(&self) -> (u16, &str) {
        (self.0, &self.1)
    }
}

async fn ask(http: &reqwest::Client, url: &str, fields: &Fields) -> Answered {
    let mut headers = HeaderMap::new();
    for (name, text) in fields {
        headers.append(HeaderName::from_static(name), HeaderValue::from_str(text).unwrap());
    }
    let answer = http.request(reqwest::Method::PUT, url).headers(headers).send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let body = answer.bytes().await.unwrap();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    Answered(status, body["code"].as_str().unwrap_or_default().to_owned(), headers)
}

/// A forwarded request, signed by `name` as a point.
async fn forward(served: &Served, name: &str, mut fields: Fields, said: Fields) -> Answered {
    fields.extend(said);
    let authority = served.address.to_string();
    let (key, target) = (served.key(name), "/v1/authorize");
    let named = if name == "planner" { served.mesh.planner.as_str() } else { name };
    let keyid = format!("{named}#{}", key.public_key().bytes().key_id());
    let demand = Demand { tag: POINT_TAG, fields: &COVERED };
    let bare: Fields = fields.iter().filter(|(field, _)| !field.starts_with("signature")).cloned().collect();
    fields.extend(sign(("PUT", &authority, target), &bare, (&keyid, &key, "point"), &demand));
    ask(&reqwest::Client::new(), &format!("http://{authority}{target}"), &fields).await
}

impl Served {
    fn by_worker(&self) -> Fields {
        let key = self.key("worker");
        let worker = (self.mesh.worker.as_str(), &key);
        sent(worker, worker, Some(&self.chain()))
    }

    fn chain(&self) -> String {
        std::fs::read_to_string(self.mesh.home.path("worker.chain")).unwrap().trim().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forwarded_request_goes_through_once_and_only_for_what_is_granted() {
    let mut served = Served::new().await;
    let request = served.by_worker();
    let allowed = forward(&served, "edge", request.clone(), said("read:data")).await;
    assert_eq!(allowed.is(), (200, ""));
    let field = |name: &str| allowed.2.get(name).unwrap().to_str().unwrap().to_owned();
    assert_eq!((field("mesh-caller"), field("mesh-body")), (served.mesh.worker.clone(), "unbound".into()));
    assert_eq!((field("mesh-action"), field("mesh-decision")), ("read:data".into(), "0".into()));
    let seconds: i64 = field("mesh-valid-for").parse().unwrap();
    assert!((1..=300).contains(&seconds), "the default class lets the registry be 5 minutes old: {seconds}");
    assert_eq!(field("cache-control"), format!("private, max-age={seconds}"));
    let again = forward(&served, "edge", request, said("read:data")).await;
    assert_eq!(again.is(), (401, "request_replayed"));
    let wider = forward(&served, "edge", served.by_worker(), said("write:data")).await;
    assert_eq!(wider.is(), (403, "action_not_granted"));
    assert_eq!(wider.2["mesh-code"], "action_not_granted");
    assert_eq!(wider.2["cache-control"], "no-store");
    let suspended = served.mesh.worker.clone();
    served.named("rex").submit(&suspension(&served, "rex", &suspended, 9), &[]).await.unwrap();
    let stopped = forward(&served, "edge", served.by_worker(), said("read:data")).await;
    assert_eq!(stopped.is(), (403, "agent_suspended"));
    let mut warden = served.stop().await;
    let kept = warden.verdicts(&meshwarden::audit::Search::default(), 10).unwrap();
    assert_eq!(kept.len(), 3, "a request that came again is refused before it is judged");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_agent_signed_counts_for_that_request_alone() {
    let mut served = Served::new().await;
    let (worker, planner) = (served.key("worker"), served.key("planner"));
    let by_worker = (served.mesh.worker.as_str(), &worker);
    let by_planner = (served.mesh.planner.as_str(), &planner);
    for (name, other) in [
        ("x-forwarded-method", "GET"),
        ("x-forwarded-uri", "/v1/orders?limit=6"),
        ("x-forwarded-uri", "/v1/order"),
        ("x-forwarded-host", "other.example"),
    ] {
        let mut said = said("read:data");
        said.iter_mut().filter(|(field, _)| *field == name).for_each(|(_, text)| *text = other.to_owned());
        let answered = forward(&served, "edge", served.by_worker(), said).await;
        assert_eq!(answered.is(), (401, "request_signature_invalid"), "{name}: {other}");
    }
    let mut scheme = said("read:data");
    scheme[1].1 = "https".to_owned();
    let answered = forward(&served, "edge", served.by_worker(), scheme).await;
    assert_eq!(answered.is(), (401, "proof_other_uri"), "the proof names the whole URI");
    let stolen = sent(by_planner, by_worker, Some(&served.chain()));
    let answered = forward(&served, "edge", stolen, said("read:data")).await;
    assert_eq!(answered.is(), (401, "forward_other_caller"));
    let without = |name: &str| -> Fields {
        served.by_worker().into_iter().filter(|(field, _)| !field.starts_with(name)).collect()
    };
    for (name, code) in [
        ("signature", "request_unsigned"),
        ("mesh-proof", "request_component_absent"),
        ("mesh-chain", "request_component_absent"),
    ] {
        let answered = forward(&served, "edge", without(name), said("read:data")).await;
        assert_eq!(answered.is(), (401, code), "without {name}");
    }
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_an_enforcement_point_says_what_a_request_was() {
    let mut served = Served::new().await;
    for name in ["planner", "vi", "rex", "ada", "behaviour"] {
        let answered = forward(&served, name, served.by_worker(), said("read:data")).await;
        assert_eq!(answered.is(), (403, "role_may_not"), "{name}");
    }
    let fields = [served.by_worker(), said("read:data")].concat();
    let url = format!("http://{}/v1/authorize", served.address);
    let answered = ask(&reqwest::Client::new(), &url, &fields).await;
    assert_eq!(answered.is(), (401, "request_unsigned"), "the agent's own signature is for elsewhere");
    for missing in 0..5 {
        let mut said = said("read:data");
        said.remove(missing);
        let answered = forward(&served, "edge", served.by_worker(), said).await;
        assert_eq!(answered.is(), (403, "forward_incomplete"), "{missing}");
    }
    // Through the socket, the point is known by the user that it runs as; nothing of it is signed.
    let local = reqwest::Client::builder().unix_socket(served.socket()).build().unwrap();
    for path in ["/v1/authorize", "/v1/authorize/v1/orders"] {
        let url = format!("http://verifier{path}");
        let fields = [served.by_worker(), said("read:data")].concat();
        assert_eq!(ask(&local, &url, &fields).await.is(), (200, ""), "{path}");
    }
    served.stop().await;
    let dismiss = ["point", "dismiss", "edge", "--reason", "gone", "--operator-key", "@ada.pem"];
    served.mesh.run(&dismiss).expect_code(0);
    served.start(Default::default()).await;
    let fields = [served.by_worker(), said("read:data")].concat();
    let answered = ask(&local, "http://verifier/v1/authorize", &fields).await;
    assert_eq!(answered.is(), (401, "request_unsigned"));
    let answered = forward(&served, "edge", served.by_worker(), said("read:data")).await;
    assert_eq!(answered.is(), (401, "unknown_key"));
    served.stop().await;
}

/// The worker's request is forwarded, and goes through.
pub async fn let_worker_through(served: &Served) {
    assert_eq!(forward(served, "edge", served.by_worker(), said("read:data")).await.is(), (200, ""));
}

/// A request without any signature is forwarded.
pub async fn forward_unsigned(served: &Served) {
    let answered = forward(served, "edge", Fields::new(), said("read:data")).await;
    assert_eq!(answered.is(), (401, "request_unsigned"));
}
